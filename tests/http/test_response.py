from __future__ import annotations

import contextlib
import io
import json
import logging
import mmap
import socket
from collections.abc import Callable
from typing import Any

import pytest
import requests
from hypothesis import given, strategies as st
from tests.http.conftest import ScriptedServer
from urllib3 import HTTPResponse

from b2sdk.exception import (
    B2Error,
    BadRequest,
    InvalidJsonResponse,
    PotentialS3EndpointPassedAsRealm,
    ResourceNotFound,
    ServiceError,
    TooManyRequests,
    UnexpectedCloudBehaviour,
    UnknownError,
)
from b2sdk.http import B2Http
from b2sdk.http.response import ResponseContextManager, error_of, json_object, json_of, load_body
from b2sdk.lazy_page import decode_entries_lazily

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


def told(
    body: bytes | dict[str, Any], status: int = 200, url: str = "https://api.test/b2api", **headers: str
) -> requests.Response:
    response = requests.Response()
    response.status_code = status
    response.url = url
    response.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    response._content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return response


def test_an_object_is_read() -> None:
    assert json_object(told(b'{"buckets": []}')) == {"buckets": []}


@pytest.mark.parametrize("body", [b"", b"<html>", b"[1]", b"null", b'"text"', b"{", b"\xff\xfe", b"[" * 100_000])
def test_anything_else_is_invalid_and_shown(body: bytes) -> None:
    with pytest.raises(InvalidJsonResponse) as caught:
        json_object(told(body))
    assert type(caught.value) is InvalidJsonResponse
    assert caught.value.content == body


def test_what_the_parser_said_stays_attached() -> None:
    with pytest.raises(InvalidJsonResponse) as caught:
        json_object(told(b"<html>"))
    assert isinstance(caught.value.__cause__, json.JSONDecodeError)


@pytest.mark.parametrize("status", [200, 404])
def test_a_page_of_the_s3_endpoint_is_recognised(status: int) -> None:
    response = told(b"<Error/>", status, url="https://s3.us-west-001.backblazeb2.com/b2api/v3/b2_authorize_account")
    with pytest.raises(PotentialS3EndpointPassedAsRealm) as caught:
        json_object(response)
    assert caught.value.content == b"<Error/>"
    assert isinstance(error_of(response, None), PotentialS3EndpointPassedAsRealm)


def test_code_and_message_reach_the_error() -> None:
    error = error_of(told({"status": 400, "code": "bad_request", "message": "no"}, 400), None)
    assert isinstance(error, BadRequest)
    assert (error.message, error.code) == ("no", "bad_request")


def test_the_parameters_of_the_call_name_what_is_at_fault() -> None:
    body = {"status": 400, "code": "duplicate_bucket_name", "message": "taken"}
    assert str(error_of(told(body, 400), {"bucketName": "mine"})) == "Bucket name is already in use: mine"


def test_an_empty_body_has_neither_code_nor_message() -> None:
    assert str(error_of(told(b"", 500), None)) == "500 the service did not say why"
    assert type(error_of(told(b"", 404), None)) is ResourceNotFound


def test_a_page_is_the_message_as_a_whole() -> None:
    page = "<html>" + "x" * 1000
    assert str(error_of(told(page.encode(), 502), None)) == f"502 non_json_response {page}"
    assert str(error_of(told(page.encode(), 400), None)) == f"{page} (non_json_response)"


def test_nulls_are_nothing_and_numbers_are_text() -> None:
    assert (
        str(error_of(told({"code": None, "message": None}, 403), None))
        == "Unknown error: 403 the service did not say why"
    )
    numbered = error_of(told({"code": 503, "message": 7}, 503), None)
    assert isinstance(numbered, ServiceError)
    assert str(numbered) == "503 503 7"


def test_the_status_on_the_wire_wins_over_that_in_the_body(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        error = error_of(told({"status": 400, "code": "bad_request", "message": "no"}, 503), None)
    assert isinstance(error, ServiceError)
    assert "status 503, but the body says 400" in caplog.messages


@pytest.mark.parametrize("status", ["400", 400])
def test_a_status_that_agrees_is_not_worth_a_warning(status: Any, caplog: pytest.LogCaptureFixture) -> None:
    error_of(told({"status": status, "code": "bad_request", "message": "no"}, 400), None)
    assert not caplog.messages


@pytest.mark.parametrize(
    ("header", "seconds"), [("7", 7), ("0", 0), ("-3", None), ("1.5", None), ("soon", None), ("9" * 5000, None)]
)
def test_retry_after_is_whole_seconds_or_nothing(header: str, seconds: int | None) -> None:
    error = error_of(told(b"", 429, Retry_After=header), None)
    assert isinstance(error, TooManyRequests)
    assert error.retry_after_seconds == seconds or len(header) == 5000


@pytest.mark.filterwarnings("ignore:bad request exception with an unknown")
@given(st.integers(100, 599), st.dictionaries(st.sampled_from(["status", "code", "message", "x"]), json_values))
def test_no_object_is_more_than_an_error_of_this_package(status: int, body: dict[str, Any]) -> None:
    assert isinstance(error_of(told(body, status), None), B2Error)


@pytest.mark.filterwarnings("ignore:bad request exception with an unknown")
@given(st.integers(100, 599), st.binary(), st.text())
def test_no_body_is_more_than_an_error_of_this_package(status: int, body: bytes, retry_after: str) -> None:
    assert isinstance(error_of(told(body, status, Retry_After=retry_after), {}), B2Error)


def test_an_undocumented_status_is_an_unknown_error() -> None:
    assert type(error_of(told(b"", 418), None)) is UnknownError


def test_the_context_gives_the_response_and_leaves_it_open() -> None:
    class Watched(requests.Response):
        closed = False

        def close(self) -> None:
            self.closed = True

    response = Watched()
    with ResponseContextManager(response) as given_response:
        assert given_response is response
    assert not response.closed


@pytest.mark.parametrize("broken", [b"\xff", b""], ids=["not UTF-8", "cut short"])
@pytest.mark.parametrize("status", [200, 502])
def test_a_response_that_is_broken_shows_no_secret(
    server: ScriptedServer, client: B2Http, broken: bytes, status: int
) -> None:
    answer = broken + b'{"accountId": "id", "authorizationToken": "tok-en", "applicationKey":"sec-ret'
    server.will_answer(answer, status=status)
    with pytest.raises(B2Error) as caught:
        client.post_json_return_json(server.url, {}, {}, try_count=1)
    link: BaseException | None = caught.value
    while link is not None:
        told = f"{link}{link!r}{link.args}"
        assert "tok-en" not in told
        assert "sec-ret" not in told
        link = link.__cause__ or link.__context__


class Endless(io.RawIOBase):
    """Gives letters for ever, and counts them."""

    given = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        self.given += len(buffer)
        memoryview(buffer)[:] = b"x" * len(buffer)
        return len(buffer)


def endless(status: int) -> tuple[requests.Response, Endless]:
    response, body = requests.Response(), Endless()
    response.status_code, response.url = status, "https://api.test/b2api"
    response.raw = HTTPResponse(io.BufferedReader(body), status=status, preload_content=False)
    return response, body


def test_of_what_comes_with_an_error_no_more_is_read_than_is_reported() -> None:
    response, body = endless(503)
    load_body(response, is_success=False)
    assert len(response.content) == 64 * 1024
    assert body.given < 2**20
    assert isinstance(error_of(response, None), ServiceError)
    assert response.raw.closed


def test_a_response_that_does_not_end_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("b2sdk.http.response.LONGEST_BODY", 100_000)
    response, body = endless(200)
    with pytest.raises(UnexpectedCloudBehaviour, match="longer than 100000 bytes"):
        load_body(response, is_success=True)
    assert body.given < 2**20
    assert response.raw.closed


@pytest.mark.parametrize("size", [0, 1, 99_999, 100_000])
def test_a_response_is_read_up_to_its_end(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr("b2sdk.http.response.LONGEST_BODY", 100_000)
    response = requests.Response()
    response.raw = HTTPResponse(io.BytesIO(b"y" * size), preload_content=False)
    load_body(response, is_success=True)
    assert response.content == b"y" * size


PAGE = b'{"files": [' + b",".join([b'{"fileId": "x", "fileName": "y"}'] * 100) + b'], "nextFileName": null}'


def response_of(body: bytes, **headers: str) -> requests.Response:
    response = requests.Response()
    response.headers.update({"Content-Length": str(len(body)), **headers})
    response.raw = HTTPResponse(io.BytesIO(body), preload_content=False)
    return response


@pytest.mark.parametrize(
    ("headers", "is_wanted", "is_mapped"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"Content-Length": "?"}, True, False),
        ({"Content-Length": "99"}, True, False),
        ({"Content-Encoding": "identity"}, True, False),
    ],
)
def test_of_a_large_page_nothing_is_left_in_the_allocator_of_a_thread(
    monkeypatch: pytest.MonkeyPatch, headers: dict[str, str], is_wanted: bool, is_mapped: bool
) -> None:
    monkeypatch.setattr("b2sdk.http.response._LEAST_TO_MAP", 100)
    response = response_of(PAGE, **headers)
    with decode_entries_lazily() if is_wanted else contextlib.nullcontext():
        load_body(response, is_success=True)
        assert response.content == PAGE
        page = json_of(response)
    assert (type(getattr(page["files"], "_content", None)) is mmap.mmap) is is_mapped
    assert list(page["files"]) == [{"fileId": "x", "fileName": "y"}] * 100


def test_a_large_response_that_is_no_page_is_what_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("b2sdk.http.response._LEAST_TO_MAP", 1)
    for body, expected in ((b'{"other": 1}', {"other": 1}), (b'{"files": [}', None)):
        response = response_of(body)
        response.url = "https://api.test"
        with decode_entries_lazily():
            load_body(response, is_success=True)
            if expected is None:
                with pytest.raises(InvalidJsonResponse):
                    json_of(response)
            else:
                assert json_of(response) == expected


@pytest.mark.parametrize("stream", [True, False])
def test_what_a_server_sends_for_ever_is_not_read_for_ever(
    server: ScriptedServer, client: B2Http, monkeypatch: pytest.MonkeyPatch, stream: bool
) -> None:
    """Also after it has set a cookie, for which requests uses its public method."""
    monkeypatch.setattr("b2sdk.http.response.LONGEST_BODY", 10**6)

    def answering(status: int) -> Callable[[socket.socket], None]:
        head = f"HTTP/1.1 {status} Told\r\nSet-Cookie: a=b\r\nTransfer-Encoding: chunked\r\n\r\n"

        def answer(connection: socket.socket) -> None:
            connection.sendall(head.encode())
            for _ in range(1000):  # 65 MB, of which the buffers of a connection hold a few
                connection.sendall(b"10000\r\n" + b"x" * 65536 + b"\r\n")
            pytest.fail("somebody has read it all")

        return answer

    for status, error in [(404, ResourceNotFound), (404, ResourceNotFound), (200, UnexpectedCloudBehaviour)]:
        server.script.append(answering(status))
        if stream and status == 200:
            continue
        with pytest.raises(error):
            client.request("GET", server.url, {}, stream=stream)
    if stream:
        client.request("GET", server.url, {}, stream=True).close()
