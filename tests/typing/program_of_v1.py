"""A program of the second surface, as its users wrote it. Type checkers check it, and the tests run it."""

from __future__ import annotations

import io
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

from typing_extensions import assert_type, override

from b2sdk import v2
from b2sdk.v1 import *
from b2sdk.v1.exception import B2Error, CommandError, FileNotPresent, NonExistentBucket

JsonObject = dict[str, Any]
CONTENT = b"content" * 20


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
    def get_minimum_part_size(self) -> int:
        return 2 * super().get_minimum_part_size()

    @override
    def save_bucket(self, bucket: Bucket) -> None:
        assert_type(bucket.id_, str)
        super().save_bucket(bucket)


class Names(InMemoryCache):
    @override
    def save_bucket(self, bucket: Bucket) -> None:
        assert_type(bucket.name, str | None)
        super().save_bucket(bucket)


class OwnBucket(Bucket):
    @override
    def hide_file(self, file_name: str) -> FileVersionInfo:
        return super().hide_file(file_name.strip("/"))


class OwnFactory(BucketFactory):
    BUCKET_CLASS = OwnBucket


class OwnApi(B2Api):
    BUCKET_CLASS = OwnBucket
    BUCKET_FACTORY_CLASS = OwnFactory

    @override
    def get_bucket_by_name(self, bucket_name: str) -> OwnBucket:
        bucket = super().get_bucket_by_name(bucket_name)
        assert_type(bucket, Bucket)
        assert isinstance(bucket, OwnBucket)
        return bucket


class InMemory(AbstractDownloadDestination):
    def __init__(self) -> None:
        self.file = io.BytesIO()

    @override
    def make_file_context(
        self,
        file_id: str,
        file_name: str,
        content_length: int,
        content_type: str | None,
        content_sha1: str | None,
        file_info: dict[str, str],
        mod_time_millis: int,
        range_: tuple[int, int] | None = None,
    ) -> AbstractContextManager[io.BytesIO]:
        return nullcontext(self.file)


class OneKey(AbstractSyncEncryptionSettingsProvider):
    @override
    def get_setting_for_upload(
        self, bucket: Bucket, b2_file_name: str, file_info: dict[str, str] | None, length: int
    ) -> EncryptionSetting | None:
        assert_type(bucket.api, B2Api)
        return SSE_B2_AES

    @override
    def get_source_setting_for_copy(self, bucket: Bucket, source_file_version_info: FileVersionInfo) -> None:
        return None

    @override
    def get_destination_setting_for_copy(
        self,
        bucket: Bucket,
        dest_b2_file_name: str,
        source_file_version_info: FileVersionInfo,
        target_file_info: dict[str, str] | None = None,
    ) -> None:
        return None

    @override
    def get_setting_for_download(self, bucket: Bucket, file_version_info: FileVersionInfo) -> None:
        return None


class NoDrafts(ScanPoliciesManager):
    @override
    def should_exclude_file(self, file_path: str) -> bool:
        return "draft" in file_path


def connect(info: AbstractAccountInfo, api_class: type[B2Api] = B2Api) -> B2Api:
    raw_api = RawSimulator()
    api = api_class(info, Names(), raw_api, 4)
    assert_type(api.session, B2Session)
    key_id, key = raw_api.create_account()
    api.authorize_account("production", key_id, key)
    assert_type(api.account_info, AbstractAccountInfo)
    assert_type(api.account_info.get_minimum_part_size(), int)
    return api


def buckets(api: B2Api) -> Bucket:
    bucket = api.create_bucket("photos", "allPrivate", {"k": "v"}, is_file_lock_enabled=True)
    assert_type(bucket, Bucket)
    assert_type(api.get_bucket_by_name("photos"), Bucket)
    assert_type(api.get_bucket_by_id(bucket.id_), Bucket)
    assert_type(api.list_buckets(bucket_name="photos"), list[Bucket])
    assert_type(bucket.update(bucket_info={"a": "b"}), JsonObject)
    assert_type(bucket.set_type("allPublic"), JsonObject)
    assert_type(bucket.get_fresh_state(), Bucket)
    assert_type(bucket.api, B2Api)
    other = bucket.api.create_bucket("empty", "allPublic")
    bucket.api.delete_bucket(other)
    api.check_bucket_restrictions("photos")
    try:
        api.get_bucket_by_name("missing")
    except NonExistentBucket as error:
        assert_type(error.should_retry_http(), bool)
    return bucket


def uploads(bucket: Bucket, directory: Path) -> None:
    path = directory / "file"
    path.write_bytes(CONTENT)
    version = bucket.upload_bytes(CONTENT, "bytes", "text/plain", file_infos={"k": "v"}, encryption=SSE_B2_AES)
    assert_type(version, FileVersionInfo)
    assert version.file_info["k"] == "v"
    assert_type(version.format_ls_entry(), str)
    assert_type(bucket.upload_local_file(str(path), "local", file_infos={}, min_part_size=100), FileVersionInfo)
    assert_type(bucket.upload_unbound_stream(io.BytesIO(CONTENT), "stream"), FileVersionInfo)
    assert_type(bucket.upload(UploadSourceBytes(CONTENT), "source"), FileVersionInfo)
    assert_type(bucket.create_file([WriteIntent(UploadSourceBytes(CONTENT))], "intents"), FileVersionInfo)
    assert_type(bucket.concatenate([UploadSourceBytes(CONTENT)], "one"), FileVersionInfo)
    assert_type(bucket.copy(version.id_, "copy"), FileVersionInfo)
    directive = MetadataDirectiveMode.REPLACE
    assert_type(bucket.copy_file(version.id_, "copy", None, directive, "text/plain", {"k": "v"}), JsonObject)
    assert_type(bucket.hide_file("copy"), FileVersionInfo)
    unfinished = bucket.start_large_file("large", "text/plain", {})
    assert_type(unfinished, UnfinishedLargeFile)
    assert_type(bucket.cancel_large_file(unfinished.file_id), FileVersionInfo)


def files(bucket: Bucket, directory: Path) -> Iterator[FileVersionInfo]:
    for version, folder in bucket.ls("", show_versions=True, recursive=True):
        assert_type(version, FileVersionInfo)
        assert_type(folder, str | None)
        yield version
    version = bucket.get_file_info_by_id(next(bucket.list_file_versions("bytes")).id_)
    assert_type(version, FileVersionInfo)
    assert_type(version.api, B2Api)
    assert_type(version.get_fresh_state(), FileVersionInfo)
    assert_type(bucket.api.get_file_info(version.id_), JsonObject)
    assert_type(bucket.get_file_info_by_name("bytes"), FileVersionInfo)
    in_memory = InMemory()
    assert_type(bucket.download_file_by_name("bytes", in_memory, DoNothingProgressListener(), (0, 6)), JsonObject)
    assert in_memory.file.getvalue() == CONTENT[:7]
    assert_type(bucket.download_file_by_id(version.id_, DownloadDestLocalFile(directory / "downloaded")), JsonObject)
    assert_type(bucket.api.download_file_by_id(version.id_, DownloadDestBytes()), JsonObject)
    downloaded = bucket.api.download_file_by_id(version.id_)
    assert_type(downloaded, DownloadedFile)
    downloaded.save(io.BytesIO())
    try:
        bucket.get_file_info_by_name("gone")
    except FileNotPresent as error:
        assert_type(error.file_id_or_name, str | None)
    except B2Error:
        raise
    made = FileVersionInfo("id", "name", 1, None, None, None, 0, "upload")
    assert_type(made.size, int | None)


def keys(api: B2Api, bucket: Bucket) -> None:
    key = api.create_key(["listFiles", "readFiles"], "key", 3600, bucket_id=bucket.id_, name_prefix="logs/")
    assert_type(key, JsonObject)
    assert_type(api.get_key(key["applicationKeyId"]), JsonObject | None)
    assert_type(api.list_keys(), JsonObject)
    assert_type(api.delete_key(key["applicationKeyId"]), JsonObject)


def folders(api: B2Api, directory: Path) -> None:
    there = parse_sync_folder("b2://photos/synced", api)
    with SyncReport(io.StringIO(), no_progress=True) as report:
        Synchronizer(
            8,
            policies_manager=NoDrafts(exclude_file_regexes=[r".*\.tmp"]),
            newer_file_mode=NewerFileSyncMode.REPLACE,
            keep_days_or_delete=KeepOrDeleteMode.DELETE,
            compare_version_mode=CompareVersionMode.SIZE,
        ).sync_folders(parse_sync_folder(str(directory), api), there, int(time.time() * 1000), report, OneKey())
    assert isinstance(there, B2Folder)
    assert_type(there.bucket, Bucket)
    assert_type(there.get_file_versions(), Iterator[FileVersionInfo])
    try:
        parse_sync_folder("b2://photos//synced", api)
    except CommandError as error:
        assert_type(error.message, str)


def refused(api: B2Api, bucket: Bucket) -> None:
    """What type checkers refuse; it is not run."""
    api.authorize_account("key id", "key")  # type: ignore[call-arg]
    api.delete_key({"applicationKeyId": "id"})  # type: ignore[arg-type]
    B2Api(v2.InMemoryAccountInfo())  # type: ignore[arg-type]
    bucket.download_file_by_name("name")  # type: ignore[call-arg]
    bucket.upload_bytes(b"", "name", file_info={}, file_infos={})  # type: ignore[call-overload]
    bucket.ls(show_version=True)  # type: ignore[call-arg]
    FileVersionInfo("id", "name")  # type: ignore[call-arg]


def main(directory: Path) -> None:
    cleared: list[bool] = []
    api = connect(Info(lambda: cleared.append(True)), OwnApi)
    bucket = buckets(api)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "'file_infos'", DeprecationWarning)
        uploads(bucket, directory)
    assert {version.file_name for version in files(bucket, directory)} >= {"bytes", "local", "stream"}
    keys(api, bucket)
    folders(api, directory)
    for either in buckets_of_v2(api):
        assert isinstance(either, OwnBucket)


def buckets_of_v2(api: v2.B2Api) -> list[v2.Bucket]:
    """What is written for a newer surface takes the objects of this one."""
    return [api.get_bucket_by_name("photos")]
