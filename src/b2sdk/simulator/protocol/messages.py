"""Requests and responses as the protocol sees them: no sockets, no parsing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from b2sdk.simulator.cloud.refusals import Refusal
from b2sdk.simulator.protocol.headers import Headers
from b2sdk.simulator.protocol.shapes import Addresses

_HEADERS: Final = {"Content-Type": "application/json;charset=UTF-8", "Cache-Control": "max-age=0, no-cache, no-store"}
_JSON: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_PLAIN_JSON: Final = json.JSONEncoder(separators=(",", ":"))
_NO_HEADERS: Final[Mapping[str, str]] = {}


@dataclass(frozen=True)
class RequestHead:
    """A request without its body."""

    method: str
    target: str = field(repr=False)
    """Path and query as they were sent, still percent-encoded."""
    headers: Headers = field(repr=False)
    addresses: Addresses
    """Where the caller reaches the service; responses contain these."""

    @cached_property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]


Block = bytes | memoryview


@dataclass(frozen=True)
class Response:
    """A response. Names of headers are spelled as the service does; the length is not among them."""

    status: int
    headers: Mapping[str, str]
    body: bytes | Iterator[Block] = b""
    length: int = 0
    """Bytes of the body, or of the body that a HEAD would have with GET."""


def json_response(shape: object, status: int = 200, headers: Mapping[str, str] = _NO_HEADERS) -> Response:
    """Return the response with this JSON; ``headers`` are those that not every response has."""
    body = _JSON.encode(shape).encode()
    return Response(status, {**_HEADERS, **headers}, body, len(body))


def ascii_response(shape: object) -> Response:
    """Return ``shape`` in ASCII, so that no name in it does anything to the terminal on which it may be shown."""
    body = _PLAIN_JSON.encode(shape).encode()
    return Response(200, _HEADERS, body, len(body))


def refusal_response(refusal: Refusal) -> Response:
    """Return the response that a refusal becomes."""
    if refusal.page is not None:
        page = refusal.page.encode()
        return Response(refusal.status, {"Content-Type": "text/html;charset=utf-8", **refusal.headers}, page, len(page))
    shape = {"code": refusal.code, "message": refusal.message, "status": refusal.status}
    own = {"Content-Type": "application/json;charset=utf-8"}  # which is how the service spells it in errors
    return json_response(shape, refusal.status, {**own, **refusal.headers})
