"""Applications of the tests' own, served as programs serve theirs."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal
from wsgiref.simple_server import WSGIRequestHandler, make_server

import uvicorn


@contextmanager
def serve_asgi(app: Any, *, lifespan: Literal["on", "off"]) -> Iterator[str]:
    """Run an application under uvicorn, and yield its URL."""
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan=lifespan))
    with socket.create_server(("127.0.0.1", 0)) as listening:  # who connects waits until it serves
        running = threading.Thread(target=server.run, args=([listening],), name="uvicorn")
        running.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            running.join()


class _Silent(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # as it is inherited
        """Say nothing."""


@contextmanager
def serve_wsgi(app: Any) -> Iterator[str]:
    """Run an application under the server of the standard library, and yield its URL."""
    with make_server("127.0.0.1", 0, app, handler_class=_Silent) as server:
        running = threading.Thread(target=server.serve_forever, args=(0.02,), name="wsgiref")
        running.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            running.join()
