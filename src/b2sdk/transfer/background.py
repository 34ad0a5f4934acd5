"""Work beside its caller: a task in a thread of its own, and how one thread gives things to another.

Such a task waits for its caller, so it must not take a slot of a pool.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future
from contextvars import copy_context
from functools import partial
from typing import Any, Generic, TypeVar

from b2sdk import blocking, cancellation, threads
from b2sdk.cancellation import GRACE_SECONDS, Cancellation
from b2sdk.exception import Cancelled
from b2sdk.transfer.in_flight import in_flight

R = TypeVar("R")


class Background(Generic[R]):
    """One task in a thread of its own, for work that waits for its caller and must not take a place in a pool."""

    def __init__(self, task: Callable[[], R]) -> None:
        self._task = [task]
        self._future: Future[R] = Future()
        self._work = Cancellation(cancellation.current())
        in_flight().begin(self._work)
        with self._work.activate():
            run = partial(copy_context().run, self._run)
        self._thread = threads.start(run, "b2sdk-background")
        in_flight().add_thread(self._thread)

    def _run(self) -> None:
        try:
            result = self._task.pop()()
        except BaseException as error:  # noqa: BLE001  # raised where the result is read
            self._future.set_exception(error)
        else:
            self._future.set_result(result)
        finally:
            in_flight().end(self._work)

    def when_done(self, call: Callable[[], object]) -> None:
        """Call this when the task has ended, well or not; at once if it has."""
        self._future.add_done_callback(lambda _future: call())

    def cancel(self, seconds: float = 0.0) -> None:
        """Cancel the task, unless it ends by itself within ``seconds``, and wait for it.

        That takes no longer than :data:`GRACE_SECONDS` more.
        """
        try:
            if seconds:
                threads.join([self._thread], seconds)
        finally:  # also when this wait is interrupted
            self._work.cancel()
        threads.join([self._thread], GRACE_SECONDS)

    def result(self) -> R:
        """Wait for the task; return its result, or raise what it raised. An interruption cancels the task."""
        try:
            self._thread.join()
        except BaseException:
            self.cancel()
            raise
        return self._future.result()


class FlowInBackground(Generic[R]):
    """A flow that never waits, in a thread of its own, for a flow that is not to know that it is one."""

    def __init__(self, flow: Callable[[], Coroutine[Any, Any, R]]) -> None:
        self._background = Background(lambda: blocking.run(flow()))

    async def cancel(self) -> None:
        """Cancel it, and wait for its end; without effect if it has ended."""
        self._background.cancel()

    async def result(self) -> R:
        """Return what it returns, or raise what it raises."""
        return self._background.result()


class ThreadCondition:
    """A condition of threads, for a flow that is not to know that they are threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[threading.Event] = []

    async def __aenter__(self) -> None:
        self._lock.acquire()

    async def __aexit__(self, *error: object) -> None:
        self._lock.release()

    async def wait(self) -> None:
        """Wait until another thread has notified, or for a while.

        :raises Cancelled: the work is cancelled, or the interpreter ends.
        """
        woken = threading.Event()
        self._waiting.append(woken)
        # Who cancels holds a lock of the cancellation, for which this thread waits where it leaves the block. So this
        # lock is not held there, and waking does not need it.
        self._lock.release()
        try:
            with cancellation.on_cancel(woken.set):
                woken.wait(threads.WAIT_SECONDS)
        finally:
            self._lock.acquire()
            if woken in self._waiting:
                self._waiting.remove(woken)
        if threads.is_ending():
            raise Cancelled("the interpreter ends")

    def notify_all(self) -> None:
        """Wake all that wait."""
        while self._waiting:
            self._waiting.pop().set()


class Rendezvous(Generic[R]):
    """Passes things from one thread to another, one at a time: who puts one waits until the one before was taken."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._items: list[R] = []
        self._is_ended = False
        self._is_taken = True
        self._failure: BaseException | None = None

    def put(self, item: R) -> bool:
        """Put one thing; return whether it will be taken."""
        with self._changed:
            self._changed.wait_for(lambda: not self._items or not self._is_taken)
            if self._is_taken:
                self._items.append(item)
                self._changed.notify_all()
            return self._is_taken

    def end(self, failure: BaseException | None = None) -> None:
        """Say that no more is put; with a failure, also that what is left is of no use."""
        with self._changed:
            self._is_ended, self._failure = True, failure
            self._changed.notify_all()

    def stop_taking(self) -> None:
        """Say that nothing more is taken, so that nobody waits for it."""
        with self._changed:
            self._is_taken = False
            self._items.clear()
            self._changed.notify_all()

    def __iter__(self) -> Iterator[R]:
        while (taken := self._take()) is not None:
            yield taken.pop()

    def _take(self) -> list[R] | None:
        """Wait for a thing, and return it in a list, so that nothing keeps it; ``None`` if there is no more.

        :raises Cancelled: the work is cancelled, or the interpreter ends, and no more is put.
        """
        with cancellation.on_cancel(self._wake), self._changed:
            while not self._changed.wait_for(self._can_proceed, threads.WAIT_SECONDS):
                if threads.is_ending():
                    raise Cancelled("the interpreter ends")
            if self._failure is not None:
                raise self._failure
            if not self._items:
                return None
            taken = [self._items.pop()]
            self._changed.notify_all()
            return taken

    def _can_proceed(self) -> bool:
        return bool(self._items) or self._is_ended or cancellation.is_cancelled()

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()
