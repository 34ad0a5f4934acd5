"""The verbs that make and delete files, folders and buckets."""

from __future__ import annotations

import array
import errno
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from b2sdk.integrations.fsspec import listings
from b2sdk.integrations.pytest_plugin import CallJournal
from b2sdk.v3 import B2Api, Bucket


def stored(bucket: Bucket) -> dict[str, int]:
    return {version.file_name: version.size or 0 for version, _ in bucket.ls(recursive=True)}


@pytest.mark.parametrize("value", [b"ab", bytearray(b"ab"), memoryview(b"ab"), array.array("B", b"ab")])
def test_bytes_become_a_file(fs: Any, root: str, value: Any) -> None:
    fs.pipe_file(f"{root}/a/b", value)
    assert fs.cat_file(f"{root}/a/b") == b"ab"


def test_a_file_has_the_metadata_of_the_call_or_the_filesystem(make_fs: Callable[..., Any], root: str) -> None:
    fs = make_fs(content_type="text/one", file_info={"a": "1", "b": "1"})
    fs.pipe_file(f"{root}/one", b"")
    fs.pipe_file(f"{root}/two", b"", content_type="text/two", file_info={"b": "2"})
    with fs.open(f"{root}/three", "wb", content_type="text/three") as file:
        file.write(b"x")
    described = [fs.info(f"{root}/{name}") for name in ("one", "two", "three")]
    assert [entry["contentType"] for entry in described] == ["text/one", "text/two", "text/three"]
    assert [entry["fileInfo"] for entry in described] == [
        {"a": "1", "b": "1"}, {"a": "1", "b": "2"}, {"a": "1", "b": "1"},
    ]  # fmt: skip


def test_a_file_is_only_created_if_there_is_none(fs: Any, root: str, bucket: Bucket, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"new")
    assert not fs.exists(f"{root}/a")
    bucket.upload_bytes(b"old", "a")
    with pytest.raises(FileExistsError):
        fs.pipe_file(f"{root}/a", b"new", mode="create")
    with pytest.raises(FileExistsError):
        fs.put_file(tmp_path / "file", f"{root}/a", mode="create")
    with pytest.raises(FileExistsError):
        fs.open(f"{root}/a", "xb")
    assert fs.cat_file(f"{root}/a") == b"old"
    with pytest.raises(ValueError, match="mode"):
        fs.pipe_file(f"{root}/a", b"new", mode="other")


@pytest.mark.parametrize("path", ["{root}", "{root}/a//", ""])
def test_what_is_no_name_cannot_be_written(fs: Any, root: str, path: str) -> None:
    with pytest.raises(IsADirectoryError):
        fs.pipe_file(path.format(root=root), b"")


def test_a_name_that_the_service_refuses_is_a_wrong_value(fs: Any, root: str) -> None:
    with pytest.raises(ValueError, match="file name"):
        fs.pipe_file(f"{root}/" + 2000 * "a", b"")


def test_many_files_are_made_at_the_same_time(
    make_fs: Callable[..., Any], root: str, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    fs = make_fs(batch_size=4)
    pipe_file, barrier = fs.pipe_file, threading.Barrier(4, timeout=60)

    def pipe_together(*arguments: Any) -> None:
        barrier.wait()
        pipe_file(*arguments)

    monkeypatch.setattr(fs, "pipe_file", pipe_together)
    fs.pipe({f"{root}/{number}": b"x" * number for number in range(4)})
    assert stored(bucket) == {str(number): number for number in range(4)}
    with pytest.raises(ValueError, match="path"):
        fs.pipe([f"{root}/a"], b"")


def test_a_touched_file_is_empty(fs: Any, root: str) -> None:
    fs.touch(f"{root}/a")
    fs.pipe_file(f"{root}/b", b"x")
    fs.touch(f"{root}/b")
    assert fs.sizes([f"{root}/a", f"{root}/b"]) == [0, 0]
    with pytest.raises(NotImplementedError):
        fs.touch(f"{root}/b", truncate=False)


def test_a_local_file_is_uploaded_with_its_time(fs: Any, root: str, tmp_path: Path) -> None:
    local = tmp_path / "file"
    local.write_bytes(b"content")
    fs.put_file(local, f"{root}/file")
    entry = fs.info(f"{root}/file")
    assert entry["mtime"] == local.stat().st_mtime_ns // 1_000_000 / 1000
    assert entry["size"] == 7


def test_a_folder_is_uploaded(fs: Any, root: str, bucket: Bucket, tmp_path: Path) -> None:
    for number in range(6):
        (tmp_path / "many" / str(number % 2)).mkdir(parents=True, exist_ok=True)
        (tmp_path / "many" / str(number % 2) / str(number)).write_bytes(b"x" * number)
    fs.put(f"{tmp_path}/many", f"{root}/target/", recursive=True)
    assert stored(bucket) == {f"target/many/{number % 2}/{number}": number for number in range(6)}


# --- what others know ---


@pytest.mark.parametrize(
    ("verb", "arguments"),
    [
        ("pipe_file", ("{root}/a/new", b"x")),
        ("touch", ("{root}/a/new",)),
        ("cp_file", ("{root}/a/old", "{root}/a/new")),
        ("mv", ("{root}/a/old", "{root}/a/new")),
        ("put_file", ("{local}", "{root}/a/new")),
        ("write_text", ("{root}/a/new", "x")),
        ("rm", ("{root}/a/old",)),
        ("rm", ("{root}/a", True)),
    ],
)
def test_each_change_is_seen_at_once(
    fs: Any,
    make_fs: Callable[..., Any],
    root: str,
    bucket: Bucket,
    tmp_path: Path,
    verb: str,
    arguments: tuple[Any, ...],
) -> None:
    bucket.upload_bytes(b"x", "a/old")
    (tmp_path / "local").write_bytes(b"x")
    other = make_fs(batch_size=2)
    assert other.account is not fs.account
    other.find(root)
    other.ls(root)
    other.ls("")
    other.info(f"{root}/a/old")
    places = {"root": root, "local": tmp_path / "local"}
    getattr(fs, verb)(*(one.format(**places) if isinstance(one, str) else one for one in arguments))
    expected = sorted(f"{root}/{name}" for name in stored(bucket))
    assert (other.ls(f"{root}/a", detail=False) if expected else []) == expected
    assert other.ls(root, detail=False) == ([f"{root}/a"] if expected else [])
    assert other.exists(f"{root}/a/old") is (f"{root}/a/old" in expected)


# --- copies ---


def test_a_copy_keeps_the_metadata_and_needs_no_download(
    fs: Any, root: str, bucket: Bucket, b2_sim_api: B2Api, b2_sim_journal: CallJournal
) -> None:
    bucket.upload_bytes(b"content", "a", "text/plain", {"x": "y"})
    other = b2_sim_api.create_bucket("another-bucket-for-copies", "allPrivate")
    fs.cp_file(f"{root}/a", f"{other.name}/b")
    entry = fs.info(f"{other.name}/b")
    assert (entry["contentType"], entry["fileInfo"], entry["size"]) == ("text/plain", {"x": "y"}, 7)
    assert len(b2_sim_journal.calls("b2_copy_file")) == 1
    fs.cp_file(f"{root}/a", f"{root}/a")
    assert len(list(bucket.list_file_versions("a"))) == 1
    with pytest.raises(FileNotFoundError):
        fs.cp_file(f"{root}/none", f"{root}/b")


def test_a_version_that_is_gone_is_looked_for_again(fs: Any, root: str, bucket: Bucket) -> None:
    old = bucket.upload_bytes(b"old", "a")
    fs.ls(root)
    bucket.upload_bytes(b"newer", "a")
    bucket.delete_file_version(old.id_, "a")
    assert fs.cat_file(f"{root}/a", -2) == b"er"
    fs.ls(root)
    newer = bucket.upload_bytes(b"newest", "a")
    bucket.delete_file_version(next(v.id_ for v in bucket.list_file_versions("a") if v.id_ != newer.id_), "a")
    fs.cp_file(f"{root}/a", f"{root}/b")
    assert fs.cat_file(f"{root}/b") == b"newest"


@pytest.mark.parametrize("several", [list, tuple])
def test_several_paths_are_a_list_or_a_tuple(fs: Any, root: str, bucket: Bucket, tmp_path: Path, several: Any) -> None:
    names = ["a", "b"]
    sources, copies = (several(f"{folder}/{name}" for name in names) for folder in (root, f"{root}/copy"))
    fs.pipe(dict.fromkeys(sources, b"x"))
    fs.copy(sources, copies)
    assert fs.cat(copies) == {f"{root}/copy/{name}": b"x" for name in names}
    fs.get(copies, f"{tmp_path}/")
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    fs.rm(sources)
    assert stored(bucket) == {"copy/a": 1, "copy/b": 1}


def test_what_is_moved_is_gone_where_it_was(fs: Any, root: str, bucket: Bucket) -> None:
    for name in ("a/one", "a/two/three", "ab"):
        bucket.upload_bytes(name.encode(), name)
    fs.mv(f"{root}/a", f"{root}/c", recursive=True)
    assert stored(bucket) == {"ab": 2, "c/one": 5, "c/two/three": 11}
    fs.mv(f"{root}/ab", f"{root}/d")
    fs.mv(f"{root}/d", f"{root}/d")
    assert set(stored(bucket)) == {"c/one", "c/two/three", "d"}


def test_a_file_is_moved_away_from_the_folder_of_its_name(fs: Any, root: str, bucket: Bucket) -> None:
    for name in ("a", "a/b"):
        bucket.upload_bytes(b"", name)
    fs.mv(f"{root}/a", f"{root}/c")
    assert set(stored(bucket)) == {"a/b", "c"}


def test_nothing_is_deleted_if_a_copy_fails(
    fs: Any, root: str, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a/one", "a/two"):
        bucket.upload_bytes(b"", name)
    copy = fs._copy_version

    def copy_or_fail(entry: dict[str, Any], target: str) -> None:
        if entry["name"].endswith("two"):
            raise PermissionError
        copy(entry, target)

    monkeypatch.setattr(fs, "_copy_version", copy_or_fail)
    with pytest.raises(PermissionError):
        fs.mv(f"{root}/a", f"{root}/c", recursive=True)
    assert {"a/one", "a/two"} <= set(stored(bucket))


# --- deleting ---


def test_a_deleted_file_is_hidden(fs: Any, root: str, bucket: Bucket) -> None:
    bucket.upload_bytes(b"first", "a")
    bucket.upload_bytes(b"second", "a")
    fs.rm(f"{root}/a")
    assert not fs.exists(f"{root}/a")
    assert [version.action for version in bucket.list_file_versions("a")] == ["hide", "upload", "upload"]
    bucket.unhide_file("a")
    assert fs.cat_file(f"{root}/a") == b"second"


def test_all_versions_are_deleted_if_so_wanted(make_fs: Callable[..., Any], root: str, bucket: Bucket) -> None:
    fs = make_fs(delete="all_versions")
    for name in ("a", "a", "b/c", "b/c", "ab"):
        bucket.upload_bytes(b"", name)
    bucket.upload_bytes(b"", "hidden")
    bucket.hide_file("hidden")
    fs.rm(f"{root}/a")
    fs.rm(f"{root}/b", recursive=True)
    left = [version.file_name for version, _ in bucket.ls(latest_only=False, recursive=True)]
    assert left == ["ab", "hidden", "hidden"]
    with pytest.raises(FileNotFoundError):
        fs.rm(f"{root}/hidden")


def test_what_is_not_there_cannot_be_deleted(fs: Any, root: str, bucket: Bucket) -> None:
    bucket.upload_bytes(b"", "folder/a")
    bucket.upload_bytes(b"", "hidden")
    bucket.hide_file("hidden")
    for path in (f"{root}/none", f"{root}/hidden", f"{root}/folder/a/b"):
        for delete in (fs.rm, fs.rm_file, partial(fs.rm, recursive=True)):
            with pytest.raises(FileNotFoundError):
                delete(path)
    fs.rm_file(f"{root}/folder")
    fs.rm(f"{root}/folder")
    assert set(stored(bucket)) == {"folder/a"}


def test_a_folder_is_deleted_after_one_listing(fs: Any, root: str, bucket: Bucket, b2_sim_journal: CallJournal) -> None:
    for name in ("a", "a/b", "a/c/d", "ab"):
        bucket.upload_bytes(b"", name)
    fs.get_client()
    fs.rm(f"{root}/a", recursive=True)
    assert set(stored(bucket)) == {"ab"}
    fs.rm(root, recursive=True)
    assert stored(bucket) == {}
    assert fs.exists(root)


def test_patterns_lists_and_depths_choose_what_is_deleted(fs: Any, root: str, bucket: Bucket) -> None:
    for name in ("a1", "a2", "b1/x", "b2/y/z", "b2/w", "c", "d"):
        bucket.upload_bytes(b"", name)
    fs.rm(f"{root}/a*")
    assert set(stored(bucket)) == {"b1/x", "b2/y/z", "b2/w", "c", "d"}
    fs.rm([f"{root}/c", f"{root}/d"])
    fs.rm(f"{root}/b2", recursive=True, maxdepth=1)
    assert set(stored(bucket)) == {"b1/x", "b2/y/z"}
    fs.rm(f"{root}/b*", recursive=True)
    assert stored(bucket) == {}
    with pytest.raises(FileNotFoundError):
        fs.rm(f"{root}/b*", recursive=True)


def test_all_buckets_are_not_deleted_at_once(fs: Any) -> None:
    with pytest.raises(ValueError, match="buckets"):
        fs.rm("b2://", recursive=True)


# --- folders and buckets ---


def test_a_made_folder_is_there_until_it_has_something(fs: Any, root: str, b2_sim_journal: CallJournal) -> None:
    before = len(b2_sim_journal.entries)
    fs.mkdir(f"{root}/a/b")
    assert len(b2_sim_journal.entries) == before
    assert fs.isdir(f"{root}/a/b")
    assert fs.isdir(f"{root}/a")
    assert fs.ls(f"{root}/a/b") == []
    assert fs.find(f"{root}/a/b") == []
    fs.pipe_file(f"{root}/a/b/c", b"")
    fs.rm(f"{root}/a/b/c")
    assert not fs.exists(f"{root}/a/b")


def test_a_made_folder_can_be_deleted(fs: Any, root: str) -> None:
    fs.mkdir(f"{root}/a/b")
    fs.rm(f"{root}/a", recursive=True)
    assert not fs.exists(f"{root}/a/b")
    with pytest.raises(FileNotFoundError):
        fs.rm(f"{root}/a", recursive=True)


def test_a_made_folder_is_forgotten_in_the_end(fs: Any, root: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fs.makedirs(f"{root}/a")
    monkeypatch.setattr(listings, "MADE_FOLDER_SECONDS", -1)
    assert not fs.exists(f"{root}/a")


def test_only_an_empty_folder_is_removed(fs: Any, root: str, bucket: Bucket) -> None:
    fs.mkdir(f"{root}/made")
    fs.rmdir(f"{root}/made")
    assert not fs.exists(f"{root}/made")
    bucket.upload_bytes(b"", "a/b")
    with pytest.raises(OSError, match="not empty") as caught:
        fs.rmdir(f"{root}/a")
    assert caught.value.errno == errno.ENOTEMPTY
    with pytest.raises(NotADirectoryError):
        fs.rmdir(f"{root}/a/b")
    with pytest.raises(FileNotFoundError):
        fs.rmdir(f"{root}/none")


def test_buckets_are_made_and_removed(fs: Any, root: str, b2_sim_api: B2Api) -> None:
    name = f"{root}-made"
    assert fs.ls("", detail=False) == [root]
    fs.mkdir(f"b2://{name}")
    assert fs.ls("", detail=False) == [root, name]
    assert b2_sim_api.get_bucket_by_name(name).type_ == "allPrivate"
    with pytest.raises(FileExistsError):
        fs.mkdir(name)
    with pytest.raises(FileExistsError):
        fs.makedirs(name)
    fs.makedirs(name, exist_ok=True)
    fs.pipe_file(f"{name}/a", b"")
    with pytest.raises(OSError, match="not empty") as caught:
        fs.rmdir(name)
    assert (caught.value.errno, caught.value.filename) == (errno.ENOTEMPTY, name)
    for version, _ in b2_sim_api.get_bucket_by_name(name).ls(latest_only=False, recursive=True):
        version.delete()
    fs.rmdir(name)
    assert fs.ls("", detail=False) == [root]


def test_no_bucket_is_made_for_a_folder_in_it(fs: Any, root: str) -> None:
    fs.makedirs(f"{root}-none/folder")
    with pytest.raises(FileNotFoundError):
        fs.pipe_file(f"{root}-none/folder/file", b"")
    assert fs.ls("", detail=False) == [root]
