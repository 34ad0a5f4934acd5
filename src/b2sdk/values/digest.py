"""SHA-1 of bytes, streams and files, in large blocks (hashing a large block releases the interpreter lock)."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

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


def b64_of_bytes(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def md5_of_bytes(data: bytes) -> bytes:
    return hashlib.md5(data).digest()
