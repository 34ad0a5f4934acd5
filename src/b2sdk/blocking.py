"""Coroutines without an event loop: flows that are written once, for clients that block and clients that are awaited.

A flow is a coroutine whose steps are methods of what it is given. Where these methods wait, an event loop runs it.
Where they block instead, it never waits, and :func:`run` runs it in the caller's thread.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Coroutine, Generator
from typing import Any, TypeVar

T = TypeVar("T")


def run(flow: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that never waits, and return its result; what it raises is raised.

    :raises RuntimeError: it waits for an event loop.
    """
    try:
        flow.send(None)
    except StopIteration as end:
        result: T = end.value
        return result
    flow.close()
    raise RuntimeError(f"{getattr(flow, '__qualname__', flow)} waits, and there is no event loop")


def iterate(flow: AsyncIterator[T]) -> Generator[T, None, None]:
    """Iterate over an asynchronous generator that never waits. It is closed at the end, however that comes."""
    try:
        while True:
            try:
                item = run(_next(flow))
            except StopAsyncIteration:
                return
            yield item
            del item  # so that nothing keeps it while the next one is made
    finally:
        close = getattr(flow, "aclose", None)
        if close is not None:
            run(close())


async def _next(flow: AsyncIterator[T]) -> T:
    return await flow.__anext__()
