from __future__ import annotations

import pickle

import pytest

from b2sdk.bulk.events import KEPT_FAILURES, Action, BulkEvent, Outcome
from b2sdk.integrations.dask import FleetReport, IncompleteFleetRun
from b2sdk.integrations.dask.report import Tally, printed_range
from b2sdk.scan.events import EntrySkipped, SkipReason
from b2sdk.sync.events import (
    ActionDone,
    ActionDropped,
    ActionFailed,
    ActionPlanned,
    ComparisonEnded,
    FileUpToDate,
    Reason,
    RemovalsWithheld,
)
from b2sdk.values.name_range import NameRange


def test_what_a_sync_reports_is_counted_by_what_it_came_to() -> None:
    tally = Tally()
    for event in (
        ActionPlanned("upload", "a", 10, None),
        ActionDone("upload", "a", 10, None, dry_run=False),
        ActionDone("upload", "b", 5, None, dry_run=False),
        ActionDone("delete", "b", 0, Reason.OLD_VERSION, dry_run=True),
        ActionFailed("copy", "c", 7, None, OSError("no\nroom")),
        ActionDropped("hide", "d", 0, None),
        FileUpToDate("e", Reason.SAME_TIME),
        EntrySkipped("/f", SkipReason.SYMLINK),
        RemovalsWithheld("/g"),
        ComparisonEnded(5, 22),
    ):
        tally.take(event)
    report = tally.report()
    assert report.counts == {
        ("upload", "done"): 2,
        ("delete", "would be done"): 1,
        ("copy", "failed"): 1,
        ("hide", "not sent"): 1,
        ("file", "up to date"): 1,
        ("skipped", "symbolic link"): 1,
        ("removals", "withheld"): 1,
    }
    assert (report.size, report.failed, report.ranges) == (15, 1, 1)
    assert [str(failure) for failure in report.failures] == [r"copy c: OSError: no\x0aroom"]
    assert not report.is_complete


def test_what_is_done_with_many_files_is_counted_by_what_it_came_to() -> None:
    tally = Tally()
    tally.take_bulk(BulkEvent(Action.DELETE, Outcome.DONE, "a", "1", 3))
    tally.take_bulk(BulkEvent(Action.DELETE, Outcome.ALREADY_DONE, "a", "2"))
    tally.take_bulk(BulkEvent(Action.DELETE, Outcome.FAILED, "b", "3", 5, ValueError("locked")))
    report = tally.report()
    assert report.counts == {("delete", "done"): 1, ("delete", "already done"): 1, ("delete", "failed"): 1}
    assert (report.size, report.count("delete"), report.count(outcome="done")) == (3, 3, 1)


def report_of(failures: int) -> FleetReport:
    tally = Tally()
    for number in range(failures):
        tally.add_failure("upload", f"file{number}", OSError("broken"))
    return tally.report()


def test_reports_add_up_and_travel() -> None:
    total = report_of(7) + report_of(6) + FleetReport(attempts=3)
    assert pickle.loads(pickle.dumps(total)) == total  # noqa: S301  # just written
    assert (total.failed, len(total.failures), total.ranges, total.attempts) == (13, KEPT_FAILURES, 2, 3)
    assert sum([report_of(1)] * 3, FleetReport()).failed == 3
    assert FleetReport().is_complete


def test_an_error_names_the_first_failures_and_tells_how_many_there_are() -> None:
    FleetReport().raise_for_failures()
    failed_range = FleetReport(ranges=1, failed_ranges=((NameRange("a", "b"), "KilledWorker: it died"),))
    with pytest.raises(IncompleteFleetRun) as caught:
        (report_of(12) + failed_range).raise_for_failures()
    lines = str(caught.value).splitlines()
    assert lines[:3] == [
        "Incomplete fleet run: 12 failed, 0 were not sent, 1 ranges are not done",
        "  a..b: KilledWorker: it died",
        "  upload file0: OSError: broken",
    ]
    assert (len(lines), lines[-1]) == (13, "  and 2 more")


@pytest.mark.parametrize(
    ("names", "text"),
    [
        (NameRange(), ".."),
        (NameRange("a", "b"), "a..b"),
        (NameRange("x" * 100), "x" * 18 + "…" + "x" * 18 + ".."),
        (NameRange("a\nb"), r"'a\x0ab'.."),
    ],
)
def test_a_range_is_printed_on_one_line(names: NameRange, text: str) -> None:
    assert printed_range(names) == text
