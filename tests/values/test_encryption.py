from __future__ import annotations

from typing import Any

import pytest

from b2sdk.exception import UnexpectedCloudBehaviour
from b2sdk.values.encryption import (
    SSE_B2_AES,
    SSE_NONE,
    UNKNOWN_KEY_ID,
    EncryptionAlgorithm,
    EncryptionKey,
    EncryptionMode,
    EncryptionSetting,
    EncryptionSettingFactory,
    KeyId,
    without_key_id,
)

AES = EncryptionAlgorithm.AES256
SECRET = b"0" * 32
SECRET_B64 = "MDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDA="
SECRET_MD5 = "zZ5FnqcIqUjVwvWmyog4zw=="
SSE_UNKNOWN = EncryptionSetting(EncryptionMode.UNKNOWN)


def sse_c(key_id: KeyId = None, secret: bytes | None = SECRET) -> EncryptionSetting:
    return EncryptionSetting(EncryptionMode.SSE_C, AES, EncryptionKey(secret, key_id))


# --- keys ---


def test_a_generated_key_is_random_and_as_long_as_keys_are() -> None:
    keys = [EncryptionKey.generate("mine"), EncryptionKey.generate("mine"), EncryptionKey.generate()]
    assert [len(key.secret or b"") for key in keys] == [AES.get_length()] * 3
    assert len({key.secret for key in keys}) == 3
    assert [key.key_id for key in keys] == ["mine", "mine", None]
    assert repr(keys[0]) == "<EncryptionKey(******, 'mine')>"


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        (EncryptionKey(SECRET, "an id"), "<EncryptionKey(******, 'an id')>"),
        (EncryptionKey(SECRET, None), "<EncryptionKey(******, None)>"),
        (EncryptionKey(None, UNKNOWN_KEY_ID), "<EncryptionKey(None, unknown)>"),
    ],
)
def test_a_key_never_shows_its_secret(key: EncryptionKey, shown: str) -> None:
    assert repr(key) == shown


def test_a_key_travels_as_base64_with_its_md5() -> None:
    assert EncryptionKey(SECRET, None).as_dict() == {"customerKey": SECRET_B64, "customerKeyMd5": SECRET_MD5}


def test_a_key_without_secret_is_masked() -> None:
    assert EncryptionKey(None, "id").as_dict() == {"customerKey": "******", "customerKeyMd5": "******"}


def test_keys_are_equal_by_secret_and_id() -> None:
    assert EncryptionKey(SECRET, "a") == EncryptionKey(SECRET, "a")
    assert EncryptionKey(SECRET, "a") != EncryptionKey(SECRET, "b")
    assert EncryptionKey(SECRET, "a") != EncryptionKey(None, "a")
    assert EncryptionKey(SECRET, "a") != "a"


def test_an_aes_256_key_has_32_bytes() -> None:
    assert AES.get_length() == 32


# --- settings ---


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ((EncryptionMode.NONE, AES), "cannot specify algorithm or key for 'plaintext' encryption mode"),
        (
            (EncryptionMode.NONE, None, EncryptionKey(SECRET, None)),
            "cannot specify algorithm or key for 'plaintext' encryption mode",
        ),
        ((EncryptionMode.SSE_B2,), "must specify algorithm for encryption mode EncryptionMode.SSE_B2"),
        ((EncryptionMode.SSE_C,), "must specify algorithm for encryption mode EncryptionMode.SSE_C"),
        (
            (EncryptionMode.SSE_C, AES),
            "must specify key for encryption mode EncryptionMode.SSE_C and algorithm EncryptionAlgorithm.AES256",
        ),
    ],
)
def test_algorithm_and_key_must_go_with_the_mode(arguments: tuple[Any, ...], problem: str) -> None:
    with pytest.raises(ValueError, match=f"^{problem}$"):
        EncryptionSetting(*arguments)


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        (SSE_UNKNOWN, {"mode": None}),
        (SSE_NONE, {"mode": "none"}),
        (SSE_B2_AES, {"mode": "SSE-B2", "algorithm": "AES256"}),
        (
            sse_c("id"),
            {"mode": "SSE-C", "algorithm": "AES256", "customerKey": SECRET_B64, "customerKeyMd5": SECRET_MD5},
        ),
    ],
)
def test_a_setting_as_the_service_writes_it(setting: EncryptionSetting, expected: dict[str, Any]) -> None:
    assert setting.as_dict() == setting.serialize_to_json_for_request() == expected


def test_a_key_without_secret_cannot_be_sent() -> None:
    with pytest.raises(ValueError, match=r"^cannot use an unknown key in requests$"):
        sse_c(secret=None).serialize_to_json_for_request()


@pytest.mark.parametrize(
    ("setting", "writable", "default"),
    [
        (SSE_UNKNOWN, False, False),
        (SSE_NONE, False, False),
        (SSE_B2_AES, True, True),
        (EncryptionSetting(EncryptionMode.SSE_B2, AES, EncryptionKey(SECRET, None)), False, True),
        (sse_c(), True, False),
        (sse_c(secret=None), False, False),
    ],
)
def test_what_a_setting_can_be_used_for(setting: EncryptionSetting, writable: bool, default: bool) -> None:
    assert setting.can_be_used_for_file_write() is writable
    assert setting.mode.can_be_set_as_bucket_default() is default


def test_is_unknown_means_plain_text() -> None:
    assert [setting.is_unknown() for setting in (SSE_NONE, SSE_UNKNOWN, SSE_B2_AES)] == [True, False, False]


def test_settings_are_equal_by_their_parts() -> None:
    assert sse_c("a") == sse_c("a")
    assert sse_c("a") != sse_c("b")
    assert SSE_B2_AES != SSE_NONE
    assert SSE_B2_AES != "SSE-B2"


def test_a_known_setting_is_not_compared_with_none() -> None:
    with pytest.raises(ValueError, match="cannot compare a known encryption setting to an unknown one"):
        _ = SSE_NONE == None  # noqa: E711  # what is being shown


def test_a_setting_shows_its_parts() -> None:
    assert repr(SSE_B2_AES) == "<EncryptionSetting(EncryptionMode.SSE_B2, EncryptionAlgorithm.AES256, None)>"


# --- headers ---

SSE_B2_HEADERS = {"X-Bz-Server-Side-Encryption": "AES256"}
SSE_C_HEADERS = {
    "X-Bz-Server-Side-Encryption-Customer-Algorithm": "AES256",
    "X-Bz-Server-Side-Encryption-Customer-Key": SECRET_B64,
    "X-Bz-Server-Side-Encryption-Customer-Key-Md5": SECRET_MD5,
}


@pytest.mark.parametrize(
    ("setting", "upload", "download"),
    [
        (SSE_NONE, {"X-Bz-Server-Side-Encryption": "NONE"}, {}),
        (SSE_B2_AES, SSE_B2_HEADERS, SSE_B2_HEADERS),
        (sse_c(), SSE_C_HEADERS, SSE_C_HEADERS),
        (sse_c("id ü"), {**SSE_C_HEADERS, "X-Bz-Info-sse_c_key_id": "id%20%C3%BC"}, SSE_C_HEADERS),
    ],
)
def test_what_uploads_and_downloads_send(
    setting: EncryptionSetting, upload: dict[str, str], download: dict[str, str]
) -> None:
    upload_headers: dict[str, str] = {}
    setting.add_to_upload_headers(upload_headers)
    download_headers: dict[str, str] = {}
    setting.add_to_download_headers(download_headers)
    assert (upload_headers, download_headers) == (upload, download)


@pytest.mark.parametrize(
    ("setting", "error", "problem"),
    [
        (SSE_UNKNOWN, NotImplementedError, "unsupported encryption setting: <EncryptionSetting"),
        (sse_c(secret=None), ValueError, "Cannot use an unknown key in http headers"),
    ],
)
def test_what_is_not_known_cannot_be_sent(setting: EncryptionSetting, error: type[Exception], problem: str) -> None:
    for add in (setting.add_to_upload_headers, setting.add_to_download_headers):
        with pytest.raises(error, match=f"^{problem}"):
            add({})


def test_a_file_is_not_uploaded_with_an_unknown_key_id() -> None:
    with pytest.raises(ValueError, match=r"^Cannot upload a file with an unknown key id$"):
        sse_c(UNKNOWN_KEY_ID).add_to_upload_headers({})


def test_another_key_id_in_the_headers_is_ambiguous() -> None:
    with pytest.raises(ValueError, match=r'^Ambiguous key id set: "a" in headers and "b" in EncryptionSetting$'):
        sse_c("b").add_to_upload_headers({"X-Bz-Info-sse_c_key_id": "a"})


# --- the key id in file info ---


@pytest.mark.parametrize("file_info", [None, {"a": "b"}])
@pytest.mark.parametrize("setting", [SSE_B2_AES, sse_c(None)])
def test_without_a_key_id_file_info_stays_what_it_is(
    setting: EncryptionSetting, file_info: dict[str, str] | None
) -> None:
    assert setting.add_key_id_to_file_info(file_info) is file_info


def test_file_info_for_a_file_with_another_key_has_no_id() -> None:
    file_info = {"sse_c_key_id": "a", "b": "c"}
    assert without_key_id(file_info) == {"b": "c"}
    assert file_info == {"sse_c_key_id": "a", "b": "c"}


def test_the_key_id_is_put_into_the_file_info_itself() -> None:
    file_info = {"a": "b"}
    assert sse_c("id ü").add_key_id_to_file_info(file_info) is file_info
    assert file_info == {"a": "b", "sse_c_key_id": "id ü"}


def test_the_key_id_makes_file_info_where_there_is_none() -> None:
    assert sse_c("id").add_key_id_to_file_info(None) == {"sse_c_key_id": "id"}


@pytest.mark.parametrize(
    ("key_id", "problem"),
    [
        (UNKNOWN_KEY_ID, "Cannot add an unknown key id to file info"),
        ("b", 'Ambiguous key id set: "a" in file_info and "b" in EncryptionSetting'),
    ],
)
def test_a_key_id_that_is_unknown_or_contradicts_is_not_put_into_file_info(key_id: KeyId, problem: str) -> None:
    with pytest.raises(ValueError, match=f"^{problem}$"):
        sse_c(key_id).add_key_id_to_file_info({"sse_c_key_id": "a"})


# --- what the service reports ---


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ({}, SSE_NONE),
        ({"serverSideEncryption": None}, SSE_NONE),
        ({"serverSideEncryption": {"mode": None, "algorithm": None}}, SSE_NONE),
        ({"serverSideEncryption": {"mode": "SSE-B2", "algorithm": "AES256"}, "fileInfo": None}, SSE_B2_AES),
        ({"serverSideEncryption": {"mode": "SSE-C", "algorithm": "AES256"}}, sse_c(None, secret=None)),
        (
            {
                "serverSideEncryption": {"mode": "SSE-C", "algorithm": "AES256"},
                "fileInfo": {"sse_c_key_id": "id%20%C3%BC"},
            },
            sse_c("id ü", secret=None),
        ),
    ],
)
def test_the_setting_of_a_file_version(version: dict[str, Any], expected: EncryptionSetting) -> None:
    assert EncryptionSettingFactory.from_file_version_dict(version) == expected


@pytest.mark.parametrize(
    ("default", "expected"),
    [
        (None, SSE_UNKNOWN),
        ({"isClientAuthorizedToRead": False, "value": None}, SSE_UNKNOWN),
        ({"isClientAuthorizedToRead": True, "value": None}, SSE_NONE),
        ({"isClientAuthorizedToRead": True, "value": {"mode": None}}, SSE_NONE),
        ({"isClientAuthorizedToRead": True, "value": {"mode": "SSE-B2", "algorithm": "AES256"}}, SSE_B2_AES),
    ],
)
def test_the_default_of_a_bucket(default: dict[str, Any] | None, expected: EncryptionSetting) -> None:
    assert EncryptionSettingFactory.from_bucket_dict({"defaultServerSideEncryption": default}) == expected


def test_a_bucket_that_says_nothing_is_unknown() -> None:
    assert EncryptionSettingFactory.from_bucket_dict({}) == SSE_UNKNOWN


def test_a_bucket_that_may_be_seen_must_be_shown() -> None:
    with pytest.raises(UnexpectedCloudBehaviour, match="defaultServerSideEncryption has no value"):
        EncryptionSettingFactory.from_bucket_dict({"defaultServerSideEncryption": {"isClientAuthorizedToRead": True}})


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, SSE_NONE),
        ({"X-Bz-Server-Side-Encryption": None}, SSE_NONE),
        (SSE_B2_HEADERS, SSE_B2_AES),
        ({"X-Bz-Server-Side-Encryption-Customer-Algorithm": "AES256"}, sse_c(None, secret=None)),
        (
            {
                "X-Bz-Server-Side-Encryption-Customer-Algorithm": "AES256",
                "X-Bz-Server-Side-Encryption-Customer-Key-Md5": SECRET_MD5,
                "X-Bz-Info-sse_c_key_id": "id%20%C3%BC",
            },
            sse_c("id ü", secret=None),
        ),
    ],
)
def test_the_setting_of_a_download(headers: dict[str, Any], expected: EncryptionSetting) -> None:
    assert EncryptionSettingFactory.from_response_headers(headers) == expected
