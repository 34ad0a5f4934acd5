"""Calls that block, in threads of a client."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar, copy_context

import pytest

from b2sdk import cancellation
from b2sdk.aio.threads import Threads, Turns, entered_in_a_thread, kept_context
from b2sdk.exception import Cancelled

value: ContextVar[str] = ContextVar("value", default="")


@contextmanager
def some_threads(count: int = 2) -> Iterator[Threads]:
    threads = Threads(count)
    try:
        yield threads
    finally:
        threads.close()


async def test_a_call_is_made_in_a_thread_and_sees_the_context_of_who_calls() -> None:
    value.set("of the task")
    with some_threads() as threads:
        name, seen = await threads.call(lambda: (threading.current_thread().name, value.get()))
        await threads.call(value.set, "of the thread")
    assert name != threading.current_thread().name
    assert seen == value.get() == "of the task"


async def test_calls_that_belong_together_see_what_those_before_have_set() -> None:
    with some_threads() as threads:
        kept = kept_context.set(copy_context())
        await threads.call(value.set, "kept")
        assert await threads.call(value.get) == "kept"
        kept_context.reset(kept)
        assert await threads.call(value.get) == ""
    assert value.get() == ""


async def test_an_error_of_a_call_is_raised() -> None:
    def fail() -> None:
        raise KeyError("no")

    with some_threads() as threads, pytest.raises(KeyError, match="no"):
        await threads.call(fail)


async def test_so_many_calls_are_made_at_a_time() -> None:
    lock, running, most = threading.Lock(), 0, 0
    together = threading.Barrier(3)

    def count() -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        together.wait(60)
        with lock:
            running -= 1

    with some_threads(3) as threads:
        await asyncio.gather(*(threads.call(count) for _ in range(9)))
    assert most == 3


async def test_turns_are_taken_one_after_the_other_also_after_a_cancellation() -> None:
    may_go_on, begun, made = threading.Event(), threading.Event(), []

    def first() -> None:
        begun.set()
        may_go_on.wait(60)
        made.append("first")

    with some_threads() as threads:
        turns = Turns(threads)
        task = asyncio.ensure_future(turns.call(first))
        await asyncio.to_thread(begun.wait, 60)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()
        after = asyncio.ensure_future(turns.call(made.append, "second"))
        await asyncio.sleep(0)
        may_go_on.set()
        await after
    assert made == ["first", "second"]


async def test_the_last_turn_comes_without_a_wait_for_a_call_that_continues() -> None:
    may_go_on, begun, is_closed = threading.Event(), threading.Event(), threading.Event()

    def first() -> None:
        begun.set()
        may_go_on.wait(60)
        assert not is_closed.is_set()

    with some_threads() as threads:
        turns = Turns(threads)
        task = asyncio.ensure_future(turns.call(first))
        await asyncio.to_thread(begun.wait, 60)
        task.cancel()
        await asyncio.wait([task])
        await turns.end(is_closed.set)
        may_go_on.set()
        assert await asyncio.to_thread(is_closed.wait, 60)


class Lock:
    """A lock that belongs to a thread, and what happened to it."""

    def __init__(self) -> None:
        self.happened: list[tuple[str, str]] = []
        self.is_waited_for = threading.Event()
        self.may_be_had = threading.Event()
        self.is_left = threading.Event()

    def _note(self, what: str) -> None:
        self.happened.append((what, threading.current_thread().name))

    @contextmanager
    def held(self, *, can_be_given_up: bool) -> Iterator[None]:
        self._note("wait")
        self.is_waited_for.set()
        while not self.may_be_had.wait(0.01):
            if can_be_given_up:
                cancellation.check()
        self._note("enter")
        try:
            yield
        finally:
            self._note("leave")
            self.is_left.set()


async def test_a_manager_is_left_in_the_thread_that_entered_it() -> None:
    lock = Lock()
    lock.may_be_had.set()

    async def fail() -> None:
        async with entered_in_a_thread(lock.held(can_be_given_up=False)):
            assert [what for what, _ in lock.happened] == ["wait", "enter"]
            raise KeyError

    with pytest.raises(KeyError):
        await fail()
    assert [what for what, _ in lock.happened] == ["wait", "enter", "leave"]
    assert len({thread for _, thread in lock.happened} - {threading.current_thread().name}) == 1


@pytest.mark.parametrize("can_be_given_up", [False, True])
async def test_who_is_cancelled_while_it_is_entered_does_not_wait(can_be_given_up: bool) -> None:
    lock = Lock()

    async def enter() -> None:
        async with entered_in_a_thread(lock.held(can_be_given_up=can_be_given_up)):
            raise AssertionError("it was cancelled before")

    task = asyncio.ensure_future(enter())
    await asyncio.to_thread(lock.is_waited_for.wait, 60)
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()
    lock.may_be_had.set()
    if not can_be_given_up:
        assert await asyncio.to_thread(lock.is_left.wait, 60)
        assert [what for what, _ in lock.happened] == ["wait", "enter", "leave"]


async def test_a_manager_that_cannot_be_entered_says_why_and_is_not_left() -> None:
    class Failing:
        def __enter__(self) -> None:
            raise Cancelled("no")

        def __exit__(self, *_args: object) -> None:
            raise AssertionError("it was not entered")

    async def enter() -> None:
        async with entered_in_a_thread(Failing()):
            raise AssertionError("it was not entered")

    with pytest.raises(Cancelled, match="no"):
        await enter()
