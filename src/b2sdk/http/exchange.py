"""One exchange with the service, through a session of requests that is asked as requests means it.

What belongs here holds whichever way a request takes below requests. The shorter way is :mod:`b2sdk.http.transport`,
which builds on this and is not known here. Attempts and errors are not known either.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import requests
from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_ACCEPT_ENCODING
from urllib3 import HTTPResponse

from b2sdk.exception import UnexpectedCloudBehaviour
from b2sdk.fork import in_this_process, leave_to_parent, reset_after_fork
from b2sdk.http.errors import without_token
from b2sdk.http.warning_filter import UrllibWarningFilter
from b2sdk.interfaces import Readable

if TYPE_CHECKING:
    from b2sdk.http.config import B2HttpApiConfig

DEFAULT_CONNECTIONS = 100
"""So many that each thread of a program that has them keeps its connection; none is opened before it is needed."""

ORDINARY = {name: getattr(requests.Session, name) for name in ("request", "prepare_request", "send")}
"""What a session has that is as requests made it."""


def leave_authorization(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Be a session's ``auth``: without one, requests replaces the B2 token by credentials of ``~/.netrc``."""
    return request


def is_ordinary(session: requests.Session, name: str) -> bool:
    """Whether a method of a session is neither the program's own nor patched."""
    return getattr(type(session), name, None) is ORDINARY[name] and name not in vars(session)


class RequestSender:
    """Sends requests through one session."""

    def __init__(self, session: requests.Session) -> None:
        self.session = session

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
        """Return what sends once, raises what requests raises, and returns the response, which :meth:`take` is given.

        The body is left to be read, unless ``stream`` is false and the session has a ``request`` of its own.

        A redirect is not followed: the service sends none, and another host must not get the token.
        """
        choices: dict[str, Any] = {"stream": stream}
        if is_ordinary(self.session, "request"):
            # One that has its own knows what it does with redirects, and may not take this argument.
            choices = {"stream": True, "allow_redirects": False}
        request = self.session.request
        return partial(request, method, url, headers=headers, data=data, params=params, timeout=timeout, **choices)

    def take(self, response: requests.Response) -> None:
        """Do what is to be done with a response before anybody sees it."""

    def keep_connections(self, connections: int) -> None:
        """Keep at least so many connections, where that is ours to say."""


class PlainSender(RequestSender):
    """Sends requests through a session with an adapter of requests where the shorter way has one of its own."""

    def __init__(self, config: B2HttpApiConfig) -> None:
        super().__init__(ready(config.http_session_factory()))
        self._is_as_stored = not config.decode_content
        self._adapter = _adapter_for(DEFAULT_CONNECTIONS)
        self._connections = DEFAULT_CONNECTIONS
        mount(self.session, self._adapter, config)
        reset_after_fork(self._begin_in_child)

    def call(self, *args: Any, **kwargs: Any) -> Callable[[], requests.Response]:
        in_this_process(self)
        return super().call(*args, **kwargs)

    def take(self, response: requests.Response) -> None:
        if self._is_as_stored:
            leave_encoded(response)

    def keep_connections(self, connections: int) -> None:
        if connections > self._connections:
            self._connections = connections
            self._renew_adapter()

    def _begin_in_child(self) -> None:
        # What two processes send on one connection is mixed. What closes the inherited ones may wait for a lock.
        leave_to_parent(self._adapter)
        self._renew_adapter()

    def _renew_adapter(self) -> None:
        adapter, adapters = _adapter_for(self._connections), self.session.adapters
        for prefix in [prefix for prefix, mounted in adapters.items() if mounted is self._adapter]:
            adapters[prefix] = adapter
        self._adapter = adapter


def _adapter_for(connections: int) -> HTTPAdapter:
    return HTTPAdapter(pool_connections=connections, pool_maxsize=connections)


def mount(session: requests.Session, adapter: HTTPAdapter, config: B2HttpApiConfig) -> None:
    """Put an adapter where one may be put.

    A session of the program's own factory keeps its adapters when it is to decode bodies.
    """
    if not config.decode_content:
        session.adapters.clear()
        session.mount("", adapter)
    elif config.http_session_factory is requests.Session:
        session.mount("https://", adapter)
        session.mount("http://", adapter)


def ready(session: requests.Session) -> requests.Session:
    """Let a session send the token that it is given, and ask for what is stored, unless the program has its own say."""
    if getattr(session, "auth", None) is None:
        session.auth = leave_authorization
    # A CDN compresses for clients that accept it; the content then comes without its length, and not as it is stored.
    headers = getattr(session, "headers", {})
    if headers.get("Accept-Encoding") == DEFAULT_ACCEPT_ENCODING:
        headers["Accept-Encoding"] = "identity"
    return session


def leave_encoded(response: requests.Response) -> None:
    """Let the body of a response stay as it comes: urllib3 decodes what it finds named in its own headers."""
    headers = getattr(response.raw, "headers", None)
    if headers is not None and "content-encoding" in headers:
        del headers["content-encoding"]


def let_decode(response: requests.Response) -> None:
    """Let the body of a response be decoded that was encoded on its way.

    :raises UnexpectedCloudBehaviour: nothing here knows the encoding.
    """
    raw, encodings = response.raw, response.headers.get("Content-Encoding", "")
    known = HTTPResponse.CONTENT_DECODERS
    if not isinstance(raw, HTTPResponse) or not all(one.strip().lower() in known for one in encodings.split(",")):
        raise UnexpectedCloudBehaviour(f"the content came with an encoding that it is not stored with: {encodings!r}")
    raw.headers["Content-Encoding"] = encodings


class UrllibTokenFilter:
    """Takes the authorization of a download out of the URLs that urllib3 logs."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Return that the record is logged."""
        if isinstance(record.args, tuple):
            record.args = tuple(without_token(arg) if isinstance(arg, str) else arg for arg in record.args)
        return True


logging.getLogger("urllib3.connectionpool").addFilter(UrllibWarningFilter())
logging.getLogger("urllib3.connectionpool").addFilter(UrllibTokenFilter())
