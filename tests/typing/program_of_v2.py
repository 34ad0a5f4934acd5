"""A program of the older surface, as its users write it. Type checkers check it, and the tests run it."""

from __future__ import annotations

import io
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

from typing_extensions import assert_type, override

from b2sdk import v3
from b2sdk.v2 import *
from b2sdk.v2.exception import (
    B2Error,
    BadRequest,
    BucketIdNotFound,
    FileNotPresent,
    NonExistentBucket,
    RestrictedBucket,
    v3BucketIdNotFound,
)
from b2sdk.v2.testing import BucketManager, IntegrationTestBase, authorize

JsonObject = dict[str, Any]
CONTENT = b"content" * 20


class Listener(AbstractProgressListener):
    done = 0

    @override
    def set_total_bytes(self, total_byte_count: int) -> None: ...

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
    def get_allowed(self) -> JsonObject:
        return {**super().get_allowed(), "namePrefix": None}

    @override
    def save_bucket(self, bucket: Bucket) -> None:
        assert_type(bucket.id_, str)
        super().save_bucket(bucket)


class Names(InMemoryCache):
    @override
    def save_bucket(self, bucket: Bucket) -> None:
        assert_type(bucket.api, B2Api)
        super().save_bucket(bucket)


class Http(B2Http):
    TIMEOUT = 5


class Session(B2Session):
    B2HTTP_CLASS: ClassVar[Callable[..., B2Http]] = Http

    @override
    def authorize_account(self, realm: str, application_key_id: str, application_key: str) -> None:
        super().authorize_account(realm, application_key_id, application_key)
        assert_type(self.account_info.get_allowed(), JsonObject)


class OwnBucket(Bucket):
    @override
    def hide_file(self, file_name: str) -> FileVersion:
        return super().hide_file(file_name.strip("/"))

    @override
    def get_fresh_state(self) -> OwnBucket:
        bucket = super().get_fresh_state()
        assert isinstance(bucket, OwnBucket)
        return bucket


class OwnFactory(BucketFactory):
    BUCKET_CLASS = OwnBucket


class OwnVersion(FileVersion):
    def is_of(self, api: B2Api) -> bool:
        return self.api is api


class OwnVersionFactory(FileVersionFactory):
    FILE_VERSION_CLASS = OwnVersion


class OwnApi(B2Api):
    SESSION_CLASS = Session
    BUCKET_CLASS = OwnBucket
    BUCKET_FACTORY_CLASS = OwnFactory
    FILE_VERSION_FACTORY_CLASS = OwnVersionFactory

    @override
    def get_bucket_by_name(self, bucket_name: str) -> OwnBucket:
        bucket = super().get_bucket_by_name(bucket_name)
        assert_type(bucket, Bucket)
        assert isinstance(bucket, OwnBucket)
        return bucket


class OneKey(AbstractSyncEncryptionSettingsProvider):
    @override
    def get_setting_for_upload(
        self, bucket: Bucket, b2_file_name: str, file_info: dict[str, str] | None, length: int
    ) -> EncryptionSetting | None:
        assert_type(bucket.api, B2Api)
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
    config = B2HttpApiConfig(_raw_api_class=RawSimulator)
    api = api_class(info, Names(), max_upload_workers=4, api_config=config)
    assert_type(api.session, B2Session)
    assert_type(api.raw_api, AbstractRawApi)
    assert isinstance(api.raw_api, RawSimulator)
    key_id, key = api.raw_api.create_account()
    api.authorize_account("production", key_id, key)
    assert_type(api.account_info, AbstractAccountInfo)
    return api


def buckets(api: B2Api) -> Bucket:
    bucket = api.create_bucket("photos", "allPrivate", {"k": "v"}, is_file_lock_enabled=True)
    assert_type(bucket, Bucket)
    assert_type(api.get_bucket_by_name("photos"), Bucket)
    assert_type(api.get_bucket_by_id(bucket.id_), Bucket)
    assert_type(api.list_buckets(bucket_name="photos"), list[Bucket])
    assert_type(bucket.update(bucket_info={"a": "b"}), Bucket)
    assert_type(bucket.set_type("allPublic"), Bucket)
    assert_type(bucket.get_fresh_state(), Bucket)
    assert_type(bucket.api, B2Api)
    assert_type(api.BUCKET_FACTORY_CLASS.from_api_bucket_dict(api, bucket.bucket_dict), Bucket)
    other = bucket.api.create_bucket("empty", "allPublic")
    bucket.api.delete_bucket(other)
    try:
        api.get_bucket_by_name("missing")
    except (NonExistentBucket, RestrictedBucket) as error:
        assert_type(error.should_retry_http(), bool)
    try:
        api.get_bucket_by_id(other.id_)
    except BucketIdNotFound as error:
        older: BadRequest = error
        newer: v3BucketIdNotFound = error
        assert_type((older.code, newer.bucket_id), tuple[str | None, str | None])
    return bucket


def uploads(bucket: Bucket, directory: Path) -> None:
    listener = Listener()
    path = directory / "file"
    path.write_bytes(CONTENT)
    version = bucket.upload_bytes(
        CONTENT,
        "bytes",
        "text/plain",
        file_infos={"k": "v"},
        progress_listener=listener,
        encryption=SSE_B2_AES,
        file_retention=FileRetentionSetting(RetentionMode.GOVERNANCE, int(time.time() + 3600) * 1000),
        legal_hold=LegalHold.OFF,
        large_file_sha1=None,
        custom_upload_timestamp=int(time.time() * 1000),
        cache_control="no-store",
        content_language="en",
    )
    assert_type(version, FileVersion)
    assert_type(version.cache_control, str | None)
    assert listener.done == len(CONTENT)
    assert (version.file_info["k"], version.cache_control) == ("v", "no-store")
    assert_type(bucket.upload_bytes(CONTENT, "bytes", None, {"k": "v"}, cache_control="no-store"), FileVersion)
    older = bucket.upload_local_file(path, "local", file_infos={}, sha1_sum=None, upload_mode=UploadMode.INCREMENTAL)
    assert_type(older, FileVersion)
    assert_type(bucket.upload_local_file(str(path), "local", file_info={}, min_part_size=100), FileVersion)
    assert_type(bucket.upload_unbound_stream(io.BytesIO(CONTENT), "stream"), FileVersion)
    assert_type(bucket.upload(UploadSourceBytes(CONTENT), "source"), FileVersion)
    assert_type(bucket.create_file([WriteIntent(UploadSourceBytes(CONTENT))], "intents"), FileVersion)
    assert_type(bucket.create_file_stream(iter([WriteIntent(UploadSourceBytes(CONTENT))]), "intents"), FileVersion)
    assert_type(bucket.concatenate([CopySource(version.id_), UploadSourceBytes(b"x")][1:], "one"), FileVersion)
    assert_type(bucket.concatenate_stream(iter([UploadSourceBytes(CONTENT)]), "one"), FileVersion)
    assert_type(bucket.copy(version.id_, "copy"), FileVersion)
    assert_type(bucket.hide_file("copy"), FileVersion)
    assert_type(bucket.unhide_file("copy"), FileIdAndName)


def below(api: B2Api, bucket: Bucket) -> None:
    """Upload by the calls that all others come down to."""
    sha1 = hex_sha1_of_bytes(CONTENT)
    about = {"k": "v"}
    options = (len(CONTENT), "b2/x-auto", sha1)
    api.session.upload_file(bucket.id_, "raw", *options, about, io.BytesIO(CONTENT), None, None, None, None, "no-store")
    api.session.upload_file(bucket.id_, "raw", *options, file_infos=about, data_stream=io.BytesIO(CONTENT))
    url = api.session.get_upload_url(bucket.id_)
    answer = api.raw_api.upload_file(
        url["uploadUrl"],
        url["authorizationToken"],
        "raw",
        *options,
        file_infos=about,
        data_stream=io.BytesIO(CONTENT),
        server_side_encryption=SSE_B2_AES,
        cache_control="no-store",
    )
    assert_type(answer, JsonObject)
    headers = api.raw_api.get_upload_file_headers("token", "name", *options, about, None, None, None, None, "no-store")
    assert_type(headers, dict[str, str])
    older = api.raw_api.get_upload_file_headers(
        "token",
        "name",
        *options,
        file_infos=about,
        server_side_encryption=None,
        file_retention=None,
        legal_hold=None,
        cache_control="no-store",
    )
    assert headers == older


def files(bucket: Bucket, directory: Path) -> Iterator[FileVersion]:
    for version, folder in bucket.ls(folder_to_list="", recursive=True, folder_to_list_can_be_a_file=True):
        assert_type(version, FileVersion)
        assert_type(folder, str | None)
        yield version
    version = bucket.get_file_info_by_id(next(bucket.list_file_versions("bytes")).id_)
    assert_type(version, FileVersion)
    assert_type(bucket.api.get_file_info(version.id_), FileVersion)
    assert_type(version.api, B2Api)
    assert_type(version.get_fresh_state(), FileVersion)
    assert_type(version.download(), DownloadedFile)
    newest = bucket.get_file_info_by_name("bytes")
    assert_type(newest, DownloadVersion)
    downloaded = bucket.download_file_by_name("bytes", DoNothingProgressListener(), range_=(0, 6))
    assert_type(downloaded, DownloadedFile)
    downloaded.save_to(str(directory / "downloaded"))
    bucket.api.download_file_by_id(version.id_).save(io.BytesIO())
    try:
        bucket.get_file_info_by_name("gone")
    except FileNotPresent as error:
        assert_type(error.file_id_or_name, str | None)
    except B2Error:
        raise
    assert_type(version.delete(bypass_governance=True), FileIdAndName)


def keys(api: B2Api, bucket: Bucket) -> None:
    key = api.create_key(["listFiles", "readFiles"], "key", 3600, bucket_id=bucket.id_, name_prefix="logs/")
    assert_type(key, FullApplicationKey)
    assert_type(key.application_key, str)
    assert_type(key.bucket_id, str | None)
    assert_type(api.get_key(key.id_), ApplicationKey | None)
    assert_type(list(api.list_keys()), list[ApplicationKey])
    assert_type(api.delete_key(key), ApplicationKey)
    answer = api.session.create_key(api.get_account_id(), ["readFiles"], "raw", None, bucket.id_, None)
    assert_type(api.delete_key_by_id(answer["applicationKeyId"]), ApplicationKey)


def folders(api: B2Api, directory: Path) -> None:
    there = parse_sync_folder("b2://photos/synced", api)
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
    assert_type(B2Folder("photos", "synced", api).get_file_versions(), Iterator[FileVersion])
    for path in there.all_files(None):
        assert_type(path, B2SyncPath)
        assert_type(path.selected_version, FileVersion)
    progress = ProgressReport(io.StringIO(), no_progress=True)
    for mine, theirs in zip_folders(parse_folder(str(directory), api), there, progress):
        assert_type(mine, AbstractSyncPath | None)
        if isinstance(theirs, B2Path):
            assert_type(theirs.all_versions[0], FileVersion)
    providers: list[AbstractSyncEncryptionSettingsProvider] = [
        SERVER_DEFAULT_SYNC_ENCRYPTION_SETTINGS_PROVIDER,
        BasicSyncEncryptionSettingsProvider({"photos": SSE_B2_AES}, {}),
    ]
    assert providers[1].get_setting_for_download(there.bucket, next(there.get_file_versions())) == SSE_B2_AES


def replication(source: Bucket, destination: Bucket) -> None:
    both = ReplicationSetupHelper().setup_both(source, destination, name="rule", prefix="logs/")
    assert_type(both, tuple[Bucket, Bucket])
    configuration = both[0].replication
    assert configuration is not None
    monitor = ReplicationMonitor(
        both[0], configuration.rules[0], report=ProgressReport(io.StringIO(), no_progress=True)
    )
    assert_type(monitor.bucket, Bucket)
    assert_type(monitor.destination_bucket, Bucket)
    assert_type(monitor.source_folder, B2Folder)
    for theirs, _ours in monitor.iter_pairs():
        assert_type(theirs, B2Path | None)


class TestOfAUser(IntegrationTestBase):
    __test__ = False

    def test_a_bucket(self) -> None:
        assert_type(self.create_bucket(), Bucket)
        assert_type(self.b2_api, B2Api)
        assert_type(self.bucket_manager.create_bucket(), Bucket)


def refused(api: B2Api, bucket: Bucket) -> None:
    """What type checkers refuse; it is not run."""
    api.authorize_account("key id", "key")  # type: ignore[call-arg]
    api.create_key(["readFiles"], "key", bucket_ids=["id"])  # type: ignore[call-arg]
    B2Api(v3.InMemoryAccountInfo())  # type: ignore[arg-type]
    bucket.upload_bytes(b"", "name", file_info={}, file_infos={})  # type: ignore[call-overload]
    bucket.upload_bytes(b"", "name", file_infos={"k": 1})  # type: ignore[dict-item]
    bucket.upload_local_file("path", "name", file_infos={}, large_file_sha1=None)  # type: ignore[call-overload]
    bucket.ls(path="path")  # type: ignore[call-arg]
    bucket.hide_file(1)  # type: ignore[arg-type]
    bucket.set_type(bucket_typ="allPublic")  # type: ignore[call-arg]
    api.raw_api.upload_file("url", "token", "name", 0, "auto", "sha1", file_infos={})  # type: ignore[call-overload]
    UrlPoolAccountInfo()  # type: ignore[abstract]


def manager_of(key: tuple[str, str]) -> BucketManager:
    api, info = authorize(key, "production")
    assert_type(api, B2Api)
    assert_type(info, InMemoryAccountInfo)
    return BucketManager(dont_cleanup_old_buckets=True, b2_api=api)


def main(directory: Path) -> None:
    cleared: list[bool] = []
    api = connect(Info(lambda: cleared.append(True)), OwnApi)
    bucket = buckets(api)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "'file_infos'", DeprecationWarning)
        uploads(bucket, directory)
        below(api, bucket)
    names = {version.file_name for version in files(bucket, directory) if isinstance(version, OwnVersion)}
    assert names >= {"bytes", "local", "stream"}
    keys(api, bucket)
    folders(api, directory)
    replication(api.create_bucket("source", "allPrivate"), bucket.get_fresh_state())
    for newer in newer_buckets(api):
        assert isinstance(newer, OwnBucket)
    stored = SqliteAccountInfo(str(directory / "account"))
    assert_type(stored.get_bucket_id_or_none_from_bucket_name("photos"), str | None)


def newer_buckets(api: v3.B2Api) -> list[v3.Bucket]:
    """What is written for the newer surface takes the objects of this one."""
    return api.list_buckets()
