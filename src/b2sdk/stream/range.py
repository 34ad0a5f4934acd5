"""A part of a stream, as a stream of its own."""

from __future__ import annotations

import io
from typing import Any, TypeVar

from b2sdk.stream.wrapper import StreamWithLengthWrapper

S = TypeVar("S")


class RangeOfInputStream(StreamWithLengthWrapper):
    """``length`` bytes of a seekable stream, from ``offset`` on. Closing it closes the inner stream."""

    def __init__(self, stream: Any, offset: int, length: int) -> None:
        """``offset`` and ``length`` are bytes; the inner stream is moved to the offset."""
        super().__init__(stream, length)
        self.offset = offset
        self.relative_pos: int = 0
        self.length: int = length
        self.stream.seek(offset)

    def seek(self, pos: int, whence: int = 0) -> int:
        if whence != 0:
            raise io.UnsupportedOperation("only SEEK_SET is supported")
        self.relative_pos = super().seek(self.offset + pos) - self.offset
        return self.relative_pos

    def tell(self) -> int:
        return self.relative_pos

    def read(self, size: int | None = None) -> bytes:
        """Read at most ``size`` bytes, and none after the end of the range."""
        remaining = max(0, self.length - self.relative_pos)
        data = super().read(remaining if size is None or size < 0 else min(size, remaining))
        self.relative_pos += len(data)
        return data

    def close(self) -> None:
        self.stream.close()


def wrap_with_range(stream: S, stream_length: int, range_offset: int, range_length: int) -> S | RangeOfInputStream:
    """Return a stream of the range; the stream itself where the range is all of it.

    :param stream_length: bytes of the stream.
    :param range_offset: bytes before the range.
    :param range_length: bytes of the range.
    """
    if range_offset == 0 and range_length == stream_length:
        return stream
    return RangeOfInputStream(stream, range_offset, range_length)
