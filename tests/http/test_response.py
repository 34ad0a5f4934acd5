from __future__ import annotations

import json
import logging
from typing import Any

import pytest
import requests
from hypothesis import given, strategies as st
from tests.http.conftest import ScriptedServer

from b2sdk.exception import (
    B2Error,
    BadRequest,
    InvalidJsonResponse,
    PotentialS3EndpointPassedAsRealm,
    ResourceNotFound,
    ServiceError,
    TooManyRequests,
    UnknownError,
)
from b2sdk.http import B2Http
from b2sdk.http.response import ResponseContextManager, error_of, json_object

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
    assert str(error_of(told(b"", 500), None)) == "500 None None"
    assert type(error_of(told(b"", 404), None)) is ResourceNotFound


def test_a_page_is_the_message_as_a_whole() -> None:
    page = "<html>" + "x" * 1000
    assert str(error_of(told(page.encode(), 502), None)) == f"502 non_json_response {page}"
    assert str(error_of(told(page.encode(), 400), None)) == f"{page} (non_json_response)"


def test_nulls_are_nothing_and_numbers_are_text() -> None:
    assert str(error_of(told({"code": None, "message": None}, 403), None)) == "Unknown error: 403 None None"
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
def test_an_answer_that_is_broken_shows_no_secret(
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
