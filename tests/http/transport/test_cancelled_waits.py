"""Requests of work that another thread cancels while they wait for the service, which requests cannot do."""

from __future__ import annotations

import io
import socket
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from tests.http.conftest import PATIENCE, Stalling, Worker
from urllib3.util import connection as urllib3_connection

from b2sdk.http import B2Http, B2HttpApiConfig
from b2sdk.simulator import SimulatorServer
from b2sdk.simulator.protocol.faults import WireFault
from b2sdk.v3 import B2Api, InMemoryAccountInfo

if TYPE_CHECKING:
    from tests.http.conftest import ScriptedServer

HEAD = b"HTTP/1.1 %d Told\r\nContent-Length: 100\r\n\r\n"


@pytest.fixture(params=["as stored", "decoded"])
def client(request: pytest.FixtureRequest) -> Iterator[B2Http]:
    http = B2Http(B2HttpApiConfig(install_clock_skew_hook=False, decode_content=request.param == "decoded"))
    yield http
    http.close()


@pytest.mark.parametrize(
    "said", [b"", b"HTTP/1.1 200", HEAD % 200, HEAD % 200 + b"{", HEAD % 503 + b"{"], ids=lambda said: said.decode()
)
def test_a_response_is_not_waited_for(server: ScriptedServer, client: B2Http, said: bytes) -> None:
    stalling = Stalling(server, said)
    server.script.append(stalling)
    worker = Worker(lambda: client.request("GET", server.url, {}))
    assert stalling.reached.wait(PATIENCE)
    worker.call_off()
    assert len(server.received) == 1, "it is not sent again"


def test_a_body_is_not_waited_for_by_a_thread_that_did_not_ask_for_it(server: ScriptedServer, client: B2Http) -> None:
    stalling = Stalling(server, HEAD % 200 + b"beginning")
    server.script.append(stalling)
    received: list[bytes] = []
    with client.get_content(server.url, {}) as response:
        worker = Worker(lambda: received.extend(response.iter_content(9)))
        assert stalling.reached.wait(PATIENCE)
        worker.call_off()
        assert b"".join(received) in {b"", b"beginning"}
        response.close()


def test_a_service_that_does_not_read_is_not_waited_for(server: ScriptedServer, client: B2Http) -> None:
    # No header that the server reads has the length, so it reads nothing of the body.
    stalling = Stalling(server)
    server.script.append(stalling)
    endless: Any = _Endless()
    worker = Worker(lambda: client.request("POST", server.url, {}, data=endless))
    assert stalling.reached.wait(PATIENCE)
    worker.call_off()


class _Endless:
    """A body that is longer than all buffers between client and service."""

    def __iter__(self) -> Iterator[bytes]:
        while True:
            yield b"x" * 100_000


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_service_that_takes_the_connection_and_says_nothing_is_not_waited_for(client: B2Http, scheme: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        worker = Worker(lambda: client.request("GET", f"{scheme}://127.0.0.1:{listener.getsockname()[1]}/", {}))
        connection, _ = listener.accept()
        with connection:
            assert connection.recv(1), "the request, or the greeting of TLS"
            worker.call_off()


def test_a_connection_that_does_not_come_about_is_not_waited_for(
    client: B2Http, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, may_end = threading.Event(), threading.Event()
    made, other = socket.socketpair()

    def connect(*_args: Any, **_kwargs: Any) -> socket.socket:
        begun.set()
        assert may_end.wait(PATIENCE)
        return made

    monkeypatch.setattr(urllib3_connection, "create_connection", connect)
    worker = Worker(lambda: client.request("GET", "http://a-name.invalid/", {}))
    assert begun.wait(PATIENCE)
    connecting = next(thread for thread in threading.enumerate() if thread.name == "b2sdk-connecting")
    worker.call_off()
    may_end.set()
    connecting.join(PATIENCE)
    assert made.fileno() == -1, "nobody would close it otherwise"
    other.close()


@pytest.mark.parametrize("kind", ["stall", "slow"])
def test_over_tls_nothing_that_is_encrypted_is_taken_for_content(kind: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    content = b"x" * 1000
    with SimulatorServer(tls=True) as service, B2Api(InMemoryAccountInfo()) as api:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(service.ca_file))
        api.authorize_account(service.key_id, service.key, realm=service.url)
        bucket = api.create_bucket("the-bucket", "allPrivate")
        bucket.upload_bytes(content, "stored")
        fault = WireFault(kind=kind, endpoint="b2_download_file_by_name", seconds=PATIENCE, count=2)
        service.faults.add(fault)
        target = io.BytesIO()
        worker = Worker(lambda: bucket.download_file_by_name("stored").save(target))
        while fault.count == 2 and worker.is_alive():
            worker.join(0.001)
        worker.join(0.05)
        worker.call_off()
        assert content.startswith(target.getvalue())
