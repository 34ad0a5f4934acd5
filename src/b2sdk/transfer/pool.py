"""A pool whose size is a limit for the whole client: tasks that run in a caller's own thread count too.

A task sees the context variables of who submitted it, and is cancelled with the work that it is a part of. Nothing here
knows what a task does, nor which tasks belong together (:mod:`b2sdk.transfer.task_group`).
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from contextlib import AbstractContextManager
from contextvars import copy_context
from functools import partial
from typing import Any, ClassVar, Protocol, TypeVar, cast

from typing_extensions import ParamSpec

from b2sdk import cancellation
from b2sdk.cancellation import Cancellation, is_interruption
from b2sdk.fork import PerProcess
from b2sdk.threads import ThreadPool, default_pool_size
from b2sdk.transfer.in_flight import in_flight
from b2sdk.transfer.protocols import Pool

P = ParamSpec("P")
R = TypeVar("R")


class LazyThreadPool:
    """A pool of at most ``max_workers`` tasks at a time, whose threads start with the first task.

    Tasks may also run in the caller's thread (:meth:`slot`); they count, so the limit holds for the client as a whole.
    """

    _THREAD_POOL_FACTORY: ClassVar[Callable[..., Executor]] = ThreadPool

    def __init__(self, max_workers: int | None = None) -> None:
        """``max_workers`` is the number of tasks at a time; ``None`` is :func:`~b2sdk.threads.default_pool_size`.

        :raises ValueError: it is less than 1.
        """
        self._workers = self._make_workers(default_pool_size() if max_workers is None else max_workers)

    def _make_workers(self, size: int) -> PerProcess[_Workers]:
        # A forked child must not wait for the threads of its parent, nor for the slots that their tasks hold.
        self._size = _check_size(size)
        return PerProcess(partial(_Workers, size, self._THREAD_POOL_FACTORY))

    def get_size(self) -> int:
        """Return the number of tasks at a time."""
        return self._size

    def set_size(self, max_workers: int) -> None:
        """Change the number of tasks at a time. Returns when those that were running have ended.

        :raises ValueError: it is less than 1.
        """
        if max_workers != self._size:
            previous, self._workers = self._workers, self._make_workers(max_workers)
            previous().close()

    def submit(self, fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """Run a task in a thread of the pool, and return the future of its result."""
        return self._workers().submit(fn, *args, **kwargs)

    def slot(self) -> AbstractContextManager[Any]:
        """Return a context manager: its block is a task in the caller's thread. Entering it waits for a free slot."""
        return self._workers().slots

    def break_off(self) -> None:
        """Cancel what the threads are doing, whatever it is a part of."""
        self._workers().break_off()

    def close(self) -> None:
        """Wait for the tasks that are left and end the threads. A later task starts new ones.

        An interruption cancels the tasks.
        """
        self._workers().close()


class _Slots(threading.Semaphore):
    """A semaphore; waiting for it ends when the work is cancelled."""

    def __enter__(self, blocking: bool = True, timeout: float | None = None, /) -> bool:
        if cancellation.current() is None:  # as in small calls, whose request takes its slot in the program's thread
            return self.acquire()
        cancellation.acquire(self)
        return True


class _InterruptibleFuture(Future[R]):
    """The future of a task that belongs to no other work. An interruption of who waits for it cancels the task."""

    work: Cancellation

    def result(self, timeout: float | None = None) -> R:
        try:
            return super().result(timeout)
        except BaseException as error:
            if is_interruption(error):
                self.work.cancel()
            raise


class _Workers:
    """The threads of a pool of one size, in one process."""

    def __init__(self, size: int, factory: Callable[..., Executor]) -> None:
        self.slots = _Slots(size)
        self._start = partial(factory, size)
        self._lock = threading.Lock()
        self._executor: Executor | None = None
        self._independent = Cancellation()
        """That of tasks which belong to no other work."""
        self._running: list[Cancellation] = []

    def submit(self, fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        work = cancellation.current()
        if work is not None:
            return self._submit_for(work, fn, *args, **kwargs)
        work = Cancellation(self._independent)
        work.begin()
        with work.activate():
            future = self._submit_for(work, fn, *args, **kwargs)
        future.add_done_callback(lambda _future: work.end())
        in_flight().add(future)
        if type(future) is Future:
            future.__class__ = _InterruptibleFuture
            future.work = work  # type: ignore[attr-defined]  # of the class that it now has
        return future

    def _submit_for(self, work: Cancellation, fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        with self._lock:
            if self._executor is None:
                self._executor = self._start()
            # The task sees the context variables of who submits it: the patience of its requests, a trace.
            return self._executor.submit(partial(copy_context().run, self._run, work, fn, *args, **kwargs))

    def _run(self, work: Cancellation, fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        with self.slots:
            self._running.append(work)
            try:
                return fn(*args, **kwargs)
            finally:
                self._running.remove(work)

    def break_off(self) -> None:
        for work in [self._independent, *self._running]:
            work.cancel()
        self._independent = Cancellation()

    def close(self) -> None:
        with self._lock:
            executor, self._executor = self._executor, None
        if executor is None:
            return
        try:
            executor.shutdown(wait=True)
        except BaseException:
            self.break_off()
            raise


def _check_size(max_workers: int) -> int:
    if max_workers < 1:
        raise ValueError("max_workers must be greater than 0")
    return max_workers


def slot_of(pool: Pool) -> AbstractContextManager[Any]:
    """Return the slot of a pool (:meth:`LazyThreadPool.slot`); a pool of another kind limits only its own tasks."""
    slot: Callable[[], AbstractContextManager[Any]] = getattr(pool, "slot", contextlib.nullcontext)
    return slot()


class _Resizable(Pool, Protocol):
    """What a pool is where its size is asked for or changed; one that a program brought need not be."""

    def get_size(self) -> int: ...
    def set_size(self, max_workers: int, /) -> None: ...


class ThreadPoolMixin:
    """Gives a class a pool of its own."""

    DEFAULT_THREAD_POOL_CLASS: ClassVar[Callable[..., Any]] = LazyThreadPool

    def __init__(self, thread_pool: Pool | None = None, max_workers: int | None = None, **kwargs: Any) -> None:
        """Take a pool or make one.

        :param thread_pool: what has ``submit``; ``None`` makes a :class:`LazyThreadPool`.
        :param max_workers: tasks at a time, if a pool is made; ``None`` is :func:`~b2sdk.threads.default_pool_size`.
        :raises ValueError: ``max_workers`` is less than 1.
        """
        self._thread_pool: Pool = self.DEFAULT_THREAD_POOL_CLASS(max_workers) if thread_pool is None else thread_pool
        super().__init__(**kwargs)

    def set_thread_pool_size(self, max_workers: int) -> None:
        """Change the number of tasks at a time. Returns when those that were running have ended.

        :raises ValueError: it is less than 1.
        """
        cast("_Resizable", self._thread_pool).set_size(max_workers)

    def get_thread_pool_size(self) -> int:
        """Return the number of tasks at a time."""
        return cast("_Resizable", self._thread_pool).get_size()

    def slot(self) -> AbstractContextManager[Any]:
        """Return a context manager: its block is a task in the caller's thread, as one of those of the pool.

        A pool of another kind limits only its own tasks.
        """
        return slot_of(self._thread_pool)

    def submit(self, fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """Run a task in a thread of the pool, and return the future of its result."""
        future: Future[R] = self._thread_pool.submit(fn, *args, **kwargs)
        return future

    def break_off(self) -> None:
        """Cancel what the threads of the pool are doing; a pool of another kind continues."""
        break_off = getattr(self._thread_pool, "break_off", None)
        if break_off is not None:
            break_off()

    def close(self) -> None:
        """Wait for the tasks that are left and end the threads of the pool; a later task starts new ones."""
        close = getattr(self._thread_pool, "close", None)
        if close is not None:
            close()
