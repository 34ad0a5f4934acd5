"""The connections of a client: opened when they are needed, used again, and closed when they are not for a while."""

from __future__ import annotations

import asyncio
import ipaddress
from contextlib import suppress
from typing import Any, Final

from b2sdk.aio.connection import SCRATCH, BrokenConnection, Connection, Seconds
from b2sdk.aio.head import request_head
from b2sdk.aio.limits import Limits
from b2sdk.aio.tasks import cancelled
from b2sdk.aio.ways import Proxy, Way

_NEXT_ADDRESS: Final = 0.25
"""Seconds after which another address of a host is tried beside one that does not respond, as RFC 8305 has it."""
_SUCCESS: Final = range(200, 300)


class Unreachable(ConnectionError):
    """No connection came about."""


class TunnelRefused(Unreachable):
    """A proxy does not connect to the host."""

    def __init__(self, status: int) -> None:
        super().__init__(f"the proxy refuses to connect to the host, with status {status}")
        self.status = status


class Connections:
    """So many connections as there may be at a time. Who waits for one has nothing yet."""

    def __init__(self, limits: Limits) -> None:
        """Begin without any."""
        self._idle_seconds = limits.idle_seconds
        self._room = asyncio.Semaphore(limits.requests)
        self._coming = 0
        self._is_closed = False
        self._scratch = memoryview(bytearray(SCRATCH))
        self._in_use: dict[Connection, str] = {}
        """Each with the origin that it leads to."""
        self._idle: dict[str, dict[Connection, float]] = {}
        """By their origin, and each with the time since when: the longest comes first."""
        self._sweeping: asyncio.TimerHandle | None = None

    @property
    def in_use(self) -> int:
        """How many there are on which a response is awaited, or left to be read."""
        return len(self._in_use)

    async def get(self, way: Way, seconds: float) -> Connection:
        """Return a connection for one exchange, after which it comes back by itself.

        :param seconds: until a connection stands.
        :raises Unreachable: it cannot be opened, or the client is closed.
        """
        await self._enter()
        try:
            connection = self._take_idle(way.origin) or await self._open(way, seconds)
        except BaseException:
            self._room.release()
            raise
        self._in_use[connection] = way.origin
        return connection

    async def _enter(self) -> None:
        self._coming += 1
        try:
            await self._room.acquire()
        finally:
            self._coming -= 1
        if self._is_closed:
            self._room.release()
            raise Unreachable("the client is closed")

    def _take_idle(self, origin: str) -> Connection | None:
        idle = self._idle.get(origin)
        return idle.popitem()[0] if idle else None

    # --- opening ---

    async def _open(self, way: Way, seconds: float) -> Connection:
        connection = Connection(self._scratch)
        try:
            await self._connect_within(connection, way, seconds)
        except BaseException as error:
            connection.abort()
            if not isinstance(error, OSError) or isinstance(error, TunnelRefused):
                raise
            where: Way | Proxy = way.proxy or way
            raise Unreachable(f"no connection to {where.host}:{where.port}: {error}") from error
        connection.on_free = self._come_back
        return connection

    async def _connect_within(self, connection: Connection, way: Way, seconds: float) -> None:
        # Not with `wait_for`, which may return although its caller is cancelled (before Python 3.12).
        connecting = asyncio.ensure_future(self._connect(connection, way, seconds))
        try:
            await asyncio.wait([connecting], timeout=seconds)
            if not connecting.done():
                raise TimeoutError(f"not within {seconds} seconds")
            connecting.result()
        finally:
            await cancelled(connecting)

    async def _connect(self, connection: Connection, way: Way, seconds: float) -> None:
        loop, proxy = asyncio.get_running_loop(), way.proxy
        host, port, is_tls = (
            (way.host, way.port, way.is_tls) if proxy is None else (proxy.host, proxy.port, proxy.is_tls)
        )
        choices: dict[str, Any] = {"ssl": way.trust, "server_hostname": host} if is_tls else {}
        if isinstance(loop, asyncio.BaseEventLoop) and not _is_address(host):
            choices["happy_eyeballs_delay"] = _NEXT_ADDRESS
        await loop.create_connection(lambda: connection, host, port, **choices)
        if proxy is not None and way.is_tls and way.trust is not None:
            named = f"[{way.host}]:{way.port}" if ":" in way.host else f"{way.host}:{way.port}"
            request = request_head("CONNECT", named, named, proxy.headers)
            response = await connection.exchange("CONNECT", request, None, Seconds(seconds, seconds))
            if response.head.status not in _SUCCESS:
                raise TunnelRefused(response.head.status)
            await connection.start_tls(way.trust, way.host)
        if self._is_closed or not connection.is_usable:
            raise BrokenConnection("the connection was closed")

    # --- coming back ---

    def _come_back(self, connection: Connection) -> None:
        origin = self._in_use.pop(connection, None)
        if origin is None:  # it was idle, and the other end has closed it
            for idle in self._idle.values():
                idle.pop(connection, None)
            return
        if connection.is_usable and not self._is_closed:
            self._idle.setdefault(origin, {})[connection] = asyncio.get_running_loop().time()
            if self._sweeping is None:
                self._sweep_after(self._idle_seconds)
        self._room.release()

    def _sweep_after(self, seconds: float) -> None:
        self._sweeping = asyncio.get_running_loop().call_later(seconds, self._sweep)

    def _sweep(self) -> None:
        """Close those that were not used for as long as they may."""
        self._sweeping = None
        now = asyncio.get_running_loop().time()
        for idle in self._idle.values():
            for connection in [one for one, since in idle.items() if now - since >= self._idle_seconds]:
                connection.abort()
        times = [since for idle in self._idle.values() for since in idle.values()]
        if times:
            self._sweep_after(max(0.0, min(times) + self._idle_seconds - now))

    async def close(self) -> None:
        """Close all of them. What is on its way fails, and who waits for one does, too."""
        self._is_closed = True
        if self._sweeping is not None:
            self._sweeping.cancel()
            self._sweeping = None
        for _ in range(self._coming):
            self._room.release()
        connections = [*self._in_use, *(one for idle in self._idle.values() for one in idle)]
        for connection in connections:
            connection.abort()
        for connection in connections:
            await connection.wait_lost()


def _is_address(host: str) -> bool:
    with suppress(ValueError):
        ipaddress.ip_address(host)
        return True
    return False
