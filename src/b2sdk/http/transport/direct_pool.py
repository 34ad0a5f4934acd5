"""Pools of urllib3 that send a request at once whose headers are written, on a connection that is open.

`urlopen` of urllib3 finds out each time whether there is a proxy, a redirect, a retry or a body of unknown length.
Where requests asks as it usually does there is none of these. What belongs here does what is left of it: a connection
is taken, used, and dropped if it fails; errors are those that urllib3 would raise. All else goes the inherited way.
"""

from __future__ import annotations

import errno
import http.client
import logging
import queue
import sys
from ssl import SSLError as BaseSSLError
from typing import Any

from urllib3 import BaseHTTPResponse, HTTPConnectionPool, HTTPSConnectionPool, Retry
from urllib3.exceptions import ProtocolError, SSLError

from b2sdk.http.config import Timeouts
from b2sdk.http.transport.connection import Connection, SecureConnection
from b2sdk.http.transport.headers import WrittenHeaders

_log = logging.getLogger("urllib3.connectionpool")
_RESPONDED_ANYWAY = {errno.EPIPE, errno.ECONNRESET, errno.EPROTOTYPE}
"""A service may respond, and hang up, before it has read a whole request."""
_URLOPEN, _MAKE_REQUEST = HTTPConnectionPool.urlopen, HTTPConnectionPool._make_request  # noqa: SLF001  # to compare with


class ConnectionStack(queue.LifoQueue[Any]):
    """What a pool keeps its connections in: without locks where nobody waits, as there."""

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        """Take the connection that was put here last."""
        if block:
            return super().get(block, timeout)
        try:
            return self.queue.pop()
        except IndexError:
            raise queue.Empty from None

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
        """Put a connection here, or ``None``, in whose place one is made."""
        if block:
            super().put(item, block, timeout)
        elif len(self.queue) < self.maxsize:
            self.queue.append(item)
        else:
            raise queue.Full


class _DirectPool(HTTPConnectionPool):
    QueueCls = ConnectionStack

    def urlopen(  # type: ignore[override]  # as in urllib3
        self,
        method: str,
        url: str,
        body: Any = None,
        headers: Any = None,
        retries: Any = None,
        *args: Any,
        **kwargs: Any,
    ) -> BaseHTTPResponse:
        connection = self._direct_connection(headers, retries, *args, **kwargs)
        if connection is None:
            return super().urlopen(method, url, body, headers, retries, *args, **kwargs)
        timeout = kwargs["timeout"]
        self.num_requests += 1
        try:
            connection.timeout = timeout.connect_timeout
            try:
                piece = connection.begin_written(method, url, headers.lines, body)
                if piece:
                    http.client.HTTPConnection.send(connection, piece)  # found here, as it may be patched
            except OSError as error:
                if error.errno not in _RESPONDED_ANYWAY:
                    raise
            connection.timeout = timeout.read_timeout
            try:
                response: BaseHTTPResponse = connection.receive(self, method, url, retries)
            except (BaseSSLError, OSError) as error:
                self._raise_timeout(err=error, url=url, timeout_value=timeout.read_timeout)
                raise
        except BaseException as error:
            connection.close()
            self._put_conn(None)
            if isinstance(error, Exception):
                _, _, trace = sys.exc_info()
                retries.increment(method, url, error=_translate_to_urllib3(error), _pool=self, _stacktrace=trace)
            raise
        facts = (self.scheme, self.host, self.port, method, url, "HTTP/1.1", response.status, response.length_remaining)
        _log.debug('%s://%s:%s "%s %s %s" %s %s', *facts)
        return response

    def _direct_connection(self, headers: object, retries: object, *args: object, **kwargs: Any) -> Connection | None:
        """Return an open connection where urllib3 would find nothing else to do, or ``None``."""
        if type(headers) is not WrittenHeaders or headers.lines is None or args or not self._is_direct(**kwargs):
            return None
        if type(retries) is not Retry or retries.total != 0:
            return None
        connection = self._get_conn()
        if not connection.is_closed:
            return connection  # type: ignore[return-value]  # this pool makes no others
        self._put_conn(connection)
        return None

    def _is_direct(
        self,
        *,
        redirect: bool = True,
        assert_same_host: bool = True,
        preload_content: bool = True,
        decode_content: bool = True,
        chunked: bool = False,
        timeout: object = None,
        **others: object,
    ) -> bool:
        """Whether urllib3 is asked as requests does by default, and nobody watches it."""
        return not (
            redirect
            or assert_same_host
            or preload_content
            or decode_content
            or chunked
            or others
            or timeout is None
            or self.block
            or self.proxy is not None
            or HTTPConnectionPool.urlopen is not _URLOPEN
            or HTTPConnectionPool._make_request is not _MAKE_REQUEST  # noqa: SLF001  # as above
        )


def _translate_to_urllib3(error: Exception) -> Exception:
    if isinstance(error, BaseSSLError):
        return SSLError(error)
    if isinstance(error, OSError | http.client.HTTPException):
        return ProtocolError("Connection aborted.", error)
    return error


def pools_for(timeouts: Timeouts) -> dict[str, type[HTTPConnectionPool]]:
    """Return pools by scheme, with connections that have these timeouts."""

    class PlainOnes(Connection):
        of_client = timeouts

    class SecureOnes(SecureConnection):
        of_client = timeouts

    class Pool(_DirectPool):
        ConnectionCls = PlainOnes

    class SecurePool(_DirectPool, HTTPSConnectionPool):
        ConnectionCls = SecureOnes

    return {"http": Pool, "https": SecurePool}
