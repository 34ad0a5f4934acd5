"""A response in an event loop, as the rest of this package looks at one."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Final, NamedTuple

from b2sdk.aio import errors
from b2sdk.aio.connection import Incoming
from b2sdk.aio.decoding import KNOWN, DecodedBody
from b2sdk.aio.pacing import Pace
from b2sdk.costs import ClientMeter
from b2sdk.exception import UnexpectedCloudBehaviour
from b2sdk.http.response import LONGEST_BODY, LONGEST_PAGE

_REDIRECTS: Final = (301, 302, 303, 307, 308)
_AT_A_TIME: Final = 1024 * 1024
"""Bytes of a body that are loaded at a time."""
_LARGEST_PIECE: Final = 256 * 1024
"""Bytes that are taken at once where a rate is limited."""


class Request(NamedTuple):
    """What was sent."""

    url: str
    headers: Mapping[str, str]


class Response:
    """What hooks and endpoints see of a response. Its body is ``content``, or left to be taken (:meth:`take`)."""

    def __init__(
        self,
        incoming: Incoming,
        request: Request,
        meter: ClientMeter,
        pace: Pace | None = None,
        *,
        is_decoded: bool = False,
    ) -> None:
        """Show what comes. Where it ``is_decoded``, a body that is encoded comes as what is in it."""
        self._incoming = incoming
        self._meter = meter
        self._pace = pace
        self.request = request
        self.url: str = request.url
        self.status_code: int = incoming.head.status
        self.headers: Mapping[str, str] = incoming.head.headers
        self.content: bytes = b""
        self._decoded: DecodedBody | None = None
        if is_decoded and self.headers.get("Content-Encoding", "").strip().lower() in KNOWN:
            self._decoded = DecodedBody(incoming.take, partial(asyncio.get_running_loop().run_in_executor, None))

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
        while piece := await self._next(min(left + 1, _AT_A_TIME)):
            pieces.append(piece[:left])
            left -= len(piece)
            if left < 0:
                self.close()
                if is_success:
                    raise UnexpectedCloudBehaviour(f"a response is longer than {LONGEST_BODY} bytes")
                break
            if self._incoming.is_over and self._decoded is None:
                break
        self.content = pieces[0] if len(pieces) == 1 else b"".join(pieces)

    async def take(self, size: int) -> bytes:
        """Return the next ``size`` bytes of the body, fewer at its end and before it breaks, then none.

        It is no generator: one for each small body, with those around it, takes longer than what they do.

        :raises B2ConnectionError: the connection broke, or nothing came for as long as the timeouts allow. What came
            before has been returned.
        """
        try:
            block = await (self._next(size) if self._pace is None else self._next_paced(size, self._pace))
        except OSError as error:
            raise errors.translate(error) from error
        self._meter.add_received(len(block))
        return block

    async def _next_paced(self, size: int, pace: Pace) -> bytes:
        pieces, missing = [], size
        try:
            while missing and (piece := await self._next(min(missing, pace.bucket.piece(_LARGEST_PIECE)))):
                pieces.append(piece)
                missing -= len(piece)
                await pace.use(len(piece))
        except OSError:
            if not pieces:
                raise  # otherwise by the next call
        return b"".join(pieces)

    async def _next(self, size: int) -> bytes:
        return await (self._incoming if self._decoded is None else self._decoded).take(size)

    def close(self) -> None:
        """Close the connection where the body has not been read to its end; otherwise it has been given back."""
        self._incoming.close()
