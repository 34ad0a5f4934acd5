"""Replicas: new versions under a replication rule copied to the destination.

The service does it some time after the upload; here it is done when the next call begins. Until then the version
shows ``PENDING``, and after that ``COMPLETED`` or, where the destination or the keys do not allow it, ``FAILED``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from b2sdk.simulator.cloud import encryption, file_lock, replication
from b2sdk.simulator.cloud.content import JoinedBlob
from b2sdk.simulator.cloud.files import Files
from b2sdk.simulator.cloud.model import Bucket, FileVersion
from b2sdk.simulator.cloud.state import State

if TYPE_CHECKING:
    from b2sdk.simulator.cloud.rules import ReplicationRule


class Replicas:
    """What is made of new versions elsewhere."""

    def __init__(self, state: State, files: Files) -> None:
        self._state = state
        self._files = files

    def make_pending(self) -> None:
        """Replicate the versions that have been planned since the last time."""
        while self._state.to_replicate:
            version, rules = self._state.to_replicate.pop(0)
            bucket = self._state.buckets.get(version.bucket_id)
            if bucket is not None and version in bucket.versions.of(version.name):
                done = [self._replicate(bucket, rule, version) for rule in rules]
                version.replication_status = "COMPLETED" if all(done) else "FAILED"
                self._state.report_change(version)

    def include_existing(self, bucket: Bucket) -> None:
        """Let what was there before the rules be replicated too, by those of them that say so."""
        for version in bucket.versions:
            if version.replication_status is None:
                rules = [rule for rule in replication.rules_for(bucket, version) if rule["includeExistingFiles"]]
                self._files.plan_replication(version, rules)

    def _replicate(self, bucket: Bucket, rule: ReplicationRule, version: FileVersion) -> bool:
        destination = self._state.buckets.get(rule["destinationBucketId"])
        if destination is None or not self._is_accepted(bucket, destination, version):
            return False
        replica = self._replica(destination, version)
        self._files.publish(destination, replica)
        in_parts = isinstance(version.content.blob, JoinedBlob)
        self._state.report_event(
            "b2:ObjectCreated:MultipartReplica" if in_parts else "b2:ObjectCreated:Replica", destination, replica
        )
        return True

    def _is_accepted(self, bucket: Bucket, destination: Bucket, version: FileVersion) -> bool:
        needed = file_lock.capabilities_for(version)
        if needed and not destination.file_lock:
            return False
        source = bucket.replication and bucket.replication["asReplicationSource"]
        source_key_id = source["sourceApplicationKeyId"] if source else ""
        accepted = destination.replication and destination.replication["asReplicationDestination"]
        destination_key_id = accepted["sourceToDestinationKeyMapping"].get(source_key_id, "") if accepted else ""
        return self._may(source_key_id, "readFiles") and self._may(destination_key_id, "writeFiles", *needed)

    def _may(self, key_id: str, *capabilities: str) -> bool:
        key = self._state.keys.get(key_id)
        return key is not None and set(capabilities) <= set(key.capabilities)

    def _replica(self, destination: Bucket, version: FileVersion) -> FileVersion:
        return replace(
            version,
            file_id=self._state.ids.file(destination.bucket_id, self._state.clock.now()),
            account_id=destination.account_id,
            bucket_id=destination.bucket_id,
            sequence=self._state.next_sequence(),
            encryption=encryption.for_new_version(None, destination),
            replication_status="REPLICA",
        )
