"""universal-pathlib: paths as those of pathlib."""

from __future__ import annotations

from typing import Any

import pytest
from upath import UPath

from b2sdk.v3 import Bucket


@pytest.fixture
def path(url: str, bucket: Bucket) -> Any:
    for name in ("folder/a.txt", "folder/b.csv", "folder/below/c.txt"):
        bucket.upload_bytes(name.encode(), name)
    return UPath(url)


def test_a_url_is_a_path(path: Any, url: str, bucket: Bucket, fs: Any) -> None:
    assert type(path).__name__ == "B2Path"
    file = path / "folder" / "a.txt"
    assert (str(file), file.name, file.suffix, file.parent.name) == (f"{url}/folder/a.txt", "a.txt", ".txt", "folder")
    assert file.fs is fs
    assert (file.exists(), file.is_file(), file.is_dir()) == (True, True, False)
    assert (path / "folder").is_dir()
    assert not (path / "none").exists()
    stat = file.stat()
    uploaded = bucket.get_file_info_by_name("folder/a.txt").upload_timestamp / 1000
    assert (stat.st_size, stat.st_mtime, stat.st_birthtime) == (12, uploaded, uploaded)


def test_folders_are_walked_and_searched(path: Any) -> None:
    assert sorted(child.name for child in path.iterdir()) == ["folder"]
    assert sorted(child.name for child in (path / "folder").iterdir()) == ["a.txt", "b.csv", "below"]
    assert sorted(found.name for found in path.glob("folder/*.txt")) == ["a.txt"]
    assert sorted(found.name for found in path.rglob("*.txt")) == ["a.txt", "c.txt"]
    walked = [(folder.name, sorted(folders), sorted(files)) for folder, folders, files in (path / "folder").walk()]
    assert walked == [("folder", ["below"], ["a.txt", "b.csv"]), ("below", [], ["c.txt"])]


def test_files_are_written_renamed_and_deleted(path: Any, bucket: Bucket) -> None:
    (path / "new" / "a.txt").write_text("text")
    with (path / "new" / "b.bin").open("wb") as file:
        file.write(b"bytes")
    assert (path / "new" / "a.txt").read_text() == "text"
    assert (path / "new" / "b.bin").read_bytes() == b"bytes"
    (path / "new" / "a.txt").rename(path / "new" / "c.txt")
    (path / "new" / "b.bin").unlink()
    assert [version.file_name for version, _ in bucket.ls("new", recursive=True)] == ["new/c.txt"]
    with pytest.raises(FileNotFoundError):
        (path / "new" / "a.txt").read_text()
