"""A program of the newer surface, as its users write it. Type checkers check it, and the tests run it."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, ClassVar

import requests
from typing_extensions import assert_type, override

from b2sdk.http import RetryPolicy, Timeouts, patience
from b2sdk.transfer.reader import StoredFileReader
from b2sdk.transfer.text import StoredTextWriter
from b2sdk.transfer.writer import StoredFileWriter
from b2sdk.v3 import (
    SSE_B2_AES,
    AbstractAccountInfo,
    AbstractFolder,
    AbstractPath,
    AbstractProgressListener,
    AbstractRawApi,
    AbstractSyncEncryptionSettingsProvider,
    ApplicationKey,
    AuthInfoCache,
    B2Api,
    B2Folder,
    B2Http,
    B2HttpApiConfig,
    B2Path,
    B2Session,
    Bucket,
    BucketFactory,
    CompareVersionMode,
    CopySource,
    DownloadedFile,
    DownloadVersion,
    EncryptionAlgorithm,
    EncryptionKey,
    EncryptionMode,
    EncryptionSetting,
    FileIdAndName,
    FileRetentionSetting,
    FileVersion,
    Filter,
    FullApplicationKey,
    HttpCallback,
    InMemoryAccountInfo,
    InMemoryCache,
    KeepOrDeleteMode,
    LegalHold,
    LifecycleRule,
    NewerFileSyncMode,
    ProgressListenerForTest,
    RawSimulator,
    ReplicationMonitor,
    ReplicationSetupHelper,
    RetentionMode,
    ScanPoliciesManager,
    SqliteAccountInfo,
    Synchronizer,
    SyncReport,
    UploadMode,
    UploadSourceBytes,
    UrlPoolAccountInfo,
    WriteIntent,
    parse_folder,
    zip_folders,
)
from b2sdk.v3.exception import (
    B2Error,
    BadRequest,
    BucketIdNotFound,
    FileNotPresent,
    InvalidAuthToken,
    NonExistentBucket,
)

JSON = dict[str, Any]
CONTENT = b"content" * 20


class Listener(AbstractProgressListener):
    total = done = 0

    @override
    def set_total_bytes(self, total_byte_count: int) -> None:
        self.total = total_byte_count

    @override
    def bytes_completed(self, byte_count: int) -> None:
        self.done = byte_count


class Info(InMemoryAccountInfo):
    """Tells when it is emptied."""

    def __init__(self, on_clear: Callable[[], object]) -> None:
        self.on_clear = on_clear
        super().__init__()

    @override
    def clear(self) -> None:
        self.on_clear()
        super().clear()

    @override
    def get_bucket_id_or_none_from_bucket_name(self, bucket_name: str) -> str | None:
        return super().get_bucket_id_or_none_from_bucket_name(bucket_name.lower())

    @override
    def save_bucket(self, bucket: Bucket) -> None:
        assert_type(bucket.id_, str)
        super().save_bucket(bucket)


class Names(InMemoryCache):
    @override
    def save_bucket(self, bucket: Bucket) -> None:
        assert_type(bucket.api, B2Api)
        super().save_bucket(bucket)


class Session(B2Session):
    B2HTTP_CLASS: ClassVar[Callable[..., B2Http]] = B2Http

    @override
    def authorize_account(self, realm: str, application_key_id: str, application_key: str) -> None:
        super().authorize_account(realm, application_key_id, application_key)
        assert_type(self.list_buckets(self.account_info.get_account_id()), JSON)


class OwnBucket(Bucket):
    @override
    def hide_file(self, file_name: str) -> FileVersion:
        return super().hide_file(file_name.strip("/"))

    def count(self) -> int:
        return sum(1 for _version, _folder in self.ls(recursive=True, prefetch=True))


class OwnFactory(BucketFactory):
    BUCKET_CLASS = OwnBucket


class OwnApi(B2Api):
    SESSION_CLASS = Session
    BUCKET_CLASS = OwnBucket
    BUCKET_FACTORY_CLASS = OwnFactory

    @override
    def get_bucket_by_name(self, bucket_name: str) -> OwnBucket:
        bucket = super().get_bucket_by_name(bucket_name)
        assert isinstance(bucket, OwnBucket)
        return bucket


class Hook(HttpCallback):
    """Checks what is given to it; the service in the process is asked without HTTP."""

    @override
    def post_request(self, method: str, url: str, headers: dict[str, str], response: requests.Response) -> None:
        assert_type(response.status_code, int)


class OneKey(AbstractSyncEncryptionSettingsProvider):
    @override
    def get_setting_for_upload(
        self, bucket: Bucket, b2_file_name: str, file_info: dict[str, str] | None, length: int
    ) -> EncryptionSetting | None:
        return SSE_B2_AES

    @override
    def get_source_setting_for_copy(self, bucket: Bucket, source_file_version: FileVersion) -> None:
        return None

    @override
    def get_destination_setting_for_copy(
        self,
        bucket: Bucket,
        dest_b2_file_name: str,
        source_file_version: FileVersion,
        target_file_info: dict[str, str] | None = None,
    ) -> None:
        return None

    @override
    def get_setting_for_download(self, bucket: Bucket, file_version: FileVersion) -> None:
        return None


class NoDrafts(ScanPoliciesManager):
    @override
    def should_exclude_b2_file_version(self, file_version: FileVersion, relative_path: str) -> bool:
        return "draft" in file_version.file_info


def connect(info: AbstractAccountInfo, api_class: type[B2Api] = B2Api) -> B2Api:
    policy = RetryPolicy(deadline=60)
    config = B2HttpApiConfig(_raw_api_class=RawSimulator, timeouts=Timeouts(read=5), retry_policy=policy)
    api = api_class(info, cache=AuthInfoCache(info), max_upload_workers=4, api_config=config)
    assert_type(api.raw_api, AbstractRawApi)
    assert isinstance(api.raw_api, RawSimulator)
    key_id, key = api.raw_api.create_account()
    api.authorize_account(application_key_id=key_id, application_key=key, realm="production")
    assert_type(api.account_info.get_account_id(), str)
    return api


def buckets(api: B2Api) -> Bucket:
    rule: LifecycleRule = {"fileNamePrefix": "logs/", "daysFromHidingToDeleting": 1}
    bucket = api.create_bucket("photos", "allPrivate", {"k": "v"}, lifecycle_rules=[rule], is_file_lock_enabled=True)
    assert_type(bucket, Bucket)
    assert_type(api.get_bucket_by_name("photos"), Bucket)
    assert_type(api.get_bucket_by_id(bucket.id_), Bucket)
    assert_type(api.list_buckets(bucket_name="photos"), list[Bucket])
    assert_type(bucket.name, str | None)
    assert_type(bucket.update(bucket_info={}, default_server_side_encryption=SSE_B2_AES), Bucket)
    assert_type(bucket.get_fresh_state().as_dict(), JSON)
    assert_type(bucket.api, B2Api)
    other = bucket.api.create_bucket("empty", "allPublic")
    other.api.delete_bucket(other)
    assert_type(bucket.get_download_authorization("logs/", 60), str)
    with patience(retry_policy=RetryPolicy(attempts=1)):
        try:
            api.get_bucket_by_name("missing")
        except NonExistentBucket as error:
            assert_type(error.should_retry_http(), bool)
    try:
        api.get_bucket_by_id(other.id_)
    except BucketIdNotFound as error:
        assert_type(error.bucket_id, str | None)
    return bucket


def uploads(bucket: Bucket, directory: Path) -> None:
    listener = Listener()
    path = directory / "file"
    path.write_bytes(CONTENT)
    version = bucket.upload_bytes(
        CONTENT,
        "bytes",
        content_type="text/plain",
        file_info={"k": "v"},
        progress_listener=listener,
        encryption=SSE_B2_AES,
        file_retention=FileRetentionSetting(RetentionMode.GOVERNANCE, int(time.time() + 3600) * 1000),
        legal_hold=LegalHold.OFF,
        custom_upload_timestamp=int(time.time() * 1000),
        cache_control="no-store",
        expires=datetime(2030, 1, 1, tzinfo=timezone.utc),
        content_disposition="attachment",
        content_encoding="identity",
        content_language="en",
    )
    assert_type(version, FileVersion)
    assert listener.done == len(CONTENT)
    assert_type(bucket.upload_local_file(path, "local", sha1_sum=None, upload_mode=UploadMode.INCREMENTAL), FileVersion)
    assert_type(bucket.upload_unbound_stream(io.BytesIO(CONTENT), "stream", buffers_count=3), FileVersion)
    assert_type(bucket.upload(UploadSourceBytes(CONTENT), "source"), FileVersion)
    assert_type(bucket.create_file([WriteIntent(UploadSourceBytes(CONTENT))], "intents"), FileVersion)
    assert_type(
        bucket.concatenate([CopySource(version.id_, length=len(CONTENT)), UploadSourceBytes(CONTENT)], "both"),
        FileVersion,
    )
    key = EncryptionKey(secret=b"x" * 32, key_id="id")
    customer = EncryptionSetting(EncryptionMode.SSE_C, EncryptionAlgorithm.AES256, key)
    assert_type(bucket.copy(version.id_, "copy", "text/plain", {}, destination_encryption=customer), FileVersion)
    with bucket.open("written", "wb") as target:
        assert_type(target, StoredFileWriter)
        target.write(CONTENT)
    with bucket.open("text", "wt", encoding="ascii", content_type="text/plain") as text:
        assert_type(text, StoredTextWriter)
        text.write("text")
    with bucket.open("text", "rt", newline="") as read:
        assert_type(read.readline(), str)
    assert_type(bucket.hide_file("copy"), FileVersion)
    assert_type(bucket.unhide_file("copy"), FileIdAndName)


def files(bucket: Bucket, directory: Path) -> Iterator[FileVersion]:
    for version, folder in bucket.ls("", recursive=True, filters=[Filter.exclude("*.tmp")]):
        assert_type(version, FileVersion)
        assert_type(folder, str | None)
        assert_type(version.size, int | None)
        assert_type(version.file_info, dict[str, str])
        assert_type(version.as_dict(), JSON)
        yield version
    version = bucket.get_file_info_by_id(next(bucket.list_file_versions("bytes")).id_)
    assert_type(version, FileVersion)
    assert_type(version.api, B2Api)
    assert_type(version.get_fresh_state(), FileVersion)
    assert_type(version.download(), DownloadedFile)
    assert_type(version.update_legal_hold(LegalHold.OFF), FileVersion)
    assert_type(version.file_retention, FileRetentionSetting)
    newest = bucket.get_file_info_by_name("bytes")
    assert_type(newest, DownloadVersion)
    assert_type(newest.api, B2Api)
    downloaded = bucket.download_file_by_name("bytes", ProgressListenerForTest(), range_=(0, 6))
    assert_type(downloaded, DownloadedFile)
    assert_type(downloaded.download_version, DownloadVersion)
    downloaded.save_to(directory / "downloaded", resume=True)
    bucket.api.download_file_by_id(version.id_).save(io.BytesIO())
    with bucket.open("bytes") as source:
        assert_type(source, StoredFileReader)
        assert_type(source.read(), bytes)
    try:
        bucket.get_file_info_by_name("gone")
    except FileNotPresent as error:
        assert_type(error.file_id_or_name, str | None)
    except (BadRequest, InvalidAuthToken) as error:
        assert_type(error.code, str | None)
    except B2Error:
        raise
    assert_type(version.delete(bypass_governance=True), FileIdAndName)
    for unfinished in bucket.list_unfinished_large_files():
        assert_type(unfinished.file_id, str)


def keys(api: B2Api, bucket: Bucket) -> None:
    key = api.create_key(["listFiles", "readFiles"], "key", 3600, bucket_ids=[bucket.id_], name_prefix="logs/")
    assert_type(key, FullApplicationKey)
    assert_type(key.application_key, str)
    assert_type(key.bucket_ids, list[str] | None)
    assert_type(api.get_key(key.id_), ApplicationKey | None)
    assert_type(list(api.list_keys()), list[ApplicationKey])
    assert_type(api.delete_key(key), ApplicationKey)


def folders(api: B2Api, directory: Path) -> None:
    there = parse_folder("b2://photos/synced", api)
    assert_type(there, AbstractFolder)
    with SyncReport(io.StringIO(), no_progress=True) as report:
        Synchronizer(
            8,
            policies_manager=NoDrafts(exclude_file_regexes=[r".*\.tmp"]),
            newer_file_mode=NewerFileSyncMode.REPLACE,
            keep_days_or_delete=KeepOrDeleteMode.DELETE,
            compare_version_mode=CompareVersionMode.SIZE,
        ).sync_folders(parse_folder(str(directory), api), there, int(time.time() * 1000), report, OneKey())
    assert isinstance(there, B2Folder)
    assert_type(there.bucket, Bucket)
    for path in there.all_files(None):
        assert_type(path, B2Path)
        assert_type(path.selected_version, FileVersion)
    for mine, _theirs in zip_folders(parse_folder(str(directory), api), there, None):
        assert_type(mine, AbstractPath | None)


def replication(source: Bucket, destination: Bucket) -> None:
    both = ReplicationSetupHelper().setup_both(source, destination, name="rule", prefix="logs/")
    assert_type(both, tuple[Bucket, Bucket])
    configuration = both[0].replication
    assert configuration is not None
    monitor = ReplicationMonitor(both[0], configuration.rules[0], report=None)
    assert_type(monitor.destination_bucket, Bucket)
    for theirs, _ours in monitor.iter_pairs():
        assert_type(theirs, B2Path | None)


def refused(api: B2Api, bucket: Bucket) -> None:
    """What type checkers refuse; it is not run."""
    api.authorize_account("key id")  # type: ignore[call-arg]
    api.create_key(["readFiles"], "key", bucket_id="id")  # type: ignore[call-arg]
    bucket.upload_bytes("text", "name")  # type: ignore[arg-type]
    bucket.upload_bytes(b"", "name", file_infos={})  # type: ignore[call-arg]
    bucket.ls(folder_to_list="path")  # type: ignore[call-arg]
    bucket.open("name", "r+")  # type: ignore[call-overload]
    bucket.open("name", "rb", encoding="utf-8")  # type: ignore[call-overload]
    bucket.api.no_such_method()  # type: ignore[attr-defined]
    Synchronizer(8, keep_days_or_delete="delete")  # type: ignore[arg-type]
    UrlPoolAccountInfo()  # type: ignore[abstract]


def main(directory: Path) -> None:
    cleared: list[bool] = []
    api = connect(Info(lambda: cleared.append(True)), OwnApi)
    bucket = buckets(api)
    uploads(bucket, directory)
    assert {version.file_name for version in files(bucket, directory)} >= {"bytes", "local", "stream"}
    keys(api, bucket)
    folders(api, directory)
    replication(api.create_bucket("source", "allPrivate"), bucket.get_fresh_state())
    assert isinstance(bucket, OwnBucket)
    assert_type(bucket.count(), int)
    stored = SqliteAccountInfo(str(directory / "account"))
    assert_type(stored.get_bucket_id_or_none_from_bucket_name("photos"), str | None)
    http = B2Http(api.api_config)
    http.add_callback(Hook())
    http.close()
    assert_type(B2Api(Info(list), Names(), api_config=api.api_config).account_info, AbstractAccountInfo)
    api.close()
