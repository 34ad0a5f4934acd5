"""Failures that a test asks for, and the record of what was called.

What belongs here is shared by both doors: API faults answer a call with an error of the service, wire faults break
the connection that carries it (which only the HTTP door can do). Nothing here knows a call by meaning.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeVar, get_args

WireFaultKind = Literal[
    "reset-before-response",
    "reset-mid-request",
    "stall",
    "stall-request",
    "truncate",
    "cut",
    "corrupt",
    "slow",
    "skew",
]
WIRE_FAULT_KINDS: Final[tuple[str, ...]] = get_args(WireFaultKind)
EVERY_ENDPOINT: Final = "*"
INJECTED: Final = "injected"
"""What the journal calls an API fault."""
JOURNAL_LENGTH: Final = 100_000
"""How many of the latest entries the journal keeps."""


@dataclass(kw_only=True)
class ApiFault:
    """The next ``count`` calls of ``endpoint``, after ``skip`` good ones, are answered with this error."""

    endpoint: str
    status: int
    code: str
    message: str = ""
    retry_after: int | None = None
    """Seconds, sent as ``Retry-After``."""
    page: str | None = None
    """HTML that is sent instead of the JSON, as by something that stands between client and service."""
    count: int = 1
    skip: int = 0

    @property
    def headers(self) -> Mapping[str, str]:
        """What the answer carries besides the error."""
        return {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}


@dataclass(kw_only=True)
class WireFault:
    """The next ``count`` exchanges with ``endpoint``, after ``skip`` good ones, go wrong on the connection.

    ``reset-mid-request`` closes it after ``after_bytes`` of the request body, or behind a shorter one; ``truncate``
    after so many of the answer's. ``cut`` ends the answer there as if it were whole, and ``corrupt`` flips the byte
    there. ``stall`` keeps the answer back for ``seconds``, ``stall-request`` reads nothing of the request's body for so
    long, and ``slow`` waits so long behind the first byte of every block of the answer. ``skew`` dates the answer so
    much later.
    """

    kind: WireFaultKind
    endpoint: str
    count: int = 1
    skip: int = 0
    after_bytes: int = 0
    seconds: float = 1.0


F = TypeVar("F", ApiFault, WireFault)


def _take(faults: list[F], endpoint: str) -> F | None:
    for fault in faults:
        if fault.endpoint not in (endpoint, EVERY_ENDPOINT):
            continue
        if fault.skip > 0:
            fault.skip -= 1
            continue
        fault.count -= 1
        if fault.count <= 0:
            faults.remove(fault)
        return fault
    return None


@dataclass(eq=False)
class Faults:
    """The failures that are still to come, each list in the order in which it was filled."""

    _api: list[ApiFault] = field(default_factory=list)
    _wire: list[WireFault] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, fault: ApiFault | WireFault) -> None:
        """Let something fail."""
        with self._lock:
            if isinstance(fault, ApiFault):
                self._api.append(fault)
            else:
                self._wire.append(fault)

    def take(self, endpoint: str) -> tuple[ApiFault | None, WireFault | None]:
        """Return what is to go wrong with a call of ``endpoint`` that begins now."""
        if not self._api and not self._wire:
            return None, None
        with self._lock:
            return _take(self._api, endpoint), _take(self._wire, endpoint)

    def clear(self) -> None:
        """Let nothing fail any more."""
        with self._lock:
            self._api.clear()
            self._wire.clear()


@dataclass(frozen=True)
class Entry:
    """One exchange, as it ended."""

    seq: int
    endpoint: str
    status: int | None
    """``None`` when the connection broke before there was an answer."""
    fault: str | None
    """``injected`` for an API fault, the kind of a wire fault, or ``None``."""
    upload_url_id: str | None
    """Which upload URL was given out or used; never the URL or its token."""

    def as_json(self) -> dict[str, Any]:
        """Return the entry as ``GET /journal`` shows it."""
        return {
            "seq": self.seq,
            "endpoint": self.endpoint,
            "status": self.status,
            "fault": self.fault,
            "uploadUrlId": self.upload_url_id,
        }


class Journal:
    """What was called, in the order in which it ended."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=JOURNAL_LENGTH)
        self._lock = threading.Lock()
        self._recorded = 0

    @property
    def entries(self) -> list[Entry]:
        """The latest entries, oldest first."""
        with self._lock:
            return list(self._entries)

    def record(self, endpoint: str, status: int | None, fault: str | None, upload_url_id: str | None) -> None:
        """Add an entry."""
        with self._lock:
            self._recorded += 1
            self._entries.append(Entry(self._recorded, endpoint, status, fault, upload_url_id))

    def clear(self) -> None:
        """Forget all entries, and count from 1 again."""
        with self._lock:
            self._recorded = 0
            self._entries.clear()
