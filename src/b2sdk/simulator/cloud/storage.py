"""Where the bytes of files are kept while the process lives.

A :class:`Sink` takes content while it arrives, and leaves a blob behind that is shared by copies. Small content stays
in memory, larger content goes to a file, whose removal is up to the storage once no blob refers to it any more.
Nothing here knows what a file version is, or what outlives the process.
"""

from __future__ import annotations

import contextlib
import hashlib
import secrets
import threading
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final, Protocol

from b2sdk.simulator.cloud.content import BLOCK_SIZE, Blob, Content, MemoryBlob
from b2sdk.simulator.cloud.scratch import ScratchDirectory

IN_MEMORY_LIMIT: Final = 1024 * 1024
"""Content up to this many bytes is kept in memory."""


class Sink(Protocol):
    """Content on its way in."""

    def write(self, chunk: bytes) -> None:
        """Append a chunk."""

    def keep(self) -> Blob:
        """End the content and return it."""

    def discard(self) -> None:
        """Forget what was written and not kept."""


class Storage(Protocol):
    """Makes sinks."""

    def sink(self) -> Sink:
        """Return an empty sink."""


class FileBlob:
    """Content in a file of its own."""

    def __init__(self, path: Path, size: int) -> None:
        self.path = path
        self._size = size

    @property
    def size(self) -> int:
        return self._size

    def blocks(self, start: int, end: int) -> Iterator[bytes | memoryview]:
        with self.path.open("rb") as file:
            file.seek(start)
            left = end - start
            while left > 0 and (block := file.read(min(BLOCK_SIZE, left))):
                left -= len(block)
                yield block


class FileStorage(Protocol):
    """A storage that keeps large content in files."""

    @property
    def in_memory_limit(self) -> int:
        """Content up to this many bytes is kept in memory."""

    def new_path(self) -> Path:
        """Return a path for one content, unused so far."""

    def adopt(self, path: Path, size: int) -> FileBlob:
        """Return the blob of a file that was written at :meth:`new_path`."""


class SpillingSink:
    """Keeps content in memory up to the limit of ``storage``, then in a file of it."""

    def __init__(self, storage: FileStorage) -> None:
        self._storage = storage
        self._buffer = bytearray()
        self._file: BinaryIO | None = None
        self._path: Path | None = None
        self._size = 0

    def write(self, chunk: bytes) -> None:
        self._size += len(chunk)
        if self._file is None and self._size > self._storage.in_memory_limit:
            self._spill()
        if self._file is None:
            self._buffer += chunk
        else:
            self._file.write(chunk)

    def _spill(self) -> None:
        self._path = self._storage.new_path()
        self._file = self._path.open("wb", buffering=BLOCK_SIZE)
        self._file.write(self._buffer)
        self._buffer.clear()

    def keep(self) -> Blob:
        if self._file is None or self._path is None:
            return MemoryBlob(self._buffer)
        self._file.close()
        self._file, path = None, self._path
        return self._storage.adopt(path, self._size)

    def discard(self) -> None:
        self._buffer.clear()
        if self._file is not None and self._path is not None:
            with contextlib.suppress(OSError):  # what is not written yet does not fit on the disk either
                self._file.close()
            self._file = None
            self._path.unlink(missing_ok=True)


class TemporaryStorage:
    """Storage that is gone with the process; its directory is made when the first large content arrives."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._directory: ScratchDirectory | None = None

    @property
    def in_memory_limit(self) -> int:
        return IN_MEMORY_LIMIT

    def sink(self) -> SpillingSink:
        return SpillingSink(self)

    def adopt(self, path: Path, size: int) -> FileBlob:
        blob = FileBlob(path, size)
        weakref.finalize(blob, path.unlink, missing_ok=True)
        return blob

    def new_path(self) -> Path:
        with self._lock:
            if self._directory is None:
                self._directory = ScratchDirectory()
        return self._directory.path / secrets.token_hex(8)


class HashingSink:
    """A sink that computes SHA-1 and MD5 of what passes, and holds back a trailer of fixed length.

    With ``trailer_size`` the last so many bytes are not content: they are :attr:`trailer` once all has been written.
    """

    def __init__(self, sink: Sink, trailer_size: int = 0) -> None:
        self._sink = sink
        self._sha1 = hashlib.sha1(usedforsecurity=False)
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._trailer_size = trailer_size
        self.trailer: bytes = b""
        self.received: int = 0
        """How many bytes have been written, the trailer included."""

    def write(self, chunk: bytes) -> None:
        """Take a chunk of any size."""
        self.received += len(chunk)
        if self._trailer_size:
            held = self.trailer + chunk
            chunk, self.trailer = held[: -self._trailer_size], held[-self._trailer_size :]
        self._sink.write(chunk)
        self._sha1.update(chunk)
        self._md5.update(chunk)

    @property
    def sha1(self) -> str:
        """The SHA-1 of what has been written, without the trailer."""
        return self._sha1.hexdigest()

    def keep(self) -> Content:
        """End the content and return it with its digests."""
        return Content(self._sink.keep(), self.sha1, self._md5.hexdigest())

    def discard(self) -> None:
        """Forget what was written and not kept."""
        self._sink.discard()
