"""SHA-1 of bytes, streams and files, in large blocks (hashing a large block releases the interpreter lock)."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from typing_extensions import Buffer

from b2sdk.interfaces import Digest, Readable
from b2sdk.stream.reading import read_bytes

BLOCK_SIZE = 1024 * 1024


class _Running(Protocol):
    def result(self) -> object: ...


class _Pool(Protocol):
    def submit(self, fn: Callable[[bytes], None], block: bytes, /) -> _Running: ...


def hex_sha1_of_bytes(data: Buffer) -> str:
    """Return the SHA-1 of the bytes in ``data`` as 40 hex digits."""
    return hashlib.sha1(data).hexdigest()


def hex_sha1_of_stream(input_stream: Readable, content_length: int) -> str:
    """Read exactly ``content_length`` bytes of ``input_stream`` and return their SHA-1 as 40 hex digits.

    :raises ValueError: the stream ends before that.
    """
    sha1, count = hex_sha1_of_unlimited_stream(input_stream, content_length)
    if count < content_length:
        raise ValueError(f"content_length({content_length}) is more than the size of the file")
    return sha1


def hex_sha1_of_file(path_: str | os.PathLike[str]) -> str:
    """Return the SHA-1 of the file at ``path_`` as 40 hex digits.

    :raises OSError: it cannot be read.
    """
    with Path(path_).open("rb") as file:
        return hex_sha1_of_unlimited_stream(file)[0]


def hex_sha1s_of_stream(
    stream: Readable, content_length: int, lengths: Iterable[int], beside: _Pool
) -> tuple[str, list[str]]:
    """Return the SHA-1 of ``content_length`` bytes, and those of the parts of these lengths that they begin with.

    A stream may end before; what it has is hashed.

    Each block is read once: a thread of ``beside`` hashes it for its part while this one hashes it for the whole. The
    SHA-1 of the first part is that of the whole up to there, and costs nothing.
    """
    whole = part = hashlib.sha1()
    sha1s, remaining = [], content_length
    for length in lengths:
        for block in _blocks(stream, length, BLOCK_SIZE):
            if part is whole:
                whole.update(block)
            else:
                hashing = beside.submit(part.update, block)
                whole.update(block)
                hashing.result()
        sha1s.append(part.hexdigest())
        part = hashlib.sha1()
        remaining -= length
    for block in _blocks(stream, remaining, BLOCK_SIZE):
        whole.update(block)
    return whole.hexdigest(), sha1s


def hex_sha1_of_unlimited_stream(data_stream: Readable, limit: int | None = None) -> tuple[str, int]:
    """Read to the end, or up to ``limit`` bytes; return the SHA-1 and the number of bytes."""
    digester = IncrementalHexDigester(data_stream, block_size=BLOCK_SIZE)
    return digester.update_from_stream(limit), digester.read_bytes


def _blocks(stream: Readable, limit: int | None, size: int) -> Iterator[bytes]:
    """Read up to ``limit`` bytes, or to the end."""
    remaining = limit
    while (remaining is None or remaining > 0) and (
        block := read_bytes(stream, size if remaining is None else min(size, remaining))
    ):
        yield block
        if remaining is not None:
            remaining -= len(block)


@dataclass
class IncrementalHexDigester:
    """The SHA-1 of a stream, computed step by step.

    ``digest`` is the hash object so far, ``read_bytes`` the number of bytes in it; ``block_size`` is how many are read
    at a time.
    """

    stream: Readable
    digest: Digest = field(default_factory=hashlib.sha1)
    read_bytes: int = 0
    block_size: int = BLOCK_SIZE

    @property
    def hex_digest(self) -> str:
        """The digest of what has been read so far."""
        return self.digest.hexdigest()

    def update_from_stream(self, limit: int | None = None) -> str:
        """Read up to ``limit`` more bytes, or to the end, and return the digest so far."""
        for block in _blocks(self.stream, limit, self.block_size):
            self.digest.update(block)
            self.read_bytes += len(block)
        return self.hex_digest
