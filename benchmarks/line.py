"""A slow connection: a proxy that delays everything, as if the service were far away."""

from __future__ import annotations

import asyncio
from collections import deque


class LineEnd(asyncio.Protocol):
    """One end of a line that takes its time: what arrives here is sent from the other end, ``delay`` seconds later."""

    def __init__(self, delay: float) -> None:
        self._delay = delay
        self._opens = 0.0
        """When the first byte may arrive."""
        self._waiting: deque[tuple[float, bytes]] = deque()
        self.transport: asyncio.Transport | None = None
        self.other: LineEnd | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # as this is a stream
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        now = asyncio.get_running_loop().time()
        self._waiting.append((max(now, self._opens) + self._delay, data))
        if len(self._waiting) == 1:
            self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self.data_received(b"")

    def _wait(self) -> None:
        asyncio.get_running_loop().call_at(self._waiting[0][0], self._release)

    def _release(self) -> None:
        if self.other is None or self.other.transport is None:  # still being connected
            asyncio.get_running_loop().call_later(self._delay, self._release)
            return
        _, data = self._waiting.popleft()
        if data:
            self.other.transport.write(data)
        else:
            self.other.transport.close()
        if self._waiting:
            self._wait()


class NearEnd(LineEnd):
    """The end where clients connect."""

    def __init__(self, delay: float, host: str, port: int) -> None:
        super().__init__(delay)
        self._address = host, port

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        # The system accepts at once; on a long line, the client would have waited for a round trip.
        self._opens = asyncio.get_running_loop().time() + 2 * self._delay
        self.other = far = self.make_far_end(self._delay)
        far.other = self
        loop = asyncio.get_running_loop()
        self._connecting = loop.create_task(loop.create_connection(lambda: far, *self._address))

    def make_far_end(self, delay: float) -> LineEnd:
        """Make the end where the service is."""
        return LineEnd(delay)
