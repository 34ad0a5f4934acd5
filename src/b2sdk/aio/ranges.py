"""A range of a stored file, received in an event loop whatever breaks on the way.

What a response has to say of itself, and what is requested again, is decided in :mod:`b2sdk.transfer.range_stream`.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any, Final, Protocol

from b2sdk.aio import errors
from b2sdk.aio.client import Client
from b2sdk.aio.session import AsyncSession
from b2sdk.exception import B2Error, TruncatedOutput, UnexpectedCloudBehaviour
from b2sdk.interfaces import ResponseHead, SentRequest
from b2sdk.transfer.range_stream import (
    BLOCK_SIZE,
    MAX_ATTEMPTS,
    RangeRequests,
    RequestedRange,
    StoredFile,
    cut_last,
    encoding_of,
    is_over,
    size_of_blocks,
)
from b2sdk.values.byte_range import Range
from b2sdk.values.encryption import EncryptionSetting

_DECODED: Final = ("gzip", "x-gzip", "deflate")
_EITHER_HEADER: Final = 32 + zlib.MAX_WBITS
"""What tells zlib that the content may be of gzip or of zlib."""
_FIRST_OF_GZIP: Final = 0x1F


class DownloadResponse(ResponseHead, Protocol):
    """The response to a download, whose body is left to be read."""

    async def take(self, size: int, /) -> bytes:
        """Return the next ``size`` bytes of the body, fewer at its end and before it breaks, then none."""


class RangeStream(RequestedRange):
    """A range of a stored file, which can be requested again from any place."""

    def __init__(
        self,
        client: Client,
        url: str,
        range_: Range,
        stored: StoredFile,
        encryption: EncryptionSetting | None,
        first_response: DownloadResponse | None = None,
        *,
        first_goes_on: bool = False,
    ) -> None:
        """``first_response`` begins where the range does; it may continue after its end if ``first_goes_on``."""
        super().__init__(url, range_, stored)
        self._client = client
        self._encryption = encryption
        self._first_response = first_response
        self._first_goes_on = first_goes_on
        self._response: DownloadResponse | None = None
        self._goes_on = False
        self._wanted = self._received = self._attempt = 0
        """Bytes of the range that are to come with this response, and that came with all; how many these are."""
        self._is_over = False

    async def take(self, size: int = BLOCK_SIZE) -> bytes:
        """Return the next ``size`` bytes of the range, fewer where a body broke and at the end, none after that.

        What is missing is requested again. For errors see :meth:`b2sdk.transfer.range_stream.RangeStream.blocks`.
        """
        while not self._is_over:
            response = self._response
            if response is None:
                # Where no response comes, the client has been as patient as its policy says.
                self._goes_on = self._first_goes_on and self._first_response is not None
                self._wanted = self.length - self._received
                self._attempt += 1
                response = self._response = await self._open(self._received)
            error: B2Error | None = None
            try:
                block = await self._next(response, size_of_blocks(size, self._attempt))
            except B2Error as broken:
                if self._attempt == MAX_ATTEMPTS or not broken.should_retry_http():
                    self.close()
                    raise
                block, error = b"", broken
            self._received += len(block)
            is_whole = self._received >= self.length
            if not block or (is_whole and is_over(response, self._wanted, self._goes_on)):
                self._is_over = is_whole
                self.close()
            if block:
                return block
            if not is_whole:
                self._log_break(self._received, self._attempt, MAX_ATTEMPTS, error)
                if self._attempt == MAX_ATTEMPTS:
                    raise TruncatedOutput(self._received, self.length)
        return b""

    async def _next(self, response: DownloadResponse, size: int) -> bytes:
        """Return what comes next of the body, up to the end of the range."""
        left = self.length - self._received
        # What follows the range, another stream receives; where nothing may follow, it is looked for.
        block = await response.take(min(size, left) if self._goes_on else size)
        return block if len(block) <= left else cut_last(block, left, self._wanted, self._goes_on)

    def close(self) -> None:
        """Close the response, if there is one."""
        response, self._response = self._response, None
        if response is not None:
            response.close()

    async def _open(self, received: int) -> DownloadResponse:
        """Return a response whose body begins after the bytes that were received."""
        first, self._first_response = self._first_response, None
        if first is not None:
            return first
        rest, session = self._rest(received), self._client.session
        attempts = RangeRequests(session, self._url)
        while True:
            async with attempts:
                response = attempts.response = await session.download(self._url, rest.as_tuple(), self._encryption)
                return decoded(self._client, response) if self._check(response, rest) else response


async def url_of_version(session: AsyncSession, file_id: str) -> str:
    """Return where a version of a file is downloaded."""
    return session.raw_api.get_download_url_by_id(await session.ask(session.account_info.get_download_url), file_id)


def decoded(client: Client, response: DownloadResponse) -> DownloadResponse:
    """Return a response whose body was encoded on its way, so that it is read as it is stored.

    :raises UnexpectedCloudBehaviour: nothing here knows the encoding.
    """
    if client.api_config.decode_content:
        return response  # below, all that comes encoded is decoded already
    encoding = encoding_of(response.headers)
    if encoding.strip().lower() not in _DECODED:
        raise UnexpectedCloudBehaviour(f"the content came with an encoding that it is not stored with: {encoding!r}")
    return _Decoded(client.session, response)


class _Decoded:
    """A response whose body is decoded, in threads."""

    def __init__(self, session: AsyncSession, response: DownloadResponse) -> None:
        self._session = session
        self._response = response
        self.status_code: int = response.status_code
        self.headers: Mapping[str, str] = response.headers
        self.request: SentRequest = response.request
        self._decoder = _Decoder()

    async def take(self, size: int, /) -> bytes:
        decoder = self._decoder
        while True:
            if decoder.has_some and (content := await self._session.threads.call(decoder.next, size)):
                return content
            block = await self._response.take(size)
            if not block:
                return b""
            decoder.add(block)

    def close(self) -> None:
        self._response.close()


class _Decoder:
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
