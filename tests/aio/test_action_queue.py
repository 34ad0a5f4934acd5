"""The actions of a sync in tasks; those in threads are in ``sync/test_action_queue.py``."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest
from tests.aio.cancelling import settle
from tests.aio.loops import left_running
from tests.sync.conftest import Report

from b2sdk.aio.action_queue import ActionQueue, AwaitedSteps
from b2sdk.aio.threads import Threads
from b2sdk.exception import B2Error
from b2sdk.sync.action import AbstractAction, SharedAction
from b2sdk.sync.performance import WAITING_ACTIONS

PATIENCE = 60  # seconds; only a test that fails waits so long


async def succeed() -> None:
    pass


async def fail() -> None:
    raise ValueError("no good")


class Action(SharedAction):
    """Runs what the test gives it."""

    def __init__(self, name: str, do: Callable[[], Awaitable[object]] = succeed, *, transfers: bool = False) -> None:
        self.relative_name = name
        self.is_transfer = transfers  # type: ignore[misc]
        self.do = do

    def get_bytes(self) -> int:
        return 0

    async def perform(self, steps: Any, bucket: Any, reporter: Any) -> None:
        await self.do()

    def do_report(self, bucket: Any, reporter: Any) -> None:
        pass

    def __str__(self) -> str:
        return self.relative_name


class Queue(ActionQueue):
    """A queue that writes down its events."""

    def __init__(self, workers: int, reporter: Any = None, *, dry_run: bool = False) -> None:
        self.events: list[str] = []
        bucket: Any = None
        super().__init__(workers, bucket, reporter, dry_run, self._note, AwaitedSteps(Threads(1)))

    def _note(self, event: Any) -> None:
        self.events.append(f"{type(event).__name__.removeprefix('Action').lower()} {event.path}")


@pytest.mark.parametrize("workers", [1, 3])
async def test_as_many_run_at_a_time_as_there_are_workers(workers: int) -> None:
    running, most = 0, 0

    async def work() -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await settle()
        running -= 1

    async with Queue(workers) as queue:
        for number in range(20):
            await queue.submit([Action(str(number), work)])
    assert most == workers
    assert sorted(queue.events) == sorted(f"done {number}" for number in range(20))
    assert not queue.has_failures


async def test_a_worker_that_has_nothing_to_do_any_more_is_replaced_by_another() -> None:
    async with Queue(1) as queue:
        for name in ("a", "b"):
            await queue.submit([Action(name)])
            await settle()
            assert left_running() == set()
    assert queue.events == ["done a", "done b"]


async def test_a_failure_does_not_stop_the_others_and_what_follows_a_transfer_depends_on_it() -> None:
    report = Report()
    async with Queue(1, report) as queue:
        await queue.submit([Action("up", fail, transfers=True), Action("old")])
        await queue.submit([Action("b", transfers=True), Action("older", fail), Action("oldest")])
    assert queue.events == ["failed up", "dropped old", "done b", "failed older", "done oldest"]
    assert queue.has_failures
    assert report.errors == ["up: ValueError('no good') no good", "older: ValueError('no good') no good"]


class OfABlockingClient(AbstractAction):
    relative_name = "old"

    def get_bytes(self) -> int:
        return 0

    def do_action(self, bucket: Any, reporter: Any) -> None:
        raise AssertionError("it would block")

    def do_report(self, bucket: Any, reporter: Any) -> None:
        pass


class OwnWay(Action):
    def do_action(self, bucket: Any, reporter: Any) -> None:
        raise AssertionError("it would block")


@pytest.mark.parametrize("action", [OfABlockingClient(), OwnWay("old")])
async def test_an_action_of_a_program_that_would_block_is_a_failure(action: AbstractAction) -> None:
    report = Report()
    async with Queue(1, report) as queue:
        await queue.submit([action])
    assert queue.events == ["failed old"]
    assert "says only how a client that blocks does it" in report.errors[0]


async def test_a_full_queue_makes_who_submits_wait() -> None:
    may_go = asyncio.Event()
    submitted = 0

    async def submit_many(queue: Queue) -> None:
        nonlocal submitted
        for number in range(WAITING_ACTIONS + 2):
            await queue.submit([Action(str(number), may_go.wait)])
            submitted += 1

    async with Queue(1) as queue:
        submitting = asyncio.ensure_future(submit_many(queue))
        await settle()
        assert submitted == WAITING_ACTIONS + 1, "the one that runs, and those that wait"
        may_go.set()
        await submitting
    assert len(queue.events) == WAITING_ACTIONS + 2


@pytest.mark.parametrize("error", [B2Error("no good"), OSError("no good")])
async def test_an_error_about_a_file_comes_after_what_was_submitted(error: Exception) -> None:
    queue = Queue(1)

    async def sync() -> None:
        async with queue:
            for number in range(5):
                await queue.submit([Action(str(number))])
            raise error

    with pytest.raises(type(error)):
        await sync()
    assert queue.events == [f"done {number}" for number in range(5)]


def waiting_actions(waits: Callable[[], Awaitable[object]]) -> Sequence[Sequence[Action]]:
    return [[Action("running", waits, transfers=True), Action("old")], [Action("waiting")]]


@pytest.mark.parametrize("is_begun", [False, True])
async def test_an_error_of_the_program_cancels_what_runs_and_drops_the_rest(
    is_begun: bool, caplog: pytest.LogCaptureFixture
) -> None:
    queue = Queue(1)

    async def sync() -> None:
        async with queue:
            for actions in waiting_actions(asyncio.Event().wait):
                await queue.submit(actions)
            if is_begun:
                await settle()
            raise LookupError

    with pytest.raises(LookupError):
        await sync()
    assert queue.events == ["dropped running", "dropped old", "dropped waiting"]
    assert left_running() == set()
    assert not caplog.records, "who breaks off a sync need not read of each file"


async def test_who_is_cancelled_while_waiting_for_the_end_cancels_what_runs() -> None:
    queue = Queue(1)

    async def sync() -> None:
        async with queue:
            for actions in waiting_actions(asyncio.Event().wait):
                await queue.submit(actions)

    task = asyncio.ensure_future(sync())
    await settle()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert queue.events == ["dropped running", "dropped old", "dropped waiting"]
    assert left_running() == set()


async def test_what_an_action_does_to_end_is_waited_for() -> None:
    ended: list[str] = []

    async def end_slowly() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await settle()
            ended.append("whole")

    async def sync() -> None:
        async with Queue(1) as queue:
            await queue.submit([Action("a", end_slowly)])
            await settle()
            raise LookupError

    with pytest.raises(LookupError):
        await sync()
    assert ended == ["whole"]


async def test_an_action_that_cannot_say_what_it_is_is_a_failure() -> None:
    class Nameless(Action):
        def description(self) -> Any:
            raise LookupError

    async with Queue(1) as queue:
        await queue.submit([Nameless("a")])
        await queue.submit([Action("b")])
    assert queue.has_failures
    assert queue.events == ["done b"]


async def test_a_dry_run_reports_in_order_without_tasks() -> None:
    async def never() -> None:
        raise AssertionError

    async with Queue(5, dry_run=True) as queue:
        for number in range(50):
            await queue.submit([Action(str(number), never, transfers=True), Action(f"old {number}", never)])
            assert left_running() == set()
    assert queue.events == [line for number in range(50) for line in (f"done {number}", f"done old {number}")]


async def test_changes_of_local_files_are_waited_for_and_reads_are_not() -> None:
    steps = AwaitedSteps(Threads(2))
    for step, is_waited_for in ((steps.write, True), (steps.read, False)):
        may_go = threading.Event()
        done: list[str] = []

        def change(may_go: threading.Event = may_go, done: list[str] = done) -> None:
            may_go.wait(PATIENCE)
            done.append("changed")

        task: asyncio.Task[None] = asyncio.ensure_future(step(change))
        await settle()
        task.cancel()
        await settle()
        assert task.done() is not is_waited_for
        may_go.set()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert done == ["changed"] or not is_waited_for
