"""Work that another thread cancels, with the transport of this package and with the plain one."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING, Any

import pytest
import requests
from tests.http.conftest import PATIENCE, Stalling, Worker

from b2sdk.cancellation import Cancellation
from b2sdk.exception import Cancelled
from b2sdk.http import B2Http

if TYPE_CHECKING:
    from tests.http.conftest import ScriptedServer

HEAD = b"HTTP/1.1 200 Told\r\nContent-Length: 100\r\n\r\n"


@pytest.mark.parametrize("said", [b"", HEAD, HEAD + b"{"], ids=["nothing", "head", "beginning"])
def test_what_is_cancelled_is_not_sent_again(server: ScriptedServer, client: B2Http, said: bytes) -> None:
    stalling = Stalling(server, said)
    server.script.append(stalling)
    client.TIMEOUT = 0.5  # which is how long the plain transport waits; cancelled work is not retried
    worker = Worker(lambda: client.request("GET", server.url, {}))
    assert stalling.reached.wait(PATIENCE)
    worker.call_off()
    assert len(server.received) == 1


def test_a_connection_that_fails_fails_as_it_would_without_work(client: B2Http, server: ScriptedServer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        nobody = f"http://127.0.0.1:{listener.getsockname()[1]}/"
    with pytest.raises(Exception, match="refused") as outside:
        client.request("GET", nobody, {}, try_count=1)
    with Cancellation().activate(), pytest.raises(type(outside.value), match="refused"):
        client.request("GET", nobody, {}, try_count=1)


def test_the_wait_between_two_attempts_ends(server: ScriptedServer, client: B2Http) -> None:
    server.will_answer(b'{"status": 503, "code": "busy", "message": ""}', "Retry-After: 600", status=503)
    waiting = threading.Event()

    class Hook(requests.structures.CaseInsensitiveDict):  # type: ignore[type-arg]
        pre_request = post_request = staticmethod(lambda *_args: None)

        def on_retry(self, _retry: Any) -> None:
            waiting.set()

    client.add_callback(Hook())  # type: ignore[arg-type]
    worker = Worker(lambda: client.request("GET", server.url, {}))
    assert waiting.wait(PATIENCE)
    worker.call_off()


def test_work_that_is_cancelled_sends_nothing(server: ScriptedServer, client: B2Http) -> None:
    work = Cancellation()
    work.cancel()
    with work.activate(), pytest.raises(Cancelled):
        client.request("GET", server.url, {})
    assert server.connections == 0


def test_a_connection_that_was_used_for_the_work_outlives_it(server: ScriptedServer, client: B2Http) -> None:
    work = Cancellation()
    server.will_answer()
    with work.activate():
        client.request("GET", server.url, {})
    work.cancel()
    server.will_answer()
    client.request("GET", server.url, {})
    assert (server.connections, len(server.received)) == (1, 2)
