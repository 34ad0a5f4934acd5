"""Event notification rules: checked, stored, and found for what happened. Delivery is not known here."""

from __future__ import annotations

import re
from collections import Counter
from itertools import combinations
from typing import Any, Final, get_args

from b2sdk.simulator import permissions
from b2sdk.simulator.fields import Fields
from b2sdk.simulator.headers import encoded
from b2sdk.simulator.loopback import is_loopback_url
from b2sdk.simulator.model import Bucket, Key
from b2sdk.simulator.refusals import Refusal, bad_request
from b2sdk.vocabulary import EVENT_TYPE

_EVENT_TYPES: Final = frozenset(get_args(EVENT_TYPE))
_NAME = re.compile(r"[A-Za-z0-9-]{6,63}")
_SECRET = re.compile(r"[A-Za-z0-9]{32}")
_MAXIMUM_RULES: Final = 25
_MAXIMUM_HEADERS: Final = 10
_HEADER_BUDGET: Final = 2048


def rules_of(caller: Key, bucket: Bucket) -> list[dict[str, Any]]:
    """Return the rules of a bucket by name."""
    permissions.require_bucket(caller, bucket.bucket_id)
    return bucket.notification_rules


def set_rules(caller: Key, bucket: Bucket, rules: list[Fields], *, allow_loopback: bool) -> list[dict[str, Any]]:
    """Replace the rules of a bucket. A rule sent again under its name keeps its suspension.

    With ``allow_loopback``, webhooks on this machine need not speak TLS.
    """
    permissions.require_bucket(caller, bucket.bucket_id)
    if len(rules) > _MAXIMUM_RULES:
        raise bad_request(f"A bucket cannot have more than {_MAXIMUM_RULES} event notification rules")
    old = {rule["name"]: rule for rule in bucket.notification_rules}
    stored = [_checked(rule, allow_loopback=allow_loopback) for rule in rules]
    for rule in stored:
        before = old.get(rule["name"], {})
        rule["isSuspended"] = before.get("isSuspended", False)
        rule["suspensionReason"] = before.get("suspensionReason", "")
    _check_together(stored)
    bucket.notification_rules = sorted(stored, key=lambda rule: str(rule["name"]))
    return bucket.notification_rules


def keep_rules(caller: Key, bucket: Bucket, rules: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Replace the rules of a bucket by whatever comes.

    A rule sent again under its name keeps its suspension, and what it leaves out of its target.
    """
    permissions.require_bucket(caller, bucket.bucket_id)
    old = {rule["name"]: rule for rule in bucket.notification_rules}
    bucket.notification_rules = [_kept(rule, old.get(rule["name"], {})) for rule in rules]
    return bucket.notification_rules


def _kept(rule: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    return {
        **rule,
        "isSuspended": before.get("isSuspended", False),
        "suspensionReason": before.get("suspensionReason", ""),
        "targetConfiguration": {**before.get("targetConfiguration", {}), **rule.get("targetConfiguration", {})},
    }


def _checked(rule: Fields, *, allow_loopback: bool) -> dict[str, Any]:
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
        "eventTypes": _checked_event_types(rule.strings("eventTypes")),
        "isEnabled": enabled,
        "objectNamePrefix": rule.text("objectNamePrefix"),
        "maxEventsPerBatch": batch or 1,
        "targetConfiguration": _checked_target(target, allow_loopback=allow_loopback),
    }


def _checked_event_types(types: list[str]) -> list[str]:
    if not types:
        raise Refusal("event_types_empty", "eventTypes must not be empty")
    if unknown := set(types) - _EVENT_TYPES:
        raise Refusal("event_type_invalid", ", ".join(sorted(unknown)))
    if len({_category(event_type) for event_type in types}) > 1:
        raise Refusal("event_type_categories", "The event types of one rule must be of one category")
    if len(types) != len(set(types)) or (len(types) > 1 and any(event_type.endswith(":*") for event_type in types)):
        raise Refusal("event_type_overlap", "The event types of one rule must not overlap")
    return types


def _category(event_type: str) -> str:
    return event_type.rpartition(":")[0]


def _checked_target(target: Fields, *, allow_loopback: bool) -> dict[str, Any]:
    url = target.text("url")
    is_allowed = url.startswith("https://") or (allow_loopback and is_loopback_url(url))
    if not is_allowed:
        raise bad_request("The url of a webhook must begin with https://")
    secret = target.optional_text("hmacSha256SigningSecret")
    if secret is not None and not _SECRET.fullmatch(secret):
        raise bad_request("hmacSha256SigningSecret must consist of 32 letters and digits")
    headers = target.optional_objects("customHeaders") or []
    pairs = [{"name": header.text("name"), "value": header.text("value")} for header in headers]
    _check_headers(pairs)
    stored: dict[str, Any] = {
        "targetType": target.choice("targetType", ("webhook",)),
        "url": url,
        "customHeaders": pairs or None,
    }
    return stored if secret is None else {**stored, "hmacSha256SigningSecret": secret}


def _check_headers(pairs: list[dict[str, str]]) -> None:
    names = Counter(pair["name"].lower() for pair in pairs)
    size = sum(len(encoded(pair["name"])) + len(encoded(pair["value"])) + 3 for pair in pairs)
    if len(pairs) > _MAXIMUM_HEADERS or size > _HEADER_BUDGET:
        raise bad_request("Too many customHeaders")
    if any(count > 1 or name.startswith("x-bz-") for name, count in names.items()):
        raise bad_request("customHeaders must differ in name, and not begin with X-Bz-")


def _check_together(rules: list[dict[str, Any]]) -> None:
    for one, other in combinations(rules, 2):
        if one["name"] == other["name"]:
            raise bad_request(f"Two rules are named {one['name']}")
        prefixes = (one["objectNamePrefix"], other["objectNamePrefix"])
        nested = prefixes[0].startswith(prefixes[1]) or prefixes[1].startswith(prefixes[0])
        if nested and any(_overlap(mine, yours) for mine in one["eventTypes"] for yours in other["eventTypes"]):
            raise Refusal("event_type_overlap", f"Rules {one['name']} and {other['name']} overlap")


def rules_for(bucket: Bucket, event_type: str, name: str) -> list[dict[str, Any]]:
    """Return the active rules that speak of events of this type about files with this name."""
    return [
        rule
        for rule in bucket.notification_rules
        if rule["isEnabled"]
        and not rule["isSuspended"]
        and name.startswith(rule["objectNamePrefix"])
        and any(_overlap(event_type, listed) for listed in rule["eventTypes"])
    ]


def _overlap(one: str, other: str) -> bool:
    same_category = _category(one) == _category(other)
    return one == other or (same_category and (one.endswith(":*") or other.endswith(":*")))
