"""Several streams, one after the other, as one stream that can be read again from its beginning."""

from __future__ import annotations

import contextlib
import io
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import Any

from b2sdk.interfaces import ReadableStream


class StreamOpener(ABC):
    """Opens a stream, as often as it is called."""

    @abstractmethod
    def __call__(self) -> ReadableStream:
        """Return a readable binary stream at its beginning."""

    def cleanup(self) -> None:  # noqa: B027  # most openers hold nothing
        """Let go of what was held for another opening."""


class CachedBytesStreamOpener(StreamOpener):
    """Opens the bytes that ``bytes_data_callback`` returns; it is called once between two cleanups."""

    def __init__(self, bytes_data_callback: Callable[[], bytes]) -> None:
        self.bytes_data_callback = bytes_data_callback
        self._cache: bytes | None = None

    def __call__(self) -> io.BytesIO:
        if self._cache is None:
            self._cache = self.bytes_data_callback()
        return io.BytesIO(self._cache)

    def cleanup(self) -> None:
        self._cache = None


class ChainedStream(io.IOBase):
    """Opens each stream when it is reached, and closes it when it has been read.

    The only way back is to the very beginning; the streams are then opened again. ``close`` also calls ``cleanup`` on
    every opener that has it.

    :raises ValueError: there are no openers.
    """

    def __init__(self, stream_openers: Iterable[Callable[[], Any]]) -> None:
        super().__init__()
        self._openers = list(stream_openers)
        self._opened = 0
        self._current: Any = None
        self._position = 0
        if not self._openers:
            raise ValueError("chain_links cannot be empty")

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, pos: int, whence: int = 0) -> int:
        self._check_open()
        if (pos, whence) != (0, 0):
            raise io.UnsupportedOperation("Chained stream can only be seeked to beginning")
        self._close_current()
        self._opened = self._position = 0
        return 0

    def read(self, size: int | None = None) -> bytes:
        """Read ``size`` bytes, from as many streams as it takes; less only at the end of the last one."""
        self._check_open()
        blocks = []
        remaining = -1 if size is None or size < 0 else size
        while remaining and self._has_current():
            block = self._current.read(remaining)
            if not block:
                self._close_current()
                continue
            blocks.append(block)
            if remaining > 0:
                remaining -= len(block)
        data = blocks[0] if len(blocks) == 1 else b"".join(blocks)
        self._position += len(data)
        return data

    def close(self) -> None:
        if self.closed:
            return
        with contextlib.ExitStack() as cleanups:
            cleanups.callback(super().close)
            for opener in self._openers:
                if hasattr(opener, "cleanup"):
                    cleanups.callback(opener.cleanup)
            cleanups.callback(self._close_current)

    def _check_open(self) -> None:
        if self.closed:
            raise ValueError("I/O operation on closed file.")

    def _has_current(self) -> bool:
        """Open the next stream if there is none at the moment; return whether there is one now."""
        if self._current is None and self._opened < len(self._openers):
            self._current = self._openers[self._opened]()
            self._opened += 1
        return self._current is not None

    def _close_current(self) -> None:
        if self._current is not None:
            self._current.close()
            self._current = None
