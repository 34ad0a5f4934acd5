from __future__ import annotations

import dataclasses

import pytest

from b2sdk.values.encryption import SSE_B2_AES
from b2sdk.values.file_lock import NO_RETENTION_FILE_SETTING, LegalHold
from b2sdk.values.new_file import NewFile

FILE = NewFile("bucket id", "name")


def test_what_is_not_given_is_left_to_the_service() -> None:
    assert [getattr(FILE, field.name) for field in dataclasses.fields(FILE)][2:] == [None] * 7


@pytest.mark.parametrize(
    "other",
    [
        dataclasses.replace(FILE, bucket_id="another"),
        dataclasses.replace(FILE, file_info={}),
        dataclasses.replace(FILE, file_retention=NO_RETENTION_FILE_SETTING),
        dataclasses.replace(FILE, legal_hold=LegalHold.OFF),
        dataclasses.replace(FILE, custom_upload_timestamp=0),
    ],
)
def test_new_files_are_compared_by_all_that_is_known_of_them(other: NewFile) -> None:
    assert NewFile("bucket id", "name") == FILE
    assert other != FILE


def test_a_new_file_cannot_change() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        FILE.encryption = SSE_B2_AES  # type: ignore[misc]  # what is being shown
