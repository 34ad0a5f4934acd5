"""Object Lock: retention and legal hold of files, defaults of buckets, in JSON and in headers."""

from __future__ import annotations

import enum
from collections.abc import Mapping, MutableMapping
from typing import Any, ClassVar, Final

from typing_extensions import Self

from b2sdk.exception import UnexpectedCloudBehaviour

RETENTION_MODE_HEADER: Final = "X-Bz-File-Retention-Mode"
RETAIN_UNTIL_HEADER: Final = "X-Bz-File-Retention-Retain-Until-Timestamp"
LEGAL_HOLD_HEADER: Final = "X-Bz-File-Legal-Hold"
UNAUTHORIZED_HEADER: Final = "X-Bz-Client-Unauthorized-To-Read"

ACTIONS_WITHOUT_LOCK_SETTINGS: Final = frozenset({"hide", "folder"})


class RetentionMode(enum.Enum):
    """Who may lift the retention before its time: with governance a privileged key, with compliance nobody."""

    GOVERNANCE = "governance"
    COMPLIANCE = "compliance"
    NONE = None
    UNKNOWN = "unknown"
    """The application key may not see it."""


RETENTION_MODES_REQUIRING_PERIODS: Final = frozenset({RetentionMode.COMPLIANCE, RetentionMode.GOVERNANCE})


def _check_mode(mode: RetentionMode) -> None:
    if not isinstance(mode, RetentionMode):
        raise TypeError(f"mode must be RetentionMode, not {type(mode).__name__}")


class RetentionPeriod:
    """A number of days or of years.

    :raises AssertionError: not exactly one of the two is given.
    """

    KNOWN_UNITS: ClassVar[list[str]] = ["days", "years"]

    def __init__(self, years: int | None = None, days: int | None = None) -> None:
        if (years is None) == (days is None):
            raise AssertionError("exactly one of years and days is needed")
        self.unit = "years" if days is None else "days"
        self.duration: int = years if days is None else days  # type: ignore[assignment]  # one of them is given

    @classmethod
    def from_period_dict(cls, period_dict: Mapping[str, Any]) -> Self:
        """Read ``{"duration": 7, "unit": "days"}``.

        :raises UnexpectedCloudBehaviour: the unit is another one.
        """
        if period_dict["unit"] not in cls.KNOWN_UNITS:
            raise UnexpectedCloudBehaviour(f"unknown unit of a retention period: {period_dict['unit']}")
        return cls(**{period_dict["unit"]: period_dict["duration"]})

    def as_dict(self) -> dict[str, Any]:
        """Return ``{"duration": ..., "unit": "days"}`` or the same with years."""
        return {"duration": self.duration, "unit": self.unit}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.duration} {self.unit})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, RetentionPeriod):
            return NotImplemented
        return (self.unit, self.duration) == (other.unit, other.duration)


class FileRetentionSetting:
    """Retention of one file version; ``retain_until`` is in milliseconds since the epoch.

    :raises TypeError: the mode is none, such as a text.
    :raises ValueError: governance or compliance without ``retain_until``.
    """

    def __init__(self, mode: RetentionMode, retain_until: int | None = None) -> None:
        _check_mode(mode)
        if mode in RETENTION_MODES_REQUIRING_PERIODS and retain_until is None:
            raise ValueError(f"must specify retain_until for retention mode {mode}")
        self.mode = mode
        self.retain_until = retain_until

    @classmethod
    def from_file_version_dict(cls, file_version_dict: Mapping[str, Any]) -> FileRetentionSetting:
        """Read ``fileRetention`` of a file version.

        :raises UnexpectedCloudBehaviour: it is missing, and the version is neither a hide marker nor a folder.
        """
        wrapped = file_version_dict.get("fileRetention")
        if wrapped is None:
            if file_version_dict["action"] in ACTIONS_WITHOUT_LOCK_SETTINGS:
                return NO_RETENTION_FILE_SETTING
            raise UnexpectedCloudBehaviour(
                f"No fileRetention provided for file version with action={file_version_dict['action']}"
            )
        if not wrapped["isClientAuthorizedToRead"]:
            return UNKNOWN_FILE_RETENTION_SETTING
        value = wrapped["value"]
        if not value or value["mode"] is None:  # looked at here, as nearly all files of a listing are so
            return NO_RETENTION_FILE_SETTING
        return cls.from_file_retention_value_dict(value)

    @classmethod
    def from_file_retention_value_dict(cls, file_retention_value_dict: Mapping[str, Any]) -> FileRetentionSetting:
        """Read ``{"mode": ..., "retainUntilTimestamp": ...}``."""
        if file_retention_value_dict["mode"] is None:
            return NO_RETENTION_FILE_SETTING
        return cls(RetentionMode(file_retention_value_dict["mode"]), file_retention_value_dict["retainUntilTimestamp"])

    @classmethod
    def from_server_response(cls, server_response: Mapping[str, Any]) -> FileRetentionSetting:
        """Make a setting of the field ``fileRetention`` of a JSON response."""
        return cls.from_file_retention_value_dict(server_response["fileRetention"])

    @classmethod
    def from_response_headers(cls, headers: Mapping[str, Any]) -> FileRetentionSetting:
        """Make a setting of the headers of a download."""
        if headers.get(RETENTION_MODE_HEADER) is not None:
            return cls(RetentionMode(headers[RETENTION_MODE_HEADER]), int(headers[RETAIN_UNTIL_HEADER]))
        if _is_unauthorized_to_read(RETENTION_MODE_HEADER, headers):
            return UNKNOWN_FILE_RETENTION_SETTING
        return NO_RETENTION_FILE_SETTING

    def serialize_to_json_for_request(self) -> dict[str, Any]:
        """Return what a call sends.

        :raises ValueError: the mode is ``UNKNOWN``.
        """
        if self.mode is RetentionMode.UNKNOWN:
            raise ValueError("cannot use an unknown file retention setting in requests")
        return self.as_dict()

    def as_dict(self) -> dict[str, Any]:
        """Return the setting as JSON."""
        return {"mode": self.mode.value, "retainUntilTimestamp": self.retain_until}

    def add_to_to_upload_headers(self, headers: MutableMapping[str, Any]) -> None:
        """Add what an upload sends (the name is spelled as callers know it).

        :raises ValueError: the mode is ``UNKNOWN``.
        """
        if self.mode is RetentionMode.UNKNOWN:
            raise ValueError("cannot use an unknown file retention setting in requests")
        headers[RETENTION_MODE_HEADER] = str(self.mode.value)
        headers[RETAIN_UNTIL_HEADER] = str(self.retain_until)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, FileRetentionSetting):
            return NotImplemented
        return (self.mode, self.retain_until) == (other.mode, other.retain_until)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.mode.value!r}, {self.retain_until!r})"


class LegalHold(enum.Enum):
    """Legal hold of one file version. ``UNSET`` is what a version has that never had one; it counts as off."""

    ON = "on"
    OFF = "off"
    UNSET = None
    UNKNOWN = "unknown"
    """The application key may not see it."""

    def is_on(self) -> bool:
        """Return whether the version is held."""
        return self is LegalHold.ON

    def is_off(self) -> bool:
        """Return whether the version is not held, or has no setting."""
        return self in (LegalHold.OFF, LegalHold.UNSET)

    def is_unknown(self) -> bool:
        """Return whether the key may not read the setting."""
        return self is LegalHold.UNKNOWN

    @classmethod
    def from_file_version_dict(cls, file_version_dict: Mapping[str, Any]) -> LegalHold:
        """Read ``legalHold`` of a file version.

        :raises UnexpectedCloudBehaviour: it is missing, and the version is neither a hide marker nor a folder.
        """
        wrapped = file_version_dict.get("legalHold")
        if wrapped is None:
            if file_version_dict["action"] in ACTIONS_WITHOUT_LOCK_SETTINGS:
                return cls.UNSET
            raise UnexpectedCloudBehaviour(
                f"legalHold not provided for file version with action={file_version_dict['action']}"
            )
        if not wrapped["isClientAuthorizedToRead"]:
            return cls.UNKNOWN
        value = wrapped["value"]
        return cls.UNSET if value is None else cls(value)

    @classmethod
    def from_server_response(cls, server_response: Mapping[str, Any]) -> LegalHold:
        """Make a legal hold of the field ``legalHold`` of a JSON response."""
        return cls(server_response["legalHold"])

    @classmethod
    def from_string_or_none(cls, string: str | None) -> LegalHold:
        """Make a legal hold of ``"on"``, ``"off"`` or ``None``."""
        return cls(string)

    @classmethod
    def from_response_headers(cls, headers: Mapping[str, Any]) -> LegalHold:
        """Make a legal hold of the headers of a download."""
        if LEGAL_HOLD_HEADER in headers:
            return cls(headers[LEGAL_HOLD_HEADER])
        return cls.UNKNOWN if _is_unauthorized_to_read(LEGAL_HOLD_HEADER, headers) else cls.UNSET

    def to_server(self) -> str:
        """Return ``on`` or ``off``.

        :raises ValueError: the value is ``UNKNOWN``.
        """
        if self.is_unknown():
            raise ValueError("Cannot use an unknown legal hold in requests")
        return "on" if self.is_on() else "off"

    def add_to_upload_headers(self, headers: MutableMapping[str, Any]) -> None:
        """Add the header of the legal hold to those of an upload."""
        headers[LEGAL_HOLD_HEADER] = self.to_server()


class BucketRetentionSetting:
    """Retention that new files of a bucket get.

    :raises TypeError: mode or period are none, such as a text.
    :raises ValueError: governance or compliance without a period.
    """

    def __init__(self, mode: RetentionMode, period: RetentionPeriod | None = None) -> None:
        _check_mode(mode)
        if not (period is None or isinstance(period, RetentionPeriod)):
            raise TypeError(f"period must be RetentionPeriod | None, not {type(period).__name__}")
        if mode in RETENTION_MODES_REQUIRING_PERIODS and period is None:
            raise ValueError(f"must specify period for retention mode {mode}")
        self.mode = mode
        self.period = period

    @classmethod
    def from_bucket_retention_dict(cls, retention_dict: Mapping[str, Any]) -> Self:
        """Read ``{"mode": ..., "period": ...}``."""
        period = retention_dict.get("period")
        return cls(
            RetentionMode(retention_dict["mode"]), None if period is None else RetentionPeriod.from_period_dict(period)
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the setting as JSON."""
        result: dict[str, Any] = {"mode": self.mode.value}
        if self.period is not None:
            result["period"] = self.period.as_dict()
        return result

    def serialize_to_json_for_request(self) -> dict[str, Any]:
        """Return what a call sends.

        :raises ValueError: the mode is ``UNKNOWN``.
        """
        if self.mode is RetentionMode.UNKNOWN:
            raise ValueError("cannot use an unknown file lock configuration in requests")
        return self.as_dict()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, BucketRetentionSetting):
            return NotImplemented
        return self.mode == other.mode and self.period == other.period

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.mode.value!r}, {self.period!r})"


class FileLockConfiguration:
    """Whether a bucket has file lock, and the retention its new files get."""

    def __init__(self, default_retention: BucketRetentionSetting, is_file_lock_enabled: bool | None) -> None:
        self.default_retention = default_retention
        self.is_file_lock_enabled = is_file_lock_enabled

    @classmethod
    def from_bucket_dict(cls, bucket_dict: Mapping[str, Any]) -> Self:
        """Read ``fileLockConfiguration`` of a bucket; unknown when the key may not see it."""
        wrapped = bucket_dict["fileLockConfiguration"]
        if not wrapped["isClientAuthorizedToRead"]:
            return cls(UNKNOWN_BUCKET_RETENTION, None)
        value = wrapped["value"]
        retention = BucketRetentionSetting.from_bucket_retention_dict(value["defaultRetention"])
        return cls(retention, value["isFileLockEnabled"])

    def as_dict(self) -> dict[str, Any]:
        """Return the configuration as JSON."""
        return {
            "defaultRetention": self.default_retention.as_dict(),
            "isFileLockEnabled": self.is_file_lock_enabled,
        }

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, FileLockConfiguration):
            return NotImplemented
        return self.as_dict() == other.as_dict()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.default_retention!r}, {self.is_file_lock_enabled!r})"


def _is_unauthorized_to_read(header: str, headers: Mapping[str, Any]) -> bool:
    return header.lower() in (headers.get(UNAUTHORIZED_HEADER) or "").lower().split(",")


# These are compared by identity too ("is this file known to have no retention?"), so there is one of each.
UNKNOWN_BUCKET_RETENTION: Final = BucketRetentionSetting(RetentionMode.UNKNOWN)
UNKNOWN_FILE_LOCK_CONFIGURATION: Final = FileLockConfiguration(UNKNOWN_BUCKET_RETENTION, None)
NO_RETENTION_BUCKET_SETTING: Final = BucketRetentionSetting(RetentionMode.NONE)
NO_RETENTION_FILE_SETTING: Final = FileRetentionSetting(RetentionMode.NONE)
UNKNOWN_FILE_RETENTION_SETTING: Final = FileRetentionSetting(RetentionMode.UNKNOWN)
