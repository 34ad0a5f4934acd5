from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from hypothesis import given, settings, strategies as st
from tests.conftest import HttpDoor, authorize

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
    door = HttpDoor(service.key_id, service.key, service.url)
    with door.connect(b2sdk.v3) as api:
        authorize(api, door)
        bucket = api.create_bucket("reader-bucket", "allPrivate")
        bucket.upload_bytes(CONTENT, "file")
        yield bucket


def opened(bucket: Any, name: str = "file") -> StoredFileReader:
    version = bucket.get_file_info_by_name(name)
    return StoredFileReader(bucket.api.session, version)


def requests_of(service: SimulatorServer) -> int:
    return [entry.endpoint for entry in service.journal.entries].count("b2_download_file_by_id")


def test_the_whole_is_read(bucket: Any) -> None:
    with io.BufferedReader(opened(bucket)) as file:
        assert file.read() == CONTENT
        assert file.read() == b""


@given(
    steps=st.lists(st.tuples(st.integers(-50, 11_000), st.sampled_from([0, 1, 2]), st.integers(0, 3000)), max_size=8)
)
@settings(max_examples=40)
def test_any_seeks_and_reads_are_those_of_a_file_in_memory(bucket: Any, steps: list[tuple[int, int, int]]) -> None:
    expected, file = io.BytesIO(CONTENT), io.BufferedReader(opened(bucket), buffer_size=64)
    for offset, whence, size in steps:
        place = offset + {0: 0, 1: expected.tell(), 2: len(CONTENT)}[whence]
        if place < 0:
            continue
        assert file.seek(place) == expected.seek(place)
        assert file.read(size) == expected.read(size)
        assert file.tell() == expected.tell()


def test_reading_on_asks_for_more_and_more(bucket: Any, service: SimulatorServer) -> None:
    with io.BufferedReader(opened(bucket), buffer_size=50) as file:
        while file.read(50):
            pass
    # 100, 200, 400, 800, then 800 each
    assert requests_of(service) == 4 + -(-(len(CONTENT) - 1500) // 800)


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
    with zipfile.ZipFile(io.BufferedReader(opened(bucket, "archive.zip"))) as stored:
        assert stored.read("member-7") == b"7" * 1000
        assert len(stored.namelist()) == 50


def test_a_table_is_read_line_by_line(bucket: Any) -> None:
    bucket.upload_bytes("".join(f"{number},ü\n" for number in range(500)).encode(), "table.csv")
    with io.TextIOWrapper(io.BufferedReader(opened(bucket, "table.csv")), encoding="utf-8") as lines:
        assert [row[0] for row in csv.reader(lines)] == [str(number) for number in range(500)]


def test_what_could_not_be_opened_can_be_closed(bucket: Any) -> None:
    """Python closes it when it is forgotten, and newer versions report what that raises."""
    unknown: Any = SimpleNamespace(size=None)
    reader = StoredFileReader.__new__(StoredFileReader)
    with pytest.raises(UnexpectedCloudBehaviour):
        reader.__init__(bucket.api.session, unknown)  # type: ignore[misc]  # as Python does
    reader.close()
    assert reader.closed
