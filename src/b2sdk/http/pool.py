"""Connections: how many are kept, in which blocks they are fed, and that bodies arrive as they were stored.

What belongs here adapts requests and urllib3. What is sent, and what an answer means, it must not know. `send` of the
adapter stays the inherited one, which is where programs and test tools intercept requests.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Generator
from typing import TYPE_CHECKING, Any, cast

import requests
from requests.adapters import HTTPAdapter
from requests.cookies import extract_cookies_to_jar
from requests.structures import CaseInsensitiveDict
from requests.utils import get_encoding_from_headers
from urllib3 import HTTPResponse

from b2sdk.fork import renew_in_children
from b2sdk.http.config import AS_THE_CLASS, Timeouts
from b2sdk.http.connection import pools_for
from b2sdk.http.exchange import host_of, leave_authorization
from b2sdk.http.trust import SharedTrust

if TYPE_CHECKING:
    from urllib3 import HTTPConnectionPool, ProxyManager

    from b2sdk.http.config import B2HttpApiConfig

DEFAULT_CONNECTIONS = 100
"""So many that each thread of a program that has them keeps its connection; none is opened before it is needed."""

SEND_BLOCK_SIZE = 256 * 1024
"""Bytes read from a file object and given to the socket at a time.

200 MB to a local sink cost 0.06 s of CPU so, against 0.12 s with urllib3's 16 KiB; 1 MiB would take 0.05 s.
"""


class PooledAdapter(HTTPAdapter):
    """Keeps up to ``connections`` connections, on up to as many hosts: each upload URL may be on a host of its own.

    Of the timeouts it looks at ``write`` only; requests takes the others with each request.
    """

    __attrs__: list[str] = [*HTTPAdapter.__attrs__, "_timeouts"]  # noqa: RUF012  # what survives pickling, as there

    def __init__(self, connections: int = DEFAULT_CONNECTIONS, timeouts: Timeouts = AS_THE_CLASS) -> None:
        self._timeouts = timeouts
        super().__init__(pool_connections=connections, pool_maxsize=connections)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **pool_kwargs: Any) -> None:
        self.connections = connections
        self._pools: dict[tuple[Any, ...], HTTPConnectionPool] = {}
        self._trust = SharedTrust()
        self._preparation = threading.Lock()
        super().init_poolmanager(connections, maxsize, block, **{"blocksize": SEND_BLOCK_SIZE, **pool_kwargs})
        self.poolmanager.pool_classes_by_scheme = pools_for(self._timeouts)
        renew_in_children(self._begin_in_child)

    def proxy_manager_for(self, proxy: str, **proxy_kwargs: Any) -> ProxyManager:
        manager: ProxyManager = super().proxy_manager_for(proxy, **{"blocksize": SEND_BLOCK_SIZE, **proxy_kwargs})
        manager.pool_classes_by_scheme = pools_for(self._timeouts)
        return manager

    def get_connection_with_tls_context(
        self,
        request: requests.PreparedRequest,
        verify: Any,
        proxies: Any = None,
        cert: Any = None,
    ) -> HTTPConnectionPool:
        """Return the pool for a host, which requests would look up anew, by a dozen attributes, for each request."""
        verify = verify or False  # to requests `None` is none either, but would name the pool of those who verify
        key = (host_of(str(request.url)), verify, cert, tuple(proxies.items()) if proxies else ())
        pool = self._pools.get(key)
        if pool is None or pool.pool is None:  # closed, as another host's was needed
            with self._preparation:
                pool = cast(
                    "HTTPConnectionPool",
                    super().get_connection_with_tls_context(request, verify, proxies=proxies, cert=cert),
                )
                if pool not in self._pools.values():  # another thread, or another set of proxies, may have had it
                    super().cert_verify(pool, request.url, verify, cert)  # type: ignore[no-untyped-call]
                    self._trust.share_with(pool)
                self._pools[key] = pool
        return pool

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """Do nothing: it is done, once, for a pool that comes from above."""

    def request_url(self, request: requests.PreparedRequest, proxies: Any) -> str:
        """Return what the first line of a request asks for; requests would look for a proxy each time."""
        path: str = request.path_url
        if proxies or path.startswith("//"):
            path = super().request_url(request, proxies)
        return path

    def build_response(self, req: requests.PreparedRequest, resp: Any) -> requests.Response:
        """Make the answer that requests would make, looking for cookies only where there are any: half of the time."""
        response = requests.Response()
        response.status_code = resp.status
        response.headers = CaseInsensitiveDict(resp.headers)
        response.encoding = get_encoding_from_headers(response.headers)
        response.raw = resp
        response.reason = resp.reason
        response.url = str(req.url)
        response.request = req
        response.connection = self
        if "set-cookie" in response.headers:
            extract_cookies_to_jar(response.cookies, req, resp)  # type: ignore[no-untyped-call]
        return response

    def close(self) -> None:
        """Close the idle connections; those in use are closed when they have been used."""
        self._pools = {}  # urllib3 closes the connections of a pool when nobody holds it any more
        super().close()

    def grow(self, connections: int) -> None:
        """Keep more connections from now on; those in use are finished undisturbed, idle ones are closed."""
        if connections > self.connections:
            self.close()
            self._begin(connections)

    def _begin_in_child(self) -> None:
        # What two processes send on one connection is mixed. Nothing is shut down: the parent goes on with these.
        self._begin(self.connections)

    def _begin(self, connections: int) -> None:
        self.proxy_manager.clear()
        self.init_poolmanager(connections, connections)


class _AsStored(HTTPResponse):
    """An answer that is streamed as it comes.

    Where urllib3 decodes, be it nothing, it fills each block up, and drops what it has of one when a connection breaks.
    """

    def stream(self, amt: int | None = 2**16, decode_content: bool | None = None) -> Generator[bytes, None, None]:
        return super().stream(amt, decode_content=False)


class VerbatimAdapter(PooledAdapter):
    """Leaves the bodies of answers as they came, whatever their ``Content-Encoding``."""

    def build_response(self, req: requests.PreparedRequest, resp: Any) -> requests.Response:
        # urllib3 decodes only what it finds listed here, even where requests tells it to decode.
        resp.CONTENT_DECODERS = ()
        if type(resp) is HTTPResponse:
            resp.__class__ = _AsStored
        return super().build_response(req, resp)


def open_session(config: B2HttpApiConfig) -> requests.Session:
    """Make the session that all threads share, with adapters of this module where they may be mounted.

    A session of the program's own factory keeps its adapters when it is to decode bodies.
    """
    session = config.http_session_factory()
    if not config.decode_content:
        session.adapters.clear()
        session.mount("", VerbatimAdapter(timeouts=config.timeouts))
    elif config.http_session_factory is requests.Session:
        adapter = PooledAdapter(timeouts=config.timeouts)
        session.mount("https://", adapter)
        session.mount("http://", adapter)
    if getattr(session, "auth", None) is None:
        session.auth = leave_authorization
    return session


class UrllibWarningFilter:
    """Drops urllib3's warning that a pool is full: a burst may open more connections than are worth keeping."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether the record is logged."""
        return record.msg != "Connection pool is full, discarding connection: %s"


logging.getLogger("urllib3.connectionpool").addFilter(UrllibWarningFilter())
