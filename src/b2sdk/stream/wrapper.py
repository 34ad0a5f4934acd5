"""The wrapper that changes nothing: the ground of the others."""

from __future__ import annotations

import io
from typing import Any

from typing_extensions import Buffer


class StreamWrapper(io.IOBase):
    """Passes every call to the inner stream. Closing the wrapper leaves the inner stream open."""

    def __init__(self, stream: Any) -> None:
        super().__init__()
        self.stream = stream

    @property
    def closed(self) -> bool:
        """Whether the inner stream is closed."""
        closed: bool = self.stream.closed
        return closed

    def close(self) -> None:
        pass

    def seekable(self) -> bool:
        seekable: bool = self.stream.seekable()
        return seekable

    def seek(self, pos: int, whence: int = 0) -> int:
        position: int = self.stream.seek(pos, whence)
        return position

    def tell(self) -> int:
        position: int = self.stream.tell()
        return position

    def truncate(self, size: int | None = None) -> int:
        length: int = self.stream.truncate(size)
        return length

    def flush(self) -> None:
        if not self.closed:  # IOBase flushes when it is collected
            self.stream.flush()

    def readable(self) -> bool:
        readable: bool = self.stream.readable()
        return readable

    def read(self, size: int | None = None) -> bytes:
        """Read from the inner stream."""
        data: bytes = self.stream.read() if size is None else self.stream.read(size)
        return data

    def writable(self) -> bool:
        writable: bool = self.stream.writable()
        return writable

    def write(self, data: Buffer) -> int:
        """Write to the inner stream."""
        count: int = self.stream.write(data)
        return count


class StreamWithLengthWrapper(StreamWrapper):
    """A wrapper with a ``len()``, which an HTTP client asks for."""

    def __init__(self, stream: Any, length: int | None = None) -> None:
        super().__init__(stream)
        self.length = length

    def __len__(self) -> int:
        if self.length is None:
            raise TypeError("the length of this stream is not known")
        return self.length

    def __bool__(self) -> bool:
        return True  # an empty stream is a stream
