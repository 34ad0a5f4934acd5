from __future__ import annotations

import csv
import io
import tracemalloc
import zipfile
from collections.abc import Iterator
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any, ClassVar
from unittest.mock import Mock

import pytest
import requests
from hypothesis import given, settings, strategies as st
from tests.conftest import HttpFrontEnd, authorize

import b2sdk.v3
from b2sdk.simulator import ApiFault, SimulatorServer, WireFault
from b2sdk.transfer import reader
from b2sdk.transfer.reader import StoredFileReader
from b2sdk.v3.exception import B2ConnectionError, B2Error, UnexpectedCloudBehaviour

CONTENT = bytes(range(251)) * 40


@pytest.fixture
def bucket(service: SimulatorServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setattr(reader, "SMALLEST_WINDOW", 100)
    monkeypatch.setattr(reader, "LARGEST_WINDOW", 800)
    front_end = HttpFrontEnd(service.key_id, service.key, service.url)
    with front_end.connect(b2sdk.v3) as api:
        authorize(api, front_end)
        bucket = api.create_bucket("reader-bucket", "allPrivate")
        bucket.upload_bytes(CONTENT, "file")
        yield bucket


def opened(bucket: Any, name: str = "file") -> StoredFileReader:
    version = bucket.get_file_info_by_name(name)
    return StoredFileReader(bucket.api, version)


def ranges_of(service: SimulatorServer) -> list[str | None]:
    return [entry.range for entry in service.journal.entries if entry.endpoint == "b2_download_file_by_id"]


def requests_of(service: SimulatorServer) -> int:
    return len(ranges_of(service))


def test_the_whole_is_read(bucket: Any) -> None:
    with opened(bucket) as file:
        assert file.read() == CONTENT
        assert file.read() == b""


@given(
    steps=st.lists(st.tuples(st.integers(-50, 11_000), st.sampled_from([0, 1, 2]), st.integers(0, 3000)), max_size=8)
)
@settings(max_examples=40)
def test_any_seeks_and_reads_are_those_of_a_file_in_memory(bucket: Any, steps: list[tuple[int, int, int]]) -> None:
    expected, file = io.BytesIO(CONTENT), opened(bucket)
    for offset, whence, size in steps:
        place = offset + {0: 0, 1: expected.tell(), 2: len(CONTENT)}[whence]
        if place < 0:
            continue
        assert file.seek(place) == expected.seek(place)
        assert file.read(size) == expected.read(size)
        assert file.tell() == expected.tell()


def test_reading_on_asks_for_more_and_more(bucket: Any, service: SimulatorServer) -> None:
    with opened(bucket) as file:
        while file.read(50):
            pass
    # 100, 200, 400, 800, then 800 each
    assert requests_of(service) == 4 + -(-(len(CONTENT) - 1500) // 800)


def test_a_read_as_large_as_the_window_is_what_is_requested(bucket: Any, service: SimulatorServer) -> None:
    with opened(bucket) as file:
        file.seek(1000)
        assert file.read(10) == CONTENT[1000:1010]
        assert file.read(3000) == CONTENT[1010:4010], "the beginning of it out of the window"
        file.seek(5000)
        assert file.read(100) == CONTENT[5000:5100]
        buffer = bytearray(500)
        file.seek(7000)
        assert file.readinto(buffer) == 500
        assert buffer == CONTENT[7000:7500]
        file.seek(1050)
        assert file.read(10) == CONTENT[1050:1060], "the window is still there"
    assert ranges_of(service) == ["bytes=1000-1099", "bytes=1100-4009", "bytes=5000-5099", "bytes=7000-7499"]


def test_large_reads_that_follow_each_other_are_read_ahead_in_the_end(bucket: Any, service: SimulatorServer) -> None:
    with opened(bucket) as file:
        for start in range(0, 2100, 300):
            assert file.read(300) == CONTENT[start : start + 300]
    assert ranges_of(service) == ["bytes=0-299", "bytes=300-599", "bytes=600-999", "bytes=1000-1799", "bytes=1800-2599"]


def test_the_end_comes_at_once(bucket: Any, service: SimulatorServer) -> None:
    with opened(bucket) as file:
        file.seek(-22, io.SEEK_END)
        assert file.read() == CONTENT[-22:]
        file.seek(-90, io.SEEK_END)
        assert file.read(50) == CONTENT[-90:-40]
    assert ranges_of(service) == [f"bytes={len(CONTENT) - 100}-{len(CONTENT) - 1}"]


def test_the_rest_is_one_request(bucket: Any, service: SimulatorServer) -> None:
    with opened(bucket) as file:
        file.seek(50)
        assert file.read() == CONTENT[50:]
        assert file.read(10) == file.read1() == file.readline() == file.peek() == b""
    assert ranges_of(service) == [f"bytes=50-{len(CONTENT) - 1}"]


def test_what_is_very_long_comes_in_several_ranges(
    bucket: Any, service: SimulatorServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "LONGEST_SINGLE_RANGE", 6000)
    monkeypatch.setattr(reader, "LONGEST_PARALLEL_RANGE", 3000)
    with opened(bucket) as file:
        assert file.read(10) == CONTENT[:10]
        assert file.read() == CONTENT[10:]
        buffer = bytearray(len(CONTENT))
        file.seek(0)
        assert file.readinto(buffer) == len(CONTENT)
        assert buffer == CONTENT
        file.seek(0)
        assert file.read(6000) == CONTENT[:6000]
    sizes = [1 + int(end) - int(start) for start, end in (it[6:].split("-") for it in ranges_of(service) if it)]
    assert sorted(sizes) == [100, *[2485] * 8, 5900]


def test_a_range_that_fails_is_an_error_that_leaves_the_place(
    bucket: Any, service: SimulatorServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "LONGEST_SINGLE_RANGE", 6000)
    monkeypatch.setattr(reader, "LONGEST_PARALLEL_RANGE", 3000)
    service.faults.add(ApiFault(endpoint="b2_download_file_by_id", status=403, code="access_denied", skip=1))
    with opened(bucket) as file:
        file.seek(5)
        with pytest.raises(B2Error):
            file.read()
        assert file.tell() == 5
        assert file.read() == CONTENT[5:]


def test_content_is_in_memory_once() -> None:
    size = 20_000_000
    block = b"x" * 1_000_000

    class Response:
        status_code = 206
        headers: ClassVar = {"x-bz-file-id": "id", "Content-Range": f"bytes 0-{size - 1}/{size}"}

        def iter_content(self, _size: int) -> Iterator[bytes]:
            yield from [block] * 20

        def close(self) -> None: ...

    session = Mock(download_file_from_url=lambda *_, **__: nullcontext(Response()))
    version: Any = SimpleNamespace(api=None, id_="id", size=size, file_name="file", content_encoding=None)
    file = StoredFileReader(Mock(session=session), version)
    file.read(0)
    tracemalloc.start()
    try:
        assert len(file.read()) == size
        assert tracemalloc.get_traced_memory()[1] < size + 2_000_000
    finally:
        tracemalloc.stop()


def test_lines_are_those_of_a_file_in_memory(bucket: Any) -> None:
    text = b"".join(b"%d" % number * (number % 40) + b"\n" for number in range(200)) + b"no end"
    bucket.upload_bytes(text, "lines")
    assert list(opened(bucket, "lines")) == list(io.BytesIO(text))
    with opened(bucket, "lines") as file:
        expected = io.BytesIO(text)
        for size in (0, 3, -1, 100, 1):
            assert file.readline(size) == expected.readline(size)
        assert file.readlines(50) == expected.readlines(50)
        assert file.tell() == expected.tell()


def test_what_is_in_memory_is_read_first(bucket: Any, service: SimulatorServer) -> None:
    with opened(bucket) as file:
        assert file.peek(1).startswith(CONTENT[:1])
        assert file.tell() == 0
        assert file.read1(30) == CONTENT[:30]
        assert file.read1() == CONTENT[30:100]
        assert file.read1() == CONTENT[100:300]
        buffer = bytearray(500)
        assert file.readinto1(buffer) == 500
        assert buffer == CONTENT[300:800]
        file.seek(5000)
        assert file.read1(2000) == CONTENT[5000:7000]
    assert requests_of(service) == 4


def test_it_is_a_buffered_file_for_reading(bucket: Any) -> None:
    with opened(bucket) as file:
        assert isinstance(file, io.BufferedIOBase)
        assert (file.readable(), file.seekable(), file.writable()) == (True, True, False)
        assert (file.name, file.mode, file.size) == ("file", "rb", len(CONTENT))
        with pytest.raises(io.UnsupportedOperation):
            file.write(b"")
        with pytest.raises(ValueError, match="invalid whence"):
            file.seek(0, 3)


def test_reading_elsewhere_asks_for_little(bucket: Any, service: SimulatorServer) -> None:
    with opened(bucket) as file:
        file.seek(-10, io.SEEK_END)
        assert file.read(100) == CONTENT[-10:]
        file.seek(0)
        assert file.read(10) == CONTENT[:10]
        assert file.read(10) == CONTENT[10:20], "out of the same window"
    assert requests_of(service) == 2


def test_a_version_that_is_replaced_meanwhile_is_read_on(bucket: Any) -> None:
    with opened(bucket) as file:
        assert file.read(10) == CONTENT[:10]
        bucket.upload_bytes(b"something else", "file")
        file.seek(5000)
        assert file.read(10) == CONTENT[5000:5010]


def test_a_window_that_breaks_is_completed(bucket: Any, service: SimulatorServer) -> None:
    truncated = WireFault(kind="truncate", endpoint="b2_download_file_by_id", after_bytes=30)
    service.faults.add(truncated)
    with opened(bucket) as file:
        assert file.read(100) == CONTENT[:100]


def test_a_window_that_cannot_be_had_is_an_error_and_not_the_end(bucket: Any, service: SimulatorServer) -> None:
    denied = ApiFault(endpoint="b2_download_file_by_id", status=403, code="transaction_cap_exceeded")
    service.faults.add(denied)
    with opened(bucket) as file, pytest.raises(B2Error):
        file.read(100)


def test_a_window_that_keeps_breaking_is_an_error_of_ours(bucket: Any, service: SimulatorServer) -> None:
    service.faults.add(WireFault(kind="truncate", endpoint="b2_download_file_by_id", after_bytes=1, count=100))
    with opened(bucket) as file, pytest.raises(B2ConnectionError) as caught:
        file.read(100)
    assert isinstance(caught.value.__cause__, requests.exceptions.ChunkedEncodingError)


def test_an_empty_file_has_nothing_to_read(bucket: Any, service: SimulatorServer) -> None:
    bucket.upload_bytes(b"", "empty")
    with opened(bucket, "empty") as file:
        assert file.read() == b""
        assert file.size == 0
    assert requests_of(service) == 0


def test_a_closed_file_is_closed(bucket: Any) -> None:
    file = opened(bucket)
    file.close()
    for use in (lambda: file.read(1), lambda: file.seek(0)):
        with pytest.raises(ValueError, match="closed file"):
            use()


def test_a_place_before_the_beginning_is_refused(bucket: Any) -> None:
    with opened(bucket) as file, pytest.raises(ValueError, match="negative seek position"):
        file.seek(-1)


def test_a_zip_archive_is_read_in_place(bucket: Any, service: SimulatorServer) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as written:
        for number in range(50):
            written.writestr(f"member-{number}", str(number) * 1000)
    bucket.upload_bytes(archive.getvalue(), "archive.zip")
    with zipfile.ZipFile(opened(bucket, "archive.zip")) as stored:
        assert stored.read("member-7") == b"7" * 1000
        assert len(stored.namelist()) == 50


def test_a_table_is_read_line_by_line(bucket: Any) -> None:
    bucket.upload_bytes("".join(f"{number},ü\n" for number in range(500)).encode(), "table.csv")
    with io.TextIOWrapper(opened(bucket, "table.csv"), encoding="utf-8") as lines:
        assert [row[0] for row in csv.reader(lines)] == [str(number) for number in range(500)]


def test_what_could_not_be_opened_can_be_closed(bucket: Any) -> None:
    """Python closes it when it is forgotten, and newer versions report what that raises."""
    unknown: Any = SimpleNamespace(size=None)
    reader = StoredFileReader.__new__(StoredFileReader)
    with pytest.raises(UnexpectedCloudBehaviour):
        reader.__init__(bucket.api, unknown)  # type: ignore[misc]  # as Python does
    reader.close()
    assert reader.closed
