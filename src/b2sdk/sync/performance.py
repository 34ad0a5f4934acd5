"""What becomes of the actions of a sync, in threads or in tasks: which wait for another one, and which are dropped."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from typing import Any, TypeAlias

from b2sdk.sync.action import AbstractAction
from b2sdk.sync.events import ActionDone, ActionDropped, ActionFailed, SyncEvent

Emit: TypeAlias = Callable[[SyncEvent], object]
"""Passes an event on."""

WAITING_ACTIONS = 1000
"""How many may wait for a worker before deciding on more waits too."""


def split(actions: Iterable[AbstractAction]) -> Iterator[Sequence[AbstractAction]]:
    """Yield what of the actions for one file is to be done one after the other; any of that may be done first.

    What follows a transfer is done after it, if it succeeds: what it replaces is not deleted before.
    """
    after_transfer: list[AbstractAction] = []
    for action in actions:
        if after_transfer or action.is_transfer:
            after_transfer.append(action)
        else:
            yield [action]
    if after_transfer:
        yield after_transfer


class Performance:
    """The actions of one sync. One that fails does not stop the others."""

    def __init__(
        self,
        perform: Callable[[AbstractAction], Coroutine[Any, Any, object]],
        emit: Emit | None,
        dry_run: bool,
        is_cancelled: Callable[[], bool],
    ) -> None:
        """Say how actions are done.

        :param perform: does one, or only reports it if ``dry_run``, and reports it if it fails.
        :param emit: receives what becomes of them.
        :param is_cancelled: whether an error means nothing but that the sync was cancelled.
        """
        self._perform = perform
        self._emit = emit
        self._dry_run = dry_run
        self._is_cancelled = is_cancelled
        self.has_failures: bool = False
        """Whether an action has failed."""

    async def run(self, actions: Sequence[AbstractAction]) -> None:
        """Do actions one after the other, as far as that is right; what they raise is no error of this."""
        for number, action in enumerate(actions):
            if self._is_cancelled():
                self.drop(actions[number:])
                return
            try:
                await self._perform(action)
            except Exception as error:  # noqa: BLE001  # the action has reported it
                if self._is_cancelled():
                    self.drop(actions[number:])
                    return
                self.has_failures = True
                if self._emit is not None:
                    self._emit(ActionFailed(*action.description(), error=error))
                if action.is_transfer:
                    self.drop(actions[number + 1 :])
                    return
            except BaseException:  # what ends a thread or a task
                self.drop(actions[number:])
                raise
            else:
                if self._emit is not None:
                    self._emit(ActionDone(*action.description(), dry_run=self._dry_run))

    def drop(self, actions: Sequence[AbstractAction]) -> None:
        """Report that actions are not done."""
        if self._emit is not None:
            for action in actions:
                self._emit(ActionDropped(*action.description()))
