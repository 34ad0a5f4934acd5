"""Streams that report the bytes that pass through them to a progress listener."""

from __future__ import annotations

from typing import Any, Protocol

from typing_extensions import Buffer

from b2sdk.stream.wrapper import StreamWrapper


class ByteListener(Protocol):
    """Receives the running total of a transfer."""

    def bytes_completed(self, byte_count: int) -> None: ...


class AbstractStreamWithProgress(StreamWrapper):
    """Counts bytes and reports the running total."""

    def __init__(self, stream: Any, progress_listener: ByteListener, offset: int = 0) -> None:
        """Wrap a stream.

        :param stream: the inner stream.
        :param progress_listener: receives the total.
        :param offset: bytes that are added to each total.
        :raises AssertionError: there is no listener.
        """
        if progress_listener is None:
            raise AssertionError("a progress listener is needed")
        super().__init__(stream)
        self.progress_listener = progress_listener
        self.bytes_completed: int = 0
        self.offset = offset

    def _report(self, count: int) -> None:
        self.bytes_completed += count
        self.progress_listener.bytes_completed(self.bytes_completed + self.offset)

    def __str__(self) -> str:
        return str(self.stream)


class ReadingStreamWithProgress(AbstractStreamWithProgress):
    """Reports what is read; after a ``seek`` it counts from there."""

    def __init__(
        self, stream: Any, progress_listener: ByteListener, offset: int = 0, length: int | None = None
    ) -> None:
        """``length`` is what ``len()`` returns, which an HTTP client asks for; ``None`` if it is not known."""
        super().__init__(stream, progress_listener, offset)
        self.length = length

    def read(self, size: int | None = None) -> bytes:
        """Read at most ``size`` bytes, and report them."""
        data = super().read(size)
        self._report(len(data))
        return data

    def seek(self, pos: int, whence: int = 0) -> int:
        self.bytes_completed: int = super().seek(pos, whence)
        return self.bytes_completed

    def __len__(self) -> int:
        if self.length is None:
            raise TypeError("the length of this stream is not known")
        return self.length

    def __bool__(self) -> bool:
        return True  # an empty stream is a stream


class WritingStreamWithProgress(AbstractStreamWithProgress):
    """Reports what is about to be written."""

    def write(self, data: Buffer) -> int:
        """Report the bytes, then write them."""
        self._report(memoryview(data).nbytes)
        count: int = self.stream.write(data)
        return count
