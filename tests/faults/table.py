"""Which fault meets which kind of request, and how that ends: the one table that tests and document are made of.

A request that meets a fault once either succeeds in the end (``OK``) or fails with an error that is named here by its
class; so does one that meets it every time.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from b2sdk.simulator.protocol.faults import ApiFault, WireFault

if TYPE_CHECKING:
    from tests.faults.world import World

OK = "succeeds"
ENDLESS = 10**6
STALL = 0.8
"""Seconds for which a stalled server is silent."""
PATIENCE = 0.25
"""Seconds for which a client waits for one."""

Kind = Literal["call", "upload URL", "upload", "download", "head"]
KINDS: tuple[Kind, ...] = ("call", "upload URL", "upload", "download", "head")
ATTEMPTS: Mapping[Kind, int] = {"call": 5, "upload URL": 25, "upload": 10, "download": 20, "head": 5}
"""How often a request is sent at most. A new upload URL is asked for at each of the 5 attempts of an upload; each is
made twice if the token is refused."""
ATTEMPTS_AT_A_LIMIT: Mapping[Kind, int] = {**ATTEMPTS, "upload URL": 5, "upload": 5}
"""The same where more requests would be refused because there were so many."""


class End(NamedTuple):
    """How a request ends that meets a fault."""

    once: str
    always: str


CONNECTING = ("connection refused", "host name not found", "certificate not trusted")
Inject = Callable[["World", str, int], None]


@dataclass(frozen=True)
class Fault:
    """One row."""

    name: str
    inject: Inject = field(repr=False)
    ends: Mapping[Kind, End]
    """For the kinds of requests that the fault can meet."""
    has_acted: bool = False
    """Whether the service has done what was asked when the client learns that something is wrong."""
    is_slow: bool = False
    attempts: Mapping[Kind, int] = field(default_factory=lambda: ATTEMPTS)

    @property
    def is_about_connecting(self) -> bool:
        """Whether it is met by requests for which a connection is made, and so by none that uses another one."""
        return self.name in CONNECTING

    def __str__(self) -> str:
        return self.name


def api(status: int, code: str, **about: Any) -> Inject:
    def inject(world: World, endpoint: str, count: int) -> None:
        world.service.faults.add(ApiFault(endpoint=endpoint, status=status, code=code, count=count, **about))

    return inject


def wire(kind: Any, **about: Any) -> Inject:
    def inject(world: World, endpoint: str, count: int) -> None:
        world.service.faults.add(WireFault(kind=kind, endpoint=endpoint, count=count, **about))

    return inject


def unreachable(error: Callable[..., OSError], *args: object) -> Inject:
    def inject(world: World, endpoint: str, count: int) -> None:
        world.connecting.fail(endpoint, count, lambda: error(*args))

    return inject


def untrusted() -> OSError:
    error = ssl.SSLCertVerificationError(1, "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed")
    error.reason = "CERTIFICATE_VERIFY_FAILED"
    return error


def retried(error: str, *, upload: str = "MaxRetriesExceeded") -> dict[Kind, End]:
    """Everything is sent again; an upload to another URL."""
    ends: dict[Kind, End] = dict.fromkeys(KINDS, End(OK, error))
    ends["upload URL"] = ends["upload"] = End(OK, upload)
    return ends


def final(error: str, *kinds: Kind) -> dict[Kind, End]:
    return dict.fromkeys(kinds or KINDS, End(error, error))


JSON_KINDS: tuple[Kind, ...] = ("call", "upload URL", "upload")
BROKEN = retried("B2ConnectionError")
UNREAD: dict[Kind, End] = {kind: BROKEN[kind] for kind in JSON_KINDS}
SILENT = retried("B2RequestTimeout")
WITH_BODY: dict[Kind, End] = {kind: BROKEN[kind] for kind in JSON_KINDS}
BUSY = retried("ServiceError")

FAULTS: tuple[Fault, ...] = (
    Fault("connection refused", unreachable(ConnectionRefusedError, 111, "Connection refused"), BROKEN),
    Fault("host name not found", unreachable(socket.gaierror, -3, "Temporary failure in name resolution"), BROKEN),
    Fault("certificate not trusted", unreachable(untrusted), final("ConnectionImpossible")),
    Fault("connection reset before the body is sent", wire("reset-mid-request"), UNREAD),
    Fault("connection reset while the body is sent", wire("reset-mid-request", after_bytes=10), UNREAD),
    Fault("connection reset after the body was sent", wire("reset-mid-request", after_bytes=ENDLESS), BROKEN),
    Fault("response lost after the service has acted", wire("reset-before-response"), BROKEN, has_acted=True),
    Fault("no response in time", wire("stall", seconds=STALL), SILENT, has_acted=True, is_slow=True),
    Fault(
        "body of the request not received in time",
        wire("stall-request", seconds=STALL),
        {kind: SILENT[kind] for kind in JSON_KINDS},
        has_acted=True,
        is_slow=True,
    ),
    Fault(
        "body of the response not sent in time",
        wire("slow", seconds=STALL),
        {kind: BROKEN[kind] for kind in KINDS if kind != "head"},
        has_acted=True,
        is_slow=True,
    ),
    Fault(
        "response shorter than its announced length",
        wire("truncate", after_bytes=1),
        {**WITH_BODY, "download": End(OK, "B2ConnectionError")},
        has_acted=True,
    ),
    Fault("JSON cut short", wire("cut", after_bytes=20), final("InvalidJsonResponse", *JSON_KINDS), has_acted=True),
    Fault(
        "corrupted response",
        wire("corrupt"),
        {**final("InvalidJsonResponse", *JSON_KINDS), "download": End("ChecksumMismatch", "ChecksumMismatch")},
        has_acted=True,
    ),
    Fault(
        "401, the token has expired",
        api(401, "expired_auth_token"),
        {**retried("InvalidAuthToken"), "head": End(OK, "Unauthorized")},
    ),
    Fault(
        "403, a cap is reached",
        api(403, "transaction_cap_exceeded"),
        {**final("TransactionCapExceeded"), "head": End(OK, "TransactionCapExceeded")},
    ),
    Fault("408", api(408, "request_timeout"), retried("RequestTimeout")),
    Fault(
        "429",
        api(429, "too_many_requests"),
        retried("TooManyRequests", upload="TooManyRequests"),
        attempts=ATTEMPTS_AT_A_LIMIT,
    ),
    Fault(
        "429 with Retry-After",
        api(429, "too_many_requests", retry_after=2),
        retried("TooManyRequests", upload="TooManyRequests"),
        attempts=ATTEMPTS_AT_A_LIMIT,
    ),
    Fault("500", api(500, "internal_error"), BUSY),
    Fault("502 with a page of HTML", api(502, "", page="<html><h1>Bad Gateway</h1></html>"), BUSY),
    Fault("503", api(503, "service_unavailable"), BUSY),
    Fault("503 with Retry-After", api(503, "service_unavailable", retry_after=2), BUSY),
    Fault("response dated an hour later", wire("skew", seconds=3600), final("ClockSkew"), has_acted=True),
)


def as_markdown() -> Iterator[str]:
    """Yield the lines of the table as the document shows it."""
    yield "| fault | " + " | ".join(KINDS) + " |"
    yield "|---" * (len(KINDS) + 1) + "|"
    for fault in FAULTS:
        cells = (_cell(fault.ends.get(kind)) for kind in KINDS)
        yield f"| {fault.name} | " + " | ".join(cells) + " |"


def _cell(end: End | None) -> str:
    if end is None:
        return ""
    return f"`{end.once}`" if end.once == end.always else f"{end.once}; `{end.always}`"
