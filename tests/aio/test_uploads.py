"""Content that is sent in an event loop: what fails, what is sent again, what a cancellation leaves."""

from __future__ import annotations

import asyncio
import gc
import io
import threading
import weakref
from collections.abc import AsyncIterator, Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from tests.aio.cancelling import cancelled_at
from tests.aio.conftest import Connect, Parts
from tests.aio.loops import left_running
from tests.aio.test_making import CONTENT, SMALL_PARTS, Heard, content_of, make, new_file

from b2sdk.aio.limits import Limits
from b2sdk.aio.listings import list_unfinished
from b2sdk.aio.making import AwaitedSteps, FileMaker
from b2sdk.aio.sources import ContentOfLength, Memory
from b2sdk.exception import B2Error, InvalidUploadSource
from b2sdk.http.config import B2HttpApiConfig, Timeouts
from b2sdk.http.retry import RetryPolicy
from b2sdk.progress import AbstractProgressListener, DoNothingProgressListener
from b2sdk.raw_api.endpoints import AbstractRawApi
from b2sdk.simulator import ApiFault, SimulatorServer, WireFault
from b2sdk.transfer.source import (
    AbstractUploadSource,
    CopySource,
    UploadSourceBytes,
    UploadSourceLocalFile,
    UploadSourceStream,
)
from b2sdk.transfer.stream_buffers import BufferSizes
from b2sdk.values.new_file import NewFile

LEAST = 5_000_000
LARGE = CONTENT[: 2 * LEAST + 500_000]
SMALL = CONTENT[:300_000]
SIZES = BufferSizes(LEAST, LEAST)
AT_ONCE = RetryPolicy(first_wait=0.001, max_wait=0.001, jitter=0.0)
QUICK = B2HttpApiConfig(retry_policy=AT_ONCE)
SILENT = DoNothingProgressListener()

ENDPOINTS = {"a file": ("b2_upload_file", SMALL), "parts": ("b2_upload_part", LARGE)}
TRANSIENT: dict[str, Callable[[str], ApiFault | WireFault]] = {
    "busy": lambda endpoint: ApiFault(endpoint=endpoint, status=503, code="service_unavailable"),
    "token expired": lambda endpoint: ApiFault(endpoint=endpoint, status=401, code="expired_auth_token"),
    "reset at once": lambda endpoint: WireFault(kind="reset-mid-request", endpoint=endpoint),
    "reset in the body": lambda endpoint: WireFault(kind="reset-mid-request", endpoint=endpoint, after_bytes=100_000),
    "response lost": lambda endpoint: WireFault(kind="reset-before-response", endpoint=endpoint),
    "response cut short": lambda endpoint: WireFault(kind="truncate", endpoint=endpoint, after_bytes=1),
}


def sent(service: SimulatorServer, endpoint: str) -> int:
    return [entry.endpoint for entry in service.journal.entries].count(endpoint)


async def chunks(content: bytes, size: int = 700_000) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        await asyncio.sleep(0)
        yield content[start : start + size]


async def left_over(parts: Parts) -> list[str]:
    return [file.file_name async for file in list_unfinished(parts.session, parts.bucket_id)]


@pytest.mark.parametrize("fault", TRANSIENT)
@pytest.mark.parametrize("what", ENDPOINTS)
@pytest.mark.parametrize("kind", ["bytes", "path", "stream"])
def test_content_is_sent_again_from_its_beginning(
    connect: Connect, service: SimulatorServer, tmp_path: Path, fault: str, what: str, kind: str
) -> None:
    endpoint, content = ENDPOINTS[what]
    path = tmp_path / "content"
    path.write_bytes(content)
    sources: dict[str, AbstractUploadSource] = {
        "bytes": UploadSourceBytes(content),
        "path": UploadSourceLocalFile(path),
        "stream": UploadSourceStream(lambda: io.BytesIO(content), len(content)),
    }

    async def run() -> None:
        async with connect(api_config=QUICK) as parts:
            service.faults.add(TRANSIENT[fault](endpoint))
            assert (await make(parts, sources[kind])).size == len(content)

    asyncio.run(run())
    assert content_of(service) == content
    assert sent(service, endpoint) == (2 if what == "a file" else 3)


@pytest.mark.parametrize("sha1", [None, "a" * 40])
def test_more_than_the_nothing_that_was_announced_is_refused_before_it_is_sent(
    connect: Connect, service: SimulatorServer, sha1: str | None
) -> None:
    async def run() -> None:
        async with connect() as parts:
            with pytest.raises(InvalidUploadSource, match="goes on after the 0 bytes"):
                await make(parts, UploadSourceStream(lambda: io.BytesIO(b"x"), 0, sha1))

    asyncio.run(run())
    assert sent(service, "b2_upload_file") == 0


def test_another_url_is_minted_for_each_attempt(connect: Connect, service: SimulatorServer) -> None:
    async def run() -> None:
        async with connect(api_config=QUICK) as parts:
            service.faults.add(ApiFault(endpoint="b2_upload_file", status=503, code="service_unavailable", count=3))
            await make(parts, UploadSourceBytes(SMALL))
            await make(parts, UploadSourceBytes(SMALL))

    asyncio.run(run())
    used = [entry.upload_url_id for entry in service.journal.entries if entry.endpoint == "b2_upload_file"]
    assert len(used) == 5
    assert len(set(used)) == 4  # what worked is used again


class Broken(io.RawIOBase):
    """Content that fails after a few blocks, or right away."""

    def __init__(self, good: int) -> None:
        super().__init__()
        self._good = good

    def read(self, size: int | None = -1, /) -> bytes:
        assert threading.current_thread() is not threading.main_thread()
        self._good -= size or 0
        if self._good < 0:
            raise ConnectionResetError("the program's own")
        return bytes(size or 0)

    def seek(self, offset: int, whence: int = 0, /) -> int:
        return offset


class Failing(AbstractProgressListener):
    def __init__(self, after: int) -> None:
        super().__init__()
        self._after = after

    def set_total_bytes(self, total_byte_count: int) -> None: ...

    def bytes_completed(self, byte_count: int) -> None:
        asyncio.get_running_loop()
        if byte_count > self._after:
            raise TimeoutError("the program's own")


@pytest.mark.parametrize("what", ENDPOINTS)
@pytest.mark.parametrize("good", [0, 270_000])
@pytest.mark.parametrize("culprit", ["source", "listener"])
def test_a_failure_of_the_program_is_raised_as_it_is_and_nothing_is_sent_again(
    connect: Connect, service: SimulatorServer, what: str, good: int, culprit: str
) -> None:
    endpoint, content = ENDPOINTS[what]

    async def run() -> None:
        async with connect() as parts:
            if culprit == "source":
                source: AbstractUploadSource = UploadSourceStream(lambda: Broken(good), len(content), "a" * 40)
                listener: AbstractProgressListener = SILENT
            else:
                source, listener = UploadSourceBytes(content), Failing(good)
            with pytest.raises((ConnectionResetError, TimeoutError), match="the program's own"):
                await make(parts, source, listener)
            assert left_running() == set()
            assert (await make(parts, UploadSourceBytes(SMALL))).size == len(SMALL)

    asyncio.run(run())
    assert sent(service, endpoint) <= 2  # once each part, or once and then the one that is good


def test_progress_is_reported_in_the_loop_and_starts_again_with_each_attempt(
    connect: Connect, service: SimulatorServer
) -> None:
    heard = Heard()

    async def run() -> None:
        async with connect(api_config=QUICK) as parts:
            service.faults.add(ApiFault(endpoint="b2_upload_file", status=503, code="service_unavailable"))
            await make(parts, UploadSourceBytes(SMALL), heard)

    asyncio.run(run())
    assert heard.total == len(SMALL)
    assert heard.counts == [262_144, 300_000] * 2


def test_a_service_that_does_not_read_is_given_up(connect: Connect, service: SimulatorServer) -> None:
    timeouts = Timeouts(read=0.2, write=0.2, connect=0.2)
    config = B2HttpApiConfig(timeouts=timeouts, retry_policy=AT_ONCE)

    async def run() -> None:
        async with connect(api_config=config) as parts:
            service.faults.add(WireFault(kind="stall-request", endpoint="b2_upload_file", seconds=1.0, count=1))
            assert (await make(parts, UploadSourceBytes(CONTENT[:4_000_000]))).size == 4_000_000

    asyncio.run(run())


def test_no_more_is_sent_at_once_than_the_limits_say(connect: Connect) -> None:
    sending = most = 0

    class Counted(UploadSourceStream):
        def open(self) -> Any:
            nonlocal sending, most
            sending += 1
            most = max(most, sending)
            stream = io.BytesIO(SMALL)
            closed = stream.close

            def close() -> None:
                nonlocal sending
                sending -= not stream.closed
                closed()

            stream.close = close  # type: ignore[method-assign]  # to be called
            return stream

    async def run() -> None:
        async with connect(limits=Limits(requests=3)) as parts:
            maker = FileMaker(parts)
            sources = [Counted(lambda: None, len(SMALL), "a" * 40) for _ in range(12)]
            results = await asyncio.gather(
                *(make(parts, source, maker=maker) for source in sources), return_exceptions=True
            )
            assert all(isinstance(result, B2Error) for result in results)  # that is not their SHA-1

    asyncio.run(run())
    assert (most, sending) == (3, 0)


# --- content that can be read once ---


@pytest.mark.parametrize("size", [0, 1, LEAST, len(LARGE), len(CONTENT)])
@pytest.mark.parametrize("is_length_known", [False, True])
def test_content_that_can_be_read_once_becomes_a_file(
    connect: Connect, service: SimulatorServer, size: int, is_length_known: bool
) -> None:
    heard = Heard()

    async def run() -> None:
        async with connect() as parts:
            maker = FileMaker(parts)
            content: Any = chunks(CONTENT[:size])
            if is_length_known:
                content = ContentOfLength(content, size)
            version = await maker.make_of_content(new_file(parts), content, SIZES, heard, 1)
            assert version.size == size
            assert maker.memory.taken == 0

    asyncio.run(run())
    assert content_of(service) == CONTENT[:size]
    assert heard.total == size or (not is_length_known and heard.total == 0)
    assert heard.counts[-1:] == [size]
    assert sent(service, "b2_upload_part") == (0 if size <= LEAST else -(-size // LEAST))


def test_buffers_of_content_are_sent_again(connect: Connect, service: SimulatorServer) -> None:
    async def run() -> None:
        async with connect(api_config=QUICK) as parts:
            service.faults.add(ApiFault(endpoint="b2_upload_part", status=503, code="service_unavailable", count=2))
            await FileMaker(parts).make_of_content(new_file(parts), chunks(CONTENT), SIZES, SILENT, 1)

    asyncio.run(run())
    assert content_of(service) == CONTENT


def test_nothing_is_stored_of_content_that_has_another_length(connect: Connect, service: SimulatorServer) -> None:
    async def run() -> None:
        async with connect() as parts:
            maker = FileMaker(parts)
            for actual, announced in [(10, 11), (11, 10), (len(LARGE), len(LARGE) + 1), (len(LARGE), len(LARGE) - 1)]:
                content = ContentOfLength(chunks(CONTENT[:actual]), announced)
                with pytest.raises(InvalidUploadSource):
                    await maker.make_of_content(new_file(parts), content, SIZES, SILENT, 1)
                assert maker.memory.taken == 0
            assert await left_over(parts) == []

    asyncio.run(run())
    # A request cancelled by the test before this one may be recorded by now, without a status.
    storing = ("b2_upload_file", "b2_finish_large_file")
    assert [entry for entry in service.journal.entries if entry.endpoint in storing and entry.status == 200] == []


def test_many_transfers_at_once_stay_within_the_memory(connect: Connect, service: SimulatorServer) -> None:
    seen: list[int] = []

    async def watched(maker: FileMaker) -> AsyncIterator[bytes]:
        async for chunk in chunks(LARGE):
            seen.append(maker.memory.taken)
            yield chunk

    async def run() -> None:
        async with connect(limits=Limits(memory=3 * LEAST)) as parts:
            maker = FileMaker(parts)
            names = [f"name-{number}" for number in range(12)]
            made = [maker.make_of_content(new_file(parts, name), watched(maker), SIZES, SILENT, 1) for name in names]
            await asyncio.gather(*made)

    asyncio.run(run())
    assert LEAST < max(seen) <= 3 * LEAST
    assert content_of(service, "name-11") == LARGE


def test_transfers_that_failed_keep_no_memory_from_others(connect: Connect, service: SimulatorServer) -> None:
    async def run() -> None:
        async with connect(api_config=QUICK, limits=Limits(memory=2 * LEAST)) as parts:
            maker = FileMaker(parts)
            service.faults.add(ApiFault(endpoint="b2_upload_part", status=400, code="bad_request", count=8))
            made = [
                maker.make_of_content(new_file(parts, f"name-{number}"), chunks(LARGE), SIZES, SILENT, 1)
                for number in range(10)
            ]
            results = await asyncio.gather(*made, return_exceptions=True)
            assert 4 <= sum(isinstance(result, B2Error) for result in results) <= 8  # up to two parts of each failed
            assert maker.memory.taken == 0

    asyncio.run(run())


def test_a_failure_is_raised_although_no_more_content_comes(connect: Connect, service: SimulatorServer) -> None:
    async def stalls() -> AsyncIterator[bytes]:
        yield LARGE
        await asyncio.get_running_loop().create_future()

    async def run() -> None:
        async with connect(api_config=QUICK) as parts:
            service.faults.add(ApiFault(endpoint="b2_upload_part", status=400, code="bad_request"))
            with pytest.raises(B2Error):
                await FileMaker(parts).make_of_content(new_file(parts), stalls(), SIZES, SILENT, 1)
            assert left_running() == set()

    asyncio.run(run())


@pytest.mark.parametrize("size", [7, len(SMALL)])
def test_content_is_forgotten_as_soon_as_it_was_sent(connect: Connect, size: int) -> None:
    class Content(bytearray):
        """Bytes that may be referred to weakly."""

    async def run() -> None:
        async with connect() as parts:
            content = Content(SMALL[:size])
            watched = weakref.ref(content)
            gc.disable()
            try:
                await make(parts, UploadSourceBytes(content))
                del content
                assert watched() is None
            finally:
                gc.enable()

    asyncio.run(run())


# --- cancellation ---


class Operation(NamedTuple):
    perform: Callable[[Parts, FileMaker, Path], Coroutine[Any, Any, object]]
    is_kept: bool = True
    """Whether an unfinished file may stay, to be resumed."""


async def upload(source_of: Callable[[Path], AbstractUploadSource], parts: Parts, maker: FileMaker, path: Path) -> None:
    await make(parts, await parts.session.threads.call(source_of, path), maker=maker)


async def upload_content(content: bytes, parts: Parts, maker: FileMaker, _path: Path) -> None:
    await maker.make_of_content(new_file(parts), chunks(content), SIZES, SILENT, 1)


async def write(content: bytes, parts: Parts, maker: FileMaker, _path: Path) -> None:
    async with maker.open_writer(new_file(parts), SIZES, SILENT) as file:
        await file.write(content)


async def copy(length: int | None, parts: Parts, maker: FileMaker, _path: Path) -> None:
    limits = SMALL_PARTS._replace(maximum=6_000_000)
    page = await parts.session.call(AbstractRawApi.list_file_names, parts.bucket_id, "source", 1)
    source = CopySource(page["files"][0]["fileId"], length=length)
    await maker.copy(NewFile(parts.bucket_id, "copy"), source, limits, SILENT)


OPERATIONS = {
    "a few bytes": Operation(partial(upload, lambda _: UploadSourceBytes(b"content"))),
    "bytes": Operation(partial(upload, lambda _: UploadSourceBytes(SMALL))),
    "a path": Operation(partial(upload, UploadSourceLocalFile)),
    "parts": Operation(partial(upload, lambda _: UploadSourceBytes(LARGE))),
    "small content": Operation(partial(upload_content, SMALL)),
    "content in parts": Operation(partial(upload_content, LARGE)),
    "a small file that is written": Operation(partial(write, SMALL), is_kept=False),
    "a file that is written in parts": Operation(partial(write, LARGE), is_kept=False),
    "a copy": Operation(partial(copy, None)),
    "a copy in parts": Operation(partial(copy, len(LARGE))),
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_it_may_be_cancelled_wherever_it_waits(connect: Connect, tmp_path: Path, name: str) -> None:
    operation = OPERATIONS[name]
    path = tmp_path / "content"
    path.write_bytes(SMALL)

    async def is_cancelled(number: int, parts: Parts, maker: FileMaker) -> bool:
        task = asyncio.ensure_future(cancelled_at(number, operation.perform(parts, maker, path)))
        await asyncio.wait([task])
        assert left_running() == set()
        assert maker.memory.taken == 0
        if not operation.is_kept:
            assert await left_over(parts) == []
        return task.cancelled()

    async def run() -> int:
        async with connect() as parts:
            maker = FileMaker(parts)
            await maker.make_of_content(new_file(parts, "source"), chunks(LARGE), SIZES, SILENT, 1)
            number = 1
            while await is_cancelled(number, parts, maker):
                number += 1
            await operation.perform(parts, maker, path)
            return number

    assert asyncio.run(run()) > 2


def test_a_second_cancellation_does_not_keep_an_unfinished_file_from_being_cancelled(
    connect: Connect, service: SimulatorServer
) -> None:
    async def run() -> None:
        async with connect() as parts:
            file = await AwaitedSteps(parts, Memory(1)).start(new_file(parts))
            service.faults.add(WireFault(kind="stall", endpoint="b2_cancel_large_file", seconds=0.3))
            dropping = asyncio.ensure_future(AwaitedSteps(parts, Memory(1)).cancel(file.file_id, 1.0))
            await asyncio.sleep(0.1)
            dropping.cancel()
            with pytest.raises(asyncio.CancelledError):
                await dropping
            assert left_running() == set()
            assert await left_over(parts) == []

    asyncio.run(run())


def test_an_unfinished_file_that_the_service_does_not_cancel_is_not_waited_for(
    connect: Connect, service: SimulatorServer
) -> None:
    async def run() -> float:
        async with connect() as parts:
            file = await AwaitedSteps(parts, Memory(1)).start(new_file(parts))
            service.faults.add(WireFault(kind="stall", endpoint="b2_cancel_large_file", seconds=8.0, count=10))
            clock = asyncio.get_running_loop().time
            dropping, start = asyncio.ensure_future(AwaitedSteps(parts, Memory(1)).cancel(file.file_id, None)), clock()
            await asyncio.sleep(0.05)
            dropping.cancel()
            with pytest.raises(asyncio.CancelledError):
                await dropping
            assert left_running() == set()
            return clock() - start

    assert asyncio.run(run()) < 6
    service.faults.clear()
