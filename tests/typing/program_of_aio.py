"""A program of the client for asyncio, as its users write it. Type checkers check it, and the tests run it."""

from __future__ import annotations

import asyncio
import io
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from typing_extensions import assert_type, override

from b2sdk.aio import (
    B2Api,
    B2Folder,
    Bucket,
    BucketFactory,
    ContentOfLength,
    DownloadedFile,
    DownloadVersion,
    DownloadVersionFactory,
    FileVersion,
    FileVersionFactory,
    Limits,
    Opening,
    ReplicationSetupHelper,
    StoredFileReader,
    StoredFileWriter,
    Synchronizer,
    parse_folder,
)
from b2sdk.http import RetryPolicy, Timeouts, patience
from b2sdk.simulator import SimulatorServer
from b2sdk.sync.events import ActionDone, ActionFailed, SyncEvent
from b2sdk.v3 import (
    SSE_B2_AES,
    AbstractAccountInfo,
    AbstractProgressListener,
    ApplicationKey,
    B2HttpApiConfig,
    CopySource,
    EncryptionAlgorithm,
    EncryptionKey,
    EncryptionMode,
    EncryptionSetting,
    FileIdAndName,
    FileRetentionSetting,
    Filter,
    FullApplicationKey,
    InMemoryCache,
    KeepOrDeleteMode,
    LegalHold,
    LifecycleRule,
    LocalFolder,
    NotificationRuleResponse,
    Part,
    ProgressListenerForTest,
    RetentionMode,
    SqliteAccountInfo,
    UnfinishedLargeFile,
    UploadMode,
    UploadSourceBytes,
    WriteIntent,
)
from b2sdk.v3.exception import B2Error, BadRequest, FileNotPresent, InvalidAuthToken, NonExistentBucket

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


class OwnVersion(FileVersion):
    __slots__ = ()

    async def is_empty(self) -> bool:
        return not (await self.get_fresh_state()).size


class OwnVersionFactory(FileVersionFactory):
    FILE_VERSION_CLASS = OwnVersion


class OwnDownloadVersion(DownloadVersion):
    __slots__ = ()


class OwnDownloadVersionFactory(DownloadVersionFactory):
    DOWNLOAD_VERSION_CLASS = OwnDownloadVersion


class OwnBucket(Bucket):
    @override
    async def hide_file(self, file_name: str) -> FileVersion:
        return await super().hide_file(file_name.strip("/"))

    async def count(self) -> int:
        return sum([1 async for _version, _folder in self.ls(recursive=True, prefetch=True)])


class OwnFactory(BucketFactory):
    BUCKET_CLASS = OwnBucket


class OwnApi(B2Api):
    BUCKET_CLASS = OwnBucket
    BUCKET_FACTORY_CLASS = OwnFactory
    FILE_VERSION_FACTORY_CLASS = OwnVersionFactory
    DOWNLOAD_VERSION_FACTORY_CLASS = OwnDownloadVersionFactory

    @override
    async def get_bucket_by_name(self, bucket_name: str) -> OwnBucket:
        bucket = await super().get_bucket_by_name(bucket_name)
        assert isinstance(bucket, OwnBucket)
        return bucket


async def blocks() -> AsyncIterator[bytes]:
    yield CONTENT
    yield CONTENT


async def buckets(api: B2Api) -> Bucket:
    rule: LifecycleRule = {"fileNamePrefix": "logs/", "daysFromHidingToDeleting": 1}
    bucket = await api.create_bucket(
        "photos", "allPrivate", {"k": "v"}, lifecycle_rules=[rule], is_file_lock_enabled=True
    )
    assert_type(bucket, Bucket)
    assert_type(await api.get_bucket_by_name("photos"), Bucket)
    assert_type(await api.get_bucket_by_id(bucket.id_), Bucket)
    assert_type(await api.list_buckets(bucket_name="photos", use_cache=True), list[Bucket])
    assert_type(bucket.name, str | None)
    assert_type(await bucket.update(bucket_info={}, default_server_side_encryption=SSE_B2_AES), Bucket)
    assert_type(await bucket.set_info({"k": "v"}), Bucket)
    assert_type(await bucket.set_type("allPrivate"), Bucket)
    assert_type(await (await bucket.get_fresh_state()).as_dict(), JSON)
    assert_type(await bucket.get_notification_rules(), list[NotificationRuleResponse])
    assert_type(bucket.api, B2Api)
    other = await bucket.api.create_bucket("without-files", "allPublic")
    await other.api.delete_bucket(other)
    assert_type(await bucket.get_download_authorization("logs/", 60), str)
    assert_type(await bucket.get_download_url("name"), str)
    with patience(retry_policy=RetryPolicy(attempts=1)):
        try:
            await api.get_bucket_by_name("missing")
        except NonExistentBucket as error:
            assert_type(error.should_retry_http(), bool)
    return bucket


async def uploads(bucket: Bucket, directory: Path) -> None:
    listener = Listener()
    version = await bucket.upload_bytes(
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
    path = directory / "file"
    await asyncio.to_thread(path.write_bytes, CONTENT)
    assert_type(
        await bucket.upload_local_file(path, "local", sha1_sum=None, upload_mode=UploadMode.INCREMENTAL), FileVersion
    )
    assert_type(await bucket.upload_unbound_stream(io.BytesIO(CONTENT), "stream", buffers_count=3), FileVersion)
    assert_type(await bucket.upload_unbound_stream(blocks(), "blocks", progress_listener=listener), FileVersion)
    content = ContentOfLength(blocks(), 2 * len(CONTENT))
    assert_type(await bucket.upload_unbound_stream(content, "blocks of a length"), FileVersion)
    reader = asyncio.StreamReader()
    reader.feed_data(CONTENT)
    reader.feed_eof()
    assert_type(ContentOfLength(reader, 1).get_content_length(), int)
    assert_type(await bucket.upload_unbound_stream(reader, "from a socket"), FileVersion)
    assert_type(await bucket.upload(UploadSourceBytes(CONTENT), "source"), FileVersion)
    assert_type(await bucket.create_file([WriteIntent(UploadSourceBytes(CONTENT))], "intents"), FileVersion)
    assert_type(
        await bucket.concatenate([CopySource(version.id_, length=len(CONTENT)), UploadSourceBytes(CONTENT)], "both"),
        FileVersion,
    )
    key = EncryptionKey(secret=b"x" * 32, key_id="id")
    customer = EncryptionSetting(EncryptionMode.SSE_C, EncryptionAlgorithm.AES256, key)
    assert_type(await bucket.copy(version.id_, "copy", "text/plain", {}, destination_encryption=customer), FileVersion)
    assert_type(await bucket.hide_file("copy"), FileVersion)
    assert_type(await bucket.unhide_file("copy"), FileIdAndName)


async def file_objects(bucket: Bucket) -> None:
    opening = bucket.open("written", "wb", content_type="text/plain", part_size=5_000_000)
    assert_type(opening, Opening[StoredFileWriter])
    async with opening as target:
        assert_type(target, StoredFileWriter)
        assert_type(await target.write(CONTENT), int)
    assert_type(target.version, FileVersion | None)
    async with bucket.open("written") as source:
        assert_type(source, StoredFileReader)
        assert_type(await source.seek(-7, io.SEEK_END), int)
        assert_type(await source.read(), bytes)
        assert_type(source.version, DownloadVersion)
    again = await bucket.open("written", "rb")
    assert_type(again, StoredFileReader)
    await again.close()


async def files(bucket: Bucket) -> AsyncGenerator[FileVersion, None]:
    listing = bucket.ls("", recursive=True, filters=[Filter.exclude("*.tmp")])
    assert_type(listing, AsyncGenerator[tuple[FileVersion, str | None], None])
    async for version, folder in listing:
        assert_type(version, FileVersion)
        assert_type(folder, str | None)
        assert_type(version.size, int | None)
        assert_type(version.as_dict(), JSON)
        yield version


async def versions(bucket: Bucket) -> None:
    async with aclosing(bucket.list_file_versions("bytes")) as listing:
        version = await anext(listing)
    assert_type(version, FileVersion)
    assert_type(version.api, B2Api)
    assert_type(await bucket.get_file_info_by_id(version.id_), FileVersion)
    assert_type(await version.get_fresh_state(), FileVersion)
    assert_type(await version.update_legal_hold(LegalHold.OFF), FileVersion)
    assert_type(
        await version.update_retention(FileRetentionSetting(RetentionMode.NONE), bypass_governance=True), FileVersion
    )
    newest = await bucket.get_file_info_by_name("bytes")
    assert_type(newest, DownloadVersion)
    assert_type(newest.api, B2Api)
    assert_type(await bucket.api.get_file_info(version.id_), FileVersion)
    assert_type(await version.delete(bypass_governance=True), FileIdAndName)
    async for unfinished in bucket.list_unfinished_large_files():
        assert_type(unfinished, UnfinishedLargeFile)
        async for part in bucket.list_parts(unfinished.file_id):
            assert_type(part, Part)


async def downloads(bucket: Bucket, directory: Path) -> None:
    async with await bucket.download_file_by_name("bytes", ProgressListenerForTest(), range_=(0, 6)) as downloaded:
        assert_type(downloaded, DownloadedFile)
        assert_type(downloaded.download_version, DownloadVersion)
        assert_type(await downloaded.read(), bytes)
    downloaded = await bucket.download_file_by_name("bytes")
    async with aclosing(downloaded.blocks(1024)) as content:
        async for block in content:
            assert_type(block, bytes)
    version = await bucket.get_file_info_by_name("bytes")
    await (await bucket.api.download_file_by_id(version.id_)).save(io.BytesIO())
    await (await bucket.download_file_by_id(version.id_)).save_to(directory / "downloaded", resume=True)
    try:
        await bucket.get_file_info_by_name("gone")
    except FileNotPresent as error:
        assert_type(error.file_id_or_name, str | None)
    except (BadRequest, InvalidAuthToken) as error:
        assert_type(error.code, str | None)
    except B2Error:
        raise


async def keys(api: B2Api, bucket: Bucket) -> None:
    key = await api.create_key(["listFiles"], "key", 3600, bucket_ids=[bucket.id_], name_prefix="logs/")
    assert_type(key, FullApplicationKey)
    assert_type(await api.get_key(key.id_), ApplicationKey | None)
    assert_type([known async for known in api.list_keys()], list[ApplicationKey])
    assert_type(await api.delete_key(key), ApplicationKey)


async def at_a_time(bucket: Bucket) -> None:
    """Verbs are coroutines, so that they can be gathered, and be tasks."""
    both = await asyncio.gather(bucket.upload_bytes(b"1", "one"), bucket.get_file_info_by_name("bytes"))
    assert_type(both, tuple[FileVersion, DownloadVersion])
    task = asyncio.create_task(bucket.upload_bytes(b"2", "two"))
    assert_type(await task, FileVersion)


async def refused(api: B2Api, bucket: Bucket, version: FileVersion) -> None:
    """What type checkers refuse; it is not run."""
    await api.authorize_account("key id")  # type: ignore[call-arg]
    await api.create_key(["readFiles"], "key", bucket_id="id")  # type: ignore[call-arg]
    await bucket.upload_bytes("text", "name")  # type: ignore[arg-type]
    await bucket.upload_bytes(b"", "name", file_infos={})  # type: ignore[call-arg]
    bucket.ls(folder_to_list="path")  # type: ignore[call-arg]
    bucket.open("name", "r")  # type: ignore[call-overload]
    bucket.open("name", part_size=5_000_000)  # type: ignore[call-overload]
    bucket.api.no_such_method()  # type: ignore[attr-defined]
    ContentOfLength(42, 1)  # type: ignore[arg-type]
    Limits(64)  # type: ignore[call-arg]
    B2Api(max_upload_workers=4)  # type: ignore[call-arg]
    _id = bucket.upload_bytes(b"", "name").id_  # type: ignore[attr-defined]
    _file_id = version.delete().file_id  # type: ignore[attr-defined]
    for _version in bucket.ls():  # type: ignore[attr-defined]
        pass
    await bucket.ls()  # type: ignore[misc]
    with bucket.open("name"):  # type: ignore[attr-defined]
        pass
    with api:  # type: ignore[attr-defined]
        pass


async def syncs(api: B2Api, bucket: Bucket, directory: Path) -> list[str]:
    folder = B2Folder(bucket, "backup")
    assert_type(folder.bucket, Bucket)
    assert_type(await parse_folder("b2://photos/backup", api), LocalFolder | B2Folder)
    source = LocalFolder(directory / "source")
    synchronizer = Synchronizer(10, keep_days_or_delete=KeepOrDeleteMode.DELETE, dry_run=False)
    syncing = synchronizer.sync_folders(source, folder, now_millis=round(time.time() * 1000), reporter=None)
    assert_type(syncing, AsyncGenerator[SyncEvent, None])
    done: list[str] = []
    async with aclosing(syncing) as events:
        async for event in events:
            if isinstance(event, ActionFailed):
                raise event.error
            if isinstance(event, ActionDone):
                done.append(event.path)
    assert_type([path.selected_version.id_ async for path in folder.all_files()], list[str])
    return done


async def replication(source: Bucket, destination: Bucket) -> None:
    helper = ReplicationSetupHelper()
    assert_type(await helper.setup_both(source, destination, prefix="backup/"), tuple[Bucket, Bucket])
    fresh = await destination.get_fresh_state()
    assert_type(await helper.setup_destination("id of a key", fresh), Bucket)


def wrong_syncs(bucket: Bucket, directory: Path) -> None:
    Synchronizer(10).sync_folders(directory, B2Folder(bucket), 0)  # type: ignore[arg-type]
    B2Folder("photos")  # type: ignore[arg-type]
    for _event in Synchronizer(10).sync_folders(LocalFolder("."), B2Folder(bucket), 0):  # type: ignore[attr-defined]
        pass


async def use(directory: Path, service: SimulatorServer) -> None:
    config = B2HttpApiConfig(timeouts=Timeouts(read=5), retry_policy=RetryPolicy(deadline=60))
    stored = SqliteAccountInfo(str(directory / "account"))
    async with OwnApi(stored, InMemoryCache(), api_config=config, limits=Limits(requests=8)) as api:
        assert_type(api, OwnApi)
        assert_type(api.account_info, AbstractAccountInfo)
        await api.authorize_account(application_key_id=service.key_id, application_key=service.key, realm=service.url)
        assert_type(await api.get_account_id(), str)
        bucket = await buckets(api)
        await uploads(bucket, directory)
        await file_objects(bucket)
        names = {version.file_name async for version in files(bucket)}
        assert names >= {"bytes", "local", "stream", "from a socket", "written"}
        await at_a_time(bucket)
        await downloads(bucket, directory)
        await versions(bucket)
        await keys(api, bucket)
        own = await api.get_bucket_by_name("photos")
        assert_type(own, OwnBucket)
        assert_type(await own.count(), int)
        version = await own.upload_bytes(CONTENT, "of an own class")
        assert isinstance(version, OwnVersion)
        assert_type(await version.is_empty(), bool)
        assert isinstance(await own.get_file_info_by_name(version.file_name), OwnDownloadVersion)
        await version.delete()
        (directory / "source").mkdir()
        (directory / "source" / "file").write_bytes(CONTENT)
        assert await syncs(api, own, directory) == ["file"]
        await replication(own, await api.create_bucket("copies", "allPrivate"))


def main(directory: Path) -> None:
    with SimulatorServer() as service:
        asyncio.run(use(directory, service))
