"""What type checkers are to see of the calls that programs make most. It is checked, never run."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from typing_extensions import assert_type, override

from b2sdk import v2, v3
from b2sdk.http import RetryPolicy, Timeouts, patience
from b2sdk.transfer.writer import StoredFileWriter
from b2sdk.v3 import (
    AbstractProgressListener,
    ApplicationKey,
    B2Api,
    B2Http,
    B2HttpApiConfig,
    B2Session,
    Bucket,
    CompareVersionMode,
    DownloadedFile,
    DownloadVersion,
    EncryptionAlgorithm,
    EncryptionKey,
    EncryptionMode,
    EncryptionSetting,
    FileIdAndName,
    FileVersion,
    InMemoryAccountInfo,
    KeepOrDeleteMode,
    NewerFileSyncMode,
    ScanPoliciesManager,
    SqliteAccountInfo,
    Synchronizer,
    SyncReport,
    UrlPoolAccountInfo,
    parse_folder,
)
from b2sdk.v3.exception import B2Error, FileNotPresent

JSON = dict[str, Any]


def an_account() -> None:
    with B2Api(SqliteAccountInfo("account"), max_upload_workers=8) as api:
        api.authorize_account("key id", "key", realm="production")
        assert_type(api, B2Api)
        assert_type(api.get_account_id(), str)
        assert_type(api.create_bucket("name", "allPrivate"), Bucket)
        assert_type(api.get_bucket_by_name("name"), Bucket)
        for bucket in api.list_buckets():
            assert_type(bucket, Bucket)
        key = api.create_key(["readFiles"], "key", bucket_ids=["id"])
        assert_type(key.application_key, str)
        for listed in api.list_keys():
            assert_type(listed, ApplicationKey)
        assert_type(api.delete_file_version("id", "name"), FileIdAndName)
    v2.B2Api(v2.InMemoryAccountInfo()).authorize_account("production", "key id", "key")


def files(bucket: Bucket) -> None:
    assert_type(bucket.upload_bytes(b"content", "name", file_info={"k": "v"}, cache_control="no-store"), FileVersion)
    assert_type(bucket.upload_local_file(Path("path"), "name"), FileVersion)
    assert_type(bucket.upload_unbound_stream(io.BytesIO(), "name"), FileVersion)
    assert_type(bucket.download_file_by_name("name"), DownloadedFile)
    bucket.download_file_by_name("name", range_=(0, 9)).save_to("path", resume=True)
    assert_type(bucket.get_file_info_by_name("name"), DownloadVersion)
    assert_type(bucket.copy("id", "name"), FileVersion)
    for version, folder in bucket.ls("path", recursive=True):
        assert_type(version, FileVersion)
        assert_type(folder, str | None)
        assert_type(version.size, int | None)
        assert_type(version.file_info, dict[str, str])
        assert_type(version.as_dict(), JSON)
    assert_type(bucket.hide_file("name"), FileVersion)
    with bucket.open("name", "rb") as source:
        assert_type(source.read(), bytes)
    with bucket.open("name", "wb") as target:
        assert_type(target, StoredFileWriter)
    try:
        bucket.get_file_info_by_name("gone")
    except FileNotPresent as error:
        assert_type(error.file_id_or_name, str | None)
    except B2Error as error:
        assert_type(error.should_retry_http(), bool)


def encrypted(bucket: Bucket) -> None:
    key = EncryptionKey(secret=b"x" * 32, key_id="id")
    setting = EncryptionSetting(EncryptionMode.SSE_C, EncryptionAlgorithm.AES256, key)
    bucket.upload_bytes(b"content", "name", encryption=setting)


def waiting(api: B2Api) -> None:
    config = B2HttpApiConfig(timeouts=Timeouts(read=5), retry_policy=RetryPolicy(deadline=60))
    B2Api(InMemoryAccountInfo(), api_config=config)
    with patience(retry_policy=RetryPolicy(attempts=1)):
        api.list_buckets()


def folders(api: B2Api) -> None:
    with open("log", "w", encoding="utf-8") as log, SyncReport(log, no_progress=True) as report:  # noqa: PTH123  # no matter
        Synchronizer(
            8,
            policies_manager=ScanPoliciesManager(exclude_file_regexes=[r".*\.tmp"]),
            newer_file_mode=NewerFileSyncMode.REPLACE,
            keep_days_or_delete=KeepOrDeleteMode.DELETE,
            compare_version_mode=CompareVersionMode.SIZE,
        ).sync_folders(parse_folder("here", api), parse_folder("b2://there", api), 0, report)


class Listener(AbstractProgressListener):
    @override
    def set_total_bytes(self, total_byte_count: int) -> None: ...
    @override
    def bytes_completed(self, byte_count: int) -> None: ...


class Http(B2Http):
    TIMEOUT = 5


class Session(B2Session):
    B2HTTP_CLASS = Http

    @override
    def authorize_account(self, realm: str, application_key_id: str, application_key: str) -> None:
        super().authorize_account(realm, application_key_id, application_key)
        answer = self.list_file_names("bucket id", max_file_count=1)
        assert_type(answer, JSON)


class Api(B2Api):
    SESSION_CLASS = Session


class Info(UrlPoolAccountInfo):
    def __init__(self) -> None:
        super().__init__()
        self.stored: JSON = {}

    @override
    def clear(self) -> None:
        self.stored.clear()

    @override
    def get_account_id(self) -> str:
        account_id: str = self.stored["account_id"]
        return account_id

    @override
    def get_bucket_id_or_none_from_bucket_name(self, bucket_name: str) -> str | None:
        return None

    @override
    def list_bucket_names_ids(self) -> list[tuple[str, str]]:
        return []


def versions_of_both_surfaces(api: v3.B2Api, older: v2.B2Api) -> Iterator[v3.FileVersion]:
    """Either surface's objects do where the newer one's are expected."""
    for either in (api, older):
        for bucket in either.list_buckets():
            yield from (version for version, _folder in bucket.ls())
