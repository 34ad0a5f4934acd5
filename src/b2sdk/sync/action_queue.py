"""Carrying out actions in threads: as many as there are workers, while the next ones are being decided on."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from contextvars import copy_context
from types import TracebackType

from typing_extensions import Self

from b2sdk import cancellation
from b2sdk.bucket import Bucket
from b2sdk.cancellation import GRACE_SECONDS, Cancellation
from b2sdk.exception import B2Error
from b2sdk.sync.action import AbstractAction
from b2sdk.sync.events import ActionDone, ActionDropped, ActionFailed, EventStream
from b2sdk.sync.report import SyncReport
from b2sdk.threads import ThreadPool

WAITING_ACTIONS = 1000
"""How many may wait for a worker before deciding on more waits too."""


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
        events: EventStream | None,
    ) -> None:
        self._pool = ThreadPool(max_workers)
        self._room = threading.Semaphore(max_workers + WAITING_ACTIONS)
        self._work = Cancellation(cancellation.current())
        self._bucket = bucket
        self._reporter = reporter
        self._dry_run = dry_run
        self._events = events
        self.has_failures: bool = False
        """Whether an action has failed; final when the block has been left."""

    def submit(self, actions: Iterable[AbstractAction]) -> None:
        """Add the actions for one file.

        What follows a transfer is done after it, if it succeeds: what it replaces is not deleted before. Anything else
        is done in any order. Waits while the queue is full. In a dry run there is nothing to wait for, and no thread.
        """
        after_transfer: list[AbstractAction] = []
        for action in actions:
            if after_transfer or action.is_transfer:
                after_transfer.append(action)
            else:
                self._submit_in_order([action])
        if after_transfer:
            self._submit_in_order(after_transfer)

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
        except BaseException:  # what ends a thread, and what a listener raised
            self.has_failures = True
            raise
        finally:
            self._room.release()

    def _run(self, actions: Sequence[AbstractAction]) -> None:
        for number, action in enumerate(actions):
            if self._work.is_cancelled:
                self._drop(actions[number:])
                return
            try:
                action.run(self._bucket, self._reporter, self._dry_run)
            except Exception as error:  # noqa: BLE001  # the action has reported it
                if cancellation.is_cancelled():
                    self._drop(actions[number:])
                    return
                self.has_failures = True
                if self._events is not None:
                    self._events.emit(ActionFailed(*action.description(), error=error))
                if action.is_transfer:
                    self._drop(actions[number + 1 :])
                    return
            else:
                if self._events is not None:
                    self._events.emit(ActionDone(*action.description(), dry_run=self._dry_run))

    def _drop(self, actions: Sequence[AbstractAction]) -> None:
        if self._events is not None:
            for action in actions:
                self._events.emit(ActionDropped(*action.description()))
