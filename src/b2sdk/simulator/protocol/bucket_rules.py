"""The rules that a bucket is to have about the age and the copies of its files, as JSON spells them.

What belongs here is their fields, and what lists of rules have in common. CORS and event notification rules have
modules of their own.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sized
from typing import TYPE_CHECKING, Final, cast

from b2sdk.simulator.cloud import lifecycle
from b2sdk.simulator.cloud.refusals import bad_request
from b2sdk.simulator.protocol.fields import Fields

if TYPE_CHECKING:
    from b2sdk.simulator.cloud.rules import (
        LifecycleRule,
        Replication,
        ReplicationDestination,
        ReplicationRule,
        ReplicationSource,
    )

_MOST_LIFECYCLE_RULES: Final = 100
_MOST_REPLICATION_RULES: Final = 2
_MAXIMUM_PRIORITY: Final = 2**31 - 1
_DEFAULT_PRIORITY: Final = 128
_REPLICATION_RULE_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


def check_number(rules: Sized, most: int, kind: str) -> None:
    """Refuse more than ``most`` rules; ``kind`` is what they are called."""
    if len(rules) > most:
        raise bad_request(f"A bucket cannot have more than {most} {kind} rules")


def check_different_names(names: Collection[str], kind: str) -> None:
    """Refuse rules of which two have the same name."""
    if len(set(names)) < len(names):
        raise bad_request(f"{kind[0].upper()}{kind[1:]} rules must differ in name")


def read_lifecycle_rules(rules: list[Fields] | None) -> list[LifecycleRule] | None:
    """Return the rules as they are stored: with a value, perhaps ``None``, for every field."""
    if rules is None:
        return None
    check_number(rules, _MOST_LIFECYCLE_RULES, "lifecycle")
    stored = [_read_lifecycle_rule(rule) for rule in rules]
    lifecycle.check_rules(stored)
    return stored


def _read_lifecycle_rule(rule: Fields) -> LifecycleRule:
    days: dict[str, int | None] = {action: rule.optional_integer(action, 1, 2**31 - 1) for action in lifecycle.ACTIONS}
    if not any(days.values()):
        raise bad_request("A lifecycle rule needs at least one number of days")
    return cast("LifecycleRule", {**days, "fileNamePrefix": rule.text("fileNamePrefix")})


def read_replication(configuration: Fields | None) -> Replication | None:
    """Return a configuration as it is stored; both halves are ``None`` in one that clears it."""
    if configuration is None:
        return None
    source = configuration.optional_object("asReplicationSource")
    destination = configuration.optional_object("asReplicationDestination")
    return {
        "asReplicationSource": None if source is None else _read_source(source),
        "asReplicationDestination": None if destination is None else _read_destination(destination),
    }


def _read_source(source: Fields) -> ReplicationSource | None:
    rules = source.optional_objects("replicationRules") or []
    if not rules and source.optional_text("sourceApplicationKeyId") is None:
        return None
    check_number(rules, _MOST_REPLICATION_RULES, "replication")
    stored = [_read_replication_rule(rule) for rule in rules]
    check_different_names([rule["replicationRuleName"] for rule in stored], "replication")
    return {"replicationRules": stored, "sourceApplicationKeyId": source.text("sourceApplicationKeyId")}


def _read_replication_rule(rule: Fields) -> ReplicationRule:
    name = rule.text("replicationRuleName")
    if not _REPLICATION_RULE_NAME.fullmatch(name):
        raise bad_request("Replication rule names consist of 1 to 64 letters, digits, '_' and '-'")
    priority = rule.optional_integer("priority", 1, _MAXIMUM_PRIORITY)
    return {
        "destinationBucketId": rule.text("destinationBucketId"),
        "fileNamePrefix": rule.optional_text("fileNamePrefix") or "",
        "includeExistingFiles": bool(rule.flag("includeExistingFiles")),
        "isEnabled": rule.flag("isEnabled") is not False,
        "priority": _DEFAULT_PRIORITY if priority is None else priority,
        "replicationRuleName": name,
    }


def _read_destination(destination: Fields) -> ReplicationDestination | None:
    mapping = destination.optional_string_map("sourceToDestinationKeyMapping")
    return {"sourceToDestinationKeyMapping": mapping} if mapping else None
