from __future__ import annotations

import asyncio
import gc
import io
import threading
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from b2sdk.aio.sources import Content, Memory, check_content, read_buffers
from b2sdk.aio.threads import Threads

CONTENT = bytes(range(256)) * 40
PLENTY = 10**9


def stream_reader(content: bytes) -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    reader.feed_data(content)
    reader.feed_eof()
    return reader


async def chunks(content: bytes, size: int = 1000) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


class Slow(io.RawIOBase):
    """A pipe: it gives a few bytes at a time, in another thread than that of the loop."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self._content = io.BytesIO(content)

    def read(self, size: int | None = -1, /) -> bytes:
        assert threading.current_thread() is not threading.main_thread()
        return self._content.read(min(size or 0, 700))


KINDS: dict[str, Callable[[bytes], Content]] = {"awaited": stream_reader, "iterated": chunks, "blocking": Slow}


async def collect(content: Any, size: int, least: int = 1, memory: Memory | None = None) -> list[bytes]:
    threads = Threads(1)
    try:
        buffers = read_buffers(content, size, least, memory or Memory(PLENTY), threads)
        return [bytes(buffer.data_bytes) async for buffer in buffers]
    finally:
        threads.close()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [1000, 3000, 10_240, 99_999])
def test_content_of_each_kind_is_cut_into_buffers(kind: str, size: int) -> None:
    async def run() -> list[bytes]:
        return await collect(KINDS[kind](CONTENT), size)

    buffers = asyncio.run(run())
    assert b"".join(buffers) == CONTENT
    assert {len(buffer) for buffer in buffers[:-1]} <= {size}


@pytest.mark.parametrize("kind", KINDS)
def test_no_content_is_one_empty_buffer(kind: str) -> None:
    async def run() -> list[bytes]:
        return await collect(KINDS[kind](b""), 1000)

    assert asyncio.run(run()) == [b""]


def test_text_is_refused() -> None:
    async def text() -> AsyncIterator[Any]:
        yield "text"

    with pytest.raises(TypeError, match="returned str instead of bytes"):
        asyncio.run(collect(text(), 1000))


def test_what_cannot_be_read_is_refused() -> None:
    with pytest.raises(TypeError, match="a method read, or be an asynchronous iterator, not bytes"):
        check_content(b"content")
    for kind in ("iterated", "blocking"):
        check_content(KINDS[kind](CONTENT))


def test_buffers_are_counted_until_they_are_gone() -> None:
    async def run() -> list[bool]:
        memory, threads = Memory(5000), Threads(1)
        seen = []
        buffers = read_buffers(chunks(CONTENT), 5000, 1, memory, threads)
        first = await buffers.__anext__()
        seen.append(memory.is_full)
        del first
        gc.collect()
        await asyncio.sleep(0)
        seen.append(memory.is_full)
        threads.close()
        return seen

    assert asyncio.run(run()) == [True, False]


def test_buffers_are_smaller_while_the_memory_is_full() -> None:
    async def run() -> list[int]:
        memory = Memory(1)
        memory.take(1)
        return [len(buffer) for buffer in await collect(chunks(CONTENT, 100), 5000, 500, memory)]

    sizes = asyncio.run(run())
    assert sizes[:-1] == [500] * (len(sizes) - 1)


def test_a_third_buffer_waits_until_one_of_the_others_was_sent() -> None:
    async def run() -> tuple[int, int]:
        memory, threads = Memory(1000), Threads(1)
        buffers = read_buffers(chunks(CONTENT, 500), 1000, 500, memory, threads)
        held = [await buffers.__anext__(), await buffers.__anext__()]
        third = asyncio.ensure_future(buffers.__anext__())
        for _ in range(5):
            await asyncio.sleep(0)
        before = third.done()
        held.clear()
        gc.collect()
        source = await third
        threads.close()
        return int(before), source.get_content_length()

    waited, size = asyncio.run(run())
    assert waited == 0
    assert size in (500, 1000)
