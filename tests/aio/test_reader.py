"""A stored file that is read in an event loop; which window is requested is shown by tests/transfer/test_reader.py."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st
from tests.aio.conftest import Connect, Parts

import b2sdk.v3
from b2sdk.aio.file_version import DownloadVersion
from b2sdk.aio.reader import StoredFileReader
from b2sdk.exception import B2Error, UnexpectedCloudBehaviour
from b2sdk.http.config import B2HttpApiConfig
from b2sdk.simulator import ApiFault, SimulatorServer, WireFault
from b2sdk.transfer import reader

CONTENT = bytes(range(251)) * 40
DOWNLOAD = "b2_download_file_by_id"

Flow = Callable[[StoredFileReader], Coroutine[Any, Any, None]]
Read = Callable[..., None]


@pytest.fixture
def bucket(service: SimulatorServer, monkeypatch: pytest.MonkeyPatch) -> b2sdk.v3.Bucket:
    monkeypatch.setattr(reader, "SMALLEST_WINDOW", 100)
    monkeypatch.setattr(reader, "LARGEST_WINDOW", 800)
    api = b2sdk.v3.B2Api(b2sdk.v3.InMemoryAccountInfo())
    api.authorize_account(service.key_id, service.key, service.url)
    return api.create_bucket("with-files", "allPrivate")


@pytest.fixture
def read(connect: Connect, bucket: b2sdk.v3.Bucket) -> Read:
    """Run a flow that reads a file of some content."""

    def read(flow: Flow, content: bytes = CONTENT) -> None:
        version = bucket.upload_bytes(content, "file")

        async def main() -> None:
            async with connect() as parts, StoredFileReader(parts, described(parts, version)) as file:
                await flow(file)

        try:
            asyncio.run(main())
        finally:
            for made in bucket.api.list_buckets(bucket_name="in-an-event-loop"):
                bucket.api.delete_bucket(made)

    return read


def described(
    parts: Parts, version: Any, *, is_size_known: bool = True, encoding: str | None = None
) -> DownloadVersion:
    headers = {
        "X-Bz-File-Id": version.id_,
        "X-Bz-File-Name": version.file_name,
        "X-Bz-Content-Sha1": version.content_sha1,
        "X-Bz-Upload-Timestamp": str(version.upload_timestamp),
        "Content-Type": version.content_type,
        "Content-Length": str(version.size),
    }
    found = parts.download_version_factory.from_response_headers({name.lower(): it for name, it in headers.items()})
    found.size = version.size if is_size_known else None
    found.content_encoding = encoding
    return found


def requests_of(service: SimulatorServer) -> int:
    return [entry.endpoint for entry in service.journal.entries].count(DOWNLOAD)


def test_the_whole_is_one_request(read: Read, service: SimulatorServer) -> None:
    async def flow(file: StoredFileReader) -> None:
        assert (file.name, file.size) == ("file", len(CONTENT))
        assert await file.read() == CONTENT
        assert await file.read() == b""
        assert await file.tell() == len(CONTENT)

    read(flow)
    assert requests_of(service) == 1


def test_reading_on_asks_for_more_and_more(read: Read, service: SimulatorServer) -> None:
    async def flow(file: StoredFileReader) -> None:
        while await file.read(50):
            pass

    read(flow)
    assert requests_of(service) == 4 + -(-(len(CONTENT) - 1500) // 800)


@given(
    steps=st.lists(st.tuples(st.integers(-50, 11_000), st.sampled_from([0, 1, 2]), st.integers(-1, 3000)), max_size=8)
)
@settings(max_examples=20)
def test_any_seeks_and_reads_are_those_of_a_file_in_memory(read: Read, steps: list[tuple[int, int, int]]) -> None:
    async def flow(file: StoredFileReader) -> None:
        expected = io.BytesIO(CONTENT)
        for offset, whence, size in steps:
            place = offset + {0: 0, 1: expected.tell(), 2: len(CONTENT)}[whence]
            if place < 0:
                with pytest.raises(ValueError, match="negative seek position"):
                    await file.seek(offset, whence)
                continue
            assert await file.seek(offset, whence) == expected.seek(place)
            assert await file.read(size) == expected.read(size)
            assert await file.tell() == expected.tell()

    read(flow)


def test_a_buffer_is_filled(read: Read, service: SimulatorServer) -> None:
    async def flow(file: StoredFileReader) -> None:
        buffer = bytearray(60)
        assert [await file.readinto(buffer) for _ in range(2)] == [60, 60]
        assert buffer == CONTENT[60:120]
        assert await file.readinto(bytearray()) == 0
        await file.seek(-10, io.SEEK_END)
        assert await file.readinto(buffer) == 10
        assert buffer[:10] == CONTENT[-10:]

    read(flow)
    assert requests_of(service) == 3


def test_a_window_that_breaks_is_completed(read: Read, service: SimulatorServer) -> None:
    service.faults.add(WireFault(kind="truncate", endpoint=DOWNLOAD, after_bytes=30))

    async def flow(file: StoredFileReader) -> None:
        assert await file.read(100) == CONTENT[:100]

    read(flow)


def test_a_read_that_fails_leaves_the_place(read: Read, service: SimulatorServer) -> None:
    service.faults.add(ApiFault(endpoint=DOWNLOAD, status=403, code="transaction_cap_exceeded"))

    async def flow(file: StoredFileReader) -> None:
        with pytest.raises(B2Error):
            await file.read(2000)
        assert await file.tell() == 0
        assert await file.read(2000) == CONTENT[:2000]

    read(flow)


def test_a_read_that_is_cancelled_leaves_the_place(read: Read) -> None:
    async def flow(file: StoredFileReader) -> None:
        for rounds in range(60):
            reading = asyncio.ensure_future(file.read(2000))
            for _ in range(rounds):
                await asyncio.sleep(0)
            if reading.done():
                assert reading.result() == CONTENT[:2000]
                await file.seek(0)
                continue
            reading.cancel()
            with pytest.raises(asyncio.CancelledError):
                await reading
            assert await file.tell() == 0
        assert await file.read(2000) == CONTENT[:2000]

    read(flow)


def test_an_empty_file_has_nothing_to_read(read: Read, service: SimulatorServer) -> None:
    async def flow(file: StoredFileReader) -> None:
        assert await file.read() == b""

    read(flow, b"")
    assert requests_of(service) == 0


def test_a_closed_file_is_closed(read: Read) -> None:
    async def flow(file: StoredFileReader) -> None:
        assert (file.readable(), file.seekable(), file.writable(), file.closed) == (True, True, False, False)
        await file.close()
        assert file.closed
        for call in (file.read, lambda: file.seek(0), lambda: file.readinto(bytearray(1))):
            with pytest.raises(ValueError, match="I/O operation on closed file"):
                await call()

    read(flow)


def test_a_file_without_known_places_is_refused(connect: Connect, bucket: b2sdk.v3.Bucket) -> None:
    version = bucket.upload_bytes(CONTENT, "file")

    async def main() -> None:
        async with connect(api_config=B2HttpApiConfig(decode_content=True)) as parts:
            with pytest.raises(UnexpectedCloudBehaviour, match="the size of the file is not known"):
                StoredFileReader(parts, described(parts, version, is_size_known=False))
            with pytest.raises(io.UnsupportedOperation, match="is read as it is stored"):
                StoredFileReader(parts, described(parts, version, encoding="gzip"))

    asyncio.run(main())
