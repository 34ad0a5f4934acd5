"""A file object for writing: what is written becomes a new version of a file when it is closed, and only then."""

from __future__ import annotations

import asyncio
import io
import warnings
from collections.abc import AsyncIterator, Callable, Coroutine
from types import TracebackType
from typing import Any, TypeAlias

from typing_extensions import Buffer, Self, override

from b2sdk.aio.file_version import FileVersion
from b2sdk.aio.sources import BLOCK_SIZE
from b2sdk.aio.tasks import cancelled
from b2sdk.cancellation import GRACE_SECONDS
from b2sdk.transfer.writer import SECONDS_TO_KNOW, WriteAborted

Make: TypeAlias = Callable[[AsyncIterator[bytes]], Coroutine[Any, Any, FileVersion]]

_Put: TypeAlias = bytes | WriteAborted | None
"""A block, that there is to be no file, or that nothing follows."""


class StoredFileWriter:
    """Hands over what is written, to be sent in parts while more is written::

        async with bucket.open("name", "wb") as file:
            await file.write(b"content")

    ``close`` makes the file and waits for it. Leaving the block by an exception, :meth:`abort`, a cancelled ``write``
    or ``close``, or forgetting the object, which is a ``ResourceWarning``, makes none. A failure of the service is
    raised by the ``write`` or ``close`` that follows it.
    """

    def __init__(self, make: Make) -> None:
        """``make`` makes a file of what it iterates over."""
        self._make = make
        self._buffer = io.BytesIO()
        self._written = 0
        self._blocks: asyncio.Queue[_Put] = asyncio.Queue(1)
        self._making: asyncio.Task[FileVersion] | None = None
        self._is_closed = False
        self.version: FileVersion | None = None
        """What was made; known when the file is closed."""

    @property
    def closed(self) -> bool:
        """Whether the file was closed or aborted."""
        return self._is_closed

    def writable(self) -> bool:
        """Return that it can be written to."""
        return True

    def tell(self) -> int:
        """Return how many bytes have been written."""
        return self._written

    async def write(self, data: Buffer, /) -> int:
        """Take the bytes; they are copied.

        :raises ValueError: the file is closed.
        :raises B2Error: what was written before could not be sent.
        """
        if self._is_closed:
            raise ValueError("I/O operation on closed file.")
        rest = memoryview(data).cast("B")
        size = len(rest)
        while rest:
            room = BLOCK_SIZE - self._buffer.tell()
            self._buffer.write(rest[:room])
            rest = rest[room:]
            if self._buffer.tell() == BLOCK_SIZE:
                await self._send()
        self._written += size
        return size

    async def close(self) -> None:
        """Send what is left, and make the file.

        :raises B2Error: it could not be made.
        """
        if self._is_closed:
            return
        if self._buffer.tell() or self._making is None:
            await self._send()
        await self._put(None)
        self._is_closed = True
        if self._making is not None:
            try:
                self.version = await asyncio.shield(self._making)
            except asyncio.CancelledError:
                await self._break_off(SECONDS_TO_KNOW)
                raise

    async def abort(self) -> None:
        """Make no file. What was sent already is deleted."""
        if not self._is_closed:
            await self._break_off(GRACE_SECONDS)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: TracebackType | None
    ) -> None:
        if exc_val is None:
            await self.close()
        elif not self._is_closed:
            await self._break_off(SECONDS_TO_KNOW if isinstance(exc_val, asyncio.CancelledError) else GRACE_SECONDS)

    def __del__(self) -> None:
        making: asyncio.Task[FileVersion] | None = getattr(self, "_making", None)
        is_making = making is not None and not making.done()
        if is_making or not getattr(self, "_is_closed", True):
            text = f"{self!r} was neither closed nor aborted: no file is made"
            warnings.warn(text, ResourceWarning, stacklevel=2, source=self)
        if making is not None and is_making and not making.get_loop().is_closed():
            making.get_loop().call_soon_threadsafe(making.cancel)

    async def _send(self) -> None:
        """Hand the block over, waiting while the one before it has not been taken."""
        if self._making is None:
            # The task must not hold this object, or it would never be forgotten.
            self._making = asyncio.ensure_future(self._make(_Written(self._blocks)))
        block = self._buffer.getvalue()
        self._buffer = io.BytesIO()
        await self._put(block)

    async def _put(self, block: bytes | None) -> None:
        making = self._making
        if making is None:
            return
        if making.done():
            self._is_closed = True
            await making
        elif not self._blocks.full():
            self._blocks.put_nowait(block)
            return
        putting = asyncio.ensure_future(self._blocks.put(block))
        try:
            await asyncio.wait({putting, making}, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            # It is not known whether the block was handed over, and a file without it must not be made.
            await cancelled(putting)
            await self._break_off(SECONDS_TO_KNOW)
            raise
        if not putting.done():
            await cancelled(putting)
            self._is_closed = True
            await making

    async def _break_off(self, seconds: float) -> None:
        """Let the making end by itself, for so long: cancelled while it starts a large file, it could not drop that."""
        self._is_closed = True
        making = self._making
        if making is None:
            return
        while not self._blocks.empty():
            self._blocks.get_nowait()
        self._blocks.put_nowait(WriteAborted())
        try:
            await asyncio.wait([making], timeout=seconds)
        finally:
            await cancelled(making)


class _Written(AsyncIterator[bytes]):
    """What was handed over, until nothing follows."""

    def __init__(self, blocks: asyncio.Queue[_Put]) -> None:
        self._blocks = blocks

    @override
    async def __anext__(self) -> bytes:
        block = await self._blocks.get()
        if isinstance(block, WriteAborted):
            raise block
        if block is None:
            raise StopAsyncIteration
        return block
