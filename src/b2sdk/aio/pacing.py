"""Waiting in an event loop for what the rates of a client allow."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from typing import NamedTuple, Protocol

from b2sdk.http.rates import TokenBucket


class Body(Protocol):
    """Content that is sent. Each attempt asks for it again, from its beginning."""

    def blocks(self) -> AsyncIterator[bytes]:
        """Yield the content, as many bytes as the ``Content-Length`` of the request says."""


class Pace(NamedTuple):
    """A rate, and how it is waited for."""

    bucket: TokenBucket
    wait: Callable[[float], Awaitable[object]]

    async def use(self, amount: int) -> None:
        """Wait until so much may be used."""
        if seconds := self.bucket.reserve(amount):
            await self.wait(seconds)


class PacedBody:
    """A body whose blocks are small, and come when they may be sent."""

    def __init__(self, body: Body, pace: Pace) -> None:
        self._body = body
        self._pace = pace

    async def blocks(self) -> AsyncIterator[bytes]:
        blocks, pace = self._body.blocks(), self._pace
        try:
            async for block in blocks:
                size = max(pace.bucket.piece(len(block)), 1)
                for start in range(0, len(block), size):
                    piece = block[start : start + size]
                    await pace.use(len(piece))
                    yield piece
        finally:
            if isinstance(blocks, AsyncGenerator):
                await blocks.aclose()
