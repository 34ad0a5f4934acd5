"""The only module that makes threads.

A pool runs tasks; a :class:`TaskGroup` keeps the tasks of one transfer together: their results come back in order, only
so many wait at a time, and the first failure stops the others. Nothing here knows what a task does.
"""

from __future__ import annotations

import contextlib
import os
import queue
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_EXCEPTION, Executor, Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager
from contextvars import Context, copy_context
from types import TracebackType
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from typing_extensions import ParamSpec, Self

from b2sdk.exception import AlreadyFailed
from b2sdk.fork import renew_in_children

P = ParamSpec("P")
R = TypeVar("R")


def default_pool_size() -> int:
    """Return how many threads a pool has that was not told: one for each processor and four more, 32 at most."""
    return min(32, (os.cpu_count() or 1) + 4)


class Submits(Protocol):
    """What a pool is to those who use it."""

    def submit(self, fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]: ...


StandardPool = ThreadPoolExecutor
"""What downloaders that are used on their own make for themselves."""


class LazyThreadPool:
    """A pool of at most ``max_workers`` tasks at a time, whose threads start with the first task.

    Tasks may also run in the caller's thread (:meth:`turn`); they count, so the limit holds for the client as a whole.

    :raises ValueError: no task could ever run.
    """

    _THREAD_POOL_FACTORY: ClassVar[Callable[..., Executor]] = ThreadPoolExecutor

    def __init__(self, max_workers: int | None = None) -> None:
        self._size = default_pool_size() if max_workers is None else _checked_size(max_workers)
        self._begin()
        renew_in_children(self._begin)  # the threads are in the parent, and the slots that their tasks hold

    def _begin(self) -> None:
        self._slots = threading.Semaphore(self._size)
        self._lock = threading.Lock()
        self._executor: Executor | None = None

    def get_size(self) -> int:
        return self._size

    def set_size(self, max_workers: int) -> None:
        """Change the number of tasks at a time; returns when those that were running have ended.

        :raises ValueError: no task could ever run.
        """
        if max_workers == self._size:
            return
        with self._lock:
            self._size = _checked_size(max_workers)
            self._slots = threading.Semaphore(max_workers)
            previous, self._executor = self._executor, None
        if previous is not None:
            previous.shutdown(wait=True)

    def submit(self, fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        with self._lock:
            if self._executor is None:
                self._executor = self._THREAD_POOL_FACTORY(self._size)
            # The task sees the context variables of who submits it: the patience of its requests, a trace.
            return self._executor.submit(_within, self._slots, copy_context(), fn, *args, **kwargs)

    def turn(self) -> AbstractContextManager[Any]:
        """Return what is to be entered to do a task in this thread; it waits until the limit allows."""
        return self._slots

    def close(self) -> None:
        """Wait for the tasks that are left and end the threads. A task that comes later starts new ones."""
        with self._lock:
            executor, self._executor = self._executor, None
        if executor is not None:
            executor.shutdown(wait=True)


def _within(
    slots: threading.Semaphore, context: Context, fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs
) -> R:
    with slots:
        return context.run(fn, *args, **kwargs)


def _checked_size(max_workers: int) -> int:
    if max_workers < 1:
        raise ValueError("max_workers must be greater than 0")
    return max_workers


class InlinePool:
    """Does each task where it is submitted: what a transfer does, in one thread, for tests."""

    def get_size(self) -> int:
        return 1

    def submit(self, fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        future: Future[R] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except BaseException as error:  # noqa: BLE001  # as an executor does
            future.set_exception(error)
        return future


class BoundedQueueExecutor:
    """Submits to another executor, waiting while ``queue_limit`` tasks have not ended; counts those that failed."""

    def __init__(self, executor: Executor, queue_limit: int) -> None:
        self.executor = executor
        self.semaphore: threading.Semaphore = threading.Semaphore(queue_limit)
        self.num_exceptions: int = 0
        self._lock = threading.Lock()

    def submit(self, fcn: Callable[..., R], *args: Any, **kwargs: Any) -> Future[R]:
        self.semaphore.acquire()
        try:
            return self.executor.submit(self._run, fcn, *args, **kwargs)
        except BaseException:
            self.semaphore.release()
            raise

    def _run(self, fcn: Callable[..., R], *args: Any, **kwargs: Any) -> R:
        try:
            return fcn(*args, **kwargs)
        except BaseException:
            with self._lock:
                self.num_exceptions += 1
            raise
        finally:
            self.semaphore.release()

    def shutdown(self) -> None:
        """Wait for all tasks."""
        self.executor.shutdown()

    def get_num_exceptions(self) -> int:
        return self.num_exceptions


def turn_of(pool: Any) -> AbstractContextManager[Any]:
    """Return what is to be entered to do in this thread what the pool might do; see :meth:`LazyThreadPool.turn`."""
    turn: Callable[[], AbstractContextManager[Any]] = getattr(pool, "turn", contextlib.nullcontext)
    return turn()


class ThreadPoolMixin:
    """Gives a class a pool of its own."""

    DEFAULT_THREAD_POOL_CLASS: ClassVar[Callable[..., Any]] = LazyThreadPool

    def __init__(self, thread_pool: Any = None, max_workers: int | None = None, **kwargs: Any) -> None:
        """Use the given pool, or make one of that size; ``None`` is :func:`default_pool_size`."""
        self._thread_pool = self.DEFAULT_THREAD_POOL_CLASS(max_workers) if thread_pool is None else thread_pool
        super().__init__(**kwargs)

    def set_thread_pool_size(self, max_workers: int) -> None:
        """Change the number of tasks at a time; returns when those that were running have ended."""
        self._thread_pool.set_size(max_workers)

    def get_thread_pool_size(self) -> int:
        size: int = self._thread_pool.get_size()
        return size

    def turn(self) -> AbstractContextManager[Any]:
        """Return what is to be entered to do a task in this thread, as one of those that the pool may do at a time.

        A pool of another kind does not limit what it does not do.
        """
        return turn_of(self._thread_pool)

    def submit(self, fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """Do a task in the pool."""
        future: Future[R] = self._thread_pool.submit(fn, *args, **kwargs)
        return future

    def close(self) -> None:
        """End the threads of the pool."""
        close = getattr(self._thread_pool, "close", None)
        if close is not None:
            close()


class TaskGroup(Generic[R]):
    """The tasks of one transfer, as a context manager.

    Leaving it with an exception, or a task that fails, stops the others: those that have not begun do not, those that
    run can ask :meth:`check`. When the block is left, none is running any more.
    """

    def __init__(self, limit: int | None = None, on_stop: Callable[[BaseException], None] | None = None) -> None:
        """``limit`` is how many tasks may be unfinished before :meth:`submit` waits.

        ``on_stop`` is called once when the tasks are stopped, with the reason; it may run in any thread.
        """
        self._room = None if limit is None else threading.Semaphore(limit)
        self._on_stop = on_stop
        self._futures: list[Future[R]] = []
        self._failure: BaseException | None = None
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> None:
        if exc_val is not None:
            self._stop(exc_val)
            # Not waiting for cancelled ones: the pool notices them when it has done the tasks of other transfers.
            self._futures = [future for future in self._futures if not future.cancel()]
        wait(self._futures)

    def check(self) -> None:
        """Raise ``AlreadyFailed`` if the tasks have been stopped; for those that run to ask now and then."""
        if self._failure is not None:
            raise AlreadyFailed("another part of the transfer failed")

    def add_result(self, result: R) -> None:
        """Add a task that is done already."""
        future: Future[R] = Future()
        future.set_result(result)
        self._futures.append(future)

    def submit(self, pool: Submits, task: Callable[[], R]) -> None:
        """Add a task, to be run by the pool.

        Raises the first failure of the tasks before it.
        """
        if self._room is not None:
            self._room.acquire()
        self._raise_failure()
        self._futures.append(pool.submit(self._run, [task]))

    def results(self) -> list[R]:
        """Wait for all tasks and return their results in the order in which they were added.

        Raises the first failure.
        """
        wait(self._futures, return_when=FIRST_EXCEPTION)
        self._raise_failure()
        return [future.result() for future in self._futures]

    def _run(self, handed_over: list[Callable[[], R]]) -> R:
        """Run the task. It is forgotten before there is room for another, so that no more than fit hold content."""
        try:
            self.check()
            return handed_over.pop()()
        except BaseException as error:
            self._stop(error)
            raise
        finally:
            if self._room is not None:
                self._room.release()

    def _stop(self, reason: BaseException) -> None:
        with self._lock:
            if self._failure is not None:
                return
            self._failure = reason
        # Those that are told fail as well, and must not pass for the reason.
        if self._on_stop is not None:
            self._on_stop(reason)

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise self._failure


class Background(Generic[R]):
    """One task in a thread of its own, for work that waits for its caller and must not take a place in a pool."""

    def __init__(self, task: Callable[[], R]) -> None:
        self._task = task
        self._future: Future[R] = Future()
        threading.Thread(target=copy_context().run, args=(self._run,), name="b2sdk-background", daemon=True).start()

    def _run(self) -> None:
        try:
            self._future.set_result(self._task())
        except BaseException as error:  # noqa: BLE001  # handed to whoever asks for the result
            self._future.set_exception(error)

    def when_done(self, call: Callable[[], object]) -> None:
        """Call this when the task has ended, well or not; at once if it has."""
        self._future.add_done_callback(lambda _future: call())

    def wait(self) -> None:
        """Wait until the task has ended, well or not."""
        wait([self._future])

    def result(self) -> R:
        """Wait for the task; return its result, or raise what it raised."""
        return self._future.result()


class WriterThread(threading.Thread):
    """Writes blocks to a seekable file, each at its place, in a thread of its own; for use in a ``with`` statement.

    Leaving the block waits until all is written, and raises what a write raised; ``total`` is the number of bytes then.
    Downloads of this package do without: what receives also writes, so that a slow disk slows the network.
    """

    def __init__(self, file: Any, max_queue_depth: int) -> None:
        """``max_queue_depth`` is how many blocks may wait; the next one waits outside."""
        super().__init__(name="b2sdk-writer", daemon=True)
        self.file = file
        self.queue: queue.Queue[tuple[int, bytes] | None] = queue.Queue(max_queue_depth)
        self.total: int = 0
        self._failure: BaseException | None = None

    def queue_write(self, offset: int, data: bytes) -> None:
        """Have a block written, at so many bytes from the beginning of the file."""
        self.queue.put((offset, data))

    def run(self) -> None:
        while (write := self.queue.get()) is not None:
            if self._failure is not None:
                continue  # whoever queues blocks must not wait for ever
            offset, data = write
            try:
                self.file.seek(offset)
                self.file.write(data)
                self.total += len(data)
            except BaseException as error:  # noqa: BLE001  # raised where the block is left
                self._failure = error

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> None:
        self.queue.put(None)
        self.join()
        if self._failure is not None and exc_val is None:
            raise self._failure


class Handover(Generic[R]):
    """Things that go from one thread to another, one at a time; who gives waits until the one before was taken."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._items: list[R] = []
        self._is_ended = False
        self._is_taken = True
        self._failure: BaseException | None = None

    def put(self, item: R) -> bool:
        """Give one thing; return whether somebody will take it."""
        with self._changed:
            self._changed.wait_for(lambda: not self._items or not self._is_taken)
            if self._is_taken:
                self._items.append(item)
                self._changed.notify_all()
            return self._is_taken

    def end(self, failure: BaseException | None = None) -> None:
        """Tell that there is no more; with a failure, that what is left is of no use either."""
        with self._changed:
            self._is_ended, self._failure = True, failure
            self._changed.notify_all()

    def stop_taking(self) -> None:
        """Let nobody wait for somebody to take."""
        with self._changed:
            self._is_taken = False
            self._items.clear()
            self._changed.notify_all()

    def __iter__(self) -> Iterator[R]:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._items or self._is_ended)
                if self._failure is not None:
                    raise self._failure
                if not self._items:
                    return
                item = self._items.pop()
                self._changed.notify_all()
            yield item
