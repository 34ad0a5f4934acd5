"""Local files that downloads write: their modification time, and what is in the way of making one."""

from __future__ import annotations

import errno
import io
import os
import stat
import sys
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, cast

from typing_extensions import Buffer, Self

from b2sdk.exception import (
    DestinationDirectoryDoesntAllowOperation,
    DestinationDirectoryDoesntExist,
    DestinationError,
    DestinationIsADirectory,
    DestinationParentIsNotADirectory,
)

_EARLIEST_OF_ANY_SYSTEM, _LATEST_OF_ANY_SYSTEM = 0, (2**31 - 1) * 1000
_ALWAYS_TAKEN = 100
"""Bytes of a name that every file system takes; most take 255 bytes, those that encrypt names 143."""
_SPECIAL_FILES = ("CON", "NUL") if sys.platform == "win32" else (os.devnull,)


def set_file_mtime(local_path: str | os.PathLike[str], mod_time_millis: int) -> None:
    """Set access and modification time.

    A float cannot hold the milliseconds exactly, and reading them back truncates towards 1970; half a millisecond,
    away from there, makes sure that the same number comes back. A time that the system cannot have becomes the nearest
    of those that any can.

    :raises OSError: it cannot be done, and the path is not that of a device.
    """
    try:
        _set_times(local_path, mod_time_millis)
    except (OSError, OverflowError) as error:
        if isinstance(error, OverflowError) or error.errno == errno.EINVAL:
            _set_times(local_path, min(max(mod_time_millis, _EARLIEST_OF_ANY_SYSTEM), _LATEST_OF_ANY_SYSTEM))
        elif not is_special_file(local_path):
            raise


def _set_times(local_path: str | os.PathLike[str], millis: int) -> None:
    nanoseconds = millis * 1_000_000 + (500_000 if millis >= 0 else -500_000)
    os.utime(local_path, ns=(nanoseconds, nanoseconds))


def is_special_file(path: str | os.PathLike[str]) -> bool:
    """Whether the path names a device, which has no time of its own to set."""
    text = os.fspath(path)
    return text in _SPECIAL_FILES or (sys.platform != "win32" and text.startswith("/dev/"))


class MtimeUpdatedFile(io.IOBase):
    """A context manager that opens a file for writing, and at its end closes it and sets its modification time."""

    def __init__(
        self,
        path_: str | os.PathLike[str],
        mod_time_millis: int,
        mode: str = "wb+",
        buffering: int | None = None,
    ) -> None:
        """Say which file; it is opened when the context is entered.

        :param path_: the local path.
        :param mod_time_millis: milliseconds since the epoch.
        :param mode: as in ``open``.
        :param buffering: as in ``open``; ``None`` is its default.
        """
        self.path: Path = Path(path_)
        self.mode: str = mode
        self.buffering: int = -1 if buffering is None else buffering
        self.mod_time_to_set = mod_time_millis
        self.file: BinaryIO | None = None

    @property
    def path_(self) -> str:
        """The path as text."""
        return str(self.path)

    @path_.setter
    def path_(self, value: str | os.PathLike[str]) -> None:
        self.path = Path(value)

    def write(self, value: Buffer) -> int:
        """Write to the file.

        :raises NotImplementedError: the context has not been entered.
        """
        raise NotImplementedError

    def read(self, *a: int) -> bytes:
        """Read from the file.

        :raises NotImplementedError: the context has not been entered.
        """
        raise NotImplementedError

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._require_open().seek(offset, whence)

    def tell(self) -> int:
        return self._require_open().tell()

    def seekable(self) -> bool:
        return self._require_open().seekable()

    def _require_open(self) -> BinaryIO:
        if self.file is None:
            raise ValueError("the file is not open")
        return self.file

    def __enter__(self) -> Self:
        """Open the file.

        :raises DestinationDirectoryDoesntExist: the directory is missing.
        :raises DestinationParentIsNotADirectory: what should be the directory is something else.
        :raises DestinationIsADirectory: the path is that of a directory.
        :raises DestinationDirectoryDoesntAllowOperation: the permissions forbid it.
        """
        try:
            self.file = cast("BinaryIO", open(self.path, self.mode, buffering=self.buffering))  # noqa: PTH123  # callers replace `open` in this module
        except OSError as error:
            raise_destination_error(self.path, error)
            raise
        # The transfer calls these for every block; they are the file's own from here on.
        self.write = self.file.write  # type: ignore[method-assign,assignment]
        self.read = self.file.read  # type: ignore[method-assign,assignment]
        self.mode = self.file.mode
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: TracebackType | None
    ) -> None:
        self._require_open().close()
        set_file_mtime(self.path, self.mod_time_to_set)

    def __str__(self) -> str:
        return str(self.path)


def raise_destination_error(path: Path, error: OSError) -> None:
    """Raise what is in the way of a file at ``path``, as :meth:`MtimeUpdatedFile.__enter__` does, if that is known.

    It is looked for when the file could not be made: looking before takes its time for each file, and most can be made.
    """
    try:
        parent, taken = _mode_behind_links(path.parent), _mode_behind_links(path)
    except PermissionError as refusal:
        raise _not_allowed_in(path.parent) from refusal
    if not parent:
        raise DestinationDirectoryDoesntExist(f"there is no directory {str(path.parent)!r}") from error
    if not stat.S_ISDIR(parent):
        raise DestinationParentIsNotADirectory(f"{str(path.parent)!r} is not a directory") from error
    if stat.S_ISDIR(taken):
        raise DestinationIsADirectory(f"{str(path)!r} is a directory") from error
    if isinstance(error, PermissionError):
        raise _not_allowed_in(path.parent) from error
    if error.errno == errno.ENAMETOOLONG:
        raise DestinationError(f"{str(path)!r} has a longer name than there can be") from error
    if error.errno == errno.ELOOP:
        raise DestinationError(f"the link {str(path)!r} leads back to itself") from error


def check_name_length(path: Path) -> None:
    """Refuse a name that is too long, where there is no file yet: a partial download has a shorter name.

    :raises DestinationError: the file system takes none of that length.
    """
    if len(os.fsencode(path.name)) > _ALWAYS_TAKEN:
        try:
            os.lstat(path)
        except OSError as error:
            raise_destination_error(path, error)


def _mode_behind_links(path: Path) -> int:
    """Return the mode of what a path leads to, 0 where that is nothing; ``Path.is_dir`` is silent since Python 3.14.

    :raises PermissionError: it may not be looked at.
    """
    try:
        return path.stat().st_mode
    except PermissionError:
        raise
    except OSError:
        return 0


def _not_allowed_in(directory: Path) -> DestinationDirectoryDoesntAllowOperation:
    return DestinationDirectoryDoesntAllowOperation(f"not allowed in {str(directory)!r}")
