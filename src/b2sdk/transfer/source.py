"""Where the bytes of a new file come from.

A source knows its length and its SHA-1 (computing it when asked for the first time) and opens a fresh stream at each
call of ``open``; of content that is in the service already it knows where. It knows nothing of the file that is made
of it.
"""

from __future__ import annotations

import enum
import io
import logging
import os
import stat
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol

from typing_extensions import Self

from b2sdk.exception import InvalidUploadSource
from b2sdk.stream.digest import (
    IncrementalHexDigester,
    hex_sha1_of_bytes,
    hex_sha1_of_stream,
    hex_sha1_of_unlimited_stream,
    hex_sha1s_of_stream,
)
from b2sdk.stream.range import RangeOfInputStream, wrap_with_range
from b2sdk.transfer.engine import StandardPool
from b2sdk.values.encryption import EncryptionSetting
from b2sdk.vocabulary import DEFAULT_MIN_PART_SIZE, LARGE_FILE_SHA1

logger: logging.Logger = logging.getLogger(__name__)


class UploadMode(enum.Enum):
    """Whether what the bucket has already may be copied instead of sent."""

    FULL = 1
    INCREMENTAL = 2


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


class CopySource(OutboundTransferSource):
    """``length`` bytes of a stored file, from ``offset`` on; without a length all of it.

    ``encryption`` is how the stored file is encrypted; with a customer key it is needed to read it.
    ``source_file_info`` and ``source_content_type`` are those of the stored file, where they are known.

    :raises ValueError: there is an offset, but no length.
    """

    def __init__(
        self,
        file_id: str,
        offset: int = 0,
        length: int | None = None,
        encryption: EncryptionSetting | None = None,
        source_file_info: Mapping[str, str] | None = None,
        source_content_type: str | None = None,
    ) -> None:
        if offset > 0 and not length:
            raise ValueError("Cannot copy with non zero offset and unknown or zero length")
        self.file_id = file_id
        self.offset = offset
        self.length = length
        self.encryption = encryption
        self.source_file_info = source_file_info
        self.source_content_type = source_content_type

    def __repr__(self) -> str:
        return (
            f"<{type(self).__name__} file_id={self.file_id} offset={self.offset} length={self.length} "
            f"encryption={self.encryption} source_content_type={self.source_content_type} "
            f"source_file_info={self.source_file_info} id={id(self)}>"
        )

    def get_content_length(self) -> int | None:
        return self.length

    def get_content_sha1(self) -> str | None:
        """Return what the file info of a whole stored file says; that of a range is not known."""
        if self.offset or self.length:
            return None
        return (self.source_file_info or {}).get(LARGE_FILE_SHA1)

    def is_upload(self) -> bool:
        return False

    def is_copy(self) -> bool:
        return True

    def get_bytes_range(self) -> tuple[int, int] | None:
        """Return the offsets of the first and the last byte; ``None`` for the whole file, and for an empty range."""
        if not self.length:
            return None
        return self.offset, self.offset + self.length - 1

    def get_copy_source_range(self, relative_offset: int, range_length: int) -> Self:
        """Return a source for a part of this one; the offset is counted from the beginning of this one.

        :raises ValueError: the range is not inside this source.
        """
        if relative_offset < 0 or (self.length is not None and relative_offset + range_length > self.length):
            raise ValueError("Range length overflow source length")
        return type(self)(
            self.file_id,
            offset=self.offset + relative_offset,
            length=range_length,
            encryption=self.encryption,
            source_file_info=self.source_file_info,
            source_content_type=self.source_content_type,
        )


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
        # One look at the path, where `is_file` is another: with many threads, what asks the system costs most.
        try:
            status = Path(self.local_path).stat()
        except (FileNotFoundError, NotADirectoryError, ValueError):
            status = None
        if status is None or not stat.S_ISREG(status.st_mode):
            raise InvalidUploadSource(os.fspath(self.local_path))
        self.content_length = status.st_size

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


class _StoredVersion(Protocol):
    """What is asked of the version of a file that a local file may continue."""

    id_: str
    size: int | None
    content_type: str | None
    file_info: dict[str, str]
    server_side_encryption: EncryptionSetting

    def get_content_sha1(self) -> str | None: ...


class UploadSourceLocalFile(_LocalFile):
    """A regular file; its size is taken when the source is made.

    :raises InvalidUploadSource: the path is not that of a regular file.
    """

    _expected_parts: Sequence[int] = ()
    _sha1s_of_parts: Mapping[tuple[int, int], str] = MappingProxyType({})
    """By offset and length."""

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

    def expect_parts(self, lengths: Sequence[int]) -> None:
        """Learn the lengths of the parts that will be sent, for the case that the file is to be read for its SHA-1.

        Those of the parts are computed then too: 512 MiB to a local sink cost 0.72 s of CPU so, against 0.78 s.
        """
        # With a single processor, other parts than the first are better hashed while the network is waited for.
        self._expected_parts = lengths if (os.cpu_count() or 1) > 1 else lengths[:1]

    def sha1_of_part(self, offset: int, length: int) -> str | None:
        """Return the SHA-1 of a part if it has been computed."""
        return self._sha1s_of_parts.get((offset, length))

    def _hex_sha1_of_file(self) -> str:
        lengths = self._expected_parts
        with self.open() as stream, StandardPool(1) as pool:
            sha1, sha1s = hex_sha1s_of_stream(stream, self.content_length, lengths, pool)
        offsets = accumulate(lengths, initial=0)
        self._sha1s_of_parts = dict(zip(zip(offsets, lengths, strict=False), sha1s, strict=True))
        return sha1

    def get_incremental_sources(
        self, file_version: _StoredVersion | None, min_part_size: int | None = None
    ) -> list[OutboundTransferSource]:
        """Return sources that make this file with as little sending as possible.

        Where the stored version is the beginning of this file, they are a copy of it and, unless that is all, the rest
        of this file. Otherwise it is this source alone. A version smaller than ``min_part_size``, 5 MB by default,
        cannot be a part and is not considered.

        When the content is read to compare it, it is read to the end, so that :meth:`get_content_sha1` costs nothing
        afterwards.

        :raises OSError: the file cannot be read.
        """
        if not file_version:
            return self._in_full("there is no version to continue")
        size = file_version.size or 0
        if size < (min_part_size or DEFAULT_MIN_PART_SIZE):
            return self._in_full("the stored version is too small to be a part")
        if size > self.content_length:
            return self._in_full("it is shorter than the stored version")
        sha1 = file_version.get_content_sha1()
        if sha1 is None:
            return self._in_full("the SHA-1 of the stored version is not known")
        if sha1 != self._sha1_of_first(size):
            return self._in_full("the stored version is not its beginning")
        rest = self.content_length - size
        return [
            _copy_of(file_version, size),
            *([UploadSourceLocalFileRange(self.local_path, offset=size, length=rest)] if rest else []),
        ]

    def _in_full(self, reason: str) -> list[OutboundTransferSource]:
        logger.debug("Fallback to full upload for %s -- %s", self.local_path, reason)
        return [self]

    def _sha1_of_first(self, size: int) -> str:
        if size == self.content_length:
            return self.get_content_sha1()
        with self.open() as stream:
            digester = IncrementalHexDigester(stream)
            sha1 = digester.update_from_stream(size)
            if self.content_sha1 is None:
                self.content_sha1 = digester.update_from_stream(self.content_length - size)
        return sha1


def _copy_of(file_version: _StoredVersion, size: int) -> CopySource:
    encryption = file_version.server_side_encryption
    return CopySource(
        file_version.id_,
        length=size,
        encryption=None if encryption.is_unknown() else encryption,
        source_file_info=file_version.file_info,
        source_content_type=file_version.content_type,
    )


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
        self.file_size: int = self.content_length
        self.content_length: int = self.file_size - offset if length is None else length
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
