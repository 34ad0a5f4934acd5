"""Object Lock, which the API calls file lock: retention and legal hold, of buckets and of versions.

What belongs here is who may set, shorten and remove a lock, and what a lock prevents, by the B2 documentation and by
recorded answers of the service.
"""

from __future__ import annotations

from typing import Literal, cast

from b2sdk.simulator import permissions
from b2sdk.simulator.clock import DAY_MS
from b2sdk.simulator.fields import Fields
from b2sdk.simulator.headers import Headers
from b2sdk.simulator.model import NO_RETENTION, Bucket, DefaultRetention, FileVersion, Key, Retention
from b2sdk.simulator.refusals import Refusal, bad_request, unauthorized

LegalHold = Literal["on", "off"]
Mode = Literal["governance", "compliance"]
_MODES = ("governance", "compliance")
_MAXIMUM_DAYS = 3000
_FILE_LOCK_MISSING = "The bucket is not file lock enabled"


def retention_from_headers(headers: Headers) -> Retention | None:
    """Return the retention that an upload asks for; ``None`` when it says nothing."""
    mode = headers.get("x-bz-file-retention-mode")
    until = headers.get("x-bz-file-retention-retain-until-timestamp")
    return _retention(Fields({"mode": mode, "retainUntilTimestamp": until}, textual=True))


def retention_from_fields(fields: Fields | None) -> Retention | None:
    """Return the retention that a JSON object asks for; ``None`` when the object is absent."""
    if fields is None:
        return None
    text = fields.raw("retainUntilTimestamp")
    if isinstance(text, str):
        fields = Fields({"mode": fields.raw("mode"), "retainUntilTimestamp": text}, textual=True)
    return _retention(fields) or NO_RETENTION


def _retention(fields: Fields) -> Retention | None:
    mode = fields.optional_choice("mode", _MODES)
    until = fields.optional_integer("retainUntilTimestamp", 0)
    if (mode is None) != (until is None):
        raise bad_request("A retention needs both a mode and a retainUntilTimestamp")
    return None if mode is None else Retention(cast("Mode", mode), until)


def default_retention_from_fields(fields: Fields | None) -> DefaultRetention | None:
    """Return the default retention that a JSON object asks of a bucket; ``None`` when the object is absent."""
    if fields is None:
        return None
    mode, period = fields.optional_choice("mode", _MODES), fields.optional_object("period")
    if mode is None:
        return DefaultRetention()
    if period is None:
        raise bad_request("A default retention with a mode needs a period")
    unit = period.choice("unit", ("days", "years"))
    limit = _MAXIMUM_DAYS if unit == "days" else _MAXIMUM_DAYS // 365
    duration = period.integer("duration", 1, limit)
    return DefaultRetention(cast("Mode", mode), duration, cast("Literal['days', 'years']", unit))


def legal_hold_from_text(text: str | None) -> LegalHold | None:
    """Return a legal hold as spelled in headers and JSON; ``None`` when absent."""
    if text is not None and text not in ("on", "off"):
        raise bad_request("legalHold must be on or off")
    return cast("LegalHold | None", text)


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
    """Refuse to switch the lock of an existing bucket off, or on where it cannot be."""
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


def is_locked(version: FileVersion, now: int) -> bool:
    """Return whether nothing but a bypass may delete the version."""
    return version.legal_hold == "on" or is_retained(version, now)


def _check_update(key: Key, bucket: Bucket, version: FileVersion, capability: str) -> None:
    if capability not in key.capabilities:
        raise Refusal("access_denied", "Access Denied")
    if not bucket.file_lock or version.action == "hide":
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
    _check_update(key, bucket, version, "writeFileRetentions")
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


def set_legal_hold(key: Key, bucket: Bucket, version: FileVersion, legal_hold: LegalHold) -> None:
    """Set or lift the legal hold of a version."""
    _check_update(key, bucket, version, "writeFileLegalHolds")
    version.legal_hold = legal_hold
