"""Where the bytes of a new file come from.

A source knows its length and its SHA-1 (computing it when asked for the first time) and opens a fresh stream at each
call of ``open``. It knows nothing of the file that is made of it.
"""

from __future__ import annotations

import io
import os
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Any

from b2sdk.exception import InvalidUploadSource
from b2sdk.stream.range import RangeOfInputStream, wrap_with_range
from b2sdk.values.digest import hex_sha1_of_bytes, hex_sha1_of_file, hex_sha1_of_stream, hex_sha1_of_unlimited_stream


class OutboundTransferSource(ABC):
    """Content that becomes (part of) a file: uploaded from here, or copied within the service."""

    @abstractmethod
    def get_content_length(self) -> int | None:
        """Return the number of bytes; ``None`` where only the service knows."""

    @abstractmethod
    def get_content_sha1(self) -> str | None:
        """Return the SHA-1 as hex digits; ``None`` where it cannot be known before the content is sent."""

    @abstractmethod
    def is_upload(self) -> bool: ...

    @abstractmethod
    def is_copy(self) -> bool: ...


class AbstractUploadSource(OutboundTransferSource):
    """Content that is here."""

    @abstractmethod
    def open(self) -> Any:
        """Return a readable binary stream at its beginning; ``seek(0)`` must work on it for a retry.

        :raises OSError: the content cannot be read.
        """

    def is_sha1_known(self) -> bool:
        """Whether :meth:`get_content_sha1` costs nothing."""
        return False

    def is_upload(self) -> bool:
        return True

    def is_copy(self) -> bool:
        return False


class UploadSourceBytes(AbstractUploadSource):
    """Bytes in memory."""

    SHOWN_BYTES = 20

    def __init__(self, data_bytes: bytes | bytearray, content_sha1: str | None = None) -> None:
        self.data_bytes = data_bytes
        self.content_sha1 = content_sha1

    def __repr__(self) -> str:
        shown = repr(self.data_bytes[: self.SHOWN_BYTES])
        dots = "..." if len(self.data_bytes) > self.SHOWN_BYTES else ""
        return f"<{type(self).__name__} data={shown}{dots} id={id(self)}>"

    def get_content_length(self) -> int:
        return len(self.data_bytes)

    def get_content_sha1(self) -> str:
        if self.content_sha1 is None:
            self.content_sha1 = hex_sha1_of_bytes(self.data_bytes)
        return self.content_sha1

    def open(self) -> io.BytesIO:
        return io.BytesIO(self.data_bytes)

    def is_sha1_known(self) -> bool:
        return self.content_sha1 is not None


class _LocalFile(AbstractUploadSource):
    """What a whole local file and a range of one have in common."""

    local_path: str | os.PathLike[str]
    content_length: int
    content_sha1: str | None

    def check_path_and_get_size(self) -> None:
        """Set ``content_length`` to the size of the file.

        :raises InvalidUploadSource: the path is not that of a regular file.
        """
        path = Path(self.local_path)
        if not path.is_file():
            raise InvalidUploadSource(os.fspath(self.local_path))
        self.content_length = path.stat().st_size

    def get_content_length(self) -> int:
        return self.content_length

    def get_content_sha1(self) -> str:
        if self.content_sha1 is None:
            self.content_sha1 = self._hex_sha1_of_file()
        return self.content_sha1

    @abstractmethod
    def _hex_sha1_of_file(self) -> str: ...

    def is_sha1_known(self) -> bool:
        return self.content_sha1 is not None


class UploadSourceLocalFile(_LocalFile):
    """A regular file; its size is taken when the source is made.

    :raises InvalidUploadSource: the path is not that of a regular file.
    """

    def __init__(self, local_path: str | os.PathLike[str], content_sha1: str | None = None) -> None:
        self.local_path = local_path
        self.content_sha1 = content_sha1
        self.check_path_and_get_size()

    def __repr__(self) -> str:
        return (
            f"<{type(self).__name__} local_path={self.local_path} content_length={self.content_length} "
            f"content_sha1={self.content_sha1} id={id(self)}>"
        )

    def open(self) -> io.BufferedReader:
        return Path(self.local_path).open("rb")

    def _hex_sha1_of_file(self) -> str:
        return hex_sha1_of_file(self.local_path)


class UploadSourceLocalFileRange(_LocalFile):
    """A part of a regular file; without a length it reaches to the end.

    :raises InvalidUploadSource: the path is not that of a regular file.
    :raises ValueError: the range is not inside the file.
    """

    def __init__(
        self,
        local_path: str | os.PathLike[str],
        content_sha1: str | None = None,
        offset: int = 0,
        length: int | None = None,
    ) -> None:
        self.local_path = local_path
        self.content_sha1 = content_sha1
        self.offset = offset
        self.check_path_and_get_size()
        self.file_size = self.content_length
        self.content_length = self.file_size - offset if length is None else length
        if offset < 0 or self.content_length < 0 or offset + self.content_length > self.file_size:
            raise ValueError("Range length overflow file size")

    def __repr__(self) -> str:
        return (
            f"<{type(self).__name__} local_path={self.local_path} offset={self.offset} "
            f"content_length={self.content_length} content_sha1={self.content_sha1} id={id(self)}>"
        )

    def open(self) -> Any:
        return wrap_with_range(Path(self.local_path).open("rb"), self.file_size, self.offset, self.content_length)

    def _hex_sha1_of_file(self) -> str:
        with self.open() as stream:
            return hex_sha1_of_stream(stream, self.content_length)


class UploadSourceStream(AbstractUploadSource):
    """Whatever ``stream_opener`` opens; it is read once beforehand when length or SHA-1 are not given."""

    def __init__(
        self,
        stream_opener: Callable[[], Any],
        stream_length: int | None = None,
        stream_sha1: str | None = None,
    ) -> None:
        self.stream_opener = stream_opener
        self._content_length = stream_length
        self._content_sha1 = stream_sha1

    def __repr__(self) -> str:
        return (
            f"<{type(self).__name__} stream_opener={self.stream_opener!r} content_length={self._content_length} "
            f"content_sha1={self._content_sha1} id={id(self)}>"
        )

    def get_content_length(self) -> int:
        if self._content_length is None:
            self._read_through()
        return self._content_length  # type: ignore[return-value]  # set by now

    def get_content_sha1(self) -> str:
        if self._content_sha1 is None:
            self._read_through()
        return self._content_sha1  # type: ignore[return-value]  # set by now

    def open(self) -> Any:
        return self.stream_opener()

    def is_sha1_known(self) -> bool:
        return self._content_sha1 is not None

    def _read_through(self) -> None:
        with self.open() as stream:
            self._content_sha1, self._content_length = hex_sha1_of_unlimited_stream(stream)


class UploadSourceStreamRange(UploadSourceStream):
    """A part of the seekable stream that ``stream_opener`` opens; without a length it reaches to the end."""

    def __init__(
        self,
        stream_opener: Callable[[], Any],
        offset: int = 0,
        stream_length: int | None = None,
        stream_sha1: str | None = None,
    ) -> None:
        super().__init__(stream_opener, stream_length=stream_length, stream_sha1=stream_sha1)
        self._offset = offset

    def __repr__(self) -> str:
        return (
            f"<{type(self).__name__} stream_opener={self.stream_opener!r} offset={self._offset} "
            f"content_length={self._content_length} content_sha1={self._content_sha1} id={id(self)}>"
        )

    def open(self) -> Any:
        stream = super().open()
        length = self._content_length
        if length is None:
            length = stream.seek(0, io.SEEK_END) - self._offset
        return RangeOfInputStream(stream, self._offset, length)
