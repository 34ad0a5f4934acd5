"""What is used of things that this package did not make: bodies that programs bring, responses that transports give.

What belongs here is a protocol of something foreign that several rooms take. Nothing of this package is imported.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Protocol

from typing_extensions import Buffer, Self


class Readable(Protocol):
    """A body that is read while it is sent. One that has ``seek`` is rewound with ``seek(0)`` before every attempt."""

    def read(self, size: int = ..., /) -> bytes:
        """Return at most ``size`` bytes; none at the end."""


class ReadableStream(Readable, Protocol):
    """The opened content of a source."""

    def close(self) -> object: ...


class SeekableStream(ReadableStream, Protocol):
    """The opened content of a source of which a part can be read."""

    def seek(self, offset: int, whence: int = ..., /) -> int: ...


class Writable(Protocol):
    """A file that takes the blocks of a download, one after the other."""

    def write(self, data: bytes, /) -> object: ...


class SeekableFile(Writable, Protocol):
    """A file that takes blocks at any place, and can be read back."""

    def read(self, size: int, /) -> bytes: ...
    def seek(self, offset: int, /) -> int: ...
    def tell(self) -> int: ...


class Digest(Protocol):
    """A hash object of :mod:`hashlib`."""

    def update(self, data: Buffer, /) -> object: ...
    def hexdigest(self) -> str: ...
    def copy(self) -> Self: ...


class SentRequest(Protocol):
    """What a response says about its request."""

    @property
    def url(self) -> str | None: ...
    @property
    def headers(self) -> Mapping[str, str]: ...


class ResponseHead(Protocol):
    """The response to a download, as far as it says something of itself."""

    @property
    def status_code(self) -> int: ...
    @property
    def headers(self) -> Mapping[str, str]:
        """Looked up in any case."""

    @property
    def request(self) -> SentRequest: ...
    def close(self) -> None:
        """Give the connection back, or close it where the body has not been read to its end."""


class DownloadResponse(ResponseHead, Protocol):
    """The response to a download, whose body is left to be read; a ``requests.Response`` is one."""

    def iter_content(self, chunk_size: int = ..., /) -> Iterator[bytes]:
        """Yield the body in pieces of ``chunk_size`` bytes, the last one perhaps shorter."""
