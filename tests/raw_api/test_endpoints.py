from __future__ import annotations

import inspect
import io
from typing import TYPE_CHECKING, Any

import pytest

from b2sdk.exception import (
    AccessDenied,
    B2Error,
    BadRequest,
    FileOrBucketNotFound,
    InvalidMetadataDirective,
    ResourceNotFound,
    RetentionWriteError,
    SSECKeyError,
    UnexpectedCloudBehaviour,
    UnusableFileName,
    WrongEncryptionModeForBucketDefault,
    WrongEncryptionSettingForFileWrite,
)
from b2sdk.raw_api.endpoints import AbstractRawApi, MetadataDirectiveMode
from b2sdk.values.encryption import (
    SSE_B2_AES,
    SSE_NONE,
    EncryptionAlgorithm,
    EncryptionKey,
    EncryptionMode,
    EncryptionSetting,
)
from b2sdk.values.file_lock import (
    NO_RETENTION_BUCKET_SETTING,
    UNKNOWN_FILE_RETENTION_SETTING,
    FileRetentionSetting,
    LegalHold,
    RetentionMode,
)
from b2sdk.values.replication import ReplicationConfiguration

if TYPE_CHECKING:
    from tests.raw_api.conftest import RecordingRawApi

API, TOKEN = "https://api.test", "token"
SSE_C = EncryptionSetting(EncryptionMode.SSE_C, EncryptionAlgorithm.AES256, EncryptionKey(b"0" * 32, "key id"))
SSE_C_WITHOUT_SECRET = EncryptionSetting(
    EncryptionMode.SSE_C, EncryptionAlgorithm.AES256, EncryptionKey(None, "key id")
)
GOVERNED = FileRetentionSetting(RetentionMode.GOVERNANCE, 5)
COPY, REPLACE = MetadataDirectiveMode.COPY, MetadataDirectiveMode.REPLACE
RULE: Any = {"name": "a-rule"}

CALLS: list[tuple[str, dict[str, Any], str, dict[str, Any]]] = [
    # method, arguments -> endpoint, JSON body
    (
        "create_key",
        {
            "account_id": "a",
            "capabilities": ["readFiles"],
            "key_name": "k",
            "valid_duration_seconds": None,
            "bucket_ids": ["b"],
            "name_prefix": None,
        },
        "b2_create_key",
        {
            "accountId": "a",
            "capabilities": ["readFiles"],
            "keyName": "k",
            "validDurationInSeconds": None,
            "bucketIds": ["b"],
            "namePrefix": None,
        },
    ),
    ("delete_key", {"application_key_id": "k"}, "b2_delete_key", {"applicationKeyId": "k"}),
    (
        "list_keys",
        {"account_id": "a"},
        "b2_list_keys",
        {"accountId": "a", "maxKeyCount": None, "startApplicationKeyId": None},
    ),
    (
        "list_keys",
        {"account_id": "a", "max_key_count": 3, "start_application_key_id": "k"},
        "b2_list_keys",
        {"accountId": "a", "maxKeyCount": 3, "startApplicationKeyId": "k"},
    ),
    (
        "create_bucket",
        {"account_id": "a", "bucket_name": "n", "bucket_type": "allPublic"},
        "b2_create_bucket",
        {"accountId": "a", "bucketName": "n", "bucketType": "allPublic"},
    ),
    (
        "create_bucket",
        {
            "account_id": "a",
            "bucket_name": "n",
            "bucket_type": "allPrivate",
            "bucket_info": {},
            "cors_rules": [],
            "lifecycle_rules": [],
            "default_server_side_encryption": SSE_B2_AES,
            "is_file_lock_enabled": False,
            "replication": ReplicationConfiguration(),
        },
        "b2_create_bucket",
        {
            "accountId": "a",
            "bucketName": "n",
            "bucketType": "allPrivate",
            "bucketInfo": {},
            "corsRules": [],
            "lifecycleRules": [],
            "defaultServerSideEncryption": {"mode": "SSE-B2", "algorithm": "AES256"},
            "fileLockEnabled": False,
            "replicationConfiguration": {"asReplicationSource": None, "asReplicationDestination": None},
        },
    ),
    (
        "update_bucket",
        {"account_id": "a", "bucket_id": "b", "bucket_info": {}, "if_revision_is": 0},
        "b2_update_bucket",
        {"accountId": "a", "bucketId": "b", "ifRevisionIs": 0, "bucketInfo": {}},
    ),
    (
        "update_bucket",
        {
            "account_id": "a",
            "bucket_id": "b",
            "bucket_type": "allPublic",
            "cors_rules": {},
            "lifecycle_rules": [],
            "default_server_side_encryption": SSE_B2_AES,
            "default_retention": NO_RETENTION_BUCKET_SETTING,
            "replication": ReplicationConfiguration(),
            "is_file_lock_enabled": True,
        },
        "b2_update_bucket",
        {
            "accountId": "a",
            "bucketId": "b",
            "bucketType": "allPublic",
            "corsRules": {},
            "lifecycleRules": [],
            "defaultServerSideEncryption": {"mode": "SSE-B2", "algorithm": "AES256"},
            "defaultRetention": {"mode": None},
            "replicationConfiguration": {"asReplicationSource": None, "asReplicationDestination": None},
            "fileLockEnabled": True,
        },
    ),
    (
        "delete_bucket",
        {"account_id": "a", "bucket_id": "b"},
        "b2_delete_bucket",
        {"accountId": "a", "bucketId": "b"},
    ),
    (
        "list_buckets",
        {"account_id": "a"},
        "b2_list_buckets",
        {"accountId": "a", "bucketTypes": ["all"], "bucketId": None, "bucketName": None},
    ),
    (
        "list_file_names",
        {"bucket_id": "b", "start_file_name": "s", "max_file_count": 3, "prefix": "p"},
        "b2_list_file_names",
        {"bucketId": "b", "startFileName": "s", "maxFileCount": 3, "prefix": "p"},
    ),
    (
        "list_file_versions",
        {"bucket_id": "b"},
        "b2_list_file_versions",
        {"bucketId": "b", "startFileName": None, "startFileId": None, "maxFileCount": None, "prefix": None},
    ),
    (
        "list_parts",
        {"file_id": "f", "start_part_number": 2, "max_part_count": None},
        "b2_list_parts",
        {"fileId": "f", "startPartNumber": 2, "maxPartCount": None},
    ),
    (
        "list_unfinished_large_files",
        {"bucket_id": "b", "start_file_id": "f", "max_file_count": 3, "prefix": "p"},
        "b2_list_unfinished_large_files",
        {"bucketId": "b", "startFileId": "f", "maxFileCount": 3, "namePrefix": "p"},
    ),
    ("get_file_info_by_id", {"file_id": "f"}, "b2_get_file_info", {"fileId": "f"}),
    ("hide_file", {"bucket_id": "b", "file_name": "n"}, "b2_hide_file", {"bucketId": "b", "fileName": "n"}),
    (
        "delete_file_version",
        {"file_id": "f", "file_name": "n"},
        "b2_delete_file_version",
        {"fileId": "f", "fileName": "n", "bypassGovernance": False},
    ),
    (
        "update_file_retention",
        {"file_id": "f", "file_name": "n", "file_retention": GOVERNED, "bypass_governance": True},
        "b2_update_file_retention",
        {
            "fileId": "f",
            "fileName": "n",
            "bypassGovernance": True,
            "fileRetention": {"mode": "governance", "retainUntilTimestamp": 5},
        },
    ),
    (
        "update_file_legal_hold",
        {"file_id": "f", "file_name": "n", "legal_hold": LegalHold.OFF},
        "b2_update_file_legal_hold",
        {"fileId": "f", "fileName": "n", "legalHold": "off"},
    ),
    (
        "get_download_authorization",
        {"bucket_id": "b", "file_name_prefix": "p", "valid_duration_in_seconds": 60},
        "b2_get_download_authorization",
        {"bucketId": "b", "fileNamePrefix": "p", "validDurationInSeconds": 60},
    ),
    ("get_upload_url", {"bucket_id": "b"}, "b2_get_upload_url", {"bucketId": "b"}),
    ("get_upload_part_url", {"file_id": "f"}, "b2_get_upload_part_url", {"fileId": "f"}),
    (
        "start_large_file",
        {"bucket_id": "b", "file_name": "n", "content_type": None, "file_info": None},
        "b2_start_large_file",
        {"bucketId": "b", "fileName": "n", "fileInfo": None, "contentType": None},
    ),
    (
        "start_large_file",
        {
            "bucket_id": "b",
            "file_name": "n",
            "content_type": "c",
            "file_info": {"a": "b"},
            "server_side_encryption": SSE_C,
            "file_retention": GOVERNED,
            "legal_hold": LegalHold.ON,
            "custom_upload_timestamp": 7,
        },
        "b2_start_large_file",
        {
            "bucketId": "b",
            "fileName": "n",
            "fileInfo": {"a": "b", "sse_c_key_id": "key id"},
            "contentType": "c",
            "serverSideEncryption": SSE_C.as_dict(),
            "legalHold": "on",
            "fileRetention": {"mode": "governance", "retainUntilTimestamp": 5},
            "customUploadTimestamp": 7,
        },
    ),
    (
        "finish_large_file",
        {"file_id": "f", "part_sha1_array": ["x", "y"]},
        "b2_finish_large_file",
        {"fileId": "f", "partSha1Array": ["x", "y"]},
    ),
    ("cancel_large_file", {"file_id": "f"}, "b2_cancel_large_file", {"fileId": "f"}),
    (
        "copy_file",
        {"source_file_id": "f", "new_file_name": "n"},
        "b2_copy_file",
        {"sourceFileId": "f", "fileName": "n"},
    ),
    (
        "copy_file",
        {
            "source_file_id": "f",
            "new_file_name": "n",
            "bytes_range": (0, 9),
            "metadata_directive": REPLACE,
            "content_type": "c",
            "file_info": {},
            "destination_bucket_id": "b",
            "destination_server_side_encryption": SSE_B2_AES,
            "source_server_side_encryption": SSE_C,
            "file_retention": GOVERNED,
            "legal_hold": LegalHold.ON,
        },
        "b2_copy_file",
        {
            "sourceFileId": "f",
            "fileName": "n",
            "range": "bytes=0-9",
            "metadataDirective": "REPLACE",
            "contentType": "c",
            "fileInfo": {},
            "destinationBucketId": "b",
            "destinationServerSideEncryption": {"mode": "SSE-B2", "algorithm": "AES256"},
            "sourceServerSideEncryption": SSE_C.as_dict(),
            "legalHold": "on",
            "fileRetention": {"mode": "governance", "retainUntilTimestamp": 5},
        },
    ),
    (
        "copy_part",
        {"source_file_id": "f", "large_file_id": "l", "part_number": 1},
        "b2_copy_part",
        {"sourceFileId": "f", "largeFileId": "l", "partNumber": 1},
    ),
    (
        "copy_part",
        {
            "source_file_id": "f",
            "large_file_id": "l",
            "part_number": 1,
            "bytes_range": (5, 5),
            "destination_server_side_encryption": SSE_C,
            "source_server_side_encryption": SSE_B2_AES,
        },
        "b2_copy_part",
        {
            "sourceFileId": "f",
            "largeFileId": "l",
            "partNumber": 1,
            "range": "bytes=5-5",
            "destinationServerSideEncryption": SSE_C.as_dict(),
            "sourceServerSideEncryption": {"mode": "SSE-B2", "algorithm": "AES256"},
        },
    ),
]
NOT_IN_THE_TABLE = {
    "authorize_account",
    "check_b2_filename",
    "download_file_from_url",
    "get_bucket_notification_rules",
    "get_download_url_by_id",
    "get_download_url_by_name",
    "get_file_info_by_name",
    "get_upload_file_headers",
    "set_bucket_notification_rules",
    "upload_file",
    "upload_part",
}
"""These are shown one by one below."""


def test_every_endpoint_is_shown() -> None:
    public = {name for name, _ in inspect.getmembers(AbstractRawApi, callable) if not name.startswith("_")}
    assert {method for method, *_ in CALLS} | NOT_IN_THE_TABLE == public


# --- JSON calls ---


@pytest.mark.parametrize(("method", "arguments", "endpoint", "body"), CALLS)
def test_an_endpoint_sends_its_parameters_and_returns_the_response(
    method: str, arguments: dict[str, Any], endpoint: str, body: dict[str, Any], raw: RecordingRawApi
) -> None:
    assert getattr(raw, method)(API, TOKEN, **arguments) is raw.answer
    (call,) = raw.calls
    assert (call.method, call.url, call.authorization) == ("POST", f"{API}/b2api/v4/{endpoint}", TOKEN)
    assert call.params == body


def test_the_version_of_the_api_is_that_of_the_class(raw: RecordingRawApi) -> None:
    raw.API_VERSION = "v3"
    raw.get_file_info_by_id(API, TOKEN, "f")
    assert raw.calls[0].url == f"{API}/b2api/v3/b2_get_file_info"
    assert raw.get_download_url_by_id(API, "f") == f"{API}/b2api/v3/b2_download_file_by_id?fileId=f"


def test_the_key_authorizes_by_basic_authentication(raw: RecordingRawApi) -> None:
    assert raw.authorize_account(API, "id", "kéy") is raw.answer
    (call,) = raw.calls
    assert (call.url, call.authorization, call.params) == (
        f"{API}/b2api/v4/b2_authorize_account",
        "Basic aWQ6a8OpeQ==",
        {},
    )


def test_notification_rules_are_asked_for_with_a_get_of_v4(raw: RecordingRawApi) -> None:
    raw.API_VERSION = "v3"
    raw.answer = {"bucketId": "b", "eventNotificationRules": [RULE]}
    assert raw.get_bucket_notification_rules(API, TOKEN, "b") == [RULE]
    (call,) = raw.calls
    assert (call.method, call.url) == ("GET", f"{API}/b2api/v4/b2_get_bucket_notification_rules")
    assert (call.authorization, call.params) == (TOKEN, {"bucketId": "b"})


def test_notification_rules_are_set_from_any_iterable(raw: RecordingRawApi) -> None:
    raw.answer = {"bucketId": "b", "eventNotificationRules": [RULE]}
    assert raw.set_bucket_notification_rules(API, TOKEN, "b", iter([RULE])) == [RULE]
    (call,) = raw.calls
    assert (call.method, call.url) == ("POST", f"{API}/b2api/v4/b2_set_bucket_notification_rules")
    assert call.params == {"bucketId": "b", "eventNotificationRules": [RULE]}


def test_a_response_without_notification_rules_is_an_error(raw: RecordingRawApi) -> None:
    with pytest.raises(UnexpectedCloudBehaviour, match="came without 'eventNotificationRules'"):
        raw.get_bucket_notification_rules(API, TOKEN, "b")
    with pytest.raises(UnexpectedCloudBehaviour, match="came without 'eventNotificationRules'"):
        raw.set_bucket_notification_rules(API, TOKEN, "b", [])


# --- what is refused before a request is made ---


@pytest.mark.parametrize("setting", [SSE_NONE, SSE_C])
def test_only_sse_b2_can_be_the_default_of_a_bucket(setting: EncryptionSetting, raw: RecordingRawApi) -> None:
    problem = f"^{setting.mode} cannot be used as default for a bucket.$"
    with pytest.raises(WrongEncryptionModeForBucketDefault, match=problem):
        raw.create_bucket(API, TOKEN, "a", "n", "allPublic", default_server_side_encryption=setting)
    with pytest.raises(WrongEncryptionModeForBucketDefault, match=problem):
        raw.update_bucket(API, TOKEN, "a", "b", default_server_side_encryption=setting)
    assert raw.calls == []


@pytest.mark.parametrize("setting", [SSE_NONE, SSE_C_WITHOUT_SECRET])
@pytest.mark.parametrize(
    ("method", "arguments", "name"),
    [
        ("start_large_file", ("b", "n", None, None), "server_side_encryption"),
        ("copy_file", ("f", "n"), "destination_server_side_encryption"),
        ("copy_part", ("f", "l", 1), "destination_server_side_encryption"),
        ("upload_file", ("n", 0, "c", "sha1", {}, io.BytesIO()), "server_side_encryption"),
        ("upload_part", (1, 0, "sha1", io.BytesIO()), "server_side_encryption"),
    ],
)
def test_a_file_is_not_written_with_a_setting_that_the_service_would_refuse(
    method: str, arguments: tuple[Any, ...], name: str, setting: EncryptionSetting, raw: RecordingRawApi
) -> None:
    with pytest.raises(WrongEncryptionSettingForFileWrite, match="cannot be used for file writes"):
        getattr(raw, method)(API, TOKEN, *arguments, **{name: setting})
    assert (raw.calls, raw.uploads) == ([], [])


def test_a_source_is_not_read_with_a_key_that_is_not_known(raw: RecordingRawApi) -> None:
    with pytest.raises(ValueError, match="cannot use an unknown key in requests"):
        raw.copy_file(API, TOKEN, "f", "n", source_server_side_encryption=SSE_C_WITHOUT_SECRET)


def test_unknown_retention_is_not_sent(raw: RecordingRawApi) -> None:
    with pytest.raises(ValueError, match="cannot use an unknown file retention setting in requests"):
        raw.update_file_retention(API, TOKEN, "f", "n", UNKNOWN_FILE_RETENTION_SETTING)


def test_an_update_needs_something_to_update(raw: RecordingRawApi) -> None:
    with pytest.raises(AssertionError, match="something to update"):
        raw.update_bucket(API, TOKEN, "a", "b", if_revision_is=3)


@pytest.mark.parametrize(
    ("directive", "content_type", "file_info", "problem"),
    [
        (COPY, "c", None, "content_type and file_info should be None when metadata_directive is COPY"),
        (COPY, None, {}, "content_type and file_info should be None when metadata_directive is COPY"),
        (REPLACE, None, {}, "content_type cannot be None when metadata_directive is REPLACE"),
    ],
)
def test_metadata_must_go_with_the_directive(
    directive: MetadataDirectiveMode,
    content_type: str | None,
    file_info: dict[str, str] | None,
    problem: str,
    raw: RecordingRawApi,
) -> None:
    with pytest.raises(InvalidMetadataDirective, match=f"^{problem}$"):
        raw.copy_file(
            API, TOKEN, "f", "n", metadata_directive=directive, content_type=content_type, file_info=file_info
        )


@pytest.mark.parametrize(("flag", "sent"), [(1, True), (0, False), (None, False), (True, True)])
def test_a_flag_is_sent_as_one(flag: Any, sent: bool, raw: RecordingRawApi) -> None:
    raw.delete_file_version(API, TOKEN, "f", "n", flag)
    raw.update_file_retention(API, TOKEN, "f", "n", GOVERNED, flag)
    assert [call.params["bypassGovernance"] for call in raw.calls] == [sent, sent]
    assert all(type(call.params["bypassGovernance"]) is bool for call in raw.calls)


@pytest.mark.parametrize(("flag", "sent"), [(1, [True]), (0, [False]), (None, [])])
def test_a_flag_that_is_not_given_is_not_sent(flag: Any, sent: list[bool], raw: RecordingRawApi) -> None:
    raw.create_bucket(API, TOKEN, "a", "b", "allPrivate", is_file_lock_enabled=flag)
    raw.update_bucket(API, TOKEN, "a", "b", "allPublic", is_file_lock_enabled=flag)
    for call in raw.calls:
        assert [value for name, value in call.params.items() if name == "fileLockEnabled"] == sent
        assert type(call.params.get("fileLockEnabled", True)) is bool


# --- what a bare refusal means ---


@pytest.mark.parametrize(
    ("method", "arguments", "expected"),
    [
        ("update_file_retention", (API, TOKEN, "f", "n", GOVERNED), RetentionWriteError),
        ("update_file_legal_hold", (API, TOKEN, "f", "n", LegalHold.ON), RetentionWriteError),
        ("copy_file", (API, TOKEN, "f", "n"), SSECKeyError),
        ("copy_part", (API, TOKEN, "f", "l", 1), SSECKeyError),
        ("download_file_from_url", (TOKEN, "https://f.test/file/b/n"), SSECKeyError),
    ],
)
def test_access_denied_is_reported_in_the_terms_of_the_call(
    method: str, arguments: tuple[Any, ...], expected: type[B2Error], raw: RecordingRawApi
) -> None:
    raw.refusal = AccessDenied()
    with pytest.raises(expected) as raised:
        getattr(raw, method)(*arguments)
    assert type(raised.value) is expected
    assert raised.value.__cause__ is raw.refusal


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        ("copy_file", (API, TOKEN, "f", "n")),
        ("copy_part", (API, TOKEN, "f", "l", 1)),
        ("download_file_from_url", (TOKEN, "https://f.test/file/b/n")),
    ],
)
@pytest.mark.parametrize("is_about_the_key", [True, False])
def test_that_a_customer_key_is_needed_is_reported_like_a_wrong_one(
    method: str, arguments: tuple[Any, ...], is_about_the_key: bool, raw: RecordingRawApi
) -> None:
    words = "The object was stored using a form of Server Side Encryption. The correct parameters must be provided"
    raw.refusal = BadRequest(words if is_about_the_key else "no such range", "bad_request")
    with pytest.raises(B2Error) as raised:
        getattr(raw, method)(*arguments)
    assert type(raised.value) is (SSECKeyError if is_about_the_key else BadRequest)


def test_elsewhere_access_denied_is_just_that(raw: RecordingRawApi) -> None:
    raw.refusal = AccessDenied()
    with pytest.raises(AccessDenied) as raised:
        raw.hide_file(API, TOKEN, "b", "n")
    assert raised.value is raw.refusal


# --- HEAD and downloads ---


def test_a_file_is_looked_up_by_name_with_a_head(raw: RecordingRawApi) -> None:
    assert raw.get_file_info_by_name("https://f.test", TOKEN, "bucket", "a b/ü#?") is raw.answer
    assert raw.heads == [("https://f.test/file/bucket/a%20b/%C3%BC%23%3F", {"Authorization": TOKEN})]


def test_what_is_not_found_by_name_is_named(raw: RecordingRawApi) -> None:
    raw.refusal = ResourceNotFound()
    with pytest.raises(FileOrBucketNotFound, match=r"^Could not find file \[n\] within bucket \[b\]$") as raised:
        raw.get_file_info_by_name(API, TOKEN, "b", "n")
    assert raised.value.__cause__ is raw.refusal


def test_download_urls() -> None:
    raw = AbstractRawApi()
    assert raw.get_download_url_by_id(API, "f") == f"{API}/b2api/v4/b2_download_file_by_id?fileId=f"
    assert raw.get_download_url_by_name(API, "b", "/a b#?") == f"{API}/file/b//a%20b%23%3F"


SSE_C_HEADERS = {
    "X-Bz-Server-Side-Encryption-Customer-Algorithm": "AES256",
    "X-Bz-Server-Side-Encryption-Customer-Key": "MDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDA=",
    "X-Bz-Server-Side-Encryption-Customer-Key-Md5": "zZ5FnqcIqUjVwvWmyog4zw==",
}


@pytest.mark.parametrize(
    ("token", "keywords", "headers"),
    [
        (None, {}, {}),
        (TOKEN, {}, {"Authorization": TOKEN}),
        (TOKEN, {"range_": (0, 9)}, {"Range": "bytes=0-9", "Authorization": TOKEN}),
        (None, {"encryption": SSE_C}, SSE_C_HEADERS),
        (None, {"encryption": SSE_NONE}, {}),
    ],
)
def test_a_download_sends_what_it_needs(
    token: str | None, keywords: dict[str, Any], headers: dict[str, str], raw: RecordingRawApi
) -> None:
    with raw.download_file_from_url(token, "https://f.test/file/b/n", **keywords) as response:
        assert response is raw.answer
    assert raw.downloads == [("https://f.test/file/b/n", headers)]


@pytest.mark.parametrize("range_", [(5, 3), (-1, 3)])
def test_a_range_that_is_none_is_not_sent(range_: tuple[int, int], raw: RecordingRawApi) -> None:
    with pytest.raises(AssertionError, match="Invalid range"):
        raw.download_file_from_url(TOKEN, "https://f.test/file/b/n", range_=range_)
    assert raw.downloads == []


# --- uploads ---


def test_a_file_is_sent_once_with_its_headers(raw: RecordingRawApi) -> None:
    body = io.BytesIO(b"hello")
    answer = raw.upload_file("https://up.test", TOKEN, "n", 5, "c", "sha1", {"a": "b"}, body, SSE_B2_AES)
    headers = raw.get_upload_file_headers(TOKEN, "n", 5, "c", "sha1", {"a": "b"}, SSE_B2_AES, None, None)
    assert answer is raw.answer
    assert raw.uploads == [("https://up.test", headers, body)]


def test_a_file_is_sent_without_file_info_and_with_its_locks(raw: RecordingRawApi) -> None:
    raw.upload_file("https://up.test", TOKEN, "n", 0, "c", "s", None, io.BytesIO(), None, GOVERNED, LegalHold.ON, 7)
    ((_, headers, _),) = raw.uploads
    assert headers == raw.get_upload_file_headers(TOKEN, "n", 0, "c", "s", {}, None, GOVERNED, LegalHold.ON, 7)
    assert headers["X-Bz-Custom-Upload-Timestamp"] == "7"


def test_a_name_that_the_service_would_refuse_is_not_sent(raw: RecordingRawApi) -> None:
    with pytest.raises(UnusableFileName):
        raw.upload_file("https://up.test", TOKEN, "/n", 0, "c", "s", {}, io.BytesIO())
    with pytest.raises(UnusableFileName):
        raw.check_b2_filename("/n")
    assert raw.uploads == []


def test_a_part_is_sent_once_with_its_headers(raw: RecordingRawApi) -> None:
    body = io.BytesIO(b"hello")
    assert raw.upload_part("https://up.test", TOKEN, 3, 5, "sha1", body) is raw.answer
    assert raw.uploads == [
        (
            "https://up.test",
            {
                "Authorization": TOKEN,
                "Content-Length": "5",
                "X-Bz-Part-Number": "3",
                "X-Bz-Content-Sha1": "sha1",
            },
            body,
        )
    ]
