from __future__ import annotations

import http.client
import io
import queue
import socket
import struct
import threading
from typing import TYPE_CHECKING, Any

import pytest
import requests
import urllib3.connection
from requests.adapters import HTTPAdapter
from tests.http.conftest import Stalling
from urllib3 import HTTPConnectionPool, HTTPResponse

from b2sdk.http import Timeouts
from b2sdk.http.exchange import leave_authorization
from b2sdk.http.transport.connection import ReceivedResponse
from b2sdk.http.transport.direct_pool import ConnectionStack, pools_for
from b2sdk.http.transport.exchange import DirectSender
from b2sdk.http.transport.pool import PooledAdapter

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.http.conftest import ScriptedServer

HEADERS = {"User-Agent": "ours", "Accept-Encoding": "identity"}


def send(session: requests.Session, url: str, *, data: Any = None, seconds: float = 10) -> Any:
    """Send with headers that are written, which is half of what the short way is taken for."""
    session.auth = leave_authorization
    return DirectSender(session).call("POST", url, HEADERS, data, None, (10, seconds), stream=True)()


def resets(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def hangs_up(connection: socket.socket) -> None:
    pass


def says_nonsense(connection: socket.socket) -> None:
    connection.sendall(b"nonsense\r\n\r\n")


FAILURES = {"reset": resets, "hung up": hangs_up, "nonsense": says_nonsense}


def told(error: BaseException) -> list[object]:
    """Return what an error tells, with those that it came of, but for addresses of objects."""
    reason = getattr(error, "reason", None)
    inner = [one for one in (*error.args, reason) if isinstance(one, BaseException)]
    return [type(error), *(told(one) for one in inner)]


@pytest.mark.parametrize("failure", FAILURES)
def test_an_open_connection_fails_as_with_urllib3(server: ScriptedServer, failure: str) -> None:
    def failed(adapter: HTTPAdapter) -> list[object]:
        server.will_answer()
        server.script.append(FAILURES[failure])
        with requests.Session() as session:
            session.mount("http://", adapter)
            assert send(session, server.url, data=b"x").content == b"{}"
            with pytest.raises(requests.RequestException) as raised:
                send(session, server.url, data=b"x")
            server.will_answer()
            assert send(session, server.url, data=b"x").content == b"{}"  # on a connection of its own
        return told(raised.value)

    assert failed(PooledAdapter()) == failed(HTTPAdapter())


def test_silence_ends_as_with_urllib3(server: ScriptedServer) -> None:
    def failed(adapter: HTTPAdapter) -> list[object]:
        server.will_answer()
        server.script.append(Stalling(server))
        with requests.Session() as session:
            session.mount("http://", adapter)
            assert send(session, server.url).content == b"{}"
            with pytest.raises(requests.ReadTimeout) as raised:
                send(session, server.url, seconds=0.05)
        return [*told(raised.value), str(raised.value.args[0]).partition("port=")[2].partition(":")[2]]

    assert failed(PooledAdapter()) == failed(HTTPAdapter())


def test_an_interruption_closes_the_connection(server: ScriptedServer) -> None:
    class Interrupted(io.BytesIO):
        def read(self, _size: int | None = -1) -> bytes:
            raise KeyboardInterrupt

    with requests.Session() as session:
        session.mount("http://", PooledAdapter())
        server.will_answer()
        assert send(session, server.url, data=b"x").content == b"{}"
        with pytest.raises(KeyboardInterrupt):
            send(session, server.url, data=Interrupted(b"content"))
        server.will_answer()
        assert send(session, server.url, data=b"y").content == b"{}"
    assert [received.body for received in server.received] == [b"x", b"y"]
    assert server.connections == 2


UNFOLDS = hasattr(urllib3.connection, "_OBSOLETE_FOLD_RE")
"""Whether this urllib3 takes the ends of lines out of values; older ones leave them there."""


@pytest.mark.parametrize(
    "fields",
    [
        (),
        ("Set-Cookie: a=1", "Set-Cookie: b=2"),
        pytest.param(("X-Folded: a\r\n b",), marks=pytest.mark.skipif(not UNFOLDS, reason="urllib3 does not unfold")),
    ],
)
@pytest.mark.parametrize("data", [None, b"content", io.BytesIO(b"content")], ids=["none", "bytes", "file"])
def test_what_is_sent_and_received_on_an_open_connection_is_what_it_is_on_a_new_one(
    server: ScriptedServer, data: Any, fields: tuple[str, ...]
) -> None:
    responses, kinds = [], []
    with requests.Session() as session:
        session.mount("http://", PooledAdapter())
        for _ in range(2):
            server.will_answer(b"body", *fields, status=404)
            response = send(session, server.url, data=data)
            seen = (response.status_code, response.reason, response.headers, response.content, response.raw.version)
            responses.append((*seen, response.raw.headers, response.raw.length_remaining, dict(response.cookies)))
            session.cookies.clear()
            if isinstance(data, io.BytesIO):
                data.seek(0)
            kinds.append(type(response.raw))
    assert server.connections == 1
    assert responses[0] == responses[1]
    first, second = server.received
    assert (first.head, first.body) == (second.head, second.body)
    assert kinds == [HTTPResponse, ReceivedResponse]


def test_a_response_on_an_open_connection_can_be_shut_down_as_on_a_new_one(server: ScriptedServer) -> None:
    def shut_down(response: requests.Response) -> object:
        try:
            return response.raw.shutdown()
        except (AttributeError, ValueError) as error:  # of older versions of urllib3
            return type(error)

    with requests.Session() as session:
        session.mount("http://", PooledAdapter())
        server.will_answer(b"never read")
        new = send(session, server.url)
        on_a_new_one = shut_down(new)
        new.close()
        for body in (b"{}", b"never read"):
            server.will_answer(body)
            response = send(session, server.url)
            if body == b"{}":
                assert response.content == body
            else:
                assert type(response.raw) is ReceivedResponse
                assert shut_down(response) == on_a_new_one
                response.close()


@pytest.mark.parametrize("name", ["urlopen", "_make_request"])
def test_what_watches_urllib3_sees_each_request(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    seen: list[object] = []
    original: Callable[..., Any] = getattr(HTTPConnectionPool, name)

    def watched(self: HTTPConnectionPool, *args: Any, **kwargs: Any) -> Any:
        seen.append(self)
        return original(self, *args, **kwargs)

    with requests.Session() as session:
        session.mount("http://", PooledAdapter())
        server.will_answer()
        send(session, server.url).close()
        monkeypatch.setattr(HTTPConnectionPool, name, watched)
        for _ in range(2):
            server.will_answer()
            assert send(session, server.url).content == b"{}"
    assert len(seen) == 2


@pytest.mark.parametrize("name", ["send", "putrequest", "getresponse"])
def test_what_watches_the_standard_library_sees_each_request(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    original: Callable[..., Any] = getattr(http.client.HTTPConnection, name)
    seen: list[object] = []

    def watched(self: http.client.HTTPConnection, *args: Any, **kwargs: Any) -> Any:
        seen.append(self)
        return original(self, *args, **kwargs)

    with requests.Session() as session:
        session.mount("http://", PooledAdapter())
        server.will_answer()
        assert send(session, server.url, data=b"x").content == b"{}"
        monkeypatch.setattr(http.client.HTTPConnection, name, watched)
        server.will_answer()
        assert send(session, server.url, data=b"x").content == b"{}"
    assert len(seen) == 1


def test_an_adapter_that_repeats_by_itself_is_left_to_urllib3(server: ScriptedServer) -> None:
    adapter = PooledAdapter()
    adapter.max_retries = requests.adapters.Retry(1, allowed_methods=None)
    with requests.Session() as session:
        session.mount("http://", adapter)
        server.will_answer()
        assert send(session, server.url).content == b"{}"
        server.script.append(hangs_up)
        server.will_answer(b"again")
        assert send(session, server.url).content == b"again"


def test_connections_are_taken_as_from_the_queue_of_urllib3() -> None:
    ours, theirs = ConnectionStack(3), queue.LifoQueue[Any](3)
    for stack in (ours, theirs):
        for item in "abc":
            stack.put(item, block=False)
        with pytest.raises(queue.Full):
            stack.put("d", block=False)
        assert [stack.get(block=False) for _ in "abc"] == ["c", "b", "a"]
        with pytest.raises(queue.Empty):
            stack.get(block=False)
        with pytest.raises(queue.Empty):
            stack.get(timeout=0.001)
        stack.put("e")
        assert stack.get() == "e"


def test_no_connection_is_given_to_two_threads() -> None:
    stack = ConnectionStack(100)
    for number in range(100):
        stack.put(number, block=False)
    given: list[list[int]] = [[] for _ in range(8)]
    start = threading.Barrier(8)

    def take(taken: list[int]) -> None:
        start.wait()
        while True:
            try:
                taken.append(stack.get(block=False))
            except queue.Empty:
                return

    threads = [threading.Thread(target=take, args=(taken,)) for taken in given]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(number for taken in given for number in taken) == list(range(100))


def test_each_scheme_has_its_pool() -> None:
    pools = pools_for(Timeouts(write=7))
    assert {scheme: pool.scheme for scheme, pool in pools.items()} == {"http": "http", "https": "https"}
    assert all(pool.ConnectionCls.of_client.write == 7 for pool in pools.values())  # type: ignore[attr-defined]
