"""The stream of an upload that is read again before it counts, as by a transport that tries a second time."""

from __future__ import annotations

import hashlib
from typing import Any


class ReplayedStream:
    """Another stream, read from its start so many times; what it says in the end must be the same each time."""

    def __init__(self, stream: Any, length: int, *, times: int) -> None:
        self._stream = stream
        self._length = length
        self._times = times
        self._read = 0
        self._digest = hashlib.sha1(usedforsecurity=False)
        self._rewind()

    def _rewind(self) -> None:
        if (seek := getattr(self._stream, "seek", None)) is not None:
            seek(0)

    def read(self, size: int = -1, /) -> bytes:
        """Return the next bytes; ``b""`` at the end, once the stream has been read so many times.

        :raises AssertionError: the stream has another length than announced, or other content than before.
        """
        chunk: bytes = self._stream.read(size)
        self._digest.update(chunk)
        self._read += len(chunk)
        if not chunk or self._read > self._length:
            self._check()
        return chunk

    def _check(self) -> None:
        if self._read != self._length:
            raise AssertionError(f"the stream has not the {self._length} bytes that were announced")
        for _ in range(self._times - 1):
            self._rewind()
            again = hashlib.sha1(usedforsecurity=False)
            while chunk := self._stream.read(_CHUNK_SIZE):
                again.update(chunk)
            if again.digest() != self._digest.digest():
                raise AssertionError("the stream has other content when it is read again")


_CHUNK_SIZE = 64 * 1024
