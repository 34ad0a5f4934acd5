"""Heads of requests and responses, and chunks, as they arrive in pieces."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, strategies as st
from tests.http.test_secrets import SECRET

from b2sdk.aio.head import Chunks, Head, Headers, NoHttp, UnsendableHeader, next_head, request_head

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
FIELDS = [("Content-Type", "text/plain"), ("X-Bz-Info-a", "1"), ("x-bz-info-A", "2")]


def read(data: bytes, method: str = "GET") -> tuple[Head, bytes]:
    head, rest = next_head(data, method)
    assert head is not None
    return head, rest


def cut(data: bytes, places: list[int]) -> list[bytes]:
    ends = sorted({0, len(data), *(place % (len(data) + 1) for place in places)})
    return [data[start:end] for start, end in pairwise(ends)]


@pytest.mark.parametrize(
    ("lines", "status", "body", "will_close"),
    [
        (["HTTP/1.1 200 OK", "Content-Length: 3"], 200, 3, False),
        (["HTTP/1.1 206", "content-length:3"], 206, 3, False),
        (["HTTP/1.1 200 OK", "Content-Length: 3", "Connection: close"], 200, 3, True),
        (["HTTP/1.1 200 OK", "Content-Length: 3", "Content-Length: 3"], 200, 3, False),
        (["HTTP/1.1 204 No Content"], 204, 0, False),
        (["HTTP/1.1 304 Not Modified", "Content-Length: 3"], 304, 0, False),
        (["HTTP/1.1 200 OK"], 200, None, True),
        (["HTTP/1.0 200 OK", "Content-Length: 3"], 200, 3, True),
        (["HTTP/1.1 101 Switching Protocols"], 101, 0, True),
        (["HTTP/1.1 200 OK", "X-Folded: a", " b", "Content-Length: 3"], 200, 3, False),
    ],
)
def test_a_head_says_how_the_body_comes(lines: list[str], status: int, body: int | None, will_close: bool) -> None:
    head, rest = read("\r\n".join([*lines, "", "abc"]).encode())
    assert (head.status, head.body, head.will_close, rest) == (status, body, will_close, b"abc")


@pytest.mark.parametrize("others", [[], ["Content-Length: 3"], ["Connection: close"]])
def test_a_body_in_chunks_counts_before_its_length(others: list[str]) -> None:
    lines = ["HTTP/1.1 200 OK", "Transfer-Encoding: chunked", *others]
    head, _ = read("\r\n".join([*lines, "", ""]).encode())
    assert isinstance(head.body, Chunks)
    assert head.will_close is bool(others)


def test_nothing_follows_the_head_of_a_response_to_head() -> None:
    assert read(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", "HEAD")[0].body == 0


def test_a_tunnel_begins_after_the_head() -> None:
    head, rest = read(b"HTTP/1.1 200 Connection established\r\n\r\nabc", "CONNECT")
    assert (head.body, head.will_close, rest) == (0, False, b"abc")


@given(st.lists(st.integers(0, 200), max_size=6), st.integers(0, 2))
def test_a_head_is_found_however_it_arrives(places: list[int], interim: int) -> None:
    lines = ["HTTP/1.1 200 OK", *(": ".join(field) for field in FIELDS), "Content-Length: 3", "", ""]
    data = b""
    found: list[Head] = []
    for piece in cut(CONTINUE * interim + "\r\n".join(lines).encode(), places):
        assert not found
        head, data = next_head(data + piece, "GET")
        found += [] if head is None else [head]
    assert [(head.status, head.body) for head in found] == [(200, 3)]
    assert data == b""


def test_headers_are_found_in_any_case_and_the_first_counts() -> None:
    head, _ = read("\r\n".join(["HTTP/1.1 200 OK", *(": ".join(field) for field in FIELDS), "", ""]).encode())
    headers = head.headers
    assert dict(headers) == dict(headers.items()) == {"Content-Type": "text/plain", "X-Bz-Info-a": "1"}
    assert headers["CONTENT-TYPE"] == headers.get("content-type") == "text/plain"
    assert ("x-bz-info-A" in headers, "none" in headers, len(headers)) == (True, False, 2)
    assert repr(Headers([("A", "b")], {"a": "b"})) == "{'A': 'b'}"
    with pytest.raises(KeyError):
        headers["none"]


@pytest.mark.parametrize(
    "data",
    [
        b"SSH-2.0-OpenSSH\r\n",
        b"HTTP/2 200\r\n\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 200 OK\r\na: " + b"b" * 300_000,
    ],
    ids=lambda data: repr(data[:60]),
)
def test_what_is_no_http_is_refused(data: bytes) -> None:
    with pytest.raises(NoHttp):
        next_head(data, "GET")


def in_chunks(pieces: list[bytes], end: bytes) -> bytes:
    return b"".join(b"%x;ext=1\r\n%b\r\n" % (len(piece), piece) for piece in pieces if piece) + b"0" + end


@given(st.lists(st.binary(max_size=30), max_size=5), st.booleans(), st.lists(st.integers(0, 300), max_size=6))
def test_chunks_are_the_body_however_they_arrive(pieces: list[bytes], has_trailers: bool, places: list[int]) -> None:
    chunks = Chunks()
    end = b"\r\nX-Trailer: a\r\nX-Other: b\r\n\r\n" if has_trailers else b"\r\n\r\n"
    arriving = cut(in_chunks(pieces, end), places)
    assert b"".join(b"".join(chunks.feed(piece)) for piece in arriving) == b"".join(pieces)
    assert (chunks.is_over, chunks.surplus) == (True, b"")


def test_what_comes_after_the_last_chunk_is_told() -> None:
    chunks = Chunks()
    assert list(chunks.feed(b"1\r\na\r\n0\r\n\r\nHTTP/1.1 200")) == [b"a"]
    assert chunks.surplus == b"HTTP/1.1 200"


@pytest.mark.parametrize(
    "data",
    [b"\r\n", b"-1\r\n", b"0x1\r\n", b"1\r\nab\r\n", b"g\r\n", b"1" * 300_000, b"0\r\n" + b"a: b\r\n" * 200],
    ids=lambda data: repr(data[:20]),
)
def test_what_is_made_of_no_chunks_is_refused(data: bytes) -> None:
    with pytest.raises(NoHttp):
        list(Chunks().feed(data))


def test_a_request_is_written_as_it_is() -> None:
    written = request_head("GET", "/a%20b", "host:1", {"A": "b", "Empty": "", "Latin": "é"})
    assert written == b"GET /a%20b HTTP/1.1\r\nHost: host:1\r\nA: b\r\nEmpty: \r\nLatin: \xe9\r\n\r\n"
    assert request_head("CONNECT", "h:1", "h:1", {}) == b"CONNECT h:1 HTTP/1.1\r\nHost: h:1\r\n\r\n"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("A", f"{SECRET}\r\nB: c"),
        ("A", f"{SECRET}\n"),
        ("A", f"{SECRET}\0"),
        ("A b", SECRET),
        ("", SECRET),
        ("A\r\nB", ""),
    ],
)
def test_a_header_that_would_be_another_one_is_refused_and_not_quoted(name: str, value: str) -> None:
    with pytest.raises(UnsendableHeader) as caught:
        request_head("GET", "/", "host", {name: value})
    assert SECRET not in str(caught.value)
