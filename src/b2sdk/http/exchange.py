"""One exchange with the service through a session of requests, without finding out each time what stays the same.

`requests.Session.request` merges headers, cookies and parameters and reads the environment for proxies, certificates
and credentials: half of what a small call costs. Here that is done once per host, and the request goes to the
session's adapter as it is. What the program has changed about a session, or patched into it, is found and obeyed.

What belongs here is what requests does between its public door and its adapter. Attempts and errors it must not know.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import requests
from requests.cookies import extract_cookies_to_jar

_ORDINARY = {name: getattr(requests.Session, name) for name in ("request", "prepare_request", "send")}
_MOST_AT_ONCE = 16 * 1024 * 1024
"""Bytes: more than any page of a listing has, so that it is not copied together, and little enough to be had when an
answer lies about its length."""
_CHARACTERS = r"(?:[!$&'()*+,/0-9:;=@A-Za-z._~-]|%[0-9A-Fa-f]{2})*"
_IS_QUOTED = re.compile(rf"https?://[0-9A-Za-z.-]+(?::[0-9]+)?/{_CHARACTERS}(?:\?{_CHARACTERS})?").fullmatch
_HOST = re.compile(r"[^/?#]*(?://[^/?#]*)?")


def host_of(url: str) -> str:
    """Return the scheme, host and port that a URL begins with, as they are written there."""
    found = _HOST.match(url)
    return found[0] if found else ""


def leave_authorization(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Be a session's ``auth``: without one, requests puts credentials of ``~/.netrc`` in the place of the B2 token."""
    return request


class Exchanger:
    """Sends requests through one session."""

    def __init__(self, session: requests.Session) -> None:
        self.session = session
        self._settled: dict[tuple[Any, ...], dict[str, Any]] = {}

    def send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        data: Any,
        params: Mapping[str, Any] | None,
        timeout: tuple[float, float],
        stream: bool,
    ) -> requests.Response:
        """Send once and return the answer, its body read unless ``stream``. Raises what requests raises.

        A redirect is an answer like others: the service has none, and who else sends one must not get the token.
        """
        session = self.session
        if not _is_ordinary(session):
            # One that has a `request` of its own knows what it does with redirects, and may not take this argument.
            choices: dict[str, Any] = {"allow_redirects": False} if _has_ordinary(session, "request") else {}
            return session.request(
                method, url, headers=headers, data=data, params=params, timeout=timeout, stream=stream, **choices
            )
        request = _prepared(session, method, url, headers, data, params)
        prepared_url = str(request.url)
        settings = self._settings(prepared_url)
        start = time.perf_counter()
        response = session.get_adapter(url=prepared_url).send(request, timeout=timeout, stream=stream, **settings)
        response.elapsed = timedelta(seconds=time.perf_counter() - start)
        if "set-cookie" in response.headers:
            extract_cookies_to_jar(session.cookies, request, response.raw)  # type: ignore[no-untyped-call]
        if not stream:
            # What `content` does, but in blocks of 10 KiB, of which a page of a listing has nine hundred.
            response._content = b"".join(response.iter_content(_MOST_AT_ONCE))  # noqa: SLF001
        return response

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


def _has_ordinary(session: requests.Session, name: str) -> bool:
    return getattr(type(session), name, None) is _ORDINARY[name] and name not in vars(session)


def _is_ordinary(session: requests.Session) -> bool:
    """Whether requests would do with the session nothing but what is done here."""
    return (
        all(_has_ordinary(session, name) for name in _ORDINARY)
        and session.auth is leave_authorization
        and not session.params
        and not session.cookies
        and not any(session.hooks.values())
    )


def _prepared(
    session: requests.Session,
    method: str,
    url: str,
    headers: Mapping[str, str],
    data: Any,
    params: Mapping[str, Any] | None,
) -> requests.PreparedRequest:
    request = requests.PreparedRequest()
    request.method = method
    if params or not _IS_QUOTED(url):
        request.prepare_url(url, params)
    else:
        request.url = url
    request.prepare_headers({**session.headers, **headers})
    if data is None or isinstance(data, bytes):
        request.body = data or None
        request.prepare_content_length(request.body)
    else:
        request.prepare_body(data, None)
    return request
