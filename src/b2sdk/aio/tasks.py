"""Tasks in an event loop that belong together. Nothing here knows what one does.

Those of one transfer are a group, as :mod:`b2sdk.transfer.task_group` is in threads: their results come back in order,
only so many are running at a time, and the first failure, or a cancellation, stops the others. Workers perform what
comes, as a pool of threads does.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Coroutine
from types import TracebackType
from typing import Any, Generic, TypeVar

from typing_extensions import Self

from b2sdk.exception import B2Error

T = TypeVar("T")
C = TypeVar("C")


class TaskGroup(Generic[T]):
    """The tasks of one transfer, as an asynchronous context manager. When it has been left, none is running."""

    def __init__(self, limit: int | None = None, on_stop: Callable[[BaseException], None] | None = None) -> None:
        """Set what holds for all tasks.

        :param limit: how many tasks may be unfinished before :meth:`start` waits; ``None`` is no limit.
        :param on_stop: called once when the tasks are stopped, with the reason.
        """
        self._room = None if limit is None else asyncio.Semaphore(limit)
        self._on_stop = on_stop
        self._tasks: list[asyncio.Future[T]] = []
        self._failure: BaseException | None = None
        self._is_cancelled = False
        self._stopped: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: TracebackType | None
    ) -> None:
        if exc_val is not None:
            self._stop(exc_val)
        await end(self._tasks, self._cancel)

    def add_result(self, result: T) -> None:
        """Add a task that is done already."""
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        future.set_result(result)
        self._tasks.append(future)

    async def start(self, perform: Callable[[], Coroutine[Any, Any, T]]) -> None:
        """Start a task, once there is room. What ``perform`` holds is released before there is room for another.

        Raises the first failure of the tasks before it.
        """
        if self._room is not None:
            await self._room.acquire()
        self._raise_failure()
        self._tasks.append(asyncio.ensure_future(self._run([perform])))

    async def wait_for(self, coming: Awaitable[C]) -> C:
        """Wait for what is to be done with the next task.

        Raises the first failure of the tasks before it, however long it would have been awaited.
        """
        self._raise_failure()
        awaited = asyncio.ensure_future(coming)
        either: list[asyncio.Future[Any]] = [awaited, self._stopped]
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            self._raise_failure()
        except BaseException:
            await cancelled(awaited)
            raise
        return awaited.result()

    async def results(self) -> list[T]:
        """Wait for all tasks and return their results in the order in which they were added.

        Raises the first failure.
        """
        if self._tasks:
            await asyncio.wait(self._tasks, return_when=asyncio.FIRST_EXCEPTION)
        self._raise_failure()
        return [task.result() for task in self._tasks]

    async def _run(self, handed_over: list[Callable[[], Coroutine[Any, Any, T]]]) -> T:
        try:
            return await handed_over.pop()()
        except BaseException as error:
            self._stop(error)
            raise
        finally:
            if self._room is not None:
                self._room.release()

    def _stop(self, reason: BaseException) -> None:
        if self._failure is None:
            self._failure = reason
            self._stopped.set_result(None)
            if self._on_stop is not None:
                self._on_stop(reason)
        # What the service refuses is often tried again, and what has left by then need not be sent again.
        if not isinstance(reason, B2Error):
            self._cancel()

    def _cancel(self) -> None:
        # Once: a second time would interrupt what they do to end.
        if not self._is_cancelled:
            self._is_cancelled = True
            for task in self._tasks:
                task.cancel()

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise self._failure


class Workers:
    """At most so many tasks, each of which performs one flow after the other. They start when there is one to do."""

    def __init__(self, most: int) -> None:
        self.is_cancelled: bool = False
        """Whether what runs has been cancelled, so what waits should do nothing."""
        self._most = most
        self._waiting: deque[Callable[[], Coroutine[Any, Any, None]]] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._working = 0
        """Of the tasks, those that will look whether there is more to do."""

    def begin(self, flow: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Have a flow performed, which raises nothing but that it was cancelled, when there is a task for it."""
        self._waiting.append(flow)
        if self._working < self._most:
            self._working += 1
            task = asyncio.ensure_future(self._work())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def cancel(self) -> None:
        """Cancel what runs, once: a second time would interrupt what it does to end."""
        if not self.is_cancelled:
            self.is_cancelled = True
            for task in self._tasks:
                task.cancel()

    async def end(self) -> None:
        """Wait until all has been performed. Who is cancelled meanwhile cancels what runs, and waits on."""
        try:
            await end(list(self._tasks), self.cancel)
        finally:
            while self._waiting:  # its task was cancelled
                await self._waiting.popleft()()

    async def _work(self) -> None:
        try:
            while self._waiting:
                await self._waiting.popleft()()
        finally:
            self._working -= 1


async def end(tasks: Collection[asyncio.Future[Any]], cancel: Callable[[], object] | None = None) -> None:
    """Wait until tasks have ended, whatever they raise.

    Who is cancelled meanwhile calls ``cancel``, if that is given, and waits on.
    """
    cancellation: asyncio.CancelledError | None = None
    while pending := [task for task in tasks if not task.done()]:
        try:
            await asyncio.wait(pending)
        except asyncio.CancelledError as error:
            cancellation = error
            if cancel is not None:
                cancel()
    for task in tasks:
        if not task.cancelled():
            task.exception()  # it has been seen
    if cancellation is not None:
        raise cancellation


async def cancelled(task: asyncio.Future[Any]) -> None:
    """Cancel a task and wait for its end; what it raises is of no interest any more."""
    task.cancel()
    await end([task])
