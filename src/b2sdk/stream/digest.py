"""SHA-1 of bytes, streams and files, in large blocks (hashing a large block releases the interpreter lock)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import os

    from typing_extensions import Buffer

BLOCK_SIZE = 1024 * 1024


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


def hex_sha1_of_bytes(data: Buffer) -> str:
    return hashlib.sha1(data).hexdigest()


def hex_sha1_of_stream(input_stream: _Readable, content_length: int) -> str:
    """Read exactly ``content_length`` bytes and return their SHA-1.

    :raises ValueError: the stream ends before that.
    """
    digest = hashlib.sha1()
    remaining = content_length
    while remaining:
        block = input_stream.read(min(remaining, BLOCK_SIZE))
        if not block:
            raise ValueError(f"content_length({content_length}) is more than the size of the file")
        digest.update(block)
        remaining -= len(block)
    return digest.hexdigest()


def hex_sha1_of_file(path_: str | os.PathLike[str]) -> str:
    with Path(path_).open("rb") as file:
        return hex_sha1_of_unlimited_stream(file)[0]


def hex_sha1_of_unlimited_stream(data_stream: _Readable, limit: int | None = None) -> tuple[str, int]:
    """Read to the end, or up to ``limit`` bytes; return the SHA-1 and the number of bytes."""
    digest = hashlib.sha1()
    count = 0
    while limit is None or count < limit:
        block = data_stream.read(BLOCK_SIZE if limit is None else min(BLOCK_SIZE, limit - count))
        if not block:
            break
        digest.update(block)
        count += len(block)
    return digest.hexdigest(), count


@dataclass
class IncrementalHexDigester:
    """The SHA-1 of a stream, taken further step by step."""

    stream: _Readable
    digest: Any = field(default_factory=hashlib.sha1)
    read_bytes: int = 0
    block_size: int = BLOCK_SIZE

    @property
    def hex_digest(self) -> str:
        """The digest of what has been read so far."""
        digest: str = self.digest.hexdigest()
        return digest

    def update_from_stream(self, limit: int | None = None) -> str:
        """Read up to ``limit`` more bytes, or to the end, and return the digest so far."""
        remaining = limit
        while remaining is None or remaining > 0:
            block = self.stream.read(self.block_size if remaining is None else min(self.block_size, remaining))
            if not block:
                break
            self.digest.update(block)
            self.read_bytes += len(block)
            if remaining is not None:
                remaining -= len(block)
        return self.hex_digest
