"""The control port: what a test may ask of the simulator itself, over HTTP.

What belongs here is the JSON of the control routes and what each does. They need no token, share the origin of the
service, and are named by paths that the service does not use.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NoReturn, cast

from b2sdk.simulator.caps import Caps
from b2sdk.simulator.faults import EVERY_ENDPOINT, WIRE_FAULT_KINDS, ApiFault, WireFault, WireFaultKind
from b2sdk.simulator.fields import Fields, parse_object
from b2sdk.simulator.messages import Reply, json_reply, refusal_reply
from b2sdk.simulator.permissions import CAPABILITY_OF_CALL
from b2sdk.simulator.refusals import Refusal, bad_request
from b2sdk.simulator.wire import Wire

_ENDPOINTS: Final = frozenset({*CAPABILITY_OF_CALL, "b2_upload_file", "b2_upload_part", EVERY_ENDPOINT})
_FAULT_FIELDS: Final = ("on", "status", "code", "message", "retryAfter", "page", "count", "skip")
_WIRE_FAULT_FIELDS: Final = ("on", "kind", "ms", "count", "skip", "afterBytes")
_CAP_FIELDS: Final = ("storage", "download", "classB", "classC")
_MANY: Final = 1_000_000
_LONGEST_WAIT: Final = 3_600_000
_USUAL_WAIT: Final = 1000
"""Milliseconds, as all times here."""
_LARGEST_STEP: Final = 100 * 365 * 86_400_000

PATHS: Final = frozenset({"/faults", "/wire-faults", "/clock", "/caps", "/journal", "/reset"})


class Control:
    """The control routes of one wire."""

    def __init__(self, wire: Wire, reset: Callable[[], None]) -> None:
        self._wire = wire
        self._routes: Mapping[tuple[str, str], Callable[[Fields], Any]] = {
            ("POST", "/faults"): self._fail,
            ("POST", "/wire-faults"): self._fail_on_wire,
            ("POST", "/clock"): self._advance,
            ("POST", "/caps"): self._cap,
            ("GET", "/journal"): lambda _: {"entries": [entry.as_json() for entry in wire.journal.entries]},
            ("POST", "/reset"): lambda _: reset(),
        }

    def answer(self, method: str, path: str, body: bytes) -> Reply:
        """Do what a control request asks; 400 says what is wrong with it."""
        route = self._routes.get((method, path), _no_route)
        try:
            return json_reply(route(Fields(parse_object(body))) or {})
        except Refusal as refusal:
            return refusal_reply(refusal)

    def _fail(self, fields: Fields) -> None:
        fields.check_known(_FAULT_FIELDS)
        self._wire.faults.add(
            ApiFault(
                endpoint=_endpoint(fields),
                status=fields.integer("status", 400, 599),
                code=fields.text("code"),
                message=fields.optional_text("message") or "",
                retry_after=fields.optional_integer("retryAfter", 0, _MANY),
                page=fields.optional_text("page"),
                count=_count(fields, "count", 1),
                skip=_count(fields, "skip", 0),
            )
        )

    def _fail_on_wire(self, fields: Fields) -> None:
        fields.check_known(_WIRE_FAULT_FIELDS)
        wait = fields.optional_integer("ms", 0, _LONGEST_WAIT)
        self._wire.faults.add(
            WireFault(
                kind=cast("WireFaultKind", fields.choice("kind", WIRE_FAULT_KINDS)),
                endpoint=_endpoint(fields),
                count=_count(fields, "count", 1),
                skip=_count(fields, "skip", 0),
                after_bytes=fields.optional_integer("afterBytes", 0) or 0,
                seconds=(_USUAL_WAIT if wait is None else wait) / 1000,
            )
        )

    def _advance(self, fields: Fields) -> dict[str, int]:
        fields.check_known(("advanceMs",))
        self._wire.cloud.clock.advance(fields.integer("advanceMs", 0, _LARGEST_STEP))
        return {"nowMs": self._wire.cloud.clock.now()}

    def _cap(self, fields: Fields) -> None:
        fields.check_known(_CAP_FIELDS)
        storage, download, class_b, class_c = (fields.optional_integer(name, 0) for name in _CAP_FIELDS)
        self._wire.cloud.meter.caps = Caps(storage=storage, download=download, class_b=class_b, class_c=class_c)


def _no_route(_: Fields) -> NoReturn:
    raise Refusal("method_not_allowed", "The control route wants another method")


def _endpoint(fields: Fields) -> str:
    endpoint = fields.text("on")
    if endpoint not in _ENDPOINTS:
        raise bad_request(f"on must be the name of a call, such as b2_upload_file, or {EVERY_ENDPOINT}")
    return endpoint


def _count(fields: Fields, name: str, default: int) -> int:
    value = fields.optional_integer(name, default, _MANY)
    return default if value is None else value
