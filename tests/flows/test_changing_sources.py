"""Sources whose content is not as declared, through both front ends and both surfaces."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.flows.conftest import SMALL_PARTS, Calls

from b2sdk.simulator import SimulatorServer
from b2sdk.v3 import (
    CopySource,
    UploadMode,
    UploadSourceBytes,
    UploadSourceLocalFile,
    UploadSourceStream,
    UploadSourceStreamRange,
    WriteIntent,
    hex_sha1_of_bytes,
)
from b2sdk.v3.exception import BadRequest, ChecksumMismatch, InvalidUploadSource, PartSha1Mismatch, ServiceError

SMALL, LARGE = 150, 1000


@pytest.fixture(scope="module")
def _service_of_module() -> Iterator[SimulatorServer]:
    with SimulatorServer(policy=replace(SMALL_PARTS, maximum_copy_size=10**6)) as server:
        yield server


@pytest.fixture
def service(_service_of_module: SimulatorServer) -> SimulatorServer:
    _service_of_module.reset()
    return _service_of_module


def content_of(bucket: Any, name: str) -> bytes:
    target = io.BytesIO()
    bucket.download_file_by_name(name).save(target)
    return target.getvalue()


def names(bucket: Any) -> list[str]:
    return [version.file_name for version, _ in bucket.ls(recursive=True)]


class Changing(UploadSourceLocalFile):
    """A file that changes when it is opened to be sent, or, before that, to be read for its SHA-1."""

    def __init__(self, path: Path, change: Callable[[Path], object], openings: int = 0) -> None:
        super().__init__(path)
        self.change = change
        self.openings = openings
        """How often it is opened before it changes."""

    def open(self) -> io.BufferedReader:
        if self.openings == 0:
            self.change(Path(self.local_path))
        self.openings -= 1
        return super().open()


# --- files ---


@pytest.mark.parametrize(("size", "openings"), [(SMALL, 0), (LARGE, 0), (LARGE, 1), (LARGE, 2)])
@pytest.mark.parametrize("left", [0, 70])
def test_a_file_that_shrinks_is_named_with_what_there_was_of_it(
    bucket: Any, tmp_path: Path, size: int, openings: int, left: int
) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"x" * size)
    source = Changing(path, lambda path: os.truncate(path, left), openings)
    with pytest.raises(InvalidUploadSource) as caught:
        bucket.upload(source, "log")
    assert str(caught.value) == f"Invalid upload source: {path} ended after {left} of {size} bytes"
    assert names(bucket) == []


def test_a_piece_that_shrinks_is_named_and_its_neighbours_do_not_take_its_place(bucket: Any, tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"x" * 60)
    source = Changing(path, lambda path: os.truncate(path, 50))
    with pytest.raises(InvalidUploadSource, match="log ended after 50 of 60 bytes"):
        bucket.concatenate([UploadSourceBytes(b"a" * 30), source, UploadSourceBytes(b"b" * 30)], "log")
    assert names(bucket) == []


@pytest.mark.parametrize("size", [0, SMALL, LARGE])
def test_of_a_file_that_grows_there_is_what_there_was_when_it_was_looked_at(
    bucket: Any, tmp_path: Path, size: int
) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"x" * size)

    def grow(path: Path) -> None:
        with path.open("ab") as file:
            file.write(b"more")

    assert bucket.upload(Changing(path, grow), "log").size == size
    assert content_of(bucket, "log") == b"x" * size


def test_a_file_that_says_it_is_empty_and_is_not_is_refused(bucket: Any) -> None:
    said_to_be_empty = Path("/proc/self/status")
    if not said_to_be_empty.exists() or said_to_be_empty.stat().st_size:
        pytest.skip("there is no such file here")
    with pytest.raises(InvalidUploadSource, match="/proc/self/status goes on after the 0 bytes"):
        bucket.upload_local_file(said_to_be_empty, "status")
    assert names(bucket) == []
    with said_to_be_empty.open("rb") as stream:
        assert bucket.upload_unbound_stream(stream, "status").size > 0


def test_a_file_that_says_it_is_longer_than_it_is_is_refused(bucket: Any) -> None:
    says_a_page = Path("/sys/kernel/mm/transparent_hugepage/enabled")
    if not says_a_page.exists():
        pytest.skip("there is no such file here")
    with pytest.raises(InvalidUploadSource, match=f"{says_a_page} ended after"):
        bucket.upload_local_file(says_a_page, "enabled")


def test_the_holes_of_a_sparse_file_are_zeros(bucket: Any, tmp_path: Path) -> None:
    path = tmp_path / "image"
    with path.open("wb") as file:
        file.truncate(LARGE)
        file.seek(500)
        file.write(b"data")
    bucket.upload_local_file(path, "image")
    assert content_of(bucket, "image") == bytes(500) + b"data" + bytes(LARGE - 504)


# --- streams ---


@pytest.mark.parametrize("sha1", [None, "a" * 40])
@pytest.mark.parametrize("announced", [0, SMALL, LARGE])
def test_a_stream_that_is_longer_than_announced_is_refused(bucket: Any, announced: int, sha1: str | None) -> None:
    source = UploadSourceStream(lambda: io.BytesIO(b"x" * (announced + 1)), announced, sha1)
    with pytest.raises(InvalidUploadSource, match=f"goes on after the {announced} bytes that were announced"):
        bucket.upload(source, "stream")
    assert names(bucket) == []


@pytest.mark.parametrize("announced", [SMALL, LARGE])
def test_a_stream_that_is_shorter_than_announced_is_refused(bucket: Any, announced: int) -> None:
    source = UploadSourceStream(lambda: io.BytesIO(b"x" * (announced - 1)), announced)
    with pytest.raises(InvalidUploadSource, match=f"ended after {announced - 1} of {announced} bytes"):
        bucket.upload(source, "stream")
    assert names(bucket) == []


def test_the_beginning_of_a_stream_is_a_range(bucket: Any) -> None:
    for length in (SMALL, LARGE):
        bucket.upload(UploadSourceStreamRange(lambda: io.BytesIO(b"x" * 5000), 0, length), "stream")
        assert content_of(bucket, "stream") == b"x" * length


def test_a_stream_that_gives_little_at_a_time_arrives_whole(bucket: Any) -> None:
    class Raw(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(7 if size is None or size < 0 else min(size, 7))

    for length in (SMALL, LARGE):
        content = bytes(range(250)) * 4
        bucket.upload(UploadSourceStream(lambda: Raw(content[:length]), length), "stream")  # noqa: B023
        assert content_of(bucket, "stream") == content[:length]


ODD: list[tuple[object, type[Exception]]] = [(None, TypeError), ("text", TypeError), (b"x" * 5000, ValueError)]


class Odd(io.BytesIO):
    """Gives as much as was asked for, and then something odd."""

    odd: object = None

    def read(self, size: int | None = -1, /) -> Any:
        return super().read(size) or self.odd


def odd(content: bytes, what: object) -> Odd:
    stream = Odd(content)
    stream.odd = what
    return stream


@pytest.mark.parametrize(("what", "error"), ODD)
@pytest.mark.parametrize("length", [0, SMALL, LARGE])
def test_a_stream_that_gives_no_bytes_or_too_many_is_refused(
    bucket: Any, length: int, what: object, error: type[Exception]
) -> None:
    with pytest.raises(error):
        bucket.upload_unbound_stream(odd(b"x" * length, what), "unbound", read_size=SMALL)
    with pytest.raises(error):
        bucket.upload(UploadSourceStream(lambda: odd(b"x" * length, what), length + 1), "stream")
    assert names(bucket) == []


def test_what_a_stream_raises_is_raised(bucket: Any) -> None:
    class Raising(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise OSError("the disk is broken")

    with pytest.raises(OSError, match="the disk is broken"):
        bucket.upload_unbound_stream(Raising(), "stream")
    for length in (SMALL, LARGE):
        with pytest.raises(OSError, match="the disk is broken"):
            bucket.create_file([WriteIntent(UploadSourceStream(Raising, length))], "stream")
    assert names(bucket) == []


def test_a_writer_takes_bytes_only(bucket: Any) -> None:
    with pytest.raises(TypeError), bucket.open("file", "wb") as file:
        file.write("text")
    assert names(bucket) == []


def test_a_source_that_fails_is_not_sent_again(bucket: Any, tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"x" * SMALL)
    source = Changing(path, lambda path: os.truncate(path, 0))
    with pytest.raises(InvalidUploadSource):
        bucket.upload(source, "log")
    assert source.openings == -1


# --- what a large file notes of its content ---


def overwrite(path: Path, place: int, new: bytes = b"CHANGED") -> None:
    with path.open("r+b") as file:
        file.seek(place)
        file.write(new)


def assert_nothing_is_acknowledged_that_cannot_be_downloaded(bucket: Any, name: str, before: bytes | None) -> None:
    assert names(bucket) == ([] if before is None else [name])
    if before is not None:
        assert content_of(bucket, name) == before


CONTENT = bytes(range(250)) * 4


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "image"
    path.write_bytes(CONTENT)
    return path


@pytest.fixture(params=[1, 2], ids=["one processor", "two processors"])
def processors(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(os, "cpu_count", lambda: request.param)
    return int(request.param)


@pytest.mark.parametrize("place", [0, 250, 993])
@pytest.mark.parametrize("sha1_sum", [None, hex_sha1_of_bytes(CONTENT)], ids=["read for its SHA-1", "SHA-1 given"])
def test_a_file_that_changes_before_it_is_sent_is_not_acknowledged(
    bucket: Any, calls: Calls, path: Path, processors: int, place: int, sha1_sum: str | None
) -> None:
    source = Changing(path, lambda path: overwrite(path, place), openings=0 if sha1_sum else 1)
    source.content_sha1 = sha1_sum
    with pytest.raises((BadRequest, PartSha1Mismatch, InvalidUploadSource)):
        bucket.upload(source, "image")
    assert_nothing_is_acknowledged_that_cannot_be_downloaded(bucket, "image", None)
    assert "finish_large_file" not in calls.done


@pytest.mark.parametrize("stored", [200, 250, 450, 601])
@pytest.mark.parametrize("place", [0, 150, 210, 460, 700, 993])
def test_a_file_that_changes_after_it_was_compared_is_not_continued_wrongly(
    bucket: Any, path: Path, monkeypatch: pytest.MonkeyPatch, processors: int, stored: int, place: int
) -> None:
    bucket.upload_bytes(CONTENT[:stored], "image")
    comparing = UploadSourceLocalFile.get_incremental_sources

    def compare_and_change(self: UploadSourceLocalFile, *args: Any) -> Any:
        sources = comparing(self, *args)
        overwrite(path, place)
        return sources

    monkeypatch.setattr(UploadSourceLocalFile, "get_incremental_sources", compare_and_change)
    try:
        bucket.upload_local_file(path, "image", upload_mode=UploadMode.INCREMENTAL)
    except (BadRequest, PartSha1Mismatch, InvalidUploadSource):
        assert_nothing_is_acknowledged_that_cannot_be_downloaded(bucket, "image", CONTENT[:stored])
    else:
        assert place + 7 <= stored, "what is copied is what was compared"
        assert content_of(bucket, "image") == CONTENT
    assert list(bucket.list_unfinished_large_files()) == []


@pytest.mark.parametrize("mode", [UploadMode.FULL, UploadMode.INCREMENTAL])
@pytest.mark.parametrize("sha1_sum", [None, hex_sha1_of_bytes(CONTENT)], ids=["read for its SHA-1", "SHA-1 given"])
def test_a_file_that_changes_just_when_it_is_sent_is_not_acknowledged_as_it_was_not_read(
    bucket: Any, api: Any, path: Path, mode: UploadMode, sha1_sum: str | None
) -> None:
    before, last = CONTENT[:250], 5 if mode is UploadMode.FULL else 4
    bucket.upload_bytes(before, "image")
    raw_api = api.session.raw_api
    sending = raw_api.upload_part

    def change_and_send(url: str, token: str, number: int, *args: Any, **kwargs: Any) -> Any:
        if number == last:
            overwrite(path, 993)
        return sending(url, token, number, *args, **kwargs)

    raw_api.upload_part = change_and_send
    try:
        bucket.upload_local_file(path, "image", sha1_sum=sha1_sum, upload_mode=mode)
    except (BadRequest, PartSha1Mismatch):
        assert_nothing_is_acknowledged_that_cannot_be_downloaded(bucket, "image", before)
    else:
        assert content_of(bucket, "image") == CONTENT, "a small part may have been read before"


def test_a_file_that_is_continued_is_what_it_was_announced_as(bucket: Any, calls: Calls, path: Path) -> None:
    bucket.upload_bytes(CONTENT[:601], "image")
    calls.done.clear()
    version = bucket.upload_local_file(path, "image", upload_mode=UploadMode.INCREMENTAL)
    assert "copy_part" in calls.done
    assert version.get_content_sha1() == hex_sha1_of_bytes(CONTENT)
    assert content_of(bucket, "image") == CONTENT


def test_a_version_that_notes_what_it_has_not_is_not_continued(bucket: Any, path: Path) -> None:
    bucket.upload_bytes(b"x" * 400, "image", large_file_sha1=hex_sha1_of_bytes(CONTENT[:400]))
    with pytest.raises(ChecksumMismatch):
        bucket.upload_local_file(path, "image", upload_mode=UploadMode.INCREMENTAL)
    assert list(bucket.list_unfinished_large_files()) == []
    assert len(list(bucket.list_file_versions("image"))) == 1


def test_a_wrong_sha1_of_a_large_local_file_is_refused_like_that_of_a_small_one(bucket: Any, path: Path) -> None:
    with pytest.raises(InvalidUploadSource, match=f"{path} has the SHA-1 {hex_sha1_of_bytes(CONTENT)} and not 0000"):
        bucket.upload_local_file(path, "image", sha1_sum="0" * 40)
    assert_nothing_is_acknowledged_that_cannot_be_downloaded(bucket, "image", None)
    assert list(bucket.list_unfinished_large_files()) == []


def test_local_files_that_are_not_what_was_stored_of_them_together_are_refused(bucket: Any, path: Path) -> None:
    sources = [UploadSourceLocalFile(path), UploadSourceLocalFile(path)]
    bucket.concatenate(sources, "image", large_file_sha1=hex_sha1_of_bytes(CONTENT * 2))
    assert content_of(bucket, "image") == CONTENT * 2
    overwrite(path, 10)
    with pytest.raises(InvalidUploadSource, match="which the file was to record"):
        bucket.concatenate(sources, "image", large_file_sha1=hex_sha1_of_bytes(CONTENT * 2))
    assert_nothing_is_acknowledged_that_cannot_be_downloaded(bucket, "image", CONTENT * 2)


@pytest.mark.parametrize("length", [None, len(CONTENT)])
def test_a_stream_that_is_another_when_it_is_opened_again_is_refused(bucket: Any, length: int | None) -> None:
    streams = [CONTENT, *[CONTENT[:-1] + b"!"] * 20]
    with pytest.raises((BadRequest, PartSha1Mismatch, InvalidUploadSource)):
        bucket.upload(UploadSourceStream(lambda: io.BytesIO(streams.pop(0)), length), "stream")
    assert_nothing_is_acknowledged_that_cannot_be_downloaded(bucket, "stream", None)
    bucket.upload(UploadSourceStream(lambda: io.BytesIO(CONTENT), length), "stream")
    assert content_of(bucket, "stream") == CONTENT


def test_bytes_that_may_change_are_compared_too(bucket: Any, api: Any) -> None:
    content = bytearray(CONTENT)
    raw_api = api.session.raw_api
    starting = raw_api.start_large_file

    def change(*args: Any, **kwargs: Any) -> Any:
        content[500] ^= 1
        return starting(*args, **kwargs)

    raw_api.start_large_file = change
    with pytest.raises((BadRequest, PartSha1Mismatch, InvalidUploadSource)):
        bucket.upload_bytes(content, "buffer")
    assert_nothing_is_acknowledged_that_cannot_be_downloaded(bucket, "buffer", None)


@pytest.mark.parametrize("mode", [UploadMode.FULL, UploadMode.INCREMENTAL])
@pytest.mark.parametrize("sha1_sum", [None, hex_sha1_of_bytes(CONTENT)])
def test_what_is_resumed_is_compared_too(
    bucket: Any, calls: Calls, path: Path, processors: int, mode: UploadMode, sha1_sum: str | None
) -> None:
    if mode is UploadMode.INCREMENTAL:
        bucket.upload_bytes(CONTENT[:300], "image")
        sha1_sum = None
    before = None if mode is UploadMode.FULL else CONTENT[:300]
    calls.fail("upload_part", ServiceError("busy"), BadRequest("no", "bad_request"), after=2)
    with pytest.raises(BadRequest):
        bucket.upload_local_file(path, "image", sha1_sum=sha1_sum, upload_mode=mode)
    calls.done.clear()

    source = Changing(path, lambda path: overwrite(path, 993), openings=1)
    sources: list[Any] = [source]
    if mode is UploadMode.INCREMENTAL:
        sources = source.get_incremental_sources(bucket.get_file_info_by_name("image"), 100)
        sha1_sum = source.get_content_sha1()
        source.openings = 0
    source.content_sha1 = sha1_sum
    try:
        bucket.concatenate(sources, "image", large_file_sha1=sha1_sum)
    except (BadRequest, PartSha1Mismatch, InvalidUploadSource):
        assert_nothing_is_acknowledged_that_cannot_be_downloaded(bucket, "image", before)
    else:  # the part that has changed had been sent before
        assert_nothing_is_acknowledged_that_cannot_be_downloaded(bucket, "image", CONTENT)

    path.write_bytes(CONTENT)
    bucket.upload_local_file(path, "image", upload_mode=mode)
    assert content_of(bucket, "image") == CONTENT


def test_a_part_that_is_not_what_was_hashed_for_the_file_to_continue_with_is_sent_again(
    bucket: Any, calls: Calls, path: Path
) -> None:
    calls.fail("upload_part", BadRequest("no", "bad_request"), after=2)
    with pytest.raises(BadRequest):
        bucket.upload_local_file(path, "image")
    (unfinished,) = bucket.list_unfinished_large_files()
    session = bucket.api.session
    session.upload_part(unfinished.file_id, 1, 200, hex_sha1_of_bytes(b"y" * 200), io.BytesIO(b"y" * 200))
    version = bucket.concatenate([UploadSourceLocalFile(path)], "image", continue_large_file_id=unfinished.file_id)
    assert version.id_ == unfinished.file_id
    assert content_of(bucket, "image") == CONTENT


def test_a_mixture_of_a_composition_is_sent_again_when_it_is_resumed(bucket: Any, calls: Calls, tmp_path: Path) -> None:
    path = tmp_path / "beside"
    path.write_bytes(b"a" * 380)
    stored = bucket.upload_bytes(CONTENT[:150], "stored")
    sources = [UploadSourceLocalFile(path), CopySource(stored.id_, length=150)]
    calls.fail("finish_large_file", BadRequest("no", "bad_request"))
    with pytest.raises(BadRequest):
        bucket.concatenate(sources, "composed")
    calls.done.clear()
    bucket.concatenate(sources, "composed")
    assert calls.done.count("upload_part") == 1
    assert content_of(bucket, "composed") == b"a" * 380 + CONTENT[:150]


@pytest.mark.parametrize(("offset", "length"), [(0, 600), (200, 800), (0, 1000)])
def test_a_copy_of_a_part_does_not_note_the_sha1_of_the_whole(bucket: Any, offset: int, length: int) -> None:
    whole = bucket.upload_bytes(CONTENT, "whole")
    end = offset + length
    bucket.copy(whole.id_, "copied", offset=offset, length=length, min_part_size=200, max_part_size=200)
    source = CopySource(whole.id_, offset, length, None, whole.file_info, whole.content_type)
    bucket.create_file([WriteIntent(source)], "made", min_part_size=200, max_part_size=200)
    for name in ("copied", "made"):
        assert content_of(bucket, name) == CONTENT[offset:end]
        noted = bucket.get_file_info_by_name(name).file_info.get("large_file_sha1")
        assert noted == (hex_sha1_of_bytes(CONTENT) if length == len(CONTENT) else None)


def test_sources_that_come_one_by_one_are_compared_with_what_is_stored_of_them_together(
    bucket: Any, path: Path
) -> None:
    bucket.upload_bytes(CONTENT[:300], "image")
    version = bucket.get_file_info_by_name("image")
    sources = [*UploadSourceLocalFile(path).get_incremental_sources(version, 100), UploadSourceLocalFile(path)]
    bucket.concatenate_stream(iter(sources), "image", large_file_sha1=hex_sha1_of_bytes(CONTENT * 2))
    assert content_of(bucket, "image") == CONTENT * 2
    with pytest.raises(InvalidUploadSource, match="which the file was to record"):
        bucket.concatenate_stream(
            iter([UploadSourceLocalFile(path), UploadSourceLocalFile(path)]),
            "files",
            large_file_sha1=hex_sha1_of_bytes(CONTENT),
        )
    assert_nothing_is_acknowledged_that_cannot_be_downloaded(bucket, "image", CONTENT * 2)
