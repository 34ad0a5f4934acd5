"""The bytes of files, wherever they are kept.

What belongs here is what can be said of immutable content: its size, its blocks, ranges of it, several of it in a row,
its digests. Where content comes from, and what a file version is, is not known here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

BLOCK_SIZE: Final = 256 * 1024


class Blob(Protocol):
    """Immutable content."""

    @property
    def size(self) -> int:
        """The number of bytes."""

    def blocks(self, start: int, end: int) -> Iterator[bytes | memoryview]:
        """Yield the bytes from ``start`` up to, not including, ``end``, in blocks of at most ``BLOCK_SIZE``."""


class MemoryBlob:
    """Content in memory."""

    def __init__(self, content: bytes | bytearray) -> None:
        self.content: bytes = bytes(content)

    @property
    def size(self) -> int:
        return len(self.content)

    def blocks(self, start: int, end: int) -> Iterator[bytes | memoryview]:
        view = memoryview(self.content)[start:end]
        for offset in range(0, len(view), BLOCK_SIZE):
            yield view[offset : offset + BLOCK_SIZE]


EMPTY: Final = MemoryBlob(b"")


class SliceBlob:
    """A range of another blob, sharing its bytes."""

    def __init__(self, whole: Blob, start: int, end: int) -> None:
        self.whole = whole
        self.start = start
        self.end = end

    @property
    def size(self) -> int:
        return self.end - self.start

    def blocks(self, start: int, end: int) -> Iterator[bytes | memoryview]:
        return self.whole.blocks(self.start + start, min(self.start + end, self.end))


class JoinedBlob:
    """Several blobs one after the other, as the parts of a large file are."""

    def __init__(self, pieces: Sequence[Blob]) -> None:
        self.pieces: tuple[Blob, ...] = tuple(pieces)
        self._size = sum(piece.size for piece in pieces)

    @property
    def size(self) -> int:
        return self._size

    def blocks(self, start: int, end: int) -> Iterator[bytes | memoryview]:
        offset = 0
        for piece in self.pieces:
            first, last = max(start - offset, 0), min(end - offset, piece.size)
            if first < last:
                yield from piece.blocks(first, last)
            offset += piece.size


@dataclass(frozen=True)
class Content:
    """A blob with the digests that were computed while it arrived, in hexadecimal."""

    blob: Blob
    sha1: str
    md5: str

    @property
    def size(self) -> int:
        """The number of bytes."""
        return self.blob.size


def digest_blob(blob: Blob) -> Content:
    """Read ``blob`` once and return it with its digests."""
    sha1, md5 = hashlib.sha1(usedforsecurity=False), hashlib.md5(usedforsecurity=False)
    for block in blob.blocks(0, blob.size):
        sha1.update(block)
        md5.update(block)
    return Content(blob, sha1.hexdigest(), md5.hexdigest())
