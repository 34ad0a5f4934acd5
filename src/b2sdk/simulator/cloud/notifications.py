"""Event notification rules: stored, and found for an event. Delivery is not known here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import combinations
from typing import TYPE_CHECKING, Any, cast

from b2sdk.simulator.cloud import permissions
from b2sdk.simulator.cloud.model import Bucket, Key
from b2sdk.simulator.cloud.refusals import Refusal, bad_request

if TYPE_CHECKING:
    from b2sdk.simulator.cloud.rules import NewNotificationRule, NotificationRule, Suspension


def rules_of(caller: Key, bucket: Bucket) -> list[NotificationRule]:
    """Return the rules of a bucket by name."""
    permissions.require_bucket(caller, bucket.bucket_id)
    return bucket.notification_rules


def set_rules(caller: Key, bucket: Bucket, rules: list[NewNotificationRule]) -> list[NotificationRule]:
    """Replace the rules of a bucket. A rule that is sent again under its name keeps its suspension."""
    permissions.require_bucket(caller, bucket.bucket_id)
    old = {rule["name"]: rule for rule in bucket.notification_rules}
    stored: list[NotificationRule] = [{**rule, **_suspension(old.get(rule["name"]))} for rule in rules]
    _check_together(stored)
    bucket.notification_rules = sorted(stored, key=lambda rule: str(rule["name"]))
    return bucket.notification_rules


def keep_rules(caller: Key, bucket: Bucket, rules: Iterable[Mapping[str, Any]]) -> list[NotificationRule]:
    """Replace the rules of a bucket by whatever comes.

    A rule sent again under its name keeps its suspension, and what it leaves out of its target.
    """
    permissions.require_bucket(caller, bucket.bucket_id)
    old = {rule["name"]: rule for rule in bucket.notification_rules}
    bucket.notification_rules = [_keep_rule(rule, old.get(rule["name"])) for rule in rules]
    return bucket.notification_rules


def _suspension(before: NotificationRule | None) -> Suspension:
    return {
        "isSuspended": before is not None and before["isSuspended"],
        "suspensionReason": "" if before is None else before["suspensionReason"],
    }


def _keep_rule(rule: Mapping[str, Any], before: NotificationRule | None) -> NotificationRule:
    target: dict[str, Any] = dict(before["targetConfiguration"]) if before else {}
    target.update(rule.get("targetConfiguration", {}))
    return cast("NotificationRule", {**rule, **_suspension(before), "targetConfiguration": target})


def _check_together(rules: list[NotificationRule]) -> None:
    for one, other in combinations(rules, 2):
        if one["name"] == other["name"]:
            raise bad_request(f"Two rules are named {one['name']}")
        prefixes = (one["objectNamePrefix"], other["objectNamePrefix"])
        nested = prefixes[0].startswith(prefixes[1]) or prefixes[1].startswith(prefixes[0])
        if nested and any(_overlap(mine, yours) for mine in one["eventTypes"] for yours in other["eventTypes"]):
            raise Refusal("event_type_overlap", f"Rules {one['name']} and {other['name']} overlap")


def rules_for(bucket: Bucket, event_type: str, name: str) -> list[NotificationRule]:
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
    same_category = event_category(one) == event_category(other)
    return one == other or (same_category and (one.endswith(":*") or other.endswith(":*")))


def event_category(event_type: str) -> str:
    """Return what an event type is about: ``b2:ObjectCreated`` of ``b2:ObjectCreated:Upload``."""
    return event_type.rpartition(":")[0]
