from __future__ import annotations

import errno
import gzip
import hashlib
import io
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from tests.flows.conftest import Connect, DownloadInRanges

import b2sdk.v3
from b2sdk.cancellation import Cancellation
from b2sdk.exception import (
    Cancelled,
    DestinationDirectoryDoesntExist,
    DestinationError,
    DestinationParentIsNotADirectory,
)
from b2sdk.simulator import SimulatorServer, WireFault
from b2sdk.transfer import local_file
from b2sdk.transfer.destination import resumable_download
from b2sdk.transfer.partial_file import PartialFile
from b2sdk.v3 import ProgressListenerForTest, SimpleDownloader, UploadSourceStream
from b2sdk.v3.exception import B2ConnectionError, ChecksumMismatch, TruncatedOutput

CONTENT = bytes(range(256)) * 4096  # 1 MiB


@pytest.fixture
def bucket(connect: Connect, download_in_ranges: DownloadInRanges) -> Iterator[Any]:
    with connect() as api:
        bucket = api.create_bucket("download-bucket", "allPrivate")
        bucket.upload_bytes(CONTENT, "file", file_info={"src_last_modified_millis": "1500000000123"})
        download_in_ranges(api, 200_000, 64 * 1024)  # so that a megabyte is worth several streams
        yield bucket


def truncated(after: int, count: int = 1) -> WireFault:
    endpoint = "b2_download_file_by_name"
    return WireFault(kind="truncate", endpoint=endpoint, after_bytes=after, count=count)


def broken_for_good(service: SimulatorServer) -> None:
    """Let one response arrive in large part, and no other one far enough to be worth keeping."""
    service.faults.add(truncated(300_000))
    service.faults.add(truncated(1000, count=100))


@pytest.mark.parametrize("seekable", [True, False], ids=["several streams", "one stream"])
def test_a_body_that_is_cut_short_is_completed(bucket: Any, service: SimulatorServer, seekable: bool) -> None:
    service.faults.add(truncated(100_000, count=3))
    target = io.BytesIO()
    bucket.download_file_by_name("file").save(target, allow_seeking=seekable)
    assert target.getvalue() == CONTENT


def test_an_encoded_file_is_no_file_object_where_it_would_be_decoded(bucket: Any, connect: Connect) -> None:
    stored = gzip.compress(b"content" * 1000)
    bucket.upload_bytes(stored, "encoded", content_encoding="gzip")
    with bucket.open("encoded", "rb") as file:
        assert file.read() == stored
    with connect(api_config=b2sdk.v3.B2HttpApiConfig(decode_content=True)) as api:
        other = api.get_bucket_by_name(bucket.name)
        with pytest.raises(io.UnsupportedOperation, match="a file with encoding 'gzip' is read as it is stored"):
            other.open("encoded", "rb")


def test_every_byte_that_arrives_brings_the_end_nearer(bucket: Any, service: SimulatorServer) -> None:
    bucket.upload_bytes(CONTENT[:295_000], "other")
    service.faults.add(truncated(20_000, count=14))
    target = io.BytesIO()
    bucket.download_file_by_name("other").save(target, allow_seeking=False)
    assert target.getvalue() == CONTENT[:295_000]


@pytest.mark.parametrize("seekable", [True, False], ids=["several streams", "one stream"])
def test_a_range_is_resumed_where_it_broke_though_the_response_does_not_name_it(
    bucket: Any, service: SimulatorServer, monkeypatch: pytest.MonkeyPatch, seekable: bool
) -> None:
    raw_api = bucket.api.session.raw_api
    download = raw_api.download_file_from_url

    @contextmanager
    def unnamed(*args: Any, **kwargs: Any) -> Iterator[Any]:
        with download(*args, **kwargs) as response:
            response.headers.pop("Content-Range", None)
            yield response

    monkeypatch.setattr(raw_api, "download_file_from_url", unnamed)
    service.faults.add(truncated(100_000))
    target = io.BytesIO()
    bucket.download_file_by_name("file", range_=(300_001, 900_000)).save(target, allow_seeking=seekable)
    assert target.getvalue() == CONTENT[300_001:900_001]


class Blind(io.BytesIO):
    def read(self, _size: int | None = -1, /) -> bytes:
        return b""


def test_a_file_that_reads_back_as_empty_does_not_verify(bucket: Any) -> None:
    with pytest.raises(ChecksumMismatch):
        bucket.download_file_by_name("file").save(Blind())


@pytest.mark.skipif(sys.platform == "win32", reason="this platform has no such device")
def test_a_device_is_written_from_the_beginning_to_the_end(bucket: Any) -> None:
    bucket.download_file_by_name("file").save_to("/dev/null")


def test_bytes_that_were_changed_on_the_way_are_noticed(bucket: Any, service: SimulatorServer, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"the old content")
    corrupt = WireFault(kind="corrupt", endpoint="b2_download_file_by_name", after_bytes=70_000)
    service.faults.add(corrupt)
    with pytest.raises(ChecksumMismatch):
        bucket.download_file_by_name("file").save_to(path)
    assert path.read_bytes() == b"the old content"
    assert list(tmp_path.iterdir()) == [path], "nothing is left beside it"


def test_what_is_cancelled_takes_no_further_block(bucket: Any) -> None:
    class Target(io.BytesIO):
        def write(self, data: Any) -> int:
            work.cancel()
            return super().write(data)

    work, target = Cancellation(), Target()
    bucket.api.services.download_manager.strategies = [SimpleDownloader(force_chunk_size=64 * 1024)]
    with work.activate(), pytest.raises(Cancelled):
        bucket.download_file_by_name("file").save(target)
    assert len(target.getvalue()) <= 64 * 1024


def test_what_is_cancelled_sends_no_further_block(bucket: Any) -> None:
    work, blocks = Cancellation(), 0

    class Source(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            nonlocal blocks
            blocks += 1
            work.cancel()
            return super().read(size)

    source = UploadSourceStream(lambda: Source(CONTENT), len(CONTENT))
    with work.activate(), pytest.raises(Cancelled):
        bucket.upload(source, "called-off")
    assert blocks == 1
    assert [version.file_name for version, _ in bucket.ls()] == ["file"]


def test_who_does_not_want_the_sha1_compared_gets_what_came(
    bucket: Any, service: SimulatorServer, connect: Connect
) -> None:
    service.faults.add(WireFault(kind="corrupt", endpoint="b2_download_file_by_name", after_bytes=70_000))
    with connect(check_download_hash=False) as api:
        target = io.BytesIO()
        api.get_bucket_by_name(bucket.name).download_file_by_name("file").save(target)
    assert len(target.getvalue()) == len(CONTENT)
    assert target.getvalue() != CONTENT


@pytest.mark.parametrize("size", [10, len(CONTENT)])
@pytest.mark.parametrize("decode_content", [False, True])
def test_an_encoded_file_comes_as_it_was_stored_unless_it_is_to_be_decoded(
    bucket: Any, connect: Connect, size: int, decode_content: bool
) -> None:
    plain = os.urandom(size)
    bucket.upload_bytes(gzip.compress(plain), "encoded", content_encoding="gzip")
    config = b2sdk.v3.B2HttpApiConfig(decode_content=decode_content)
    with connect(api_config=config) as api:
        target = io.BytesIO()
        api.get_bucket_by_name(bucket.name).download_file_by_name("encoded").save(target)
    assert (target.getvalue() if decode_content else gzip.decompress(target.getvalue())) == plain


def test_a_good_file_stays_until_the_new_one_is_whole(bucket: Any, service: SimulatorServer, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"the old content")
    path.chmod(0o640)
    service.faults.add(truncated(1000, count=100))
    with pytest.raises((B2ConnectionError, TruncatedOutput)):
        bucket.download_file_by_name("file").save_to(path)
    assert path.read_bytes() == b"the old content"
    service.faults.clear()
    bucket.download_file_by_name("file").save_to(path)
    assert path.read_bytes() == CONTENT
    assert path.stat().st_mode & 0o777 == 0o640
    assert int(path.stat().st_mtime * 1000) == 1500000000123
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("options", [{}, {"resume": True}, {"mode": "xb"}, {"mode": "ab"}], ids=str)
@pytest.mark.parametrize(
    ("place", "error"),
    [
        ("x" * 256, DestinationError),
        ("missing/file", DestinationDirectoryDoesntExist),
        ("file/file", DestinationParentIsNotADirectory),
        (f"{'x' * 256}/file", DestinationDirectoryDoesntExist),
    ],
)
def test_where_no_file_can_be_no_content_is_asked_for(
    bucket: Any, tmp_path: Path, place: str, error: type[Exception], options: dict[str, Any]
) -> None:
    (tmp_path / "file").write_bytes(b"here")
    download = bucket.download_file_by_name("file")
    download.response.close()
    download.response = Mock(iter_content=Mock(side_effect=AssertionError("content is read")))
    with pytest.raises(error) as raised:
        download.save_to(tmp_path / place, **options)
    assert type(raised.value) is error
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_link_is_written_through(bucket: Any, tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_bytes(b"old")
    link.symlink_to(target)
    bucket.download_file_by_name("file").save_to(link)
    assert link.is_symlink()
    assert target.read_bytes() == CONTENT


def test_a_download_is_resumed_where_it_broke(
    bucket: Any, service: SimulatorServer, tmp_path: Path, transport: str
) -> None:
    path = tmp_path / "file"
    broken_for_good(service)
    with pytest.raises((B2ConnectionError, TruncatedOutput)):
        bucket.download_file_by_name("file").save_to(path, resume=True)
    assert not path.exists()
    service.faults.clear()
    kept = max(entry.stat().st_size for entry in tmp_path.iterdir())
    least = 300_000 if transport != "plain" else 300_000 - 64 * 1024
    assert least < kept < len(CONTENT), "every byte that arrived is kept; of urllib3, every whole block"

    listener = ProgressListenerForTest()
    bucket.download_file_by_name("file", progress_listener=listener).save_to(path, resume=True)
    assert path.read_bytes() == CONTENT
    assert listener.calls[0] == f"set_total_bytes({len(CONTENT)})"
    first = int(listener.calls[1].removeprefix("bytes_completed(").removesuffix(")"))
    assert first > kept, "what was kept is not fetched again"
    assert listener.calls[-1] == f"bytes_completed({len(CONTENT)})"
    assert int(path.stat().st_mtime * 1000) == 1500000000123
    assert list(tmp_path.iterdir()) == [path], "nothing is left beside it"


def test_what_was_kept_is_used_only_if_it_is_as_it_was(bucket: Any, service: SimulatorServer, tmp_path: Path) -> None:
    path = tmp_path / "file"
    broken_for_good(service)
    with pytest.raises((B2ConnectionError, TruncatedOutput)):
        bucket.download_file_by_name("file").save_to(path, resume=True)
    service.faults.clear()
    (partial,) = tmp_path.glob("*.b2part")
    changed = bytearray(partial.read_bytes())
    changed[5] ^= 0xFF
    partial.write_bytes(changed)
    bucket.download_file_by_name("file").save_to(path, resume=True)
    assert path.read_bytes() == CONTENT


@pytest.mark.parametrize(
    "note", ["", "{}", "[]", json.dumps({"length": -5, "sha1": "x"}), json.dumps({"length": 10**9, "sha1": ""})]
)
def test_a_note_that_makes_no_sense_means_beginning_again(bucket: Any, tmp_path: Path, note: str) -> None:
    path = tmp_path / "file"
    file = bucket.download_file_by_name("file")
    partial = PartialFile.beside(path, file.download_version.id_)
    partial.path.write_bytes(b"rubbish that is in the way")
    partial.checkpoint.write_text(note)
    file.save_to(path, resume=True)
    assert path.read_bytes() == CONTENT
    assert list(tmp_path.iterdir()) == [path]


def test_of_a_file_of_which_nothing_has_arrived_there_is_no_note(
    bucket: Any, service: SimulatorServer, tmp_path: Path
) -> None:
    path = tmp_path / "file"
    service.faults.add(truncated(0, count=100))
    with pytest.raises((B2ConnectionError, TruncatedOutput)):
        bucket.download_file_by_name("file").save_to(path, resume=True)
    (partial,) = tmp_path.iterdir()
    assert partial.read_bytes() == b""
    service.faults.clear()
    bucket.download_file_by_name("file").save_to(path, resume=True)
    assert list(tmp_path.iterdir()) == [path]


def test_another_version_is_not_resumed_with_what_was_kept_of_this_one(
    bucket: Any, service: SimulatorServer, tmp_path: Path
) -> None:
    path = tmp_path / "file"
    broken_for_good(service)
    with pytest.raises((B2ConnectionError, TruncatedOutput)):
        bucket.download_file_by_name("file").save_to(path, resume=True)
    service.faults.clear()
    bucket.upload_bytes(b"newer", "file")
    bucket.download_file_by_name("file").save_to(path, resume=True)
    assert path.read_bytes() == b"newer"


def test_who_resumes_what_another_program_is_writing_starts_over(bucket: Any, tmp_path: Path) -> None:
    path = tmp_path / "file"
    with resumable_download(path, bucket.get_file_info_by_name("file").id_) as (partial, file):
        file.write(b"what the other one has so far")
        file.flush()
        bucket.download_file_by_name("file").save_to(path, resume=True)
        assert path.read_bytes() == CONTENT
        assert partial.path.read_bytes() == b"what the other one has so far"
        file.truncate(0)
        file.seek(0)
        file.write(CONTENT)
    assert path.read_bytes() == CONTENT
    assert list(tmp_path.iterdir()) == [path]


def test_who_starts_over_leaves_nothing_when_it_fails(bucket: Any, service: SimulatorServer, tmp_path: Path) -> None:
    path = tmp_path / "file"
    file_id = bucket.get_file_info_by_name("file").id_
    with resumable_download(path, file_id) as (partial, file):
        broken_for_good(service)
        with pytest.raises((B2ConnectionError, TruncatedOutput)):
            bucket.download_file_by_name("file").save_to(path, resume=True)
        assert list(tmp_path.iterdir()) == [partial.path]
        file.write(CONTENT)


def test_many_that_save_to_one_path_leave_a_whole_file(bucket: Any, tmp_path: Path) -> None:
    path = tmp_path / "file"
    with ThreadPoolExecutor(8) as pool:
        for saved in [pool.submit(bucket.download_file_by_name("file").save_to, path, resume=True) for _ in range(24)]:
            saved.result()
    assert path.read_bytes() == CONTENT
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("resume", [False, True])
def test_what_a_killed_download_left_is_gone_after_the_next_one(bucket: Any, tmp_path: Path, resume: bool) -> None:
    path = tmp_path / "file"
    for number in range(3):  # the processes that wrote them are dead, so nobody has them
        partial = PartialFile.beside(path, "another version" if number else "", number)
        partial.path.write_bytes(CONTENT[:1000])
        partial.write_checkpoint(1000, hashlib.sha1(CONTENT[:1000]).hexdigest())
    bucket.download_file_by_name("file").save_to(path, resume=resume)
    assert path.read_bytes() == CONTENT
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("size", [100_000, 1_000_000])
@pytest.mark.parametrize("resume", [False, True])
def test_a_full_disk_is_given_back(
    bucket: Any, tmp_path: Path, size: int, resume: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket.upload_bytes(bytes(size), "large")
    path = tmp_path / "large"
    path.write_bytes(b"old")
    fdopen, plain_open = os.fdopen, open

    def opened(*args: Any, **options: Any) -> Any:
        return FullAfter(plain_open(*args, **options), 50_000)

    monkeypatch.setattr(os, "fdopen", lambda *args: FullAfter(fdopen(*args), 50_000))
    monkeypatch.setattr(local_file, "open", opened, raising=False)
    with pytest.raises(OSError, match=f"No space left on device: '{path}'"):
        bucket.download_file_by_name("large").save_to(path, resume=resume)
    assert [(entry.name, entry.read_bytes()) for entry in tmp_path.iterdir()] == [("large", b"old")]


class FullAfter:
    """A file on a disk that has room for so many bytes."""

    def __init__(self, file: Any, room: int) -> None:
        self._file = file
        self._room = room

    def write(self, block: bytes) -> int:
        if len(block) > self._room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._room -= len(block)
        written: int = self._file.write(block)
        return written

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


def test_in_place_modes_write_in_place(bucket: Any, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x" * (len(CONTENT) + 10))
    bucket.download_file_by_name("file").save_to(path, mode="rb+")
    assert path.read_bytes() == CONTENT + b"x" * 10


def test_a_large_file_is_compared_with_the_sha1_that_its_uploader_stored(bucket: Any) -> None:
    bucket.upload_bytes(CONTENT, "wrong", file_info={"large_file_sha1": "0" * 40})
    bucket.download_file_by_name("wrong").save(io.BytesIO())  # the service's own SHA-1 is what counts
    version = bucket.download_file_by_name("wrong")
    version.download_version.content_sha1 = "none"
    with pytest.raises(ChecksumMismatch):
        version.save(io.BytesIO())


class WriteOnly(io.BytesIO):
    def read(self, _size: int | None = -1, /) -> bytes:
        raise io.UnsupportedOperation("not readable")


class Pipe:
    """What is the least that can be written to."""

    def __init__(self) -> None:
        self.content = b""

    def seekable(self) -> bool:
        return False

    def write(self, block: bytes) -> int:
        self.content += block
        return len(block)


def test_a_file_that_cannot_be_read_is_written_from_its_beginning_to_its_end(bucket: Any, tmp_path: Path) -> None:
    target = WriteOnly()
    bucket.download_file_by_name("file").save(target)
    assert target.getvalue() == CONTENT
    with (tmp_path / "file").open("wb") as file:
        bucket.download_file_by_name("file").save(file)
    assert (tmp_path / "file").read_bytes() == CONTENT


def test_a_pipe_is_written_from_its_beginning_to_its_end(bucket: Any) -> None:
    pipe = Pipe()
    bucket.download_file_by_name("file").save(pipe)
    assert pipe.content == CONTENT


@pytest.mark.skipif(sys.platform == "win32", reason="the console is no file there")
def test_standard_output_is_a_path_as_well(bucket: Any, service: SimulatorServer) -> None:
    program = f"""
from b2sdk.v3 import B2Api, InMemoryAccountInfo
with B2Api(InMemoryAccountInfo()) as api:
    api.authorize_account({service.key_id!r}, {service.key!r}, realm={service.url!r})
    api.get_bucket_by_name("download-bucket").download_file_by_name("file").save_to("/dev/stdout")
"""
    assert subprocess.check_output([sys.executable, "-c", program]) == CONTENT


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this platform has no FIFOs")
@pytest.mark.parametrize("mode", ["wb", "wb+"])
def test_a_fifo_is_written_but_not_to_be_read_back(bucket: Any, tmp_path: Path, mode: str) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    with ThreadPoolExecutor(1) as reader:
        if mode == "wb":
            read = reader.submit(fifo.read_bytes)
            bucket.download_file_by_name("file").save_to(fifo, mode)
            assert read.result() == CONTENT
        else:
            with pytest.raises(DestinationError):
                bucket.download_file_by_name("file").save_to(fifo, mode)


def test_the_streams_of_a_file_are_bounded_and_all_files_share_the_pool(
    service: SimulatorServer, connect: Connect
) -> None:
    with connect(max_download_workers=2, max_download_streams_per_file=2) as api:
        bucket = api.create_bucket("bounded-bucket", "allPrivate")
        bucket.upload_bytes(CONTENT, "large")
        bucket.upload_bytes(b"small", "small")
        first, *others = api.services.download_manager.strategies
        first.min_part_size = 100_000
        assert {strategy._thread_pool for strategy in others} == {first._thread_pool}
        service.journal.clear()
        bucket.download_file_by_name("large").save(io.BytesIO())
        assert len(service.journal.entries) == 2

        def fetch(name: str) -> bytes:
            target = io.BytesIO()
            bucket.download_file_by_name(name).save(target)
            return target.getvalue()

        with ThreadPoolExecutor(20) as callers:
            fetched = list(callers.map(fetch, ["large", "small"] * 10))
        assert fetched == [CONTENT, b"small"] * 10


def test_nothing_is_left_running_after_close(bucket: Any) -> None:
    before = set(threading.enumerate())
    bucket.download_file_by_name("file").save(io.BytesIO())
    assert set(threading.enumerate()) - before
    bucket.api.close()
    assert not set(threading.enumerate()) - before
