"""A stored file as a file object that is awaited: seekable, and fetched in windows that grow while it is read on.

How much is fetched is decided in :mod:`b2sdk.transfer.reader`.
"""

from __future__ import annotations

import io
from contextlib import closing
from functools import partial
from types import TracebackType

from typing_extensions import Buffer, Self

from b2sdk.aio.client import Client
from b2sdk.aio.file_version import DownloadVersion
from b2sdk.aio.ranges import RangeStream, url_of_version
from b2sdk.transfer.range_stream import StoredFile
from b2sdk.transfer.reader import Gathered, Put, ReadAhead, check_readable, find_place, put_into
from b2sdk.values.byte_range import Range
from b2sdk.values.encryption import EncryptionSetting


class StoredFileReader:
    """One version of a file, whatever is uploaded under its name later; one task at a time reads it.

    One window (:class:`~b2sdk.transfer.reader.ReadAhead`) is in memory. The SHA-1 is not compared. Who is cancelled
    while a window is fetched leaves the place as it was.

    :raises UnexpectedCloudBehaviour: the size of the file is not known.
    :raises io.UnsupportedOperation: the client decodes the content, so that its places are not those of the file.
    """

    def __init__(self, client: Client, version: DownloadVersion, encryption: EncryptionSetting | None = None) -> None:
        check_readable(version)
        self.version = version
        self.closed: bool = False
        self._client = client
        self._encryption = encryption
        self._ahead = ReadAhead(self.size)
        self._place = 0

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return self.version.size or 0

    @property
    def name(self) -> str:
        """The name in the bucket."""
        return self.version.file_name

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def writable(self) -> bool:
        return False

    async def tell(self) -> int:
        return self._place

    async def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to a place, which may be after the end. Nothing is requested.

        :raises ValueError: the place is before the beginning, ``whence`` is unknown, or the file is closed.
        """
        self._check_open()
        place = self._place = find_place(offset, whence, self._place, self.size)
        return place

    async def read(self, size: int | None = -1) -> bytes:
        """Return ``size`` bytes, fewer only at the end of the file; all of the rest if it is negative or ``None``.

        What is not in memory comes in one request.
        """
        self._check_open()
        place = self._place
        rest = max(self.size - place, 0)
        stop = place + (rest if size is None or size < 0 else min(size, rest))
        found = self._ahead.window.find(place, stop)
        if len(found) == stop - place:
            content = bytes(found)
        else:
            gathered = Gathered(stop - place)
            await self._fill(place, stop, gathered.put)
            content = gathered.getvalue()
        self._place = stop
        return content

    async def readinto(self, buffer: Buffer, /) -> int:
        """Fill a buffer, as :meth:`read` does; return the number of bytes."""
        self._check_open()
        place = self._place
        target = memoryview(buffer).cast("B")
        stop = max(min(place + len(target), self.size), place)
        await self._fill(place, stop, partial(put_into, target))
        self._place = stop
        return stop - place

    async def close(self) -> None:
        """Drop what is in memory. Closing twice does nothing."""
        self.closed = True
        self._ahead.drop()

    async def __aenter__(self) -> Self:
        self._check_open()
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: TracebackType | None
    ) -> None:
        await self.close()

    async def _fill(self, place: int, stop: int, put: Put) -> None:
        missing = self._ahead.fill(place, stop, put)
        if missing is not None:
            await self._fetch(missing.chosen, missing.put)
            missing.finish()

    async def _fetch(self, chosen: Range, put: Put) -> None:
        url = await url_of_version(self._client.session, self.version.id_)
        stream = RangeStream(self._client, url, chosen, StoredFile.of(self.version), self._encryption)
        start = 0
        with closing(stream):
            while block := await stream.take():
                put(start, block)
                start += len(block)

    def _check_open(self) -> None:
        if self.closed:
            raise ValueError("I/O operation on closed file.")
