"""Requests and answers as the wire sees them: no sockets, no parsing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from b2sdk.simulator.headers import Headers
from b2sdk.simulator.refusals import Refusal
from b2sdk.simulator.shapes import Addresses

_HEADERS: Final = {"Content-Type": "application/json;charset=UTF-8", "Cache-Control": "max-age=0, no-cache, no-store"}
_JSON: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_NO_HEADERS: Final[Mapping[str, str]] = {}


@dataclass(frozen=True)
class RequestHead:
    """A request without its body."""

    method: str
    target: str = field(repr=False)
    """Path and query as they were sent, still percent-encoded."""
    headers: Headers = field(repr=False)
    addresses: Addresses
    """Where the caller reaches the service; answers name these."""

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]


Block = bytes | memoryview


@dataclass(frozen=True)
class Reply:
    """An answer. Names of headers are spelled as the service does; the length is not among them."""

    status: int
    headers: Mapping[str, str]
    body: bytes | Iterator[Block] = b""
    length: int = 0
    """Bytes of the body, or of the body that a HEAD would have with GET."""


def json_reply(shape: Any, status: int = 200, headers: Mapping[str, str] = _NO_HEADERS) -> Reply:
    """Return ``shape`` as the service answers it; ``headers`` are those that not every answer has."""
    body = _JSON.encode(shape).encode()
    return Reply(status, {**_HEADERS, **headers}, body, len(body))


def refusal_reply(refusal: Refusal) -> Reply:
    """Return a refusal as the service answers it."""
    if refusal.page is not None:
        page = refusal.page.encode()
        return Reply(refusal.status, {"Content-Type": "text/html;charset=utf-8", **refusal.headers}, page, len(page))
    shape = {"code": refusal.code, "message": refusal.message, "status": refusal.status}
    own = {"Content-Type": "application/json;charset=utf-8"}  # which is how the service spells it in errors
    return json_reply(shape, refusal.status, {**own, **refusal.headers})
