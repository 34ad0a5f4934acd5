from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given, strategies as st

from b2sdk.values.encryption import SSE_B2_AES
from b2sdk.values.file_lock import NO_RETENTION_FILE_SETTING, LegalHold
from b2sdk.values.new_file import NewFile, checked_upload_timestamp

FILE = NewFile("bucket id", "name")


def test_what_is_not_given_is_left_to_the_service() -> None:
    assert list(FILE[2:]) == [None] * 7


@pytest.mark.parametrize(
    "other",
    [
        FILE._replace(bucket_id="another"),
        FILE._replace(file_info={}),
        FILE._replace(file_retention=NO_RETENTION_FILE_SETTING),
        FILE._replace(legal_hold=LegalHold.OFF),
        FILE._replace(custom_upload_timestamp=0),
    ],
)
def test_new_files_are_compared_by_all_that_is_known_of_them(other: NewFile) -> None:
    assert NewFile("bucket id", "name") == FILE
    assert other != FILE


def test_a_new_file_cannot_change() -> None:
    with pytest.raises(AttributeError):
        FILE.encryption = SSE_B2_AES  # type: ignore[misc]  # what is being shown


# --- custom upload timestamps ---

YEAR = 365 * 24 * 3600 * 1000


class Whole:
    """A whole number of another library."""

    def __index__(self) -> int:
        return 5000


@given(st.integers(0, 10**9 - 1) | st.integers(10**10, 150 * YEAR))
def test_milliseconds_are_taken(milliseconds: int) -> None:
    assert checked_upload_timestamp(milliseconds) == milliseconds


def test_none_and_whole_numbers_of_other_libraries_are_taken() -> None:
    number: Any = Whole()
    assert checked_upload_timestamp(None) is None
    assert checked_upload_timestamp(number) == 5000


@given(st.integers(10**9, 10**10 - 1))
def test_seconds_of_our_time_are_refused(seconds: int) -> None:
    with pytest.raises(ValueError, match=f"is in milliseconds, and {seconds} looks like seconds"):
        checked_upload_timestamp(seconds)


@pytest.mark.parametrize("per_second", [10**6, 10**9])
def test_smaller_units_are_refused(per_second: int) -> None:
    with pytest.raises(ValueError, match="looks like microseconds or nanoseconds"):
        checked_upload_timestamp(int(time.time() * per_second))


def test_times_before_1970_are_refused() -> None:
    with pytest.raises(ValueError, match="-1 is before 1970"):
        checked_upload_timestamp(-1)


@pytest.mark.parametrize("wrong", [1.8e12, "1800000000000", True, b"1", [1]])
def test_what_is_no_whole_number_is_refused(wrong: Any) -> None:
    with pytest.raises(TypeError, match="has to be a whole number of milliseconds"):
        checked_upload_timestamp(wrong)
