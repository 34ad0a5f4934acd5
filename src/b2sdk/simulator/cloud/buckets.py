"""Buckets: made, changed, found, deleted.

What belongs here is the bucket as a whole; the rules stored with it are checked in their own modules.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from b2sdk.simulator.cloud import encryption, file_lock, names, permissions
from b2sdk.simulator.cloud.model import Bucket, BucketType, DefaultRetention, Dialect, Encryption, Key
from b2sdk.simulator.cloud.refusals import Refusal, unauthorized
from b2sdk.simulator.cloud.state import State

if TYPE_CHECKING:
    from b2sdk.simulator.cloud.rules import CorsRule, LifecycleRule, Replication

SETTABLE_TYPES: Final[Collection[str]] = ("allPublic", "allPrivate")
LISTED_TYPES: Final[Collection[str]] = ("allPublic", "allPrivate", "snapshot")
"""What is listed when a caller names no types."""


@dataclass(frozen=True, kw_only=True)
class BucketChanges:
    """What is asked of a bucket that is to be made or changed; ``None`` leaves a thing as it is."""

    bucket_type: BucketType | None = None
    info: Mapping[str, str] | None = None
    cors_rules: list[CorsRule] | None = None
    lifecycle_rules: list[LifecycleRule] | None = None
    encryption: Encryption | None = None
    default_retention: DefaultRetention | None = None
    file_lock: bool | None = None
    replication: Replication | None = None


_CAPABILITY_OF_CHANGE: Final[Mapping[str, str]] = {
    "encryption": "writeBucketEncryption",
    "default_retention": "writeBucketRetentions",
    "file_lock": "writeBucketRetentions",
    "replication": "writeBucketReplications",
}


def _check_allowed(caller: Key, changes: BucketChanges) -> None:
    for change, capability in _CAPABILITY_OF_CHANGE.items():
        if getattr(changes, change) is not None:
            permissions.require(caller, capability)


class Buckets:
    """The buckets of all accounts."""

    def __init__(self, state: State) -> None:
        self._state = state

    def create(self, caller: Key, name: str, changes: BucketChanges) -> Bucket:
        """Make a bucket; its name must differ, case ignored, from that of every other account's buckets too."""
        if caller.bucket_ids is not None:
            raise unauthorized()
        _check_allowed(caller, changes)
        names.check_bucket_name(name, self._state.policy)
        if self._state.find_bucket_named(name) is not None:
            raise Refusal("duplicate_bucket_name", "Bucket name is already in use.")
        own = sum(1 for bucket in self._state.buckets.values() if bucket.account_id == caller.account_id)
        if own >= self._state.policy.maximum_buckets:
            raise Refusal("too_many_buckets", f"Account {caller.account_id} has reached its limit of buckets")
        return self.add(caller.account_id, name, changes)

    def add(self, account_id: str, name: str, changes: BucketChanges) -> Bucket:
        """Make a bucket as the service itself does, whose names customers may not use."""
        bucket = Bucket(
            bucket_id=self._state.ids.bucket(account_id),
            account_id=account_id,
            name=name,
            bucket_type=changes.bucket_type or "allPrivate",
            encryption=encryption.bucket_default(changes.encryption, self._state.policy),
        )
        self._check(bucket, changes)
        self._apply(bucket, changes)
        self._state.buckets[bucket.bucket_id] = bucket
        self._state.bucket_ids[self._state.key_of_name(name)] = bucket.bucket_id
        self._state.report_change(bucket)
        return bucket

    def update(self, caller: Key, bucket_id: str, changes: BucketChanges, if_revision_is: int | None) -> Bucket:
        """Change a bucket, all of it or nothing; 409 ``conflict`` if it has another revision than expected."""
        bucket = self.find(caller, bucket_id)
        _check_allowed(caller, changes)
        if if_revision_is is not None and if_revision_is != bucket.revision:
            raise Refusal("conflict", "simultaneous updates to bucket")
        self._check(bucket, changes)
        self._apply(bucket, changes)
        bucket.revision += 1
        self._state.report_change(bucket)
        return bucket

    def _check(self, bucket: Bucket, changes: BucketChanges) -> None:
        if self._state.policy.checks_rules:
            names.check_bucket_info(changes.info or {})
        encryption.bucket_default(changes.encryption, self._state.policy)
        if changes.file_lock is not None:
            file_lock.check_enabling(bucket, changes.file_lock)
        if changes.default_retention is not None and self._state.policy.strict_locks:
            locked = bucket.file_lock or bool(changes.file_lock)
            file_lock.check_default_retention(changes.default_retention, file_lock=locked)

    def _apply(self, bucket: Bucket, changes: BucketChanges) -> None:
        if changes.bucket_type is not None:
            bucket.bucket_type = changes.bucket_type
        if changes.info is not None:
            bucket.info = dict(changes.info)
        if changes.cors_rules is not None:
            bucket.cors_rules = changes.cors_rules
        if changes.lifecycle_rules is not None:
            bucket.lifecycle_rules = changes.lifecycle_rules
        if changes.encryption is not None:
            bucket.encryption = encryption.bucket_default(changes.encryption, self._state.policy)
        if changes.file_lock:
            bucket.file_lock = True
        if changes.default_retention is not None:
            bucket.default_retention = changes.default_retention
        if changes.replication is not None:
            bucket.replication = changes.replication if any(changes.replication.values()) else None

    def find(self, caller: Key, bucket_id: str) -> Bucket:
        """Return a bucket that the key is not kept away from."""
        permissions.require_bucket(caller, bucket_id)
        return self._state.bucket(bucket_id, caller.account_id)

    def delete(self, caller: Key, bucket_id: str) -> Bucket:
        """Delete a bucket in which nothing is left, not even a hide marker; return it as it was last."""
        bucket = self.find(caller, bucket_id)
        if bucket.versions and not self._state.policy.deletes_full_buckets:
            raise Refusal("cannot_delete_non_empty_bucket", "Cannot delete non-empty bucket")
        for version in bucket.versions:
            if self._state.files.get(version.file_id) is version:
                del self._state.files[version.file_id]
        del self._state.buckets[bucket_id], self._state.bucket_ids[self._state.key_of_name(bucket.name)]
        bucket.revision += 1
        self._state.report_change(bucket)
        return bucket

    def list(
        self, caller: Key, dialect: Dialect, bucket_id: str | None, name: str | None, types: Collection[str]
    ) -> list[Bucket]:
        """Return the account's buckets by name, all or the one asked for.

        A key of single buckets must ask for one of them, 401 ``unauthorized`` otherwise; in version 1 it sees its own.
        """
        if caller.bucket_ids is not None and (dialect > 1 or bucket_id or name):
            self._check_requested(caller, bucket_id, name)
        found = [
            bucket
            for bucket in self._state.buckets.values()
            if bucket.account_id == caller.account_id
            and (caller.bucket_ids is None or bucket.bucket_id in caller.bucket_ids)
            and (bucket_id is None or bucket.bucket_id == bucket_id)
            and (name is None or self._state.key_of_name(bucket.name) == self._state.key_of_name(name))
            and bucket.bucket_type in types
        ]
        return sorted(found, key=lambda bucket: bucket.name)

    def _check_requested(self, caller: Key, bucket_id: str | None, name: str | None) -> None:
        if bucket_id is None and name is None:
            raise unauthorized()
        if bucket_id is not None:
            permissions.require_bucket(caller, bucket_id)
        if name is not None:
            named = self._state.find_bucket_named(name)
            permissions.require_bucket(caller, named.bucket_id if named is not None else "")
