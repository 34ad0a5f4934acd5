"""A response of aiohttp, as the rest of this package looks at one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple, cast

import aiohttp

from b2sdk.aio import errors
from b2sdk.aio.pacing import Pace
from b2sdk.costs import ClientMeter
from b2sdk.exception import UnexpectedCloudBehaviour
from b2sdk.http.response import LONGEST_BODY, LONGEST_PAGE

_REDIRECTS: Final = (301, 302, 303, 307, 308)
_LARGEST_PIECE: Final = 256 * 1024
_NOTHING: Final = memoryview(b"")


class Request(NamedTuple):
    """What was sent."""

    url: str
    headers: Mapping[str, str]


class Response:
    """What hooks and endpoints see of a response. Its body is ``content``, or left to be taken (:meth:`take`)."""

    def __init__(
        self, response: aiohttp.ClientResponse, request: Request, meter: ClientMeter, pace: Pace | None = None
    ) -> None:
        self._response = response
        self._meter = meter
        self._pace = pace
        self.request = request
        self.url: str = request.url
        self.status_code: int = response.status
        self.headers: Mapping[str, str] = response.headers
        self.content: bytes = b""
        self._rest = _NOTHING
        self._failure: Exception | None = None

    @property
    def is_redirect(self) -> bool:
        """Whether the service wants another place to be asked, which is not done."""
        return self.status_code in _REDIRECTS and "Location" in self.headers

    async def load(self, *, is_success: bool) -> None:
        """Read the body, so that it is ``content``.

        :raises UnexpectedCloudBehaviour: it is longer than any response of the service.
        """
        left = LONGEST_BODY if is_success else LONGEST_PAGE
        pieces = []
        while piece := await self._next_piece():
            pieces.append(piece[:left])
            left -= len(piece)
            if left < 0:
                self.close()
                if is_success:
                    raise UnexpectedCloudBehaviour(f"a response is longer than {LONGEST_BODY} bytes")
                break
        self.content = b"".join(pieces)

    async def take(self, size: int) -> bytes:
        """Return the next ``size`` bytes of the body, fewer at its end and before it breaks, then none.

        It is no generator: one for each small body, with those around it, takes longer than what they do.

        :raises B2ConnectionError: the connection broke, or nothing came for as long as the timeouts allow. What came
            before has been returned.
        """
        pieces, missing = [], size
        while missing:
            piece = self._rest or await self._next_arrived()
            if not piece:
                break
            pieces.append(piece[:missing])
            self._rest = piece[missing:]
            missing -= len(pieces[-1])
        if not pieces and self._failure is not None:
            raise errors.translate(self._failure) from self._failure
        self._meter.add_received(size - missing)
        return b"".join(pieces)

    async def _next_arrived(self) -> memoryview:
        """Return what has come, nothing at the end or once the body has broken."""
        content, pace = self._response.content, self._pace
        if self._failure is not None or content.at_eof():
            return _NOTHING
        try:
            if pace is None:
                return memoryview(await self._next_piece())
            piece = await self._next_piece(pace.bucket.piece(_LARGEST_PIECE))
            await pace.use(len(piece))
            return memoryview(piece)
        except (aiohttp.ClientError, OSError) as error:
            self._failure, arrived = error, _arrived(content)
            self.close()
            return memoryview(arrived)

    async def _next_piece(self, size: int | None = None) -> bytes:
        """Return what has come, at most ``size`` bytes, nothing at the end.

        A body that stops is one that broke: what is late is a response of which nothing has come.
        """
        try:
            content = self._response.content
            return await (content.readany() if size is None else content.read(size))
        except (aiohttp.ServerTimeoutError, TimeoutError) as error:
            raise aiohttp.ClientPayloadError(str(error)) from error

    def close(self) -> None:
        """Give the connection back, or close it where the body has not been read to its end."""
        if self._response.connection is not None or not self._response.content.at_eof():
            self._response.close()


def _arrived(content: aiohttp.StreamReader) -> bytes:
    """Return what came before the body broke, in place of which aiohttp raises the error."""
    content.set_exception(cast("Any", None))
    return content.read_nowait()
