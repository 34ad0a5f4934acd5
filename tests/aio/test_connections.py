"""The connections of a client: which is used again, which is closed, and one that does not come about."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest
from tests.aio.conftest import http_client
from tests.aio.loops import left_running
from tests.http.conftest import ScriptedServer

from b2sdk.aio.connection import Connection, Seconds
from b2sdk.aio.connections import Connections, Unreachable
from b2sdk.aio.limits import Limits
from b2sdk.aio.ways import Way, find_way
from b2sdk.exception import B2ConnectionError
from b2sdk.http import Timeouts

PATIENT = Seconds(60, 60)


@asynccontextmanager
async def opened(limits: Limits) -> AsyncIterator[Connections]:
    connections = Connections(limits)
    try:
        yield connections
    finally:
        await connections.close()
        assert left_running() == set()


async def way_to(server: ScriptedServer) -> Way:
    return await asyncio.get_running_loop().run_in_executor(None, find_way, server.url)


async def ask(connections: Connections, way: Way) -> Connection:
    connection = await connections.get(way, 60)
    incoming = await connection.exchange("GET", b"GET / HTTP/1.1\r\n\r\n", None, PATIENT)
    assert await incoming.take(10) == b"{}"
    return connection


async def test_one_that_was_not_used_for_a_while_is_closed(server: ScriptedServer) -> None:
    way = await way_to(server)
    for _ in range(2):
        server.will_answer()
    async with opened(Limits(idle_seconds=0.01)) as connections:
        first = await ask(connections, way)
        await first.wait_lost()
        second = await ask(connections, way)
        assert (first is second, first.is_usable, connections.in_use) == (False, False, 0)
    assert server.connections == 2


async def test_the_one_that_was_used_last_is_used_again(server: ScriptedServer) -> None:
    way = await way_to(server)
    for _ in range(3):
        server.will_answer()
    async with opened(Limits()) as connections:
        await asyncio.gather(*(ask(connections, way) for _ in range(2)))
        last = list(connections._idle[way.origin])[-1]
        assert await ask(connections, way) is last
    assert server.connections == 2


async def test_one_that_the_other_end_has_closed_is_not_used_again(server: ScriptedServer) -> None:
    way = await way_to(server)
    server.script.append(lambda connection: connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"))
    server.will_answer()
    async with opened(Limits()) as connections:
        first = await ask(connections, way)
        await first.wait_lost()
        assert await ask(connections, way) is not first


async def test_none_is_left_of_a_host_that_is_not_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    way = Way("http://127.0.0.1", "127.0.0.1", port, "127.0.0.1", None, is_tls=False, proxy=None)
    async with opened(Limits(requests=1)) as connections:
        for _ in range(2):
            with pytest.raises(Unreachable, match=rf"^no connection to 127\.0\.0\.1:{port}: "):
                await connections.get(way, 60)
        assert connections.in_use == 0


@pytest.fixture
def silent() -> Iterator[str]:
    """Give the URL of a host that accepts connections and then says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"127.0.0.1:{listener.getsockname()[1]}"


@pytest.mark.parametrize("is_proxy", [False, True], ids=["host", "proxy"])
async def test_a_handshake_ends_in_time(silent: str, is_proxy: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if is_proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://{silent}")
    async with http_client(timeouts=Timeouts(connect=0.05, read=60)) as http:
        with pytest.raises(B2ConnectionError, match=f"no connection to {silent}"):
            await http.request("GET", "https://service.test/" if is_proxy else f"https://{silent}/", {}, try_count=1)
    assert left_running() == set()
