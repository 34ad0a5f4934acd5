"""Which replication rules a new version is under.

Hide markers, deletions and what is encrypted with a customer key are not replicated, nor is what is itself a replica.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from b2sdk.simulator.cloud.model import Bucket, FileVersion

if TYPE_CHECKING:
    from b2sdk.simulator.cloud.rules import ReplicationRule


def rules_for(bucket: Bucket, version: FileVersion) -> list[ReplicationRule]:
    """Return the rules under which a new version is to be replicated."""
    source = None if bucket.replication is None else bucket.replication["asReplicationSource"]
    is_replicated = version.action == "upload" and version.encryption.mode != "SSE-C"
    if not source or not is_replicated or version.replication_status == "REPLICA":
        return []
    return [
        rule
        for rule in source["replicationRules"]
        if rule["isEnabled"] and version.name.startswith(rule["fileNamePrefix"])
    ]
