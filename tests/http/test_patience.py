"""Retry policy and timeouts that a program sets for its client, and the hook for retries."""

from __future__ import annotations

import math
import socket
import time
from typing import Any

import pytest
import responses
from tests.http.conftest import ScriptedServer

from b2sdk.exception import B2ConnectionError, B2RequestTimeout, ServiceError
from b2sdk.http import B2Http, B2HttpApiConfig, HttpCallback, Retry, RetryPolicy, Timeouts, patience
from b2sdk.http.overrides import retry_policy_now, timeouts_now

URL = "http://service.test/call?Authorization=secret-token"


def client_with(**choices: Any) -> B2Http:
    return B2Http(B2HttpApiConfig(install_clock_skew_hook=False, **choices))


@pytest.fixture
def failing(transport: str) -> Any:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        for method in ("GET", "POST", "HEAD"):
            mock.add(method, URL, status=503)
        yield mock


def test_the_attempts_of_the_policy_hold_for_every_kind_of_call(failing: Any, waits: list[float]) -> None:
    client = client_with(retry_policy=RetryPolicy(attempts=3))
    for call in (
        lambda: client.get_content(URL, {}),
        lambda: client.head_content(URL, {}),
        lambda: client.post_json_return_json(URL, {}, {}),
    ):
        failing.calls.reset()
        with pytest.raises(ServiceError):
            call()
        assert len(failing.calls) == 3


def test_what_is_to_be_sent_once_is_sent_once(failing: Any, waits: list[float]) -> None:
    client = client_with(retry_policy=RetryPolicy(attempts=3))
    with pytest.raises(ServiceError):
        client.post_content_return_json(URL, {}, b"content", try_count=1)
    assert len(failing.calls) == 1


def test_the_waits_of_the_policy_are_waited(failing: Any, waits: list[float]) -> None:
    client = client_with(retry_policy=RetryPolicy(attempts=4, first_wait=0.5, factor=2))
    with pytest.raises(ServiceError):
        client.get_content(URL, {})
    assert waits == [0.5, 1, 2]


def test_a_deadline_ends_it(failing: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0

    def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds

    monkeypatch.setattr(time, "sleep", sleep)
    monkeypatch.setattr(time, "monotonic", lambda: now)
    with pytest.raises(ServiceError):
        client_with(retry_policy=RetryPolicy(deadline=10, factor=1, first_wait=3)).get_content(URL, {})
    assert now == 109, "a fourth wait would have ended after the deadline"


def test_a_hook_is_called_for_each_retry_without_the_token(failing: Any, waits: list[float]) -> None:
    told: list[Retry] = []

    class Listening(HttpCallback):
        def on_retry(self, retry: Retry) -> None:
            told.append(retry)

    client = client_with(retry_policy=RetryPolicy(attempts=3))
    client.add_callback(Listening())
    with pytest.raises(ServiceError):
        client.get_content(URL, {})
    assert [(retry.attempt, retry.seconds) for retry in told] == [(1, 1), (2, 1.5)]
    assert {(retry.method, retry.url) for retry in told} == {("GET", "http://service.test/call")}
    assert all(isinstance(retry.error, ServiceError) for retry in told)


def test_the_timeouts_are_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    client = client_with(timeouts=Timeouts(connect=1, read=2, slow_call=3))
    seen: list[Any] = []

    def request(*_args: Any, timeout: Any, **_kwargs: Any) -> Any:
        seen.append(timeout)
        raise ServiceError

    monkeypatch.setattr(client.session, "request", request)
    for call in (
        lambda: client.request("GET", URL, {}, try_count=1),
        lambda: client.post_content_return_json(URL, {}, b"", try_count=1),
        lambda: client.post_json_return_json(URL, {}, {}, try_count=1),
    ):
        with pytest.raises(ServiceError):
            call()
    assert seen == [(1, 2), (1, 2), (1, 3)]


def test_in_a_block_others_hold(failing: Any, waits: list[float]) -> None:
    client = client_with(retry_policy=RetryPolicy(attempts=4))
    with patience(retry_policy=RetryPolicy(attempts=2, first_wait=7)), pytest.raises(ServiceError):
        client.get_content(URL, {})
    assert waits == [7]
    with pytest.raises(ServiceError):
        client.get_content(URL, {})
    assert len(failing.calls) == 2 + 4


def test_what_a_block_does_not_name_stays() -> None:
    policy, of_client = RetryPolicy(attempts=2), Timeouts(connect=1, read=2, write=3)
    with patience(timeouts=Timeouts(read=20, write=30)):
        with patience(timeouts=Timeouts(write=300), retry_policy=policy):
            assert timeouts_now(of_client) == Timeouts(connect=1, read=20, write=300)
            assert retry_policy_now(None) is policy
        with pytest.raises(ValueError, match="inside"), patience(timeouts=Timeouts(read=5)):
            raise ValueError("inside")
        assert timeouts_now(of_client) == Timeouts(connect=1, read=20, write=30)
        assert retry_policy_now(None) is None
    assert timeouts_now(of_client) is of_client


class Endless:
    """More than fits into the buffers of two sockets."""

    def seek(self, position: int) -> None:
        pass

    def read(self, size: int = -1) -> bytes:
        return b"x" * size


@pytest.mark.parametrize("is_set_for_block", [False, True], ids=["client", "block"])
@pytest.mark.parametrize("is_used_again", [False, True], ids=["new connection", "used again"])
def test_an_upload_that_nobody_takes_ends_in_time(
    server: ScriptedServer, is_used_again: bool, is_set_for_block: bool
) -> None:
    bounded = Timeouts(connect=300, read=300, write=0.2)
    client = client_with(timeouts=Timeouts() if is_set_for_block else bounded)
    if is_used_again:
        server.will_answer()
        client.request("GET", server.url, {})

    def take_nothing(connection: socket.socket) -> None:
        connection.recv(1)
        server.over.wait()

    # The server reads the body of a request before it follows its script, and this one says that it has no bytes.
    server.script.append(take_nothing)
    headers = {"Content-Length": "0"}
    with patience(timeouts=bounded), pytest.raises((B2RequestTimeout, B2ConnectionError)) as caught:
        client.request("POST", server.url, headers, data=Endless(), try_count=1)
    assert "timed out" in str(caught.value)
    assert server.connections == 1
    client.close()


def test_a_read_is_not_bounded_by_the_write_timeout(server: ScriptedServer) -> None:
    def answer_late(connection: socket.socket) -> None:
        server.over.wait(0.4)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    client = client_with(timeouts=Timeouts(write=0.1))
    server.script.append(answer_late)
    assert client.request("POST", server.url, {}, data=b"body", try_count=1).status_code == 200
    client.close()


@pytest.mark.parametrize("name", Timeouts._fields)
@pytest.mark.parametrize("seconds", [0, -1, math.nan, math.inf, "5", True])
def test_what_is_no_timeout_is_refused_before_anything_is_sent(name: str, seconds: Any) -> None:
    error = TypeError if isinstance(seconds, (str, bool)) else ValueError
    with pytest.raises(error, match=f"^{name} must be"), patience(timeouts=Timeouts(**{name: seconds})):
        pass
    with pytest.raises(error, match=f"^{name} must be"):
        B2HttpApiConfig(timeouts=Timeouts(**{name: seconds}))


def test_a_number_is_no_timeouts() -> None:
    with pytest.raises(TypeError, match="Timeouts are needed, not int"), patience(timeouts=5):  # type: ignore[arg-type]
        pass
