"""The stream of an upload that is read again before it counts, as by a transport that tries a second time."""

from __future__ import annotations

import hashlib

from b2sdk.interfaces import Readable


class RereadingStream:
    """Another stream, read from its start so many times; what it says in the end must be the same each time."""

    def __init__(self, stream: Readable, length: int, *, times: int, trailer_size: int = 0) -> None:
        """``length`` and ``trailer_size``, which is the part of it that is no content, are bytes."""
        self._stream = stream
        self._length = length
        self._times = times
        self._content = length - trailer_size
        # Progress of a small upload is reported in steps too: tests of programs that show it want to see some.
        self._piece = max(self._content // 4, 1)
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
        if self._read < self._content:
            size = self._piece if size < 0 else min(size, self._piece)
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
