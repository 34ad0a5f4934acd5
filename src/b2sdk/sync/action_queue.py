"""Carrying out actions in threads: as many as there are workers, while the next ones are being decided on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from types import TracebackType

from typing_extensions import Self

from b2sdk.bucket import Bucket
from b2sdk.sync.action import AbstractAction
from b2sdk.sync.events import ActionDone, ActionDropped, ActionFailed, EventStream
from b2sdk.sync.report import SyncReport
from b2sdk.transfer.engine import BoundedQueueExecutor, StandardPool

WAITING_ACTIONS = 1000
"""How many may wait for a worker before deciding on more waits too."""


class ActionQueue:
    """A context manager; when it is left, nothing of it is running any more.

    An action that fails does not stop the others. If the block ends with an error, what was submitted before is
    finished; if it is interrupted, what has not begun is dropped.
    """

    def __init__(
        self,
        max_workers: int,
        bucket: Bucket,
        reporter: SyncReport | None,
        dry_run: bool,
        events: EventStream | None,
    ) -> None:
        self._executor = BoundedQueueExecutor(StandardPool(max_workers), queue_limit=max_workers + WAITING_ACTIONS)
        self._bucket = bucket
        self._reporter = reporter
        self._dry_run = dry_run
        self._events = events
        self._is_interrupted = False
        self._has_failed = False

    @property
    def has_failures(self) -> bool:
        """Whether an action has failed; final when the block has been left."""
        return self._has_failed or self._executor.get_num_exceptions() > 0

    def submit(self, actions: Iterable[AbstractAction]) -> None:
        """Add what is to be done with one file.

        What follows a transfer is done after it, if it succeeds: what it replaces is not deleted before. Anything else
        is done in any order. Waits while the queue is full. In a dry run there is nothing to wait for, and no thread.
        """
        after_transfer: list[AbstractAction] = []
        for action in actions:
            if after_transfer or action.is_transfer:
                after_transfer.append(action)
            else:
                self._hand_over([action])
        if after_transfer:
            self._hand_over(after_transfer)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> None:
        if exc_val is not None and not isinstance(exc_val, Exception):
            self._is_interrupted = True
        try:
            self._executor.shutdown()
        except BaseException:
            self._is_interrupted = True
            self._executor.shutdown()
            raise

    def _hand_over(self, actions: Sequence[AbstractAction]) -> None:
        if self._dry_run:
            self._run(actions)
        else:
            self._executor.submit(self._run, actions)

    def _run(self, actions: Sequence[AbstractAction]) -> None:
        for number, action in enumerate(actions):
            if self._is_interrupted:
                self._drop(actions[number:])
                return
            try:
                action.run(self._bucket, self._reporter, self._dry_run)
            except Exception as error:  # noqa: BLE001  # the action has reported it
                self._has_failed = True
                if self._events is not None:
                    self._events.tell(ActionFailed(*action.description(), error=error))
                if action.is_transfer:
                    self._drop(actions[number + 1 :])
                    return
            else:
                if self._events is not None:
                    self._events.tell(ActionDone(*action.description(), dry_run=self._dry_run))

    def _drop(self, actions: Sequence[AbstractAction]) -> None:
        if self._events is not None:
            for action in actions:
                self._events.tell(ActionDropped(*action.description()))
