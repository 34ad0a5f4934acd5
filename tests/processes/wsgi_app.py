"""The application that the servers of `test_servers` import."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from tests.processes.client import from_environment

client = from_environment()


def application(
    environ: dict[str, Any], start_response: Callable[[str, list[tuple[str, str]]], Any]
) -> Iterable[bytes]:
    body = json.dumps(client.work(environ["PATH_INFO"].strip("/"))).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]
