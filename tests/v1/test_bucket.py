"""Buckets of v1: what else than a bucket their methods return, and what works on them as on newer ones."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from tests.conftest import FrontEnd, authorize

import b2sdk.v1
import b2sdk.v2
import b2sdk.v3
from b2sdk.v1.exception import FileNotPresent, RestrictedBucket

CONTENT = b"content"


def test_an_update_returns_what_the_service_says_of_the_bucket(bucket: Any) -> None:
    answer = bucket.update(bucket_type="allPublic", if_revision_is=bucket.revision)
    assert (answer["bucketType"], answer["bucketId"]) == ("allPublic", bucket.id_)
    assert bucket.set_info({"a": "b"})["bucketInfo"] == {"a": "b"}
    assert bucket.set_type("allPrivate")["bucketType"] == "allPrivate"
    assert bucket.get_fresh_state().bucket_info == {"a": "b"}


def test_an_update_of_replication_is_sent(api: Any, bucket: Any, surface: ModuleType) -> None:
    mapping = {"a-key": "another-key"}
    bucket.update(replication=surface.ReplicationConfiguration(source_to_destination_key_mapping=mapping))
    assert bucket.get_fresh_state().replication.source_to_destination_key_mapping == mapping


def test_versions_are_those_of_v1(api: Any, bucket: Any, surface: ModuleType) -> None:
    file = bucket.upload_bytes(CONTENT, "dir/file", file_info={"a": "b"})
    found = [
        file,
        *(version for version, _ in bucket.ls(show_versions=True, recursive=True)),
        *(bucket.list_file_versions("dir/file") if surface is b2sdk.v1 else ()),  # pages in v0
        bucket.get_file_info_by_id(file.id_),
        bucket.get_file_info_by_name("dir/file"),
        api.get_file_info_by_name(bucket.name, "dir/file"),
        file.get_fresh_state(),
    ]
    assert {type(one) for one in found} == {surface.FileVersionInfo}
    assert {(one.id_, one.file_info["a"], one.size, one.action) for one in found} == {(file.id_, "b", 7, "upload")}
    assert api.get_file_info(file.id_)["fileId"] == file.id_
    assert bucket.hide_file("dir/file").action == "hide"


@pytest.mark.parametrize("is_all", [True, False])
def test_ls_shows_the_newest_version_or_all(bucket: Any, is_all: bool) -> None:
    for _ in range(2):
        bucket.upload_bytes(CONTENT, "dir/file")
    assert len(list(bucket.ls("dir", is_all))) == 1 + is_all
    assert len(list(bucket.ls("dir", show_versions=is_all))) == 1 + is_all
    assert len(list(bucket.ls("dir", latest_only=not is_all))) == 1 + is_all
    assert [folder for _, folder in bucket.ls()] == ["dir/"]


def test_folders_of_all_surfaces_are_those_of_a_bucket_of_v1(api: Any, bucket: Any) -> None:
    bucket.upload_bytes(CONTENT, "dir/file")
    for surface in (b2sdk.v1, b2sdk.v2, b2sdk.v3):
        folder = surface.B2Folder(bucket.name, "dir", api)
        assert [path.relative_path for path in folder.all_files(None)] == ["file"]


def test_a_bucket_whose_ls_is_that_of_v1_is_scanned(api: Any, surface: ModuleType) -> None:
    class Own(surface.Bucket):  # type: ignore[misc, name-defined]  # of whichever surface
        def ls(self, folder_to_list: str = "", show_versions: bool = False, recursive: bool = False) -> Any:
            return super().ls(folder_to_list, show_versions, recursive)

    api.create_bucket("own-listing", "allPrivate").upload_bytes(CONTENT, "dir/file")
    api.BUCKET_CLASS = Own
    api.BUCKET_FACTORY_CLASS = type("Factory", (surface.BucketFactory,), {"BUCKET_CLASS": Own})
    folder = surface.B2Folder("own-listing", "", api)
    assert isinstance(folder.bucket, Own)
    assert [path.relative_path for path in folder.all_files(None)] == ["dir/file"]


def test_a_copy_in_parts_looks_its_source_up(bucket: Any, front_end: FrontEnd) -> None:
    if not front_end.is_forgiving:
        pytest.skip("the parts of the service are large")
    file = bucket.upload_bytes(CONTENT * 100, "file", "text/plain", {"a": "b"})
    copy = bucket.copy(file.id_, "copy", length=file.size, min_part_size=100, max_part_size=300)
    assert (copy.size, copy.content_type, copy.file_info["a"]) == (700, "text/plain", "b")


def test_a_copy_in_one_request_returns_what_the_service_does(bucket: Any, surface: ModuleType) -> None:
    file = bucket.upload_bytes(CONTENT, "file")
    mode = surface.MetadataDirectiveMode.REPLACE
    answer = bucket.copy_file(file.id_, "copy", (1, 3), mode, "text/plain", {"a": "b"}, cache_control="max-age=1")
    assert (answer["fileName"], answer["contentLength"]) == ("copy", 3)
    assert answer["fileInfo"] == {"a": "b", "b2-cache-control": "max-age=1"}
    destination = surface.DownloadDestBytes()
    bucket.download_file_by_name("copy", destination)
    assert destination.get_bytes_written() == CONTENT[1:4]


@pytest.mark.parametrize("wrong", [None, "test-bucket"])
def test_what_is_no_bucket_is_not_deleted(api: Any, bucket: Any, wrong: str | None) -> None:
    with pytest.raises(TypeError, match="bucket must be an object with an id_, not"):
        api.delete_bucket(wrong)
    assert [found.name for found in api.list_buckets()] == [bucket.name]


@pytest.mark.parametrize("method", ["copy_file", "start_large_file"])
def test_a_name_that_cannot_be_is_refused_before_a_request(bucket: Any, method: str) -> None:
    arguments = ("id", "/name") if method == "copy_file" else ("/name",)
    with pytest.raises(ValueError, match="must not start with '/'"):
        getattr(bucket, method)(*arguments)


def test_a_large_file_is_started_and_cancelled(bucket: Any, api: Any, surface: ModuleType) -> None:
    started = bucket.start_large_file("large", "text/plain", {"a": "b"}, cache_control="max-age=1")
    assert started.file_info == {"a": "b", "b2-cache-control": "max-age=1"}
    cancelled = api.cancel_large_file(started.file_id)
    assert isinstance(cancelled, surface.FileVersionInfo)
    assert (cancelled.id_, cancelled.file_name, cancelled.action) == (started.file_id, "large", "cancel")
    assert cancelled.as_dict()["action"] == "cancel"
    assert list(bucket.list_unfinished_large_files()) == []


def test_keys_are_dictionaries(api: Any, bucket: Any) -> None:
    key = api.create_key(["readFiles"], "my-key", bucket_id=bucket.id_, name_prefix="a")
    assert key["applicationKey"]
    assert (key["bucketId"], key["namePrefix"], key["keyName"]) == (bucket.id_, "a", "my-key")
    assert [one["keyName"] for one in api.list_keys()["keys"] if one["keyName"] == "my-key"] == ["my-key"]
    assert api.get_key(key["applicationKeyId"])["bucketId"] == bucket.id_
    assert api.delete_key(key["applicationKeyId"])["applicationKeyId"] == key["applicationKeyId"]
    assert api.get_key(key["applicationKeyId"]) is None


def test_a_bucket_by_id_is_asked_of_nobody(api: Any, bucket: Any) -> None:
    unknown = api.get_bucket_by_id(bucket.id_)
    assert (unknown.id_, unknown.name) == (bucket.id_, None)
    unknown.upload_bytes(CONTENT, "file")
    with pytest.raises(TypeError):
        api.get_bucket_by_id(None)


def test_restrictions_are_checked_under_the_older_name(
    api: Any, bucket: Any, front_end: FrontEnd, surface: ModuleType
) -> None:
    key = api.create_key(["listBuckets"], "my-key", bucket_id=bucket.id_)
    with front_end.connect(surface) as restricted:
        authorize(restricted, front_end, key["applicationKeyId"], key["applicationKey"])
        restricted.check_bucket_restrictions(bucket.name)
        with pytest.raises(RestrictedBucket):
            restricted.check_bucket_restrictions("another-bucket")


def test_a_version_that_a_program_makes() -> None:
    made = b2sdk.v1.FileVersionInfo("id", "name", None, "type", None, None, 86_400_000, "upload")
    assert made.format_ls_entry().split() == ["id", "upload", "1970-01-02", "00:00:00", "0", "name"]
    assert made.format_folder_ls_entry("dir/").split() == ["-", "-", "-", "-", "0", "dir/"]
    assert made.as_dict()["legalHold"] == "unknown"
    assert "FileVersionInfo('id', 'name'" in repr(made)
    with pytest.raises(ValueError, match='"api" not set'):
        made.get_fresh_state()
    assert made == b2sdk.v1.FileVersionInfo("id", "name", None, "type", None, None, 86_400_000, "upload")


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda version: pickle.loads(pickle.dumps(version))])  # noqa: S301  # our own bytes
def test_a_version_without_api_can_be_copied(again: Callable[[Any], Any]) -> None:
    made = b2sdk.v1.FileVersionInfo("id", "name", 3, "type", "unverified:sha", {"a": "b"}, 1, "upload")
    assert again(made) == made
    assert again(made).content_sha1_verified is False


def test_what_is_changed_of_a_version_is_reported_by_one_of_v1(api: Any, surface: ModuleType) -> None:
    bucket = api.create_bucket("locked-files", "allPrivate", is_file_lock_enabled=True)
    file = bucket.upload_bytes(CONTENT, "file")
    held = file.update_legal_hold(surface.LegalHold.ON)
    assert (type(held), held.legal_hold, held.id_) == (surface.FileVersionInfo, surface.LegalHold.ON, file.id_)
    assert held.api is api
    assert held.update_legal_hold(surface.LegalHold.OFF).get_fresh_state().legal_hold is surface.LegalHold.OFF


def test_headers_are_read_as_a_version(api: Any, bucket: Any) -> None:
    bucket.upload_bytes(CONTENT, "file")
    headers = api.session.get_file_info_by_name(bucket.name, "file")
    version = bucket.FILE_VERSION_FACTORY(api).from_response_headers(headers)
    assert (version.file_name, version.size, version.action) == ("file", 7, "upload")


def test_a_file_that_is_not_there(bucket: Any) -> None:
    with pytest.raises(FileNotPresent):
        bucket.get_file_info_by_name("nothing")
