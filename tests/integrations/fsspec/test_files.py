"""Files that were opened."""

from __future__ import annotations

import gc
import gzip
import io
import pickle
import threading
import zipfile
from collections.abc import Callable
from typing import Any

import fsspec
import pytest
from tests.integrations.fsspec.conftest import rebuilt

from b2sdk.integrations.fsspec import listings
from b2sdk.integrations.pytest_plugin import CallJournal
from b2sdk.v3 import B2Api, Bucket

CONTENT = b"".join(b"%07d\n" % number for number in range(100_000))


@pytest.fixture
def path(bucket: Bucket, root: str) -> str:
    bucket.upload_bytes(CONTENT, "folder/file")
    return f"{root}/folder/file"


def versions(bucket: Bucket) -> list[str]:
    return [version.file_name for version, _ in bucket.ls(latest_only=False, recursive=True)]


def assert_nothing_is_left(bucket: Bucket) -> None:
    assert versions(bucket) == []
    assert list(bucket.list_unfinished_large_files()) == []


# --- reading ---


def test_an_opened_file_has_what_fsspec_says(fs: Any, path: str, root: str) -> None:
    with fs.open(f"b2://{path}") as file:
        assert (file.size, file.path, file.name, file.mode, file.fs) == (len(CONTENT), path, path, "rb", fs)
        assert (file.full_name, file.details, file.info()) == (f"b2://{path}", fs.info(path), fs.info(path))
        assert (file.readable(), file.seekable(), file.writable()) == (True, True, False)
        assert file.blocksize == 5 * 2**20
    assert file.closed
    with pytest.raises(ValueError, match="closed"):
        file.read()


def test_opening_is_one_request(fs: Any, path: str, b2_sim_journal: CallJournal) -> None:
    fs.get_client()
    before = len(b2_sim_journal.entries)
    with fs.open(path) as file:
        assert file.read(100) == CONTENT[:100]
        assert fs.info(path)["size"] == file.size
    assert len(b2_sim_journal.entries) == before + 1


def test_a_file_that_is_known_is_opened_without_a_request(
    fs: Any, make_fs: Callable[..., Any], path: str, bucket: Bucket, b2_sim_journal: CallJournal
) -> None:
    with fs.open(path) as first:
        first.seek(10)
        assert first.read(5) == CONTENT[10:15]
    before = len(b2_sim_journal.entries)
    again = fs.open(path)
    assert (again.tell(), again.info(), len(b2_sim_journal.entries)) == (0, fs.info(path), before)
    assert again.read() == CONTENT
    fs.pipe_file(path, b"newer")
    assert fs.open(path).read() == b"newer"
    fs.ls(fs._parent(path))
    bucket.upload_bytes(b"newest", "folder/file")
    assert fs.open(path).read() == b"newer"
    assert make_fs(use_listings_cache=False).open(path).read() == b"newest"


def test_an_empty_file_that_is_known_is_opened(fs: Any, root: str, bucket: Bucket) -> None:
    bucket.upload_bytes(b"", "empty")
    fs.ls(root)
    with fs.open(f"{root}/empty") as file:
        assert (file.read(), file.size) == (b"", 0)


def test_a_file_with_an_encoding_is_read_as_it_is_stored(fs: Any, root: str, bucket: Bucket) -> None:
    stored = gzip.compress(b"content" * 1000)
    bucket.upload_bytes(stored, "a.gz", content_encoding="gzip")
    for look in (fs.ls, fs.info):
        fs.invalidate_cache()
        assert fs.open(f"{root}/a.gz").read() == stored
        fs.invalidate_cache()
        look(root if look == fs.ls else f"{root}/a.gz")
        with fs.open(f"{root}/a.gz") as file:
            assert file.read() == stored
            assert file.info() == fs.info(f"{root}/a.gz") == fs.ls(root)[0]
            assert file.info()["contentEncoding"] == "gzip"


def test_a_known_version_that_is_gone_is_replaced_by_the_newest(fs: Any, path: str, bucket: Bucket) -> None:
    def replace() -> Any:
        fs.ls(fs._parent(path), refresh=True)
        file = fs.open(path)
        old = fs.info(path)["fileId"]
        bucket.upload_bytes(b"newer", "folder/file")
        bucket.delete_file_version(old, "folder/file")
        return file

    file = replace()
    file.seek(2)
    assert (file.read(), file.size) == (b"wer", 5)
    file = replace()
    assert file.size == 5  # what has been seen of a file is of the version that is read
    with pytest.raises(FileNotFoundError):
        file.read()
    assert fs.open(path).read() == b"newer"
    fs.ls(fs._parent(path))
    file = fs.open(path, cache_type="readahead")
    bucket.hide_file("folder/file")
    bucket.delete_file_version(file.details["fileId"], "folder/file")
    with pytest.raises(FileNotFoundError):
        file.read()
    with pytest.raises(FileNotFoundError):
        fs.open(path)


def test_an_open_file_is_known_until_it_is_closed(
    fs: Any, path: str, b2_sim_journal: CallJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    with fs.open(path):
        monkeypatch.setattr(listings, "GLANCE_SECONDS", -1)
        before = len(b2_sim_journal.entries)
        assert fs.info(path)["size"] == len(CONTENT)
        assert len(b2_sim_journal.entries) == before
    fs.info(path)
    assert len(b2_sim_journal.entries) == before + 1


def test_files_of_other_filesystems_are_read_in_windows_too() -> None:
    fetched: list[tuple[int, int]] = []

    def fetch(start: int, stop: int) -> bytes:
        fetched.append((start, stop))
        return CONTENT[start:stop]

    kind = fsspec.caching.caches["window"]
    cache = kind(5 * 2**20, fetch, len(CONTENT))
    ranges = [
        (0, 10),
        (10, 20),
        (790_000, 790_008),
        (799_999, 900_000),
        (100, 700_000),
        (900_000, 900_001),
        (None, None),
    ]
    for start, stop in ranges:
        assert cache._fetch(start, stop) == CONTENT[start:stop]
    tail = len(CONTENT) - 256 * 1024
    assert fetched == [(0, 262_144), (tail, 800_000), (100, 700_000), (0, 800_000)]
    assert (cache.hit_count, cache.miss_count) == (2, 4)


@pytest.mark.parametrize("cache_type", ["window", "readahead", "none", "bytes", "blockcache", "all", "background"])
def test_every_cache_reads_the_same(make_fs: Callable[..., Any], path: str, cache_type: str) -> None:
    fs = make_fs(default_cache_type=cache_type, default_block_size=100_000)
    with fs.open(path) as file:
        assert file.read(10) == CONTENT[:10]
        assert file.seek(-10, io.SEEK_END) == len(CONTENT) - 10
        assert file.read() == CONTENT[-10:]
        file.seek(300_000)
        assert file.readline() == CONTENT[300_000:300_008]
        buffer = bytearray(20)
        assert (file.readinto(buffer), bytes(buffer)) == (20, CONTENT[300_008:300_028])
        assert file.tell() == 300_028
        copy = rebuilt(file)
        assert copy.read(8) == CONTENT[300_028:300_036]
        copy.close()


@pytest.mark.parametrize("cache_type", ["window", "none"])
def test_a_pickled_file_is_the_same_version_at_the_same_place(
    fs: Any, path: str, bucket: Bucket, cache_type: str
) -> None:
    file = fs.open(path, cache_type=cache_type)
    file.seek(400_000)
    pickled = pickle.dumps(file)
    bucket.upload_bytes(b"another", "folder/file")
    fs.invalidate_cache(path)
    copy = pickle.loads(pickled)  # noqa: S301  # our own
    assert copy.tell() == 400_000
    assert copy.read() == CONTENT[400_000:]
    assert copy.info()["fileId"] == file.info()["fileId"]
    assert fs.open(path).read() == b"another"


def test_a_deleted_version_is_not_found_while_it_is_read(fs: Any, path: str, bucket: Bucket) -> None:
    with fs.open(path) as file:
        bucket.delete_file_version(file.info()["fileId"], "folder/file")
        file.seek(500_000)
        with pytest.raises(FileNotFoundError) as caught:
            file.read(10)
    assert caught.value.filename == path


def test_threads_may_share_a_file(fs: Any, path: str) -> None:
    wrong: list[int] = []
    with fs.open(path) as file:

        def read_some(first: int) -> None:
            for number in range(first, 100_000, 997):
                file.seek(number * 8)
                if file.read(8) != b"%07d\n" % number:
                    wrong.append(number)

        threads = [threading.Thread(target=read_some, args=(first,)) for first in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert wrong == []


def test_libraries_read_archives(fs: Any, root: str) -> None:
    with fs.open(f"{root}/a.zip", "wb") as file, zipfile.ZipFile(file, "w") as archive:
        archive.writestr("name", "content")
    with fs.open(f"{root}/a.zip") as file, zipfile.ZipFile(file) as archive:
        assert archive.read("name") == b"content"


def test_text_is_read_by_lines(fs: Any, path: str) -> None:
    with fs.open(path, "r", encoding="ascii") as file:
        assert [next(file), next(file)] == ["0000000\n", "0000001\n"]
    assert fs.read_text(path) == CONTENT.decode()
    assert fs.read_block(path, 4, 10, b"\n") == b"0000001\n"
    assert (fs.head(path, 3), fs.tail(path, 3)) == (CONTENT[:3], CONTENT[-3:])


# --- writing ---


def test_what_is_written_is_a_file_when_it_is_closed(fs: Any, root: str, bucket: Bucket) -> None:
    file = fs.open(f"{root}/a", "wb")
    assert (file.write(b"one"), file.write(memoryview(b"two")), file.tell()) == (3, 3, 6)
    file.flush()
    assert (file.writable(), file.readable(), file.seekable(), file.mode, file.path) == (
        True, False, False, "wb", f"{root}/a",
    )  # fmt: skip
    with pytest.raises(io.UnsupportedOperation):
        file.read()
    with pytest.raises(TypeError):
        pickle.dumps(file)
    assert versions(bucket) == []
    file.close()
    file.close()
    assert fs.cat_file(f"{root}/a") == b"onetwo"


def test_a_large_file_is_sent_in_parts(make_fs: Callable[..., Any], root: str, b2_sim_journal: CallJournal) -> None:
    fs = make_fs(default_block_size=1)
    size = fs.get_client().account_info.get_absolute_minimum_part_size()
    with fs.open(f"{root}/a", "wb") as file:
        assert file.blocksize == size
        file.write(bytes(2 * size + 1))
    assert len(b2_sim_journal.calls("b2_upload_part")) == 3
    assert fs.size(f"{root}/a") == 2 * size + 1


def leave_binary(fs: Any, path: str, mode: str = "wb") -> None:
    with fs.open(path, mode) as file:
        file.write(b"half")
        raise ZeroDivisionError


def leave_text(fs: Any, path: str) -> None:
    with fs.open(path, "w", encoding="utf-16") as file:
        file.write("half")
        raise ZeroDivisionError


def leave_compressed(fs: Any, path: str) -> None:
    with fs.open(path, "wb", compression="gzip") as file:
        file.write(b"half")
        raise ZeroDivisionError


def leave_compressed_text(fs: Any, path: str) -> None:
    with fs.open(path, "wt", compression="gzip") as file:
        file.write("half")
        raise ZeroDivisionError


def leave_with_parts_sent(fs: Any, path: str) -> None:
    with fs.open(path, "wb", block_size=1) as file:
        file.write(bytes(3 * file.blocksize))
        raise ZeroDivisionError


@pytest.mark.parametrize(
    "leave", [leave_binary, leave_text, leave_compressed, leave_compressed_text, leave_with_parts_sent]
)
def test_an_exception_in_the_block_makes_no_file(
    fs: Any, root: str, bucket: Bucket, leave: Callable[[Any, str], None]
) -> None:
    with pytest.raises(ZeroDivisionError):
        leave(fs, f"{root}/a")
    assert_nothing_is_left(bucket)


def leave_url(path: str, mode: str, **options: Any) -> None:
    with fsspec.open(f"b2://{path}", mode, **options) as file:
        file.write("half" if mode == "wt" else b"half")
        raise ZeroDivisionError


@pytest.mark.parametrize(("mode", "compression"), [("wb", None), ("wt", None), ("wb", "gzip"), ("wt", "gzip")])
def test_an_exception_in_the_block_of_a_url_makes_no_file(
    access: dict[str, Any], root: str, bucket: Bucket, mode: str, compression: str | None
) -> None:
    with pytest.raises(ZeroDivisionError):
        leave_url(f"{root}/a", mode, compression=compression, **access)
    assert_nothing_is_left(bucket)


def test_an_exception_in_the_block_of_several_urls_makes_no_file(
    access: dict[str, Any], root: str, bucket: Bucket
) -> None:
    def leave() -> None:
        with fsspec.open_files([f"b2://{root}/a", f"b2://{root}/b"], "wb", **access) as files:
            files[0].write(b"half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        leave()
    assert_nothing_is_left(bucket)


def test_a_file_that_is_closed_while_an_exception_is_handled_is_made(
    access: dict[str, Any], fs: Any, root: str
) -> None:
    file = fs.open(f"{root}/a", "wb")
    file.write(b"whole")
    try:
        _ = 1 // int(root == "")
    except ZeroDivisionError:
        file.close()
        with fsspec.open(f"b2://{root}/b", "wb", **access) as other:
            other.write(b"whole")
    assert fs.cat([f"{root}/a", f"{root}/b"]) == {f"{root}/a": b"whole", f"{root}/b": b"whole"}


@pytest.mark.parametrize(("mode", "options"), [("wb", {}), ("wb", {"compression": "gzip"}), ("w", {})])
def test_a_forgotten_or_discarded_file_is_none(
    fs: Any, root: str, bucket: Bucket, mode: str, options: dict[str, Any]
) -> None:
    half = "half" if mode == "w" else b"half"
    file = fs.open(f"{root}/a", mode, **options)
    file.write(half)
    forgotten = [file]
    del file
    with pytest.warns(ResourceWarning, match="neither closed nor discarded"):
        forgotten.clear()
    gc.collect()
    file = fs.open(f"{root}/a", mode, **options)
    file.write(half)
    file.abort()
    if mode == "wb":
        file.close()
        assert file.closed
    assert_nothing_is_left(bucket)


def test_text_that_cannot_be_encoded_makes_no_file(fs: Any, root: str, bucket: Bucket) -> None:
    file = fs.open(f"{root}/a", "w", encoding="ascii")
    with pytest.raises(UnicodeEncodeError):
        file.write("ä")
    file.abort()
    assert_nothing_is_left(bucket)


# --- appending ---


@pytest.mark.parametrize(("before", "added"), [(b"", b"new"), (b"old", b"new"), (b"old", b"")])
def test_what_is_appended_stands_behind_the_content(fs: Any, root: str, before: bytes, added: bytes) -> None:
    fs.pipe_file(f"{root}/a", before, content_type="text/x", file_info={"a": "1", "src_last_modified_millis": "1"})
    with fs.open(f"{root}/a", "ab") as file:
        assert (file.tell(), file.write(added), file.tell()) == (len(before), len(added), len(before + added))
    assert fs.cat_file(f"{root}/a") == before + added
    if before and added:
        entry = fs.info(f"{root}/a")
        assert (entry["contentType"], entry["fileInfo"]) == ("text/x", {"a": "1"})


def test_a_new_file_is_appended_to(fs: Any, root: str, bucket: Bucket) -> None:
    with fs.open(f"{root}/a", "a") as file:
        file.write("new")
    with fs.open(f"{root}/a", "a") as file:
        file.write("er")
    assert fs.cat_file(f"{root}/a") == b"newer"
    with pytest.raises(ZeroDivisionError):
        leave_binary(fs, f"{root}/a", "ab")
    assert fs.cat_file(f"{root}/a") == b"newer"


def test_a_large_file_is_appended_to_without_a_download(
    make_fs: Callable[..., Any], root: str, b2_sim_journal: CallJournal
) -> None:
    fs = make_fs(default_block_size=1)
    size = fs.get_client().account_info.get_absolute_minimum_part_size()
    fs.pipe_file(f"{root}/a", b"a" * size)
    with fs.open(f"{root}/a", "ab") as file:
        file.write(b"b" * size)
    assert fs.cat_file(f"{root}/a") == b"a" * size + b"b" * size
    assert [len(b2_sim_journal.calls(f"b2_{name}")) for name in ("copy_part", "upload_part")] == [1, 1]


def test_a_key_that_cannot_read_cannot_append(make_fs: Callable[..., Any], b2_sim_api: B2Api, bucket: Bucket) -> None:
    key = b2_sim_api.create_key(["listFiles", "writeFiles"], "writer", bucket_ids=[bucket.id_])
    bucket.upload_bytes(b"x", "a")
    with pytest.raises(PermissionError):
        make_fs(key_id=key.id_, key=key.application_key).open(f"{bucket.name}/a", "ab")


# --- text and compression ---


def test_text_and_compression_are_written(fs: Any, root: str) -> None:
    with fs.open(f"{root}/text", "w", encoding="utf-16", newline="\r\n") as file:
        file.write("ä\n")
    assert fs.cat_file(f"{root}/text").decode("utf-16") == "ä\r\n"
    with fs.open(f"{root}/a.gz", "wb", compression="infer") as file:
        assert file.write(b"content") == 7
    assert gzip.decompress(fs.cat_file(f"{root}/a.gz")) == b"content"
    with fs.open(f"{root}/b.gz", "wt", compression="gzip") as file:
        file.write("content")
    with fs.open(f"{root}/b.gz", "rt", compression="gzip") as file:
        assert file.read() == "content"
    with fs.open(f"{root}/c", "wb", compression="infer") as file:
        file.write(b"plain")
    assert fs.cat_file(f"{root}/c") == b"plain"


@pytest.mark.parametrize("mode", ["rb+", "wb+", "r+b", "ab+"])
def test_other_modes_are_refused(fs: Any, root: str, mode: str) -> None:
    with pytest.raises(NotImplementedError, match="mode"):
        fs.open(f"{root}/a", mode)


def test_urls_are_opened(root: str, access: dict[str, Any]) -> None:
    with fsspec.open(f"b2://{root}/a.txt.gz", "wt", compression="infer", **access) as file:
        file.write("content")
    with fsspec.open(f"b2://{root}/a.txt.gz", "rt", compression="infer", **access) as file:
        assert file.read() == "content"
    fs, path = fsspec.url_to_fs(f"b2://{root}/a", **access)
    assert path == f"{root}/a"
    assert fsspec.filesystem("b2", **access) is fs
