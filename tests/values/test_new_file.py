from __future__ import annotations

import pytest

from b2sdk.values.encryption import SSE_B2_AES
from b2sdk.values.file_lock import NO_RETENTION_FILE_SETTING, LegalHold
from b2sdk.values.new_file import NewFile

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
