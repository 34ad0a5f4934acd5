"""File versions: added, hidden, copied, deleted, found by id.

What belongs here is what every new version goes through, wherever its bytes come from. Large files on their way are
in ``large_files``, the order of versions in ``versions``.
"""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Literal

from b2sdk.protocol_constants import AUTO_CONTENT_TYPE, EVENT_TYPE, UNVERIFIED_SHA1_PREFIX
from b2sdk.simulator.cloud import encryption, file_lock, names, permissions, replication
from b2sdk.simulator.cloud.content import Content
from b2sdk.simulator.cloud.model import NO_RETENTION, UNENCRYPTED, Bucket, Encryption, FileVersion, Key, Retention
from b2sdk.simulator.cloud.refusals import Refusal, bad_request
from b2sdk.simulator.cloud.state import State

if TYPE_CHECKING:
    from b2sdk.simulator.cloud.rules import ReplicationRule

AUTOMATIC_CONTENT_TYPE: Final = AUTO_CONTENT_TYPE
HIDE_MARKER_CONTENT_TYPE: Final = "application/x-bz-hide-marker"


@dataclass(frozen=True, kw_only=True)
class NewVersion:
    """What is asked of a version that is to be made; ``None`` is "as the bucket has it"."""

    name: str
    content_type: str
    info: Mapping[str, str] = field(default_factory=dict)
    encryption: Encryption | None = None
    retention: Retention | None = None
    legal_hold: Literal["on", "off"] | None = None
    timestamp: int | None = None


class Files:
    """The file versions of all buckets."""

    def __init__(self, state: State) -> None:
        self._state = state

    def resolve(self, caller: Key, bucket: Bucket, new: NewVersion) -> NewVersion:
        """Check a version that is to be made, and return it with everything decided that was left open."""
        permissions.require_bucket(caller, bucket.bucket_id)
        permissions.require_name(caller, new.name)
        now = self._state.clock.now()
        if self._state.policy.checks_files:
            names.check_file_name(new.name, self._state.policy)
            names.check_content_type(new.content_type)
            names.check_info(new.info)
            self._check_timestamp(new.timestamp, now)
        info = {name.lower(): value for name, value in new.info.items()}
        if self._state.policy.strict_locks:
            file_lock.check_new_lock(caller, bucket, new.retention, new.legal_hold, now)
        its_encryption = encryption.for_new_version(new.encryption, bucket)
        if self._state.policy.checks_files:
            secured = bucket.file_lock or its_encryption.mode is not None
            names.check_header_budget(new.name, info, secured=secured)
        return replace(
            new,
            content_type=resolve_content_type(new.content_type, new.name),
            info=info,
            encryption=its_encryption,
            retention=self._resolve_retention(bucket, new.retention, now),
        )

    def _resolve_retention(self, bucket: Bucket, requested: Retention | None, now: int) -> Retention:
        if requested is not None:
            return requested
        return file_lock.default_for(bucket, now) if self._state.policy.strict_locks else NO_RETENTION

    def _check_timestamp(self, timestamp: int | None, now: int) -> None:
        if timestamp is None:
            return
        if not self._state.policy.custom_timestamps:
            raise Refusal("custom_timestamp_not_allowed", "The account may not choose upload timestamps")
        if not 0 <= timestamp <= now:
            raise bad_request("The upload timestamp must not lie in the future")

    def add(
        self,
        bucket: Bucket,
        resolved: NewVersion,
        content: Content,
        *,
        verified: bool = True,
        event_type: EVENT_TYPE = "b2:ObjectCreated:Upload",
    ) -> FileVersion:
        """Add content as the newest version of its name."""
        prefix = "" if verified else UNVERIFIED_SHA1_PREFIX
        version = self.new_version(bucket, resolved, "upload")
        version.content, version.sha1, version.md5 = content, prefix + content.sha1, content.md5
        self.publish(bucket, version)
        self._state.report_event(event_type, bucket, version)
        return version

    def new_version(self, bucket: Bucket, resolved: NewVersion, action: Literal["upload", "start"]) -> FileVersion:
        """Return a version without content that is nowhere listed yet."""
        now = self._state.clock.now()
        timestamp = self._state.ids.timestamp(bucket.bucket_id, now)
        return FileVersion(
            file_id=self._state.ids.file(bucket.bucket_id, now, large=action == "start"),
            account_id=bucket.account_id,
            bucket_id=bucket.bucket_id,
            name=resolved.name,
            action=action,
            timestamp=timestamp if resolved.timestamp is None else resolved.timestamp,
            sequence=self._state.next_sequence(),
            content_type=resolved.content_type,
            info=resolved.info,
            encryption=resolved.encryption or UNENCRYPTED,
            retention=resolved.retention or NO_RETENTION,
            legal_hold=resolved.legal_hold,
        )

    def publish(self, bucket: Bucket, version: FileVersion) -> None:
        """List a version under its name, and note it down for replication where the bucket's rules say so."""
        self._state.files[version.file_id] = version
        bucket.versions.add(version)
        self._state.report_change(version)
        self.plan_replication(version, replication.rules_for(bucket, version))

    def plan_replication(self, version: FileVersion, rules: list[ReplicationRule]) -> None:
        """Let a version be replicated later by these rules, if there are any."""
        if rules and self._state.policy.replicates:
            version.replication_status = "PENDING"
            self._state.to_replicate.append((version, rules))
            self._state.report_change(version)

    def withdraw(self, bucket: Bucket, version: FileVersion) -> None:
        """Take a version out, whatever it is."""
        bucket.versions.remove(version)
        bucket.unfinished.pop(version.file_id, None)
        if self._state.files.get(version.file_id) is version:
            del self._state.files[version.file_id]
        self._state.report_change(version)

    def hide(self, caller: Key, bucket: Bucket, name: str) -> FileVersion:
        """Make a hide marker the newest version of a name that has versions and is not hidden already."""
        permissions.require_bucket(caller, bucket.bucket_id)
        permissions.require_name(caller, name)
        if self._state.policy.checks_files:
            names.check_file_name(name, self._state.policy)
        if not self._state.policy.hides_unknown_names:
            _check_visible(bucket, name)
        return self.add_hide_marker(bucket, name, "b2:HideMarkerCreated:Hide")

    def add_hide_marker(self, bucket: Bucket, name: str, event_type: EVENT_TYPE) -> FileVersion:
        """Make a hide marker the newest version of a name."""
        now = self._state.clock.now()
        marker = FileVersion(
            file_id=self._state.ids.file(bucket.bucket_id, now),
            account_id=bucket.account_id,
            bucket_id=bucket.bucket_id,
            name=name,
            action="hide",
            timestamp=self._state.ids.timestamp(bucket.bucket_id, now),
            sequence=self._state.next_sequence(),
            content_type=HIDE_MARKER_CONTENT_TYPE,
        )
        self.publish(bucket, marker)
        self._state.report_event(event_type, bucket, marker)
        return marker

    def delete(self, caller: Key, name: str, file_id: str, *, bypass: bool) -> FileVersion:
        """Delete a version of any kind; name and id must belong together."""
        version = self.find_named(caller, name, file_id)
        now = self._state.clock.now()
        if self._state.policy.strict_locks:
            file_lock.check_deletion(caller, version, bypass=bypass, now=now)
        else:
            file_lock.check_deletion_by_seconds(caller, version, bypass=bypass, now=now)
        bucket = self._state.buckets[version.bucket_id]
        self.withdraw(bucket, version)
        self._state.report_event("b2:ObjectDeleted:Delete", bucket, version)
        return version

    def find_named(self, caller: Key, name: str, file_id: str) -> FileVersion:
        """Return the version with this name and id; 400 ``file_not_present`` if they do not belong together."""
        version = self._state.files.get(file_id)
        if version is None and not self._state.ids.is_file_id(file_id):
            raise bad_request(f"Invalid fileId: {file_id}")
        if version is None or version.name != name or version.account_id != caller.account_id:
            raise Refusal("file_not_present", f"File not present: {name} {file_id}")
        permissions.require_bucket(caller, version.bucket_id)
        permissions.require_name(caller, name)
        return version

    def find(self, caller: Key, file_id: str) -> FileVersion:
        """Return the version with this id, for a key that may see it."""
        version = self._state.own_file(file_id, caller.account_id)
        permissions.require_bucket(caller, version.bucket_id)
        permissions.require_name(caller, version.name)
        return version


def _check_visible(bucket: Bucket, name: str) -> None:
    current = visible_version(bucket, name)
    if current is None:
        raise Refusal("no_such_file", f"File not present: {name}")
    if current.action == "hide":
        raise Refusal("already_hidden", f"File already hidden: {name}")


def visible_version(bucket: Bucket, name: str) -> FileVersion | None:
    """Return the newest version of a name that is not an unfinished large file; it may be a hide marker."""
    return next((version for version in bucket.versions.of(name) if version.action != "start"), None)


def resolve_content_type(content_type: str, name: str) -> str:
    """Return the content type to be stored, guessed by the extension of the name where the caller leaves it open."""
    if content_type != AUTOMATIC_CONTENT_TYPE:
        return content_type
    return _CONTENT_TYPES.guess_type("file:" + name.rpartition("/")[2])[0] or "application/octet-stream"


_CONTENT_TYPES = mimetypes.MimeTypes()  # the built-in table, so that the machine's own does not matter
_CONTENT_TYPES.encodings_map.clear()  # `.gz` is a type of its own here, not an encoding of what is inside
_CONTENT_TYPES.add_type("application/gzip", ".gz")
