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


class StoredFileReader(io.RawIOBase):
    """One version of a file, whatever is uploaded under its name later.

    A window is one request. Reading on where the last window ended requests twice as much as before, up to 8 MiB;
    reading elsewhere requests 256 KiB again. One window is in memory.

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
        if version.size is None:
            raise UnexpectedCloudBehaviour("the size of the file is not known")
        if is_decoded(version):
            raise io.UnsupportedOperation(f"a file with encoding {version.content_encoding!r} is read as it is stored")
        self.version = version
        self._session = session
        self._encryption = encryption
        self._url = session.get_download_url_by_id(version.id_)
        self._position = 0
        self._window = memoryview(b"")
        self._window_start = 0
        self._window_size = SMALLEST_WINDOW

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
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to a place, which may be after the end.

        :raises ValueError: the place is before the beginning, or the file is closed.
        """
        self._check_open()
        place = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.size}[whence]
        if place < 0:
            raise ValueError(f"negative seek position {place}")
        self._position = place
        return place

    def readinto(self, buffer: Buffer, /) -> int:
        """Read from the window that the place is in; from the next one at its end."""
        self._check_open()
        target = memoryview(buffer).cast("B")
        if self._position >= self.size or not target:
            return 0
        if not 0 <= self._position - self._window_start < len(self._window):
            self._fetch(len(target))
        found = self._window[self._position - self._window_start :][: len(target)]
        target[: len(found)] = found
        self._position += len(found)
        return len(found)

    def close(self) -> None:
        self._window = memoryview(b"")
        super().close()

    def _check_open(self) -> None:
        if self.closed:
            raise ValueError("I/O operation on closed file.")

    def _fetch(self, wanted: int) -> None:
        reads_on = len(self._window) > 0 and self._position == self._window_start + len(self._window)
        self._window_size = min(2 * self._window_size, LARGEST_WINDOW) if reads_on else SMALLEST_WINDOW
        end = min(self._position + max(self._window_size, wanted), self.size)
        range_ = Range(self._position, end - 1)
        window = io.BytesIO()
        stream = RangeStream(self._session, self._url, range_, StoredFile.of(self.version), self._encryption)
        window.writelines(stream.blocks(SMALLEST_WINDOW))
        # Its value, at no cost, not its buffer: the collector may come to the window before the view, and complain.
        self._window, self._window_start = memoryview(window.getvalue()), self._position
