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

from b2sdk.integrations.pytest_plugin import CallJournal
from b2sdk.v3 import Bucket

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


def test_a_file_is_opened_again_without_a_request(
    fs: Any, make_fs: Callable[..., Any], path: str, bucket: Bucket, b2_sim_journal: CallJournal
) -> None:
    with fs.open(path) as first:
        first.seek(10)
    before = len(b2_sim_journal.entries)
    again = fs.open(path)
    assert (again.tell(), again.info(), len(b2_sim_journal.entries)) == (0, fs.info(path), before)
    assert again.read() == CONTENT
    fs.pipe_file(path, b"newer")
    assert fs.open(path).read() == b"newer"
    bucket.upload_bytes(b"newest", "folder/file")
    assert fs.open(path).read() == b"newer"
    assert make_fs(use_listings_cache=False).open(path).read() == b"newest"


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


def leave_binary(fs: Any, path: str) -> None:
    with fs.open(path, "wb") as file:
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


@pytest.mark.parametrize("options", [{}, {"compression": "gzip"}])
def test_a_forgotten_or_discarded_file_is_none(fs: Any, root: str, bucket: Bucket, options: dict[str, Any]) -> None:
    file = fs.open(f"{root}/a", "wb", **options)
    file.write(b"half")
    del file
    gc.collect()
    file = fs.open(f"{root}/a", "wb", **options)
    file.write(b"half")
    file.discard()
    file.close()
    assert file.closed
    assert_nothing_is_left(bucket)


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


@pytest.mark.parametrize("mode", ["ab", "rb+", "wb+", "a"])
def test_other_modes_are_refused(fs: Any, root: str, mode: str) -> None:
    with pytest.raises(NotImplementedError, match="mode"):
        fs.open(f"{root}/a", mode)


def test_transactions_are_refused(fs: Any, root: str) -> None:
    with pytest.raises(NotImplementedError), fs.transaction:
        pass
    with pytest.raises(NotImplementedError):
        fs.start_transaction()
    with pytest.raises(NotImplementedError):
        fs.open(f"{root}/a", "wb", autocommit=False)


def test_urls_are_opened(root: str, b2_sim_account: Any) -> None:
    options = {"key_id": b2_sim_account.key_id, "key": b2_sim_account.key, "realm": b2_sim_account.realm}
    with fsspec.open(f"b2://{root}/a.txt.gz", "wt", compression="infer", **options) as file:
        file.write("content")
    with fsspec.open(f"b2://{root}/a.txt.gz", "rt", compression="infer", **options) as file:
        assert file.read() == "content"
    fs, path = fsspec.url_to_fs(f"b2://{root}/a", **options)
    assert path == f"{root}/a"
    assert fsspec.filesystem("b2", **options) is fs
    fs.close()
    type(fs).clear_instance_cache()
