from __future__ import annotations

import pickle

import pytest
from hypothesis import given, strategies as st

from b2sdk.bulk.events import KEPT_FAILURES, Action, BulkEvent, BulkReport, Outcome, Tally
from b2sdk.exception import FileNotPresent, ServiceError
from b2sdk.exception.bulk import IncompleteBulkRun

EVENTS = st.builds(
    BulkEvent,
    action=st.sampled_from(Action),
    outcome=st.sampled_from(Outcome),
    file_name=st.sampled_from(["a", "b"]),
    file_id=st.none() | st.just("id"),
    size=st.none() | st.integers(0, 5),
)


def report_of(*events: BulkEvent) -> BulkReport:
    tally = Tally()
    tally.add(events)
    return tally.report()


def failed(name: str) -> BulkEvent:
    return BulkEvent(Action.DELETE, Outcome.FAILED, name, "id", error=ServiceError(name))


@given(st.lists(EVENTS, max_size=30), st.lists(EVENTS, max_size=30))
def test_counts_add_up_within_a_report_and_over_several(some: list[BulkEvent], others: list[BulkEvent]) -> None:
    report = report_of(*some)
    by_outcome = report.done, report.already_done, report.would_do, report.failed, report.not_sent
    assert sum(by_outcome) == report.total == len(some) == sum(report.count(action) for action in Action)
    assert report.size == sum(event.size or 0 for event in some if event.outcome is Outcome.DONE)
    assert report + report_of(*others) == report_of(*some, *others)
    assert pickle.loads(pickle.dumps(report)) == report  # noqa: S301  # what was just pickled
    assert len(report.failures) == min(report.failed, KEPT_FAILURES)


def test_a_report_tells_its_counts() -> None:
    done = BulkEvent(Action.DELETE, Outcome.DONE, "a", "id")
    report = report_of(failed("b"), done, BulkEvent(Action.COPY, Outcome.ALREADY_DONE, "c", "id", new_name="d"), done)
    assert str(report) == "delete done: 2, delete failed: 1, copy already done: 1"
    assert str(BulkReport()) == "nothing"


def test_an_error_names_the_first_ten_failures_and_how_many_there_are() -> None:
    report = report_of(*(failed(f"name-{number}") for number in range(12)))
    with pytest.raises(IncompleteBulkRun) as raised:
        report.raise_for_failures()
    text = str(raised.value)
    assert "12 of 12 failed" in text
    assert [f"name-{number}:" in text for number in range(12)] == [True] * 10 + [False] * 2
    assert text.endswith("and 2 more")
    assert raised.value.__cause__ is report.failures[0].error


def test_a_report_with_failures_can_be_pickled() -> None:
    event = BulkEvent(Action.DELETE, Outcome.FAILED, "a", "id", error=FileNotPresent(file_id_or_name="a"))
    again = pickle.loads(pickle.dumps(report_of(event)))  # noqa: S301  # what was just pickled
    assert str(again.failures[0]) == str(event)
    assert again.counts == {(Action.DELETE, Outcome.FAILED): 1}


def test_an_event_is_one_line_that_is_harmless_to_a_terminal() -> None:
    event = BulkEvent(Action.COPY, Outcome.DONE, "a\n\x1b[2J", "id", new_name="b")
    assert str(event).startswith("copy ")
    assert str(event).endswith(" -> b: done")
    assert not {"\n", "\x1b"} & set(str(event))
