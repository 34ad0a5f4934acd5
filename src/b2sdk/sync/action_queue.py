"""Carrying out actions in threads: as many as there are workers, while the next ones are being decided on."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from contextvars import copy_context
from types import TracebackType

from typing_extensions import Self

from b2sdk import blocking, cancellation
from b2sdk.bucket import Bucket
from b2sdk.cancellation import GRACE_SECONDS, Cancellation
from b2sdk.exception import B2Error
from b2sdk.sync.action import AbstractAction
from b2sdk.sync.performance import WAITING_ACTIONS, Emit, Performance, split
from b2sdk.sync.report import SyncReport
from b2sdk.threads import ThreadPool


class ActionQueue:
    """A context manager; when it is left, nothing of it is running any more.

    An action that fails does not stop the others. If the block ends with an error about a file, what was submitted
    before is finished. If it is interrupted, or ends with an error of the program's own, what has not started is
    dropped, and what runs is cancelled where it waits.
    """

    def __init__(
        self,
        max_workers: int,
        bucket: Bucket,
        reporter: SyncReport | None,
        dry_run: bool,
        emit: Emit | None,
    ) -> None:
        self._pool = ThreadPool(max_workers)
        self._room = threading.Semaphore(max_workers + WAITING_ACTIONS)
        self._work = Cancellation(cancellation.current())
        self._bucket = bucket
        self._reporter = reporter
        self._dry_run = dry_run
        self._performance = Performance(self._perform, emit, dry_run, lambda: self._work.is_cancelled)

    @property
    def has_failures(self) -> bool:
        """Whether an action has failed; final when the block has been left."""
        return self._performance.has_failures

    def submit(self, actions: Iterable[AbstractAction]) -> None:
        """Add the actions for one file; see :func:`~b2sdk.sync.performance.split`.

        Waits while the queue is full. In a dry run there is nothing to wait for, and no thread.
        """
        for sequence in split(actions):
            self._submit_in_order(sequence)

    def __enter__(self) -> Self:
        self._work.begin()
        with self._work.activate():
            self._context = copy_context()
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: TracebackType | None
    ) -> None:
        try:
            if exc_val is None or isinstance(exc_val, (B2Error, OSError)):
                self._pool.shutdown()
            else:
                self._break_off()
        except BaseException:
            self._break_off()
            raise
        finally:
            self._work.end()

    def _break_off(self) -> None:
        self._work.cancel()
        self._pool.join(GRACE_SECONDS)

    def _submit_in_order(self, actions: Sequence[AbstractAction]) -> None:
        if self._dry_run:
            self._run(actions)
            return
        cancellation.acquire(self._room)
        self._pool.submit(self._context.copy().run, self._run_and_make_room, actions)

    def _run_and_make_room(self, actions: Sequence[AbstractAction]) -> None:
        try:
            self._run(actions)
        except BaseException:  # what ends a thread, or an action that cannot say what it is
            self._performance.has_failures = True
            raise
        finally:
            self._room.release()

    def _run(self, actions: Sequence[AbstractAction]) -> None:
        blocking.run(self._performance.run(actions))

    async def _perform(self, action: AbstractAction) -> None:
        action.run(self._bucket, self._reporter, self._dry_run)
