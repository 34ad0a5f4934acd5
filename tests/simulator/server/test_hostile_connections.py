"""Any bytes on a connection are the client's fault: the server responds or closes, and serves the others.

``B2SDK_LONG_TESTS=1`` tries a hundred times as many.
"""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

import pytest
from hypothesis import given, settings, strategies as st

from b2sdk.simulator import SimulatorServer

if TYPE_CHECKING:
    from tests.simulator.conftest import OverHttp

EFFORT = 100 if os.environ.get("B2SDK_LONG_TESTS") else 1
RANDOM = settings(max_examples=60 * EFFORT)


def exchange(server: SimulatorServer, sent: bytes, patience: float = 0.05) -> bytes:
    """Send bytes and return what comes back.

    A server that has said no more for as long as ``patience`` may be waiting for the rest of a request. Once the
    sending direction is closed, it must end the connection.
    """
    address = urlsplit(server.url)
    received = b""
    with socket.create_connection((address.hostname or "", address.port or 0), timeout=patience) as connection:
        try:
            connection.sendall(sent)
            while chunk := received_from(connection):
                received += chunk
        except (ConnectionResetError, BrokenPipeError):
            pass  # a way to refuse, too
    return received


def received_from(connection: socket.socket) -> bytes:
    try:
        return connection.recv(65536)
    except TimeoutError:
        connection.shutdown(socket.SHUT_WR)
        connection.settimeout(10)
        return connection.recv(65536)


def statuses(received: bytes) -> list[int]:
    """Return the statuses of responses, none of which holds here what looks like another."""
    return [int(piece[:3]) for piece in received.replace(b"HTTP/1.0 ", b"HTTP/1.1 ").split(b"HTTP/1.1 ")[1:]]


def serves(server: SimulatorServer) -> bool:
    request = b"GET /file/none/none HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    return statuses(exchange(server, request, patience=10)) == [404]


LINES = st.sampled_from(
    [
        b"GET /b2api/v4/b2_authorize_account HTTP/1.1",
        b"POST /b2api/v4/b2_list_buckets HTTP/1.1",
        b"POST /file/my-bucket/file HTTP/1.0",
        b"HEAD /file/my-bucket/file HTTP/1.1",
        b"GET http://[bad HTTP/1.1",
        b"CONNECT x:1 HTTP/1.1",
        b"PRI * HTTP/2.0",
        b"Host: x",
        b"Host: \xff",
        b"Content-Length: 5",
        b"Content-Length: -5",
        b"Content-Length: 99999999999999999999",
        b"Transfer-Encoding: chunked",
        b"Transfer-Encoding: gzip, chunked",
        b"Expect: 100-continue",
        b"Expect: miracles",
        b"Connection: upgrade",
        b"Upgrade: websocket",
        b"Authorization: Basic \xff",
        b"Authorization: Basic eDp5",
        b": none",
        b" folded",
        b"X\x00: y",
        b"",
        b"5",
        b"hello",
        b"ffffffffffffffffffff",
        b"0",
        b"\x16\x03\x01\x02\x00\x01\x00",
    ]
)


@RANDOM
@given(lines=st.lists(LINES | st.binary(max_size=20), max_size=12))
def test_bytes_of_any_kind_have_a_response_or_are_rejected(server: SimulatorServer, lines: list[bytes]) -> None:
    assert all(status < 500 for status in statuses(exchange(server, b"\r\n".join([*lines, b"", b""]))))
    assert serves(server)


def upload_head(service: OverHttp, *fields: str) -> bytes:
    url = service.ok("b2_get_upload_url", bucketId=service.bucket())
    head = [
        f"POST {quote(urlsplit(url['uploadUrl']).path)} HTTP/1.1",
        "Host: x",
        f"Authorization: {url['authorizationToken']}",
        "X-Bz-File-Name: cut",
        "Content-Type: a/b",
        "X-Bz-Content-Sha1: do_not_verify",
        *fields,
    ]
    return "\r\n".join([*head, "", ""]).encode()


@pytest.mark.parametrize(
    ("fields", "body"),
    [
        (["Content-Length: 100"], b"a" * 99),
        (["Content-Length: 100"], b""),
        (["Content-Length: 9000000000"], b"a" * 1000),
        (["Transfer-Encoding: chunked"], b"5\r\nhel"),
        (["Transfer-Encoding: chunked"], b"x\r\nhello\r\n0\r\n\r\n"),
        (["Transfer-Encoding: chunked"], b"-5\r\nhello\r\n0\r\n\r\n"),
        (["Transfer-Encoding: chunked", "Content-Length: 5"], b"5\r\nhello\r\n0\r\n\r\n"),
        (["Content-Length: 5", "Content-Length: 6"], b"hello"),
        (["Content-Length: 5, 5"], b"hello"),
        (["Content-Length: 0x5"], b"hello"),
    ],
)
def test_an_upload_that_is_cut_off_or_misframed_leaves_nothing(
    http_service: OverHttp, server: SimulatorServer, fields: list[str], body: bytes
) -> None:
    request = upload_head(http_service, *fields) + body
    assert all(400 <= status < 500 for status in statuses(exchange(server, request)))
    assert serves(server)
    assert server.cloud.state.files == {}


def test_garbage_after_a_request_ends_the_connection(http_service: OverHttp, server: SimulatorServer) -> None:
    request = f"GET /b2api/v4/b2_list_buckets HTTP/1.1\r\nHost: x\r\nAuthorization: {http_service.token}\r\n\r\n"
    received = exchange(server, request.encode() * 2 + b"\x00\x01garbage\r\n\r\n" + request.encode())
    assert statuses(received)[-1] == 400
    assert serves(server)
