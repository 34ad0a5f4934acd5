"""A file object for writing: what is written becomes a new version of a file when it is closed, and only then."""

from __future__ import annotations

import asyncio
import io
import warnings
from collections.abc import AsyncIterator, Callable, Coroutine
from types import TracebackType
from typing import Any, TypeAlias

from typing_extensions import Buffer, Self

from b2sdk.aio.tasks import cancelled
from b2sdk.cancellation import GRACE_SECONDS
from b2sdk.file_version import FileVersion
from b2sdk.transfer.source import UploadSourceBytes
from b2sdk.transfer.writer import SECONDS_TO_KNOW, WriteAborted

Make: TypeAlias = Callable[[AsyncIterator[UploadSourceBytes]], Coroutine[Any, Any, FileVersion]]

_Put: TypeAlias = UploadSourceBytes | WriteAborted | None
"""A part, that there is to be no file, or that there are no more parts."""


class StoredFileWriter:
    """Collects what is written into parts of ``part_size`` bytes, which are sent while the next one fills::

        async with bucket.open("name", "wb") as file:
            await file.write(b"content")

    ``close`` makes the file and waits for it. Leaving the block by an exception, :meth:`abort`, a cancelled ``write``
    or ``close``, or forgetting the object makes none. A failure of the service is raised by the ``write`` or ``close``
    that follows it.
    """

    def __init__(self, make: Make, part_size: int) -> None:
        """``make`` makes a file of parts, until they end."""
        self._make = make
        self._part_size = part_size
        self._buffer = io.BytesIO()
        self._written = 0
        self._parts: asyncio.Queue[_Put] = asyncio.Queue(1)
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
        :raises B2Error: an earlier part could not be sent.
        """
        if self._is_closed:
            raise ValueError("I/O operation on closed file.")
        rest = memoryview(data).cast("B")
        size = len(rest)
        while rest:
            room = self._part_size - self._buffer.tell()
            self._buffer.write(rest[:room])
            rest = rest[room:]
            if self._buffer.tell() == self._part_size:
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
        else:
            await self.abort()

    def __del__(self) -> None:
        making = getattr(self, "_making", None)
        if making is not None and not making.done():
            text = f"{self!r} was neither closed nor aborted: no file is made"
            warnings.warn(text, ResourceWarning, stacklevel=2, source=self)
            if not making.get_loop().is_closed():
                making.get_loop().call_soon_threadsafe(making.cancel)

    async def _send(self) -> None:
        """Hand the part over, waiting while the one before it has not been taken."""
        if self._making is None:
            # The task must not hold this object, or it would never be forgotten.
            self._making = asyncio.ensure_future(self._make(_taken_from(self._parts)))
        part = UploadSourceBytes(self._buffer.getvalue())
        self._buffer = io.BytesIO()
        await self._put(part)

    async def _put(self, part: UploadSourceBytes | None) -> None:
        making = self._making
        if making is None:
            return
        putting = asyncio.ensure_future(self._parts.put(part))
        try:
            await asyncio.wait({putting, making}, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            # It is not known whether the part was handed over, and a file without it must not be made.
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
        while not self._parts.empty():
            self._parts.get_nowait()
        self._parts.put_nowait(WriteAborted())
        try:
            await asyncio.wait([making], timeout=seconds)
        finally:
            await cancelled(making)


async def _taken_from(parts: asyncio.Queue[_Put]) -> AsyncIterator[UploadSourceBytes]:
    while (part := await parts.get()) is not None:
        if isinstance(part, WriteAborted):
            raise part
        yield part
        del part  # so that nothing keeps it while the next one is awaited
