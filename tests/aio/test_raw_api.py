"""Endpoints, awaited."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import pytest
from tests.aio.conftest import http_client
from tests.http.conftest import ScriptedServer

from b2sdk.aio.raw_api import AsyncRawApi
from b2sdk.exception import B2Error, FileNotPresent, InvalidJsonResponse, ServiceError, TooManyRequests

BUCKETS = b'{"buckets": []}'


async def test_an_endpoint_returns_what_is_awaited_and_sends_nothing_before(server: ScriptedServer) -> None:
    server.will_answer(BUCKETS)
    base = server.url.removesuffix("/here")
    async with http_client() as http:
        call: Any = AsyncRawApi(http).list_buckets(base, "4_token", "account")
        assert inspect.iscoroutine(call)
        assert server.received == []
        assert await call == {"buckets": []}
    assert server.received[0].head.startswith("POST /b2api/v4/b2_list_buckets ")
    assert "Authorization: 4_token" in server.received[0].head


async def test_an_error_is_explained_by_its_endpoint(server: ScriptedServer) -> None:
    server.will_answer(b'{"status": 404, "code": "not_found", "message": "no"}', status=404)
    async with http_client() as http:
        call: Any = AsyncRawApi(http).get_file_info_by_id(server.url.removesuffix("/here"), "4_token", "4_zfile")
        with pytest.raises(FileNotPresent, match="4_zfile"):
            await call


async def test_a_response_without_what_the_endpoint_promises_is_no_key_error(server: ScriptedServer) -> None:
    server.will_answer(b"[]")
    async with http_client() as http:
        call: Any = AsyncRawApi(http).list_buckets(server.url.removesuffix("/here"), "4_token", "account")
        with pytest.raises(InvalidJsonResponse):
            await call


HEADERS = ("X-Bz-File-Id: 4_zfile", "X-Bz-File-Name: name", "Content-Type: text/plain")


async def test_a_head_returns_the_headers(server: ScriptedServer) -> None:
    server.script.append("\r\n".join(["HTTP/1.1 200 OK", "Content-Length: 5", *HEADERS, "", ""]).encode())
    async with http_client() as http:
        call: Any = AsyncRawApi(http).get_file_info_by_name(
            server.url.removesuffix("/here"), "4_token", "bucket", "name"
        )
        found = await call
    assert found["x-bz-file-id"] == "4_zfile"
    assert server.received[0].head.startswith("HEAD /file/bucket/name ")


async def test_a_refusal_without_words_is_asked_for_with_a_download(server: ScriptedServer, waits: list[float]) -> None:
    server.script.append(b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n")
    server.will_answer(b'{"status": 403, "code": "download_cap_exceeded", "message": "no"}', status=403)
    async with http_client() as http:
        call: Any = AsyncRawApi(http).get_file_info_by_name(
            server.url.removesuffix("/here"), "4_token", "bucket", "name"
        )
        with pytest.raises(B2Error) as caught:
            await call
    assert "cap" in str(caught.value).lower()
    assert [received.head.split()[0] for received in server.received] == ["HEAD", "GET"]


async def test_each_primitive_is_tried_as_often_as_its_kind(server: ScriptedServer, waits: list[float]) -> None:
    busy = b'{"status": 503, "code": "busy", "message": "no"}'
    base = server.url.removesuffix("/here")
    async with http_client() as http:
        raw: Any = AsyncRawApi(http)
        calls: dict[int, Callable[[], Any]] = {
            http.TRY_COUNT_OTHER: lambda: raw.list_buckets(base, "4_token", "account"),
            http.TRY_COUNT_DOWNLOAD: lambda: raw.download_file_from_url("4_token", f"{base}/file/bucket/name"),
        }
        for attempts, call in calls.items():
            server.received.clear()
            for _ in range(attempts):
                server.will_answer(busy, status=503)
            with pytest.raises((ServiceError, TooManyRequests)):
                await call()
            assert len(server.received) == attempts
