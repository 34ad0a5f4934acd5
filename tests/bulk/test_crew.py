from __future__ import annotations

import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import closing
from functools import partial
from typing import Any

import pytest
from tests.bulk.fakes import Fake, nothing, work_of

from b2sdk import cancellation
from b2sdk.bulk import crew
from b2sdk.bulk.crew import BulkRun, ThreadCrew
from b2sdk.bulk.events import Outcome
from b2sdk.bulk.work import Task
from b2sdk.cancellation import Cancellation
from b2sdk.exception import Cancelled

SOON = 10.0


def run_of(tasks: Iterator[Task] | list[Task], workers: int = 1) -> BulkRun:
    return BulkRun(work_of(tasks, workers), partial(ThreadCrew, workers))


def waiting_for(event: threading.Event) -> Callable[[], Coroutine[Any, Any, None]]:
    async def wait() -> None:
        assert event.wait(SOON)

    return wait


def threads_of_crews() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "b2sdk-worker"]


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    yield
    assert threads_of_crews() == []


def test_what_has_been_sent_is_waited_for_when_the_loop_is_left() -> None:
    are_all_taken, begun, release = threading.Event(), threading.Event(), threading.Event()

    async def send() -> None:
        begun.set()
        await waiting_for(release)()

    class Releasing(ThreadCrew):
        async def end(self, *, is_interrupted: bool) -> None:
            release.set()
            await super().end(is_interrupted=is_interrupted)

    after = Fake("after", nothing)

    def tasks() -> Iterator[Task]:
        yield from (Fake("first", waiting_for(are_all_taken)), Fake("sent", send), after)
        are_all_taken.set()

    run = BulkRun(work_of(tasks()), partial(Releasing, 1))
    for _ in run:
        assert begun.wait(SOON)
        break
    assert (run.report.done, run.report.not_sent) == (2, 1)
    assert after.is_closed


def test_an_interruption_cancels_what_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crew, "GRACE_SECONDS", 0.01)
    begun = threading.Event()

    async def block() -> None:
        begun.set()
        cancellation.sleep(3600)

    def tasks() -> Iterator[Task]:
        yield Fake("blocks", block)
        yield Fake("waits", nothing)
        assert begun.wait(SOON)
        raise KeyboardInterrupt

    run = run_of(tasks())
    with pytest.raises(KeyboardInterrupt):
        run.complete()
    for thread in threads_of_crews():
        thread.join(SOON)
    assert run.report.done == 0


def test_a_run_that_is_a_part_of_other_work_is_cancelled_with_it() -> None:
    whole, begun = Cancellation(), threading.Event()

    async def block() -> None:
        begun.set()
        cancellation.sleep(3600)

    def cancel() -> None:
        assert begun.wait(SOON)
        whole.cancel()

    run = run_of([Fake("blocks", block), Fake("waits", nothing)])
    threading.Thread(target=cancel).start()
    with whole.activate(), pytest.raises(Cancelled):
        run.complete()
    assert (run.report.failed, run.report.not_sent, run.report.total) == (1, 1, 2)


def test_what_is_found_comes_before_what_is_taken() -> None:
    found = [Fake("found-1", nothing), Fake("found-2", nothing)]
    names = [event.file_name for event in run_of([Fake("a", nothing, found)])]
    assert names == ["a", "found-1", "found-2"]


def test_what_was_found_is_let_go_when_the_loop_is_left() -> None:
    found = [Fake("found", nothing)]
    run = run_of([Fake("a", nothing, found)])
    with closing(iter(run)) as events:
        next(events)
    assert run.report.total == 2
    assert found[0].is_closed
    assert run.report.not_sent == 1


def test_as_many_are_under_way_as_there_are_workers() -> None:
    together = threading.Barrier(3)

    async def meet() -> None:
        together.wait(SOON)

    assert run_of([Fake(str(number), meet) for number in range(6)], workers=3).complete().done == 6


def test_a_worker_sees_the_context_of_the_loop() -> None:
    seen: list[Cancellation | None] = []

    async def look() -> None:
        seen.append(cancellation.current())

    run_of([Fake("a", look)]).complete()
    assert seen != [None]


def test_a_run_is_iterated_over_once() -> None:
    run = run_of([])
    assert list(run) == []
    with pytest.raises(RuntimeError, match="once"):
        list(run)


def test_what_ends_a_thread_ends_the_run() -> None:
    async def leave() -> None:
        raise SystemExit

    run, names = run_of([Fake("a", leave), Fake("b", nothing)]), []
    with pytest.raises(SystemExit):
        names += [event.outcome for event in run]
    assert (run.report.failed, run.report.total) == (1, 2)
    assert run.report.failures[0].outcome is Outcome.FAILED
