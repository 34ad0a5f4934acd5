from __future__ import annotations

import http.client
import io
import socket
from contextlib import suppress
from typing import Any

import pytest
import requests
from hypothesis import example, given, strategies as st
from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse
from urllib3.exceptions import ReadTimeoutError, SSLError

from b2sdk.http.transport.pool import PooledAdapter, VerbatimAdapter

ADAPTERS = [PooledAdapter, VerbatimAdapter]
REQUEST = requests.Request("GET", "http://a.test/").prepare()


def answer(adapter: HTTPAdapter, wire: bytes) -> requests.Response:
    """Return the response that an adapter makes of the bytes of a connection that is closed after them."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(wire)
        theirs.shutdown(socket.SHUT_WR)
        original = http.client.HTTPResponse(ours, method="GET")
        original.begin()
    headers = dict(original.headers.items())
    raw = HTTPResponse(
        original,
        headers,
        original.status,
        preload_content=False,
        decode_content=False,
        original_response=original,
        request_method="GET",
    )
    return adapter.build_response(REQUEST, raw)


def received(response: requests.Response, size: int | None) -> tuple[bytes, str]:
    """Return the body, and the name of what ended it."""
    content = b""
    try:
        for block in response.iter_content(size):
            assert block
            assert size is None or len(block) <= size
            content += block
    except requests.RequestException as error:
        return content, type(error).__name__
    return content, "its end"


def wired(body: bytes, framing: str, lost: int) -> bytes:
    if framing == "chunked":
        blocks = [body[start : start + 7] for start in range(0, len(body), 7)]
        told = b"".join(b"%x\r\n%s\r\n" % (len(block), block) for block in [*blocks, b""])
        head = b"Transfer-Encoding: chunked"
    else:
        told = body
        head = b"Content-Length: %d" % len(body) if framing == "length" else b"Connection: close"
    return b"HTTP/1.1 200 OK\r\n" + head + b"\r\n\r\n" + told[: len(told) - lost]


@pytest.mark.parametrize("adapter", ADAPTERS)
@pytest.mark.parametrize("framing", ["length", "chunked", "until it closes"])
@given(body=st.binary(max_size=40), size=st.integers(1, 50), lost=st.integers(0, 20))
@example(body=b"0123456789", size=4, lost=0)
@example(body=b"0123456789", size=8, lost=1)
def test_a_body_is_what_requests_makes_of_it_and_what_came_before_a_break_is_not_dropped(
    adapter: type[PooledAdapter], framing: str, body: bytes, size: int, lost: int
) -> None:
    wire = wired(body, framing, lost)
    ours, how_ours = received(answer(adapter(), wire), size)
    theirs, how_theirs = received(answer(HTTPAdapter(), wire), size)
    assert how_ours == how_theirs
    assert ours == theirs if how_ours == "its end" else ours.startswith(theirs)
    assert body.startswith(ours)


@pytest.mark.parametrize("adapter", ADAPTERS)
@pytest.mark.parametrize(
    ("failure", "becomes"),
    [
        (ReadTimeoutError(None, "/", "Read timed out."), requests.ConnectionError),  # type: ignore[arg-type]
        (SSLError("broken"), requests.exceptions.SSLError),
    ],
    ids=["silence", "TLS"],
)
def test_a_failure_becomes_what_requests_makes_of_it(
    adapter: type[PooledAdapter], failure: Exception, becomes: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: Any, **_choices: Any) -> bytes:
        raise failure

    monkeypatch.setattr(HTTPResponse, "read", fail)
    for one in (adapter(), HTTPAdapter()):
        with pytest.raises(becomes) as caught:
            list(answer(one, wired(b"0123456789", "length", 0)).iter_content(4))
        assert type(caught.value) is becomes
        assert caught.value.args == (failure,)


@pytest.mark.parametrize("choice", [{"chunk_size": None}, {"chunk_size": 4, "decode_unicode": True}], ids=str)
@pytest.mark.parametrize("adapter", ADAPTERS)
def test_other_ways_to_read_are_those_of_requests(adapter: type[PooledAdapter], choice: Any) -> None:
    wire = wired("aäöü€".encode(), "length", 0).replace(b"OK\r\n", b"OK\r\nContent-Type: text/plain; charset=utf-8\r\n")
    ours, theirs = (list(answer(one, wire).iter_content(**choice)) for one in (adapter(), HTTPAdapter()))
    assert ours == theirs


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_what_a_test_tool_puts_in_its_place_is_read_as_requests_does(adapter: type[PooledAdapter]) -> None:
    response = answer(adapter(), wired(b"", "length", 0))
    with suppress(Exception):
        response.raw.close()
    response.raw = io.BytesIO(b"0123456789")
    assert list(response.iter_content(4)) == [b"0123", b"4567", b"89"]
