"""A program of the first surface, of what it has in a form of its own. Type checkers check it, and the tests run it."""

from __future__ import annotations

import argparse
import io
import time
from pathlib import Path
from typing import Any

from typing_extensions import assert_type, override

from b2sdk import v1
from b2sdk.v0 import *
from b2sdk.v0.exception import CommandError, DestFileNewer

JsonObject = dict[str, Any]
CONTENT = b"content" * 20


class Info(InMemoryAccountInfo):
    @override
    def get_account_id_or_app_key_id(self) -> str:
        return super().get_account_id_or_app_key_id()


class OwnApi(B2Api):
    @override
    def get_bucket_by_name(self, bucket_name: str) -> Bucket:
        bucket = super().get_bucket_by_name(bucket_name.lower())
        assert_type(bucket, Bucket)
        return bucket


def connect(info: AbstractAccountInfo) -> B2Api:
    raw_api = RawSimulator()
    api = OwnApi(info, raw_api=raw_api)
    key_id, key = raw_api.create_account()
    api.authorize_account("production", key_id, key)
    assert_type(info.get_account_id_or_app_key_id(), str)
    return api


def buckets(api: B2Api) -> Bucket:
    bucket = api.create_bucket("photos", "allPrivate")
    assert_type(bucket, Bucket)
    assert_type(api.get_bucket_by_name("photos"), Bucket)
    assert_type(api.get_bucket_by_id(bucket.id_), Bucket)
    assert_type(api.list_buckets(), list[Bucket])
    assert_type(bucket.get_fresh_state(), Bucket)
    assert_type(bucket.api, B2Api)
    assert_type(api.delete_bucket(api.create_bucket("empty", "allPrivate")), JsonObject)
    return bucket


def files(bucket: Bucket) -> None:
    assert_type(bucket.upload_bytes(CONTENT, "bytes", file_info={"k": "v"}), FileVersionInfo)
    page = bucket.list_file_names(start_filename="b", max_entries=1, prefix="b")
    assert_type(page, JsonObject)
    assert [file["fileName"] for file in page["files"]] == ["bytes"]
    assert_type(bucket.list_file_versions("bytes", None, 10), JsonObject)
    for version, folder in bucket.ls(show_versions=True, recursive=True):
        assert_type(version, FileVersionInfo)
        assert_type(folder, str | None)
    in_memory = DownloadDestBytes()
    assert_type(bucket.download_file_by_name("bytes", in_memory), JsonObject)
    assert in_memory.get_bytes_written() == CONTENT


def folders(api: B2Api, directory: Path) -> None:
    (directory / "file").write_bytes(CONTENT)
    options = argparse.Namespace(
        delete=False, keepDays=None, skipNewer=False, replaceNewer=True, compareVersions="size", compareThreshold=None
    )
    here, there = parse_sync_folder(str(directory), api), parse_sync_folder("b2://photos/synced", api)
    now = int(time.time() * 1000)
    with SyncReport(io.StringIO(), no_progress=True) as report:
        for action in make_folder_sync_actions(here, there, options, now, report):
            assert_type(action, AbstractAction)
    sync_folders(here, there, options, now, io.StringIO(), no_progress=True, max_workers=2)
    options.skipNewer = True
    try:
        sync_folders(here, there, options, now, io.StringIO(), True, 2)
    except (CommandError, DestFileNewer) as error:
        assert_type(error.should_retry_http(), bool)
    Synchronizer(2, newer_file_mode=NewerFileSyncMode.SKIP)


def refused(api: B2Api, bucket: Bucket) -> None:
    """What type checkers refuse; it is not run."""
    connect(v1.InMemoryAccountInfo())  # type: ignore[arg-type]
    bucket.list_file_names(prefix=1)  # type: ignore[arg-type]
    sync_folders("here", "there")  # type: ignore[call-arg,arg-type]
    Synchronizer(2, newer_file_mode="skip")  # type: ignore[arg-type]


def main(directory: Path) -> None:
    api = connect(Info())
    bucket = buckets(api)
    files(bucket)
    folders(api, directory)
    for older in buckets_of_v1(api):
        assert isinstance(older, Bucket)


def buckets_of_v1(api: v1.B2Api) -> list[v1.Bucket]:
    """What is written for a newer surface takes the objects of this one."""
    return [api.get_bucket_by_name("photos")]
