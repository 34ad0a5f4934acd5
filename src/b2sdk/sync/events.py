"""What a sync reports while it runs: what it found, what it decided and why, and how that ended.

Events are values. They come one at a time, from the thread that did the work.
"""

from __future__ import annotations

import enum
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from b2sdk.costs import Costs
from b2sdk.fork import PerProcess, new_rlock
from b2sdk.scan.events import EntrySkipped

logger: logging.Logger = logging.getLogger(__name__)


class Reason(enum.Enum):
    """Why a sync does something with a file, or leaves it. The values are for people to read."""

    # transferred
    NOT_AT_DESTINATION = "not at the destination"
    HIDDEN_AT_DESTINATION = "hidden at the destination"
    SOURCE_NEWER = "source newer"
    SOURCE_OLDER = "source older"
    SIZES_DIFFER = "sizes differ"
    REPLACED_THOUGH_OLDER = "replaced though older"

    # left
    SAME_TIME = "same modification time"
    SAME_SIZE = "same size"
    SAME_CONTENT = "same content, copied later"
    KEPT_AS_NEWER = "destination newer"
    NOT_COMPARED = "exists, not compared"

    # hidden or deleted
    NOT_AT_SOURCE = "not at the source"
    HIDDEN_AT_SOURCE = "hidden at the source"
    OLD_VERSION = "old version"
    HIDE_MARKER = "hide marker"
    OLDER_THAN_KEEP_DAYS = "older than keep_days"


@dataclass(frozen=True)
class FileUpToDate:
    """A file at the source that need not be transferred."""

    path: str
    """Relative to the folders that are synced, with ``/`` between its components."""
    reason: Reason | None
    """``None`` if the policy that left it is not one of ours."""


@dataclass(frozen=True)
class ActionEvent:
    """What the events about one action have in common."""

    kind: str
    """``upload``, ``incremental upload``, ``download``, ``copy``, ``hide``, ``delete`` or ``local delete``."""
    path: str
    """Relative to the folders that are synced, with ``/`` between its components."""
    size: int
    """Bytes to transfer."""
    reason: Reason | None
    """``None`` if the policy that asked for the action is not one of ours."""


@dataclass(frozen=True)
class ActionPlanned(ActionEvent):
    """An action has been decided on, and waits for a worker."""


@dataclass(frozen=True)
class ActionDone(ActionEvent):
    """An action has succeeded."""

    dry_run: bool
    """Whether it was a dry run, in which nothing is done."""


@dataclass(frozen=True)
class ActionFailed(ActionEvent):
    """An action has failed; the others continue."""

    error: Exception


@dataclass(frozen=True)
class ActionDropped(ActionEvent):
    """An action was not done: the transfer that it depends on failed, or the sync was cancelled."""


@dataclass(frozen=True)
class RemovalsWithheld:
    """From here on nothing is hidden or deleted that seems to be missing at the source, as not all of it was seen."""

    path: str
    """The whole path of what could not be looked at first."""


@dataclass(frozen=True)
class ComparisonEnded:
    """All files have been compared, and all actions are planned."""

    actions: int
    size: int
    """Bytes to transfer in all."""


@dataclass(frozen=True)
class SyncEnded:
    """All actions have ended, also those that failed; it is the last event, unless the sync was interrupted."""

    costs: Costs
    """What was requested for the sync in all, listings included."""


SyncEvent: TypeAlias = (
    EntrySkipped
    | FileUpToDate
    | ActionPlanned
    | ActionDone
    | ActionFailed
    | ActionDropped
    | RemovalsWithheld
    | ComparisonEnded
    | SyncEnded
)


class EventStream:
    """Passes events to a listener, one at a time.

    An error that the listener raises is logged, and the next event reaches it all the same: what a listener does must
    not decide what happens to the files.
    """

    def __init__(self, listener: Callable[[SyncEvent], object]) -> None:
        self._listener = listener
        self._lock = PerProcess(new_rlock)  # a listener may start another sync with the same synchronizer

    def emit(self, event: SyncEvent) -> None:
        """Pass an event on."""
        with self._lock():
            try:
                self._listener(event)
            except Exception:
                logger.exception("a listener failed at %s", type(event).__name__)
