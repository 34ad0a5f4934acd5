"""What a sync tells while it runs: what it found, what it decided and why, and what became of it.

Events are values. They come one at a time, from whatever thread did the work.
"""

from __future__ import annotations

import enum
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

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
    """An action has been decided on; it waits for its turn."""


@dataclass(frozen=True)
class ActionDone(ActionEvent):
    """An action has succeeded."""

    dry_run: bool
    """Whether that is only told."""


@dataclass(frozen=True)
class ActionFailed(ActionEvent):
    """An action has failed; the others go on."""

    error: Exception


@dataclass(frozen=True)
class ActionDropped(ActionEvent):
    """An action was not begun: the transfer that it depends on failed, or the sync was interrupted."""


@dataclass(frozen=True)
class ComparisonEnded:
    """All files have been compared, and all actions are planned."""

    actions: int
    size: int
    """Bytes to transfer in all."""


SyncEvent: TypeAlias = (
    EntrySkipped | FileUpToDate | ActionPlanned | ActionDone | ActionFailed | ActionDropped | ComparisonEnded
)


class EventStream:
    """Hands events to a listener, one at a time.

    A listener that raises has its error logged, and is told the next event all the same: what it does must not decide
    what becomes of the files.
    """

    def __init__(self, listener: Callable[[SyncEvent], object]) -> None:
        self._listener = listener
        self._lock = threading.RLock()  # a listener may start another sync with the same synchronizer

    def tell(self, event: SyncEvent) -> None:
        with self._lock:
            try:
                self._listener(event)
            except Exception:
                logger.exception("a listener failed at %s", type(event).__name__)
