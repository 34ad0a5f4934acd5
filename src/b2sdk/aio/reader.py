"""A stored file as a file object that is awaited: seekable, and fetched in windows that grow while it is read on.

How much is fetched is decided in :mod:`b2sdk.transfer.reader`.
"""

from __future__ import annotations

import io
from contextlib import aclosing
from types import TracebackType

from typing_extensions import Buffer, Self

from b2sdk.aio.client import Client
from b2sdk.aio.ranges import RangeStream, url_of_version
from b2sdk.file_version import DownloadVersion
from b2sdk.transfer.range_stream import StoredFile
from b2sdk.transfer.reader import LARGEST_WINDOW, SMALLEST_WINDOW, ReadAhead, check_readable
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
        return self._ahead.position

    async def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to a place, which may be after the end.

        :raises ValueError: the place is before the beginning, or the file is closed.
        """
        self._check_open()
        return self._ahead.seek(offset, whence)

    async def read(self, size: int | None = -1) -> bytes:
        """Return ``size`` bytes, fewer only at the end of the file; all of the rest if it is negative or ``None``."""
        self._check_open()
        place = self._ahead.position
        rest = max(self.size - place, 0)
        wanted = rest if size is None or size < 0 else min(size, rest)
        try:
            content = await self._read_some(wanted)
            if len(content) < wanted:
                whole = io.BytesIO(content)
                whole.seek(0, io.SEEK_END)
                while (left := wanted - whole.tell()) > 0:
                    whole.write(await self._read_some(left))
                return whole.getvalue()
        except BaseException:
            self._ahead.position = place
            raise
        return bytes(content)

    async def readinto(self, buffer: Buffer, /) -> int:
        """Read into a buffer from the window that the place is in; from the next one at its end."""
        self._check_open()
        target = memoryview(buffer).cast("B")
        found = await self._read_some(len(target))
        target[: len(found)] = found
        return len(found)

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

    async def _read_some(self, wanted: int) -> memoryview:
        # A window of more would be in memory twice: here, and in what is returned.
        if (window := self._ahead.next_window(min(wanted, LARGEST_WINDOW))) is not None:
            url = await url_of_version(self._client.session, self.version.id_)
            stream = RangeStream(self._client, url, window, StoredFile.of(self.version), self._encryption)
            content = io.BytesIO()
            async with aclosing(stream.blocks(SMALLEST_WINDOW)) as blocks:
                async for block in blocks:
                    content.write(block)
            self._ahead.put(window, content)
        return self._ahead.take(wanted)

    def _check_open(self) -> None:
        if self.closed:
            raise ValueError("I/O operation on closed file.")
