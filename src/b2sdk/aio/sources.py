"""Content that is awaited, or read in threads, cut into buffers that are sent while the next one fills.

In threads it is :mod:`b2sdk.transfer.stream_buffers`. What becomes of a buffer is not known here.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import weakref
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from inspect import iscoroutinefunction
from typing import Final, Protocol, TypeAlias, cast

from typing_extensions import override

from b2sdk.aio.threads import Threads, Turns
from b2sdk.interfaces import Readable
from b2sdk.stream.reading import as_bytes, read_bytes
from b2sdk.transfer.content import ends_too_early, goes_on
from b2sdk.transfer.limits import MAX_PARTS, PartLimits
from b2sdk.transfer.source import AbstractUploadSource, UploadSourceBytes
from b2sdk.transfer.stream_buffers import BufferSizes, bytes_at_once
from b2sdk.values.argument import arguments_checked

BLOCK_SIZE: Final = 256 * 1024
"""Bytes that each transfer may have without asking for memory, so that small files need not wait for it."""
_PARTS_OF_ONE_SIZE: Final = MAX_PARTS // 10


class AwaitedReadable(Protocol):
    """What is read with ``await``: an ``asyncio.StreamReader``, the body of an aiohttp request, a file of aiofiles."""

    async def read(self, size: int = ..., /) -> bytes: ...


class ContentOfLength:
    """Content whose length is known, such as the body of a request with a ``Content-Length``.

    It is sent as content of unknown length is, and progress listeners receive the total. What has a method
    ``read`` is not read beyond the length; an iterator that yields more is wrong. Either is wrong if it ends before.
    """

    @arguments_checked
    def __init__(self, content: Content, length: int) -> None:
        """``length`` is in bytes.

        :raises TypeError: the content cannot be read.
        :raises ValueError: the length is negative.
        """
        check_content(content)
        if length < 0:
            raise ValueError(f"the length of content cannot be {length}")
        self.content = content
        self.length = length

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {type(self.content).__name__} length={self.length}>"

    def get_content_length(self) -> int:
        """Return the length, in bytes."""
        return self.length


Content: TypeAlias = AsyncIterable[bytes] | AwaitedReadable | Readable
"""An asynchronous iterator of bytes, such as ``request.stream()`` of Starlette; what is read with ``await``; or a file
object, which is read in threads."""


_VERBS_OF_OTHERS: Final[tuple[tuple[tuple[type, ...], str], ...]] = (
    ((bytes, bytearray, memoryview), "upload_bytes"),
    ((str, os.PathLike), "upload_local_file"),
    ((AbstractUploadSource,), "upload"),
)


def check_content(content: object) -> None:
    """Check that it can be read.

    :raises TypeError: it cannot.
    """
    if not (hasattr(content, "read") or hasattr(content, "__aiter__") or isinstance(content, ContentOfLength)):
        hint = next((f": use {verb}" for kinds, verb in _VERBS_OF_OTHERS if isinstance(content, kinds)), "")
        raise TypeError(
            f"the content must have a method read, or be an asynchronous iterator, not {type(content).__name__}{hint}"
        )


class Memory:
    """The bytes of buffers that one client may have. More is given in the order in which it is asked for."""

    def __init__(self, most: int) -> None:
        self.most: Final = most
        self.taken: int = 0
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    def try_to_take(self, count: int) -> bool:
        """Take bytes, if there are so many that nobody waits for; return whether there were."""
        if self._waiting or not self._has(count):
            return False
        self.taken += count
        return True

    async def take(self, count: int) -> None:
        """Take bytes, once there are so many. Who wants more than there are takes them when nobody has any."""
        if self.try_to_take(count):
            return
        granted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((count, granted))
        try:
            await granted
        except asyncio.CancelledError:
            if granted.cancelled():
                self._waiting.remove((count, granted))
                self._grant()
            else:  # at the same time
                self.give_back(count)
            raise

    @asynccontextmanager
    async def held(self, count: int) -> AsyncGenerator[None, None]:
        """Have bytes for a block."""
        await self.take(count)
        try:
            yield
        finally:
            self.give_back(count)

    def give_back(self, count: int) -> None:
        """Let others have these bytes."""
        self.taken -= count
        self._grant()

    def _grant(self) -> None:
        while self._waiting and self._has(self._waiting[0][0]):
            count, granted = self._waiting.popleft()
            self.taken += count
            granted.set_result(None)

    def _has(self, count: int) -> bool:
        return self.taken == 0 or self.taken + count <= self.most


class Buffers(AsyncIterator[UploadSourceBytes]):
    """The content in buffers, of which no content gives an empty one.

    A buffer that has more than a block begins by taking the memory of the least part, and waits for it, so that each
    that was started can be sent. It goes on as long as there is memory at once, up to the size that was asked for,
    or to half of the memory. The least part grows with their number, of which a file has 10,000 at most.

    The memory of a buffer is given back when it is forgotten, or at :meth:`close`.
    """

    def __init__(
        self, content: Content | ContentOfLength, sizes: BufferSizes, memory: Memory, threads: Threads
    ) -> None:
        """Take the content; nothing is read.

        :raises TypeError: it cannot be read.
        :raises MaxFileSizeExceeded: no file may have that length.
        """
        check_content(content)
        self.length: int | None = content.length if isinstance(content, ContentOfLength) else None
        """Bytes, if that is known."""
        self._read = _Reader(content, bytes_at_once(sizes.read_size), threads).read
        least = min(sizes.least, sizes.size)
        if self.length is not None:
            least = PartLimits(least, least, max(least, self.length)).for_total(self.length).recommended
        self._least = least
        self._size = max(least, min(sizes.size, memory.most // 2))
        self._memory = memory
        self._loop = asyncio.get_running_loop()
        self._number = 0
        self._unsent: dict[int, int] = {}
        self._rest = memoryview(b"")
        self._is_over = False

    def close(self) -> None:
        """Give the memory of all buffers back, which may be held by errors and nothing else."""
        for number in list(self._unsent):
            self._give_back(number)

    @override
    async def __anext__(self) -> UploadSourceBytes:
        """Return the next buffer.

        :raises TypeError: the content gives something other than bytes.
        :raises InvalidUploadSource: it has not the length that it was to have.
        """
        if self._is_over:
            raise StopAsyncIteration
        number = self._number
        self._unsent[number] = 0
        try:
            content = await self._fill(number)
        except BaseException:
            self._give_back(number)
            raise
        if not content and number:
            self._give_back(number)
            raise StopAsyncIteration
        unused = self._unsent[number] - len(content)
        if unused > 0:
            self._unsent[number] -= unused
            self._memory.give_back(unused)
        self._number += 1
        source = UploadSourceBytes(content)
        weakref.finalize(source, _when_forgotten, self._loop, self._give_back, number).atexit = False
        return source

    async def is_over(self) -> bool:
        """Whether no other buffer comes. The content is read on until that is known."""
        if not self._is_over and not self._rest:
            self._rest = memoryview(await self._read())
            self._is_over = not self._rest
        return self._is_over

    async def _fill(self, number: int) -> bytes:
        least = min(self._least << number // _PARTS_OF_ONE_SIZE, self._size)
        content = io.BytesIO()
        room = min(BLOCK_SIZE, self._size)
        while content.tell() < self._size and not await self.is_over():
            room = room or await self._take_room(number, content.tell(), least)
            if not room:
                break
            written = content.write(self._rest[:room])
            self._rest = self._rest[written:]
            room -= written
        return content.getvalue()

    async def _take_room(self, number: int, filled: int, least: int) -> int:
        """Take memory for more bytes; return how many the buffer has room for."""
        taken = self._unsent[number]
        if filled < least:  # nothing has been taken, as the least was at once
            await self._memory.take(least)
            self._unsent[number] = least
            return least - filled
        room = min(BLOCK_SIZE, self._size - filled)
        if not self._memory.try_to_take(filled + room - taken):
            return 0
        self._unsent[number] = filled + room
        return room

    def _give_back(self, number: int) -> None:
        count = self._unsent.pop(number, 0)
        if count:
            self._memory.give_back(count)


def _when_forgotten(loop: asyncio.AbstractEventLoop, give_back: Callable[[int], None], number: int) -> None:
    with contextlib.suppress(RuntimeError):  # the loop is closed, and nobody waits
        loop.call_soon_threadsafe(give_back, number)  # a thread may have been the last to hold it


class _Reader:
    """Reads content of any kind, and compares its length with the one that is known."""

    def __init__(self, content: Content | ContentOfLength, at_once: int, threads: Threads) -> None:
        self._announced = content if isinstance(content, ContentOfLength) else None
        self._content = content.content if isinstance(content, ContentOfLength) else content
        self._at_once = at_once
        self._position = 0
        self._iterator: AsyncIterator[bytes] | None = None
        self._call: Callable[[int], Awaitable[object]] | None = None
        read = getattr(self._content, "read", None)
        if iscoroutinefunction(read):  # before `__aiter__`, which gives lines where there is both
            self._call = read
        elif isinstance(self._content, AsyncIterable):
            self._iterator = aiter(self._content)
        else:
            turns, stream = Turns(threads), cast("Readable", self._content)
            self._call = lambda size: turns.call(read_bytes, stream, size)

    async def read(self) -> bytes:
        """Return some bytes, none at the end."""
        announced = self._announced
        if announced is None:
            return await self._read_some(self._at_once)
        left = announced.length - self._position
        data = await self._read_some(min(left, self._at_once))
        self._position += len(data)
        if not data and left:
            raise ends_too_early(announced, self._position)
        if len(data) > left:
            raise goes_on(announced)
        return data

    async def _read_some(self, size: int) -> bytes:
        if self._call is not None:
            return as_bytes(await self._call(size), self._content) if size else b""
        try:
            while self._iterator is not None and not (data := as_bytes(await anext(self._iterator), self._content)):
                pass  # none is not the end
        except StopAsyncIteration:
            return b""
        return data
