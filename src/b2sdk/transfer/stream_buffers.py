"""A stream of unknown length, cut into buffers that are sent while the next one fills."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import NamedTuple

from b2sdk.interfaces import Readable
from b2sdk.stream.reading import read_bytes
from b2sdk.transfer.source import UploadSourceBytes

DEFAULT_READ_SIZE = 8192
LARGEST_DEFAULT_READ = 256 * 1024


class BufferSizes(NamedTuple):
    """How content is cut into buffers, in bytes."""

    size: int
    """Of a buffer, and so of a part."""
    least: int
    """What a part must have, except the last one."""
    read_size: int = DEFAULT_READ_SIZE
    """How many are asked for at a time."""


def bytes_at_once(read_size: int) -> int:
    """Return how many bytes are asked for at a time where the caller, or nobody, chose ``read_size``."""
    # Each read costs the same however much it brings.
    return LARGEST_DEFAULT_READ if read_size == DEFAULT_READ_SIZE else read_size


def read_buffers(stream: Readable, buffer_size: int, read_size: int = DEFAULT_READ_SIZE) -> Iterator[UploadSourceBytes]:
    """Yield the content in buffers of exactly ``buffer_size`` bytes, the last one perhaps smaller.

    An empty stream gives one empty buffer. Only ``read(n)`` of the stream is called, with the ``read_size`` that the
    caller chose, and never for more than the buffer has room for; no bytes mean the end.

    :raises TypeError: it gives something other than bytes, or nothing yet.
    :raises ValueError: it gives more than was asked for.
    """
    read_size = bytes_at_once(read_size)
    buffer = _fill_buffer(stream, buffer_size, read_size)
    yield UploadSourceBytes(buffer)
    while len(buffer) == buffer_size:
        buffer = _fill_buffer(stream, buffer_size, read_size)
        if buffer:
            yield UploadSourceBytes(buffer)


def _fill_buffer(stream: Readable, buffer_size: int, read_size: int) -> bytes:
    """Read until the buffer is full or the stream has ended."""
    buffer = io.BytesIO()
    missing = buffer_size
    while missing and (data := read_bytes(stream, min(read_size, missing))):
        buffer.write(data)
        missing -= len(data)
    return buffer.getvalue()
