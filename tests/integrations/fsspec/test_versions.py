"""Versions of files other than the newest, and hide markers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.integrations.fsspec.conftest import rebuilt

from b2sdk.integrations.pytest_plugin import CallJournal
from b2sdk.v3 import B2Api, Bucket, FileVersion


@pytest.fixture
def aware(make_fs: Callable[..., Any]) -> Any:
    return make_fs(version_aware=True)


@pytest.fixture
def both(bucket: Bucket) -> tuple[FileVersion, FileVersion]:
    """Return the older and the newer version of a file."""
    return bucket.upload_bytes(b"older", "folder/a"), bucket.upload_bytes(b"newer one", "folder/a")


def test_all_versions_of_a_file_are_described(
    fs: Any, aware: Any, root: str, bucket: Bucket, both: tuple[FileVersion, FileVersion]
) -> None:
    marker = bucket.hide_file("folder/a")
    found = fs.object_version_info(f"b2://{root}/folder/a")
    assert [entry["fileId"] for entry in found] == [marker.id_, both[1].id_, both[0].id_]
    assert [(entry["type"], entry["size"]) for entry in found] == [("other", 0), ("file", 9), ("file", 5)]
    assert (found[0]["action"], "action" in found[1]) == ("hide", False)
    assert found[2] == fs.info(f"{root}/folder/a", version=both[0].id_)
    assert fs.info(f"{root}/folder/a", version=marker.id_) == found[0]
    assert [entry["name"] for entry in aware.object_version_info(f"{root}/folder/a")] == [
        f"{root}/folder/a?fileId={entry['fileId']}" for entry in found
    ]
    assert fs.object_version_info(f"{root}/none") == []


def test_versions_are_listed(
    fs: Any, aware: Any, root: str, bucket: Bucket, both: tuple[FileVersion, FileVersion]
) -> None:
    bucket.upload_bytes(b"", "b")
    bucket.hide_file("b")
    bucket.api.session.start_large_file(bucket.id_, "folder/unfinished", "text/plain", {})
    names = fs.ls(f"{root}/folder", versions=True, detail=False)
    assert names == [f"{root}/folder/a"] * 2
    assert [entry["fileId"] for entry in fs.ls(f"{root}/folder", versions=True)] == [both[1].id_, both[0].id_]
    assert [(entry["name"], entry["type"]) for entry in fs.ls(root, versions=True)] == [
        (f"{root}/b", "other"), (f"{root}/b", "file"), (f"{root}/folder", "directory"),
    ]  # fmt: skip
    paths = aware.ls(f"{root}/folder/a", versions=True, detail=False)
    assert [aware.cat_file(path) for path in paths] == [b"newer one", b"older"]
    assert fs.ls("", versions=True, detail=False) == [root]
    for missing in (f"{root}/none", f"{root}/folder/none"):
        with pytest.raises(FileNotFoundError):
            fs.ls(missing, versions=True)


def test_folders_with_many_versions_are_passed_over(
    fs: Any, root: str, bucket: Bucket, b2_sim_journal: CallJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("b2sdk.integrations.fsspec.folders.LIST_FILE_NAMES_MAX_LIMIT", 2)
    for name in ["a"] * 5 + [f"b/{number}" for number in range(6)] + ["c"]:
        bucket.upload_bytes(b"", name)
    names = fs.ls(root, versions=True, detail=False)
    assert names == [f"{root}/a"] * 5 + [f"{root}/b", f"{root}/c"]
    assert len(b2_sim_journal.calls("b2_list_file_versions")) == 4


def test_a_version_is_read_by_its_id(fs: Any, root: str, both: tuple[FileVersion, FileVersion]) -> None:
    path, (older, _) = f"{root}/folder/a", both
    with fs.open(path, version=older.id_) as file:
        assert (file.read(), file.info()["fileId"]) == (b"older", older.id_)
    with fs.open(path, version=older.id_, cache_type="none") as file:
        assert file.read() == b"older"
    assert fs.open(path).read() == b"newer one"
    with pytest.raises(ValueError, match="version"):
        fs.open(path, "wb", version=older.id_)


def test_a_path_may_be_a_version(
    aware: Any, root: str, bucket: Bucket, both: tuple[FileVersion, FileVersion], tmp_path: Path
) -> None:
    path = f"{root}/folder/a?fileId={both[0].id_}"
    entry = aware.info(f"b2://{path}")
    assert (entry["name"], entry["size"], aware.exists(path), aware.isfile(path)) == (path, 5, True, True)
    assert (aware.cat_file(path), aware.cat_file(path, 1, 3), aware.cat_file(path, -2)) == (b"older", b"ld", b"er")
    assert aware.cat(path) == b"older"
    assert aware.cat_ranges([path, path], [0, 2], [1, 4]) == [b"o", b"de"]
    with aware.open(path) as file:
        assert (file.read(2), rebuilt(file).read()) == (b"ol", b"der")
    assert (aware.ukey(path), aware.created(path)) == (both[0].id_, entry["created"])
    aware.get(path, str(tmp_path / "saved"))
    aware.get_file(path, str(tmp_path / "again"))
    assert (tmp_path / "saved").read_bytes() == (tmp_path / "again").read_bytes() == b"older"
    aware.get(path, f"{tmp_path}/")
    assert (tmp_path / "a").read_bytes() == b"older"
    for copy in (aware.cp_file, aware.copy):
        copy(path, f"{root}/copy")
        assert aware.cat_file(f"{root}/copy") == b"older"
        aware.rm(f"{root}/copy")
    assert aware.url(path).endswith(both[0].id_)
    aware.rm(path)
    assert not aware.exists(path)
    assert [version.id_ for version in bucket.list_file_versions("folder/a")] == [both[1].id_]


def test_a_version_is_one_of_its_file(aware: Any, root: str, bucket: Bucket, b2_sim_api: B2Api) -> None:
    other = bucket.upload_bytes(b"x", "other")
    elsewhere = b2_sim_api.create_bucket(f"{root}-elsewhere", "allPrivate").upload_bytes(b"x", "a")
    marker = bucket.hide_file("other")
    for path in (f"{root}/a?fileId={other.id_}", f"{root}/a?fileId={elsewhere.id_}"):
        for verb in (aware.info, aware.open):
            with pytest.raises(FileNotFoundError):
                verb(path)
    for verb in (aware.cat_file, lambda path: aware.cat_file(path, 0, 1), lambda path: aware.get_file(path, "none")):
        with pytest.raises(FileNotFoundError):
            verb(f"{root}/a?fileId={other.id_}")
    with pytest.raises(FileNotFoundError):
        aware.open(f"{root}/other?fileId={marker.id_}")
    with pytest.raises(ValueError, match="version"):
        aware.pipe_file(f"{root}/other?fileId={other.id_}", b"")


def test_the_same_characters_are_a_part_of_a_name_otherwise(fs: Any, root: str, both: tuple[FileVersion, ...]) -> None:
    path = f"{root}/folder/a?fileId={both[0].id_}"
    assert not fs.exists(path)
    fs.pipe_file(path, b"literal")
    assert fs.cat_file(path) == b"literal"
    with fs.open(path) as file:
        assert file.read() == b"literal"


def test_a_hidden_file_is_shown_again(fs: Any, root: str, bucket: Bucket) -> None:
    bucket.upload_bytes(b"content", "a")
    fs.rm(f"{root}/a")
    assert fs.ls(root) == []
    fs.unhide(f"{root}/a")
    assert (fs.cat_file(f"{root}/a"), fs.ls(root, detail=False)) == (b"content", [f"{root}/a"])
    with pytest.raises(FileExistsError):
        fs.unhide(f"{root}/a")
    with pytest.raises(FileNotFoundError):
        fs.unhide(f"{root}/none")


def test_a_key_with_a_prefix_lists_the_versions_that_it_sees(
    make_fs: Callable[..., Any], root: str, bucket: Bucket, b2_sim_api: B2Api, both: tuple[FileVersion, FileVersion]
) -> None:
    key = b2_sim_api.create_key(["listFiles", "readFiles"], "reader", bucket_ids=[bucket.id_], name_prefix="folder/")
    fs = make_fs(key_id=key.id_, key=key.application_key)
    assert [entry["name"] for entry in fs.ls(root, versions=True)] == [f"{root}/folder"]
    assert len(fs.ls(f"{root}/folder", versions=True)) == 2
    assert len(fs.object_version_info(f"{root}/folder/a")) == 2
