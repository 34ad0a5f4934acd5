"""Where a download goes: a path that is replaced once the new content is complete, or a partial file to be resumed."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import stat
import sys
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import BinaryIO, NamedTuple

from b2sdk.exception import DestinationDirectoryDoesntAllowOperation, DestinationError, DestinationIsADirectory
from b2sdk.transfer.file_rights import keep_rights
from b2sdk.transfer.local_file import check_name_length, raise_destination_error
from b2sdk.transfer.local_path import STDOUT_FILEPATH, mode_of, points_to_fifo, points_to_stdout
from b2sdk.transfer.partial_file import PartialFile, claim

_FULL = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}
_OF_THE_DISK = _FULL | {errno.EIO, errno.EROFS}
_BLOCK_SIZE = 1024 * 1024


def is_regular_or_absent(path: Path) -> bool:
    """Whether a path leads to a regular file, or to nothing. What is wrong with it is raised when the file is made."""
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except OSError:
        return True  # what is wrong with the path is raised when the file is made


class Way(Enum):
    """How a download comes to a path."""

    PIPE = "written to it, from its beginning to its end"
    IN_PLACE = "written to what is there"
    DEVICE = "written to what is no file, but may say that it can be read back"
    REPLACED = "written beside it, to replace it"


def find_way(path: Path, mode: str | None) -> tuple[Way, int]:
    """Look at a path; return the way to it, and the mode of what is there (a link not followed), 0 for nothing.

    :param mode: that which the path is to be opened with, if a program says so.
    """
    # Most files are new, and to resolve a path takes as long as all the rest of this.
    seen = mode_of(path)
    if (path == STDOUT_FILEPATH or seen != 0) and (points_to_fifo(path) or points_to_stdout(path)):
        return Way.PIPE, seen
    if seen != 0 and not is_regular_or_absent(path):
        return Way.DEVICE, seen
    return Way.REPLACED if mode in (None, "wb", "wb+", "w+b") else Way.IN_PLACE, seen


@contextlib.contextmanager
def atomic_replacement(path: Path, seen: int | None = None) -> Iterator[Path]:
    """Give a new file beside ``path``, which takes its place when the block ends well and is removed otherwise.

    It gets the rights of the file that it replaces, or those that any new file gets. If the process is killed, it is
    removed by the next download to that path.

    :param seen: the mode of what is there (:func:`~b2sdk.transfer.local_path.mode_of`), if the caller has looked: that
        takes 1 % of the CPU time of a small file.
    :raises DestinationError: a file cannot be made there; its subclasses say why.
    """
    target = _Target.of(path, seen)
    partial, file, _ = claim(target.path, rights=target.rights)
    with file:
        try:
            yield partial.path
            target.replace_by(partial.path, file)
        except BaseException as error:
            _add_path(error, target.path)
            _close_on_windows(file)
            partial.discard()
            raise


@contextlib.contextmanager
def resumable_download(path: Path, file_id: str, seen: int | None = None) -> Iterator[tuple[PartialFile, BinaryIO]]:
    """Give the partial download of a file version, and its open file, which takes the place of ``path`` at the end.

    When the block does not end well, the partial file stays, to be resumed, unless the disk is full. While another
    thread or process writes to it, a new file is started that nobody resumes. When the block ends well, the checkpoint
    has to be gone.

    :param seen: as in :func:`atomic_replacement`.
    :raises DestinationError: a file cannot be made there; its subclasses say why.
    """
    target = _Target.of(path, seen)
    partial, file, is_kept = claim(target.path, file_id, target.rights)
    is_whole = False
    try:
        with file:
            try:
                yield partial, file
                is_whole = True
                # Before the claim ends, or another thread would write to the file in its new place.
                target.replace_by(partial.path, file)
            except BaseException as error:
                # On a full disk it would keep everybody else from writing, and resuming would fail as well.
                if is_whole or not is_kept or (isinstance(error, OSError) and error.errno in _FULL):
                    _close_on_windows(file)
                    partial.discard()
                raise
    except OSError as error:  # perhaps of closing the file, which writes what is left of it
        _add_path(error, target.path)
        raise


def _add_path(error: BaseException, path: Path) -> None:
    """Add the path to an error of the disk, which does not know it when the file is written to."""
    if isinstance(error, OSError) and error.filename is None and error.errno in _OF_THE_DISK:
        error.filename = str(path)


class _Target(NamedTuple):
    """The path that is to be replaced: where a link leads, not the link. It is looked at once."""

    path: Path
    mode: int
    """That of what is there; 0 if nothing is, and what is wrong with the path is raised when the file is made."""

    @classmethod
    def of(cls, path: Path, seen: int | None = None) -> _Target:
        """Look at a path, if nobody has.

        :raises DestinationIsADirectory: it is one.
        :raises DestinationDirectoryDoesntAllowOperation: it is a file that may not be written.
        :raises DestinationError: its name is too long, or it is a link that leads back to itself.
        """
        mode = mode_of(path) if seen is None else seen
        if stat.S_ISLNK(mode):
            link, path = path, Path(os.path.realpath(path))
            mode = mode_of(path)
            if stat.S_ISLNK(mode):
                raise DestinationError(f"the link {str(link)!r} leads back to itself")
        if stat.S_ISDIR(mode):
            raise DestinationIsADirectory(f"{str(path)!r} is a directory")
        if mode and not os.access(path, os.W_OK, effective_ids=os.access in os.supports_effective_ids):
            raise DestinationDirectoryDoesntAllowOperation(f"not allowed to write to {str(path)!r}")
        if not mode:
            check_name_length(path)
        return cls(path, mode)

    @property
    def rights(self) -> int:
        """With which the new file is made: nobody sees more of it than of the old one while it is written."""
        return 0o600 if self.mode else 0o666

    def replace_by(self, beside: Path, file: BinaryIO) -> None:
        """Put the file, which is open, in its place."""
        if self.mode:
            keep_rights(self.path, beside)
        _close_on_windows(file)
        try:
            os.replace(beside, self.path)  # noqa: PTH105  # Path.replace takes twice as long
        except OSError as error:
            if error.errno != errno.EBUSY or not self.mode:
                raise_destination_error(self.path, error)
                raise
            file.flush()
            _write_in_place(beside, self.path)


def _write_in_place(source: Path, target: Path) -> None:
    """Write a file into another one that cannot be replaced, as it is mounted itself, and remove the first.

    If there is no room for it, the target stays as it was.
    """
    with source.open("rb") as new, target.open("r+b") as file:
        status = os.fstat(new.fileno())
        _reserve(file, status.st_size)
        shutil.copyfileobj(new, file, _BLOCK_SIZE)
        file.truncate(status.st_size)
    with contextlib.suppress(PermissionError):  # who may write need not be the owner
        os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns))
    source.unlink()


def _reserve(file: BinaryIO, size: int) -> None:
    before = os.fstat(file.fileno()).st_size
    if size <= before or not hasattr(os, "posix_fallocate"):
        return
    try:
        os.posix_fallocate(file.fileno(), before, size - before)
    except OSError as error:
        file.truncate(before)
        if error.errno in _FULL:
            raise


def _close_on_windows(file: BinaryIO) -> None:
    """Close a file that is to be renamed or removed, which Windows does to no open one."""
    if sys.platform == "win32":
        file.close()
