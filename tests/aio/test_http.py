"""Requests in an event loop: attempts, hooks, timeouts, the way to a host, and what errors and logs say of them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import requests
from tests.aio.cancelling import MOMENTS, Moment, cancelled_everywhere, settle
from tests.aio.conftest import http_client
from tests.aio.loops import left_running
from tests.http.conftest import ScriptedServer, Stalling
from tests.http.test_client import babble, break_off, break_off_an_error, hang_up, reset
from tests.http.test_secrets import ODD, SECRET, UNSENDABLE, everything_shown

from b2sdk.aio.http import AsyncHttp
from b2sdk.aio.limits import Limits
from b2sdk.exception import (
    B2ConnectionError,
    B2Error,
    B2HttpCallbackPostRequestException,
    B2HttpCallbackPreRequestException,
    B2RequestTimeout,
    BadRequest,
    ClockSkew,
    ConnectionImpossible,
    InvalidJsonResponse,
    ServiceError,
    TooManyRequests,
    Unauthorized,
    UnexpectedCloudBehaviour,
    UnknownError,
)
from b2sdk.http import B2HttpApiConfig, HttpCallback, Retry, RetryPolicy, Timeouts, patience
from b2sdk.simulator import SimulatorServer
from b2sdk.version import USER_AGENT

BUSY = b'{"status": 503, "code": "busy", "message": "no"}'


class Blocks:
    """A body that counts how often it was asked for."""

    def __init__(self, *blocks: bytes) -> None:
        self._blocks = blocks
        self.attempts = 0

    async def blocks(self) -> AsyncIterator[bytes]:
        self.attempts += 1
        for block in self._blocks:
            yield block


class Endless:
    """More than fits into the buffers of two sockets."""

    def __init__(self) -> None:
        self.is_over = False

    async def blocks(self) -> AsyncIterator[bytes]:
        try:
            while True:
                yield b"x" * 262144
        finally:
            self.is_over = True


def endlessly() -> dict[str, str]:
    return {"Content-Length": str(10**12)}


class Taking:
    """What a server does that takes the head of a request only, and then responds, or not."""

    def __init__(self, server: ScriptedServer, said: bytes = b"", *, is_closing: bool = False) -> None:
        self._over = server.over
        self._said = said
        self._is_closing = is_closing
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/here"
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        with self._listener:
            connection, _ = self._listener.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(self._said)
            if not self._is_closing:
                self._over.wait(60)

    def join(self) -> None:
        self._thread.join()


# --- attempts ---


async def test_what_passes_is_sent_again(server: ScriptedServer, waits: list[float]) -> None:
    server.will_answer(status=503)
    server.will_answer(b"", "Retry-After: 7", status=500)
    server.will_answer(b"", "Retry-After: Fri, 16 Dec 2016 20:52:30 GMT", status=429)
    server.script.append(reset)
    server.will_answer(b"at last")
    async with http_client() as http:
        # Not a GET: aiohttp sends one again by itself when the connection that it used before is gone.
        assert (await http.request("POST", server.url, {}, b"{}")).content == b"at last"
    assert waits == [1, 7, pytest.approx(16.5, abs=0.5), 3.375]


async def test_what_does_not_pass_is_raised_at_once(server: ScriptedServer, waits: list[float]) -> None:
    server.will_answer(b'{"code": "access_denied", "message": "", "status": 403}', status=403)
    async with http_client() as http:
        with pytest.raises(B2Error, match="not allowed"):
            await http.request("GET", server.url, {})
    assert (len(server.received), waits) == (1, [])


@pytest.mark.parametrize("tries", [1, 3])
async def test_the_last_error_is_raised_without_a_wait_after_it(
    server: ScriptedServer, waits: list[float], tries: int
) -> None:
    for _ in range(tries):
        server.will_answer(BUSY, "Retry-After: 2", status=503)
    async with http_client() as http:
        with pytest.raises(ServiceError) as caught:
            await http.request("GET", server.url, {}, try_count=tries)
    assert caught.value.retry_after_seconds == 2
    assert caught.value.attempts == tries
    assert caught.value.__context__ is None
    assert (len(server.received), waits) == (tries, [2] * (tries - 1))


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("trouble", [reset, hang_up])
async def test_an_attempt_is_one_request(server: ScriptedServer, waits: list[float], trouble: Any, method: str) -> None:
    server.will_answer(b"")
    server.script += [trouble] * 4
    async with http_client() as http:
        await http.request(method, server.url, {})  # so that there is an idle connection
        with pytest.raises(B2ConnectionError):
            await http.request(method, server.url, {}, try_count=2)
    assert len(server.received) == 3
    assert len(waits) == 1


@pytest.mark.parametrize("trouble", [reset, hang_up, break_off, break_off_an_error, babble])
async def test_a_broken_connection_is_tried_again(server: ScriptedServer, waits: list[float], trouble: Any) -> None:
    server.script.append(trouble)
    server.will_answer(b'{"a": 1}')
    async with http_client() as http:
        assert await http.post_json(server.url, {}, {}) == {"a": 1}
    assert waits == [1]


@pytest.mark.parametrize("status", [201, 204, 304, 418])
async def test_only_200_and_206_are_success(server: ScriptedServer, status: int) -> None:
    server.will_answer(b"", status=status)
    async with http_client() as http:
        with pytest.raises(UnknownError):
            await http.request("GET", server.url, {})


async def test_a_body_is_sent_from_its_beginning_in_every_attempt(server: ScriptedServer, waits: list[float]) -> None:
    body = Blocks(b"con", b"tent")
    server.will_answer(status=503)
    server.script.append(reset)
    server.will_answer()
    async with http_client() as http:
        await http.request("POST", server.url, {"Content-Length": "7"}, body, try_count=3)
    assert [received.body for received in server.received] == [b"content"] * 3
    assert body.attempts == 3


async def test_an_upload_is_sent_once(server: ScriptedServer, waits: list[float]) -> None:
    server.will_answer(BUSY, status=503)
    async with http_client() as http:
        with pytest.raises(ServiceError, match=r"^503 busy no$"):
            await http.post_content(server.url, {"Content-Length": "1"}, Blocks(b"x"))
    assert (len(server.received), waits) == (1, [])


async def test_the_policy_of_the_configuration_counts(server: ScriptedServer, waits: list[float]) -> None:
    for _ in range(3):
        server.will_answer(BUSY, status=503)
    async with http_client(retry_policy=RetryPolicy(attempts=3, first_wait=0.5, factor=2)) as http:
        with pytest.raises(ServiceError):
            await http.request("GET", server.url, {})
    assert waits == [0.5, 1]


async def test_a_deadline_ends_it(server: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0

    async def pause(_http: AsyncHttp, seconds: float) -> None:
        nonlocal now
        now += seconds

    for _ in range(4):
        server.will_answer(BUSY, status=503)
    async with http_client(retry_policy=RetryPolicy(deadline=10, factor=1, first_wait=3)) as http:
        monkeypatch.setattr(AsyncHttp, "pause", pause)
        monkeypatch.setattr("b2sdk.http.rules.time.monotonic", lambda: now)
        with pytest.raises(ServiceError):
            await http.request("GET", server.url, {}, try_count=20)
        monkeypatch.undo()
    assert now == 109, "a fourth wait would have ended after the deadline"


async def test_patience_holds_for_the_task_that_has_it(server: ScriptedServer, waits: list[float]) -> None:
    async def ask(http: AsyncHttp, policy: RetryPolicy) -> None:
        with patience(retry_policy=policy), pytest.raises(ServiceError):
            await http.request("GET", server.url, {})

    for _ in range(5):
        server.will_answer(BUSY, status=503)
    async with http_client() as http:
        await asyncio.gather(
            ask(http, RetryPolicy(attempts=2, first_wait=7)), ask(http, RetryPolicy(attempts=3, first_wait=5, factor=1))
        )
    assert sorted(waits) == [5, 5, 7]


async def test_a_wait_is_logged_with_its_reason_and_no_secret(
    server: ScriptedServer, waits: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="b2sdk")
    server.will_answer(BUSY, status=503)
    server.will_answer()
    async with http_client() as http:
        await http.request("GET", f"{server.url}?Authorization={SECRET}", {"Authorization": SECRET})
    (record,) = [one for one in caplog.records if one.levelno == logging.INFO]
    assert f"GET {server.url}, attempt 1: 503 busy no" in record.getMessage()
    assert SECRET not in caplog.text


# --- what a response means ---


async def test_what_is_no_json_object_is_refused(server: ScriptedServer) -> None:
    server.will_answer(b"<html>")
    async with http_client() as http:
        with pytest.raises(InvalidJsonResponse, match="<html>"):
            await http.post_json(server.url, {}, {})


async def test_a_response_that_leads_elsewhere_is_not_followed(server: ScriptedServer) -> None:
    server.will_answer(b"", "Location: http://elsewhere.test/secret", status=302)
    async with http_client() as http:
        with pytest.raises(UnexpectedCloudBehaviour, match=r"redirects to 'http://elsewhere.test': not followed"):
            await http.request("GET", server.url, {"Authorization": SECRET})
    assert len(server.received) == 1


async def test_the_body_of_an_error_is_read_when_streaming_too(server: ScriptedServer) -> None:
    server.will_answer(b'{"code": "bad_request", "message": "no"}', status=400)
    async with http_client() as http:
        with pytest.raises(BadRequest, match=r"^no \(bad_request\)$"):
            await http.request("GET", server.url, {}, stream=True)


async def test_one_connection_serves_many_requests_and_errors(server: ScriptedServer) -> None:
    async with http_client() as http:
        for status in (200, 404, 200):
            server.will_answer(status=status)
            try:
                await http.post_json(server.url, {}, {})
            except B2Error:
                assert status == 404
    assert server.connections == 1


async def test_the_headers_on_the_wire(server: ScriptedServer) -> None:
    server.will_answer()
    async with http_client(user_agent_append="app/1.0") as http:
        await http.post_json(server.url, {"Authorization": "4_token"}, {"a": 1})
    received = server.received[0]
    assert set(received.head.split("\r\n")[1:]) == {
        f"Host: {server.url.split('/')[2]}",
        "Authorization: 4_token",
        "Content-Type: application/json",
        "Content-Length: 8",
        "Accept: application/json",
        "Accept-Encoding: identity",
        f"User-Agent: {USER_AGENT} app/1.0",
    }
    assert received.body == b'{"a": 1}'


async def test_a_url_is_sent_as_it_is_and_a_query_is_added(server: ScriptedServer) -> None:
    server.will_answer()
    async with http_client() as http:
        await http.get_json(server.url + "/a%2Fb%20c+%C3%A9", {}, {"name": "ü &/+", "count": 5, "none": None})
    assert server.received[0].head.startswith("GET /here/a%2Fb%20c+%C3%A9?")
    query = server.received[0].head.split()[1].partition("?")[2]
    assert sorted(query.split("&")) == ["count=5", "name=%C3%BC+%26/%2B"]


# --- hooks ---


class Recording(HttpCallback):
    def __init__(self, name: str, log: list[tuple[Any, ...]]) -> None:
        self.name, self.log = name, log

    def pre_request(self, *args: Any) -> None:
        self.log.append((self.name, "pre", *args))

    def post_request(self, *args: Any) -> None:
        self.log.append((self.name, "post", *args))

    def on_retry(self, retry: Retry) -> None:
        self.log.append((self.name, "retry", retry))


async def test_hooks_are_called_for_each_attempt_in_order(server: ScriptedServer, waits: list[float]) -> None:
    log: list[tuple[Any, ...]] = []
    server.will_answer(BUSY, status=503)
    server.will_answer()
    async with http_client() as http:
        http.add_callback(Recording("a", log))
        http.add_callback(Recording("b", log))
        response = await http.request("get", f"{server.url}?Authorization={SECRET}", {"x": "y"})
    around = [("a", "pre"), ("b", "pre"), ("a", "post"), ("b", "post")]
    assert [entry[:2] for entry in log] == [*around, ("a", "retry"), ("b", "retry"), *around]
    assert log[0][2:] == ("GET", f"{server.url}?Authorization={SECRET}", {"x": "y", "User-Agent": USER_AGENT})
    assert log[-1][5] is response
    retry = log[4][2]
    assert (retry.method, retry.url, retry.attempt, retry.seconds) == ("GET", server.url, 1, 1)


async def test_what_a_hook_puts_into_the_headers_is_sent(server: ScriptedServer) -> None:
    class TestMode(HttpCallback):
        def pre_request(self, method: str, url: str, headers: dict[str, str]) -> None:
            headers["X-Bz-Test-Mode"] = "fail_some_uploads"

    server.will_answer()
    given = {"a": "b"}
    async with http_client() as http:
        http.add_callback(TestMode())
        await http.request("GET", server.url, given)
    assert "X-Bz-Test-Mode: fail_some_uploads" in server.received[0].head
    assert given == {"a": "b"}


@pytest.mark.parametrize("when", ["pre_request", "post_request"])
@pytest.mark.parametrize(
    ("raised", "seen"),
    [
        (B2HttpCallbackPreRequestException("stop"), B2HttpCallbackPreRequestException),
        (B2HttpCallbackPostRequestException("stop"), B2HttpCallbackPostRequestException),
        (KeyError("x"), UnknownError),
    ],
)
@pytest.mark.parametrize("is_streamed", [False, True])
async def test_a_hook_stops_a_request_for_good(
    server: ScriptedServer, when: str, raised: Exception, seen: type[B2Error], is_streamed: bool
) -> None:
    def stop(*_args: Any) -> None:
        raise raised

    hook = HttpCallback()
    setattr(hook, when, stop)
    server.will_answer()
    async with http_client(Limits(requests=1)) as http:
        http.add_callback(hook)
        with pytest.raises(seen):
            await http.request("GET", server.url, {}, stream=is_streamed)
        http.callbacks.clear()
        server.will_answer()
        await http.request("GET", server.url, {})  # its only connection was given back
    assert len(server.received) == 1 + (when == "post_request")


async def test_a_hook_may_ask_for_another_attempt(server: ScriptedServer, waits: list[float]) -> None:
    class Busy(HttpCallback):
        pending = 1

        def pre_request(self, *args: Any) -> None:
            if self.pending:
                self.pending -= 1
                raise TooManyRequests(retry_after_seconds=3)

    server.will_answer()
    async with http_client() as http:
        http.add_callback(Busy())
        await http.request("GET", server.url, {})
    assert waits == [3]


@pytest.mark.parametrize("is_installed", [True, False])
async def test_the_clock_is_checked_unless_requested_otherwise(server: ScriptedServer, is_installed: bool) -> None:
    server.will_answer(b"{}", "Date: Fri, 16 Dec 2016 20:52:30 GMT")
    http = AsyncHttp(B2HttpApiConfig(install_clock_skew_hook=is_installed), Limits())
    try:
        if is_installed:
            with pytest.raises(ClockSkew):
                await http.request("GET", server.url, {})
        else:
            assert await http.get_json(server.url, {}, {}) == {}
    finally:
        await http.close()


# --- time ---


async def test_silence_is_a_timeout(server: ScriptedServer) -> None:
    def stay_silent(_connection: socket.socket) -> None:
        server.over.wait(60)

    server.script.append(stay_silent)
    async with http_client(timeouts=Timeouts(read=0.05)) as http:
        with pytest.raises(B2RequestTimeout):
            await http.request("GET", server.url, {}, try_count=1)


async def test_a_slow_call_has_a_time_of_its_own(server: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[float, float]] = []
    send = AsyncHttp._send

    async def note(http: AsyncHttp, *args: Any) -> Any:
        seen.append(args[-1])
        return await send(http, *args)

    monkeypatch.setattr(AsyncHttp, "_send", note)
    for _ in range(4):
        server.will_answer()
    async with http_client(timeouts=Timeouts(connect=1, read=2, slow_call=3)) as http:
        await http.get_json(server.url, {}, {})
        await http.post_content(server.url, {"Content-Length": "1"}, Blocks(b"x"))
        await http.post_json(server.url, {}, {})
    async with http_client() as http:
        await http.post_json(server.url, {}, {})
    assert seen == [(1, 2), (1, 2), (1, 3), (46, 1200)]


async def test_a_refused_connection_is_a_connection_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    async with http_client() as http:
        with pytest.raises(B2ConnectionError) as caught:
            await http.request("GET", f"http://127.0.0.1:{port}", {}, try_count=1)
    assert caught.value.host == f"http://127.0.0.1:{port}"
    assert caught.value.__cause__ is not None


async def test_a_connection_that_does_not_come_about_ends_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener, contextlib.ExitStack() as waiting:
        address = listener.getsockname()
        for _ in range(3):  # which nobody accepts, so that there is no room for another one
            one = waiting.enter_context(socket.socket())
            one.setblocking(False)
            one.connect_ex(address)
        async with http_client(timeouts=Timeouts(connect=0.05, read=300)) as http:
            with pytest.raises(B2ConnectionError):
                await http.request("GET", f"http://127.0.0.1:{address[1]}/", {}, try_count=1)


@pytest.mark.parametrize("is_set_for_block", [False, True], ids=["client", "block"])
async def test_an_upload_that_nobody_takes_ends_in_time(server: ScriptedServer, is_set_for_block: bool) -> None:
    bounded = Timeouts(connect=300, read=300, write=0.1)
    taking, body = Taking(server), Endless()
    async with http_client(timeouts=Timeouts() if is_set_for_block else bounded) as http:
        with patience(timeouts=bounded), pytest.raises(B2RequestTimeout):
            await http.request("POST", taking.url, endlessly(), body, try_count=1)
        await asyncio.sleep(0)
        assert body.is_over
        assert left_running() == set()
    server.over.set()
    taking.join()


async def test_a_response_may_take_longer_than_a_block_of_the_body(server: ScriptedServer) -> None:
    def answer_late(connection: socket.socket) -> None:
        server.over.wait(0.4)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    server.script.append(answer_late)
    async with http_client(timeouts=Timeouts(write=0.1)) as http:
        response = await http.request("POST", server.url, {"Content-Length": "4"}, Blocks(b"body"), try_count=1)
    assert response.status_code == 200


@pytest.mark.parametrize("is_closing", [False, True], ids=["stays open", "closed"])
async def test_a_refusal_counts_that_comes_before_the_body_has_left(server: ScriptedServer, is_closing: bool) -> None:
    body = b'{"status": 400, "code": "bad_request", "message": "no"}'
    head = f"HTTP/1.1 400 No\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode()
    taking, content = Taking(server, head + body, is_closing=is_closing), Endless()
    async with http_client(timeouts=Timeouts(write=30)) as http:
        expected = (BadRequest, B2ConnectionError) if is_closing else BadRequest  # a reset may overtake it
        with pytest.raises(expected):
            await http.request("POST", taking.url, endlessly(), content, try_count=1)
        for _ in range(3):
            await asyncio.sleep(0)
        assert content.is_over
        assert left_running() == set()
    server.over.set()
    taking.join()


class Failing:
    """A body that cannot be read to its end."""

    async def blocks(self) -> AsyncIterator[bytes]:
        yield b"x"
        raise OSError(5, "the disk is broken")


async def test_a_body_that_fails_fails_the_request(server: ScriptedServer) -> None:
    taking = Taking(server)
    async with http_client() as http:
        with pytest.raises(B2Error) as caught:
            await http.request("POST", taking.url, {"Content-Length": "1000"}, Failing(), try_count=1)
    assert "the disk is broken" in everything_shown(caught.value)
    server.over.set()
    taking.join()


# --- how a host is reached ---


@pytest.fixture(scope="module")
def tls_service() -> Any:
    with SimulatorServer(tls=True, proxy_port=0) as running:
        yield running


def environment(monkeypatch: pytest.MonkeyPatch, **variables: str | Path | None) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        for spelled in (name, name.lower()):
            monkeypatch.delenv(spelled, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, str(value))


async def ask(url: str) -> None:
    """Ask for an authorization with a wrong key."""
    async with http_client() as http:
        await http.get_json(f"{url}/b2api/v4/b2_authorize_account", {"Authorization": "Basic bm86Ym9keQ=="}, {})


async def test_a_certificate_that_is_not_trusted_ends_it(
    tls_service: SimulatorServer, monkeypatch: pytest.MonkeyPatch, waits: list[float]
) -> None:
    environment(monkeypatch)
    with pytest.raises(ConnectionImpossible, match="CERTIFICATE_VERIFY_FAILED"):
        await ask(tls_service.url)
    assert waits == []


async def test_the_bundle_of_the_environment_is_trusted(
    tls_service: SimulatorServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment(monkeypatch, REQUESTS_CA_BUNDLE=tls_service.ca_file)
    with pytest.raises(Unauthorized):
        await ask(tls_service.url)


async def test_a_bundle_that_is_not_there_is_a_clear_error(
    tls_service: SimulatorServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    environment(monkeypatch, REQUESTS_CA_BUNDLE=tmp_path / "missing.pem")
    with pytest.raises(B2Error, match=r"missing\.pem"):
        await ask(tls_service.url)


async def test_no_tls_at_the_other_end_ends_it(
    service: SimulatorServer, monkeypatch: pytest.MonkeyPatch, waits: list[float]
) -> None:
    environment(monkeypatch)
    with pytest.raises(ConnectionImpossible):
        await ask(service.url.replace("http:", "https:"))
    assert waits == []


async def test_a_proxy_leads_to_the_service(tls_service: SimulatorServer, monkeypatch: pytest.MonkeyPatch) -> None:
    environment(monkeypatch, HTTPS_PROXY=tls_service.proxy_url, REQUESTS_CA_BUNDLE=tls_service.ca_file)
    with pytest.raises(Unauthorized):
        await ask("https://api.backblazeb2.com")


async def test_a_proxy_that_refuses_ends_it(
    tls_service: SimulatorServer, monkeypatch: pytest.MonkeyPatch, waits: list[float]
) -> None:
    environment(monkeypatch, HTTPS_PROXY=tls_service.proxy_url, REQUESTS_CA_BUNDLE=tls_service.ca_file)
    with pytest.raises(ConnectionImpossible, match="403"):
        await ask("https://elsewhere.test")
    assert waits == []


async def test_a_proxy_gets_its_password_and_nobody_else_does(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    environment(monkeypatch, HTTP_PROXY=server.url.replace("//", "//user:pass%20word@").replace("/here", ""))
    server.will_answer()
    async with http_client() as http:
        await http.request("GET", "http://service.test/file", {})
    head = server.received[0].head
    assert head.startswith("GET http://service.test/file HTTP/1.1")
    assert "Proxy-Authorization: Basic dXNlcjpwYXNzIHdvcmQ=" in head
    assert "pass" not in caplog.text


async def test_the_password_of_a_proxy_that_is_away_is_not_told(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    environment(monkeypatch, HTTP_PROXY=f"http://user:{SECRET}@127.0.0.1:{port}")
    async with http_client() as http:
        with pytest.raises(B2ConnectionError) as caught:
            await http.request("GET", "http://service.test/file", {}, try_count=1)
    assert SECRET not in everything_shown(caught.value) + caplog.text


async def test_no_proxy_is_asked_where_there_is_to_be_none(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment(monkeypatch, HTTP_PROXY="http://127.0.0.1:1", NO_PROXY="127.0.0.1")
    server.will_answer()
    async with http_client() as http:
        assert (await http.request("GET", server.url, {})).status_code == 200


async def test_netrc_does_not_replace_the_token(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    environment(monkeypatch)
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login user password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    server.will_answer()
    async with http_client() as http:
        await http.request("GET", server.url, {"Authorization": "4_token"})
        server.will_answer()
        await http.request("GET", server.url, {})
    assert "Authorization: 4_token" in server.received[0].head
    assert "Authorization" not in server.received[1].head


async def test_no_cookie_is_kept(server: ScriptedServer) -> None:
    server.will_answer(b"{}", "Set-Cookie: a=b")
    server.will_answer()
    async with http_client() as http:
        for _ in range(2):
            await http.request("GET", server.url, {})
    assert "ookie" not in server.received[1].head


# --- what errors and logs say ---


@pytest.mark.parametrize("value", ODD, ids=ascii)
@pytest.mark.parametrize("name", ["Authorization", "X-Bz-Server-Side-Encryption-Customer-Key"])
@pytest.mark.parametrize("data", [None, b"{}", Blocks(b"content")], ids=["no body", "bytes", "stream"])
async def test_a_header_that_cannot_be_sent_is_quoted_nowhere(
    server: ScriptedServer, caplog: pytest.LogCaptureFixture, name: str, value: str, data: Any
) -> None:
    caplog.set_level(logging.DEBUG)
    server.will_answer()
    refused: B2Error | None = None
    length = {"Content-Length": "7"} if isinstance(data, Blocks) else {}
    async with http_client() as http:
        try:
            await http.request("GET" if data is None else "POST", server.url, {name: value, **length}, data, 1)
        except B2Error as error:
            refused = error
    assert refused is not None or value not in UNSENDABLE
    assert refused is None or SECRET not in everything_shown(refused)
    assert SECRET not in caplog.text
    assert all("X-More" not in received.header_names for received in server.received)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_an_authorization_in_a_url_that_fails_is_quoted_nowhere(
    caplog: pytest.LogCaptureFixture, waits: list[float], method: str
) -> None:
    caplog.set_level(logging.DEBUG)
    async with http_client() as http:
        with pytest.raises(B2ConnectionError) as caught:
            await http.request(method, f"http://127.0.0.1:1/file/b/x?Authorization={SECRET}&a=x", {}, try_count=2)
    assert "127.0.0.1" in str(caught.value)
    assert len(waits) == 1
    assert SECRET not in everything_shown(caught.value) + caplog.text


async def test_nothing_shows_a_secret_of_what_is_sent(server: ScriptedServer) -> None:
    server.will_answer(b"{}")
    async with http_client() as http:
        response = await http.request("GET", server.url, {"Authorization": SECRET})
        assert SECRET not in f"{response!r} {http!r}"


# --- limits, loops and the end ---


async def test_so_many_connections_are_open_as_the_limits_say(service: SimulatorServer) -> None:
    open_now = most = 0

    class Counting(HttpCallback):
        def post_request(self, *_args: Any) -> None:
            nonlocal open_now, most
            open_now += 1
            most = max(most, open_now)

    async def ask(http: AsyncHttp) -> None:
        nonlocal open_now
        try:
            await http.request("GET", f"{service.url}/nothing", {}, try_count=1)
        except B2Error:
            open_now -= 1

    async with http_client(Limits(requests=3)) as http:
        http.add_callback(Counting())
        await asyncio.gather(*(ask(http) for _ in range(40)))
    assert 1 <= most <= 3


def connections_in_use(http: AsyncHttp) -> int:
    if http._session is None:
        return 0
    connector = http._session.connector
    assert connector is not None
    return len(connector._acquired)


@pytest.fixture
def other() -> Iterator[ScriptedServer]:
    """Another server, with a response whose body does not come."""
    other = ScriptedServer()
    other.script.append(Stalling(other, b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"))
    yield other
    other.close()


async def test_a_connection_that_is_used_again_counts(server: ScriptedServer, other: ScriptedServer) -> None:
    server.will_answer()
    server.will_answer()
    async with http_client(Limits(requests=1)) as http:
        await http.request("GET", server.url, {})
        held = await http.request("GET", other.url, {}, stream=True)
        asking = asyncio.ensure_future(http.request("GET", server.url, {}))
        await settle()
        assert connections_in_use(http) == 1
        assert not asking.done()
        held.close()
        await asking
    assert server.connections == 1


async def test_who_waits_has_nothing_of_aiohttp_yet(
    server: ScriptedServer, other: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[str] = []
    request = aiohttp.ClientSession._request

    async def note(session: aiohttp.ClientSession, *args: Any, **kwargs: Any) -> aiohttp.ClientResponse:
        begun.append(str(args[1]))
        return await request(session, *args, **kwargs)

    monkeypatch.setattr(aiohttp.ClientSession, "_request", note)
    server.will_answer()
    async with http_client(Limits(requests=1)) as http:
        held = await http.request("GET", other.url, {}, stream=True)
        waiting = asyncio.ensure_future(http.request("GET", server.url, {}))
        await settle()
        assert begun == [other.url]
        held.close()
        await waiting
    assert begun == [other.url, server.url]


@pytest.mark.parametrize("moment", MOMENTS)
async def test_who_is_cancelled_gives_a_connection_back(server: ScriptedServer, moment: Moment) -> None:
    async with http_client(Limits(requests=1)) as http:

        async def ask_twice() -> None:
            for _ in range(2):
                server.will_answer(b"x" * 100)
                await http.request("GET", server.url, {}, try_count=1)

        async with aclosing(cancelled_everywhere(ask_twice, moment)) as tasks:
            async for _ in tasks:
                assert connections_in_use(http) == 0
        await ask_twice()


@pytest.mark.parametrize("moment", MOMENTS)
async def test_who_waits_for_a_connection_can_be_cancelled(
    server: ScriptedServer, other: ScriptedServer, moment: Moment
) -> None:
    server.will_answer()
    async with http_client(Limits(requests=1)) as http:
        held = await http.request("GET", other.url, {}, stream=True)
        first, second = (asyncio.ensure_future(http.request("GET", server.url, {})) for _ in range(2))
        await settle()
        if moment == "waiting":
            first.cancel()
            await settle()
            held.close()
        else:
            held.close()
            first.cancel()
        await second
        assert first.cancelled()


async def test_who_waits_for_a_connection_fails_at_the_end(other: ScriptedServer) -> None:
    async with http_client(Limits(requests=1)) as http:
        held = await http.request("GET", other.url, {}, stream=True)
        asking = [asyncio.ensure_future(http.request("GET", other.url, {})) for _ in range(3)]
        await settle()
        await http.close()
        await asyncio.wait(asking)
        assert [type(task.exception()) for task in asking] == [RuntimeError] * 3
        held.close()
    assert len(other.received) == 1


async def test_a_connection_that_was_closed_meanwhile_is_no_failure(server: ScriptedServer, waits: list[float]) -> None:
    async with http_client() as http:
        server.will_answer(b"{}", "Connection: close")
        await http.request("GET", server.url, {}, try_count=1)
        server.will_answer()
        await http.request("GET", server.url, {}, try_count=1)
    assert server.connections == 2


async def test_nothing_is_sent_after_the_end(server: ScriptedServer) -> None:
    async with http_client() as http:
        server.will_answer()
        await http.request("GET", server.url, {})
        await http.close()
        with pytest.raises(RuntimeError, match="the client is closed"):
            await http.request("GET", server.url, {})
        await http.close()
    assert len(server.received) == 1


async def test_what_is_on_its_way_fails_at_the_end(server: ScriptedServer, waits: list[float]) -> None:
    async with http_client() as http:
        reached = threading.Event()

        def stay_silent(_connection: socket.socket) -> None:
            reached.set()
            server.over.wait(60)

        server.script.append(stay_silent)
        asking = asyncio.ensure_future(http.request("GET", server.url, {}))
        await asyncio.get_running_loop().run_in_executor(None, reached.wait, 60)
        await http.close()
        with pytest.raises(RuntimeError, match="the client is closed"):
            await asyncio.wait_for(asking, 60)
    assert len(server.received) == 1


def test_a_session_of_requests_is_refused() -> None:
    class Own(requests.Session):
        pass

    with pytest.raises(ValueError, match="http_session_factory"):
        AsyncHttp(B2HttpApiConfig(Own), Limits())


def test_a_client_outside_of_a_loop_says_so() -> None:
    http = AsyncHttp(B2HttpApiConfig(), Limits())
    with pytest.raises(RuntimeError, match="no running event loop"):
        http.check_loop()
