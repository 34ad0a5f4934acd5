"""A name of b2sdk that programs use. This package does not use it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import TypeVar

from typing_extensions import ParamSpec

P = ParamSpec("P")
R = TypeVar("R")


class BoundedQueueExecutor:
    """Submits tasks to another executor, and waits while ``queue_limit`` of them have not ended. Counts failed ones."""

    def __init__(self, executor: Executor, queue_limit: int) -> None:
        """Take the executor that runs the tasks, and how many may be submitted and not ended."""
        self.executor = executor
        self.semaphore: threading.Semaphore = threading.Semaphore(queue_limit)
        self.num_exceptions: int = 0
        self._lock = threading.Lock()

    def submit(self, fcn: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """Submit a call and return its future. Waits while there is no room for it."""
        self.semaphore.acquire()
        try:
            return self.executor.submit(self._run, fcn, *args, **kwargs)  # type: ignore[arg-type]  # those of a method
        except BaseException:
            self.semaphore.release()
            raise

    def _run(self, fcn: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return fcn(*args, **kwargs)
        except BaseException:
            with self._lock:
                self.num_exceptions += 1
            raise
        finally:
            self.semaphore.release()

    def shutdown(self) -> None:
        """Wait for all tasks, and shut the executor down."""
        self.executor.shutdown()

    def get_num_exceptions(self) -> int:
        """Return how many tasks have raised an exception."""
        return self.num_exceptions
