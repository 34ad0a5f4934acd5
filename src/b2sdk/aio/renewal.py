"""One task for all that want its result."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

from b2sdk.aio.tasks import cancelled

T = TypeVar("T")


class SharedTask(Generic[T]):
    """A task that several others wait for. One that is cancelled does not cancel it for the rest; the last one does.

    One is running at a time. Who wants its result has the same purpose, which is any value; others come after it.
    """

    def __init__(self) -> None:
        self._task: asyncio.Task[T] | None = None
        self._purpose: object = None
        self._waiting = 0

    async def join(self, purpose: object, begin: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Wait for the task that is running for this purpose, or begin one; return its result, or raise its error.

        :raises RuntimeError: it was cancelled for all.
        """
        while (task := self._task) is not None and not task.done() and self._purpose != purpose:
            await asyncio.wait([task])
        if task is None or task.done():
            task = self._task = asyncio.ensure_future(begin())
            self._purpose = purpose
            self._waiting = 0
        self._waiting += 1
        try:
            await asyncio.wait([task])
            if task.cancelled():  # which is not what happened to the one that waits
                raise RuntimeError("the client is closed")
            return task.result()
        finally:
            if task is self._task:
                self._waiting -= 1
                if not self._waiting and not task.done():
                    await self.cancel()

    async def cancel(self) -> None:
        """Cancel the task, if there is one, and wait for its end."""
        task, self._task = self._task, None
        if task is not None:
            await cancelled(task)
