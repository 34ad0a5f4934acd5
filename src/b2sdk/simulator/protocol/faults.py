"""Failures that a test adds, and the record of what was called.

What belongs here is shared by both front ends: an API fault gives a call an error of the service as its response, a
wire fault breaks the connection that carries it (which only the front end over HTTP has). Nothing here knows a call by
meaning.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, NamedTuple, TypeVar, get_args

from b2sdk.simulator.cloud.permissions import CALLS

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


def _check(fault: ApiFault | WireFault, **at_least: float | None) -> None:
    if fault.endpoint != EVERY_ENDPOINT and fault.endpoint not in CALLS:
        calls = f"the name of a call, such as b2_upload_file, or {EVERY_ENDPOINT}"
        raise ValueError(f"endpoint must be {calls}, not {fault.endpoint!r}")
    for name, least in {"count": 1, "skip": 0, **at_least}.items():
        value = getattr(fault, name)
        if least is not None and value is not None and value < least:
            raise ValueError(f"{name} must be at least {least}, not {value}")


@dataclass(kw_only=True)
class ApiFault:
    """The next ``count`` calls of ``endpoint``, after ``skip`` good ones, fail with this error.

    :raises ValueError: there is no such call, ``status`` is no error, or a number is out of range.
    """

    endpoint: str
    """The name of a call, such as ``b2_upload_file``, or ``*`` for every one."""
    status: int
    """The HTTP status, from 400 to 599."""
    code: str
    """The error code, such as ``service_unavailable``; it need not be one of B2."""
    message: str = ""
    """The text of the error."""
    retry_after: int | None = None
    """Seconds, sent as ``Retry-After``."""
    page: str | None = None
    """HTML that is sent instead of the JSON, as by something that stands between client and service."""
    count: int = 1
    """How many calls fail."""
    skip: int = 0
    """How many calls succeed before that."""

    def __post_init__(self) -> None:
        _check(self, retry_after=0)
        if not 400 <= self.status <= 599:
            raise ValueError(f"status must be from 400 to 599, not {self.status}")

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers that the response has for this error."""
        return {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}


@dataclass(kw_only=True)
class WireFault:
    """The next ``count`` exchanges with ``endpoint``, after ``skip`` good ones, fail on the connection.

    Needs a :class:`~b2sdk.simulator.SimulatorServer`: the simulator in the process has no connections. The kinds:

    - ``reset-before-response``: the call is carried out, and the connection is reset instead of a response.
    - ``reset-mid-request``: it is reset after ``after_bytes`` of the request's body, or after the end of a shorter one.
    - ``truncate``: it is closed after ``after_bytes`` of the response's body.
    - ``cut``: the response ends after ``after_bytes`` of its body, and its length says so.
    - ``corrupt``: the byte at ``after_bytes`` of the response's body is flipped.
    - ``stall``: the response is kept back for ``seconds``.
    - ``stall-request``: nothing of the request's body is read for ``seconds``.
    - ``slow``: after the first byte of every block of the response there is a wait of ``seconds``.
    - ``skew``: the ``Date`` of the response is ``seconds`` later than it is.

    :raises ValueError: there is no such call or no such kind, or a number is out of range.
    """

    kind: WireFaultKind
    """One of the kinds above."""
    endpoint: str
    """The name of a call, such as ``b2_upload_file``, or ``*`` for every one."""
    count: int = 1
    """How many exchanges fail."""
    skip: int = 0
    """How many exchanges succeed before that."""
    after_bytes: int = 0
    """Where it happens, in bytes of a body from its start; some kinds ignore it."""
    seconds: float = 1.0
    """How long it takes; some kinds ignore it."""

    def __post_init__(self) -> None:
        _check(self, after_bytes=0, seconds=0)
        if self.kind not in WIRE_FAULT_KINDS:
            raise ValueError(f"kind must be one of {', '.join(WIRE_FAULT_KINDS)}, not {self.kind!r}")


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

    has_connections: bool = True
    """Whether there are connections that could go wrong."""
    _api: list[ApiFault] = field(default_factory=list)
    _wire: list[WireFault] = field(default_factory=list)
    _unused: list[ApiFault | WireFault] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, fault: ApiFault | WireFault) -> None:
        """Let the calls that ``fault`` names fail, after the faults that were added before it.

        :param fault: of the API, or of the connection.
        :raises ValueError: it needs a connection, and there are none.
        """
        if isinstance(fault, WireFault) and not self.has_connections:
            raise ValueError("there is no connection here that could go wrong: SimulatorServer has them")
        with self._lock:
            self._unused.append(fault)
            if isinstance(fault, ApiFault):
                self._api.append(fault)
            else:
                self._wire.append(fault)

    def take(self, endpoint: str) -> tuple[ApiFault | None, WireFault | None]:
        """Return what is to go wrong with a call of ``endpoint`` that begins now."""
        if not self._api and not self._wire:
            return None, None
        with self._lock:
            taken = _take(self._api, endpoint), _take(self._wire, endpoint)
            self._unused = [fault for fault in self._unused if not any(fault is used for used in taken)]
            return taken

    @property
    def unused(self) -> list[ApiFault | WireFault]:
        """The faults that were added and have not happened once: a test that adds one can assert that there is none."""
        with self._lock:
            return list(self._unused)

    def clear(self) -> None:
        """Let nothing fail any more."""
        with self._lock:
            for faults in (self._api, self._wire, self._unused):
                faults.clear()


class Subject(NamedTuple):
    """What a call was about, as far as its request says so or its ids tell; otherwise ``None``."""

    bucket: str | None = None
    """The bucket's name."""
    name: str | None = None
    """The file's name."""
    range: str | None = None
    """Which bytes were asked for, such as ``bytes=0-99``."""


NO_SUBJECT: Final = Subject()


class Entry(NamedTuple):
    """One exchange, as it ended."""

    seq: int
    """The number of the entry, counted from 1."""
    endpoint: str
    """The name of the call, such as ``b2_upload_file``; ``unknown`` for a request that is none of the service."""
    status: int | None
    """``None`` when the connection broke before there was a response."""
    fault: str | None
    """``injected`` for an API fault, the kind of a wire fault, or ``None``."""
    upload_url_id: str | None
    """Which upload URL was given out or used; never the URL or its token."""
    method: str = ""
    """The method of the request, such as ``POST``."""
    version: str | None = None
    """The version of the API, such as ``v4``, unless the path names none."""
    bucket: str | None = None
    """The name of the bucket that the call was about; a copy is about what it makes."""
    name: str | None = None
    """The name of the file that it was about."""
    range: str | None = None
    """Which bytes were asked for, as the request spells it: ``bytes=0-99``."""

    def as_json(self) -> dict[str, Any]:
        """Return the entry as ``GET /journal`` shows it."""
        fields = self._asdict()
        fields["uploadUrlId"] = fields.pop("upload_url_id")
        return fields


class Journal:
    """The calls that have ended, in the order in which they did. Calls that are under way are not there yet."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=JOURNAL_LENGTH)
        self._lock = threading.Lock()
        self._recorded = 0

    @property
    def entries(self) -> list[Entry]:
        """The latest 100,000 entries, oldest first."""
        with self._lock:
            return list(self._entries)

    def record(
        self,
        endpoint: str,
        status: int | None,
        fault: str | None,
        upload_url_id: str | None,
        *,
        method: str,
        version: str | None,
        subject: Subject,
    ) -> int:
        """Add an entry, and return its number.

        :param endpoint: the name of the call.
        :param status: of the response; ``None`` if there was none.
        :param fault: the kind of the fault that made it fail.
        :param upload_url_id: of the upload URL that was issued or used.
        :param method: of the request.
        :param version: of the API, such as ``v4``.
        :param subject: the bucket, the file and the range.
        """
        with self._lock:
            self._recorded += 1
            self._entries.append(
                Entry(self._recorded, endpoint, status, fault, upload_url_id, method, version, *subject)
            )
            return self._recorded

    def correct(self, seq: int, status: int) -> None:
        """Replace the status of the entry ``seq``, whose exchange ended with another ``status`` after all."""
        with self._lock:
            for place in range(len(self._entries) - 1, -1, -1):
                if self._entries[place].seq == seq:
                    self._entries[place] = self._entries[place]._replace(status=status)
                    return

    def clear(self) -> None:
        """Forget all entries, and count from 1 again."""
        with self._lock:
            self._recorded = 0
            self._entries.clear()
