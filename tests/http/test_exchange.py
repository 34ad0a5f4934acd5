"""What holds of an exchange whichever way it takes below requests, and what turns the shorter way off."""

from __future__ import annotations

import gzip
import logging
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests
from requests.adapters import HTTPAdapter

from b2sdk.exception import B2ConnectionError, UnexpectedCloudBehaviour
from b2sdk.http import B2Http, B2HttpApiConfig, UrllibWarningFilter
from b2sdk.http.exchange import DEFAULT_CONNECTIONS, let_decode
from b2sdk.testing.children import Child

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.http.conftest import ScriptedServer

STORED = gzip.compress(b"content" * 100)
GZIPPED = "Content-Encoding: gzip"


def adapters_of(client: B2Http) -> set[type]:
    return {type(adapter) for adapter in client.session.adapters.values()}


@pytest.mark.parametrize(
    ("variable", "choice", "is_plain"),
    [("", False, False), ("0", False, False), ("1", False, True), ("", True, True), ("0", True, True)],
)
def test_the_transport_is_plain_where_the_program_or_the_environment_says_so(
    monkeypatch: pytest.MonkeyPatch, variable: str, choice: bool, is_plain: bool
) -> None:
    monkeypatch.setenv("B2SDK_PLAIN_TRANSPORT", variable)
    client = B2Http(B2HttpApiConfig(plain_transport=choice))
    assert (adapters_of(client) == {HTTPAdapter}) is is_plain
    assert type(client.session) is requests.Session


def test_nothing_of_the_transport_is_imported_where_it_is_plain() -> None:
    program = """
import sys
from b2sdk.simulator import SimulatorServer
from b2sdk.v3 import B2Api, InMemoryAccountInfo
with SimulatorServer() as service, B2Api(InMemoryAccountInfo()) as api:
    api.authorize_account(service.key_id, service.key, realm=service.url)
    bucket = api.create_bucket("the-bucket", "allPrivate")
    bucket.upload_bytes(b"content", "file")
    bucket.download_file_by_name("file").save_to("/dev/null")
print(*(name for name in sys.modules if name.startswith("b2sdk.http.transport")))
"""
    told = [
        subprocess.check_output([sys.executable, "-c", program], text=True, env={**os.environ, **more}).split()
        for more in ({"B2SDK_PLAIN_TRANSPORT": "1"}, {"B2SDK_PLAIN_TRANSPORT": ""})
    ]
    assert told[0] == []
    assert "b2sdk.http.transport.pool" in told[1]


def test_a_plain_session_sends_through_its_own_pools(server: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    class Asked(requests.Session):
        def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
            asked.append(kwargs["allow_redirects"])
            return super().send(request, **kwargs)

    asked: list[bool] = []
    client = B2Http(B2HttpApiConfig(Asked, install_clock_skew_hook=False, plain_transport=True))
    server.will_answer()
    client.request("GET", server.url, {})
    assert asked == [False]
    client.close()


class OwnAdapter(HTTPAdapter):
    pass


@pytest.mark.parametrize("decode_content", [False, True])
def test_adapters_of_the_program_stay_where_bodies_are_decoded(transport: str, decode_content: bool) -> None:
    def opened() -> requests.Session:
        session = requests.Session()
        session.mount("https://", OwnAdapter())
        return session

    client = B2Http(B2HttpApiConfig(opened, decode_content=decode_content))
    assert (OwnAdapter in adapters_of(client)) is decode_content


def test_what_the_program_mounts_later_stays(transport: str) -> None:
    client = B2Http()
    own = OwnAdapter()
    client.session.mount("https://api.test", own)
    client.keep_connections(500)
    assert client.session.get_adapter("https://api.test/") is own
    assert client.session.get_adapter("https://other.test/") is not own


@pytest.mark.parametrize(("workers", "kept"), [(10, DEFAULT_CONNECTIONS), (500, 500)])
def test_a_plain_session_keeps_a_connection_for_each_worker(workers: int, kept: int) -> None:
    client = B2Http(B2HttpApiConfig(plain_transport=True))
    client.keep_connections(workers)
    adapter = client.session.get_adapter("https://api.test")
    assert isinstance(adapter, HTTPAdapter)
    pool = adapter.poolmanager.connection_from_url("https://api.test").pool
    assert pool is not None
    assert pool.maxsize == kept


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_child_has_connections_of_its_own(
    server: ScriptedServer, client: B2Http, in_child: Callable[[Callable[[], Any]], Any]
) -> None:
    for _ in range(3):
        server.will_answer()
    client.request("GET", server.url, {})
    assert in_child(lambda: client.request("GET", server.url, {}).json()) == {}
    client.request("GET", server.url, {})
    assert server.connections == 2, "the parent goes on with its own"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_plain_child_does_not_wait_for_a_pool_that_its_parent_had_locked(server: ScriptedServer) -> None:
    client = B2Http(B2HttpApiConfig(install_clock_skew_hook=False, plain_transport=True))
    for _ in range(2):
        server.will_answer()
    client.request("GET", server.url, {})
    adapter = client.session.get_adapter(server.url)
    assert isinstance(adapter, HTTPAdapter)
    inherited: Any = adapter.poolmanager.connection_from_url(server.url).pool
    del adapter
    with inherited.mutex:
        assert Child(lambda: client.request("GET", server.url, {}).json()).result() == {}
    client.close()


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_response_that_leads_elsewhere_is_not_followed(server: ScriptedServer, client: B2Http, method: str) -> None:
    server.will_answer(b"", "Location: http://elsewhere.test/there", status=302)
    with pytest.raises(UnexpectedCloudBehaviour, match="elsewhere"):
        client.request(method, server.url, {"Authorization": "token"}, try_count=1)
    assert len(server.received) == 1


@pytest.mark.parametrize("size", [1, 16, 10_000])
def test_blocks_are_the_body_and_it_comes_once(server: ScriptedServer, client: B2Http, size: int) -> None:
    body = b"0123456789" * 1000
    server.will_answer(body)
    with client.get_content(server.url, {}) as response:
        blocks = list(response.iter_content(size))
        assert b"".join(blocks) == body
        assert {len(block) for block in blocks[:-1]} <= {size}
        with pytest.raises(requests.exceptions.StreamConsumedError):
            next(response.iter_content(size))


def test_a_body_that_was_read_is_cut_into_blocks(server: ScriptedServer, client: B2Http) -> None:
    server.will_answer(b"0123456789")
    response = client.request("GET", server.url, {})
    assert list(response.iter_content(4)) == [b"0123", b"4567", b"89"]
    assert response.text == "0123456789"
    assert list(response.iter_content(4, decode_unicode=True)) == [b"0123", b"4567", b"89"]


@pytest.mark.parametrize("size", ["1", 1.5])
def test_a_block_has_a_number_of_bytes(server: ScriptedServer, client: B2Http, size: Any) -> None:
    server.will_answer()
    with client.get_content(server.url, {}) as response, pytest.raises(TypeError, match="chunk_size"):
        response.iter_content(size)


def test_a_body_that_ends_early_is_a_broken_connection(server: ScriptedServer, client: B2Http) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"
    server.script.append(lambda connection: connection.sendall(head + b"1234"))
    with client.get_content(server.url, {}) as response, pytest.raises(requests.exceptions.ChunkedEncodingError):
        list(response.iter_content(8))
    server.script.append(lambda connection: connection.sendall(head + b"1234"))
    with pytest.raises(B2ConnectionError):
        client.request("GET", server.url, {}, try_count=1)


def test_a_body_that_stops_is_a_timeout_as_requests_reports_it(server: ScriptedServer, client: B2Http) -> None:
    def stop(connection: Any) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n1234")
        server.over.wait()

    client.TIMEOUT = 0.1
    server.script.append(stop)
    with client.get_content(server.url, {}) as response, pytest.raises(requests.ConnectionError, match="timed out"):
        list(response.iter_content(8))


def test_a_stored_gzip_object_arrives_as_it_was_stored(server: ScriptedServer, client: B2Http) -> None:
    server.will_answer(STORED, GZIPPED)
    with client.get_content(server.url, {}) as response:
        assert b"".join(response.iter_content(16)) == STORED


@pytest.mark.parametrize("encoding", ["gzip, deflate", "deflate", "br", "zstd", "junk"])
def test_no_content_encoding_is_decoded(server: ScriptedServer, client: B2Http, encoding: str) -> None:
    server.will_answer(STORED, f"Content-Encoding: {encoding}")
    assert client.request("GET", server.url, {}).content == STORED


@pytest.mark.parametrize("factory", [requests.Session, type("OwnSession", (requests.Session,), {})])
def test_bodies_are_decoded_on_demand(server: ScriptedServer, factory: type[requests.Session], transport: str) -> None:
    http = B2Http(B2HttpApiConfig(factory, install_clock_skew_hook=False, decode_content=True))
    server.will_answer(STORED, GZIPPED)
    assert http.request("GET", server.url, {}).content == b"content" * 100
    http.close()


def test_an_encoding_of_the_way_is_undone_on_demand(server: ScriptedServer, client: B2Http) -> None:
    server.will_answer(STORED, GZIPPED)
    with client.get_content(server.url, {}) as response:
        let_decode(response)
        assert b"".join(response.iter_content(16)) == b"content" * 100
        assert response.headers["Content-Encoding"] == "gzip"


def test_an_encoding_that_nobody_knows_is_not_undone(server: ScriptedServer, client: B2Http) -> None:
    server.will_answer(STORED, "Content-Encoding: junk")
    with client.get_content(server.url, {}) as response, pytest.raises(UnexpectedCloudBehaviour, match="junk"):
        let_decode(response)


def test_netrc_does_not_replace_the_token(
    server: ScriptedServer, client: B2Http, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login someone password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    server.will_answer()
    client.request("GET", server.url, {"Authorization": "4_token"})
    assert "Authorization: 4_token" in server.received[0].head


def test_an_auth_of_the_program_is_left_alone() -> None:
    session = requests.Session()
    session.auth = ("someone", "else")
    assert B2Http(B2HttpApiConfig(lambda: session)).session.auth == ("someone", "else")


def test_the_warning_about_a_full_pool_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    logger = logging.getLogger("urllib3.connectionpool")
    logger.warning("Connection pool is full, discarding connection: %s", "api.test")
    logger.warning("Retrying: %s", "api.test")
    assert caplog.messages == ["Retrying: api.test"]


@pytest.mark.parametrize(
    ("template", "passes"), [("Connection pool is full, discarding connection: %s", False), ("Other: %s", True)]
)
def test_the_filter_goes_by_the_template_of_the_message(template: str, passes: bool) -> None:
    record = logging.LogRecord("urllib3.connectionpool", logging.WARNING, "", 0, template, ("host",), None)
    assert UrllibWarningFilter().filter(record) is passes


def test_connections_are_closed_with_the_client(client: B2Http, server: ScriptedServer) -> None:
    for _ in range(2):
        server.will_answer()
        client.request("GET", server.url, {})
        client.close()
    assert server.connections == 2


def test_another_session_can_be_put_in_place(server: ScriptedServer, client: B2Http) -> None:
    client.close()
    session = requests.Session()
    session.headers["X-Own"] = "yes"
    client.session = session
    server.will_answer()
    client.request("GET", server.url, {})
    assert "X-Own: yes" in server.received[0].head
