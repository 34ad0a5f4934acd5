"""Content of unknown length, which is awaited or read in threads, cut into buffers that are sent while the next fills.

In threads it is :mod:`b2sdk.transfer.stream_buffers`.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import weakref
from collections.abc import AsyncIterable, AsyncIterator
from inspect import iscoroutinefunction
from typing import Final, Protocol, TypeAlias, cast

from b2sdk.aio.threads import Threads, Turns
from b2sdk.interfaces import Readable
from b2sdk.stream.reading import as_bytes, read_bytes
from b2sdk.transfer.source import UploadSourceBytes

_READ_AT_ONCE: Final = 256 * 1024


class AwaitedReadable(Protocol):
    """What is read with ``await``: an ``asyncio.StreamReader``, the body of an aiohttp request, a file of aiofiles."""

    async def read(self, size: int = ..., /) -> bytes: ...


Content: TypeAlias = AsyncIterable[bytes] | AwaitedReadable | Readable
"""An asynchronous iterator of bytes, such as ``request.stream()`` of Starlette; what is read with ``await``; or a file
object, which is read in threads."""


class Memory:
    """How many bytes of buffers one client has."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._taken = 0
        self._changed = asyncio.Event()

    @property
    def is_full(self) -> bool:
        """Whether there are as many as there may be."""
        return self._taken >= self._most

    def take(self, count: int) -> None:
        """Count bytes."""
        self._taken += count

    def give_back(self, count: int) -> None:
        """Count them no longer."""
        self._taken -= count
        self._changed.set()

    async def change(self) -> None:
        """Wait until some are counted no longer."""
        self._changed.clear()
        await self._changed.wait()


def check_content(content: object) -> None:
    """Check that it can be read.

    :raises TypeError: it cannot.
    """
    if not (hasattr(content, "read") or hasattr(content, "__aiter__")):
        raise TypeError(
            f"the content must have a method read, or be an asynchronous iterator, not {type(content).__name__}"
        )


async def read_buffers(
    content: Content, size: int, least: int, memory: Memory, threads: Threads
) -> AsyncIterator[UploadSourceBytes]:
    """Yield the content in buffers of ``size`` bytes, the last one perhaps smaller; nothing gives one empty buffer.

    While the memory of the client is full, buffers have ``least`` bytes, and the third one of a transfer waits until
    there is room, or one of the others has been sent. So each transfer goes beyond it by three small buffers at most.

    :raises TypeError: the content gives something other than bytes.
    """
    own = _Own(memory)
    buffer = own.begin()
    is_empty = True
    async for chunk in _chunks(content, threads):
        rest = memoryview(chunk)
        while rest:
            room = size - buffer.filled
            buffer.write(rest[:room])
            rest = rest[room:]
            if buffer.filled == size or (memory.is_full and buffer.filled >= least):
                is_empty = False
                yield buffer.source()
                buffer = own.begin()
                while memory.is_full and own.count > 1:
                    await memory.change()
    if buffer.filled or is_empty:
        yield buffer.source()


class _Own:
    """The buffers of one transfer that have not been sent."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._loop = asyncio.get_running_loop()
        self.count = 0

    def begin(self) -> _Buffer:
        return _Buffer(self)

    def take(self, count: int) -> None:
        self._memory.take(count)

    def keep_until_gone(self, source: UploadSourceBytes, count: int) -> None:
        self.count += 1
        weakref.finalize(source, self._let_go, count)

    def _let_go(self, count: int) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed, and nobody waits
            self._loop.call_soon_threadsafe(self._give_back, count)  # a thread may have been the last to hold it

    def _give_back(self, count: int) -> None:
        self.count -= 1
        self._memory.give_back(count)


class _Buffer:
    """A buffer that is being filled."""

    def __init__(self, own: _Own) -> None:
        self._own = own
        self._bytes = io.BytesIO()
        self.filled = 0

    def write(self, data: memoryview) -> None:
        self._own.take(len(data))
        self.filled += self._bytes.write(data)

    def source(self) -> UploadSourceBytes:
        source = UploadSourceBytes(self._bytes.getvalue())
        self._own.keep_until_gone(source, self.filled)
        return source


async def _chunks(content: Content, threads: Threads) -> AsyncIterator[bytes]:
    read = getattr(content, "read", None)
    if read is not None and iscoroutinefunction(read):  # before `__aiter__`, which gives lines where there is both
        while data := as_bytes(await read(_READ_AT_ONCE), content):
            yield data
    elif isinstance(content, AsyncIterable):
        async for data in content:
            yield as_bytes(data, content)
    else:
        turns, stream = Turns(threads), cast("Readable", content)
        while data := await turns.call(read_bytes, stream, _READ_AT_ONCE):
            yield data
