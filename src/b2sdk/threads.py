"""Threads: each one of this package is started here, and none keeps a program from ending.

They are daemons. Isolated subinterpreters have none, so there a thread that may wait for ever asks :func:`is_ending`
now and then. Before the interpreter ends, the remaining ones are asked to end (:func:`before_exit`).
"""

from __future__ import annotations

import atexit
import contextlib
import os
import queue
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

from typing_extensions import ParamSpec

P = ParamSpec("P")
R = TypeVar("R")

_asked = ThreadPoolExecutor(1)
LINGER_SECONDS = 0.5
"""How long a thread of a pool waits for another task before it ends. To start one takes 0.1 ms."""


def _has_daemons() -> bool:
    try:
        threading.Thread(daemon=True)
    except RuntimeError:
        return False
    return True


HAS_DAEMONS: bool = _has_daemons()
"""Whether this interpreter ends without waiting for every thread."""
WAIT_SECONDS: float | None = None if HAS_DAEMONS else 0.25
"""How long a thread that may wait for ever waits before it asks whether the interpreter ends."""


def start(run: Callable[[], object], name: str) -> threading.Thread:
    """Start a thread that keeps no program from ending."""
    thread = threading.Thread(target=run, name=name, daemon=HAS_DAEMONS)
    thread.start()
    return thread


def is_ending() -> bool:
    """Whether the interpreter waits for this thread in order to end."""
    if HAS_DAEMONS:
        return False
    try:
        # Nothing else outside of `threading` shows that the interpreter is ending.
        _asked.submit(int)
    except RuntimeError:
        return True
    return False


def before_exit(call: Callable[[], object]) -> None:
    """Have this called when the interpreter ends, when all threads have ended that it waits for."""
    atexit.register(call)


def join(threads: list[threading.Thread], seconds: float) -> None:
    """Wait until the threads have ended, but no longer than that."""
    if sys.is_finalizing():
        return  # none of them runs any more
    deadline = time.monotonic() + seconds
    for thread in threads:
        if thread is not threading.current_thread():
            thread.join(max(0.0, deadline - time.monotonic()))


def default_pool_size() -> int:
    """Return how many threads a pool has by default: one for each processor and four more, at most 32."""
    return min(32, (os.cpu_count() or 1) + 4)


class _Task:
    """A call that is to be made, and forgotten when it was."""

    def __init__(self, future: Future[Any], call: Callable[[], Any]) -> None:
        self.future = future
        self._calls = [call]

    def take(self) -> Callable[[], Any]:
        return self._calls.pop()


class ThreadPool(Executor):
    """An executor of at most ``max_workers`` threads, which end when there is nothing to do for a while.

    ``None`` is :func:`default_pool_size`.

    Other than those of ``ThreadPoolExecutor`` they do not keep the interpreter from ending, and tasks may be submitted
    as long as any thread of the program runs.
    """

    def __init__(self, max_workers: int | None = None) -> None:
        self._max_workers = default_pool_size() if max_workers is None else max_workers
        # It wakes a thread once, in C; one that waits for a condition has to take its lock again.
        self._tasks: queue.SimpleQueue[_Task | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._idle = 0
        """How many threads wait for a task that nobody has submitted yet."""
        self._is_shut_down = False

    def submit(self, fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        future: Future[R] = Future()
        task = _Task(future, partial(fn, *args, **kwargs))
        with self._lock:
            if self._is_shut_down:
                raise RuntimeError("cannot schedule new futures after shutdown")
            if self._idle:
                self._idle -= 1
            elif len(self._threads) < self._max_workers:
                self._add_thread()
            self._tasks.put(task)
        return future

    def _add_thread(self) -> None:
        try:
            self._threads.append(start(self._work, "b2sdk-worker"))
        except RuntimeError:  # the system has no more of them, and those that there are will do
            if not self._threads:
                raise

    def _work(self) -> None:
        while (task := self._next()) is not None:
            if task.future.set_running_or_notify_cancel():
                try:
                    # Not in a variable, as the traceback of what it raises would keep that.
                    result = task.take()()
                except BaseException as error:  # noqa: BLE001  # raised by `result`
                    task.future.set_exception(error)
                else:
                    task.future.set_result(result)
                    del result
            del task  # not to be kept while there is no other

    def _next(self) -> _Task | None:
        """Return a task; ``None`` if there will be none, or was none for a while."""
        try:
            return self._tasks.get_nowait()  # who takes the lock for it keeps others from submitting
        except queue.Empty:
            pass
        with self._lock:
            try:
                return self._tasks.get_nowait()
            except queue.Empty:
                self._idle += 1
        try:
            return self._tasks.get(timeout=LINGER_SECONDS)
        except queue.Empty:
            pass
        with self._lock:
            try:
                return self._tasks.get_nowait()  # this thread was still counted as one that waits
            except queue.Empty:
                # Another thread may have done the task that was submitted when this one waited.
                self._idle = max(0, self._idle - 1)
                self._threads.remove(threading.current_thread())
                return None

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more tasks; see ``concurrent.futures``."""
        for thread in self._ending(cancel_futures):
            if wait:
                thread.join()

    def join(self, seconds: float) -> None:
        """Take no more tasks, and wait for those that there are, but no longer than that."""
        join(self._ending(cancel_futures=False), seconds)

    def _ending(self, cancel_futures: bool) -> list[threading.Thread]:
        with self._lock:
            self._is_shut_down = True
            threads = list(self._threads)
            dropped = list(self._left()) if cancel_futures else []
            for _ in threads:
                self._tasks.put(None)
        for task in dropped:
            task.future.cancel()
            task.future.set_running_or_notify_cancel()
        return threads

    def _left(self) -> Iterator[_Task]:
        with contextlib.suppress(queue.Empty):
            while (task := self._tasks.get_nowait()) is not None:
                yield task


class InlinePool:
    """Does each task where it is submitted: what a pool does, in one thread."""

    def get_size(self) -> int:
        return 1

    def submit(self, fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        future: Future[R] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except BaseException as error:  # noqa: BLE001  # as an executor does
            future.set_exception(error)
        return future
