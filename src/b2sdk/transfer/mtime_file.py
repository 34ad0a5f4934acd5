"""A local file that gets the modification time of its remote original."""

from __future__ import annotations

import io
import os
import stat
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, cast

from typing_extensions import Self

from b2sdk.exception import (
    DestinationDirectoryDoesntAllowOperation,
    DestinationDirectoryDoesntExist,
    DestinationIsADirectory,
    DestinationParentIsNotADirectory,
)

_SPECIAL_FILES = ("CON", "NUL") if sys.platform == "win32" else (os.devnull,)


def set_file_mtime(local_path: str | os.PathLike[str], mod_time_millis: int) -> None:
    """Set access and modification time.

    A float cannot hold the milliseconds exactly, and reading them back truncates; half a millisecond more makes sure
    that the same number comes back.

    :raises OSError: it cannot be done, and the path is not that of a device.
    """
    nanoseconds = mod_time_millis * 1_000_000 + 500_000
    try:
        os.utime(local_path, ns=(nanoseconds, nanoseconds))
    except OSError:
        if not is_special_file(local_path):
            raise


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
        """``buffering`` is as in ``open``; ``None`` is its default."""
        self.path: Path = Path(path_)
        self.mode: str = mode
        self.buffering: int = -1 if buffering is None else buffering
        self.mod_time_to_set = mod_time_millis
        self.file: BinaryIO | None = None

    @property
    def path_(self) -> str:
        return str(self.path)

    @path_.setter
    def path_(self, value: str | os.PathLike[str]) -> None:
        self.path = Path(value)

    def write(self, value: Any) -> int:
        """Write to the file.

        :raises NotImplementedError: the context has not been entered.
        """
        raise NotImplementedError

    def read(self, *a: Any) -> bytes:
        """Read from the file.

        :raises NotImplementedError: the context has not been entered.
        """
        raise NotImplementedError

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._opened().seek(offset, whence)

    def tell(self) -> int:
        return self._opened().tell()

    def seekable(self) -> bool:
        return self._opened().seekable()

    def _opened(self) -> BinaryIO:
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
            explain(self.path, error)
            raise
        # The transfer calls these for every block; they are the file's own from here on.
        self.write = self.file.write  # type: ignore[method-assign,assignment]
        self.read = self.file.read  # type: ignore[method-assign]
        self.mode = self.file.mode
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> None:
        self._opened().close()
        set_file_mtime(self.path, self.mod_time_to_set)

    def __str__(self) -> str:
        return str(self.path)


def explain(path: Path, error: OSError) -> None:
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


def _mode_behind_links(path: Path) -> int:
    """Return the mode of what a path leads to, 0 where that is nothing; ``Path.is_dir`` is silent since Python 3.14.

    :raises PermissionError: nobody may look.
    """
    try:
        return path.stat().st_mode
    except PermissionError:
        raise
    except OSError:
        return 0


def _not_allowed_in(directory: Path) -> DestinationDirectoryDoesntAllowOperation:
    return DestinationDirectoryDoesntAllowOperation(f"not allowed in {str(directory)!r}")
