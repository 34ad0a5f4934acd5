"""Files that are made in an event loop, by the flow that :mod:`tests.transfer.test_making` shows."""

from __future__ import annotations

import asyncio
import gc
import io
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.aio.conftest import Connect, Parts
from tests.aio.loops import left_running

import b2sdk.v3
from b2sdk.aio.limits import Limits
from b2sdk.aio.listings import list_parts, list_unfinished
from b2sdk.aio.making import FileMaker
from b2sdk.aio.sources import Memory
from b2sdk.exception import BadRequest, InvalidUploadSource, MaxRetriesExceeded
from b2sdk.progress import AbstractProgressListener, DoNothingProgressListener
from b2sdk.raw_api.endpoints import AbstractRawApi
from b2sdk.simulator import ApiFault, SimulatorServer
from b2sdk.transfer.limits import PartLimits, choose_part_limits
from b2sdk.transfer.source import AbstractUploadSource, CopySource, UploadSourceBytes, UploadSourceLocalFile
from b2sdk.transfer.stream_buffers import BufferSizes
from b2sdk.transfer.write_intent import WriteIntent
from b2sdk.values.new_file import NewFile

SMALL_PARTS = choose_part_limits(5_000_000)
CONTENT = os.urandom(12_000_000)


class Heard(AbstractProgressListener):
    def __init__(self) -> None:
        super().__init__()
        self.total: int | None = None
        self.counts: list[int] = []
        self.tasks: set[object] = set()

    def set_total_bytes(self, total_byte_count: int) -> None:
        self.total = total_byte_count

    def bytes_completed(self, byte_count: int) -> None:
        self.counts.append(byte_count)
        self.tasks.add(asyncio.current_task())  # raises where there is no loop


def new_file(parts: Parts, name: str = "name") -> NewFile:
    return NewFile(parts.bucket_id, name, content_type="text/plain", file_info={})


async def make(
    parts: Parts,
    source: AbstractUploadSource,
    listener: AbstractProgressListener | None = None,
    limits: PartLimits = SMALL_PARTS,
    maker: FileMaker | None = None,
    **chosen: Any,
) -> Any:
    maker = maker or FileMaker(parts)
    return await maker.make(
        new_file(parts), [WriteIntent(source)], limits, listener or DoNothingProgressListener(), **chosen
    )


def busy(count: int) -> ApiFault:
    return ApiFault(endpoint="b2_upload_file", status=503, code="service_unavailable", count=count)


def content_of(service: SimulatorServer, name: str = "name") -> bytes:
    api = b2sdk.v3.B2Api(b2sdk.v3.InMemoryAccountInfo())
    api.authorize_account(service.key_id, service.key, service.url)
    content = io.BytesIO()
    api.get_bucket_by_name("in-an-event-loop").download_file_by_name(name).save(content)
    return content.getvalue()


@pytest.mark.parametrize("size", [0, 1, 64 * 1024, 64 * 1024 + 1, 1_000_000])
def test_a_small_file_is_made_in_one_request(connect: Connect, service: SimulatorServer, size: int) -> None:
    heard = Heard()

    async def run() -> None:
        async with connect() as parts:
            version = await make(parts, UploadSourceBytes(CONTENT[:size]), heard)
            assert (version.size, version.content_type) == (size, "text/plain")

    asyncio.run(run())
    assert content_of(service) == CONTENT[:size]
    assert heard.total == size
    assert heard.counts[-1] == size
    assert heard.tasks


@pytest.mark.parametrize("kind", ["bytes", "path"])
def test_a_large_file_is_made_in_parts(connect: Connect, service: SimulatorServer, tmp_path: Path, kind: str) -> None:
    path = tmp_path / "content"
    path.write_bytes(CONTENT)
    source = UploadSourceBytes(CONTENT) if kind == "bytes" else UploadSourceLocalFile(path)
    heard = Heard()

    async def run() -> None:
        async with connect() as parts:
            assert (await make(parts, source, heard)).size == len(CONTENT)

    asyncio.run(run())
    assert content_of(service) == CONTENT
    assert (heard.total, heard.counts[-1]) == (len(CONTENT), len(CONTENT))


def test_a_file_is_composed_of_copies_and_of_what_is_here(connect: Connect, service: SimulatorServer) -> None:
    between = b"between"

    async def run() -> None:
        async with connect() as parts:
            stored = await make(parts, UploadSourceBytes(CONTENT))
            intents = [
                WriteIntent(CopySource(stored.id_, offset=0, length=6_000_000), 0),
                WriteIntent(UploadSourceBytes(between), 6_000_000),
                WriteIntent(CopySource(stored.id_, offset=7, length=5_500_000), 6_000_007),
            ]
            await FileMaker(parts).make(new_file(parts, "composed"), intents, SMALL_PARTS, DoNothingProgressListener())

    asyncio.run(run())
    assert content_of(service, "composed") == CONTENT[:6_000_000] + between + CONTENT[7:5_500_007]


@pytest.mark.parametrize("requests", [1, 4])
def test_what_is_fetched_for_parts_stays_within_the_memory(connect: Connect, requests: int) -> None:
    """Beside buffers, for whose sending what is fetched would keep the slots if it waited for memory there."""
    taken: list[int] = []

    class Counted(Memory):
        async def take(self, count: int) -> None:
            await super().take(count)
            taken.append(self.taken)

    async def compose(maker: FileMaker, parts: Parts, file_id: str, number: int) -> None:
        intents = [
            WriteIntent(CopySource(file_id, offset=0, length=100_000)),
            WriteIntent(UploadSourceBytes(b"end"), 100_000),
        ]
        file = new_file(parts, f"composed-{number}")
        assert (await maker.make(file, intents, SMALL_PARTS, DoNothingProgressListener())).size == 100_003

    async def stream(maker: FileMaker, parts: Parts, number: int) -> None:
        sizes, silence = BufferSizes(300_000, 300_000), DoNothingProgressListener()
        content = io.BytesIO(CONTENT[:300_000])
        await maker.make_of_content(new_file(parts, f"stream-{number}"), content, sizes, silence, 1)

    async def run() -> None:
        async with connect(limits=Limits(requests=requests, memory=350_000)) as parts:
            stored = await make(parts, UploadSourceBytes(CONTENT[:100_000]))
            maker = FileMaker(parts)
            maker.memory.__class__ = Counted
            composing = [compose(maker, parts, stored.id_, number) for number in range(8)]
            await asyncio.gather(*composing, *(stream(maker, parts, number) for number in range(8)))
            gc.collect()
            await asyncio.sleep(0)
            assert maker.memory.taken == 0

    asyncio.run(run())
    assert len(taken) == 16
    assert 200_000 <= max(taken) <= 350_000


def test_a_file_is_copied(connect: Connect, service: SimulatorServer) -> None:
    heard = Heard()

    async def run() -> None:
        async with connect() as parts:
            stored = await make(parts, UploadSourceBytes(CONTENT[:1000]))
            copy = await FileMaker(parts).copy(
                NewFile(parts.bucket_id, "copy"), CopySource(stored.id_), SMALL_PARTS, heard
            )
            assert copy.file_name == "copy"
            with pytest.raises(BadRequest):
                await FileMaker(parts).copy(NewFile(parts.bucket_id, "no"), CopySource("4_z0"), SMALL_PARTS, heard)

    asyncio.run(run())
    assert content_of(service, "copy") == CONTENT[:1000]
    assert heard.counts == [1000]


def test_buffers_that_are_awaited_become_parts(connect: Connect, service: SimulatorServer) -> None:
    async def buffers() -> AsyncIterator[AbstractUploadSource]:
        for start in range(0, len(CONTENT), 5_000_000):
            await asyncio.sleep(0)
            yield UploadSourceBytes(CONTENT[start : start + 5_000_000])

    async def run() -> None:
        async with connect() as parts:
            await FileMaker(parts).make_of_buffers(new_file(parts), buffers(), DoNothingProgressListener(), 2)

    asyncio.run(run())
    assert content_of(service) == CONTENT


def test_an_unfinished_file_is_resumed(connect: Connect, service: SimulatorServer) -> None:
    async def run() -> None:
        async with connect(limits=Limits(requests=1)) as parts:
            service.faults.add(ApiFault(endpoint="b2_upload_part", status=400, code="bad_request", skip=1))
            with pytest.raises(BadRequest):
                await make(parts, UploadSourceBytes(CONTENT))
            (unfinished,) = [file async for file in list_unfinished(parts.session, parts.bucket_id)]
            made = [part.part_number async for part in list_parts(parts.session, unfinished.file_id)]
            assert made == [1]
            before = len(service.journal.entries)
            version = await make(parts, UploadSourceBytes(CONTENT))
            assert version.id_ == unfinished.file_id
            sent = [entry.endpoint for entry in service.journal.entries[before:]].count("b2_upload_part")
            assert sent == 1

    asyncio.run(run())
    assert content_of(service) == CONTENT


def test_an_error_of_a_listener_is_raised_as_it_is(connect: Connect) -> None:
    class Stops(AbstractProgressListener):
        def set_total_bytes(self, total_byte_count: int) -> None: ...
        def bytes_completed(self, byte_count: int) -> None:
            if byte_count > 11_000_000:
                raise KeyError("the program's own")

    async def run() -> None:
        async with connect() as parts:
            with pytest.raises(KeyError, match="the program's own"):
                await make(parts, UploadSourceBytes(CONTENT), Stops())

    asyncio.run(run())


def test_a_file_that_changes_while_it_is_read_is_not_stored(
    connect: Connect, service: SimulatorServer, tmp_path: Path
) -> None:
    path = tmp_path / "content"
    path.write_bytes(CONTENT[:1_000_000])
    source = UploadSourceLocalFile(path)
    os.truncate(path, 999_999)

    async def run() -> None:
        async with connect() as parts:
            with pytest.raises(InvalidUploadSource, match="ended after 999999 of 1000000 bytes"):
                await make(parts, source)
            page = await parts.session.call(AbstractRawApi.list_file_names, parts.bucket_id, None, 100)
            assert page["files"] == []

    asyncio.run(run())


def test_an_upload_is_tried_with_other_urls_and_given_up(connect: Connect, service: SimulatorServer) -> None:
    async def run() -> None:
        async with connect() as parts:
            service.faults.add(busy(3))
            assert (await make(parts, UploadSourceBytes(b"content"))).size == 7
            service.faults.add(busy(5))
            with pytest.raises(MaxRetriesExceeded):
                await make(parts, UploadSourceBytes(b"content"))

    asyncio.run(run())
    assert content_of(service) == b"content"


@pytest.mark.parametrize("steps", [1, 5, 10, 20, 40, 80])
def test_a_cancelled_upload_leaves_nothing_behind_but_an_unfinished_file(
    connect: Connect, steps: int, tmp_path: Path
) -> None:
    path = tmp_path / "content"
    path.write_bytes(CONTENT)
    source = UploadSourceLocalFile(path)

    async def run() -> None:
        async with connect() as parts:
            upload = asyncio.ensure_future(make(parts, source))
            for _ in range(steps):
                await asyncio.sleep(0)
            upload.cancel()
            with pytest.raises(asyncio.CancelledError):
                await upload
            assert left_running() == set()
            assert (await make(parts, source)).size == len(CONTENT)

    asyncio.run(run())
