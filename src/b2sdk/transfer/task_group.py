"""The tasks of one transfer.

Their results come back in order, only so many wait at a time, and the first failure, or an interruption of their
caller, stops the others. Nothing here knows what a task does, nor what runs it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import FIRST_EXCEPTION, Future, wait
from types import TracebackType
from typing import Any, Generic, TypeVar, overload

from typing_extensions import Self

from b2sdk import cancellation
from b2sdk.cancellation import GRACE_SECONDS, Cancellation, is_interruption
from b2sdk.exception import AlreadyFailed, B2Error, Cancelled
from b2sdk.transfer.in_flight import in_flight
from b2sdk.transfer.protocols import Pool

R = TypeVar("R")
T = TypeVar("T")


class TaskGroup(Generic[R]):
    """The tasks of one transfer, as a context manager.

    Leaving it with an exception, or a task that fails, stops the others: those that have not started do not, and those
    that run can ask :meth:`check`. Unless the exception is an error of the service, they are cancelled where they
    block. When the block is left, none is running any more; only an interruption does not wait longer than
    :data:`GRACE_SECONDS` for what cannot be cancelled.
    """

    def __init__(self, limit: int | None = None, on_stop: Callable[[BaseException], None] | None = None) -> None:
        """Set what holds for all tasks.

        :param limit: how many tasks may be unfinished before :meth:`submit` waits; ``None`` is no limit.
        :param on_stop: called once when the tasks are stopped, with the reason; it may run in any thread.
        """
        self._room = None if limit is None else threading.Semaphore(limit)
        self._on_stop = on_stop
        self._futures: list[Future[R]] = []
        self._failure: BaseException | None = None
        self._lock = threading.Lock()
        self._work = Cancellation(cancellation.current())

    def __enter__(self) -> Self:
        in_flight().begin(self._work)
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: TracebackType | None
    ) -> None:
        try:
            if exc_val is not None:
                self._stop(exc_val)
                # Not waiting for cancelled ones: the pool notices them when it has done the tasks of other transfers.
                self._futures = [future for future in self._futures if not future.cancel()]
            wait(self._futures, timeout=GRACE_SECONDS if is_interruption(exc_val) else None)
        except BaseException as error:
            self._stop(error)
            wait(self._futures, timeout=GRACE_SECONDS)
            raise
        finally:
            in_flight().end(self._work)

    def check(self) -> None:
        """Check that the tasks have not been stopped; tasks that take long do this now and then.

        :raises AlreadyFailed: they have.
        """
        if self._failure is not None:
            raise AlreadyFailed("another part of the transfer failed")

    def add_result(self, result: R) -> None:
        """Add a task that is done already."""
        future: Future[R] = Future()
        future.set_result(result)
        self._futures.append(future)

    @overload
    def submit(self, pool: Pool, task: Callable[[], R]) -> None: ...
    @overload
    def submit(self, pool: Pool, task: Callable[[], T], accept: Callable[[T], R]) -> None: ...
    def submit(self, pool: Pool, task: Callable[[], Any], accept: Callable[[Any], R] | None = None) -> None:
        """Add a task, to be run by the pool.

        Raises the first failure of the tasks before it.

        :param accept: makes the result of what the task returns, in the same thread; what it raises is a failure too.
        """
        if self._room is not None:
            cancellation.acquire(self._room)
        self._raise_failure()
        with self._work.activate():
            self._futures.append(pool.submit(self._run, [task], accept))

    def results(self) -> list[R]:
        """Wait for all tasks and return their results in the order in which they were added.

        Raises the first failure.
        """
        wait(self._futures, return_when=FIRST_EXCEPTION)
        self._raise_failure()
        return [future.result() for future in self._futures]

    def _run(self, handed_over: list[Callable[[], Any]], accept: Callable[[Any], R] | None) -> R:
        """Run the task. It is released before there is room for another, so that no more than fit hold content."""
        try:
            self.check()
            with self._work.activate():  # a pool of the program may not have taken the context over
                result: R = handed_over.pop()()
                return result if accept is None else accept(result)
        except BaseException as error:
            self._stop(error)
            raise
        finally:
            if self._room is not None:
                self._room.release()

    def _stop(self, reason: BaseException) -> None:
        with self._lock:
            is_first = self._failure is None
            if is_first:
                self._failure = reason
        # The others fail as well then, and must not pass for the reason.
        if is_first and self._on_stop is not None:
            self._on_stop(reason)
        # What the service refuses is often tried again, and what is on its way by then need not be sent again.
        if not isinstance(reason, B2Error) or isinstance(reason, Cancelled):
            self._work.cancel()

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise self._failure
