from __future__ import annotations

import io
import json
import logging
import socket
import struct
import threading
from typing import TYPE_CHECKING, Any

import pytest
import requests
import responses

from b2sdk.exception import (
    B2ConnectionError,
    B2Error,
    B2HttpCallbackPostRequestException,
    B2HttpCallbackPreRequestException,
    B2RequestTimeout,
    BadRequest,
    ClockSkew,
    InvalidJsonResponse,
    ServiceError,
    TooManyRequests,
    UnknownError,
)
from b2sdk.http import B2Http, B2HttpApiConfig, HttpCallback, RetryPolicy
from b2sdk.version import USER_AGENT

if TYPE_CHECKING:
    from tests.http.conftest import ScriptedServer

URL = "https://api.test/b2api/v3/b2_call"


class Told:
    """What the client needs of a response."""

    status_code = 200
    content = b"{}"
    url = URL

    def __init__(self) -> None:
        self.headers: dict[str, str] = {}
        self.closed = False

    def close(self) -> None:
        self.closed = True


class RecordingSession:
    """All that a session must offer."""

    def __init__(self) -> None:
        self.adapters: dict[str, object] = {}
        self.sent: list[tuple[tuple[str, str], dict[str, Any]]] = []
        self.told: list[Told] = []

    def mount(self, prefix: str, adapter: object) -> None:
        self.adapters[prefix] = adapter

    def request(self, method: str, url: str, **keywords: Any) -> Told:
        self.sent.append(((method, url), keywords))
        self.told.append(Told())
        return self.told[-1]


@pytest.fixture
def session() -> RecordingSession:
    return RecordingSession()


@pytest.fixture
def recorded(session: RecordingSession) -> B2Http:
    factory: Any = lambda: session  # noqa: E731  # a session only by its methods
    return B2Http(B2HttpApiConfig(factory, install_clock_skew_hook=False))


def test_a_json_call(recorded: B2Http, session: RecordingSession) -> None:
    assert recorded.post_json_return_json("U", {"Authorization": "t"}, {"name": "é"}) == {}
    [(target, keywords)] = session.sent
    assert target == ("POST", "U")
    assert list(keywords["headers"]) == ["Authorization", "Content-Type", "Accept", "User-Agent"]
    assert keywords["data"] == b'{"name": "\\u00e9"}'
    assert keywords["params"] is None
    assert keywords["timeout"] == (46, 1200)
    assert keywords["stream"] is False


def test_an_upload(recorded: B2Http, session: RecordingSession) -> None:
    assert recorded.post_content_return_json("U", {"a": "b"}, b"content", 1, {"fileName": "f"}, _timeout=7) == {}
    [(target, keywords)] = session.sent
    assert target == ("POST", "U")
    assert keywords["headers"] == {"a": "b", "Accept": "application/json", "User-Agent": USER_AGENT}
    assert (keywords["data"], keywords["params"], keywords["timeout"]) == (b"content", None, (46, 7))


def test_a_get_has_a_query(recorded: B2Http, session: RecordingSession) -> None:
    recorded.request_content_return_json("get", "U", {}, None, 1, {"bucketId": "b"})
    [(target, keywords)] = session.sent
    assert target == ("GET", "U")
    assert keywords["params"] == {"bucketId": "b"}


def test_a_download_is_streamed(recorded: B2Http, session: RecordingSession) -> None:
    recorded.get_content("U", {})
    [(target, keywords)] = session.sent
    assert target == ("GET", "U")
    assert keywords["headers"] == {"User-Agent": USER_AGENT}
    assert (keywords["stream"], keywords["timeout"]) == (True, (46, 128))


def test_a_head(recorded: B2Http, session: RecordingSession) -> None:
    recorded.head_content("U", {})
    assert session.sent[0][0] == ("HEAD", "U")


def test_a_response_that_was_read_is_closed_and_a_streamed_one_is_not(
    recorded: B2Http, session: RecordingSession
) -> None:
    recorded.post_json_return_json("U", {}, {})
    recorded.get_content("U", {})
    assert [response.closed for response in session.told] == [True, False]


def test_a_response_that_a_hook_refuses_is_closed(recorded: B2Http, session: RecordingSession) -> None:
    class Refusing(HttpCallback):
        def post_request(self, *args: Any) -> None:
            raise B2HttpCallbackPostRequestException("no")

    recorded.add_callback(Refusing())
    with pytest.raises(B2HttpCallbackPostRequestException):
        recorded.get_content("U", {})
    assert session.told[0].closed


def test_the_headers_of_the_caller_are_not_changed(recorded: B2Http) -> None:
    headers = {"Authorization": "t"}
    recorded.post_json_return_json("U", headers, {})
    assert headers == {"Authorization": "t"}


def test_constants_count_where_they_are_set(session: RecordingSession) -> None:
    class Patient(B2Http):
        CONNECTION_TIMEOUT = 120
        TIMEOUT_FOR_UPLOAD = 43200

    factory: Any = lambda: session  # noqa: E731  # a session only by its methods
    http = Patient(B2HttpApiConfig(factory, install_clock_skew_hook=False))
    http.TIMEOUT = 5
    http.TIMEOUT_FOR_COPY = 6
    http.get_content("U", {})
    http.head_content("U", {})
    http.post_content_return_json("U", {}, b"")
    http.post_json_return_json("U", {}, {})
    assert [keywords["timeout"] for _, keywords in session.sent] == [(120, 5), (120, 5), (120, 43200), (120, 6)]


def test_the_user_agent_may_be_extended() -> None:
    assert B2Http(B2HttpApiConfig(user_agent_append="app/1.0")).user_agent == f"{USER_AGENT} app/1.0"


def test_every_entry_goes_through_the_overridable_request(session: RecordingSession) -> None:
    class Counting(B2Http):
        calls = 0

        def request(self, *args: Any, **keywords: Any) -> requests.Response:
            self.calls += 1
            return super().request(*args, **keywords)

    factory: Any = lambda: session  # noqa: E731  # a session only by its methods
    http = Counting(B2HttpApiConfig(factory, install_clock_skew_hook=False))
    http.get_content("U", {})
    http.head_content("U", {})
    http.post_content_return_json("U", {}, b"")
    http.post_json_return_json("U", {}, {})
    assert http.calls == len(session.sent) == 4


# --- attempts ----------------------------------------------------------------------------------------------------


@pytest.fixture
def service() -> Any:
    with responses.RequestsMock() as mock:
        yield mock


def calls(service: responses.RequestsMock) -> int:
    return len(service.calls)


def test_what_passes_is_sent_again(client: B2Http, service: responses.RequestsMock, waits: list[float]) -> None:
    service.get(URL, status=503)
    service.get(URL, status=500, headers={"Retry-After": "7"})
    service.get(URL, status=429, headers={"Retry-After": "Fri, 16 Dec 2016 20:52:30 GMT"})
    service.get(URL, body=requests.ConnectionError("refused"))
    service.get(URL, body=b"at last")
    assert client.request("GET", URL, {}).content == b"at last"
    assert waits == [1, 7, 2.25, 3.375]


def test_what_does_not_pass_is_raised_at_once(
    client: B2Http, service: responses.RequestsMock, waits: list[float]
) -> None:
    service.get(URL, status=403, json={"code": "access_denied"})
    with pytest.raises(B2Error, match="not allowed"):
        client.request("GET", URL, {})
    assert (calls(service), waits) == (1, [])


@pytest.mark.parametrize("tries", [1, 3])
def test_the_last_error_is_raised_without_a_wait_after_it(
    client: B2Http, service: responses.RequestsMock, waits: list[float], tries: int
) -> None:
    service.get(URL, status=503, headers={"Retry-After": "2"})
    with pytest.raises(ServiceError) as caught:
        client.request("GET", URL, {}, try_count=tries)
    assert caught.value.retry_after_seconds == 2
    assert caught.value.__context__ is None
    assert (calls(service), waits) == (tries, [2] * (tries - 1))


@pytest.mark.parametrize("tries", [0, -1])
def test_at_least_one_try(client: B2Http, tries: int) -> None:
    with pytest.raises(ValueError, match="try_count must be >= 1"):
        client.request("GET", URL, {}, try_count=tries)


def test_counts_that_a_subclass_sets_hold_where_the_caller_gives_none(
    service: responses.RequestsMock, waits: list[float]
) -> None:
    class Hasty(B2Http):
        TRY_COUNT_DOWNLOAD = 2
        TRY_COUNT_HEAD = 1

    http = Hasty(B2HttpApiConfig(install_clock_skew_hook=False))
    service.add("GET", URL, status=503)
    service.add("HEAD", URL, status=503)
    for attempt, expected in ((http.get_content, 2), (http.head_content, 1)):
        service.calls.reset()
        with pytest.raises(ServiceError):
            attempt(URL, {})
        assert calls(service) == expected
    service.calls.reset()
    with pytest.raises(ServiceError):
        http.get_content(URL, {}, 20)
    assert calls(service) == 20


def test_the_policy_of_a_subclass_counts(service: responses.RequestsMock, waits: list[float]) -> None:
    class Capped(B2Http):
        RETRY_POLICY = RetryPolicy(first_wait=2, retry_after_cap=30)

    service.get(URL, status=503)
    service.get(URL, status=503, headers={"Retry-After": "99999999999999999999"})
    service.get(URL)
    Capped(B2HttpApiConfig(install_clock_skew_hook=False)).request("GET", URL, {})
    assert waits == [2, 30]


@pytest.mark.parametrize("status", [201, 204, 304, 418])
def test_only_200_and_206_are_success(client: B2Http, service: responses.RequestsMock, status: int) -> None:
    service.get(URL, status=status)
    with pytest.raises(UnknownError):
        client.request("GET", URL, {})


def test_the_cause_stays_attached(client: B2Http, service: responses.RequestsMock) -> None:
    refused = requests.ConnectionError("refused")
    service.get(URL, body=refused)
    with pytest.raises(B2ConnectionError, match=r"^Connection error: refused$") as caught:
        client.request("GET", URL, {}, try_count=1)
    assert caught.value.__cause__ is refused


def test_a_response_that_is_not_an_object_is_no_json_decode_error(
    client: B2Http, service: responses.RequestsMock
) -> None:
    service.post(URL, body="<html>")
    with pytest.raises(InvalidJsonResponse, match="<html>"):
        client.post_json_return_json(URL, {}, {})


def test_pauses_are_logged_with_their_reason_and_no_secret(
    client: B2Http, service: responses.RequestsMock, waits: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    service.get(URL, status=503)
    service.get(URL, status=429, headers={"Retry-After": "7"})
    service.get(URL)
    with caplog.at_level(logging.DEBUG, logger="b2sdk"):
        client.request("GET", URL, {"Authorization": "4_secret"})
    paused = [record.getMessage() for record in caplog.records if record.levelno == logging.INFO]
    first, second = (text.partition(": ") for text in paused)
    assert first[0] == "Pausing thread for 1 seconds because that is what the default exponential backoff is"
    assert first[2] == f"GET {URL}, attempt 1: 503 the service did not say why"
    assert second[0] == "Pausing thread for 7 seconds because server asked us to"
    assert second[2] == f"GET {URL}, attempt 2: Too many requests"
    assert "4_secret" not in caplog.text


# --- hooks -------------------------------------------------------------------------------------------------------


class Recording(HttpCallback):
    def __init__(self, name: str, log: list[tuple[Any, ...]]) -> None:
        self.name, self.log = name, log

    def pre_request(self, *args: Any) -> None:
        self.log.append((self.name, "pre", *args))

    def post_request(self, *args: Any) -> None:
        self.log.append((self.name, "post", *args))


def test_hooks_are_called_positionally_for_each_attempt_in_order(
    client: B2Http, service: responses.RequestsMock, waits: list[float]
) -> None:
    log: list[tuple[Any, ...]] = []
    client.add_callback(Recording("a", log))
    client.add_callback(Recording("b", log))
    service.get(URL, status=503)
    service.get(URL)
    response = client.request("get", URL, {"x": "y"})
    assert [entry[:2] for entry in log] == [("a", "pre"), ("b", "pre"), ("a", "post"), ("b", "post")] * 2
    assert log[0][2:] == ("GET", URL, {"x": "y", "User-Agent": USER_AGENT})
    assert log[-1][2:5] == log[0][2:]
    assert log[-1][5] is response


def test_what_a_hook_puts_into_the_headers_is_sent(client: B2Http, service: responses.RequestsMock) -> None:
    class TestMode(HttpCallback):
        def pre_request(self, method: str, url: str, headers: dict[str, str]) -> None:
            headers["X-Bz-Test-Mode"] = "fail_some_uploads"

    client.add_callback(TestMode())
    service.get(URL)
    client.request("GET", URL, {})
    assert service.calls[0].request.headers["X-Bz-Test-Mode"] == "fail_some_uploads"


@pytest.mark.parametrize("when", ["pre_request", "post_request"])
@pytest.mark.parametrize(
    ("raised", "seen"),
    [
        (B2HttpCallbackPreRequestException("stop"), B2HttpCallbackPreRequestException),
        (B2HttpCallbackPostRequestException("stop"), B2HttpCallbackPostRequestException),
        (KeyError("x"), UnknownError),
    ],
)
def test_a_hook_stops_a_request_for_good(
    client: B2Http, waits: list[float], when: str, raised: Exception, seen: type[B2Error]
) -> None:
    def stop(*args: Any) -> None:
        raise raised

    hook = HttpCallback()
    setattr(hook, when, stop)
    client.add_callback(hook)
    with responses.RequestsMock(assert_all_requests_are_fired=False) as service:
        service.get(URL)
        with pytest.raises(seen):
            client.request("GET", URL, {})
        assert calls(service) == (when == "post_request")
    assert waits == []


def test_a_hook_may_ask_for_another_attempt(
    client: B2Http, service: responses.RequestsMock, waits: list[float]
) -> None:
    class Busy(HttpCallback):
        pending = 1

        def pre_request(self, *args: Any) -> None:
            if self.pending:
                self.pending -= 1
                raise TooManyRequests(retry_after_seconds=3)

    client.add_callback(Busy())
    service.get(URL)
    assert client.request("GET", URL, {}).ok
    assert waits == [3]


@pytest.mark.parametrize("installed", [True, False])
def test_the_clock_is_checked_unless_requested_otherwise(service: responses.RequestsMock, installed: bool) -> None:
    http = B2Http(B2HttpApiConfig(install_clock_skew_hook=installed))
    service.get(URL, headers={"Date": "Fri, 16 Dec 2016 20:52:30 GMT"})
    if installed:
        with pytest.raises(ClockSkew):
            http.request("GET", URL, {})
    else:
        assert http.request("GET", URL, {}).ok


# --- on the wire -------------------------------------------------------------------------------------------------


def reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def hang_up(connection: socket.socket) -> None:
    connection.shutdown(socket.SHUT_RDWR)


def break_off(connection: socket.socket) -> None:
    connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"a"')
    connection.shutdown(socket.SHUT_RDWR)


def break_off_an_error(connection: socket.socket) -> None:
    connection.sendall(b'HTTP/1.1 400 OK\r\nContent-Length: 100\r\n\r\n{"a"')
    connection.shutdown(socket.SHUT_RDWR)


def babble(connection: socket.socket) -> None:
    connection.sendall(b"SSH-2.0-OpenSSH\r\n\r\n")


@pytest.mark.parametrize("trouble", [reset, hang_up, break_off, break_off_an_error, babble])
def test_a_broken_connection_is_tried_again(
    server: ScriptedServer, client: B2Http, waits: list[float], trouble: Any
) -> None:
    server.script.append(trouble)
    server.will_answer(b'{"a": 1}')
    assert client.post_json_return_json(server.url, {}, {}) == {"a": 1}
    assert waits == [1]


def test_silence_is_a_timeout(server: ScriptedServer, client: B2Http) -> None:
    def stay_silent(connection: socket.socket) -> None:
        server.over.wait()

    server.script.append(stay_silent)
    with pytest.raises(B2RequestTimeout) as caught:
        client.request("GET", server.url, {}, try_count=1, _timeout=0.05)
    assert isinstance(caught.value.__cause__, requests.ReadTimeout)


def test_a_refused_connection_is_a_connection_error(client: B2Http) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(B2ConnectionError):
        client.request("GET", f"http://127.0.0.1:{port}", {}, try_count=1)


def test_a_body_is_sent_from_its_beginning_in_every_attempt(
    server: ScriptedServer, client: B2Http, waits: list[float]
) -> None:
    body = io.BytesIO(b"content")
    body.seek(3)
    server.will_answer(status=503)
    server.script.append(reset)
    server.will_answer()
    client.post_content_return_json(server.url, {}, body, try_count=3)
    assert [received.body for received in server.received] == [b"content"] * 3


def test_an_upload_of_one_try_is_sent_once(server: ScriptedServer, client: B2Http, waits: list[float]) -> None:
    server.will_answer(json.dumps({"code": "service_unavailable", "message": "busy"}).encode(), status=503)
    with pytest.raises(ServiceError, match=r"^503 service_unavailable busy$"):
        client.post_content_return_json(server.url, {}, b"content", try_count=1)
    assert (len(server.received), waits) == (1, [])


def test_a_download_is_handed_over_before_its_body_has_come(server: ScriptedServer, client: B2Http) -> None:
    handed_over = threading.Event()

    def send_the_body_on_demand(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 206 Partial\r\nContent-Length: 4\r\n\r\n")
        handed_over.wait()
        connection.sendall(b"body")

    server.script.append(send_the_body_on_demand)
    with client.get_content(server.url, {}, 1) as response:
        handed_over.set()
        assert response.content == b"body"


def test_the_body_of_an_error_is_read_when_streaming_too(server: ScriptedServer, client: B2Http) -> None:
    server.will_answer(b'{"code": "bad_request", "message": "no"}', status=400)
    with pytest.raises(BadRequest, match=r"^no \(bad_request\)$"):
        client.get_content(server.url, {})


def test_one_connection_serves_many_requests_and_errors(server: ScriptedServer, client: B2Http) -> None:
    for status in (200, 404, 200):
        server.will_answer(status=status)
    client.post_json_return_json(server.url, {}, {})
    with pytest.raises(B2Error):
        client.get_content(server.url, {})
    client.post_json_return_json(server.url, {}, {})
    assert server.connections == 1


def test_the_headers_on_the_wire(server: ScriptedServer, client: B2Http) -> None:
    server.will_answer()
    client.post_json_return_json(server.url, {"Authorization": "4_token"}, {"a": 1})
    received = server.received[0]
    assert {"Accept-Encoding: identity", "Connection: keep-alive", "Accept: application/json"} <= set(
        received.head.split("\r\n")
    )
    assert received.body == b'{"a": 1}'


@pytest.mark.parametrize(("own", "sent"), [(None, "identity"), ("br", "br")])
def test_what_a_session_of_the_program_accepts_is_left_alone(
    server: ScriptedServer, own: str | None, sent: str
) -> None:
    def factory() -> requests.Session:
        session = requests.Session()
        if own is not None:
            session.headers["Accept-Encoding"] = own
        return session

    server.will_answer()
    http = B2Http(B2HttpApiConfig(factory, install_clock_skew_hook=False))
    http.get_content(server.url, {}).response.close()
    http.close()
    assert f"Accept-Encoding: {sent}" in server.received[0].head.split("\r\n")
