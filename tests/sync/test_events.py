from __future__ import annotations

import dataclasses
import threading
from typing import Any

import pytest

from b2sdk.sync.events import ActionDone, ComparisonEnded, EventStream, FileUpToDate, Reason


def test_events_are_values() -> None:
    event = ActionDone("upload", "a/b", 7, Reason.SOURCE_NEWER, dry_run=True)
    assert event == ActionDone("upload", "a/b", 7, Reason.SOURCE_NEWER, dry_run=True)
    assert event != ActionDone("upload", "a/b", 7, Reason.SOURCE_NEWER, dry_run=False)
    with pytest.raises(dataclasses.FrozenInstanceError):
        event.path = "c"  # type: ignore[misc]


def test_a_listener_that_fails_is_reported_the_next_event(caplog: pytest.LogCaptureFixture) -> None:
    heard: list[Any] = []

    def listener(event: Any) -> None:
        heard.append(event)
        raise ValueError("not now")

    stream = EventStream(listener)
    events = [FileUpToDate("a", Reason.SAME_TIME), ComparisonEnded(1, 2)]
    for event in events:
        stream.emit(event)  # type: ignore[arg-type]
    assert heard == events
    assert [record.message for record in caplog.records] == [
        "a listener failed at FileUpToDate",
        "a listener failed at ComparisonEnded",
    ]


def test_an_interruption_is_no_failure_of_the_listener() -> None:
    def listener(_event: Any) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        EventStream(listener).emit(ComparisonEnded(0, 0))


def test_events_come_one_at_a_time() -> None:
    inside = threading.Event()
    may_leave = threading.Event()
    order: list[str] = []

    def listener(event: Any) -> None:
        order.append(f"{event.path} in")
        if event.path == "first":
            inside.set()
            assert may_leave.wait(60)
        order.append(f"{event.path} out")

    stream = EventStream(listener)
    first = threading.Thread(target=stream.emit, args=[FileUpToDate("first", None)])
    first.start()
    assert inside.wait(60)
    second = threading.Thread(target=stream.emit, args=[FileUpToDate("second", None)])
    second.start()
    assert order == ["first in"]
    may_leave.set()
    first.join(60)
    second.join(60)
    assert order == ["first in", "first out", "second in", "second out"]


def test_a_listener_may_cause_events() -> None:
    heard: list[Any] = []

    def listener(event: Any) -> None:
        heard.append(event)
        if len(heard) == 1:
            stream.emit(ComparisonEnded(0, 0))

    stream = EventStream(listener)
    stream.emit(ComparisonEnded(1, 1))
    assert heard == [ComparisonEnded(1, 1), ComparisonEnded(0, 0)]


def test_reasons_are_distinguished_by_their_text() -> None:
    assert len({reason.value for reason in Reason}) == len(Reason)
