"""Connections that limit how long a block of a request may take to leave, and send small requests in one piece.

urllib3 lets nobody pass a limit for writes, and gives headers and body to the socket one after the other: two system
calls, and for the service two packets to wake up for.

A thread that works for a transfer cannot be interrupted where it waits for a socket. When the work is cancelled, the
socket is shut down, so that the thread finds a connection that has broken.
"""

from __future__ import annotations

import contextlib
import http.client
import inspect
import logging
import re
import socket
import threading
from collections.abc import Callable, Iterable
from contextvars import copy_context
from functools import partial
from typing import Any, Final

from urllib3 import HTTPConnectionPool, HTTPHeaderDict, HTTPResponse, Retry
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HeaderParsingError
from urllib3.util.response import assert_header_parsing

from b2sdk import cancellation, threads
from b2sdk.cancellation import Cancellation
from b2sdk.http.config import Timeouts
from b2sdk.http.overrides import timeouts_now
from b2sdk.http.transport.head import DirectResponse
from b2sdk.interfaces import Readable

ONE_PIECE = 64 * 1024
"""Bytes of headers and body that are worth copying to be sent at once."""
_TAKEN_BY_RESPONSES: Final = inspect.signature(HTTPResponse).parameters
"""Older versions of urllib3 take less."""
_FOLD: Final = re.compile(r"\r\n[ \t]+")
_log: logging.Logger = logging.getLogger("urllib3.connection")


class ReceivedResponse(HTTPResponse):
    """A response whose headers are here as they came, if there was nothing unusual in them."""

    fields: list[tuple[str, str]] | None = None


class Connection(HTTPConnection):
    """A connection of a client, whose timeouts a subclass has."""

    of_client: Timeouts
    timeout: float | None
    response_class: type[http.client.HTTPResponse] = DirectResponse
    debuglevel = 0  # what the standard library prints where a program turns that on are all headers, tokens and keys
    _held: bytes | None = None
    """The beginning of a request that is being made."""

    _work: Cancellation | None = None
    """What the current request is for, if that can be cancelled."""
    _connecting: socket.socket | None = None
    answering: socket.socket | None = None
    """Where the body of the response comes from; `sock` is gone by then where the connection is not used again."""

    def connect(self) -> None:
        try:
            with cancellation.on_cancel(self._break):
                super().connect()
        finally:
            self._forget_connecting()
        if (seconds := timeouts_now(self.of_client).write) is not None:
            self.sock.settimeout(seconds)

    def _new_conn(self) -> socket.socket:
        # Neither the look-up of a name nor a connection that does not come about can be cancelled.
        connected = _unless_cancelled(super()._new_conn)
        if cancellation.current() is not None:
            # TLS takes the socket over before it has shaken hands, and shows it to nobody before it has.
            self._connecting = connected.dup()
        return connected

    def _forget_connecting(self) -> None:
        connecting, self._connecting = self._connecting, None
        if connecting is not None:
            connecting.close()

    def _break(self) -> None:
        shut_down(self._connecting)
        shut_down(self.sock)

    def request(self, *args: Any, **kwargs: Any) -> None:
        self._begin_work()
        try:
            super().request(*args, **kwargs)
            held = self._held
        finally:
            self._held = None
        if held:
            super().send(held)

    def begin_written(self, method: str, target: str, lines: bytes, body: bytes | Readable | None) -> bytes:
        """Send a request on an open connection whose headers are written, but for its last piece, which is returned."""
        self._begin_work()
        self.sock.settimeout(self.timeout)
        try:
            self.putrequest(method, target, skip_accept_encoding=True)
            self._output(lines)  # type: ignore[attr-defined]
            self.endheaders()
            piece = self._held or b""
        finally:
            self._held = None
        for block in self._blocks_of(body):
            if isinstance(block, bytes) and len(piece) + len(block) <= ONE_PIECE:
                piece += block
            else:
                if piece:
                    http.client.HTTPConnection.send(self, piece)
                http.client.HTTPConnection.send(self, block)
                piece = b""
        return piece

    def _blocks_of(self, body: bytes | Readable | None) -> Iterable[Any]:
        if body is None or isinstance(body, bytes):
            return [body] if body else []
        return iter(partial(body.read, self.blocksize), b"")

    def _begin_work(self) -> None:
        work = self._work = cancellation.current()
        if work is not None:
            work.add(self, self._break)
        seconds = timeouts_now(self.of_client).write
        if seconds is not None and self.sock is not None:
            self.timeout = seconds  # a connection that is used again is given its timeout by the inherited method
        self._held = b""

    def getresponse(self) -> HTTPResponse:  # type: ignore[override]  # as in urllib3
        connected = self.sock
        try:
            response = super().getresponse()
        finally:
            if self._work is not None:
                self._end_work()
        self.answering = connected
        return response

    def receive(self, pool: HTTPConnectionPool, method: str, target: str, retries: Retry) -> HTTPResponse:
        """Return the response to the request of :meth:`begin_written`."""
        connected = self.sock
        connected.settimeout(self.timeout)
        try:
            answer: DirectResponse = http.client.HTTPConnection.getresponse(self)  # type: ignore[assignment]
        finally:
            if self._work is not None:
                self._end_work()
        self.answering = connected
        fields = answer.fields
        if fields is None:
            _look_for_defects(answer, f"{self.host}:{self.port}{target}")
            fields = [(name, _FOLD.sub(" ", value)) for name, value in answer.msg.items()]
        newer: dict[str, Any] = {"version_string": "HTTP/1.1", "sock_shutdown": getattr(connected, "shutdown", None)}
        response = ReceivedResponse(
            body=answer,
            headers=HTTPHeaderDict(fields),
            status=answer.status,
            version=answer.version,
            reason=answer.reason,
            preload_content=False,
            decode_content=False,
            original_response=answer,
            pool=pool,
            connection=self,
            retries=retries,
            request_method=method,
            request_url=target,
            **{name: value for name, value in newer.items() if name in _TAKEN_BY_RESPONSES},
        )
        response.fields = answer.fields
        return response

    def close(self) -> None:
        self._end_work()
        super().close()

    def _end_work(self) -> None:
        if self._work is not None:
            self._work.remove(self)
            self._work = None

    def send(self, data: Any) -> None:
        held = self._held
        if held is not None and isinstance(data, bytes) and len(held) + len(data) <= ONE_PIECE:
            self._held = held + data
            return
        if held:
            self._held = b""
            super().send(held)
        super().send(data)


class SecureConnection(Connection, HTTPSConnection):
    """The same over TLS."""


def _look_for_defects(answer: DirectResponse, url: str) -> None:
    try:
        assert_header_parsing(answer.msg)
    except (HeaderParsingError, TypeError) as error:
        _log.warning("Failed to parse headers (url=%s): %s", url, error, exc_info=True)


def shut_down(connected: object) -> None:
    """End what any thread does with a socket. Nothing is closed, so its number is nobody else's afterwards."""
    while connected is not None and not isinstance(connected, socket.socket):
        connected = getattr(connected, "socket", None)  # TLS inside of TLS, to a proxy, and pyOpenSSL
    if connected is not None:
        with contextlib.suppress(OSError):
            # Not the method of a TLS socket: without its TLS, what is read afterwards would be taken for content.
            socket.socket.shutdown(connected, socket.SHUT_RDWR)


class _Connecting:
    """A socket that is being connected, in a thread which nobody need wait for."""

    def __init__(self, connect: Callable[[], socket.socket]) -> None:
        self._connect = connect
        self._is_left = False
        self._lock = threading.Lock()
        self._is_settled = threading.Event()
        self._socket: socket.socket | None = None
        self._failure: Exception | None = None

    def run(self) -> None:
        connected = None
        try:
            connected = self._connect()
        except Exception as error:  # noqa: BLE001  # raised where the socket is waited for
            self._failure = error
        with self._lock:
            if not self._is_left:
                self._socket = connected
            elif connected is not None:
                connected.close()
        self._is_settled.set()

    def result(self) -> socket.socket:
        try:
            with cancellation.on_cancel(self._is_settled.set):
                self._is_settled.wait()
        except BaseException:
            with self._lock:
                self._is_left = True
                if self._socket is not None:
                    self._socket.close()
            raise
        if self._socket is None:
            raise self._failure or AssertionError
        return self._socket


def _unless_cancelled(connect: Callable[[], socket.socket]) -> socket.socket:
    if cancellation.current() is None or not threads.HAS_DAEMONS:
        return connect()
    connecting = _Connecting(connect)
    # In the same context, as if it were done here.
    threads.start(partial(copy_context().run, connecting.run), "b2sdk-connecting")
    return connecting.result()
