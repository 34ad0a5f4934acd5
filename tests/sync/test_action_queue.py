from __future__ import annotations

import threading
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any
from unittest import mock

import pytest

from b2sdk import cancellation
from b2sdk.exception import B2Error
from b2sdk.sync.action import AbstractAction
from b2sdk.sync.action_queue import ActionQueue
from b2sdk.sync.events import EventStream, SyncEvent
from b2sdk.sync.performance import WAITING_ACTIONS

PATIENCE = 60  # seconds; only a test that fails waits so long


class Action(AbstractAction):
    """Runs what the test gives it."""

    def __init__(self, name: str, do: Callable[[], object] = lambda: None, *, transfers: bool = False) -> None:
        self.relative_name = name
        self.is_transfer = transfers  # type: ignore[misc]
        self.do = do

    def get_bytes(self) -> int:
        return 0

    def do_action(self, bucket: Any, reporter: Any) -> None:
        self.do()

    def do_report(self, bucket: Any, reporter: Any) -> None:
        pass


class Journal:
    def __init__(self) -> None:
        self.events: list[str] = []

    def __call__(self, event: SyncEvent) -> None:
        self.events.append(f"{type(event).__name__.removeprefix('Action').lower()} {event.path}")  # type: ignore[union-attr]


def fail() -> None:
    raise ValueError("no good")


def queue_of(workers: int, journal: Journal | None = None, *, dry_run: bool = False) -> ActionQueue:
    return ActionQueue(workers, mock.Mock(), None, dry_run, EventStream(journal).emit if journal else None)


@pytest.fixture
def journal() -> Journal:
    return Journal()


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Any:
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) <= before


def test_all_is_done_when_the_block_is_left(journal: Journal) -> None:
    with queue_of(3, journal) as queue:
        for number in range(20):
            queue.submit([Action(str(number))])
    assert sorted(journal.events) == sorted(f"done {number}" for number in range(20))
    assert not queue.has_failures


def test_as_many_run_at_a_time_as_there_are_workers() -> None:
    meeting = threading.Barrier(3)
    with queue_of(3) as queue:
        for number in range(3):
            queue.submit([Action(str(number), lambda: meeting.wait(PATIENCE))])
    assert not queue.has_failures


def test_a_failure_does_not_stop_the_others(journal: Journal) -> None:
    with queue_of(1, journal) as queue:
        queue.submit([Action("a", fail)])
        queue.submit([Action("b")])
    assert journal.events == ["failed a", "done b"]
    assert queue.has_failures


def test_what_follows_a_transfer_waits_for_it(journal: Journal) -> None:
    deleted = threading.Event()
    with queue_of(4, journal) as queue:
        # Were the deletion independent, an idle worker would do it while the transfer waits.
        queue.submit([Action("up", lambda: deleted.wait(0.05), transfers=True), Action("old", deleted.set)])
    assert journal.events == ["done up", "done old"]


def test_what_follows_a_transfer_that_failed_is_not_done(journal: Journal) -> None:
    deletion = mock.Mock()
    with queue_of(2, journal) as queue:
        queue.submit([Action("up", fail, transfers=True), Action("old", deletion), Action("older", deletion)])
        queue.submit([Action("other", transfers=True)])
    assert not deletion.called
    assert sorted(journal.events) == ["done other", "dropped old", "dropped older", "failed up"]


def test_a_deletion_that_fails_after_a_transfer_stops_no_other(journal: Journal) -> None:
    with queue_of(1, journal) as queue:
        queue.submit([Action("up", transfers=True), Action("old", fail), Action("older")])
    assert journal.events == ["done up", "failed old", "done older"]


def test_without_a_transfer_the_actions_of_one_file_are_independent() -> None:
    meeting = threading.Barrier(2)
    with queue_of(2) as queue:
        queue.submit([Action(name, lambda: meeting.wait(PATIENCE)) for name in ("old", "older")])
    assert not queue.has_failures


def test_a_full_queue_makes_the_planner_wait() -> None:
    may_go = threading.Event()
    submitted: list[int] = []

    def submit_many(queue: ActionQueue) -> None:
        for number in range(WAITING_ACTIONS + 2):
            queue.submit([Action(str(number), lambda: may_go.wait(PATIENCE))])
            submitted.append(number)

    with queue_of(1) as queue:
        planner = threading.Thread(target=submit_many, args=[queue])
        planner.start()
        while len(submitted) < WAITING_ACTIONS + 1 and planner.is_alive():
            may_go.wait(0.001)
        count = len(submitted)
        may_go.set()
        planner.join(PATIENCE)
        assert count == WAITING_ACTIONS + 1, "the one that runs, and those that wait"
    assert not queue.has_failures
    assert len(submitted) == WAITING_ACTIONS + 2


@pytest.mark.parametrize("error", [B2Error("no good"), OSError("no good")])
def test_an_error_about_a_file_comes_after_what_was_submitted(error: Exception, journal: Journal) -> None:
    def sync() -> None:
        with queue_of(1, journal) as queue:
            for number in range(5):
                queue.submit([Action(str(number))])
            raise error

    with pytest.raises(type(error)):
        sync()
    assert journal.events == [f"done {number}" for number in range(5)]


class Waiting:
    """Blocks as a request does, until it is cancelled."""

    def __init__(self) -> None:
        self.begun = threading.Event()

    def __call__(self) -> None:
        self.begun.set()
        cancellation.sleep(PATIENCE)


@pytest.mark.parametrize("reason", [KeyboardInterrupt, SystemExit, LookupError])
def test_what_interrupts_the_block_cancels_what_runs_and_drops_the_rest(
    reason: type[BaseException], journal: Journal, caplog: pytest.LogCaptureFixture
) -> None:
    waiting = Waiting()

    def sync() -> None:
        with queue_of(1, journal) as queue:
            queue.submit([Action("running", waiting, transfers=True), Action("old")])
            queue.submit([Action("waiting")])
            assert waiting.begun.wait(PATIENCE)
            raise reason

    with pytest.raises(reason):
        sync()
    assert journal.events == ["dropped running", "dropped old", "dropped waiting"]
    assert not caplog.records, "who breaks off a sync need not read of each file"


def test_an_interruption_while_waiting_for_the_end_cancels_what_runs(journal: Journal) -> None:
    waiting = Waiting()

    def interrupted() -> None:
        assert waiting.begun.wait(PATIENCE)
        raise KeyboardInterrupt

    queue = queue_of(1, journal)

    def sync() -> None:
        with queue:
            queue.submit([Action("running", waiting)])
            queue.submit([Action("waiting")])
            queue._pool.shutdown = interrupted  # type: ignore[assignment, method-assign]

    with pytest.raises(KeyboardInterrupt):
        sync()
    assert journal.events == ["dropped running", "dropped waiting"]


def test_an_action_sees_the_context_of_the_sync() -> None:
    variable: ContextVar[str] = ContextVar("variable", default="nobody's")
    seen: list[str] = []
    variable.set("the caller's")
    with queue_of(1) as queue:
        queue.submit([Action("a", lambda: seen.append(variable.get()))])
    assert seen == ["the caller's"]


def test_an_action_that_ends_its_thread_is_a_failure() -> None:
    def leave() -> None:
        raise SystemExit

    with queue_of(1) as queue:
        queue.submit([Action("a", leave)])
    assert queue.has_failures


def test_a_dry_run_reports_in_order_without_threads(journal: Journal) -> None:
    done = mock.Mock()
    with queue_of(5, journal, dry_run=True) as queue:
        for number in range(50):
            queue.submit([Action(str(number), done, transfers=True), Action(f"old {number}", done)])
    expected = [line for number in range(50) for line in (f"done {number}", f"done old {number}")]
    assert journal.events == expected
    assert not done.called
