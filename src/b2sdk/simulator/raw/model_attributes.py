"""What the cloud keeps, in the values that callers of the raw simulator hand over and get to see.

What belongs here is the two directions of each value, and attributes that pass them through. Nothing is decided.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, Literal, TypeVar, cast, overload

from typing_extensions import Self

from b2sdk.simulator.cloud.model import (
    NO_RETENTION,
    SSE_B2,
    UNENCRYPTED,
    DefaultRetention,
    Encryption,
    Retention,
)
from b2sdk.values.encryption import (
    UNKNOWN_KEY_ID,
    EncryptionAlgorithm,
    EncryptionKey,
    EncryptionMode,
    EncryptionSetting,
)
from b2sdk.values.file_lock import (
    NO_RETENTION_BUCKET_SETTING,
    NO_RETENTION_FILE_SETTING,
    BucketRetentionSetting,
    FileRetentionSetting,
    LegalHold,
    RetentionMode,
    RetentionPeriod,
)

T = TypeVar("T")
LockMode = Literal["governance", "compliance"]


def _same(value: T) -> T:
    return value


class ModelAttribute(Generic[T]):
    """An attribute of a view, read from and written to the object of the cloud that the view has as its ``model``."""

    def __init__(self, field: str, outward: Callable[[Any], T] = _same, inward: Callable[[T], Any] = _same) -> None:
        self._field = field
        self._outward = outward
        self._inward = inward

    @overload
    def __get__(self, view: None, owner: type[Any]) -> Self: ...
    @overload
    def __get__(self, view: object, owner: type[Any]) -> T: ...
    def __get__(self, view: Any, owner: type[Any]) -> Self | T:
        # Of the class, it is what a property is there; mocks and documentation ask for it.
        return self if view is None else self._outward(getattr(view.model, self._field))

    def __set__(self, view: Any, value: T) -> None:
        setattr(view.model, self._field, self._inward(value))


def encryption_setting(stored: Encryption) -> EncryptionSetting:
    """Return how something is encrypted; the cloud has not kept a customer's key."""
    if stored.mode == "SSE-C":
        key = EncryptionKey(None, UNKNOWN_KEY_ID)
        return EncryptionSetting(EncryptionMode.SSE_C, EncryptionAlgorithm.AES256, key)
    if stored.mode == "SSE-B2":
        return EncryptionSetting(EncryptionMode.SSE_B2, EncryptionAlgorithm.AES256)
    return EncryptionSetting(EncryptionMode.NONE)


def stored_encryption(setting: EncryptionSetting) -> Encryption:
    """Return what the cloud keeps of a setting."""
    if setting.mode is EncryptionMode.SSE_C and setting.key is not None:
        return Encryption("SSE-C", setting.key.key_md5())
    return SSE_B2 if setting.mode is EncryptionMode.SSE_B2 else UNENCRYPTED


def file_retention(stored: Retention) -> FileRetentionSetting:
    """Return the retention of a version."""
    if stored.mode is None:
        return NO_RETENTION_FILE_SETTING
    return FileRetentionSetting(RetentionMode(stored.mode), stored.until)


def stored_retention(setting: FileRetentionSetting) -> Retention:
    """Return what the cloud keeps of a retention."""
    if setting.retain_until is None:
        return NO_RETENTION
    return Retention(cast("LockMode", setting.mode.value), setting.retain_until)


def bucket_retention(stored: DefaultRetention) -> BucketRetentionSetting:
    """Return the default retention of a bucket."""
    if stored.mode is None or stored.unit is None:
        return NO_RETENTION_BUCKET_SETTING
    return BucketRetentionSetting(RetentionMode(stored.mode), RetentionPeriod(**{stored.unit: stored.duration}))


def stored_default_retention(setting: BucketRetentionSetting) -> DefaultRetention:
    """Return what the cloud keeps of a default retention."""
    if setting.period is None:
        return DefaultRetention()
    period = setting.period.as_dict()
    return DefaultRetention(cast("LockMode", setting.mode.value), period["duration"], period["unit"])


def stored_legal_hold(setting: LegalHold) -> str | None:
    """Return what the cloud keeps of a legal hold."""
    return setting.value if setting in (LegalHold.ON, LegalHold.OFF) else None
