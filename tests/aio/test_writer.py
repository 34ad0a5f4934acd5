from __future__ import annotations

import asyncio
import gc
import warnings

import pytest
from tests.aio.conftest import Connect, Parts
from tests.aio.loops import left_running
from tests.aio.test_making import content_of, new_file

from b2sdk.aio.listings import list_unfinished
from b2sdk.aio.making import FileMaker
from b2sdk.aio.writer import StoredFileWriter
from b2sdk.exception import B2Error
from b2sdk.progress import DoNothingProgressListener
from b2sdk.simulator import ApiFault, SimulatorServer
from b2sdk.transfer.stream_buffers import BufferSizes

PART = 5_000_000


def writer(parts: Parts) -> StoredFileWriter:
    return FileMaker(parts).open_writer(new_file(parts), BufferSizes(PART, PART), DoNothingProgressListener())


async def write_and(parts: Parts, size: int, failure: Exception, files: list[StoredFileWriter]) -> None:
    async with writer(parts) as file:
        files.append(file)
        await file.write(b"x" * size)
        raise failure


async def write_parts(file: StoredFileWriter, count: int) -> None:
    async with file:
        for _ in range(count):
            await file.write(b"x" * PART)


async def left_over(parts: Parts) -> list[str]:
    return [file.file_name async for file in list_unfinished(parts.session, parts.bucket_id)]


@pytest.mark.parametrize("pieces", [[], [b"one"], [b"one", b" and ", b"two"], [b"x" * PART, b"y" * PART, b"z"]])
def test_what_is_written_becomes_a_file_when_it_is_closed(
    connect: Connect, service: SimulatorServer, pieces: list[bytes]
) -> None:
    async def run() -> None:
        async with connect() as parts:
            async with writer(parts) as file:
                for piece in pieces:
                    assert await file.write(piece) == len(piece)
                assert file.tell() == sum(map(len, pieces))
            assert file.version is not None
            assert file.version.size == file.tell()
            with pytest.raises(ValueError, match="closed"):
                await file.write(b"more")

    asyncio.run(run())
    assert content_of(service) == b"".join(pieces)


@pytest.mark.parametrize("size", [0, 1, 2 * PART + 1])
def test_nothing_is_made_of_a_block_that_fails(connect: Connect, size: int) -> None:
    async def run() -> None:
        async with connect() as parts:
            files: list[StoredFileWriter] = []
            with pytest.raises(KeyError):
                await write_and(parts, size, KeyError(), files)
            assert [file.version for file in files] == [None]
            assert await left_over(parts) == []
            assert left_running() == set()

    asyncio.run(run())


def test_nothing_is_made_when_a_write_is_cancelled(connect: Connect) -> None:
    async def run() -> None:
        async with connect() as parts:
            writing = asyncio.ensure_future(write_parts(writer(parts), 1000))
            await asyncio.sleep(0.05)
            writing.cancel()
            with pytest.raises(asyncio.CancelledError):
                await writing
            assert await left_over(parts) == []
            assert left_running() == set()

    asyncio.run(run())


def test_a_failure_of_the_service_is_raised_by_what_follows_it(connect: Connect, service: SimulatorServer) -> None:
    async def run() -> None:
        async with connect() as parts:
            service.faults.add(ApiFault(endpoint="b2_upload_part", status=400, code="bad_request", count=100))
            file = writer(parts)
            with pytest.raises(B2Error):
                await write_parts(file, 10)
            assert file.closed
            assert await left_over(parts) == []

    asyncio.run(run())


def test_a_file_that_is_forgotten_is_not_made(connect: Connect) -> None:
    async def run() -> None:
        async with connect() as parts:
            file = writer(parts)
            await file.write(b"x" * PART)
            await asyncio.sleep(0)
            with warnings.catch_warnings(record=True) as seen:
                warnings.simplefilter("always")
                del file
                gc.collect()
            assert [str(warning.message).endswith("no file is made") for warning in seen] == [True]
            others = left_running()
            await asyncio.gather(*others, return_exceptions=True)
            assert await left_over(parts) == []

    asyncio.run(run())
