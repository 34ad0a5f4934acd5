"""Coroutines without an event loop: flows that are written once, for clients that block and clients that are awaited.

A flow is a coroutine whose steps are methods of what it is given. Where these methods wait, an event loop runs it.
Where they block instead, it never waits, and :func:`run` runs it in the caller's thread.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Coroutine, Generator, Iterable
from contextlib import suppress
from typing import Any, TypeVar

from typing_extensions import ParamSpec

P = ParamSpec("P")
T = TypeVar("T")


def step(call: Callable[P, T]) -> Callable[P, Coroutine[Any, Any, T]]:
    """Make of a call that blocks the step of a flow, which never waits."""

    async def perform(*args: P.args, **kwargs: P.kwargs) -> T:
        return call(*args, **kwargs)

    return perform


async def call(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Call what blocks, as a step of a flow."""
    return function(*args, **kwargs)


def run(flow: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that never waits, and return its result; what it raises is raised.

    :raises RuntimeError: it waits for an event loop.
    """
    try:
        flow.send(None)
    except StopIteration as end:
        result: T = end.value
        return result
    raise _end_of_waiting(flow, flow)


def iterate(flow: AsyncGenerator[Iterable[T], None]) -> Generator[T, None, None]:
    """Iterate over what an asynchronous generator that never waits yields, which are batches: nothing is between the
    items of one. The generator is closed at the end, however that comes.

    :raises RuntimeError: it waits for an event loop.
    """
    try:
        while True:
            waiting = flow.__anext__().__await__()
            try:
                next(waiting)
            except StopAsyncIteration:
                return
            except StopIteration as end:
                batch: Iterable[T] = end.value
            else:
                raise _end_of_waiting(flow, waiting)
            yield from batch
            del batch  # so that nothing keeps it while the next one is made
    finally:
        run(flow.aclose())


def _end_of_waiting(flow: object, waiting: Coroutine[Any, Any, Any] | Generator[Any, Any, Any]) -> RuntimeError:
    with suppress(GeneratorExit, StopIteration, StopAsyncIteration):
        waiting.throw(GeneratorExit())
    return RuntimeError(f"{getattr(flow, '__qualname__', flow)} waits, and there is no event loop")
