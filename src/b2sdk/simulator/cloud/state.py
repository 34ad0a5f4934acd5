"""The whole state of the cloud, and how a thing is found by what a caller calls it.

What belongs here is what every subject shares: the tables, the lock, the clock, the source of ids, the policy. It
knows no rules about who may do what; that a thing does not exist is all it ever says.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from b2sdk.protocol_constants import EVENT_TYPE
from b2sdk.simulator.cloud.clock import Clock
from b2sdk.simulator.cloud.ids import IdSource, ServiceIds
from b2sdk.simulator.cloud.model import (
    Account,
    Bucket,
    Computer,
    DownloadAuthorization,
    FileVersion,
    Group,
    Key,
    Observer,
    Thing,
    Token,
    UploadLease,
)
from b2sdk.simulator.cloud.policy import Policy
from b2sdk.simulator.cloud.refusals import Refusal, bad_request
from b2sdk.simulator.cloud.storage import Storage, TemporaryStorage

if TYPE_CHECKING:
    from b2sdk.simulator.cloud.rules import ReplicationRule


@dataclass(eq=False)
class State:
    """Everything there is, by the names by which it is asked for."""

    clock: Clock = field(default_factory=Clock)
    ids: IdSource = field(default_factory=ServiceIds)
    policy: Policy = field(default_factory=Policy)
    storage: Storage = field(default_factory=TemporaryStorage)
    lock: threading.RLock = field(default_factory=threading.RLock)
    accounts: dict[str, Account] = field(default_factory=dict)
    keys: dict[str, Key] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)
    download_authorizations: dict[str, DownloadAuthorization] = field(default_factory=dict)
    leases: dict[str, UploadLease] = field(default_factory=dict)
    """By path of the upload URL."""
    buckets: dict[str, Bucket] = field(default_factory=dict)
    bucket_ids: dict[str, str] = field(default_factory=dict)
    """By :meth:`key_of_name`."""
    files: dict[str, FileVersion] = field(default_factory=dict)
    to_replicate: list[tuple[FileVersion, list[ReplicationRule]]] = field(default_factory=list)
    """Versions with the replication rules that they are still to be replicated by."""
    groups: dict[str, Group] = field(default_factory=dict)
    computers: dict[str, Computer] = field(default_factory=dict)
    sequence: int = 0
    observers: list[Observer] = field(default_factory=list)

    def next_sequence(self) -> int:
        """Return a number greater than any before."""
        self.sequence += 1
        return self.sequence

    def report_change(self, thing: Thing) -> None:
        """Tell the observers that something appeared, is different now, or went."""
        for observer in self.observers:
            observer.on_change(thing)

    def report_event(self, event_type: EVENT_TYPE, bucket: Bucket, version: FileVersion) -> None:
        """Tell the observers what happened to a version."""
        for observer in self.observers:
            observer.on_event(event_type, bucket, version)

    def bucket(self, bucket_id: str, account_id: str) -> Bucket:
        """Return the bucket, if the account has it; 400 ``bad_bucket_id`` if not."""
        bucket = self.buckets.get(bucket_id)
        if bucket is None or bucket.account_id != account_id:
            raise Refusal("bad_bucket_id", f"Bucket {bucket_id} does not exist")
        return bucket

    def key_of_name(self, name: str) -> str:
        """Return what is the same for the names of buckets that may not exist side by side."""
        return name.lower() if self.policy.ignores_case else name

    def find_bucket_named(self, name: str) -> Bucket | None:
        """Return the bucket with this name in any account, if there is one."""
        bucket_id = self.bucket_ids.get(self.key_of_name(name))
        return None if bucket_id is None else self.buckets[bucket_id]

    def file(self, file_id: str) -> FileVersion:
        """Return the version with this id; 400 for what is no id, 404 ``not_found`` for one that is not there."""
        version = self.files.get(file_id)
        if version is not None:
            return version
        if not self.ids.is_file_id(file_id):
            raise bad_request(f"Invalid fileId: {file_id}")
        departed = any(bucket.versions.departed_order(file_id) for bucket in self.buckets.values())
        raise Refusal("not_found", f"file_state_{'deleted' if departed else 'none'}: {file_id}")

    def own_file(self, file_id: str, account_id: str) -> FileVersion:
        """Return like :meth:`file`, of one account: another account's version is not there."""
        version = self.file(file_id)
        if version.account_id != account_id:
            raise Refusal("not_found", f"file_state_none: {file_id}")
        return version

    def unfinished_file(self, file_id: str, account_id: str) -> FileVersion:
        """Return the large file that is being uploaded under this id; 400 ``bad_request`` if none is."""
        version = self.files.get(file_id)
        if version is None or version.account_id != account_id or version.action != "start":
            known = version is not None or self.ids.is_file_id(file_id)
            raise bad_request(f"No active upload for: {file_id}" if known else f"Invalid fileId: {file_id}")
        return version

    def stored_bytes(self) -> int:
        """Return the size of all content, parts of unfinished large files included."""
        parts = (part for version in self.files.values() for part in version.parts.values())
        return sum(version.content.size for version in self.files.values()) + sum(part.content.size for part in parts)
