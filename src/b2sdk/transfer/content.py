"""The content of a source while it is read: as many bytes as were announced, or an error that names the source.

What is announced goes into the head of a request. A service that is promised more than it is sent waits for the rest,
and what is sent besides is lost.
"""

from __future__ import annotations

import os
from typing import Protocol

from b2sdk.exception import InvalidUploadSource
from b2sdk.interfaces import Readable, SeekableStream
from b2sdk.stream.range import RangeOfInputStream
from b2sdk.stream.reading import read_bytes


class _Source(Protocol):
    def get_content_length(self) -> int | None: ...


class RangeOfSource(RangeOfInputStream):
    """``length`` bytes of a source, from ``offset`` on; it raises ``InvalidUploadSource`` where there are fewer.

    With ``is_end`` also where there is something after them.
    """

    relative_pos: int

    def __init__(self, stream: SeekableStream, source: _Source, offset: int, length: int, is_end: bool) -> None:
        super().__init__(stream, offset, length)
        self._source = source
        self._is_end = is_end

    def read(self, size: int | None = None) -> bytes:
        left = max(0, self.length - self.relative_pos)
        wanted = left if size is None or size < 0 else min(size, left)
        data = read_exactly(self.stream, wanted, self._source, self.offset + self.relative_pos)
        if self._is_end and len(data) == left:
            check_end(self.stream, self._source)
        self.relative_pos += len(data)
        return data


def read_exactly(stream: Readable, size: int, source: _Source, position: int) -> bytes:
    """Read ``size`` bytes from the stream of a source that has come to ``position``.

    :raises InvalidUploadSource: it ends before that.
    """
    data = read_bytes(stream, size)
    while len(data) < size:  # as pipes and sockets do
        more = read_bytes(stream, size - len(data))
        if not more:
            end = position + len(data)
            now = size_now(stream)  # less than that where the place that is read from is after the end
            end = end if now is None else min(end, now)
            raise ends_too_early(source, end)
        data += more
    return data


def check_end(stream: Readable, source: _Source) -> None:
    """Check that a source ends where it said.

    :raises InvalidUploadSource: it continues.
    """
    if read_bytes(stream, 1):
        raise goes_on(source)


def ends_too_early(source: _Source, end: int) -> InvalidUploadSource:
    """Return the error for a source that has fewer bytes than it announced."""
    return InvalidUploadSource(f"{name_of(source)} ended after {end} of {source.get_content_length()} bytes")


def goes_on(source: _Source) -> InvalidUploadSource:
    """Return the error for a source that has more bytes than it announced."""
    return InvalidUploadSource(
        f"{name_of(source)} goes on after the {source.get_content_length()} bytes that were announced"
    )


def size_now(stream: object) -> int | None:
    """Return how many bytes the system says that an open file has; ``None`` for what is no file of the system."""
    try:
        return os.fstat(stream.fileno()).st_size  # type: ignore[attr-defined]  # or an error
    except (AttributeError, OSError):
        return None


def name_of(source: object) -> str:
    """Return what a source is called in an error: the path of a local file."""
    path: str | os.PathLike[str] | None = getattr(source, "local_path", None)
    return repr(source) if path is None else os.fspath(path)
