from __future__ import annotations

from typing import Any
from unittest.mock import Mock

import pytest

from b2sdk.exception import FileDeleted, FileNotHidden, FileNotPresent, UnexpectedFileVersionAction
from b2sdk.stored_files.checks import check_hidden, needs_customer_key
from b2sdk.values.encryption import (
    SSE_B2_AES,
    SSE_NONE,
    EncryptionAlgorithm,
    EncryptionKey,
    EncryptionMode,
    EncryptionSetting,
)


def test_a_hide_marker_is_passed_on() -> None:
    marker = Mock(action="hide")
    assert check_hidden(marker, "bucket", "name") is marker


@pytest.mark.parametrize(
    ("newest", "error"),
    [
        (None, FileNotPresent),
        (Mock(action="upload"), FileNotHidden),
        (Mock(action="delete"), FileDeleted),
        (Mock(action="start"), UnexpectedFileVersionAction),
    ],
)
def test_what_is_no_hide_marker_is_an_error_of_its_own(newest: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        check_hidden(newest, "bucket", "name")


@pytest.mark.parametrize(
    ("setting", "is_needed"),
    [
        (SSE_NONE, False),
        (SSE_B2_AES, False),
        (EncryptionSetting(EncryptionMode.UNKNOWN), False),
        (EncryptionSetting(EncryptionMode.SSE_C, EncryptionAlgorithm.AES256, EncryptionKey(None, "id")), True),
    ],
)
def test_only_the_key_of_a_customer_has_to_be_given(setting: EncryptionSetting, is_needed: bool) -> None:
    assert needs_customer_key(Mock(server_side_encryption=setting)) is is_needed
