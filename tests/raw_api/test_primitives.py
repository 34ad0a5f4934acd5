from __future__ import annotations

import io
from contextlib import nullcontext
from typing import Any

import pytest

from b2sdk.exception import WrongEncryptionSettingForFileWrite
from b2sdk.raw_api.explanations import explain_read
from b2sdk.raw_api.primitives import Primitives, file_url, upload_file_headers, upload_part_headers, writable
from b2sdk.values.encryption import (
    SSE_B2_AES,
    SSE_NONE,
    EncryptionAlgorithm,
    EncryptionKey,
    EncryptionMode,
    EncryptionSetting,
)
from b2sdk.values.file_lock import FileRetentionSetting, LegalHold, RetentionMode

SSE_C = EncryptionSetting(EncryptionMode.SSE_C, EncryptionAlgorithm.AES256, EncryptionKey(b"0" * 32, "key ü"))


def file_headers(**changes: Any) -> dict[str, str]:
    arguments: dict[str, Any] = {
        "upload_auth_token": "token",
        "file_name": "a b/ü",
        "content_length": 5,
        "content_type": "text/plain",
        "content_sha1": "sha1",
        "file_info": {},
        "server_side_encryption": None,
        "file_retention": None,
        "legal_hold": None,
        "custom_upload_timestamp": None,
    }
    return upload_file_headers(**{**arguments, **changes})


PLAIN = [
    ("Authorization", "token"),
    ("Content-Length", "5"),
    ("X-Bz-File-Name", "a%20b/%C3%BC"),
    ("Content-Type", "text/plain"),
    ("X-Bz-Content-Sha1", "sha1"),
]


def test_the_url_of_a_file_is_encoded() -> None:
    assert file_url("https://f.test", "bucket", "a b/c#?.txt") == "https://f.test/file/bucket/a%20b/c%23%3F.txt"


def test_the_headers_of_a_plain_upload() -> None:
    assert list(file_headers().items()) == PLAIN


def test_the_headers_of_an_upload_with_everything_are_in_order() -> None:
    headers = file_headers(
        file_info={"a-Name": "a value/ü", "other": ""},
        server_side_encryption=SSE_B2_AES,
        file_retention=FileRetentionSetting(RetentionMode.COMPLIANCE, 5),
        legal_hold=LegalHold.UNSET,
        custom_upload_timestamp=0,
    )
    assert list(headers.items()) == [
        *PLAIN,
        ("X-Bz-Info-a-Name", "a%20value/%C3%BC"),
        ("X-Bz-Info-other", ""),
        ("X-Bz-Server-Side-Encryption", "AES256"),
        ("X-Bz-File-Legal-Hold", "off"),
        ("X-Bz-File-Retention-Mode", "compliance"),
        ("X-Bz-File-Retention-Retain-Until-Timestamp", "5"),
        ("X-Bz-Custom-Upload-Timestamp", "0"),
    ]


@pytest.mark.parametrize("file_info", [{}, {"sse_c_key_id": "key ü"}])
def test_the_id_of_a_customer_key_goes_along_as_file_info(file_info: dict[str, str]) -> None:
    headers = file_headers(file_info=file_info, server_side_encryption=SSE_C)
    assert headers["X-Bz-Info-sse_c_key_id"] == "key%20%C3%BC"
    assert headers["X-Bz-Server-Side-Encryption-Customer-Algorithm"] == "AES256"


@pytest.mark.parametrize(
    ("setting", "names"),
    [
        (None, set()),
        (SSE_B2_AES, {"X-Bz-Server-Side-Encryption"}),
        (
            SSE_C,
            {
                "X-Bz-Server-Side-Encryption-Customer-Algorithm",
                "X-Bz-Server-Side-Encryption-Customer-Key",
                "X-Bz-Server-Side-Encryption-Customer-Key-Md5",
                "X-Bz-Info-sse_c_key_id",
            },
        ),
    ],
)
def test_the_headers_of_a_part(setting: EncryptionSetting | None, names: set[str]) -> None:
    headers = upload_part_headers("token", 3, 5, "sha1", setting)
    plain = {
        "Authorization": "token",
        "Content-Length": "5",
        "X-Bz-Part-Number": "3",
        "X-Bz-Content-Sha1": "sha1",
    }
    assert {name: value for name, value in headers.items() if name in plain} == plain
    assert headers.keys() - plain.keys() == names


def test_a_setting_passes_that_a_file_can_be_written_with() -> None:
    assert (writable(None), writable(SSE_B2_AES), writable(SSE_C)) == (None, SSE_B2_AES, SSE_C)


def test_plain_text_is_not_a_setting_to_write_with() -> None:
    with pytest.raises(WrongEncryptionSettingForFileWrite, match=r"EncryptionMode\.NONE"):
        writable(SSE_NONE)


@pytest.mark.parametrize(
    ("primitive", "arguments", "keywords"),
    [
        ("_api", ("https://api.test", "b2_hide_file", "a secret", {"fileName": "n"}), {}),
        ("_post_body", ("https://up.test", {}, io.BytesIO()), {}),
        ("_open_download", ("https://f.test", {}), {"explain": explain_read}),
        ("_head", ("https://f.test", {}), {"explain": explain_read, "download": nullcontext}),
    ],
)
def test_a_transport_must_provide_what_is_called(
    primitive: str, arguments: tuple[Any, ...], keywords: dict[str, Any]
) -> None:
    with pytest.raises(NotImplementedError):
        getattr(Primitives(), primitive)(*arguments, **keywords)
