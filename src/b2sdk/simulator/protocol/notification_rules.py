"""Event notification rules as JSON spells them.

What belongs here is their fields, and what one rule must be. What several rules of a bucket must be together is among
the rules of the cloud.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Final, get_args

from b2sdk.protocol_constants import EVENT_TYPE
from b2sdk.simulator.cloud.names import percent_encode
from b2sdk.simulator.cloud.notifications import event_category
from b2sdk.simulator.cloud.refusals import Refusal, bad_request
from b2sdk.simulator.protocol.bucket_rules import check_number
from b2sdk.simulator.protocol.fields import Fields
from b2sdk.simulator.protocol.loopback import is_loopback_url

if TYPE_CHECKING:
    from b2sdk.simulator.cloud.rules import NewNotificationRule, Target, WebhookHeader

_EVENT_TYPES: Final = frozenset(get_args(EVENT_TYPE))
_NAME = re.compile(r"[A-Za-z0-9-]{6,63}")
_SECRET = re.compile(r"[A-Za-z0-9]{32}")
_MAXIMUM_RULES: Final = 25
_MAXIMUM_HEADERS: Final = 10
_HEADER_BUDGET: Final = 2048


def read_rules(rules: list[Fields], *, allow_loopback: bool) -> list[NewNotificationRule]:
    """Return the rules as they are stored, without their suspension.

    With ``allow_loopback``, webhooks on this machine need not speak TLS.
    """
    check_number(rules, _MAXIMUM_RULES, "event notification")
    return [_read_rule(rule, allow_loopback=allow_loopback) for rule in rules]


def _read_rule(rule: Fields, *, allow_loopback: bool) -> NewNotificationRule:
    name = rule.text("name")
    if not _NAME.fullmatch(name) or name.startswith("b2-"):
        raise bad_request("Rule names consist of 6 to 63 letters, digits and '-', and do not begin with 'b2-'")
    enabled = rule.flag("isEnabled")
    if enabled is None:
        raise bad_request("isEnabled is required")
    target = rule.object("targetConfiguration")
    batch = rule.optional_integer("maxEventsPerBatch", 1, 50) or target.optional_integer("maxEventsPerBatch", 1, 50)
    return {
        "name": name,
        "eventTypes": _check_event_types(rule.strings("eventTypes")),
        "isEnabled": enabled,
        "objectNamePrefix": rule.text("objectNamePrefix"),
        "maxEventsPerBatch": batch or 1,
        "targetConfiguration": _read_target(target, allow_loopback=allow_loopback),
    }


def _check_event_types(types: list[str]) -> list[str]:
    if not types:
        raise Refusal("event_types_empty", "eventTypes must not be empty")
    if unknown := set(types) - _EVENT_TYPES:
        raise Refusal("event_type_invalid", ", ".join(sorted(unknown)))
    if len({event_category(event_type) for event_type in types}) > 1:
        raise Refusal("event_type_categories", "The event types of one rule must be of one category")
    if len(types) != len(set(types)) or (len(types) > 1 and any(event_type.endswith(":*") for event_type in types)):
        raise Refusal("event_type_overlap", "The event types of one rule must not overlap")
    return types


def _read_target(target: Fields, *, allow_loopback: bool) -> Target:
    url = target.text("url")
    is_allowed = url.startswith("https://") or (allow_loopback and is_loopback_url(url))
    if not is_allowed:
        raise bad_request("The url of a webhook must begin with https://")
    secret = target.optional_text("hmacSha256SigningSecret")
    if secret is not None and not _SECRET.fullmatch(secret):
        raise bad_request("hmacSha256SigningSecret must consist of 32 letters and digits")
    headers = target.optional_objects("customHeaders")
    pairs: list[WebhookHeader] = [
        {"name": header.text("name"), "value": header.text("value")} for header in headers or ()
    ]
    _check_headers(pairs)
    return {
        "targetType": target.choice("targetType", ("webhook",)),
        "url": url,
        "customHeaders": None if headers is None else pairs,
        "hmacSha256SigningSecret": secret,
    }


def _check_headers(pairs: list[WebhookHeader]) -> None:
    names = Counter(pair["name"].lower() for pair in pairs)
    size = sum(len(percent_encode(pair["name"])) + len(percent_encode(pair["value"])) + 3 for pair in pairs)
    if len(pairs) > _MAXIMUM_HEADERS or size > _HEADER_BUDGET:
        raise bad_request("Too many customHeaders")
    if any(count > 1 or name.startswith("x-bz-") for name, count in names.items()):
        raise bad_request("customHeaders must differ in name, and not begin with X-Bz-")
