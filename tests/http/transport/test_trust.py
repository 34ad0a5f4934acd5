from __future__ import annotations

import contextlib
import socket
import socketserver
import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
import requests
import trustme
from requests.adapters import HTTPAdapter
from urllib3.exceptions import InsecureRequestWarning
from urllib3.util import ssl_

from b2sdk.exception import ConnectionImpossible
from b2sdk.http import B2Http
from b2sdk.http.transport.pool import PooledAdapter
from b2sdk.simulator import Identity, SimulatorServer
from b2sdk.simulator.server.tls import provide_identity
from b2sdk.v3 import B2Api, InMemoryAccountInfo


@pytest.fixture(scope="module")
def service() -> Iterator[SimulatorServer]:
    with SimulatorServer(tls=True) as server:
        yield server


@pytest.fixture
def trusted(service: SimulatorServer) -> Path:
    assert service.ca_file is not None
    return service.ca_file


def watched(monkeypatch: pytest.MonkeyPatch, method: str) -> list[tuple[Any, ...]]:
    """Return a list to which each call of a method of TLS contexts adds its arguments."""
    calls: list[tuple[Any, ...]] = []

    def call(self: ssl.SSLContext, *args: Any) -> None:
        calls.append(args)
        original(self, *args)

    original = getattr(ssl.SSLContext, method)
    monkeypatch.setattr(ssl.SSLContext, method, call)
    return calls


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What bundles were read, in the order of time."""
    return watched(monkeypatch, "load_verify_locations")


@contextlib.contextmanager
def session_with(adapter: HTTPAdapter, **settings: Any) -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.mount("https://", adapter)
        session.trust_env = False
        vars(session).update(settings)
        yield session


def ask_twice_at_once(session: requests.Session, url: str) -> None:
    """Make two connections: while a response is open, its own is not free for another request."""
    with session.get(url, stream=True, timeout=60), session.get(url, stream=True, timeout=60) as another:
        assert another.status_code < 500


def test_a_bundle_is_read_once_for_many_connections(
    service: SimulatorServer, trusted: Path, read: list[tuple[Any, ...]]
) -> None:
    together = Barrier(8)
    adapter = PooledAdapter()

    def ask(session: requests.Session) -> requests.Response:
        together.wait(timeout=60)
        return session.get(service.url, stream=True, timeout=60)  # its connection is not free for another one

    with session_with(adapter, verify=str(trusted)) as session, ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(ask, [session] * 8))
        (pool,) = map(adapter.poolmanager.pools.get, adapter.poolmanager.pools.keys())
        assert pool is not None
        assert pool.num_connections == 8
        for answer in answers:
            answer.close()
    assert len(read) == 1


def test_hosts_share_what_they_trust(service: SimulatorServer, trusted: Path, read: list[tuple[Any, ...]]) -> None:
    with session_with(PooledAdapter(), verify=str(trusted)) as session:
        for host in ("127.0.0.1", "localhost"):
            session.get(service.url.replace("127.0.0.1", host), timeout=60)
    assert len(read) == 1


def test_each_client_reads_for_itself(service: SimulatorServer, trusted: Path, read: list[tuple[Any, ...]]) -> None:
    for _ in range(2):
        with session_with(PooledAdapter(), verify=str(trusted)) as session:
            session.get(service.url, timeout=60)
    assert len(read) == 2


def test_who_trusts_the_bundle_of_requests_does_not_trust_the_certificate(service: SimulatorServer) -> None:
    with session_with(PooledAdapter()) as session:
        for _ in range(2):
            with pytest.raises(requests.exceptions.SSLError, match="CERTIFICATE_VERIFY_FAILED"):
                session.get(service.url, timeout=60)


def test_a_certificate_of_another_host_is_refused(tmp_path: Path) -> None:
    authority, chain, bundle = trustme.CA(), tmp_path / "chain.pem", tmp_path / "bundle.pem"
    authority.issue_cert("elsewhere.test").private_key_and_cert_chain_pem.write_to_path(chain)
    authority.cert_pem.write_to_path(bundle)
    with SimulatorServer(tls=Identity(chain)) as server, session_with(PooledAdapter(), verify=str(bundle)) as session:
        for _ in range(2):
            with pytest.raises(requests.exceptions.SSLError, match="IP address mismatch"):
                session.get(server.url, timeout=60)


def test_sessions_may_change_what_they_trust(service: SimulatorServer, trusted: Path) -> None:
    with session_with(PooledAdapter(), verify=str(trusted)) as session:
        assert session.get(service.url, timeout=60).status_code < 500
        session.verify = True
        with pytest.raises(requests.exceptions.SSLError):
            session.get(service.url, timeout=60)
        session.verify = str(trusted)
        assert session.get(service.url, timeout=60).status_code < 500


def test_who_does_not_verify_has_other_connections(service: SimulatorServer) -> None:
    adapter, request = PooledAdapter(), requests.Request("GET", service.url).prepare()
    chosen = [adapter.get_connection_with_tls_context(request, verify) for verify in (True, None, False, True)]
    assert [vars(pool)["cert_reqs"] for pool in chosen] == ["CERT_REQUIRED", "CERT_NONE", "CERT_NONE", "CERT_REQUIRED"]


def test_proxies_for_other_schemes_change_nothing(
    service: SimulatorServer, trusted: Path, read: list[tuple[Any, ...]]
) -> None:
    with session_with(PooledAdapter(), verify=str(trusted)) as session:
        for proxies in ({}, {"http": "http://proxy.test"}):
            session.get(service.url, stream=True, timeout=60, proxies=proxies)
    assert len(read) == 1


def test_who_verifies_nothing_is_served(service: SimulatorServer, read: list[tuple[Any, ...]]) -> None:
    with session_with(PooledAdapter(), verify=False) as session, pytest.warns(InsecureRequestWarning):
        assert session.get(service.url, timeout=60).status_code < 500
    assert read == []


@pytest.mark.parametrize("content", [None, b"no certificate"])
def test_a_bundle_that_cannot_be_read_is_reported_as_requests_reports_it(
    service: SimulatorServer, tmp_path: Path, content: bytes | None
) -> None:
    bundle = tmp_path / "bundle.pem"
    if content is not None:
        bundle.write_bytes(content)

    def refusal(adapter: HTTPAdapter) -> tuple[type[BaseException], str]:
        with session_with(adapter, verify=str(bundle)) as session, pytest.raises(OSError, match=r".") as caught:
            session.get(service.url, timeout=60)
        return caught.type, str(caught.value).rpartition("Caused by")[2]  # before it is the class of the pool

    assert refusal(PooledAdapter()) == refusal(HTTPAdapter())


@pytest.mark.parametrize(
    "choices",
    [
        {"assert_hostname": "localhost"},
        {"assert_hostname": False},
        {"ssl_minimum_version": ssl.TLSVersion.TLSv1_2},
        {"ssl_context": ssl_.create_urllib3_context()},
    ],
    ids=", ".join,
)
def test_an_adapter_with_choices_of_its_own_keeps_them(
    service: SimulatorServer, trusted: Path, choices: dict[str, Any], read: list[tuple[Any, ...]]
) -> None:
    class OwnAdapter(PooledAdapter):
        def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **pool_kwargs: Any) -> None:
            super().init_poolmanager(connections, maxsize, block, **choices, **pool_kwargs)

    with session_with(OwnAdapter(), verify=str(trusted)) as session:
        ask_twice_at_once(session, service.url)
    assert len(read) == 2  # as urllib3 does it


def test_a_certificate_of_the_clients_own_is_read_for_each_connection(
    service: SimulatorServer, trusted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = provide_identity(tmp_path, "localhost").certificate
    chains = watched(monkeypatch, "load_cert_chain")
    with session_with(PooledAdapter(), verify=str(trusted), cert=str(own)) as session:
        ask_twice_at_once(session, service.url)
    assert chains == [(str(own), None)] * 2


def test_pyopenssl_makes_contexts_of_its_own(
    service: SimulatorServer, trusted: Path, read: list[tuple[Any, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ssl_, "IS_PYOPENSSL", True)
    with session_with(PooledAdapter(), verify=str(trusted)) as session:
        ask_twice_at_once(session, service.url)
    assert len(read) == 2


class Tunnel(socketserver.StreamRequestHandler):
    """One connection through a proxy."""

    def handle(self) -> None:
        _, target, _ = self.rfile.readline().decode().split()
        while self.rfile.readline().strip():
            pass
        host, _, port = target.rpartition(":")
        with socket.create_connection((host, int(port))) as there:
            self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
            back = Thread(target=pump, args=(there, self.connection))
            back.start()
            pump(self.connection, there)
            back.join()


def pump(source: socket.socket, destination: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while block := source.recv(65536):
            destination.sendall(block)
    with contextlib.suppress(OSError):
        destination.shutdown(socket.SHUT_WR)


@contextlib.contextmanager
def proxy(identity: Identity | None) -> Iterator[str]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Tunnel) as server:
        if identity is not None:
            server.socket = identity.context().wrap_socket(server.socket, server_side=True)
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"{'http' if identity is None else 'https'}://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("speaks_tls", [False, True])
def test_a_proxy_passes_on_what_is_trusted(tmp_path: Path, speaks_tls: bool, read: list[tuple[Any, ...]]) -> None:
    identity = provide_identity(tmp_path, "localhost")
    with (
        SimulatorServer(tls=identity) as server,
        proxy(identity if speaks_tls else None) as through,
        session_with(PooledAdapter(), verify=str(identity.ca), proxies={"https": through}) as session,
    ):
        ask_twice_at_once(session, server.url)
    # A proxy that speaks TLS itself is trusted as urllib3 does it: by the pool's bundle, for each connection.
    assert (len(read) == 1) is not speaks_tls


def test_a_certificate_that_is_not_trusted_is_reported_at_once_with_the_host(
    service: SimulatorServer, client: B2Http, waits: list[float]
) -> None:
    with pytest.raises(ConnectionImpossible, match=r"host='127\.0\.0\.1'.*CERTIFICATE_VERIFY_FAILED") as caught:
        client.post_json_return_json(f"{service.url}/b2api/v4/b2_list_buckets", {}, {})
    assert (caught.value.host, caught.value.attempts, waits) == (service.url, 1, [])


def test_a_service_without_tls_is_reported_at_once_with_the_host(client: B2Http, waits: list[float]) -> None:
    with SimulatorServer() as plain:
        url = plain.url.replace("http://", "https://")
        with pytest.raises(ConnectionImpossible, match=r"host='127\.0\.0\.1'") as caught:
            client.get_content(f"{url}/file/bucket/name", {})
    assert (caught.value.host, caught.value.attempts, waits) == (url, 1, [])


def test_an_upload_to_a_service_that_is_not_trusted_is_not_tried_again(
    service: SimulatorServer, waits: list[float], trusted: Path
) -> None:
    with B2Api(InMemoryAccountInfo()) as api:
        http: Any = api.session.raw_api
        http.b2_http.session.trust_env = False
        http.b2_http.session.verify = str(trusted)
        api.authorize_account(service.key_id, service.key, realm=service.url)
        bucket = api.create_bucket("the-bucket", "allPrivate")
        http.b2_http.session.verify = True
        with pytest.raises(ConnectionImpossible):
            bucket.upload_bytes(b"content", "file")
    assert waits == []
