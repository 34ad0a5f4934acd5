"""How hosts are reached, by the same variables of the environment as with requests: proxies, and which certificates are
trusted.

What belongs here is found out once per host, and may block. Nothing here is connected.
"""

from __future__ import annotations

import base64
import os
import ssl
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import SplitResult, urlsplit

import requests
from requests.utils import DEFAULT_CA_BUNDLE_PATH, get_auth_from_url, prepend_scheme_if_needed, select_proxy

from b2sdk.http.url import host_of, is_quoted

_PORTS = {"http": 80, "https": 443}


class Proxy(NamedTuple):
    """A proxy that the environment names."""

    host: str
    port: int
    is_tls: bool
    headers: Mapping[str, str]
    """With its password, if it has one."""

    def __repr__(self) -> str:
        return f"Proxy(host={self.host!r}, port={self.port})"


class Way(NamedTuple):
    """How a host is reached."""

    origin: str
    """What its URLs begin with."""
    host: str
    port: int
    named: str
    """The host as requests name it."""
    trust: ssl.SSLContext | None
    """What is trusted, if there is TLS at the host or at its proxy."""
    is_tls: bool
    proxy: Proxy | None

    def target(self, url: str) -> str:
        """Return what a request for a URL names: all of it, where a proxy is to know the host."""
        path = url[len(self.origin) :].partition("#")[0]
        path = path if path.startswith("/") else f"/{path}"
        is_forwarded = self.proxy is not None and not self.is_tls
        return f"http://{self.named}{path}" if is_forwarded else path

    def headers_of_proxy(self) -> Mapping[str, str]:
        """Return the headers that a proxy gets of a request, which the host does not get."""
        return {} if self.proxy is None or self.is_tls else self.proxy.headers


def prepared(url: str, params: Mapping[str, Any] | None) -> str:
    """Return a URL with a query, quoted as requests does it."""
    if not params and is_quoted(url):
        return url
    request = requests.PreparedRequest()
    request.prepare_url(url, params)
    return str(request.url)


def find_way(url: str) -> Way:
    """Find out how the host of a URL is reached.

    :raises FileNotFoundError: there is no bundle of certificates where the environment says.
    :raises ValueError: the proxy is of another kind.
    """
    settings = requests.Session().merge_environment_settings(url, {}, None, None, None)
    asked = select_proxy(url, settings["proxies"])
    proxy = None if asked is None else _read_proxy(asked)
    parts = urlsplit(url)
    is_tls = parts.scheme == "https"
    trust = _trust(settings["verify"]) if is_tls or (proxy is not None and proxy.is_tls) else None
    host, port = _host_and_port(parts)
    named = f"[{host}]" if ":" in host else host
    if port != _PORTS[parts.scheme]:
        named = f"{named}:{port}"
    return Way(host_of(url), host, port, named, trust, is_tls, proxy)


def _host_and_port(parts: SplitResult) -> tuple[str, int]:
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ValueError(f"no host is reached with {parts.scheme!r}")
    return parts.hostname, parts.port or _PORTS[parts.scheme]


def _read_proxy(url: str) -> Proxy:
    url = prepend_scheme_if_needed(url, "http")  # type: ignore[no-untyped-call]
    parts = urlsplit(url)
    name, password = get_auth_from_url(url)
    headers = {}
    if name or password:
        headers["Proxy-Authorization"] = f"Basic {base64.b64encode(f'{name}:{password}'.encode()).decode()}"
    return Proxy(*_host_and_port(parts), parts.scheme == "https", headers)


def _trust(verify: Any) -> ssl.SSLContext:
    bundle = verify if isinstance(verify, str) else DEFAULT_CA_BUNDLE_PATH
    is_folder = os.path.isdir(bundle)  # noqa: PTH112  # a text
    if not os.path.exists(bundle):  # noqa: PTH110  # a text
        raise FileNotFoundError(f"there is no bundle of certificates at {bundle!r}")
    trust = ssl.create_default_context(cafile=None if is_folder else bundle, capath=bundle if is_folder else None)
    trust.set_alpn_protocols(["http/1.1"])
    return trust
