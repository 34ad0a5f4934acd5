"""A stored file as a file object for reading: seekable, and fetched in windows that grow while it is read on."""

from __future__ import annotations

import io

from typing_extensions import Buffer

from b2sdk.exception import UnexpectedCloudBehaviour
from b2sdk.file_version import DownloadVersion
from b2sdk.session import B2Session
from b2sdk.transfer.downloader import is_decoded
from b2sdk.transfer.range_stream import RangeStream, StoredFile
from b2sdk.values.byte_range import Range
from b2sdk.values.encryption import EncryptionSetting

SMALLEST_WINDOW = 256 * 1024
LARGEST_WINDOW = 8 * 1024 * 1024
BUFFER_SIZE = 64 * 1024


class ReadAhead:
    """A place in a file, and the window of it that is in memory.

    A window is one request. Reading on where the last window ended requests twice as much as before, up to 8 MiB;
    reading elsewhere requests 256 KiB again.
    """

    def __init__(self, size: int) -> None:
        """``size`` is that of the file."""
        self.size = size
        self.position: int = 0
        self._window = memoryview(b"")
        self._window_start = 0
        self._window_size = SMALLEST_WINDOW

    def seek(self, offset: int, whence: int) -> int:
        """Move to a place, which may be after the end.

        :raises ValueError: it is before the beginning.
        """
        place = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self.position, io.SEEK_END: self.size}[whence]
        if place < 0:
            raise ValueError(f"negative seek position {place}")
        self.position = place
        return place

    def next_window(self, wanted: int) -> Range | None:
        """Return the window that has to come, of which ``wanted`` bytes are to be read; ``None`` if there is none."""
        if not wanted or self.position >= self.size:
            return None
        if 0 <= self.position - self._window_start < len(self._window):
            return None
        reads_on = len(self._window) > 0 and self.position == self._window_start + len(self._window)
        self._window_size = min(2 * self._window_size, LARGEST_WINDOW) if reads_on else SMALLEST_WINDOW
        return Range(self.position, min(self.position + max(self._window_size, wanted), self.size) - 1)

    def put(self, window: Range, content: io.BytesIO) -> None:
        """Keep a window that has come, in place of the one before."""
        # Its value, at no cost, not its buffer: the collector may come to the window before the view, and complain.
        self._window, self._window_start = memoryview(content.getvalue()), window.start

    def take(self, wanted: int) -> memoryview:
        """Return what there is at the place, ``wanted`` bytes at most, and move on behind it."""
        if self.position >= self.size:
            return self._window[:0]
        found = self._window[self.position - self._window_start :][:wanted]
        self.position += len(found)
        return found

    def drop(self) -> None:
        """Keep no content any more."""
        self._window = memoryview(b"")


def check_readable(version: DownloadVersion) -> None:
    """Refuse a file whose places are not known.

    :raises UnexpectedCloudBehaviour: its size is not known.
    :raises io.UnsupportedOperation: the client decodes the content, so that its places are not those of the file.
    """
    if version.size is None:
        raise UnexpectedCloudBehaviour("the size of the file is not known")
    if is_decoded(version):
        raise io.UnsupportedOperation(f"a file with encoding {version.content_encoding!r} is read as it is stored")


class StoredFileReader(io.RawIOBase):
    """One version of a file, whatever is uploaded under its name later. One window (:class:`ReadAhead`) is in memory.

    :raises UnexpectedCloudBehaviour: the size of the file is not known.
    :raises io.UnsupportedOperation: the client decodes the content, so that its places are not those of the file.
    """

    def __init__(
        self,
        session: B2Session,
        version: DownloadVersion,
        encryption: EncryptionSetting | None = None,
    ) -> None:
        super().__init__()
        self._ahead = ReadAhead(version.size or 0)  # first: `close` is called also where the rest fails
        check_readable(version)
        self.version = version
        self._session = session
        self._encryption = encryption
        self._url = session.get_download_url_by_id(version.id_)

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

    def tell(self) -> int:
        return self._ahead.position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to a place, which may be after the end.

        :raises ValueError: the place is before the beginning, or the file is closed.
        """
        self._check_open()
        return self._ahead.seek(offset, whence)

    def readinto(self, buffer: Buffer, /) -> int:
        """Read from the window that the place is in; from the next one at its end."""
        self._check_open()
        target = memoryview(buffer).cast("B")
        if (window := self._ahead.next_window(len(target))) is not None:
            stream = RangeStream(self._session, self._url, window, StoredFile.of(self.version), self._encryption)
            content = io.BytesIO()
            content.writelines(stream.blocks(SMALLEST_WINDOW))
            self._ahead.put(window, content)
        found = self._ahead.take(len(target))
        target[: len(found)] = found
        return len(found)

    def close(self) -> None:
        self._ahead.drop()
        super().close()

    def _check_open(self) -> None:
        if self.closed:
            raise ValueError("I/O operation on closed file.")
