"""Workers of a run that are threads, and the run as its caller sees it where calls block."""

from __future__ import annotations

import queue
from collections.abc import Callable, Coroutine, Generator
from contextvars import copy_context
from functools import partial
from typing import Any

from b2sdk import blocking, cancellation, threads
from b2sdk.bulk.events import BulkEvent, BulkReport
from b2sdk.bulk.work import Performed, Work
from b2sdk.cancellation import GRACE_SECONDS, Cancellation
from b2sdk.exception import Cancelled


class ThreadCrew:
    """See :class:`~b2sdk.bulk.work.Crew`. Its threads start when there is something to do."""

    def __init__(self, workers: int) -> None:
        self._pool = threads.ThreadPool(workers)
        self._performed: queue.SimpleQueue[Performed | None] = queue.SimpleQueue()
        self._taken: list[Performed] = []
        """What is out of the queue and has not been returned; the wait for it may end with an error."""
        self._work = Cancellation(cancellation.current())
        self._work.begin()
        with self._work.activate():
            self._context = copy_context()

    def begin(self, flow: Callable[[], Coroutine[Any, Any, Performed]], /) -> None:
        self._pool.submit(self._context.copy().run, self._run, flow)

    def _run(self, flow: Callable[[], Coroutine[Any, Any, Performed]]) -> None:
        self._performed.put(blocking.run(flow()))

    def has_performed(self) -> bool:
        return bool(self._taken) or not self._performed.empty()

    async def performed(self) -> list[Performed]:
        with cancellation.on_cancel(partial(self._performed.put, None)):
            while not self._taken and not cancellation.is_cancelled():
                try:
                    self._take(threads.WAIT_SECONDS)
                except queue.Empty:
                    if threads.is_ending():
                        raise Cancelled("the interpreter ends") from None
        return self.left()

    async def end(self, *, is_interrupted: bool) -> None:
        try:
            if is_interrupted:
                self._pool.join(GRACE_SECONDS)
            else:
                self._pool.shutdown()
        finally:  # also when this wait is interrupted
            self._work.cancel()
            self._pool.join(GRACE_SECONDS)
            self._work.end()

    def left(self) -> list[Performed]:
        while not self._performed.empty():
            self._take()
        left, self._taken = self._taken, []
        return left

    def _take(self, seconds: float | None = None) -> None:
        what = self._performed.get(timeout=seconds)
        if what is not None:
            self._taken.append(what)


class BulkRun:
    """Something that is done with many files, while its events are iterated over::

        run = bucket.delete_many(names)
        for event in run:
            print(event)
        print(run.report)
        run.raise_for_failures()

    Nothing happens before, and it can be iterated over once. When the loop is left, by ``break`` or by an exception,
    nothing of it is under way any more: what has not been sent is not, and what has been sent is waited for; after an
    interruption such as Ctrl-C for two seconds.
    """

    def __init__(self, work: Work, make_crew: Callable[[], ThreadCrew]) -> None:
        """Take what is done, and what makes the threads that do it."""
        self._work = work
        self._make_crew: Callable[[], ThreadCrew] | None = make_crew

    @property
    def report(self) -> BulkReport:
        """The counts of all that has happened so far, also of what happened after the loop was left."""
        return self._work.report()

    def raise_for_failures(self) -> None:
        """Raise an error if anything failed or was not sent so far; see :meth:`BulkReport.raise_for_failures`."""
        self.report.raise_for_failures()

    def complete(self) -> BulkReport:
        """Do all of it, and return the report."""
        for _ in self:
            pass
        return self.report

    def __iter__(self) -> Generator[BulkEvent, None, None]:
        make_crew, self._make_crew = self._make_crew, None
        if make_crew is None:
            raise RuntimeError("a run can be iterated over once")
        yield from blocking.iterate(self._work.events(make_crew()))
