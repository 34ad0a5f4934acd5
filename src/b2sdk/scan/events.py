"""What a scan reports: each entry that it skips, and why.

Reporters have methods for some reasons, which programs override; a :class:`ScanListener` is called with all reasons.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias


class SkipReason(enum.Enum):
    """Why an entry was left out."""

    EXCLUDED_NAME = "excluded by its name"
    EXCLUDED_DIRECTORY = "excluded with its directory"
    EXCLUDED_MODIFICATION_TIME = "excluded by its modification time"
    EXCLUDED_UPLOAD_TIME = "excluded by its upload time"
    NO_PERMISSION = "no permission to read"
    NOT_ACCESSIBLE = "not accessible"
    SPECIAL_FILE = "neither a file nor a directory"
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


class Reporter(Protocol):
    """What a scan reports to: a :class:`~b2sdk.scan.report.ProgressReport`, or an object with the same methods."""

    def local_access_error(self, path: str, /) -> object: ...
    def local_permission_error(self, path: str, /) -> object: ...
    def symlink_skipped(self, path: str, /) -> object: ...
    def circular_symlink_skipped(self, path: str, /) -> object: ...
    def invalid_name(self, path: str, error: str, /) -> object: ...
    def close(self) -> object: ...


AnyReporter: TypeAlias = Any
"""A :class:`Reporter` or ``None``, in methods that programs override: a folder may expect more of its own."""


class ScanListener:
    """Receives what is skipped. What reporters have a method for ends in :meth:`skipped` too."""

    hears_of_all: bool = True
    """Whether an entry may be left out because this listener reports it; not if it only passes on to a reporter."""

    def skipped(self, event: EntrySkipped) -> None:
        """Receive one entry."""

    def close(self) -> None:
        """End the report, as the scan has ended. May be called more than once."""

    def local_access_error(self, path: str) -> None:
        """Report a file that is skipped because it cannot be accessed, such as a broken link."""
        self.skipped(EntrySkipped(path, SkipReason.NOT_ACCESSIBLE))

    def local_permission_error(self, path: str) -> None:
        """Report a file or directory that is skipped because this process may not read it."""
        self.skipped(EntrySkipped(path, SkipReason.NO_PERMISSION))

    def symlink_skipped(self, path: str) -> None:
        """Report a link that is skipped because links are excluded."""
        self.skipped(EntrySkipped(path, SkipReason.SYMLINK))

    def circular_symlink_skipped(self, path: str) -> None:
        """Report a link that is skipped because it leads to a directory above it."""
        self.skipped(EntrySkipped(path, SkipReason.CIRCULAR_SYMLINK))

    def invalid_name(self, path: str, error: str) -> None:
        """Report a name that is skipped because it is no valid path; ``error`` is the reason."""
        self.skipped(EntrySkipped(path, SkipReason.INVALID_NAME, error))


_REPORTER_METHODS = {
    SkipReason.NOT_ACCESSIBLE: "local_access_error",
    SkipReason.NO_PERMISSION: "local_permission_error",
    SkipReason.SYMLINK: "symlink_skipped",
    SkipReason.CIRCULAR_SYMLINK: "circular_symlink_skipped",
    SkipReason.INVALID_NAME: "invalid_name",
}


def hears_of_all(reporter: object) -> bool:
    """Whether a reporter receives each skipped entry, not only those that it has a method for."""
    return isinstance(reporter, ScanListener) and reporter.hears_of_all


def report_skipped(reporter: Reporter | None, path: str, reason: SkipReason, detail: str = "") -> None:
    """Report a skipped entry: by the reporter's own method for the reason, else if it is a :class:`ScanListener`.

    ``None`` is no reporter.
    """
    if reporter is None:
        return
    method = _REPORTER_METHODS.get(reason)
    if method is None:
        if isinstance(reporter, ScanListener):
            reporter.skipped(EntrySkipped(path, reason, detail))
        elif reason is SkipReason.SPECIAL_FILE:
            reporter.local_access_error(path)  # the next best: what is left out of a backup should not go unsaid
    elif reason is SkipReason.INVALID_NAME:
        getattr(reporter, method)(path, detail)
    else:
        getattr(reporter, method)(path)
