"""Workers of a run over many files that are tasks, and the run as its caller sees it in an event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from types import TracebackType
from typing import Any

from typing_extensions import Self

from b2sdk.aio.listings import items
from b2sdk.aio.tasks import Workers
from b2sdk.bulk.events import BulkEvent, BulkReport
from b2sdk.bulk.work import Performed, Work
from b2sdk.cancellation import GRACE_SECONDS


class TaskCrew:
    """See :class:`~b2sdk.bulk.work.Crew`."""

    def __init__(self, workers: int) -> None:
        self._workers = Workers(workers)
        self._performed: list[Performed] = []
        self._has_changed = asyncio.Event()

    def begin(self, flow: Callable[[], Coroutine[Any, Any, Performed]], /) -> None:
        self._workers.begin(partial(self._run, flow))

    async def _run(self, flow: Callable[[], Coroutine[Any, Any, Performed]]) -> None:
        performed = await flow()
        self._performed.append(performed)  # to the list that there is by now
        self._has_changed.set()

    def has_performed(self) -> bool:
        return bool(self._performed)

    async def performed(self) -> list[Performed]:
        while not self._performed:
            self._has_changed.clear()
            await self._has_changed.wait()
        return self.left()

    async def end(self, *, is_interrupted: bool) -> None:
        loop = asyncio.get_running_loop()
        patience = loop.call_later(GRACE_SECONDS, self._workers.cancel) if is_interrupted else None
        try:
            await self._workers.end()
        finally:
            if patience is not None:
                patience.cancel()

    def left(self) -> list[Performed]:
        left, self._performed = self._performed, []
        return left


async def awaited(verb: Callable[..., Coroutine[Any, Any, Any]], /, *args: Any, **kwargs: Any) -> Any:
    """Perform a verb, as a step of a flow."""
    return await verb(*args, **kwargs)


class BulkRun:
    """Something that is done with many files, while its events are iterated over::

        async with bucket.delete_many(names) as run:
            async for event in run:
                print(event)
        print(run.report)
        run.raise_for_failures()

    Nothing happens before. When the block is left, or :meth:`aclose` is awaited, nothing of it is under way any more:
    what has not been sent is not, and what has been sent is waited for; by a task that is cancelled for two seconds.
    """

    def __init__(self, work: Work, workers: int) -> None:
        """Take what is done, and by how many workers."""
        self._work = work
        self._events = items(work.events(TaskCrew(workers)))

    @property
    def report(self) -> BulkReport:
        """The counts of all that has happened so far."""
        return self._work.report()

    def raise_for_failures(self) -> None:
        """Raise an error if anything failed or was not sent so far; see :meth:`BulkReport.raise_for_failures`."""
        self.report.raise_for_failures()

    async def complete(self) -> BulkReport:
        """Do all of it, and return the report."""
        async with self:
            async for _ in self:
                pass
        return self.report

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> BulkEvent:
        return await anext(self._events)

    async def aclose(self) -> None:
        """End it, and wait for what has been sent."""
        await self._events.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: TracebackType | None
    ) -> None:
        await self.aclose()
