"""What a scan tells: each entry that it skips, and why.

Reporters have methods for some reasons, which programs override; a :class:`ScanListener` hears of all reasons.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any


class SkipReason(enum.Enum):
    """Why an entry was left out."""

    EXCLUDED_NAME = "excluded by its name"
    EXCLUDED_DIRECTORY = "excluded with its directory"
    EXCLUDED_MODIFICATION_TIME = "excluded by its modification time"
    EXCLUDED_UPLOAD_TIME = "excluded by its upload time"
    NO_PERMISSION = "no permission to read"
    NOT_ACCESSIBLE = "not accessible"
    SYMLINK = "symbolic link"
    CIRCULAR_SYMLINK = "circular symbolic link"
    INVALID_NAME = "its name cannot be that of a file in a bucket"
    UNSUPPORTED_NAME = "its name cannot be a path"
    PARTIAL_DOWNLOAD = "partial download"


@dataclass(frozen=True)
class EntrySkipped:
    """An entry was left out: a file, a directory with everything below it, or one version of a file in a bucket.

    ``path`` is the whole local path, or the whole name in the bucket. ``detail`` says what is wrong with a name.
    """

    path: str
    reason: SkipReason
    detail: str = ""


class ScanListener:
    """Hears of what is skipped. What reporters have a method for ends in :meth:`skipped` too."""

    def skipped(self, event: EntrySkipped) -> None:
        """Hear of one entry."""

    def close(self) -> None:
        """Hear that the scan has ended; this may happen more than once."""

    def local_access_error(self, path: str) -> None:
        self.skipped(EntrySkipped(path, SkipReason.NOT_ACCESSIBLE))

    def local_permission_error(self, path: str) -> None:
        self.skipped(EntrySkipped(path, SkipReason.NO_PERMISSION))

    def symlink_skipped(self, path: str) -> None:
        self.skipped(EntrySkipped(path, SkipReason.SYMLINK))

    def circular_symlink_skipped(self, path: str) -> None:
        self.skipped(EntrySkipped(path, SkipReason.CIRCULAR_SYMLINK))

    def invalid_name(self, path: str, error: str) -> None:
        self.skipped(EntrySkipped(path, SkipReason.INVALID_NAME, error))


_REPORTER_METHODS = {
    SkipReason.NOT_ACCESSIBLE: "local_access_error",
    SkipReason.NO_PERMISSION: "local_permission_error",
    SkipReason.SYMLINK: "symlink_skipped",
    SkipReason.CIRCULAR_SYMLINK: "circular_symlink_skipped",
    SkipReason.INVALID_NAME: "invalid_name",
}


def tell_skipped(reporter: Any, path: str, reason: SkipReason, detail: str = "") -> None:
    """Tell a reporter of a skipped entry: by its own method for the reason, else if it is a :class:`ScanListener`.

    ``None`` is no reporter.
    """
    if reporter is None:
        return
    method = _REPORTER_METHODS.get(reason)
    if method is None:
        if isinstance(reporter, ScanListener):
            reporter.skipped(EntrySkipped(path, reason, detail))
    elif reason is SkipReason.INVALID_NAME:
        getattr(reporter, method)(path, detail)
    else:
        getattr(reporter, method)(path)
