"""A server that follows a script, a client that is closed, and waits that are recorded instead of waited."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import takewhile
from typing import TypeAlias

import pytest

from b2sdk.cancellation import Cancellation
from b2sdk.exception import Cancelled
from b2sdk.http import B2Http, B2HttpApiConfig

Answer: TypeAlias = bytes | Callable[[socket.socket], None]
"""What is sent back, or who talks to the socket, which is closed afterwards."""


@dataclass
class Received:
    head: str
    body: bytes

    @property
    def header_names(self) -> list[str]:
        return [line.partition(":")[0] for line in self.head.split("\r\n")[1:]]


@dataclass
class ScriptedServer:
    """Returns one response of the script per request."""

    script: list[Answer] = field(default_factory=list)
    received: list[Received] = field(default_factory=list)
    connections: int = 0
    over: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/here"
        self._threads = [threading.Thread(target=self._accept)]
        self._sockets: list[socket.socket] = []
        self._threads[0].start()

    def will_answer(self, body: bytes = b"{}", *headers: str, status: int = 200) -> None:
        lines = [f"HTTP/1.1 {status} Told", f"Content-Length: {len(body)}", *headers]
        self.script.append("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    def _accept(self) -> None:
        with self._listener:
            while True:
                connection, _ = self._listener.accept()
                if self.over.is_set():
                    connection.close()
                    return
                self.connections += 1
                self._sockets.append(connection)
                thread = threading.Thread(target=self._serve, args=(connection,))
                self._threads.append(thread)
                thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as stream, suppress(OSError):
            while lines := list(takewhile(lambda line: line not in {b"", b"\r\n"}, stream)):
                head = b"".join(lines).decode("latin-1").rstrip("\r\n")
                lengths = [int(line.split(b":")[1]) for line in lines if line.lower().startswith(b"content-length:")]
                self.received.append(Received(head, stream.read(sum(lengths))))
                told = self.script.pop(0)
                if not isinstance(told, bytes):
                    told(connection)
                    return
                connection.sendall(told)

    def close(self) -> None:
        self.over.set()
        socket.create_connection(self._listener.getsockname()).close()
        for open_socket in self._sockets:
            with suppress(OSError):
                open_socket.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()


PATIENCE = 60
"""Seconds that only a test that fails waits."""


class Stalling:
    """What a scripted server does that says something and then no more."""

    def __init__(self, server: ScriptedServer, said: bytes = b"") -> None:
        self.reached = threading.Event()
        self._over = server.over
        self._said = said

    def __call__(self, connection: socket.socket) -> None:
        connection.sendall(self._said)
        self.reached.set()
        self._over.wait(PATIENCE)


class Worker(threading.Thread):
    """Does something for work that is cancelled while it should be waiting."""

    def __init__(self, do: Callable[[], object]) -> None:
        super().__init__()
        self.work = Cancellation()
        self.failure: BaseException | None = None
        self._do = do
        self.start()

    def run(self) -> None:
        try:
            with self.work.activate():
                self._do()
        except BaseException as error:  # noqa: BLE001  # looked at by the test
            self.failure = error

    def call_off(self) -> None:
        self.work.cancel()
        self.join(PATIENCE)
        assert isinstance(self.failure, Cancelled), self.failure


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    scripted = ScriptedServer()
    yield scripted
    scripted.close()


@pytest.fixture
def client(transport: str) -> Iterator[B2Http]:
    """Return a client that sends as ``transport`` says: each test that asks for one runs both ways."""
    http = B2Http(B2HttpApiConfig(install_clock_skew_hook=False))
    yield http
    http.close()


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    recorded: list[float] = []
    monkeypatch.setattr(time, "sleep", recorded.append)
    return recorded
