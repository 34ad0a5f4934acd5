"""Replication rules: checked when they are set, and which of them a new version is under.

Hide markers, deletions and what is encrypted with a customer key are not replicated, nor is what is itself a replica.
"""

from __future__ import annotations

import re
from typing import Any, Final

from b2sdk.simulator.fields import Fields
from b2sdk.simulator.model import Bucket, FileVersion
from b2sdk.simulator.refusals import bad_request

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_MAXIMUM_RULES: Final = 2
_MAXIMUM_PRIORITY: Final = 2**31 - 1
_DEFAULT_PRIORITY: Final = 128


def checked_configuration(configuration: Fields | None) -> dict[str, Any] | None:
    """Return a configuration as it is stored; both halves are ``None`` in one that clears it."""
    if configuration is None:
        return None
    source = configuration.optional_object("asReplicationSource")
    destination = configuration.optional_object("asReplicationDestination")
    return {
        "asReplicationSource": None if source is None else _checked_source(source),
        "asReplicationDestination": None if destination is None else _checked_destination(destination),
    }


def _checked_source(source: Fields) -> dict[str, Any] | None:
    rules = source.optional_objects("replicationRules") or []
    if not rules and source.optional_text("sourceApplicationKeyId") is None:
        return None
    if len(rules) > _MAXIMUM_RULES:
        raise bad_request(f"A bucket cannot have more than {_MAXIMUM_RULES} replication rules")
    stored = [_checked_rule(rule) for rule in rules]
    if len({rule["replicationRuleName"] for rule in stored}) < len(stored):
        raise bad_request("Replication rules must differ in name")
    return {"replicationRules": stored, "sourceApplicationKeyId": source.text("sourceApplicationKeyId")}


def _checked_rule(rule: Fields) -> dict[str, Any]:
    name = rule.text("replicationRuleName")
    if not _NAME.fullmatch(name):
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


def _checked_destination(destination: Fields) -> dict[str, Any] | None:
    mapping = destination.optional_string_map("sourceToDestinationKeyMapping")
    return {"sourceToDestinationKeyMapping": mapping} if mapping else None


def rules_for(bucket: Bucket, version: FileVersion) -> list[dict[str, Any]]:
    """Return the rules under which a new version is to be replicated."""
    source = (bucket.replication or {}).get("asReplicationSource")
    is_replicated = version.action == "upload" and version.encryption.mode != "SSE-C"
    if not source or not is_replicated or version.replication_status == "REPLICA":
        return []
    return [
        rule
        for rule in source["replicationRules"]
        if rule["isEnabled"] and version.name.startswith(rule["fileNamePrefix"])
    ]
