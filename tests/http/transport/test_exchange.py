from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any
from unittest.mock import Mock

import pytest
import requests
from hypothesis import given, strategies as st

from b2sdk.http.exchange import leave_authorization
from b2sdk.http.response import load_body
from b2sdk.http.transport.exchange import DirectSender, _prepare
from b2sdk.values.file_name import b2_url_encode

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.http.conftest import ScriptedServer

TIMEOUT = (10.0, 10.0)


def own_session(**attributes: Any) -> requests.Session:
    session = requests.Session()
    session.auth = leave_authorization
    for name, value in attributes.items():
        setattr(session, name, value)
    return session


def send(session: requests.Session, url: str, *, method: str = "GET", data: Any = None, **headers: str) -> Any:
    sender = DirectSender(session)
    response = sender.call(method, url, headers, data, None, TIMEOUT, stream=False)()
    sender.take(response)
    load_body(response, is_success=True)
    return response


names = st.text(st.characters(exclude_categories=["Cs"]), max_size=30).filter(lambda name: "." not in name)


@given(
    name=names, data=st.none() | st.binary(max_size=9), header=st.text(st.characters(codec="ascii", min_codepoint=33))
)
@pytest.mark.parametrize("method", ["GET", "POST", "HEAD"])
@pytest.mark.parametrize("query", ["", "?fileId=4_z1_f2&x=%2F"])
def test_a_request_is_what_requests_would_make_of_it(
    method: str, query: str, name: str, data: bytes | None, header: str
) -> None:
    session = own_session()
    url = f"https://f001.example.com:8080/file/bucket/{b2_url_encode(name)}{query}"
    headers = {"Authorization": "token", "X-Bz-Info-a": header, "User-Agent": "ours"}
    ours = _prepare(session, method, url, headers, data, None)
    theirs = session.prepare_request(requests.Request(method, url, headers, data=data))
    assert (ours.method, ours.url, ours.path_url) == (theirs.method, theirs.url, theirs.path_url)
    assert dict(ours.headers) == dict(theirs.headers)
    assert (ours.body or None) == (theirs.body or None)


def test_a_name_with_dots_is_asked_for_as_it_is(server: ScriptedServer) -> None:
    server.will_answer()
    send(own_session(), server.url + "/a/../b/./c")
    assert server.received[0].head.startswith("GET /here/a/../b/./c HTTP/1.1")


@pytest.mark.parametrize("url", ["http://exämple.test/ü", "http://example.test/a b?c d", "http://example.test"])
def test_other_urls_are_quoted_as_ever(url: str) -> None:
    session = own_session()
    assert (
        _prepare(session, "GET", url, {}, None, None).url == session.prepare_request(requests.Request("GET", url)).url
    )


def test_a_header_that_would_become_two_is_refused() -> None:
    with pytest.raises(requests.exceptions.InvalidHeader):
        send(own_session(), "http://example.test/", Evil="a\r\nb: c")


def test_a_body_that_is_read_has_its_length(server: ScriptedServer) -> None:
    server.will_answer()
    send(own_session(), server.url, method="POST", data=io.BytesIO(b"content"))
    assert server.received[0].body == b"content"
    assert "Content-Length: 7" in server.received[0].head


@pytest.mark.parametrize("length", [9, 10**12, 10**17])
def test_a_response_that_promises_more_than_comes_is_a_broken_connection(server: ScriptedServer, length: int) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % length
    server.script.append(lambda connection: connection.sendall(head + b"{}"))
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        send(own_session(), server.url)


def test_the_environment_is_read_once_for_a_host(server: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    session = own_session()
    asked = Mock(wraps=session.merge_environment_settings)
    session.merge_environment_settings = asked  # type: ignore[method-assign]
    sender = DirectSender(session)
    for _ in range(5):
        server.will_answer()
        sender.call("GET", server.url, {}, None, None, TIMEOUT, False)().close()
    assert asked.call_count == 1
    monkeypatch.setattr(session, "verify", False)
    server.will_answer()
    sender.call("GET", server.url, {}, None, None, TIMEOUT, False)().close()
    assert asked.call_count == 2, "the program has changed its mind"


def test_a_proxy_of_the_environment_is_used(server: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", server.url.removesuffix("/here"))
    monkeypatch.delenv("no_proxy", raising=False)
    server.will_answer()
    send(own_session(), "http://elsewhere.test/path")
    assert server.received[0].head.startswith("GET http://elsewhere.test/path HTTP/1.1")


@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_certificates_of_the_environment_are_used(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    monkeypatch.setenv(name, "/no/such/bundle")
    with pytest.raises(OSError, match="/no/such/bundle"):
        send(own_session(), "https://localhost:1/")


class Answering(requests.Session):
    def request(self, *args: Any, **kwargs: Any) -> Any:
        return "their own"


class Preparing(requests.Session):
    def prepare_request(self, request: requests.Request) -> requests.PreparedRequest:
        request.headers["X-Own"] = "yes"
        return super().prepare_request(request)


def answer_at_will(session: requests.Session) -> None:
    session.request = lambda *_args, **_kwargs: "their own"  # type: ignore[assignment]


def test_a_session_that_responds_itself_is_used() -> None:
    assert send(Answering(), "http://nowhere.test/") == "their own"
    session = own_session()
    answer_at_will(session)
    assert send(session, "http://nowhere.test/") == "their own"


def test_what_is_patched_into_requests_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests.Session, "request", lambda *_args, **_kwargs: "patched")
    assert send(own_session(), "http://nowhere.test/") == "patched"


def with_a_cookie() -> requests.Session:
    session = own_session()
    session.cookies.set("c", "1")
    return session


@pytest.mark.parametrize(
    ("make", "seen"),
    [
        (Preparing, "X-Own: yes"),
        (lambda: own_session(params={"p": "1"}), "GET /here?p=1 "),
        (lambda: own_session(headers={"X-Own": "yes"}), "X-Own: yes"),
        (lambda: own_session(auth=("user", "password")), "Authorization: Basic "),
        (with_a_cookie, "Cookie: c=1"),
    ],
)
def test_what_the_program_wants_of_its_session_is_done(
    server: ScriptedServer, make: Callable[[], requests.Session], seen: str
) -> None:
    server.will_answer()
    send(make(), server.url)
    assert seen in server.received[0].head


def test_hooks_of_the_session_are_called(server: ScriptedServer) -> None:
    hook = Mock(return_value=None)
    server.will_answer()
    send(own_session(hooks={"response": [hook]}), server.url)
    assert hook.call_count == 1


@pytest.mark.parametrize("options", [{}, {"params": {"a": "b"}}], ids=["ordinary", "extraordinary"])
def test_a_response_that_leads_elsewhere_is_not_followed(server: ScriptedServer, options: Any) -> None:
    server.will_answer(b"", "Location: /there", "Set-Cookie: c=1", status=302)
    session = own_session(**options)
    assert send(session, server.url, Authorization="token").status_code == 302
    assert len(server.received) == 1
    assert dict(session.cookies) == {"c": "1"}


def test_a_response_reports_how_long_it_took(server: ScriptedServer) -> None:
    server.will_answer()
    assert send(own_session(), server.url).elapsed.total_seconds() > 0
