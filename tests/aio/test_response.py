"""Responses whose body is awaited."""

from __future__ import annotations

import asyncio
import gzip
import socket
from typing import Any
from unittest.mock import Mock

import aiohttp
import pytest
from hypothesis import given, strategies as st
from tests.aio.cancelling import settle
from tests.aio.conftest import blocks_of, http_client
from tests.aio.loops import left_running
from tests.http.conftest import ScriptedServer, Stalling

from b2sdk.aio import response as responses
from b2sdk.aio.limits import Limits
from b2sdk.aio.response import Request, Response
from b2sdk.costs import ClientMeter
from b2sdk.exception import B2ConnectionError, ServiceError, UnexpectedCloudBehaviour
from b2sdk.http import Timeouts


@pytest.mark.parametrize("size", [1, 3, 7, 1000])
async def test_blocks_are_the_body(server: ScriptedServer, size: int) -> None:
    body = bytes(range(20))
    server.will_answer(body)
    async with http_client() as http:
        response = await http.request("GET", server.url, {}, stream=True)
        found = await blocks_of(response, size)
        response.close()
    assert found == [body[start : start + size] for start in range(0, len(body), size)]


class Arriving:
    """The body of a response of aiohttp, in pieces as a network has them."""

    status, headers = 200, {"a": "b"}

    def __init__(self, pieces: list[bytes]) -> None:
        self._pieces = iter(pieces)
        self.content = self

    async def readany(self) -> bytes:
        return next(self._pieces, b"")

    def at_eof(self) -> bool:
        return False


@given(st.lists(st.binary(min_size=1, max_size=20)), st.integers(1, 25))
def test_blocks_do_not_depend_on_how_they_arrive(pieces: list[bytes], size: int) -> None:
    arriving: Any = Arriving(pieces)
    found = asyncio.run(blocks_of(Response(arriving, Request("url", {}), ClientMeter()), size))
    assert b"".join(found) == b"".join(pieces)
    assert all(len(block) == size for block in found[:-1])
    assert all(0 < len(block) <= size for block in found[-1:])


async def test_a_body_that_breaks_is_told_after_what_has_come(server: ScriptedServer) -> None:
    def break_off(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nthe beginning")

    server.script.append(break_off)
    async with http_client() as http:
        response = await http.request("GET", server.url, {}, stream=True)
        assert [await response.take(8), await response.take(8)] == [b"the begi", b"nning"]
        with pytest.raises(B2ConnectionError):
            await response.take(8)


@pytest.mark.parametrize(("size", "expected"), [(8, [b"the begi", b"nning"]), (100, [b"the beginning"])])
async def test_what_has_come_before_a_body_broke_is_not_lost_if_nobody_read_it_in_time(
    size: int, expected: list[bytes]
) -> None:
    content = aiohttp.StreamReader(Mock(_reading_paused=False), 1000, loop=asyncio.get_running_loop())
    content.feed_data(b"the beginning")
    content.set_exception(aiohttp.ClientPayloadError("broken"))
    response = Response(Mock(content=content, status=200, headers={}), Request("url", {}), ClientMeter())
    assert [await response.take(size) for _ in expected] == expected
    with pytest.raises(B2ConnectionError):
        await response.take(size)


async def test_a_body_that_stops_is_a_broken_connection(server: ScriptedServer) -> None:
    server.script.append(Stalling(server, b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nx"))
    async with http_client(timeouts=Timeouts(read=0.1)) as http:
        response = await http.request("GET", server.url, {}, stream=True)
        with pytest.raises(B2ConnectionError):
            await blocks_of(response, 8)


async def test_a_body_that_stops_when_it_is_json_is_tried_again(server: ScriptedServer, waits: list[float]) -> None:
    server.script.append(Stalling(server, b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"))
    server.will_answer(b'{"a": 1}')
    async with http_client(timeouts=Timeouts(read=0.1)) as http:
        assert await http.get_json(server.url, {}, {}) == {"a": 1}
    assert waits == [1]


@pytest.mark.parametrize("is_read", [False, True])
async def test_a_response_that_is_closed_gives_its_connection_back(server: ScriptedServer, is_read: bool) -> None:
    server.will_answer(b"x" * 1_000_000)
    server.will_answer(b"{}")
    async with http_client(Limits(requests=1)) as http:
        response = await http.request("GET", server.url, {}, stream=True)
        if is_read:
            await blocks_of(response, 65536)
        response.close()
        response.close()
        assert await http.get_json(server.url, {}, {}) == {}
    assert server.connections == (1 if is_read else 2), "one that has not been read is not used again"


async def test_who_is_cancelled_while_it_reads_can_close(server: ScriptedServer) -> None:
    stalling = Stalling(server, b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nx")
    server.script.append(stalling)
    server.will_answer(b"{}")
    async with http_client(Limits(requests=1)) as http:
        response = await http.request("GET", server.url, {}, stream=True)
        reading = asyncio.ensure_future(blocks_of(response, 8))
        await settle()
        reading.cancel()
        await asyncio.wait([reading])
        assert reading.cancelled()
        response.close()
        assert await http.get_json(server.url, {}, {}) == {}
        assert left_running() == set()


async def test_a_response_that_is_longer_than_any_is_refused(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(responses, "LONGEST_BODY", 10)
    server.will_answer(b"x" * 11)
    async with http_client(Limits(requests=1)) as http:
        with pytest.raises(UnexpectedCloudBehaviour, match="longer than 10 bytes"):
            await http.get_json(server.url, {}, {})
        server.will_answer(b'{"a": "b"}')
        assert await http.get_json(server.url, {}, {}) == {"a": "b"}


async def test_of_a_long_page_with_an_error_the_beginning_is_shown(server: ScriptedServer, waits: list[float]) -> None:
    server.will_answer(b"<html>" + b"x" * 1_000_000, status=503)
    async with http_client() as http:
        with pytest.raises(ServiceError) as caught:
            await http.request("GET", server.url, {}, try_count=1)
    assert "<html>xxx" in str(caught.value)
    assert len(str(caught.value)) < 100_000


@pytest.mark.parametrize("is_decoded", [False, True])
async def test_a_stored_gzip_object_is_decoded_on_demand_only(server: ScriptedServer, is_decoded: bool) -> None:
    stored = gzip.compress(b"content")
    server.will_answer(stored, "Content-Encoding: gzip")
    async with http_client(decode_content=is_decoded) as http:
        response = await http.request("GET", server.url, {}, stream=True)
        found = b"".join(await blocks_of(response, 100))
        response.close()
    assert found == (b"content" if is_decoded else stored)


async def test_headers_are_found_however_they_are_written(server: ScriptedServer) -> None:
    server.will_answer(b"{}", "X-Bz-File-Name: name")
    async with http_client() as http:
        response = await http.request("GET", server.url, {"a": "b"})
    assert response.headers["x-bz-file-name"] == response.headers["X-BZ-FILE-NAME"] == "name"
    assert response.url == response.request.url == server.url
    assert response.request.headers["a"] == "b"
