"""A connection of HTTP/1.1 in an event loop: one request after the other, and what comes in response to each.

What belongs here speaks the protocol, on what asyncio has connected. It must not know hosts, attempts, hooks, nor what
an error means.

It is one protocol of asyncio, which receives large blocks where they are to be. Between a socket and who takes a body
are no task, and no buffers but those of TLS.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, aclosing, nullcontext
from typing import Any, Final, NamedTuple, cast

from typing_extensions import override

from b2sdk.aio.head import Chunks, Head, NoHttp, next_head
from b2sdk.aio.tasks import cancelled

SCRATCH: Final = 256 * 1024
"""Bytes that are received at once, where nobody has given a place for them."""
_MOST_WAITING: Final = 256 * 1024
"""Bytes of a body that are received before anybody has asked for them."""
_PIECE: Final = 64 * 1024
"""Bytes of a body that are encrypted at once, for which a connection has buffers; and that may wait to be sent."""
_LONGEST_TURN: Final = 256 * 1024
"""Bytes of a body that are sent before others have their turn."""
_DIRECT: Final = range(64 * 1024, 16 * 1024 * 1024)
"""Sizes of blocks that are received where they are to be: below, copying takes less; above, a length may be wrong."""


class BrokenConnection(ConnectionError):
    """The connection broke, or was closed, before all had come; or what came is no HTTP."""


class Seconds(NamedTuple):
    """How long a connection may be silent before it is given up."""

    write: float
    """While a block of the request's body does not leave."""
    read: float
    """While nothing of the response comes."""


class Blocks(NamedTuple):
    """The body of a request that is sent in blocks."""

    content: AsyncIterator[bytes]
    length: int


class Incoming:
    """What comes in response to a request: a head, and a body, which is left to be taken."""

    head: Head
    has_head = False
    failure: Exception | None = None
    """Why the rest does not come."""

    def __init__(self, connection: Connection, method: str) -> None:
        self.connection: Connection | None = connection
        """On which more may come; ``None`` once all has, or has failed."""
        self.method = method
        self.size: int = 0
        """Bytes that have come and wait to be taken."""
        self._pieces: deque[bytes] = deque()

    @property
    def is_over(self) -> bool:
        """Whether all has come and has been taken."""
        return self.connection is None and not self.size and self.failure is None

    def add(self, piece: bytes) -> None:
        """Keep what has come."""
        self._pieces.append(piece)
        self.size += len(piece)

    async def take(self, size: int) -> bytes:
        """Return the next ``size`` bytes of the body, fewer at its end and before it breaks, then none.

        :raises Exception: the ``failure``, when what had come before has been returned.
        """
        connection = self.connection
        if connection is not None and self.size < size:
            if size in _DIRECT and connection.left is not None:
                return await self._take_directly(connection, min(size, self.size + connection.left))
            await connection.wait_for(size)
        if self.failure is not None and not self.size:
            raise self.failure
        return self._next(size)

    async def _take_directly(self, connection: Connection, size: int) -> bytes:
        block, filled = memoryview(bytearray(size)), self.size
        block[:filled] = self._next(filled)
        try:
            filled += await connection.fill(block[filled:])
        except BaseException:
            self.close()  # what had come is lost
            raise
        if self.failure is not None and not filled:
            raise self.failure
        return bytes(block[:filled])

    def _next(self, size: int) -> bytes:
        found, missing = [], min(size, self.size)
        self.size -= missing
        while missing:
            piece = self._pieces.popleft()
            if len(piece) > missing:
                self._pieces.appendleft(piece[missing:])
                piece = piece[:missing]
            found.append(piece)
            missing -= len(piece)
        return found[0] if len(found) == 1 else b"".join(found)

    def close(self) -> None:
        """Close the connection, if more may come on it."""
        if self.connection is not None:
            self.connection.abort()


class Connection(asyncio.BufferedProtocol):
    """A connection, which is used for one exchange at a time."""

    on_free: Callable[[Connection], None] | None = None
    """Called when an exchange has ended, however it did, and when the connection is lost outside of one."""

    def __init__(self, scratch: memoryview) -> None:
        """Begin, without being connected.

        :param scratch: where bytes are received that nobody has given a place for. All connections of a loop may have
            the same, as it is read before anything else is received.
        """
        self.is_usable: bool = False
        """Whether there may be another exchange."""
        self.left: int | None = None
        """Bytes of the body that are to come, if that is known."""
        self._loop = asyncio.get_running_loop()
        self._scratch = scratch
        self._transport: asyncio.Transport | None = None
        self._lost: asyncio.Future[None] = self._loop.create_future()
        self._incoming: Incoming | None = None
        self._rest = b""  # of a head
        self._chunks: Chunks | None = None
        self._is_sent = self._is_paused = self._is_full = False
        self._target: memoryview | None = None
        self._wanted = 0
        self._waiter: asyncio.Future[None] | None = None
        self._drained: asyncio.Future[None] | None = None
        self._seconds = Seconds(0, 0)
        self._silence: float | None = None
        self._heard = self._alarm_at = 0.0
        self._alarm: asyncio.TimerHandle | None = None

    # --- an exchange ---

    async def exchange(self, method: str, request: bytes, blocks: Blocks | None, seconds: Seconds) -> Incoming:
        """Send a request, and return what comes in response when its head has.

        That may be before all blocks have been sent, of which no more are taken then. However it ends, their iterator
        has been closed.

        :raises TimeoutError: a block does not leave, or the head does not come.
        :raises BrokenConnection:
        :raises Exception: the blocks cannot be had, or are not as long as was said.
        """
        incoming = self._incoming = Incoming(self, method)
        self.is_usable, self._is_sent, self._seconds = False, blocks is None, seconds
        try:
            self._write(request)
            if blocks is None:
                while not incoming.has_head:
                    await self._something(incoming, seconds.read)
            else:
                await self._send(incoming, blocks)
        except BaseException:
            incoming.close()
            raise
        return incoming

    async def _send(self, incoming: Incoming, blocks: Blocks) -> None:
        sending = asyncio.ensure_future(self._send_blocks(incoming, blocks))
        sending.add_done_callback(self._wake)
        try:
            while not incoming.has_head:
                if sending.done():
                    sending.result()
                await self._something(incoming, self._seconds.read if self._is_sent else None)
        finally:
            await cancelled(sending)

    async def _send_blocks(self, incoming: Incoming, blocks: Blocks) -> None:
        (content, left), unbroken = blocks, 0
        closing: AbstractAsyncContextManager[Any] = (
            aclosing(cast("Any", content)) if hasattr(content, "aclose") else nullcontext()
        )
        async with closing:
            async for block in content:
                left -= len(block)
                if left < 0:
                    raise ValueError("there is more content than was announced")
                view = memoryview(block)
                for start in range(0, len(view), _PIECE):
                    if self._incoming is not incoming:
                        return
                    self._write(view[start : start + _PIECE])
                    if self._is_full:
                        await self._drain()
                self._is_sent = not left
                unbroken += len(block)
                if unbroken >= _LONGEST_TURN:  # or a loss would not be noticed where no block is waited for
                    unbroken = 0
                    await asyncio.sleep(0)
        if left:
            raise ValueError("there is less content than was announced")

    def _write(self, data: bytes | memoryview) -> None:
        if self._transport is not None:
            self._transport.write(data)

    async def _drain(self) -> None:
        """Wait until there is room to send more."""
        self._drained, seconds = self._loop.create_future(), self._seconds.write
        silence = TimeoutError(f"a block of the body has not been taken for {seconds} seconds")
        end = self._loop.call_later(seconds, self._fail, silence)
        try:
            await self._drained
        finally:
            end.cancel()
            self._drained = None

    async def wait_for(self, size: int) -> None:
        """Wait until so many bytes of the body have come, or no more will."""
        incoming, self._wanted = self._incoming, size
        try:
            while incoming is not None and incoming is self._incoming and incoming.size < size:
                self._pause(False)
                await self._something(None, self._seconds.read)
        finally:
            self._wanted = 0

    async def fill(self, target: memoryview) -> int:
        """Receive the next bytes of the body, of which no more may be wanted than are ``left``, where they are to be.

        :return: how many have come; fewer if the body broke.
        """
        incoming = self._incoming
        self._target = target
        try:
            while incoming is self._incoming and not self._is_filled():
                self._pause(False)
                await self._something(None, self._seconds.read)
            return len(target) - len(self._target or b"")
        finally:
            self._target = None

    def _is_filled(self) -> bool:
        return self._target is None

    async def _something(self, incoming: Incoming | None, seconds: float | None) -> None:
        """Wait until something has happened, and raise the failure of what comes, if it is given."""
        if self._waiter is not None and not self._waiter.done():
            raise RuntimeError("another task waits for the same response")
        waiter = self._waiter = self._loop.create_future()
        self._silence = seconds
        if seconds is not None:
            self._heard = self._loop.time()
            self._set_alarm(self._heard + seconds)
        try:
            await waiter
        finally:
            if self._waiter is waiter:  # and not that of the next exchange
                self._waiter = self._silence = None
        if incoming is not None and not incoming.has_head and incoming.failure is not None:
            raise incoming.failure

    def _wake(self, _sending: object = None) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    # --- silence ---

    def _set_alarm(self, at: float) -> None:
        # One that is set is kept for the next exchange: to set one costs more than to be too early.
        if self._alarm is not None:
            if self._alarm_at <= at:
                return
            self._alarm.cancel()
        self._alarm, self._alarm_at = self._loop.call_at(at, self._ring), at

    def _ring(self) -> None:
        self._alarm = None
        if self._silence is None:
            return
        end = self._heard + self._silence
        if self._loop.time() < end:
            self._set_alarm(end)
        elif self._incoming is not None and self._incoming.has_head:
            # A body that stops is one that broke: what is late is a response of which nothing has come.
            self._fail(BrokenConnection(f"nothing more of a response has come for {self._silence} seconds"))
        else:
            self._fail(TimeoutError(f"no response has come for {self._silence} seconds"))

    # --- what asyncio calls ---

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._continue_on(cast("asyncio.Transport", transport))
        if (connected := transport.get_extra_info("socket")) is not None:
            connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)

    async def start_tls(self, trust: ssl.SSLContext, host: str) -> None:
        """Speak TLS from now on, through what is connected."""
        self.is_usable = False
        plain: Any = self._transport
        encrypted: Any = await self._loop.start_tls(plain, self, trust, server_hostname=host)
        if encrypted is None:  # by some versions of Python, where the connection is lost meanwhile
            raise BrokenConnection("the connection was lost during the handshake")
        self._continue_on(encrypted)

    def _continue_on(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        transport.set_write_buffer_limits(_PIECE)
        self.is_usable = True

    @override
    def get_buffer(self, sizehint: int) -> memoryview:
        return self._scratch if self._target is None else self._target

    @override
    def buffer_updated(self, nbytes: int) -> None:
        self._heard = self._loop.time()
        if self._target is None:
            self._receive(bytes(self._scratch[:nbytes]))
            return
        self.left = (self.left or 0) - nbytes
        rest = self._target[nbytes:]
        self._target = rest or None
        if not self.left:
            self._end()
        elif not rest:
            self._pause(True)
            self._wake()

    @override
    def eof_received(self) -> None:
        """Let the transport close itself."""

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        incoming = self._incoming
        if incoming is not None and incoming.has_head and exc is None and incoming.head.body is None:
            self._end()
        else:
            self._fail(exc if isinstance(exc, BrokenPipeError) else _broken_by(exc))
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        if not self._lost.done():
            self._lost.set_result(None)

    @override
    def pause_writing(self) -> None:
        self._is_full = True

    @override
    def resume_writing(self) -> None:
        self._is_full = False
        if self._drained is not None and not self._drained.done():
            self._drained.set_result(None)

    # --- what has come ---

    def _receive(self, data: bytes) -> None:
        incoming = self._incoming
        if incoming is None:
            self.abort()  # nobody has asked for anything
            return
        try:
            if not incoming.has_head:
                head, data = next_head(self._rest + data, incoming.method)
                self._rest = data if head is None else b""
                if head is None:
                    return
                incoming.head, incoming.has_head = head, True
                self._begin(head)
            if self._receive_body(incoming, data):
                self._end()
        except NoHttp as error:
            self._fail(BrokenConnection(str(error)))
            return
        if incoming.size >= self._wanted:
            self._wake()
            self._pause(incoming.size >= _MOST_WAITING)

    def _begin(self, head: Head) -> None:
        self.left = head.body if isinstance(head.body, int) else None
        self._chunks = head.body if isinstance(head.body, Chunks) else None

    def _receive_body(self, incoming: Incoming, data: bytes) -> bool:
        """Keep what came of a body, and return whether that was all."""
        if self._chunks is not None:
            for piece in self._chunks.feed(data):
                incoming.add(piece)
            self._is_sent &= not self._chunks.surplus
            return self._chunks.is_over
        if self.left is not None:
            self._is_sent &= len(data) <= self.left
            data = data[: self.left]
            self.left -= len(data)
        if data:
            incoming.add(data)
        return self.left == 0

    def _pause(self, is_paused: bool) -> None:
        if is_paused is not self._is_paused and self._transport is not None and self._incoming is not None:
            self._is_paused = is_paused
            (self._transport.pause_reading if is_paused else self._transport.resume_reading)()

    # --- the end ---

    def _end(self) -> None:
        """End an exchange of which all has come."""
        incoming, transport = self._incoming, self._transport
        if incoming is None or transport is None:
            return
        self._pause(False)
        self._incoming = incoming.connection = None
        self.is_usable = self._is_sent and not incoming.head.will_close and not transport.is_closing()
        if not self.is_usable:
            transport.abort()
        self._wake()
        self._tell()

    def abort(self) -> None:
        """Close the connection at once. What is on its way on it fails."""
        self._fail(BrokenConnection("the connection was closed"))

    def _fail(self, failure: Exception) -> None:
        was_usable, self.is_usable = self.is_usable, False
        if self._transport is not None:
            self._transport.abort()
        incoming, self._incoming = self._incoming, None
        if incoming is not None:
            incoming.failure, incoming.connection = failure, None
        self._wake()
        self.resume_writing()
        if incoming is not None or was_usable:
            self._tell()

    def _tell(self) -> None:
        if self.on_free is not None:
            self.on_free(self)

    async def wait_lost(self) -> None:
        """Wait until a connection that was closed is."""
        if self._transport is not None:
            await self._lost


def _broken_by(error: Exception | None) -> Exception:
    if error is None:
        return BrokenConnection("the other end has closed the connection")
    broken = BrokenConnection(str(error))
    broken.__cause__ = error
    return broken
