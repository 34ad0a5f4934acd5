from __future__ import annotations

import asyncio
import gc
import io
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st

from b2sdk.aio.sources import BLOCK_SIZE, Buffers, Content, ContentOfLength, Memory, check_content
from b2sdk.aio.threads import Threads
from b2sdk.exception import InvalidUploadSource
from b2sdk.transfer.source import UploadSourceBytes
from b2sdk.transfer.stream_buffers import BufferSizes

CONTENT = bytes(range(256)) * 40
PLENTY = 10**9
MANY = 4 * BLOCK_SIZE
"""Bytes of a part of the least size."""


def stream_reader(content: bytes) -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    reader.feed_data(content)
    reader.feed_eof()
    return reader


async def chunks(content: bytes, size: int = 1000) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]
        yield b""  # as Starlette does


class Slow(io.RawIOBase):
    """A pipe: it gives a few bytes at a time, in another thread than that of the loop."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self._content = io.BytesIO(content)

    def read(self, size: int | None = -1, /) -> bytes:
        assert threading.current_thread() is not threading.main_thread()
        return self._content.read(min(size or 0, 700))


KINDS: dict[str, Callable[[bytes], Content]] = {"awaited": stream_reader, "iterated": chunks, "blocking": Slow}


@pytest.fixture(scope="module")
def threads() -> Iterator[Threads]:
    threads = Threads(1)
    yield threads
    threads.close()


async def collect(
    content: Any, threads: Threads, size: int, least: int = 1, memory: Memory | None = None
) -> list[bytes]:
    buffers = Buffers(content, BufferSizes(size, least), memory or Memory(PLENTY), threads)
    return [bytes(buffer.data_bytes) async for buffer in buffers]


async def settle() -> None:
    """Let what was forgotten be noticed."""
    gc.collect()
    for _ in range(3):
        await asyncio.sleep(0)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [1000, 3000, 10_240, 99_999])
@pytest.mark.parametrize("is_length_known", [False, True])
def test_content_of_each_kind_is_cut_into_buffers(
    kind: str, size: int, is_length_known: bool, threads: Threads
) -> None:
    async def run() -> list[bytes]:
        content = KINDS[kind](CONTENT)
        return await collect(ContentOfLength(content, len(CONTENT)) if is_length_known else content, threads, size)

    buffers = asyncio.run(run())
    assert b"".join(buffers) == CONTENT
    assert {len(buffer) for buffer in buffers[:-1]} <= {size}


@pytest.mark.parametrize("kind", KINDS)
def test_no_content_is_one_empty_buffer(kind: str, threads: Threads) -> None:
    async def run() -> list[list[bytes]]:
        content = KINDS[kind]
        return [
            await collect(content(b""), threads, 1000),
            await collect(ContentOfLength(content(b""), 0), threads, 1000),
        ]

    assert asyncio.run(run()) == [[b""], [b""]]


@pytest.mark.parametrize("kind", KINDS)
def test_content_that_ends_before_its_length_is_wrong(kind: str, threads: Threads) -> None:
    async def run() -> None:
        await collect(ContentOfLength(KINDS[kind](CONTENT), len(CONTENT) + 1), threads, 3000)

    with pytest.raises(InvalidUploadSource, match="ended after 10240 of 10241 bytes"):
        asyncio.run(run())


def test_an_iterator_that_is_longer_than_its_length_is_wrong(threads: Threads) -> None:
    async def run(length: int) -> None:
        await collect(ContentOfLength(chunks(CONTENT), length), threads, 3000)

    for length in (0, 999, 1000, len(CONTENT) - 1):
        with pytest.raises(InvalidUploadSource, match="goes on after"):
            asyncio.run(run(length))


@pytest.mark.parametrize("kind", ["awaited", "blocking"])
def test_what_is_read_is_not_read_beyond_its_length(kind: str, threads: Threads) -> None:
    async def run() -> tuple[list[bytes], bytes]:
        content: Any = KINDS[kind](CONTENT)
        buffers = await collect(ContentOfLength(content, 1000), threads, 600)
        rest = content.read(-1) if kind == "awaited" else asyncio.to_thread(content.read, 100)
        return buffers, await rest

    buffers, rest = asyncio.run(run())
    assert b"".join(buffers) == CONTENT[:1000]
    assert rest[:100] == CONTENT[1000:1100]


def test_parts_of_long_content_are_so_large_that_10000_are_enough(threads: Threads) -> None:
    async def run() -> int:
        content = ContentOfLength(stream_reader(b""), 10**12)
        buffers = Buffers(content, BufferSizes(5_000_000, 5_000_000), Memory(1), threads)
        taken = asyncio.ensure_future(anext(buffers))
        with pytest.raises(InvalidUploadSource):
            await taken
        return buffers._least  # a terabyte would take too long

    assert asyncio.run(run()) == 150_000_000


def test_text_is_refused(threads: Threads) -> None:
    async def text() -> AsyncIterator[Any]:
        yield "text"

    with pytest.raises(TypeError, match="returned str instead of bytes"):
        asyncio.run(collect(text(), threads, 1000))


def test_what_cannot_be_read_is_refused() -> None:
    with pytest.raises(TypeError, match=r"a method read, or be an asynchronous iterator, not int$"):
        check_content(42)
    with pytest.raises(TypeError, match="a method read"):
        ContentOfLength(b"content", 7)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="cannot be -1"):
        ContentOfLength(io.BytesIO(), -1)
    for kind in ("iterated", "blocking"):
        check_content(KINDS[kind](CONTENT))


@pytest.mark.parametrize(
    ("content", "verb"),
    [
        (b"content", "upload_bytes"),
        ("path", "upload_local_file"),
        (Path("path"), "upload_local_file"),
        (UploadSourceBytes(b"content"), "upload"),
    ],
)
def test_what_another_verb_takes_is_refused_with_its_name(content: Any, verb: str) -> None:
    with pytest.raises(TypeError, match=rf"not {type(content).__name__}: use {verb}$"):
        check_content(content)


# --- memory ---


def test_buffers_have_memory_until_they_are_forgotten(threads: Threads) -> None:
    async def run() -> list[int]:
        memory = Memory(PLENTY)
        buffers = Buffers(chunks(bytes(3 * MANY), MANY), BufferSizes(2 * MANY, MANY), memory, threads)
        first = await anext(buffers)
        second = await anext(buffers)
        seen = [memory.taken]
        del second
        await settle()
        seen.append(memory.taken)
        del first
        await settle()
        return [*seen, memory.taken]

    assert asyncio.run(run()) == [3 * MANY, 2 * MANY, 0]


def test_small_content_does_not_wait_for_memory(threads: Threads) -> None:
    async def run() -> list[bytes]:
        memory = Memory(1)
        assert memory.try_to_take(1)
        return await collect(chunks(CONTENT), threads, MANY, MANY, memory)

    assert asyncio.run(run()) == [CONTENT]


def test_buffers_are_sent_when_there_is_no_more_memory(threads: Threads) -> None:
    async def run() -> list[int]:
        memory = Memory(8 * MANY)
        assert memory.try_to_take(6 * MANY)
        sizes = []
        async for buffer in Buffers(chunks(bytes(7 * MANY), MANY), BufferSizes(4 * MANY, MANY), memory, threads):
            sizes.append(buffer.get_content_length())
            del buffer
            await settle()
        assert memory.taken == 6 * MANY
        return sizes

    assert asyncio.run(run()) == [2 * MANY, 2 * MANY, 2 * MANY, MANY]


def test_two_buffers_fit_into_the_memory(threads: Threads) -> None:
    async def run() -> list[int]:
        memory = Memory(2 * MANY)
        buffers = Buffers(chunks(bytes(3 * MANY), MANY), BufferSizes(100 * MANY, 1), memory, threads)
        held = [await anext(buffers), await anext(buffers)]
        return [buffer.get_content_length() for buffer in held]

    assert asyncio.run(run()) == [MANY, MANY]


def test_parts_grow_with_their_number(threads: Threads) -> None:
    async def run() -> int:
        memory = Memory(8 * MANY)
        assert memory.try_to_take(4 * MANY)
        buffers = Buffers(chunks(bytes(4 * MANY), MANY), BufferSizes(4 * MANY, MANY), memory, threads)
        buffers._number = 2000  # so many would take too long
        waiting = asyncio.ensure_future(anext(buffers))
        memory.give_back(4 * MANY)
        assert memory.try_to_take(4 * MANY)
        return (await waiting).get_content_length()

    assert asyncio.run(run()) == 4 * MANY


@pytest.mark.parametrize("end", ["failure", "cancellation"])
def test_a_buffer_that_is_not_finished_has_no_memory(end: str, threads: Threads) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield bytes(BLOCK_SIZE + 1)
        if end == "failure":
            raise OSError("broken")
        await asyncio.sleep(60)

    async def run() -> tuple[int, int]:
        memory = Memory(PLENTY)
        taking = asyncio.ensure_future(anext(Buffers(broken(), BufferSizes(MANY, MANY), memory, threads)))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        during = memory.taken
        if end == "cancellation":
            taking.cancel()
        with pytest.raises((OSError, asyncio.CancelledError)):
            await taking
        return during, memory.taken

    during, after = asyncio.run(run())
    assert during in ((MANY,) if end == "cancellation" else (0, MANY))
    assert after == 0


def test_what_only_an_error_holds_has_no_memory_when_the_buffers_are_closed(threads: Threads) -> None:
    async def run() -> tuple[int, int]:
        memory = Memory(PLENTY)
        buffers = Buffers(chunks(bytes(2 * MANY), MANY), BufferSizes(MANY, MANY), memory, threads)
        held: list[UploadSourceBytes] = [await anext(buffers)]
        buffers.close()
        closed = memory.taken
        held.clear()
        await settle()
        return closed, memory.taken

    assert asyncio.run(run()) == (0, 0)


def test_who_waits_for_memory_gets_it_in_turn_and_can_be_cancelled() -> None:
    async def run() -> list[str]:
        memory, order = Memory(10), list[str]()
        assert memory.try_to_take(8)

        async def take(name: str, count: int) -> None:
            await memory.take(count)
            order.append(name)

        big, cancelled, small = (
            asyncio.ensure_future(take(name, count)) for name, count in [("big", 9), ("cancelled", 5), ("small", 1)]
        )
        await asyncio.sleep(0)
        assert not memory.try_to_take(1)  # it would fit, and others wait
        cancelled.cancel()
        memory.give_back(8)
        await asyncio.gather(big, small)
        assert memory.taken == 10
        late = asyncio.ensure_future(take("late", 5))
        await asyncio.sleep(0)
        memory.give_back(9)
        late.cancel()  # when it was granted already
        with pytest.raises(asyncio.CancelledError):
            await late
        assert memory.taken == 1
        memory.give_back(1)
        await memory.take(11)  # more than there is, when nobody has any
        return order

    assert asyncio.run(run()) == ["big", "small"]


@given(st.lists(st.tuples(st.integers(0, 6 * MANY), st.integers(1, 3)), min_size=1, max_size=8), st.integers(1, 5))
def test_transfers_at_once_all_end_and_stay_within_the_memory(transfers: list[tuple[int, int]], room: int) -> None:
    async def transfer(length: int, chunk: int, memory: Memory, threads: Threads) -> int:
        buffers = Buffers(chunks(bytes(length), chunk * MANY // 2), BufferSizes(3 * MANY, MANY), memory, threads)
        received = 0
        async for buffer in buffers:
            assert memory.taken <= max(memory.most, MANY)
            if not await buffers.is_over():
                assert buffer.get_content_length() >= MANY
            received += buffer.get_content_length()
            await asyncio.sleep(0)  # it is sent
            del buffer
        return received

    async def run() -> list[int]:
        memory, threads = Memory(room * MANY), Threads(1)
        received = await asyncio.gather(*(transfer(*about, memory, threads) for about in transfers))
        await settle()
        assert memory.taken == 0
        threads.close()
        return received

    assert asyncio.run(run()) == [length for length, _ in transfers]
