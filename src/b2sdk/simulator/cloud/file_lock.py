"""Object Lock, which the API calls file lock: retention and legal hold, of buckets and of versions.

What belongs here is who may set, shorten and remove a lock, and what a lock prevents, by the B2 documentation and by
recorded responses of the service.
"""

from __future__ import annotations

from typing import Literal

from b2sdk.simulator.cloud import permissions
from b2sdk.simulator.cloud.clock import DAY_MS
from b2sdk.simulator.cloud.model import NO_RETENTION, Bucket, DefaultRetention, FileVersion, Key, Retention
from b2sdk.simulator.cloud.refusals import Refusal, unauthorized

LegalHold = Literal["on", "off"]
_FILE_LOCK_MISSING = "The bucket is not file lock enabled"


def check_new_lock(
    key: Key, bucket: Bucket, retention: Retention | None, legal_hold: LegalHold | None, now: int
) -> None:
    """Refuse locks of a new version that the key may not set, the bucket cannot have, or that lie in the past."""
    wants_retention = retention is not None and retention.mode is not None
    if wants_retention:
        permissions.require(key, "writeFileRetentions")
    if legal_hold is not None:
        permissions.require(key, "writeFileLegalHolds")
    if (wants_retention or legal_hold == "on") and not bucket.file_lock:
        raise Refusal("bucket_missing_file_lock", _FILE_LOCK_MISSING)
    if retention is not None:
        _check_future(retention, now)


def _check_future(retention: Retention, now: int) -> None:
    if retention.until is not None and retention.until <= now:
        raise Refusal("retain_until_timestamp_must_be_in_future", "The retainUntilTimestamp must be in future")


def default_for(bucket: Bucket, now: int) -> Retention:
    """Return the retention of a new version that asks for none; a year is 365 days."""
    default = bucket.default_retention
    if default.mode is None or default.duration is None:
        return NO_RETENTION
    days = default.duration * (365 if default.unit == "years" else 1)
    return Retention(default.mode, now + days * DAY_MS)


def check_enabling(bucket: Bucket, enabled: bool) -> None:
    """Refuse to switch the lock of an existing bucket off, or on where B2 does not allow it."""
    if not enabled and bucket.file_lock:
        raise Refusal("file_lock_conflict", "File lock cannot be disabled")
    if enabled and not bucket.file_lock:
        if bucket.bucket_type in ("restricted", "shared", "snapshot"):
            raise Refusal("restricted_bucket_conflict", "File lock cannot be enabled on a restricted bucket")
        if bucket.replication is not None and bucket.replication["asReplicationSource"]:
            raise Refusal("source_replication_conflict", "File lock cannot be enabled on a replication source")


def check_default_retention(default: DefaultRetention, *, file_lock: bool) -> None:
    """Refuse a default retention for a bucket that is not file lock enabled."""
    if default.mode is not None and not file_lock:
        raise Refusal("bucket_missing_file_lock", _FILE_LOCK_MISSING)


def is_retained(version: FileVersion, now: int) -> bool:
    """Return whether the version's retention is still running."""
    until = version.retention.until
    return until is not None and until > now


def check_deletion(key: Key, version: FileVersion, *, bypass: bool, now: int) -> None:
    """Refuse to delete a locked version; governance yields to a key that may bypass it and says so."""
    if bypass:
        permissions.require(key, "bypassGovernance")
    retained = is_retained(version, now) and not (bypass and version.retention.mode == "governance")
    if retained or version.legal_hold == "on":
        raise Refusal("access_denied", "Access Denied", status=401)


def check_deletion_by_seconds(key: Key, version: FileVersion, *, bypass: bool, now: int) -> None:
    """Refuse to delete a version whose retention, its end read as seconds, is running; governance may be bypassed."""
    may_bypass = bypass and "bypassGovernance" in key.capabilities and version.retention.mode == "governance"
    if is_retained(version, now // 1000) and not may_bypass:
        raise Refusal("access_denied", "Access Denied")


def capabilities_for(version: FileVersion) -> list[str]:
    """Return what a key needs to make another version with the same locks; nothing where there are none."""
    wanted = {"writeFileRetentions": version.retention.mode, "writeFileLegalHolds": version.legal_hold == "on"}
    return [capability for capability, is_wanted in wanted.items() if is_wanted]


def is_locked(version: FileVersion, now: int) -> bool:
    """Return whether nothing but a bypass may delete the version."""
    return version.legal_hold == "on" or is_retained(version, now)


def _check_update(key: Key, bucket: Bucket, version: FileVersion, capability: str, *, strict: bool) -> None:
    if capability not in key.capabilities:
        raise Refusal("access_denied", "Access Denied")
    if not bucket.file_lock or (strict and version.action == "hide"):
        raise Refusal("bucket_missing_file_lock", _FILE_LOCK_MISSING)


def set_retention(
    key: Key,
    bucket: Bucket,
    version: FileVersion,
    retention: Retention,
    *,
    bypass: bool,
    now: int,
    strict: bool,
) -> None:
    """Replace the retention of a version; 403 ``access_denied`` for what only waiting, or a bypass, may do."""
    _check_update(key, bucket, version, "writeFileRetentions", strict=strict)
    if bypass and "bypassGovernance" not in key.capabilities:
        raise unauthorized()
    if strict:
        _check_replacement(version, retention, bypass=bypass, now=now)
    version.retention = retention


def _check_replacement(version: FileVersion, retention: Retention, *, bypass: bool, now: int) -> None:
    _check_future(retention, now)
    may_weaken = bypass and version.retention.mode == "governance"
    if is_retained(version, now) and _weakens(version.retention, retention) and not may_weaken:
        raise Refusal("access_denied", "Access Denied")


def _weakens(old: Retention, new: Retention) -> bool:
    if new.mode is None or new.until is None or old.until is None:
        return True
    return new.until < old.until or (old.mode == "compliance" and new.mode != "compliance")


def set_legal_hold(key: Key, bucket: Bucket, version: FileVersion, legal_hold: LegalHold, *, strict: bool) -> None:
    """Set or lift the legal hold of a version; that of a hide marker only if not ``strict``."""
    _check_update(key, bucket, version, "writeFileLegalHolds", strict=strict)
    version.legal_hold = legal_hold
