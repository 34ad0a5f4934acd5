"""What fsspec puts before a filesystem: caches, archives, folders as roots, copies between filesystems."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import fsspec
import fsspec.generic
import fsspec.parquet
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from tests.data.conftest import Costs

from b2sdk.v3 import Bucket

CONTENT = b"".join(b"%07d\n" % number for number in range(100_000))
FRAME = pd.DataFrame({f"column {letter}": range(50_000) for letter in "abcdefghij"})


@pytest.fixture
def file_url(bucket: Bucket, url: str) -> str:
    bucket.upload_bytes(CONTENT, "folder/file")
    return f"{url}/folder/file"


@pytest.mark.parametrize("cache", ["simplecache", "filecache"])
def test_a_local_copy_is_read_the_second_time(file_url: str, tmp_path: Path, costs: Costs, cache: str) -> None:
    def read() -> bytes:
        with fsspec.open(f"{cache}::{file_url}", **{cache: {"cache_storage": str(tmp_path)}}) as file:
            content: bytes = file.read()
        return content

    costs.begin()
    assert read() == CONTENT
    assert costs.take().fetched == len(CONTENT)
    assert read() == CONTENT
    assert costs.take().fetched == 0


def test_a_changed_file_is_copied_again(fs: Any, file_url: str, tmp_path: Path) -> None:
    options = {"filecache": {"cache_storage": str(tmp_path), "check_files": True}}
    for content in (CONTENT, b"newer", b"newest"):
        fs.pipe_file(file_url, content)
        with fsspec.open(f"filecache::{file_url}", **options) as file:
            assert file.read() == content


def test_a_local_copy_is_uploaded_when_it_is_closed(url: str, bucket: Bucket, tmp_path: Path) -> None:
    with fsspec.open(f"simplecache::{url}/new", "wb", simplecache={"cache_storage": str(tmp_path)}) as file:
        file.write(CONTENT)
        file.seek(0)
        file.write(b"x")
        assert list(bucket.ls()) == []
    assert fsspec.open(f"{url}/new").open().read() == b"x" + CONTENT[1:]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # fsspec does not close its local file
def test_blocks_are_kept_locally(file_url: str, tmp_path: Path, costs: Costs) -> None:
    fs, path = fsspec.url_to_fs(f"blockcache::{file_url}", blockcache={"cache_storage": str(tmp_path)})
    costs.begin()
    for fetched in (200_000, 0):  # fsspec fetches the block after the last one, too
        with fs.open(path, block_size=100_000) as file:
            file.seek(300_000)
            assert file.read(10) == CONTENT[300_000:300_010]
        assert costs.take().fetched <= fetched
    with fs.open(path, block_size=100_000) as file:
        assert file.read() == CONTENT


def test_members_of_an_archive_are_read(url: str, bucket: Bucket, costs: Costs) -> None:
    local = io.BytesIO()
    with zipfile.ZipFile(local, "w") as archive:
        for number in range(50):
            archive.writestr(f"folder/{number}.txt", CONTENT[: 100_000 + number])
    bucket.upload_bytes(local.getvalue(), "archive.zip")
    costs.begin()
    with fsspec.open(f"zip://folder/7.txt::{url}/archive.zip") as file:
        assert file.read() == CONTENT[:100_007]
    cost = costs.take()
    assert cost.requests <= 4
    assert cost.fetched < 10**6
    files = fsspec.open_files(f"zip://folder/1*.txt::{url}/archive.zip")
    assert len(files) == 11
    frame = pd.read_csv(f"zip://folder/9.txt::{url}/archive.zip", header=None)
    assert len(frame) == 100_009 // 8 + 1


def test_an_archive_is_written(url: str, bucket: Bucket) -> None:
    with fsspec.open(f"{url}/new.zip", "wb") as target:
        archive = fsspec.filesystem("zip", fo=target, mode="w")
        archive.pipe_file("folder/a.txt", CONTENT)
        archive.close()
    with fsspec.open(f"zip://folder/a.txt::{url}/new.zip") as file:
        assert file.read() == CONTENT


def test_a_folder_is_a_root(file_url: str, url: str) -> None:
    fs = fsspec.filesystem("dir", path=f"{url}/folder", target_protocol="b2")
    assert fs.ls("", detail=False) == ["file"]
    assert fs.cat_file("file") == CONTENT
    fs.pipe_file("below/new", b"x")
    assert fs.find("") == ["below/new", "file"]


def test_folders_are_copied_between_filesystems(url: str, bucket: Bucket, tmp_path: Path) -> None:
    for name in ("a", "b/c", "b/d/e"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())

    def stored() -> dict[str, int]:
        return {version.file_name: version.size or 0 for version, _ in bucket.ls(recursive=True)}

    fsspec.generic.rsync(tmp_path.as_uri(), f"{url}/copy")
    assert stored() == {"copy/a": 1, "copy/b/c": 3, "copy/b/d/e": 5}
    (tmp_path / "a").unlink()
    (tmp_path / "b" / "c").write_bytes(b"larger")
    fsspec.generic.rsync(tmp_path.as_uri(), f"{url}/copy", delete_missing=True)
    assert stored() == {"copy/b/c": 6, "copy/b/d/e": 5}
    fsspec.generic.rsync(f"{url}/copy", f"{url}/again")
    assert stored() == {"again/b/c": 6, "again/b/d/e": 5, "copy/b/c": 6, "copy/b/d/e": 5}


def test_columns_are_fetched_before_they_are_read(url: str, costs: Costs) -> None:
    FRAME.to_parquet(f"{url}/a.parquet")
    costs.begin()
    with fsspec.parquet.open_parquet_file(f"{url}/a.parquet", columns=["column c"], engine="pyarrow") as file:
        before = costs.take()
        assert_frame_equal(pd.read_parquet(file, columns=["column c"]), FRAME[["column c"]])
    assert before.listings == 0
    assert costs.take().requests == 0
