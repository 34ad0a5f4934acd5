"""Connections: how many are kept, in which blocks they are fed, and that bodies arrive as they were stored.

What belongs here adapts requests and urllib3. It must not know what is sent, and what a response means. `send` of the
adapter stays the inherited one, which is where programs and test tools intercept requests.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

import requests
from requests.adapters import HTTPAdapter
from requests.cookies import extract_cookies_to_jar
from requests.structures import CaseInsensitiveDict
from requests.utils import get_encoding_from_headers

from b2sdk.fork import PerProcess, in_this_process, new_lock, reset_after_fork
from b2sdk.http.config import AS_THE_CLASS, Timeouts
from b2sdk.http.exchange import DEFAULT_CONNECTIONS, leave_encoded
from b2sdk.http.transport.body import Streamed
from b2sdk.http.transport.connection import ReceivedResponse
from b2sdk.http.transport.direct_pool import pools_for
from b2sdk.http.transport.headers import case_insensitive
from b2sdk.http.transport.trust import SharedTrust
from b2sdk.http.url import host_of

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse, HTTPConnectionPool, ProxyManager

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

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **pool_kwargs: object) -> None:
        self.connections = connections
        self._pools: dict[tuple[Any, ...], HTTPConnectionPool] = {}
        self._trust = SharedTrust()
        self._preparation = PerProcess(new_lock)
        super().init_poolmanager(connections, maxsize, block, **{"blocksize": SEND_BLOCK_SIZE, **pool_kwargs})
        self.poolmanager.pool_classes_by_scheme = pools_for(self._timeouts)
        reset_after_fork(self._begin_in_child)

    def proxy_manager_for(self, proxy: str, **proxy_kwargs: object) -> ProxyManager:
        manager: ProxyManager = super().proxy_manager_for(proxy, **{"blocksize": SEND_BLOCK_SIZE, **proxy_kwargs})
        manager.pool_classes_by_scheme = pools_for(self._timeouts)
        return manager

    def get_connection_with_tls_context(
        self,
        request: requests.PreparedRequest,
        verify: bool | str | None,
        proxies: Mapping[str, str] | None = None,
        cert: str | tuple[str, str] | None = None,
    ) -> HTTPConnectionPool:
        """Return the pool for a host, which requests would look up by a dozen attributes for each request."""
        in_this_process(self)
        verify = verify or False  # to requests `None` is none either, but would name the pool of those who verify
        key = (host_of(str(request.url)), verify, cert, tuple(proxies.items()) if proxies else ())
        pool = self._pools.get(key)
        if pool is None or pool.pool is None:  # closed, as another host's was needed
            with self._preparation():
                pool = cast(
                    "HTTPConnectionPool",
                    super().get_connection_with_tls_context(request, verify, proxies=proxies, cert=cert),
                )
                if pool not in self._pools.values():  # another thread, or another set of proxies, may have had it
                    super().cert_verify(pool, request.url, verify, cert)  # type: ignore[no-untyped-call]
                    self._trust.share_with(pool)
                self._pools[key] = pool
        return pool

    def cert_verify(self, conn: object, url: object, verify: object, cert: object) -> None:
        """Do nothing: it is done, once, for a pool that comes from above."""

    def request_url(self, request: requests.PreparedRequest, proxies: Mapping[str, str] | None) -> str:
        """Return what the first line of a request asks for; requests would look for a proxy each time."""
        path: str = request.path_url
        if proxies or path.startswith("//"):
            path = super().request_url(request, proxies)
        return path

    def build_response(self, req: requests.PreparedRequest, resp: BaseHTTPResponse) -> requests.Response:
        """Make the response that requests would make, looking for cookies only if there are any: half of the time."""
        response = Streamed()
        response.status_code = resp.status
        fields = resp.fields if type(resp) is ReceivedResponse else None
        response.headers = CaseInsensitiveDict(resp.headers) if fields is None else case_insensitive(fields)
        response.encoding = get_encoding_from_headers(response.headers)
        response.raw = resp
        response.reason = resp.reason  # type: ignore[assignment]  # ``None`` is what requests keeps too
        response.url = str(req.url)
        response.request = req
        response.connection = self
        if "set-cookie" in response.headers:
            extract_cookies_to_jar(response.cookies, req, resp)  # type: ignore[no-untyped-call]
        return response

    def close(self) -> None:
        """Close the idle connections; those in use are closed when they have been used."""
        in_this_process(self)
        self._pools = {}  # urllib3 closes the connections of a pool when nobody holds it any more
        super().close()

    def grow(self, connections: int) -> None:
        """Keep more connections from now on; those in use are finished undisturbed, idle ones are closed."""
        if connections > self.connections:
            self.close()
            self._begin(connections)

    def _begin_in_child(self) -> None:
        # Data of two processes on one connection is mixed up. Nothing is shut down: the parent keeps using these.
        for pool in self._pools.values():
            _unlock(pool)
        self._begin(self.connections)

    def _begin(self, connections: int) -> None:
        self.proxy_manager.clear()
        self.init_poolmanager(connections, connections)


def _unlock(pool: HTTPConnectionPool) -> None:
    """Let an inherited pool be given up: a thread of the parent may have held the lock of its queue."""
    queue: Any = pool.pool
    if hasattr(queue, "mutex"):  # neither a pool that was closed has one, nor gevent's kind of queue
        queue.mutex = threading.Lock()
        queue.not_empty = threading.Condition(queue.mutex)
        queue.not_full = threading.Condition(queue.mutex)


class VerbatimAdapter(PooledAdapter):
    """Leaves bodies as they arrived, whatever their ``Content-Encoding``."""

    def build_response(self, req: requests.PreparedRequest, resp: BaseHTTPResponse) -> requests.Response:
        response = super().build_response(req, resp)
        leave_encoded(response)
        return response
