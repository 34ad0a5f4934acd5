"""The control port: what a test may ask of the simulator itself, over HTTP.

What belongs here is the JSON of the control routes and what each does. They need no token, share the origin of the
service, and are named by paths that the service does not use.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NoReturn, cast, get_args

from b2sdk.simulator.cloud.caps import Caps
from b2sdk.simulator.cloud.model import Suite
from b2sdk.simulator.cloud.permissions import CALLS
from b2sdk.simulator.cloud.refusals import Refusal, bad_request
from b2sdk.simulator.protocol.faults import EVERY_ENDPOINT, WIRE_FAULT_KINDS, ApiFault, WireFault, WireFaultKind
from b2sdk.simulator.protocol.fields import Fields, parse_object
from b2sdk.simulator.protocol.gateway import Gateway
from b2sdk.simulator.protocol.messages import Response, ascii_response, refusal_response

_FAULT_FIELDS: Final = ("on", "status", "code", "message", "retryAfter", "page", "count", "skip")
_WIRE_FAULT_FIELDS: Final = ("on", "kind", "ms", "count", "skip", "afterBytes")
_PARTNER_FIELDS: Final = ("accountId", "suites", "hasPhone", "isInGoodStanding")
_GROUP_FIELDS: Final = (
    "accountId",
    "groupName",
    "groupProducts",
    "isManaged",
    "emailDomain",
    "hasEnterpriseControls",
    "letsAdminDeleteBackups",
)
_COMPUTER_FIELDS: Final = ("accountId", "computerName", "lastFileUploadedTimestamp")
_PRODUCTS: Final = ("BACKUP", "STORAGE")
_CAP_FIELDS: Final = ("storage", "download", "classB", "classC")
_MANY: Final = 1_000_000
_LONGEST_WAIT: Final = 3_600_000
_USUAL_WAIT: Final = 1000
"""Milliseconds, as all times here."""
_LARGEST_STEP: Final = 100 * 365 * 86_400_000

PATHS: Final = frozenset(
    {"/faults", "/wire-faults", "/clock", "/caps", "/journal", "/reset", "/partners", "/groups", "/computers"}
)
LASTING_PATHS: Final = frozenset({"/clock", "/reset", "/partners", "/groups", "/computers"})
"""Those of them whose effects are written down where the service keeps everything."""


class Control:
    """The control routes of one gateway."""

    def __init__(self, gateway: Gateway, reset: Callable[[], None]) -> None:
        self._gateway = gateway
        self._routes: Mapping[tuple[str, str], Callable[[Fields], Any]] = {
            ("POST", "/faults"): self._fail,
            ("POST", "/wire-faults"): self._add_wire_fault,
            ("POST", "/clock"): self._advance,
            ("POST", "/caps"): self._cap,
            ("POST", "/partners"): self._set_partner,
            ("POST", "/groups"): self._create_group,
            ("POST", "/computers"): self._add_computer,
            ("GET", "/journal"): lambda _: {"entries": [entry.as_json() for entry in gateway.journal.entries]},
            ("POST", "/reset"): lambda _: reset(),
        }

    def answer(self, method: str, path: str, body: bytes) -> Response:
        """Do what a control request asks; 400 says what is wrong with it."""
        route = self._routes.get((method, path), _no_route)
        try:
            return ascii_response(route(Fields(parse_object(body))) or {})
        except Refusal as refusal:
            return refusal_response(refusal)

    def _fail(self, fields: Fields) -> None:
        fields.check_known(_FAULT_FIELDS)
        self._gateway.faults.add(
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

    def _add_wire_fault(self, fields: Fields) -> None:
        fields.check_known(_WIRE_FAULT_FIELDS)
        wait = fields.optional_integer("ms", 0, _LONGEST_WAIT)
        self._gateway.faults.add(
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
        self._gateway.cloud.clock.advance(fields.integer("advanceMs", 0, _LARGEST_STEP))
        return {"nowMs": self._gateway.cloud.clock.now()}

    def _cap(self, fields: Fields) -> None:
        fields.check_known(_CAP_FIELDS)
        storage, download, class_b, class_c = (fields.optional_integer(name, 0) for name in _CAP_FIELDS)
        self._gateway.cloud.meter.caps = Caps(storage=storage, download=download, class_b=class_b, class_c=class_c)

    def _account_id(self, fields: Fields) -> str:
        account_id = fields.text("accountId")
        if account_id not in self._gateway.cloud.state.accounts:
            raise bad_request("There is no such account")
        return account_id

    def _set_partner(self, fields: Fields) -> None:
        fields.check_known(_PARTNER_FIELDS)
        suites = fields.optional_strings("suites") or []
        if not set(suites) <= {*get_args(Suite)}:
            raise bad_request(f"suites must be of {', '.join(get_args(Suite))}")
        has_phone, is_good = _flag(fields, "hasPhone"), _flag(fields, "isInGoodStanding")
        with self._gateway.cloud.lock:
            account_id, partners = self._account_id(fields), self._gateway.cloud.partners
            partners.enable(account_id, *cast("list[Suite]", suites))
            partners.set_conditions(account_id, has_phone=has_phone, is_in_good_standing=is_good)

    def _create_group(self, fields: Fields) -> dict[str, str]:
        fields.check_known(_GROUP_FIELDS)
        products = fields.optional_strings("groupProducts")
        with self._gateway.cloud.lock:
            try:
                group = self._gateway.cloud.partners.create_group(
                    self._account_id(fields),
                    fields.text("groupName"),
                    products=_PRODUCTS if products is None else products,
                    is_managed=_flag(fields, "isManaged"),
                    email_domain=fields.optional_text("emailDomain"),
                    has_enterprise_controls=_flag(fields, "hasEnterpriseControls"),
                    lets_admin_delete_backups=_flag(fields, "letsAdminDeleteBackups"),
                )
            except ValueError as error:
                raise bad_request(str(error)) from error
        return {"groupId": group.group_id}

    def _add_computer(self, fields: Fields) -> dict[str, str]:
        fields.check_known(_COMPUTER_FIELDS)
        name, last_upload = fields.text("computerName"), fields.optional_integer("lastFileUploadedTimestamp", 0)
        with self._gateway.cloud.lock:
            computers = self._gateway.cloud.computers
            return {"computerId": computers.add(self._account_id(fields), name, last_upload=last_upload).computer_id}


def _flag(fields: Fields, name: str) -> bool:
    """Return a flag that is true where it is not given."""
    return fields.flag(name) is not False


def _no_route(_: Fields) -> NoReturn:
    raise Refusal("method_not_allowed", "The control route wants another method")


def _endpoint(fields: Fields) -> str:
    endpoint = fields.text("on")
    if endpoint != EVERY_ENDPOINT and endpoint not in CALLS:
        raise bad_request(f"on must be the name of a call, such as b2_upload_file, or {EVERY_ENDPOINT}")
    return endpoint


def _count(fields: Fields, name: str, default: int) -> int:
    value = fields.optional_integer(name, default, _MANY)
    return default if value is None else value
