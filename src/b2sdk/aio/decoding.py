"""Bodies that come encoded, decoded in threads."""

from __future__ import annotations

import zlib
from collections.abc import Awaitable, Callable
from typing import Any, Final

from b2sdk.aio import errors

KNOWN: Final = ("gzip", "x-gzip", "deflate")
"""The encodings, in lower case."""
_EITHER_HEADER: Final = 32 + zlib.MAX_WBITS
"""What tells zlib that the content may be of gzip or of zlib."""
_FIRST_OF_GZIP: Final = 0x1F


class DecodedBody:
    """What is in a body."""

    def __init__(self, take: Callable[[int], Awaitable[bytes]], call: Callable[..., Awaitable[Any]]) -> None:
        """``take`` gives what comes, and ``call`` calls a function in a thread."""
        self._take = take
        self._call = call
        self._decoder = Decoder()

    async def take(self, size: int, /) -> bytes:
        """Return at most ``size`` bytes, none at the end."""
        decoder = self._decoder
        while True:
            if decoder.has_some:
                content: bytes = await self._call(decoder.next, size)
                if content:
                    return content
            block = await self._take(size)
            if not block:
                return b""
            decoder.add(block)


class Decoder:
    """What is in a body of gzip, of zlib, or of neither header, as some servers send it for ``deflate``."""

    def __init__(self) -> None:
        self._zlib: Any = None
        self._encoded = b""
        self._has_more = False  # of content, when there is nothing to be decoded

    @property
    def has_some(self) -> bool:
        """Whether there may be content without anything else being added."""
        return bool(self._encoded) or self._has_more

    def add(self, block: bytes) -> None:
        self._encoded += block

    def next(self, size: int) -> bytes:
        """Return at most ``size`` bytes of content; none if they are still to come.

        :raises UnknownError: it is not what it was said to be.
        """
        content = b""
        while not content and self.has_some:
            if self._zlib is None:
                self._zlib = zlib.decompressobj(_header_of(self._encoded))
            elif self._zlib.eof:  # one piece of gzip may follow another
                self._zlib = zlib.decompressobj(_EITHER_HEADER)
            try:
                content = self._zlib.decompress(self._encoded, size)
            except zlib.error as error:
                raise errors.translate(error) from error
            self._has_more = len(content) == size and not self._zlib.eof
            self._encoded = self._zlib.unused_data if self._zlib.eof else self._zlib.unconsumed_tail
        return content


def _header_of(encoded: bytes) -> int:
    """Tell zlib which header comes. The first byte says it: no block of deflate begins with one of either header."""
    return _EITHER_HEADER if encoded[0] == _FIRST_OF_GZIP or encoded[0] & 0xF == zlib.DEFLATED else -zlib.MAX_WBITS
