"""What fsspec puts around filesystems: caches, archives, other roots, and copies between them."""

from __future__ import annotations

import gc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fsspec
import pytest
from fsspec.generic import rsync

from b2sdk.integrations.pytest_plugin import CallJournal
from b2sdk.v3 import Bucket

CONTENT = b"content of a file" * 1000


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("cache", ["simplecache", "filecache", "blockcache"])
def test_local_caches_read_and_write(
    cache: str, access: dict[str, Any], root: str, bucket: Bucket, tmp_path: Path, b2_sim_journal: CallJournal
) -> None:
    bucket.upload_bytes(CONTENT, "a")
    options = {"b2": access, cache: {"cache_storage": str(tmp_path)}}
    with fsspec.open(f"{cache}::b2://{root}/a", **options) as file:
        assert file.read() == CONTENT
    before = len(b2_sim_journal.calls("b2_download_file_by_id") + b2_sim_journal.calls("b2_download_file_by_name"))
    with fsspec.open(f"{cache}::b2://{root}/a", **options) as file:
        assert file.read() == CONTENT
    del file
    gc.collect()  # fsspec closes the local file of a block cache never
    after = [*b2_sim_journal.calls("b2_download_file_by_id"), *b2_sim_journal.calls("b2_download_file_by_name")]
    assert sum(entry.method == "GET" for entry in after[before:]) == 0
    if cache == "simplecache":
        with fsspec.open(f"{cache}::b2://{root}/b", "wb", **options) as file:
            file.write(b"written")
        assert fsspec.filesystem("b2", **access).cat_file(f"{root}/b") == b"written"


def test_members_of_archives_are_read(access: dict[str, Any], root: str) -> None:
    fs = fsspec.filesystem("b2", **access)
    with fs.open(f"{root}/a.zip", "wb") as target:
        archive = fsspec.filesystem("zip", fo=target, mode="w")
        archive.pipe({"folder/one": b"1", "two": b"2"})
        archive.close()
    with fsspec.open(f"zip://folder/one::b2://{root}/a.zip", b2=access) as file:
        assert file.read() == b"1"
    members = fsspec.open_files(f"zip://**::b2://{root}/a.zip", b2=access)
    assert sorted(member.path for member in members) == ["folder/one", "two"]


def test_a_folder_may_be_the_root(make_fs: Callable[..., Any], root: str, bucket: Bucket) -> None:
    fs = make_fs()
    folder = fsspec.filesystem("dir", path=f"{root}/folder", fs=fs)
    folder.pipe({"a": b"1", "below/b": b"2"})
    assert folder.find("") == ["a", "below/b"]
    assert folder.ls("", detail=False) == ["a", "below"]
    folder.mv("a", "c")
    assert folder.cat("**") == {"below/b": b"2", "c": b"1"}
    folder.rm("below", recursive=True)
    assert [version.file_name for version, _ in bucket.ls(recursive=True)] == ["folder/c"]


def test_folders_are_synced_both_ways(access: dict[str, Any], root: str, bucket: Bucket, tmp_path: Path) -> None:
    fs = fsspec.filesystem("b2", **access)
    local = tmp_path / "source"
    (local / "below").mkdir(parents=True)
    (local / "a").write_bytes(b"1")
    (local / "below" / "b").write_bytes(b"22")
    fsspec.filesystem("file")
    current = {"default_method": "current"}
    rsync(f"file://{local}", f"b2://{root}/copy", inst_kwargs=current)
    assert {version.file_name: version.size for version, _ in bucket.ls(recursive=True)} == {
        "copy/a": 1,
        "copy/below/b": 2,
    }
    bucket.upload_bytes(b"333", "copy/c")
    fs.invalidate_cache()
    rsync(f"b2://{root}/copy", f"file://{tmp_path}/back", inst_kwargs=current)
    back = tmp_path / "back"
    found = {file.relative_to(back).as_posix(): file.read_bytes() for file in back.rglob("*") if file.is_file()}
    assert found == {"a": b"1", "below/b": b"22", "c": b"333"}
