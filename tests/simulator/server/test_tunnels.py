from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from b2sdk.simulator import SimulatorServer
from b2sdk.v3 import B2Api, InMemoryAccountInfo


@pytest.fixture(scope="module")
def server() -> Iterator[SimulatorServer]:
    with SimulatorServer(tls=True, proxy_port=0, allow_hosts=["b2.example"]) as running:
        yield running


def proxy_of(server: SimulatorServer) -> tuple[str, int]:
    parts = urlsplit(server.proxy_url or "")
    assert parts.hostname is not None
    assert parts.port is not None
    return parts.hostname, parts.port


def said(server: SimulatorServer, request: bytes) -> bytes:
    """Return what the proxy sends until it closes the connection."""
    with socket.create_connection(proxy_of(server), timeout=10) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        with contextlib.suppress(ConnectionResetError):
            while block := connection.recv(65536):
                answer += block
        return answer


@pytest.mark.parametrize("name", ["api.backblazeb2.com", "b2.example"])
def test_a_client_with_a_name_of_the_simulator_built_in_comes_through_the_proxy(
    server: SimulatorServer, name: str
) -> None:
    connection = http.client.HTTPSConnection(
        *proxy_of(server), context=ssl.create_default_context(cafile=server.ca_file), timeout=10
    )
    connection.set_tunnel(name, 443)
    connection.request("GET", "/b2api/v4/b2_authorize_account", headers={"Authorization": "Basic bm86Ym9keQ=="})
    assert connection.getresponse().status == 401
    connection.close()


def test_this_package_works_through_the_proxy_as_on_the_real_service(
    server: SimulatorServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", server.proxy_url or "")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(server.ca_file))
    for name in ("NO_PROXY", "no_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    with B2Api(InMemoryAccountInfo()) as api:
        api.authorize_account(server.key_id, server.key)
        bucket = api.create_bucket("through-the-proxy", "allPrivate")
        bucket.upload_bytes(b"content", "file")
        assert [version.size for version, _ in bucket.ls()] == [7]
        assert api.account_info.get_download_url() == "https://api.backblazeb2.com"


@pytest.mark.parametrize("target", ["www.example.com:443", "b2.example.com:443", "10.0.0.1:443", ":443", "", "[:443"])
def test_the_proxy_leads_nowhere_else(server: SimulatorServer, target: str) -> None:
    answer = said(server, f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 403 ")


@pytest.mark.parametrize("method", ["GET", "POST", "connect"])
def test_the_proxy_carries_no_plain_requests(server: SimulatorServer, method: str) -> None:
    answer = said(server, f"{method} http://api.backblazeb2.com/ HTTP/1.1\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 405 ")


@pytest.mark.parametrize("request_", [b"", b"CONNECT b2.example:443 HTTP/1.1\r\n", b"\0" * 40_000, b"\xff\r\n"])
def test_what_is_no_request_gets_no_response(server: SimulatorServer, request_: bytes) -> None:
    assert said(server, request_) == b""


def test_a_proxy_to_a_service_without_tls_is_refused() -> None:
    with pytest.raises(ValueError, match="--tls"):
        SimulatorServer(proxy_port=0)


def test_there_is_no_proxy_unless_it_is_asked_for() -> None:
    with SimulatorServer() as without:
        assert without.proxy_url is None


def test_a_server_that_stops_closes_the_tunnels_that_are_open() -> None:
    with SimulatorServer(tls=True, proxy_port=0) as running:
        connection = socket.create_connection(proxy_of(running), timeout=10)
        connection.sendall(b"CONNECT api.backblazeb2.com:443 HTTP/1.1\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 200 ")
    with connection, contextlib.suppress(ConnectionResetError):
        assert connection.recv(100) == b""
