"""How hosts are reached."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.aio.test_http import environment
from tests.http.test_secrets import SECRET

from b2sdk.aio.ways import find_way, prepared


@pytest.mark.parametrize(
    ("url", "host", "port", "named", "target"),
    [
        ("https://api.test/b2api/v4/x?a=b", "api.test", 443, "api.test", "/b2api/v4/x?a=b"),
        ("https://api.test:443/x", "api.test", 443, "api.test", "/x"),
        ("http://api.test:443/x", "api.test", 443, "api.test:443", "/x"),
        ("http://[::1]:8080/x#fragment", "::1", 8080, "[::1]:8080", "/x"),
        ("http://user:secret@api.test?a=b", "api.test", 80, "api.test", "/?a=b"),
    ],
)
def test_a_host_is_read_out_of_a_url(
    monkeypatch: pytest.MonkeyPatch, url: str, host: str, port: int, named: str, target: str
) -> None:
    environment(monkeypatch)
    way = find_way(url)
    assert (way.host, way.port, way.named, way.target(url), way.proxy) == (host, port, named, target, None)
    assert (way.trust is not None) is way.is_tls is url.startswith("https")


def test_a_proxy_of_http_gets_the_whole_url_and_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    environment(monkeypatch, HTTP_PROXY=f"http://user:{SECRET}@proxy.test:3128")
    way = find_way("http://api.test:81/x")
    assert way.proxy is not None
    assert (way.proxy.host, way.proxy.port, way.proxy.is_tls) == ("proxy.test", 3128, False)
    assert way.target("http://api.test:81/x?a=b") == "http://api.test:81/x?a=b"
    assert way.headers_of_proxy().keys() == {"Proxy-Authorization"}
    assert SECRET not in repr(way)
    assert way.proxy.headers["Proxy-Authorization"] not in repr(way)


def test_a_proxy_may_be_given_as_a_host_and_a_port(monkeypatch: pytest.MonkeyPatch) -> None:
    environment(monkeypatch, HTTPS_PROXY="proxy.test:3128")
    way = find_way("https://api.test/x")
    assert way.proxy is not None
    assert (way.proxy.host, way.proxy.port, way.proxy.headers) == ("proxy.test", 3128, {})


def test_a_host_behind_a_tunnel_gets_nothing_of_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    environment(monkeypatch, HTTPS_PROXY="https://user:word@proxy.test")
    way = find_way("https://api.test/x")
    assert way.proxy is not None
    assert (way.proxy.port, way.proxy.is_tls) == (443, True)
    assert way.target("https://api.test/x") == "/x"
    assert way.headers_of_proxy() == {}


@pytest.mark.parametrize("proxy", ["socks5://proxy.test", "http://:80"])
def test_another_kind_of_proxy_is_refused(monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    environment(monkeypatch, HTTPS_PROXY=proxy)
    with pytest.raises(ValueError, match="no host is reached"):
        find_way("https://api.test/x")


def test_what_is_trusted_may_be_in_a_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    environment(monkeypatch, REQUESTS_CA_BUNDLE=tmp_path)
    trust = find_way("https://api.test/x").trust
    assert trust is not None
    assert trust.get_ca_certs() == []


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://api.test/a%2Fb+c?d=e", "https://api.test/a%2Fb+c?d=e"),
        ("https://api.test/a b", "https://api.test/a%20b"),
        ("https://api.test/a\r\nb", "https://api.test/a%0D%0Ab"),
        ("https://ä.test/é", "https://xn--4ca.test/%C3%A9"),
    ],
)
def test_a_url_is_quoted_where_it_has_to_be(url: str, expected: str) -> None:
    assert prepared(url, None) == expected


def test_a_query_is_added() -> None:
    assert prepared("https://api.test/x", {"a": "b c", "n": None, "m": 5}) == "https://api.test/x?a=b+c&m=5"
