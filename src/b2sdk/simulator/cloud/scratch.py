"""Temporary directories that go with their process, however it ends.

What belongs here is their life: a directory is locked by the process that made it, so that the next simulator on the
machine finds out, and removes, what a killed one left behind. What is in them is not known here.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
import weakref
from pathlib import Path
from typing import Final

_PREFIX: Final = "b2sdk-simulator-"


class ScratchDirectory:
    """An empty directory for this process and its owner alone; it is there until this object, or the process, ends."""

    def __init__(self) -> None:
        sweep()
        path, lock = _make_directory()
        self.path: Path = path
        self._end = weakref.finalize(self, _remove, path, lock, os.getpid())

    def remove(self) -> None:
        """Remove the directory with all that is in it; does nothing when called again."""
        self._end()


def sweep() -> None:
    """Remove the directories of processes that are gone; on Windows, which cannot lock a directory, they stay."""
    if sys.platform == "win32":  # pragma: no cover  # of the systems that the tests run on, one
        return
    for path in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):  # it belongs to another user, or is removed at this moment
            _remove_abandoned(path)


def _make_directory() -> tuple[Path, int | None]:
    """Return a new directory with the descriptor that locks it."""
    while True:
        path = Path(tempfile.mkdtemp(prefix=_PREFIX))
        # Before it is locked, it may be swept by another process that has just started.
        with contextlib.suppress(FileNotFoundError):
            lock = _lock(path, wait=True)
            if path.exists():
                return path, lock
            _close(lock)


def _lock(path: Path, *, wait: bool) -> int | None:
    """Return the descriptor that locks a directory; ``None`` where there are no such locks.

    :raises BlockingIOError: another process has it locked, and is not to be waited for.
    """
    if sys.platform == "win32":  # pragma: no cover  # as above
        return None
    import fcntl  # noqa: PLC0415  # only POSIX has it

    lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        os.close(lock)
        raise
    except OSError:  # a file system without locks
        os.close(lock)
        return None
    return lock


def _remove_abandoned(path: Path) -> None:
    if path.lstat().st_uid != os.getuid():
        return
    lock = _lock(path, wait=False)
    if lock is not None:
        shutil.rmtree(path, ignore_errors=True)
        _close(lock)


def _remove(path: Path, lock: int | None, process_id: int) -> None:
    if os.getpid() == process_id:  # a fork of it ends without that
        shutil.rmtree(path, ignore_errors=True)
        _close(lock)


def _close(lock: int | None) -> None:
    if lock is not None:
        os.close(lock)
