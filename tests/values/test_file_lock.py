from __future__ import annotations

from typing import Any

import pytest

from b2sdk.exception import UnexpectedCloudBehaviour
from b2sdk.values.file_lock import (
    NO_RETENTION_BUCKET_SETTING,
    NO_RETENTION_FILE_SETTING,
    UNKNOWN_BUCKET_RETENTION,
    UNKNOWN_FILE_LOCK_CONFIGURATION,
    UNKNOWN_FILE_RETENTION_SETTING,
    BucketRetentionSetting,
    FileLockConfiguration,
    FileRetentionSetting,
    LegalHold,
    RetentionMode,
    RetentionPeriod,
)

GOVERNANCE, COMPLIANCE = RetentionMode.GOVERNANCE, RetentionMode.COMPLIANCE
GOVERNED = FileRetentionSetting(GOVERNANCE, 5)


# --- periods ---


@pytest.mark.parametrize(("unit", "period"), [("days", RetentionPeriod(days=3)), ("years", RetentionPeriod(years=3))])
def test_a_period_is_a_number_of_days_or_years(unit: str, period: RetentionPeriod) -> None:
    wire = {"duration": 3, "unit": unit}
    assert period.as_dict() == wire
    assert RetentionPeriod.from_period_dict(wire) == period
    assert repr(period) == f"RetentionPeriod(3 {unit})"


@pytest.mark.parametrize("arguments", [{}, {"days": 1, "years": 1}, {"days": None}])
def test_a_period_has_one_unit(arguments: dict[str, Any]) -> None:
    with pytest.raises(AssertionError, match="exactly one"):
        RetentionPeriod(**arguments)


def test_an_unknown_unit_is_refused() -> None:
    with pytest.raises(UnexpectedCloudBehaviour, match="weeks"):
        RetentionPeriod.from_period_dict({"duration": 3, "unit": "weeks"})


def test_days_are_not_years() -> None:
    assert RetentionPeriod(days=3) != RetentionPeriod(years=3)
    assert RetentionPeriod(days=3) != 3


# --- retention of a file ---


@pytest.mark.parametrize("mode", [GOVERNANCE, COMPLIANCE])
def test_retention_needs_an_end(mode: RetentionMode) -> None:
    with pytest.raises(ValueError, match=f"^must specify retain_until for retention mode {mode}$"):
        FileRetentionSetting(mode)


@pytest.mark.parametrize(
    ("wrapped", "expected"),
    [
        (
            {"isClientAuthorizedToRead": True, "value": {"mode": "governance", "retainUntilTimestamp": 5}},
            GOVERNED,
        ),
        (
            {"isClientAuthorizedToRead": True, "value": {"mode": None, "retainUntilTimestamp": None}},
            NO_RETENTION_FILE_SETTING,
        ),
        ({"isClientAuthorizedToRead": True, "value": None}, NO_RETENTION_FILE_SETTING),
        ({"isClientAuthorizedToRead": False, "value": None}, UNKNOWN_FILE_RETENTION_SETTING),
    ],
)
def test_the_retention_of_a_file_version(wrapped: dict[str, Any], expected: FileRetentionSetting) -> None:
    read = FileRetentionSetting.from_file_version_dict({"action": "upload", "fileRetention": wrapped})
    assert read == expected
    assert (read is expected) is (expected is not GOVERNED)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        (
            {"X-Bz-File-Retention-Mode": "governance", "X-Bz-File-Retention-Retain-Until-Timestamp": "5"},
            GOVERNED,
        ),
        ({}, NO_RETENTION_FILE_SETTING),
        ({"X-Bz-File-Retention-Mode": None}, NO_RETENTION_FILE_SETTING),
        ({"X-Bz-Client-Unauthorized-To-Read": "X-Bz-File-Legal-Hold"}, NO_RETENTION_FILE_SETTING),
        (
            {"X-Bz-Client-Unauthorized-To-Read": "X-Bz-File-Legal-Hold,X-Bz-File-Retention-Mode"},
            UNKNOWN_FILE_RETENTION_SETTING,
        ),
    ],
)
def test_the_retention_of_a_download(headers: dict[str, str | None], expected: FileRetentionSetting) -> None:
    read = FileRetentionSetting.from_response_headers(headers)
    assert read == expected
    assert (read is expected) is (expected is not GOVERNED)


def test_the_response_to_a_change_is_read() -> None:
    answer = {"fileRetention": {"mode": "governance", "retainUntilTimestamp": 5}}
    assert FileRetentionSetting.from_server_response(answer) == GOVERNED


def test_retention_as_it_is_sent() -> None:
    headers: dict[str, str] = {}
    GOVERNED.add_to_to_upload_headers(headers)
    assert headers == {"X-Bz-File-Retention-Mode": "governance", "X-Bz-File-Retention-Retain-Until-Timestamp": "5"}
    assert GOVERNED.serialize_to_json_for_request() == {"mode": "governance", "retainUntilTimestamp": 5}


def test_no_retention_is_sent_as_null() -> None:
    assert NO_RETENTION_FILE_SETTING.serialize_to_json_for_request() == {"mode": None, "retainUntilTimestamp": None}


def test_unknown_retention_cannot_be_sent() -> None:
    problem = r"^cannot use an unknown file retention setting in requests$"
    with pytest.raises(ValueError, match=problem):
        UNKNOWN_FILE_RETENTION_SETTING.serialize_to_json_for_request()
    with pytest.raises(ValueError, match=problem):
        UNKNOWN_FILE_RETENTION_SETTING.add_to_to_upload_headers({})


def test_retention_shows_and_compares_mode_and_end() -> None:
    assert repr(GOVERNED) == "FileRetentionSetting('governance', 5)"
    assert FileRetentionSetting(GOVERNANCE, 6) != GOVERNED
    assert FileRetentionSetting(COMPLIANCE, 5) != GOVERNED
    assert GOVERNED != "governance"


# --- legal hold ---


@pytest.mark.parametrize(
    ("hold", "is_on", "is_off", "is_unknown"),
    [
        (LegalHold.ON, True, False, False),
        (LegalHold.OFF, False, True, False),
        (LegalHold.UNSET, False, True, False),
        (LegalHold.UNKNOWN, False, False, True),
    ],
)
def test_unset_counts_as_off(hold: LegalHold, is_on: bool, is_off: bool, is_unknown: bool) -> None:
    assert (hold.is_on(), hold.is_off(), hold.is_unknown()) == (is_on, is_off, is_unknown)


@pytest.mark.parametrize(("hold", "word"), [(LegalHold.ON, "on"), (LegalHold.OFF, "off"), (LegalHold.UNSET, "off")])
def test_a_hold_is_sent_as_on_or_off(hold: LegalHold, word: str) -> None:
    headers: dict[str, str] = {}
    hold.add_to_upload_headers(headers)
    assert (hold.to_server(), headers) == (word, {"X-Bz-File-Legal-Hold": word})


def test_an_unknown_hold_cannot_be_sent() -> None:
    with pytest.raises(ValueError, match=r"^Cannot use an unknown legal hold in requests$"):
        LegalHold.UNKNOWN.to_server()


@pytest.mark.parametrize(
    ("wrapped", "expected"),
    [
        ({"isClientAuthorizedToRead": True, "value": "on"}, LegalHold.ON),
        ({"isClientAuthorizedToRead": True, "value": None}, LegalHold.UNSET),
        ({"isClientAuthorizedToRead": False, "value": None}, LegalHold.UNKNOWN),
    ],
)
def test_the_hold_of_a_file_version(wrapped: dict[str, Any], expected: LegalHold) -> None:
    assert LegalHold.from_file_version_dict({"action": "upload", "legalHold": wrapped}) is expected


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"X-Bz-File-Legal-Hold": "on"}, LegalHold.ON),
        ({"X-Bz-File-Legal-Hold": None}, LegalHold.UNSET),
        ({}, LegalHold.UNSET),
        ({"X-Bz-Client-Unauthorized-To-Read": "x-bz-file-legal-hold"}, LegalHold.UNKNOWN),
        ({"X-Bz-Client-Unauthorized-To-Read": None}, LegalHold.UNSET),
    ],
)
def test_the_hold_of_a_download(headers: dict[str, str | None], expected: LegalHold) -> None:
    assert LegalHold.from_response_headers(headers) is expected


@pytest.mark.parametrize("hold", LegalHold)
def test_a_hold_is_read_from_its_word(hold: LegalHold) -> None:
    assert LegalHold.from_string_or_none(hold.value) is LegalHold.from_server_response({"legalHold": hold.value})
    assert LegalHold.from_string_or_none(hold.value) is hold


@pytest.mark.parametrize("action", ["hide", "folder"])
def test_hide_markers_and_folders_have_no_lock_settings(action: str) -> None:
    assert FileRetentionSetting.from_file_version_dict({"action": action}) is NO_RETENTION_FILE_SETTING
    assert LegalHold.from_file_version_dict({"action": action}) is LegalHold.UNSET


def test_any_other_version_must_have_them() -> None:
    with pytest.raises(UnexpectedCloudBehaviour, match="No fileRetention provided for file version with action=upload"):
        FileRetentionSetting.from_file_version_dict({"action": "upload"})
    with pytest.raises(UnexpectedCloudBehaviour, match="legalHold not provided for file version with action=start"):
        LegalHold.from_file_version_dict({"action": "start"})


# --- the default of a bucket ---

THREE_DAYS = BucketRetentionSetting(COMPLIANCE, RetentionPeriod(days=3))


def test_a_default_needs_a_period() -> None:
    with pytest.raises(ValueError, match=r"^must specify period for retention mode RetentionMode.COMPLIANCE$"):
        BucketRetentionSetting(COMPLIANCE)


@pytest.mark.parametrize(
    ("wire", "setting", "shown"),
    [
        (
            {"mode": "compliance", "period": {"duration": 3, "unit": "days"}},
            THREE_DAYS,
            "BucketRetentionSetting('compliance', RetentionPeriod(3 days))",
        ),
        ({"mode": None}, NO_RETENTION_BUCKET_SETTING, "BucketRetentionSetting(None, None)"),
    ],
)
def test_a_default_comes_back_from_the_wire(wire: dict[str, Any], setting: BucketRetentionSetting, shown: str) -> None:
    assert BucketRetentionSetting.from_bucket_retention_dict(wire) == setting
    assert setting.serialize_to_json_for_request() == setting.as_dict() == wire
    assert repr(setting) == shown


def test_no_retention_may_come_with_an_empty_period() -> None:
    read = BucketRetentionSetting.from_bucket_retention_dict({"mode": None, "period": None})
    assert read == NO_RETENTION_BUCKET_SETTING


def test_an_unknown_default_cannot_be_sent() -> None:
    with pytest.raises(ValueError, match=r"^cannot use an unknown file lock configuration in requests$"):
        UNKNOWN_BUCKET_RETENTION.serialize_to_json_for_request()


@pytest.mark.parametrize(
    ("wrapped", "expected"),
    [
        (
            {
                "isClientAuthorizedToRead": True,
                "value": {
                    "defaultRetention": {"mode": "compliance", "period": {"duration": 3, "unit": "days"}},
                    "isFileLockEnabled": True,
                },
            },
            FileLockConfiguration(THREE_DAYS, True),
        ),
        ({"isClientAuthorizedToRead": False, "value": None}, UNKNOWN_FILE_LOCK_CONFIGURATION),
    ],
)
def test_the_file_lock_of_a_bucket(wrapped: dict[str, Any], expected: FileLockConfiguration) -> None:
    assert FileLockConfiguration.from_bucket_dict({"fileLockConfiguration": wrapped}) == expected


def test_a_file_lock_configuration_shows_and_compares_both_parts() -> None:
    on, off = FileLockConfiguration(THREE_DAYS, True), FileLockConfiguration(THREE_DAYS, False)
    assert on != off
    assert on != FileLockConfiguration(NO_RETENTION_BUCKET_SETTING, True)
    assert on != on.as_dict()
    assert THREE_DAYS.as_dict() != THREE_DAYS
    assert on.as_dict() == {
        "defaultRetention": {"mode": "compliance", "period": {"duration": 3, "unit": "days"}},
        "isFileLockEnabled": True,
    }
    assert repr(UNKNOWN_FILE_LOCK_CONFIGURATION) == (
        "FileLockConfiguration(BucketRetentionSetting('unknown', None), None)"
    )
