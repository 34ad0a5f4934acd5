from __future__ import annotations

import io
import pickle
from typing import TYPE_CHECKING

import pytest
import requests
from requests.adapters import HTTPAdapter

from b2sdk.http import B2Http, B2HttpApiConfig
from b2sdk.http.exchange import DEFAULT_CONNECTIONS
from b2sdk.http.transport.pool import SEND_BLOCK_SIZE, PooledAdapter, VerbatimAdapter

if TYPE_CHECKING:
    from tests.http.conftest import ScriptedServer


def test_one_adapter_serves_every_url() -> None:
    session = B2Http().session
    assert list(session.adapters) == [""]
    assert type(session.get_adapter("https://api.test")) is VerbatimAdapter


@pytest.mark.parametrize(
    "headers",
    [[], ["Content-Type: text/plain; charset=UTF-8"], ["Set-Cookie: c=1", "Set-Cookie: d=2; Path=/"]],
    ids=["bare", "text", "cookies"],
)
def test_a_response_is_what_requests_makes_of_it(server: ScriptedServer, headers: list[str]) -> None:
    def ask(adapter: HTTPAdapter) -> dict[str, object]:
        server.will_answer(b"content", *headers, status=404)
        with requests.Session() as session:
            session.mount("http://", adapter)
            response = session.get(server.url)
        assert response.connection is adapter
        told = (response.status_code, response.reason, response.encoding, dict(response.cookies), response.text)
        return {"told": told, "headers": response.headers, "url": response.url, "asked": response.request.url}

    assert ask(PooledAdapter()) == ask(HTTPAdapter())


@pytest.mark.parametrize("proxies", [{}, {"http": "http://proxy.test"}])
@pytest.mark.parametrize(
    "url", ["http://a.test", "http://a.test/b/../c?d=%2F#e", "http://a.test//b", "https://a.test/b"]
)
def test_what_is_asked_for_is_what_requests_would_ask_for(url: str, proxies: dict[str, str]) -> None:
    request = requests.Request("GET", url).prepare()
    assert PooledAdapter().request_url(request, proxies) == HTTPAdapter().request_url(request, proxies)


def test_a_session_of_the_program_that_decodes_keeps_its_adapters() -> None:
    session = requests.Session()
    adapters = dict(session.adapters)
    assert B2Http(B2HttpApiConfig(lambda: session, decode_content=True)).session is session
    assert dict(session.adapters) == adapters


def test_our_own_session_that_decodes_has_a_pool_of_the_same_size() -> None:
    adapter = B2Http(B2HttpApiConfig(decode_content=True)).session.get_adapter("https://api.test")
    assert isinstance(adapter, PooledAdapter)
    assert adapter.connections == DEFAULT_CONNECTIONS


def pool_of(http: B2Http) -> tuple[int, int, int]:
    """Hosts, connections per host, and the size of a block."""
    adapter = http.session.get_adapter("https://api.test")
    assert isinstance(adapter, PooledAdapter)
    per_host = adapter.poolmanager.connection_from_url("https://api.test")
    assert per_host.pool is not None
    return adapter.poolmanager.pools._maxsize, per_host.pool.maxsize, per_host.conn_kw["blocksize"]


def test_the_pool_grows_to_the_number_of_workers_and_never_shrinks() -> None:
    http = B2Http()
    assert pool_of(http) == (DEFAULT_CONNECTIONS, DEFAULT_CONNECTIONS, SEND_BLOCK_SIZE)
    http.keep_connections(500)
    assert pool_of(http) == (500, 500, SEND_BLOCK_SIZE)
    http.keep_connections(10)
    assert pool_of(http) == (500, 500, SEND_BLOCK_SIZE)


def test_an_adapter_of_the_program_is_not_resized() -> None:
    http = B2Http()
    own = requests.adapters.HTTPAdapter()
    http.session.mount("", own)
    http.keep_connections(500)
    assert http.session.get_adapter("https://api.test") is own


def test_requests_continue_after_the_pool_has_grown(server: ScriptedServer, client: B2Http) -> None:
    for _ in range(2):
        server.will_answer()
        assert client.request("GET", server.url, {}).ok
        client.keep_connections(500)
    assert server.connections == 2


def test_an_adapter_survives_pickling_with_its_size() -> None:
    copy = pickle.loads(pickle.dumps(PooledAdapter(77)))  # noqa: S301  # made in the same line
    assert copy.connections == 77


def test_a_proxy_gets_large_blocks_too() -> None:
    manager = PooledAdapter().proxy_manager_for("http://proxy.test:3128")
    assert manager.connection_pool_kw["blocksize"] == SEND_BLOCK_SIZE


def test_the_pool_of_a_proxy_grows_too() -> None:
    adapter = PooledAdapter(5)
    assert adapter.proxy_manager_for("http://proxy.test:3128").connection_pool_kw["maxsize"] == 5
    adapter.grow(50)
    assert adapter.proxy_manager_for("http://proxy.test:3128").connection_pool_kw["maxsize"] == 50


class Recorded(io.BytesIO):
    def __init__(self, content: bytes) -> None:
        super().__init__(content)
        self.asked: list[int | None] = []

    def read(self, size: int | None = -1, /) -> bytes:
        self.asked.append(size)
        return super().read(size)


def test_a_body_is_read_in_large_blocks(server: ScriptedServer, client: B2Http) -> None:
    body = Recorded(b"x" * (SEND_BLOCK_SIZE + 1))
    server.will_answer()
    client.post_content_return_json(server.url, {}, body, try_count=1)
    assert set(body.asked) == {SEND_BLOCK_SIZE}
    assert server.received[0].body == body.getvalue()
