"""Nonsensical responses, of the service or another server: every failure is one of this package's errors."""

from __future__ import annotations

import io
import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st
from tests.http.conftest import ScriptedServer

from b2sdk.exception import B2Error, UnexpectedCloudBehaviour
from b2sdk.http import B2Http, B2HttpApiConfig, RetryPolicy, Timeouts
from b2sdk.simulator import SimulatorServer
from b2sdk.v3 import B2Api, InMemoryAccountInfo

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([-1, 2**63, 10**400, 1e308])
    | st.floats(allow_nan=False)
    | st.text(max_size=5),
    lambda values: st.lists(values, max_size=2) | st.dictionaries(st.text(max_size=5), values, max_size=2),
    max_leaves=4,
)
SMALL, LARGE = b"content", bytes(range(200)) * 3


@contextmanager
def nothing_of_others() -> Iterator[None]:
    """Let errors of this package pass, and no other one."""
    with suppress(B2Error):
        yield


UPLOAD_URLS = [
    "",
    "nonsense",
    "ftp://x/y",
    "http://",
    "http://[::1",
    "http://127.0.0.1:99999/",
    "//x",
    "file:///etc",
    5,
    None,
]


@pytest.mark.parametrize("url", UPLOAD_URLS)
@pytest.mark.parametrize("mint", ["get_upload_url", "get_upload_part_url"])
def test_an_upload_url_that_is_none_ends_in_an_error_of_ours(
    small_parts_service: SimulatorServer, mint: str, url: Any
) -> None:
    config = B2HttpApiConfig(retry_policy=RetryPolicy(attempts=1))
    with B2Api(InMemoryAccountInfo(), api_config=config) as api:
        api.authorize_account(small_parts_service.key_id, small_parts_service.key, realm=small_parts_service.url)
        bucket = api.create_bucket("the-bucket", "allPrivate")
        setattr(api.session.raw_api, mint, lambda *_args: {"uploadUrl": url, "authorizationToken": "token"})
        with pytest.raises(B2Error):
            bucket.upload_bytes(SMALL if mint == "get_upload_url" else LARGE, "file")


@pytest.fixture
def client() -> Iterator[B2Http]:
    policy, timeouts = RetryPolicy(attempts=1), Timeouts(read=5, slow_call=5)
    http = B2Http(B2HttpApiConfig(install_clock_skew_hook=False, retry_policy=policy, timeouts=timeouts))
    yield http
    http.close()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_a_redirect_is_not_followed_and_sends_the_token_nowhere(
    server: ScriptedServer, client: B2Http, status: int, method: str
) -> None:
    other = ScriptedServer()
    try:
        other.will_answer()
        location = other.url.replace("//", "//user:password@") + "?Authorization=token"
        server.will_answer(b"<html>Moved</html>" if method != "HEAD" else b"", f"Location: {location}", status=status)
        with pytest.raises(UnexpectedCloudBehaviour) as caught:
            client.request(method, server.url, {"Authorization": "token"}, data=b"{}" if method == "POST" else None)
        assert other.received == []
        here, there = (url.removesuffix("/here") for url in (server.url, other.url))
        assert str(caught.value) == f"Unexpected cloud behaviour: {here} redirects to '{there}': not followed"
    finally:
        other.close()


HEADS = [
    b"",
    b"\r\n\r\n",
    b"nonsense\r\n\r\n",
    b"HTTP/1.1 abc\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n{}",
    b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n{}",
    b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n{}",
    b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffffff\r\n{}",
    b"HTTP/1.1 200 OK\r\n" + b"X-Many: x\r\n" * 200 + b"\r\n{}",
    b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 100_000 + b"\r\n\r\n{}",
    b"HTTP/1.1 200 OK\r\nbroken header\r\n\r\n{}",
    b"HTTP/1.1 999 What\r\nContent-Length: 2\r\n\r\n{}",
    b"HTTP/1.1 503 Busy\r\nRetry-After: -1\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 503 Busy\r\nRetry-After: \xb2\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 503 Busy\r\nRetry-After: " + b"9" * 5000 + b"\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 100 Continue\r\n\r\n" * 3,
]


@pytest.mark.parametrize("head", HEADS, ids=range(len(HEADS)))
def test_a_response_that_is_no_http_ends_in_a_value_or_an_error_of_ours(
    server: ScriptedServer, client: B2Http, head: bytes
) -> None:
    def answer(connection: socket.socket) -> None:
        with suppress(OSError):
            connection.sendall(head)

    server.script.append(answer)
    with nothing_of_others():
        client.post_json_return_json(server.url, {}, {})


def test_more_than_was_announced_is_no_response_to_the_next_request(server: ScriptedServer, client: B2Http) -> None:
    evil = b'HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n{"evil": "yes"}'
    server.script.append(
        lambda connection: connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}" + evil)
    )
    server.will_answer(b'{"good": "yes"}')
    assert client.post_json_return_json(server.url, {}, {}) == {}
    with nothing_of_others():
        assert client.post_json_return_json(server.url, {}, {}) == {"good": "yes"}


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"a":' * 100_000, b"\xff\xfe", b"1" * 10_000, b'"' + b"x" * 10])
@pytest.mark.parametrize("status", [200, 400, 503])
def test_json_that_is_none_is_an_error_of_ours(
    server: ScriptedServer, client: B2Http, body: bytes, status: int
) -> None:
    server.will_answer(body, status=status)
    with pytest.raises(B2Error) as caught:
        client.post_json_return_json(server.url, {}, {})
    assert len(str(caught.value)) < 70_000


@given(answer=JSON)
@settings(max_examples=50)
@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 416, 429, 500])
def test_a_refusal_of_any_shape_is_an_error_of_ours(status: int, answer: Any) -> None:
    server = ScriptedServer()
    try:
        server.will_answer(json.dumps({"status": status, "code": answer, "message": answer}).encode(), status=status)
        policy = RetryPolicy(attempts=1)
        http = B2Http(B2HttpApiConfig(install_clock_skew_hook=False, retry_policy=policy))
        with pytest.raises(B2Error) as caught:
            http.post_json_return_json(server.url, {}, {})
        assert str(caught.value) + repr(caught.value)
        http.close()
    finally:
        server.close()


HEADER_VALUES = [
    "",
    "-1",
    "many",
    "9" * 15,
    "9" * 16,
    "9" * 5000,
    "1.5",
    "\u00b2",
    "bytes */*",
    "bytes 5-1/3",
    "bytes 0-0/0",
    "%",
    "%ff",
    "null",
]
DESCRIBING = [
    "Content-Length",
    "Content-Range",
    "X-Bz-File-Id",
    "X-Bz-File-Name",
    "X-Bz-Content-Sha1",
    "X-Bz-Upload-Timestamp",
    "X-Bz-Info-src_last_modified_millis",
    "X-Bz-Server-Side-Encryption",
    "X-Bz-File-Retention-Mode",
    "X-Bz-File-Retention-Retain-Until-Timestamp",
    "X-Bz-File-Legal-Hold",
    "X-Bz-Replication-Status",
    "Cache-Control",
    "Expires",
]
USUAL = {
    "Content-Length": "7",
    "Content-Type": "text/plain",
    "X-Bz-File-Id": "id",
    "X-Bz-File-Name": "file",
    "X-Bz-Content-Sha1": "none",
    "X-Bz-Upload-Timestamp": "1500000000000",
}


@pytest.mark.parametrize("value", [*HEADER_VALUES, None])
@pytest.mark.parametrize("name", DESCRIBING)
def test_a_download_described_in_any_way_ends_in_a_value_or_an_error_of_ours(
    server: ScriptedServer, tmp_path: Path, name: str, value: str | None
) -> None:
    headers = {**USUAL, name: value}
    head = "".join(f"{key}: {text}\r\n" for key, text in headers.items() if text is not None)
    head = f"HTTP/1.1 200 OK\r\nConnection: close\r\n{head}\r\n"

    def answer(connection: socket.socket) -> None:
        with suppress(OSError):
            connection.sendall(head.encode("latin-1") + SMALL)

    server.script += [answer] * 100
    config = B2HttpApiConfig(install_clock_skew_hook=False, retry_policy=RetryPolicy(attempts=1))
    with B2Api(InMemoryAccountInfo(), api_config=config) as api:
        stored: Any = dict.fromkeys(("account_id", "auth_token", "api_url", "application_key", "realm"), "x")
        allowed: Any = {"buckets": None, "capabilities": [], "namePrefix": None}
        api.account_info.set_auth_data(
            **stored,
            download_url=server.url,
            recommended_part_size=100,
            absolute_minimum_part_size=100,
            s3_api_url="x",
            allowed=allowed,
            application_key_id="x",
        )
        target = io.BytesIO()
        with nothing_of_others():
            downloaded = api.download_file_by_id("id")
            assert downloaded.download_version.as_dict()
            downloaded.save(target)
        with nothing_of_others():
            api.download_file_by_id("id").save_to(tmp_path / "file")
    assert {path.name for path in tmp_path.iterdir()} <= {"file"}
