"""One exchange with the service through a session of requests, without finding out each time what stays the same.

`requests.Session.request` merges headers, cookies and parameters and reads the environment for proxies, certificates
and credentials: half of what a small call costs. Here that is done once per host, and the request goes to the
session's adapter as it is. What the program has changed about a session, or patched into it, is found and obeyed.

What belongs here is what requests does between its public methods and its adapter. It knows no attempts and no errors.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import requests
from requests.cookies import extract_cookies_to_jar
from requests.utils import super_len

from b2sdk.http.exchange import ORDINARY, RequestSender, leave_authorization, mount, ready
from b2sdk.http.transport.headers import merge, written
from b2sdk.http.transport.pool import PooledAdapter, VerbatimAdapter
from b2sdk.http.url import host_of
from b2sdk.interfaces import Readable

if TYPE_CHECKING:
    from b2sdk.http.config import B2HttpApiConfig

_REQUEST, _PREPARE, _SEND = ORDINARY.values()
_CHARACTERS = r"(?:[!$&'()*+,/0-9:;=@A-Za-z._~-]|%[0-9A-Fa-f]{2})*"
_IS_QUOTED = re.compile(rf"https?://[0-9A-Za-z.-]+(?::[0-9]+)?/{_CHARACTERS}(?:\?{_CHARACTERS})?").fullmatch


class _Request(requests.PreparedRequest):
    """A request that was prepared here, and when it was handed to the adapter."""

    sent_at: float


class DirectSender(RequestSender):
    """Sends requests through one session, to its adapter at once where requests would do nothing else with it."""

    def __init__(self, session: requests.Session) -> None:
        super().__init__(session)
        self._settled: dict[tuple[Any, ...], dict[str, Any]] = {}

    def call(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        data: bytes | Readable | None,
        params: Mapping[str, Any] | None,
        timeout: tuple[float, float],
        stream: bool,
    ) -> Callable[[], requests.Response]:
        session = self.session
        if not _is_ordinary(session):
            return super().call(method, url, headers, data, params, timeout, stream)
        request = _prepare(session, method, url, headers, data, params)
        prepared_url = str(request.url)
        settings = self._settings(prepared_url)
        request.sent_at = time.perf_counter()
        return partial(session.get_adapter(url=prepared_url).send, request, timeout=timeout, stream=True, **settings)

    def take(self, response: requests.Response) -> None:
        request = getattr(response, "request", None)
        if not isinstance(request, _Request):
            return  # the session has done all of this
        response.elapsed = timedelta(seconds=time.perf_counter() - request.sent_at)
        if "set-cookie" in response.headers:
            extract_cookies_to_jar(self.session.cookies, request, response.raw)  # type: ignore[no-untyped-call]

    def keep_connections(self, connections: int) -> None:
        for adapter in self.session.adapters.values():
            if isinstance(adapter, PooledAdapter):
                adapter.grow(connections)

    def _settings(self, url: str) -> Mapping[str, Any]:
        """Return ``proxies``, ``verify`` and ``cert`` for a host, the environment included as it was the first time."""
        session = self.session
        proxies = tuple(session.proxies.items())
        key = (host_of(url), session.trust_env, session.verify, session.cert, proxies)
        if key not in self._settled:
            settings = dict(session.merge_environment_settings(url, {}, None, None, None))
            del settings["stream"]
            self._settled[key] = settings
        return self._settled[key]


def _is_ordinary(session: requests.Session) -> bool:
    """Whether requests would do with the session nothing but what is done here."""
    kind = type(session)
    return (
        # As `is_ordinary`, without its nine calls.
        getattr(kind, "request", None) is _REQUEST
        and getattr(kind, "prepare_request", None) is _PREPARE
        and getattr(kind, "send", None) is _SEND
        and ORDINARY.keys().isdisjoint(vars(session))
        and session.auth is leave_authorization
        and not session.params
        and not session.cookies
        and not any(session.hooks.values())
    )


def _prepare(
    session: requests.Session,
    method: str,
    url: str,
    headers: Mapping[str, str],
    data: bytes | Readable | None,
    params: Mapping[str, Any] | None,
) -> _Request:
    request = _Request()
    request.method = method
    if params or not _IS_QUOTED(url):
        request.prepare_url(url, params)
    else:
        request.url = url
    together = merge(session.headers, headers)
    length = _length_of(data)
    if length or not (method in ("GET", "HEAD") or "Content-Length" in together):
        together["Content-Length"] = str(length)
    lines = None if length is None else written(together)
    if lines is not None:
        request.headers, request.body = lines, data or None  # type: ignore[assignment]  # a stream, which goes to the socket as it is
    else:
        request.prepare_headers(merge(session.headers, headers))
        request.prepare_body(data, None)
    return request


def _length_of(data: bytes | Readable | None) -> int | None:
    """Return the length of a body; ``None`` where it is not known, or only to requests."""
    if data is None or isinstance(data, bytes):
        return len(data or b"")
    try:
        length: int = super_len(data)  # type: ignore[no-untyped-call]
        return length or None
    except (TypeError, AttributeError, OSError):
        return None


def open_sender(config: B2HttpApiConfig) -> DirectSender:
    """Open the session that all threads share, with adapters of this package where they may be mounted."""
    session = config.http_session_factory()
    adapter = PooledAdapter if config.decode_content else VerbatimAdapter
    mount(session, adapter(timeouts=config.timeouts), config)
    return DirectSender(ready(session))
