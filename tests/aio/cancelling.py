"""Cancelling a coroutine at each place where it waits, one after the other."""

from __future__ import annotations

import asyncio
import inspect
import types
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator
from typing import Any, Literal, TypeVar

from tests.aio.loops import left_running

R = TypeVar("R")
T = TypeVar("T")
Moment = Literal["waiting", "resumed"]
"""While what is waited for has not come, or when it has and the coroutine was about to go on: it never learns of it."""
MOMENTS: tuple[Moment, ...] = ("waiting", "resumed")
_SETTLING_STEPS = 10
"""Of the loop, in which what was cancelled ends."""


@types.coroutine
def _driven(
    coroutine: Coroutine[Any, Any, R], place: int, moment: Moment, counted: list[int] | None
) -> Generator[Any, Any, R]:
    waits = 0
    error: BaseException | None = None
    while True:
        try:
            waited_for = coroutine.send(None) if error is None else coroutine.throw(error)
        except StopIteration as end:
            result: R = end.value
            if counted is not None:
                counted.append(waits)
            return result
        if waits == place and moment == "waiting":
            task = asyncio.current_task()
            assert task is not None
            task.cancel()
        try:
            yield waited_for
            error = asyncio.CancelledError() if waits == place and moment == "resumed" else None
        except BaseException as raised:  # noqa: BLE001  # handed on
            error = raised
        waits += 1


async def cancelled_where(
    coroutine: Coroutine[Any, Any, R], place: int, moment: Moment, counted: list[int] | None = None
) -> R:
    """Run a coroutine, and cancel it where it waits for the time that ``place`` says, counted from 0.

    If it comes to its end, how often it has waited is added to ``counted``.
    """
    return await _driven(coroutine, place, moment, counted)


@types.coroutine
def _noted(coroutine: Coroutine[Any, Any, R], note: Callable[[], None]) -> Generator[Any, Any, R]:
    """Run a coroutine, and call ``note`` when it waits."""
    error: BaseException | None = None
    while True:
        try:
            waited_for = coroutine.send(None) if error is None else coroutine.throw(error)
        except StopIteration as end:
            result: R = end.value
            return result
        note()
        error = None
        try:
            yield waited_for
        except BaseException as raised:  # noqa: BLE001  # handed on
            error = raised


async def cancelled_while_a_task_waits(
    coroutine: Coroutine[Any, Any, R], place: int, counted: list[int] | None = None
) -> R:
    """Run a coroutine, and cancel it when its tasks, all together, wait for the time that ``place`` says.

    If it comes to its end, how often they have waited is added to ``counted``.
    """
    loop, this, waits = asyncio.get_running_loop(), asyncio.current_task(), 0
    assert this is not None

    def note() -> None:
        nonlocal waits
        if waits == place:
            this.cancel()
        waits += 1

    async def run(started: Coroutine[Any, Any, T]) -> T:
        return await _noted(started, note)

    def make_task(loop: asyncio.AbstractEventLoop, started: Any, **choices: Any) -> asyncio.Task[Any]:
        return asyncio.Task(run(started) if inspect.iscoroutine(started) else started, loop=loop, **choices)

    loop.set_task_factory(make_task)
    try:
        result = await coroutine
    finally:
        loop.set_task_factory(None)
    if counted is not None:
        counted.append(waits)
    return result


def cancelled_at(number: int, coroutine: Coroutine[Any, Any, R]) -> Coroutine[Any, Any, R]:
    """Run a coroutine, and cancel its task when it waits for the ``number``-th time, counted from 1."""
    return cancelled_where(coroutine, number - 1, "waiting")


async def settle() -> None:
    """Let what has been cancelled end."""
    for _ in range(_SETTLING_STEPS):
        await asyncio.sleep(0)


async def cancelled_everywhere(
    begin: Callable[[], Coroutine[Any, Any, object]], moment: Moment
) -> AsyncGenerator[asyncio.Task[object], None]:
    """Yield the ended tasks of a coroutine that is started and cancelled where it waits first, then second, and so on.

    The last one was done before it was cancelled. After each, no task is left.
    """
    place = 0
    while True:
        task = asyncio.ensure_future(cancelled_where(begin(), place, moment))
        await asyncio.wait([task])
        await settle()
        assert left_running() == set(), f"cancelled while it waited the time number {place}"
        yield task
        if not task.cancelled():
            task.result()
            return
        place += 1
