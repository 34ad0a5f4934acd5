from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any
from unittest import mock

import pytest

from b2sdk.sync.action import AbstractAction
from b2sdk.sync.action_queue import WAITING_ACTIONS, ActionQueue
from b2sdk.sync.events import EventStream, SyncEvent

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
    return ActionQueue(workers, mock.Mock(), None, dry_run, EventStream(journal) if journal else None)


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


def test_an_error_in_the_block_comes_after_what_was_submitted(journal: Journal) -> None:
    def sync() -> None:
        with queue_of(1, journal) as queue:
            for number in range(5):
                queue.submit([Action(str(number))])
            raise LookupError

    with pytest.raises(LookupError):
        sync()
    assert journal.events == [f"done {number}" for number in range(5)]


def test_an_interruption_waits_for_what_runs_and_drops_the_rest(journal: Journal) -> None:
    begun, may_end = threading.Event(), threading.Event()

    def run() -> None:
        begun.set()
        assert may_end.wait(PATIENCE)

    def sync() -> None:
        with queue_of(1, journal) as queue:
            queue.submit([Action("running", run, transfers=True), Action("old")])
            queue.submit([Action("waiting")])
            assert begun.wait(PATIENCE)
            queue._executor.shutdown = _ending(queue._executor.shutdown, may_end)  # type: ignore[method-assign]
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sync()
    assert journal.events == ["done running", "dropped old", "dropped waiting"]


def _ending(shutdown: Callable[[], None], may_end: threading.Event) -> Callable[[], None]:
    """Let what runs end when the queue waits for it, not before."""

    def shut_down() -> None:
        may_end.set()
        shutdown()

    return shut_down


def test_an_interruption_while_waiting_for_the_end_drops_what_has_not_begun(journal: Journal) -> None:
    begun, may_end = threading.Event(), threading.Event()

    def run() -> None:
        begun.set()
        assert may_end.wait(PATIENCE)

    queue = queue_of(1, journal)
    really_shut_down = queue._executor.shutdown
    shutdown = mock.Mock(side_effect=[KeyboardInterrupt, None])

    def sync() -> None:
        with queue:
            queue.submit([Action("running", run)])
            queue.submit([Action("waiting")])
            assert begun.wait(PATIENCE)
            queue._executor.shutdown = shutdown  # type: ignore[method-assign]

    with pytest.raises(KeyboardInterrupt):
        sync()
    assert shutdown.call_count == 2, "it is waited for all the same"
    may_end.set()
    really_shut_down()
    assert journal.events == ["done running", "dropped waiting"]


def test_an_action_that_ends_its_thread_is_a_failure() -> None:
    def leave() -> None:
        raise SystemExit

    with queue_of(1) as queue:
        queue.submit([Action("a", leave)])
    assert queue.has_failures


def test_a_dry_run_tells_in_order_without_threads(journal: Journal) -> None:
    done = mock.Mock()
    with queue_of(5, journal, dry_run=True) as queue:
        for number in range(50):
            queue.submit([Action(str(number), done, transfers=True), Action(f"old {number}", done)])
    expected = [line for number in range(50) for line in (f"done {number}", f"done old {number}")]
    assert journal.events == expected
    assert not done.called
