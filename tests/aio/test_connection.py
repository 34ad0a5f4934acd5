"""Connections of HTTP/1.1: what is sent, what comes, and when one can be used again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest
from hypothesis import given, settings, strategies as st
from tests.aio.cancelling import settle
from tests.aio.conftest import blocks_of
from tests.aio.loops import left_running

from b2sdk.aio.connection import SCRATCH, Blocks, BrokenConnection, Connection, Incoming, Seconds

PATIENT = Seconds(60, 60)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n"


class Transport(asyncio.Transport):
    """A transport that receives what a test gives it, and keeps what is sent."""

    def __init__(self, connection: Connection) -> None:
        super().__init__()
        self.connection = connection
        self.sent = b""
        self.is_paused = self.is_aborted = False
        connection.connection_made(self)

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        pass

    def write(self, data: Any) -> None:
        self.sent += data

    def pause_reading(self) -> None:
        assert not self.is_paused
        self.is_paused = True

    def resume_reading(self) -> None:
        assert self.is_paused
        self.is_paused = False

    def is_closing(self) -> bool:
        return self.is_aborted

    def abort(self) -> None:
        if not self.is_aborted:
            self.is_aborted = True
            asyncio.get_running_loop().call_soon(self.connection.connection_lost, None)

    def arrive(self, data: bytes) -> bytes:
        """Let bytes arrive, as many at a time as there is room for, while they are wanted; return the rest."""
        while data and not self.is_aborted and not self.is_paused:
            buffer = self.connection.get_buffer(-1)
            size = min(len(buffer), len(data))
            buffer[:size] = data[:size]
            data = data[size:]
            self.connection.buffer_updated(size)
        return data


class Free:
    """Counts how often a connection has become free."""

    def __init__(self, connection: Connection) -> None:
        self.times = 0
        connection.on_free = self._note

    def _note(self, _connection: Connection) -> None:
        self.times += 1


def connected() -> tuple[Connection, Transport, Free]:
    connection = Connection(memoryview(bytearray(SCRATCH)))
    return connection, Transport(connection), Free(connection)


async def begun(connection: Connection, *, method: str = "GET") -> asyncio.Task[Incoming]:
    task = asyncio.ensure_future(connection.exchange(method, b"request", None, PATIENT))
    await asyncio.sleep(0)
    return task


@asynccontextmanager
async def responding(head: bytes) -> AsyncIterator[tuple[Incoming, Transport, Connection, Free]]:
    """Give what comes after a head."""
    connection, transport, free = connected()
    exchange = await begun(connection)
    transport.arrive(head)
    yield await exchange, transport, connection, free
    connection.abort()
    await connection.wait_lost()
    assert left_running() == set()


async def test_a_connection_is_used_again() -> None:
    connection, transport, free = connected()
    for number in range(1, 3):
        exchange = await begun(connection)
        transport.arrive(HEAD % 3 + b"abc")
        incoming = await exchange
        assert (connection.is_usable, free.times) == (True, number)
        assert [await incoming.take(2), await incoming.take(2), await incoming.take(2)] == [b"ab", b"c", b""]
        incoming.close()
        assert not transport.is_aborted
    assert transport.sent == b"request" * 2


@pytest.mark.parametrize("size", [1, 7, 65536, 100_000, 300_000])
@given(cuts=st.lists(st.integers(1, 600_000), max_size=6))
@settings(max_examples=10)
def test_blocks_do_not_depend_on_how_they_arrive(size: int, cuts: list[int]) -> None:
    """Large ones are received where they are to be, small ones are copied."""
    body = (bytes(range(251)) * 2000)[: 200_000 if size > 1000 else 200]

    async def flow() -> list[bytes]:
        async with responding(HEAD % len(body)) as (incoming, transport, connection, free):
            taking = asyncio.ensure_future(blocks_of(incoming, size))
            rest = body
            for cut in [*cuts, len(body)]:
                arriving, rest = rest[:cut], rest[cut:]
                while arriving:
                    await settle()
                    arriving = transport.arrive(arriving)
            blocks = await taking
            assert (connection.is_usable, free.times) == (True, 1)
            return blocks

    blocks = asyncio.run(flow())
    assert b"".join(blocks) == body
    assert all(len(block) == size for block in blocks[:-1])


async def test_what_nobody_takes_is_left_in_the_socket() -> None:
    async with responding(HEAD % 1_000_000) as (incoming, transport, _, _):
        assert transport.arrive(bytes(SCRATCH) + b"left") == b"left"
        taking = asyncio.ensure_future(incoming.take(500_000))
        await settle()
        assert transport.arrive(b"x" * (500_000 - SCRATCH) + b"left") == b"left"
        assert await taking == bytes(SCRATCH) + b"x" * (500_000 - SCRATCH)


@pytest.mark.parametrize(
    "answer",
    [
        HEAD % 3 + b"abcd",
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc",
        b"HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\nmore",
    ],
    ids=["surplus", "close", "1.0", "surplus after chunks"],
)
async def test_a_connection_on_which_more_may_come_is_closed(answer: bytes) -> None:
    async with responding(answer) as (incoming, transport, connection, free):
        assert await incoming.take(10) == b"abc"
        assert (connection.is_usable, transport.is_aborted, free.times) == (False, True, 1)


async def test_a_body_in_chunks_ends_by_itself() -> None:
    async with responding(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n") as (
        incoming,
        transport,
        connection,
        _,
    ):
        transport.arrive(b"3\r\nabc\r\n2\r")
        transport.arrive(b"\nde\r\n0\r\n\r\n")
        assert await blocks_of(incoming, 4) == [b"abcd", b"e"]
        assert connection.is_usable


async def test_a_body_without_a_length_ends_with_the_connection() -> None:
    async with responding(b"HTTP/1.1 200 OK\r\n\r\n") as (incoming, transport, connection, free):
        transport.arrive(b"abc")
        connection.connection_lost(None)
        assert await blocks_of(incoming, 10) == [b"abc"]
        assert (connection.is_usable, free.times) == (False, 1)


async def test_a_body_without_a_length_that_breaks_is_broken() -> None:
    async with responding(b"HTTP/1.1 200 OK\r\n\r\n") as (incoming, transport, connection, free):
        transport.arrive(b"abc")
        connection.connection_lost(ConnectionResetError(104, "reset"))
        assert await incoming.take(10) == b"abc"
        with pytest.raises(BrokenConnection, match="reset"):
            await incoming.take(10)
        assert free.times == 1


@pytest.mark.parametrize("size", [10, 100_000])
async def test_what_came_before_a_body_broke_is_returned(size: int) -> None:
    async with responding(HEAD % 100_000) as (incoming, transport, connection, free):
        taking = asyncio.ensure_future(incoming.take(size))
        await settle()
        transport.arrive(b"abc")
        await settle()
        connection.connection_lost(None)
        assert await taking == b"abc"
        with pytest.raises(BrokenConnection, match="has closed"):
            await incoming.take(size)
        assert free.times == 1


@pytest.mark.parametrize("size", [10, 100_000])
async def test_no_byte_is_left_out_after_who_takes_is_cancelled(size: int) -> None:
    async with responding(HEAD % 100_000) as (incoming, transport, _, _):
        taking = asyncio.ensure_future(incoming.take(size))
        await settle()
        transport.arrive(b"abc")
        taking.cancel()
        await settle()
        if size == 10:
            transport.arrive(b"defghij")
            assert await incoming.take(size) == b"abcdefghij"
        else:
            with pytest.raises(BrokenConnection):
                await incoming.take(size)


async def test_what_comes_unasked_closes_the_connection() -> None:
    connection, transport, free = connected()
    exchange = await begun(connection)
    transport.arrive(HEAD % 0)
    await exchange
    transport.arrive(HEAD % 0)
    assert (transport.is_aborted, connection.is_usable, free.times) == (True, False, 2)


async def test_an_idle_connection_that_is_lost_is_told_once() -> None:
    connection, _, free = connected()
    connection.connection_lost(None)
    connection.abort()
    assert (connection.is_usable, free.times) == (False, 1)


async def test_what_is_no_http_breaks_the_connection() -> None:
    connection, transport, free = connected()
    exchange = await begun(connection)
    transport.arrive(b"SSH-2.0\r\n")
    with pytest.raises(BrokenConnection, match="begins with b'SSH"):
        await exchange
    assert (transport.is_aborted, free.times) == (True, 1)


async def blocks(*content: bytes) -> AsyncIterator[bytes]:
    for block in content:
        yield block


@pytest.mark.parametrize(("content", "match"), [((b"abc", b"de"), "more content"), ((b"abc",), "less content")])
async def test_content_of_another_length_is_no_request(content: tuple[bytes, ...], match: str) -> None:
    connection, transport, free = connected()
    with pytest.raises(ValueError, match=match):
        await connection.exchange("POST", b"head", Blocks(blocks(*content), 4), PATIENT)
    assert b"abcd" not in transport.sent
    assert (transport.is_aborted, free.times) == (True, 1)


async def test_blocks_wait_for_room_and_are_all_sent() -> None:
    connection, transport, free = connected()
    sending = asyncio.ensure_future(connection.exchange("POST", b"", Blocks(blocks(b"ab", b"cd"), 4), PATIENT))
    connection.pause_writing()
    await settle()
    assert transport.sent == b"ab"
    connection.resume_writing()
    await settle()
    transport.arrive(HEAD % 0)
    await sending
    assert (transport.sent, connection.is_usable, free.times) == (b"abcd", True, 1)
    assert left_running() == set()


async def test_no_more_is_sent_after_an_early_response() -> None:
    is_closed = False

    async def endless() -> AsyncIterator[bytes]:
        nonlocal is_closed
        try:
            yield b"ab"
            await asyncio.get_running_loop().create_future()
        finally:
            is_closed = True

    connection, transport, free = connected()
    sending = asyncio.ensure_future(connection.exchange("POST", b"", Blocks(endless(), 4), PATIENT))
    await settle()
    transport.arrive(b"HTTP/1.1 400 No\r\nContent-Length: 2\r\n\r\nno")
    incoming = await sending
    assert (incoming.head.status, await incoming.take(10)) == (400, b"no")
    assert (is_closed, transport.is_aborted, free.times) == (True, True, 1)
    assert left_running() == set()


class Clock:
    """A loop whose time stands still, and that keeps what it is to call."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.alarms: list[tuple[float, Callable[[], None]]] = []
        self.create_future = asyncio.get_running_loop().create_future

    def time(self) -> float:
        return self.now

    def call_at(self, at: float, ring: Callable[[], None]) -> Clock:
        self.alarms.append((at, ring))
        return self

    def cancel(self) -> None:
        self.alarms.clear()

    def ring_at(self, at: float) -> None:
        (set_to, ring), self.now = self.alarms.pop(), at
        assert (set_to, self.alarms) == (at, [])
        ring()


async def test_silence_is_measured_from_what_came_last() -> None:
    connection, transport, _ = connected()
    clock = Clock()
    connection._loop = cast("Any", clock)
    exchange = asyncio.ensure_future(connection.exchange("GET", b"", None, Seconds(1, 10)))
    await asyncio.sleep(0)
    clock.now = 1008
    transport.arrive(b"HTTP/1.1 ")
    clock.ring_at(1010)
    clock.ring_at(1018)
    with pytest.raises(TimeoutError, match="no response has come for 10 seconds"):
        await exchange
    assert transport.is_aborted


async def test_an_alarm_goes_on_with_the_next_request() -> None:
    connection, transport, _ = connected()
    clock = Clock()
    connection._loop = cast("Any", clock)
    for seconds in (10, 100, 5):
        exchange = asyncio.ensure_future(connection.exchange("GET", b"", None, Seconds(1, seconds)))
        await asyncio.sleep(0)
        assert [at for at, _ in clock.alarms] == [1005 if seconds == 5 else 1010]
        transport.arrive(HEAD % 0)
        await exchange
    clock.ring_at(1005)
    assert (clock.alarms, transport.is_aborted) == ([], False)


async def test_a_loss_is_noticed_although_no_block_is_waited_for() -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield bytes(100_000)

    connection, _, free = connected()
    sending = asyncio.ensure_future(connection.exchange("POST", b"", Blocks(endless(), 10**12), PATIENT))
    await asyncio.sleep(0)
    asyncio.get_running_loop().call_soon(connection.connection_lost, None)
    with pytest.raises(BrokenConnection):
        await sending
    assert free.times == 1
