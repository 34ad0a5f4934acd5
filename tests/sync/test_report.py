from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from unittest import mock

import pytest

from b2sdk.sync.report import SyncFileReporter, SyncReport


@pytest.fixture
def out() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def report(out: io.StringIO) -> Iterator[SyncReport]:
    """Return a report whose clock shows ten seconds after its start."""
    with (
        mock.patch("time.time", return_value=1000.0),
        mock.patch.object(SyncReport, "UPDATE_INTERVAL", 0),
    ):
        made = SyncReport(out, False)
        made.start_time -= 10
        yield made


def shown(out: io.StringIO) -> str:
    """Return the line that is on the screen."""
    return out.getvalue().split("\r")[-2].rstrip()


def test_it_begins_with_nothing(out: io.StringIO) -> None:
    SyncReport(out, False)
    assert out.getvalue() == " count: 0 files   compare: 0 files   updated: 0 files   0 B   0 B/s\r"


class CountingLock:
    def __init__(self) -> None:
        self.taken = 0
        self.is_held = False

    def __enter__(self) -> None:
        self.taken += 1
        self.is_held = True

    def __exit__(self, *_: object) -> None:
        self.is_held = False


@pytest.mark.parametrize(
    "update",
    [
        lambda report: report.update_count(1),
        lambda report: report.update_total(1),
        lambda report: report.update_compare(1),
        lambda report: report.update_transfer(1, 1),
    ],
)
def test_threads_count_one_at_a_time(report: SyncReport, update: Callable[[SyncReport], None]) -> None:
    report.lock = lock = CountingLock()  # type: ignore[assignment]
    drawn: list[bool] = []
    with mock.patch.object(report, "_redraw", side_effect=lambda: drawn.append(lock.is_held)):
        update(report)
    assert (lock.taken, drawn) == (1, [True])


def test_the_line_has_three_phases(report: SyncReport, out: io.StringIO) -> None:
    report.update_total(3)
    report.update_compare(2)
    report.update_transfer(1, 2_000_000)
    assert shown(out) == " count: 3 files   compare: 2 files   updated: 1 files   2.00 MB   200 kB/s"
    report.end_total()
    assert shown(out) == " compare: 2/3 files   updated: 1 files   2.00 MB   200 kB/s"
    report.update_compare(1)
    report.end_compare(4, 123_000_000)
    report.update_transfer(1, 1_230_000)
    assert shown(out) == " compare: 3/3 files   updated: 2/4 files   3 / 123 MB   323 kB/s"


def test_lines_are_printed_over_the_progress(report: SyncReport, out: io.StringIO) -> None:
    report.print_completion("upload a")
    assert out.getvalue().split("\r")[1].startswith("upload a  ")
    report.close()
    assert out.getvalue().endswith(" \r")


def test_without_progress_there_are_only_lines(out: io.StringIO) -> None:
    with SyncReport(out, True) as report:
        report.update_transfer(1, 1)
        report.print_completion("upload a")
        report.error("it failed")
    assert out.getvalue() == "upload a\nit failed\n"
    assert report.has_errors_or_warnings()


def test_a_report_does_not_explain_unless_requested(out: io.StringIO) -> None:
    assert not SyncReport(out, no_progress=True).explain
    assert SyncReport(out, no_progress=True, explain=True).explain
    with pytest.raises(TypeError):
        SyncReport(out, True, True)  # type: ignore[call-arg]


def test_a_file_adds_its_bytes_and_then_itself() -> None:
    report = mock.Mock()
    listener = SyncFileReporter(report)
    listener.set_total_bytes(100)
    for done in (40, 10, 100):
        listener.bytes_completed(done)
    listener.close()
    assert report.mock_calls == [
        mock.call.update_transfer(0, 40),
        mock.call.update_transfer(0, -30),
        mock.call.update_transfer(0, 90),
        mock.call.update_transfer(1, 0),
    ]
