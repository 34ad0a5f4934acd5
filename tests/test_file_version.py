from __future__ import annotations

import copy
from datetime import datetime, timezone
from typing import Any
from unittest import mock

import pytest
from requests.structures import CaseInsensitiveDict

from b2sdk.exception import UnexpectedCloudBehaviour
from b2sdk.file_version import (
    BaseFileVersion,
    DownloadVersion,
    DownloadVersionFactory,
    FileApi,
    FileIdAndName,
    FileVersion,
    FileVersionFactory,
)
from b2sdk.raw_api.endpoints import AbstractRawApi
from b2sdk.values.byte_range import EMPTY_RANGE, Range
from b2sdk.values.encryption import SSE_B2_AES, SSE_NONE, EncryptionMode
from b2sdk.values.file_lock import (
    NO_RETENTION_FILE_SETTING,
    FileRetentionSetting,
    LegalHold,
    RetentionMode,
)
from b2sdk.values.replication import ReplicationStatus

WIRE: dict[str, Any] = {
    "fileId": "an id",
    "fileName": "docs/a file",
    "accountId": "an account",
    "bucketId": "a bucket",
    "action": "upload",
    "contentLength": 11,
    "contentType": "text/plain",
    "contentSha1": "unverified:abc",
    "contentMd5": "def",
    "fileInfo": {"src_last_modified_millis": "123", "b2-cache-control": "no-cache", "large_file_sha1": "ghi"},
    "uploadTimestamp": 456,
    "serverSideEncryption": {"mode": "SSE-B2", "algorithm": "AES256"},
    "fileRetention": {
        "isClientAuthorizedToRead": True,
        "value": {"mode": "governance", "retainUntilTimestamp": 5},
    },
    "legalHold": {"isClientAuthorizedToRead": True, "value": "on"},
    "replicationStatus": "pending",
}
BARE = {name: WIRE[name] for name in ("fileId", "fileName", "accountId", "bucketId")} | {"action": "hide", "size": None}

HEADERS = {
    "Content-Length": "11",
    "Content-Type": "text/plain",
    "X-Bz-File-Id": "an id",
    "X-Bz-File-Name": "docs/a%20file+%C3%BC",
    "X-Bz-Content-Sha1": "abc",
    "X-Bz-Upload-Timestamp": "456",
}


@pytest.fixture
def api() -> mock.Mock:
    recorder = mock.Mock(spec_set=FileApi)
    recorder.raw_api = AbstractRawApi
    return recorder


def listed(api: FileApi, **changes: Any) -> FileVersion:
    return FileVersionFactory(api).from_api_response({**WIRE, **changes})


def downloaded(api: FileApi, changes: dict[str, str | None] | None = None) -> DownloadVersion:
    headers = CaseInsensitiveDict({**HEADERS, **(changes or {})})
    return DownloadVersionFactory(api).from_response_headers(headers)


# --- from the service's JSON ---


def test_a_version_is_read_from_a_response(api: mock.Mock) -> None:
    version = listed(api)
    assert {name: getattr(version, name) for name in version._all_slots()} == {
        "api": api,
        "id_": "an id",
        "file_name": "docs/a file",
        "size": 11,
        "content_type": "text/plain",
        "content_sha1": "abc",
        "content_sha1_verified": False,
        "file_info": WIRE["fileInfo"],
        "upload_timestamp": 456,
        "server_side_encryption": SSE_B2_AES,
        "legal_hold": LegalHold.ON,
        "file_retention": FileRetentionSetting(RetentionMode.GOVERNANCE, 5),
        "mod_time_millis": 123,
        "replication_status": ReplicationStatus.PENDING,
        "account_id": "an account",
        "bucket_id": "a bucket",
        "content_md5": "def",
        "action": "upload",
    }


def test_a_hide_marker_has_little(api: mock.Mock) -> None:
    version = FileVersionFactory(api).from_api_response(BARE)
    assert (version.size, version.file_info, version.content_sha1, version.content_sha1_verified) == (
        None,
        {},
        None,
        True,
    )
    assert (version.legal_hold, version.replication_status) == (LegalHold.UNSET, None)
    assert version.server_side_encryption == SSE_NONE
    assert version.file_retention is NO_RETENTION_FILE_SETTING


def test_size_is_preferred_to_content_length(api: mock.Mock) -> None:
    assert listed(api, size=12).size == 12
    assert listed(api, size=None).size is None


def test_a_version_without_any_size_is_refused(api: mock.Mock) -> None:
    wire = {name: value for name, value in WIRE.items() if name != "contentLength"}
    with pytest.raises(ValueError, match=r"^no size or contentLength$"):
        FileVersionFactory(api).from_api_response(wire)


@pytest.mark.parametrize("name", ["fileId", "fileName", "accountId", "bucketId", "action"])
def test_a_version_without_what_every_version_has_is_an_error(name: str, api: mock.Mock) -> None:
    wire = {key: value for key, value in BARE.items() if key != name}
    with pytest.raises(UnexpectedCloudBehaviour, match=f"a file version came without '{name}'"):
        FileVersionFactory(api).from_api_response(wire)


def test_the_action_can_be_told_where_the_response_does_not(api: mock.Mock) -> None:
    assert FileVersionFactory(api).from_api_response({**BARE, "action": None}, force_action="hide").action == "hide"


def test_the_action_is_not_told_twice(api: mock.Mock) -> None:
    problem = r"^action was provided by both info_dict and function argument$"
    with pytest.raises(AssertionError, match=problem):
        FileVersionFactory(api).from_api_response(WIRE, force_action="upload")


def test_a_factory_can_make_a_class_of_its_own(api: mock.Mock) -> None:
    class Own(FileVersion):
        __slots__ = ()

    class Factory(FileVersionFactory):
        FILE_VERSION_CLASS = Own

    assert type(Factory(api).from_api_response(WIRE)) is Own


@pytest.mark.parametrize(
    ("noted", "expected"),
    [
        ("123", 123),
        ("-5", -5),
        ("253402300799999", 253_402_300_799_999),
        ("yesterday", 456),
        (None, 456),
        ("9" * 23, 456),
        ("-" + "9" * 23, 456),
        ("9" * 5000, 456),
    ],
)
def test_the_modification_time_is_what_the_uploader_stored_or_the_upload(
    noted: str | None, expected: int, api: mock.Mock
) -> None:
    file_info = {} if noted is None else {"src_last_modified_millis": noted}
    assert listed(api, fileInfo=file_info).mod_time_millis == expected


# --- what a version tells ---


def test_a_version_is_described_in_the_order_of_the_service(api: mock.Mock) -> None:
    assert list(listed(api).as_dict().items()) == [
        ("fileId", "an id"),
        ("fileName", "docs/a file"),
        ("fileInfo", WIRE["fileInfo"]),
        ("serverSideEncryption", {"mode": "SSE-B2", "algorithm": "AES256"}),
        ("legalHold", "on"),
        ("fileRetention", {"mode": "governance", "retainUntilTimestamp": 5}),
        ("size", 11),
        ("uploadTimestamp", 456),
        ("contentType", "text/plain"),
        ("contentSha1", "unverified:abc"),
        ("replicationStatus", "PENDING"),
        ("accountId", "an account"),
        ("bucketId", "a bucket"),
        ("action", "upload"),
        ("contentMd5", "def"),
    ]


def test_what_is_not_known_is_left_out_of_the_description(api: mock.Mock) -> None:
    assert list(FileVersionFactory(api).from_api_response(BARE).as_dict()) == [
        "fileId",
        "fileName",
        "fileInfo",
        "serverSideEncryption",
        "legalHold",
        "fileRetention",
        "replicationStatus",
        "accountId",
        "bucketId",
        "action",
    ]


@pytest.mark.parametrize(
    ("content_sha1", "file_info", "expected"),
    [
        ("abc", {"large_file_sha1": "def"}, "abc"),
        ("unverified:abc", {}, "abc"),
        ("none", {"large_file_sha1": "def"}, "def"),
        (None, {"large_file_sha1": "def"}, "def"),
        ("", {}, None),
        ("none", None, None),
    ],
)
def test_the_sha1_of_the_content_is_found_where_it_is(
    content_sha1: str | None, file_info: dict[str, str] | None, expected: str | None, api: mock.Mock
) -> None:
    assert listed(api, contentSha1=content_sha1, fileInfo=file_info).get_content_sha1() == expected


def test_the_header_entries_of_the_file_info_are_properties(api: mock.Mock) -> None:
    names = ["cache_control", "expires", "content_disposition", "content_encoding", "content_language"]
    file_info = {f"b2-{name.replace('_', '-')}": f"the {name}" for name in names}
    version = listed(api, fileInfo=file_info)
    assert [getattr(version, name) for name in names] == [f"the {name}" for name in names]
    assert [getattr(listed(api, fileInfo=None), name) for name in names] == [None] * 5


def test_expires_is_read_as_a_time(api: mock.Mock) -> None:
    text = "Sun, 06 Nov 1994 08:49:37 GMT"
    moment = datetime(1994, 11, 6, 8, 49, 37, tzinfo=timezone.utc)
    assert listed(api, fileInfo={"b2-expires": text}).expires_parsed() == moment
    assert downloaded(api, {"Expires": text}).expires_parsed() == moment
    assert (listed(api).expires_parsed(), downloaded(api).expires_parsed()) == (None, None)


def test_versions_are_equal_by_all_they_tell(api: mock.Mock) -> None:
    assert listed(api) == listed(api)
    assert listed(api) != listed(api, contentMd5="other")
    assert listed(api) != listed(mock.Mock(spec_set=FileApi))
    assert listed(api) != downloaded(api)


def test_a_version_shows_all_it_reports_in_order(api: mock.Mock) -> None:
    shown = repr(FileVersionFactory(api).from_api_response(BARE))
    assert shown.startswith("FileVersion('an id', <Mock ")
    assert shown.endswith(
        "'docs/a file', None, None, None, True, {}, None, <EncryptionSetting(EncryptionMode.NONE, None, None)>, "
        "<LegalHold.UNSET: None>, FileRetentionSetting(None, None), None, None, 'an account', 'a bucket', None, 'hide')"
    )


@pytest.mark.parametrize(("note", "expected"), [("x" * 100, False), ("x" * 2048, True)])
def test_a_header_is_large_beyond_what_an_encrypted_file_may_have(note: str, expected: bool, api: mock.Mock) -> None:
    assert listed(api, fileInfo={"note": note}).has_large_header is expected


@pytest.mark.parametrize("info", [{}, {"color": "blå"}, {"a-name-that-is-long": "some text, with %"}])
def test_a_header_is_as_large_as_all_that_is_sent(info: dict[str, str], api: mock.Mock) -> None:
    def size(note: int) -> int:
        version = listed(api, fileInfo={**info, "note": "x" * note})
        headers = api.raw_api.get_upload_file_headers(
            upload_auth_token="x" * 77,  # as long as those of the service
            file_name=version.file_name,
            content_length=version.size,
            content_type=version.content_type,
            content_sha1=version.content_sha1,
            file_info=version.file_info,
            server_side_encryption=version.server_side_encryption,
            file_retention=version.file_retention,
            legal_hold=version.legal_hold,
        )
        sent = sum(map(len, [*headers, *headers.values()]))
        assert version.has_large_header is (sent > 2048)
        return sent

    most = 1000 + 2048 - size(1000)
    assert (size(most), size(most + 1)) == (2048, 2049)


def test_the_size_of_the_header_is_known_without_the_customer_key(api: mock.Mock) -> None:
    version = listed(api, serverSideEncryption={"mode": "SSE-C", "algorithm": "AES256"}, fileInfo={})
    assert version.has_large_header is False
    key = version.server_side_encryption.key
    assert key is not None
    assert key.secret is None


def test_the_size_of_the_header_is_known_without_an_account() -> None:
    assert listed(mock.Mock(spec_set=["raw_api"], raw_api=AbstractRawApi)).has_large_header is False


def test_the_size_of_the_header_is_known_where_the_key_may_not_see_the_locks(api: mock.Mock) -> None:
    unknown = {"isClientAuthorizedToRead": False, "value": None}
    version = listed(api, fileRetention=unknown, legalHold=unknown)
    assert version.legal_hold.is_unknown()
    assert version.has_large_header is False


# --- what can be done with a version ---


def test_a_version_is_deleted(api: mock.Mock) -> None:
    assert listed(api).delete(bypass_governance=True) is api.delete_file_version.return_value
    api.delete_file_version.assert_called_once_with("an id", "docs/a file", True)


@pytest.mark.parametrize("read", [listed, downloaded])
def test_a_changed_lock_gives_another_version(read: Any, api: mock.Mock) -> None:
    version: BaseFileVersion = read(api)
    before = copy.copy(version)
    retention = FileRetentionSetting(RetentionMode.COMPLIANCE, 9)
    api.update_file_legal_hold.return_value = LegalHold.OFF
    api.update_file_retention.return_value = retention
    changed = version.update_legal_hold(LegalHold.OFF).update_retention(retention, bypass_governance=True)
    assert (type(changed), changed.legal_hold, changed.file_retention) == (type(version), LegalHold.OFF, retention)
    assert version == before
    api.update_file_legal_hold.assert_called_once_with("an id", version.file_name, LegalHold.OFF)
    api.update_file_retention.assert_called_once_with("an id", version.file_name, retention, True)


def test_a_version_can_be_made_of_another(api: mock.Mock) -> None:
    version = FileVersionFactory(api).from_api_response(WIRE)
    assert version._clone() == version
    changed = version._clone(file_name="another", file_info={"src_last_modified_millis": "7"}, legal_hold=LegalHold.OFF)
    assert (changed.file_name, changed.mod_time_millis, changed.legal_hold) == ("another", 7, LegalHold.OFF)
    assert (changed.content_sha1, changed.content_sha1_verified) == ("abc", False)
    with pytest.raises(TypeError, match="unexpected keyword argument 'nothing'"):
        version._clone(nothing=1)


def test_the_fresh_state_is_asked_for_by_id(api: mock.Mock) -> None:
    assert listed(api).get_fresh_state() is api.get_file_info.return_value
    api.get_file_info.assert_called_once_with("an id")


def test_a_version_is_downloaded_by_id(api: mock.Mock) -> None:
    answer = listed(api).download(range_=(0, 3), encryption=SSE_B2_AES)
    assert answer is api.download_file_by_id.return_value
    api.download_file_by_id.assert_called_once_with(
        "an id", progress_listener=None, range_=(0, 3), encryption=SSE_B2_AES
    )


# --- from the headers of a download ---


def test_a_version_is_read_from_headers(api: mock.Mock) -> None:
    version = downloaded(api, {"Content-Language": "de", "Cache-Control": "no-cache", "Content-Disposition": "inline"})
    assert (version.id_, version.file_name, version.content_sha1) == ("an id", "docs/a file ü", "abc")
    assert (version.size, version.content_length, version.range_) == (11, 11, Range(0, 10))
    assert (version.upload_timestamp, version.mod_time_millis, version.content_type) == (456, 456, "text/plain")
    assert (version.content_language, version.cache_control, version.content_disposition) == (
        "de",
        "no-cache",
        "inline",
    )
    assert (version.expires, version.content_encoding, version.replication_status) == (None, None, None)
    assert (version.server_side_encryption, version.legal_hold) == (SSE_NONE, LegalHold.UNSET)
    assert version.file_retention is NO_RETENTION_FILE_SETTING


def test_a_download_without_a_sha1_has_none(api: mock.Mock) -> None:
    version = downloaded(api, {"X-Bz-Content-Sha1": None})
    assert version.content_sha1 is None
    assert "contentSha1" not in version.as_dict()


def test_an_empty_file_has_the_empty_range(api: mock.Mock) -> None:
    version = downloaded(api, {"Content-Length": "0"})
    assert (version.size, version.range_) == (0, EMPTY_RANGE)


def test_a_part_of_a_file_reports_the_size_of_the_whole(api: mock.Mock) -> None:
    version = downloaded(api, {"Content-Length": "3", "Content-Range": "bytes 2-4/11"})
    assert (version.size, version.content_length, version.range_) == (11, 3, Range(2, 4))


def test_a_part_must_tell_the_size_of_the_whole(api: mock.Mock) -> None:
    with pytest.raises(UnexpectedCloudBehaviour, match="Total length was expected in Content-Range header"):
        downloaded(api, {"Content-Range": "bytes 2-4/*"})


def test_file_info_is_decoded_and_keeps_the_spelling_of_its_names() -> None:
    headers = {"X-Bz-Info-Some_Name": "a%20b+%C3%BC", "x-bz-info-other": "", "X-Bz-Other": "x"}
    assert DownloadVersionFactory.file_info_from_headers(headers) == {"Some_Name": "a b ü", "other": ""}


def test_the_customer_key_of_a_download_is_reported_by_its_id(api: mock.Mock) -> None:
    version = downloaded(
        api,
        {"X-Bz-Server-Side-Encryption-Customer-Algorithm": "AES256", "X-Bz-Info-sse_c_key_id": "an%20id"},
    )
    as_listed = listed(
        api,
        serverSideEncryption={"mode": "SSE-C", "algorithm": "AES256"},
        fileInfo={"sse_c_key_id": "an id"},
    )
    assert version.server_side_encryption.mode is EncryptionMode.SSE_C
    assert version.server_side_encryption == as_listed.server_side_encryption


def test_a_hide_marker_may_have_headers_without_values(api: mock.Mock) -> None:
    nothing = dict.fromkeys(
        ["Content-Type", "X-Bz-Server-Side-Encryption", "X-Bz-File-Legal-Hold", "X-Bz-File-Retention-Mode"]
    )
    version = downloaded(api, {"Content-Length": "0", "X-Bz-Content-Sha1": "none", **nothing})
    assert version.as_dict() == {
        "fileId": "an id",
        "fileName": "docs/a file ü",
        "fileInfo": {},
        "serverSideEncryption": {"mode": "none"},
        "legalHold": None,
        "fileRetention": {"mode": None, "retainUntilTimestamp": None},
        "size": 0,
        "uploadTimestamp": 456,
        "contentSha1": "none",
        "replicationStatus": None,
    }


def test_a_download_describes_its_headers_last(api: mock.Mock) -> None:
    described = downloaded(api, {"Cache-Control": "no-cache", "Expires": "never", "Content-Encoding": "gzip"}).as_dict()
    assert list(described.items())[-3:] == [
        ("cacheControl", "no-cache"),
        ("expires", "never"),
        ("contentEncoding", "gzip"),
    ]


@pytest.mark.parametrize("name", HEADERS)
def test_headers_without_what_the_protocol_promises_are_an_error(name: str, api: mock.Mock) -> None:
    headers = CaseInsensitiveDict({key: value for key, value in HEADERS.items() if key != name})
    with pytest.raises(UnexpectedCloudBehaviour, match="the headers of a download are wrong"):
        DownloadVersionFactory(api).from_response_headers(headers)


@pytest.mark.parametrize(
    "wrong",
    [
        {"Content-Length": "many"},
        {"Content-Length": None},
        {"X-Bz-File-Name": None},
        {"X-Bz-Upload-Timestamp": "yesterday"},
        {"Content-Range": "pages 1-2/3"},
        {"Content-Range": "bytes 4-2/11"},
        {"X-Bz-Replication-Status": "lost"},
        {"X-Bz-Server-Side-Encryption": "ROT13"},
    ],
)
def test_headers_that_make_no_sense_are_an_error(wrong: dict[str, str | None], api: mock.Mock) -> None:
    with pytest.raises(UnexpectedCloudBehaviour, match="the headers of a download are wrong"):
        downloaded(api, wrong)


# --- what is left of a deleted version ---


def test_a_deleted_version_is_an_id_and_a_name() -> None:
    deleted = FileIdAndName.from_cancel_or_delete_response({"fileId": "i", "fileName": "n", "accountId": "a"})
    assert deleted == FileIdAndName("i", "n")
    assert deleted != FileIdAndName("i", "m")
    assert deleted != ("i", "n")
    assert deleted.as_dict() == {"action": "delete", "fileId": "i", "fileName": "n"}
    assert repr(deleted) == "FileIdAndName('i', 'n')"


@pytest.mark.parametrize("answer", [{"fileId": "i"}, {"fileName": "n"}])
def test_a_deleted_version_without_id_or_name_is_an_error(answer: dict[str, str]) -> None:
    with pytest.raises(UnexpectedCloudBehaviour, match="a deleted file version came without"):
        FileIdAndName.from_cancel_or_delete_response(answer)
