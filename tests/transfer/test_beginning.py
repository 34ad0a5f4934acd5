"""What opening a file for reading requests, and what the first read does then."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest
from tests.conftest import HttpFrontEnd, authorize

import b2sdk.v3
from b2sdk.simulator import SimulatorServer, WireFault
from b2sdk.transfer import reader
from b2sdk.v3.exception import FileNotPresent

CONTENT = bytes(range(251)) * 40
BY_NAME, BY_ID = "b2_download_file_by_name", "b2_download_file_by_id"
BEGINNING = (BY_NAME, "GET", "bytes=0-99")


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


def requests_of(service: SimulatorServer) -> list[tuple[str, str, str | None]]:
    entries = [entry for entry in service.journal.entries if entry.endpoint in (BY_NAME, BY_ID)]
    return [(entry.endpoint, entry.method, entry.range) for entry in entries]


@pytest.mark.parametrize("size", [1, 50, 99])
def test_a_small_file_is_opened_and_read_by_one_request(bucket: Any, service: SimulatorServer, size: int) -> None:
    bucket.upload_bytes(CONTENT[:size], "small")
    with bucket.open("small") as file:
        assert file.read() == CONTENT[:size]
        file.seek(0)
        assert file.readline() == io.BytesIO(CONTENT[:size]).readline()
    assert requests_of(service) == [BEGINNING]


@pytest.mark.parametrize("size", [100, 101, 1000])
def test_other_files_are_what_they_are(bucket: Any, size: int) -> None:
    bucket.upload_bytes(CONTENT[:size], "other")
    with bucket.open("other") as file:
        assert file.size == size
        version = file.version
        assert (version.range_.as_tuple(), version.content_length) == ((0, size - 1), size)
        assert file.read() == CONTENT[:size]


def test_the_beginning_comes_with_the_description(bucket: Any, service: SimulatorServer) -> None:
    with bucket.open("file") as file:
        assert file.read(60) == CONTENT[:60]
        assert requests_of(service) == [BEGINNING]
        assert file.read() == CONTENT[60:]
    assert requests_of(service) == [BEGINNING, (BY_ID, "GET", f"bytes=100-{len(CONTENT) - 1}")]


def test_reading_on_from_the_beginning_asks_for_more_and_more(bucket: Any, service: SimulatorServer) -> None:
    with bucket.open("file") as file:
        while file.read(50):
            pass
    assert [it[2] for it in requests_of(service)][:4] == [
        "bytes=0-99",
        "bytes=100-299",
        "bytes=300-699",
        "bytes=700-1499",
    ]


def test_an_archive_is_opened_by_two_requests_and_a_member_by_one(bucket: Any, service: SimulatorServer) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as written:
        for number in range(3):
            written.writestr(f"{number}", bytes(500))
    bucket.upload_bytes(archive.getvalue(), "archive.zip")
    reader.SMALLEST_WINDOW = 300  # as the fixture, which restores it
    with zipfile.ZipFile(bucket.open("archive.zip")) as stored:
        assert len(requests_of(service)) == 2
        assert stored.namelist() == ["0", "1", "2"]


def test_an_empty_file_can_be_opened(bucket: Any) -> None:
    bucket.upload_bytes(b"", "empty")
    with bucket.open("empty") as file:
        assert (file.size, file.read(), file.readline(), file.peek()) == (0, b"", b"", b"")


def test_a_file_that_is_not_there_is_one_request(bucket: Any, service: SimulatorServer) -> None:
    with pytest.raises(FileNotPresent, match="File not present: nothing") as caught:
        bucket.open("nothing")
    assert (caught.value.bucket_name, caught.value.file_id_or_name) == ("reader-bucket", "nothing")
    assert requests_of(service) == [BEGINNING]


def test_a_beginning_that_breaks_is_completed_from_the_same_version(bucket: Any, service: SimulatorServer) -> None:
    service.faults.add(WireFault(kind="truncate", endpoint=BY_NAME, after_bytes=30))
    with bucket.open("file") as file:
        assert file.read(100) == CONTENT[:100]
    assert requests_of(service) == [BEGINNING, (BY_ID, "GET", "bytes=30-99")]


def test_what_is_stored_encoded_is_described_by_another_request(bucket: Any, service: SimulatorServer) -> None:
    bucket.upload_bytes(CONTENT, "encoded", content_encoding="gzip")
    with bucket.open("encoded") as file:
        assert file.read() == CONTENT
    assert [it[1] for it in requests_of(service)] == ["GET", "HEAD", "GET"]
