"""Content in a directory that outlives the process.

What belongs here is files: written, made durable, removed, and those found that nobody knows any more. A file goes
when no blob refers to it *and* the records on disk do not name it any more: until then a process that is killed must
find it again.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import weakref
from collections import deque
from collections.abc import Collection
from pathlib import Path
from typing import Final

from b2sdk.simulator.cloud.storage import FileBlob, SpillingSink

IN_RECORD_LIMIT: Final = 4096
"""Content up to this many bytes is written into the record of its version, which saves a file."""


class BodyDirectory:
    """A storage whose files stay."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(exist_ok=True)
        self._directory = directory
        self._blobs: weakref.WeakValueDictionary[str, FileBlob] = weakref.WeakValueDictionary()
        self._written: deque[Path] = deque()
        self._unused: deque[Path] = deque()

    @property
    def in_memory_limit(self) -> int:
        return IN_RECORD_LIMIT

    def sink(self) -> SpillingSink:
        return SpillingSink(self)

    def new_path(self) -> Path:
        return self._directory / secrets.token_hex(16)

    def adopt(self, path: Path, size: int) -> FileBlob:
        self._written.append(path)
        return self._blob(path, size)

    def restore(self, name: Path, size: int) -> FileBlob:
        """Return the blob of a file from before, always the same one for the same file."""
        return self._blobs.get(name.name) or self._blob(self._directory / name.name, size)

    def _blob(self, path: Path, size: int) -> FileBlob:
        blob = self._blobs[path.name] = FileBlob(path, size)
        weakref.finalize(blob, self._unused.append, path).atexit = False
        return blob

    def sync(self) -> None:
        """Return when all that was kept so far is on disk, under its name."""
        any_written = bool(self._written)
        while self._written:
            with self._written[0].open("r+b") as file:
                os.fsync(file.fileno())
            self._written.popleft()
        if any_written and os.name == "posix":
            descriptor = os.open(self._directory, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

    def unused(self) -> list[Path]:
        """Return the files that no blob refers to at this moment."""
        return list(self._unused)

    @property
    def has_unused(self) -> bool:
        """Whether there are :meth:`unused` files."""
        return bool(self._unused)

    def remove(self, paths: Collection[Path]) -> None:
        """Remove the first of the :meth:`unused` files; those that cannot be removed now go with the next sweep."""
        for path in paths:
            self._unused.popleft()
            with contextlib.suppress(OSError):  # as while a download has it open, on Windows
                path.unlink()

    def sweep(self) -> None:
        """Remove every file that no blob refers to: what was on its way when the process ended."""
        for path in self._directory.iterdir():
            if path.name not in self._blobs:
                path.unlink()
