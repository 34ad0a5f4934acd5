"""Where the bytes of a new file come from.

A source knows its length and its SHA-1 (computing it when asked for the first time) and opens a fresh stream at each
call of ``open``; of content that is in the service already it knows where. It knows nothing of the file that is made
of it.
"""

from __future__ import annotations

import contextlib
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
from typing import Any, Final, NamedTuple, Protocol, TypedDict, TypeVar

from typing_extensions import Buffer, Self, Unpack

from b2sdk.exception import InvalidUploadSource
from b2sdk.interfaces import Digest, Readable, SeekableStream
from b2sdk.protocol_constants import DEFAULT_MIN_PART_SIZE, LARGE_FILE_SHA1
from b2sdk.stream.digest import (
    IncrementalHexDigester,
    hex_sha1_of_bytes,
    hex_sha1_of_stream,
    hex_sha1_of_unlimited_stream,
    hex_sha1s_of_stream,
)
from b2sdk.stream.range import RangeOfInputStream, wrap_with_range
from b2sdk.text import on_one_line
from b2sdk.threads import InlinePool, ThreadPool
from b2sdk.transfer.content import RangeOfSource, size_now
from b2sdk.values.argument import arguments_checked
from b2sdk.values.encryption import EncryptionSetting

logger: logging.Logger = logging.getLogger(__name__)

LocalPath = str | bytes | os.PathLike[str]
"""What names a file of this machine."""


class UploadMode(enum.Enum):
    """Whether content that the bucket has already is copied instead of uploaded."""

    FULL = 1
    INCREMENTAL = 2


class OutboundTransferSource(ABC):
    """Content that becomes a file or a part of one: uploaded from this machine, or copied within the service."""

    @abstractmethod
    def get_content_length(self) -> int | None:
        """Return the number of bytes; ``None`` where only the service knows."""

    @abstractmethod
    def get_content_sha1(self) -> str | None:
        """Return the SHA-1 as hex digits; ``None`` where it cannot be known before the content is sent."""

    @abstractmethod
    def is_upload(self) -> bool:
        """Whether the content is on this machine."""

    @abstractmethod
    def is_copy(self) -> bool:
        """Whether the content is in the service."""


class CopySource(OutboundTransferSource):
    """``length`` bytes of a stored file, from ``offset`` on; without a length, all of it."""

    is_whole: bool = False
    """Whether the length is known to be that of the stored file."""
    stored_sha1: str | None = None
    """The SHA-1 of the stored file, where it has been looked up."""

    @arguments_checked
    def __init__(
        self,
        file_id: str,
        offset: int = 0,
        length: int | None = None,
        encryption: EncryptionSetting | None = None,
        source_file_info: Mapping[str, str] | None = None,
        source_content_type: str | None = None,
    ) -> None:
        """Say what is copied.

        :param file_id: id of the stored file version.
        :param offset: bytes from its beginning.
        :param length: bytes; ``None`` is the whole file.
        :param encryption: how the stored file is encrypted; needed only with a customer key.
        :param source_file_info: file info of the stored file, where it is known; otherwise it may have to be looked up.
        :param source_content_type: content type of the stored file, where it is known.
        :raises ValueError: there is an offset, but no length.
        :raises TypeError: an argument is of another type.
        """
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
        """Return the SHA-1 of a whole stored file, as far as it is known; ``None`` for a range."""
        if not self.is_whole and (self.offset or self.length):
            return None
        return self.stored_sha1 or (self.source_file_info or {}).get(LARGE_FILE_SHA1)

    def is_upload(self) -> bool:
        """Return ``False``."""
        return False

    def is_copy(self) -> bool:
        """Return ``True``."""
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
        copy = derive_copy_source(self, offset=self.offset + relative_offset, length=range_length)
        if self.is_whole and range_length == self.length:
            copy.is_whole, copy.stored_sha1 = True, self.stored_sha1
        return copy


class _CopySourceChanges(TypedDict, total=False):
    """Parameters of :class:`CopySource`."""

    offset: int
    length: int | None
    encryption: EncryptionSetting | None
    source_file_info: Mapping[str, str] | None
    source_content_type: str | None


_Copy = TypeVar("_Copy", bound=CopySource)


def derive_copy_source(source: _Copy, **changes: Unpack[_CopySourceChanges]) -> _Copy:
    """Return a source of the same stored file and the same class, with these changes.

    It has neither :attr:`~CopySource.is_whole` nor :attr:`~CopySource.stored_sha1`, which changes may make untrue.
    """
    parameters: _CopySourceChanges = {
        "offset": source.offset,
        "length": source.length,
        "encryption": source.encryption,
        "source_file_info": source.source_file_info,
        "source_content_type": source.source_content_type,
    }
    parameters.update(changes)
    return type(source)(source.file_id, **parameters)


class AbstractUploadSource(OutboundTransferSource):
    """Content that is on this machine. Programs may have sources of their own."""

    @abstractmethod
    def open(self) -> Any:
        """Return a readable binary stream at the beginning of the content. The caller closes it.

        ``seek(0)`` has to work on the stream, as a retry begins with it.

        :raises OSError: the content cannot be read.
        """

    def is_sha1_known(self) -> bool:
        """Whether :meth:`get_content_sha1` returns without reading the content."""
        return False

    def is_upload(self) -> bool:
        """Return ``True``."""
        return True

    def is_copy(self) -> bool:
        """Return ``False``."""
        return False


def _view_bytes(data: Buffer) -> bytes | memoryview:
    """Return a buffer whose length is its number of bytes, whatever it has as items; copied only where it has gaps."""
    try:
        view = memoryview(data)
    except TypeError as error:
        raise TypeError(f"data_bytes must be a bytes-like object, not {type(data).__name__}") from error
    return view.cast("B") if view.c_contiguous and view.nbytes else view.tobytes()


class UploadSourceBytes(AbstractUploadSource):
    """Bytes in memory."""

    SHOWN_BYTES = 20

    @arguments_checked
    def __init__(self, data_bytes: Buffer, content_sha1: str | None = None) -> None:
        """Take the bytes, which are not copied.

        :param data_bytes: ``bytes``, or another object that has the buffer interface.
        :param content_sha1: 40 hex digits, if they are known; ``None`` computes them while the content is sent.
        :raises TypeError: ``data_bytes`` has no buffer.
        """
        self.data_bytes: bytes | bytearray | memoryview = (
            data_bytes if isinstance(data_bytes, (bytes, bytearray)) else _view_bytes(data_bytes)
        )
        self.content_sha1 = content_sha1
        self.is_sha1_given: Final = content_sha1 is not None

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
    _expected_parts: Sequence[int] = ()
    _sha1s_of_parts: Mapping[tuple[int, int], str] = MappingProxyType({})
    """By offset and length."""

    def check_path_and_get_size(self) -> None:
        """Set ``content_length`` to the size of the file.

        :raises InvalidUploadSource: the path is not that of a regular file, or leads nowhere, whatever the reason,
            which is the cause.
        """
        path = os.fspath(self.local_path)
        # One look at the path, where `is_file` is another: with many threads, what asks the system costs most.
        try:
            status = os.stat(path)  # noqa: PTH116  # a slash behind a file is an error, which a Path would drop
        except (OSError, ValueError) as error:
            raise InvalidUploadSource(path) from error
        if not stat.S_ISREG(status.st_mode):
            raise InvalidUploadSource(path)
        self.content_length = status.st_size

    def get_content_length(self) -> int:
        return self.content_length

    def get_content_sha1(self) -> str:
        if self.content_sha1 is None:
            self.content_sha1 = self._hex_sha1_of_file()
        return self.content_sha1

    def expect_parts(self, lengths: Sequence[int]) -> None:
        """Learn the lengths of the parts that will be sent, for the case that the file is to be read for its SHA-1.

        Those of the parts are computed then too, of the same bytes. In a thread beside, that is also less work than
        while they are sent: 512 MiB to a local sink cost 0.72 s of CPU so, against 0.78 s.
        """
        self._expected_parts = lengths

    def sha1_of_part(self, offset: int, length: int) -> str | None:
        """Return the SHA-1 of a part if it has been computed."""
        return self._sha1s_of_parts.get((offset, length))

    def _hex_sha1_of_file(self) -> str:
        lengths = self._expected_parts
        with self.open() as stream, _hashing_pool() as pool:
            sha1, sha1s = hex_sha1s_of_stream(_limit_to_announced(stream, self), self.content_length, lengths, pool)
        offsets = accumulate(lengths, initial=0)
        self._sha1s_of_parts = dict(zip(zip(offsets, lengths, strict=False), sha1s, strict=True))
        return sha1

    def is_sha1_known(self) -> bool:
        return self.content_sha1 is not None


def _text_or_path(path: LocalPath) -> str | os.PathLike[str]:
    return os.fsdecode(path) if isinstance(path, bytes) else path


def _hashing_pool() -> contextlib.AbstractContextManager[InlinePool | ThreadPool]:
    """Return what hashes parts while the whole is hashed: a thread, where a processor is free for it."""
    return ThreadPool(1) if (os.cpu_count() or 1) > 1 else contextlib.nullcontext(InlinePool())


class _StoredVersion(Protocol):
    """What is asked of the version of a file that a local file may continue."""

    id_: str
    size: int | None
    content_type: str | None
    file_info: dict[str, str]
    server_side_encryption: EncryptionSetting

    def get_content_sha1(self) -> str | None: ...


class UploadSourceLocalFile(_LocalFile):
    """A regular file. Its size is taken when the source is made."""

    @arguments_checked
    def __init__(self, local_path: LocalPath, content_sha1: str | None = None) -> None:
        """Look at the file.

        :param local_path: a ``str``, ``bytes`` or ``os.PathLike``.
        :param content_sha1: 40 hex digits, if they are known; ``None`` computes them.
        :raises InvalidUploadSource: the path is not that of a regular file.
        """
        self.local_path: str | os.PathLike[str] = _text_or_path(local_path)
        self.content_sha1 = content_sha1
        self.check_path_and_get_size()

    def __repr__(self) -> str:
        return (
            f"<{type(self).__name__} local_path={self.local_path} content_length={self.content_length} "
            f"content_sha1={self.content_sha1} id={id(self)}>"
        )

    def open(self) -> io.BufferedReader:
        return Path(self.local_path).open("rb")

    def get_incremental_sources(
        self, file_version: _StoredVersion | None, min_part_size: int | None = None
    ) -> list[OutboundTransferSource]:
        """Return sources that make this file with as little uploading as possible.

        Where the stored version is the beginning of this file, they are a copy of it and, unless that is all, the rest
        of this file. Otherwise it is this source alone.

        When the content is read to compare it, it is read to the end, so that :meth:`get_content_sha1` need not read it
        again.

        :param file_version: the stored version; ``None`` if there is none.
        :param min_part_size: bytes that the stored version must have, as it becomes a part; ``None`` is 5 MB.
        :raises OSError: the file cannot be read.
        :raises InvalidUploadSource: the file has become shorter.
        """
        if not file_version:
            return self._fall_back_to_full("there is no version to continue")
        size = file_version.size or 0
        if size < (min_part_size or DEFAULT_MIN_PART_SIZE):
            return self._fall_back_to_full("the stored version is too small to be a part")
        if size > self.content_length:
            return self._fall_back_to_full("it is shorter than the stored version")
        sha1 = file_version.get_content_sha1()
        if sha1 is None:
            return self._fall_back_to_full("the SHA-1 of the stored version is not known")
        if size == self.content_length:
            if sha1 != self.get_content_sha1():
                return self._fall_back_to_full("the stored version is not its beginning")
            return [_copy_of(file_version, size)]
        digest = self._digest_of_first(size)
        if sha1 != digest.hexdigest():
            return self._fall_back_to_full("the stored version is not its beginning")
        copy = _copy_of(file_version, size)
        rest = UploadSourceLocalFileRange(self.local_path, offset=size, length=self.content_length - size)
        rest.continued = Beginning(self, copy, size, digest)
        return [copy, rest]

    def _fall_back_to_full(self, reason: str) -> list[OutboundTransferSource]:
        logger.debug("Fallback to full upload for %s -- %s", on_one_line(str(self.local_path)), reason)
        return [self]

    def _digest_of_first(self, size: int) -> Digest:
        with self.open() as stream:
            digester = IncrementalHexDigester(_limit_to_announced(stream, self))
            digester.update_from_stream(size)
            digest = digester.digest.copy()
            if self.content_sha1 is None:
                self.content_sha1 = digester.update_from_stream(self.content_length - size)
        return digest


class Beginning(NamedTuple):
    """What a local file begins with: a stored version that was compared with it."""

    file: UploadSourceLocalFile
    copy: CopySource
    """Of the version."""
    length: int
    digest: Digest
    """The SHA-1 of so many bytes, to be continued."""


def _copy_of(file_version: _StoredVersion, size: int) -> CopySource:
    encryption = file_version.server_side_encryption
    copy = CopySource(
        file_version.id_,
        length=size,
        encryption=None if encryption.is_unknown() else encryption,
        source_file_info=file_version.file_info,
        source_content_type=file_version.content_type,
    )
    copy.is_whole = True
    return copy


class UploadSourceLocalFileRange(_LocalFile):
    """A range of a regular file; without a length it reaches to the end."""

    continued: Beginning | None = None
    """What stands before it, where it is the rest of a file that is in the service already."""

    @arguments_checked
    def __init__(
        self,
        local_path: LocalPath,
        content_sha1: str | None = None,
        offset: int = 0,
        length: int | None = None,
    ) -> None:
        """Look at the file.

        :param local_path: a ``str``, ``bytes`` or ``os.PathLike``.
        :param content_sha1: that of the range, 40 hex digits, if it is known; ``None`` computes it.
        :param offset: bytes from the beginning of the file.
        :param length: bytes; ``None`` is the rest of the file.
        :raises InvalidUploadSource: the path is not that of a regular file.
        :raises ValueError: the range is not inside the file.
        """
        self.local_path: str | os.PathLike[str] = _text_or_path(local_path)
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

    def open(self) -> io.BufferedReader | RangeOfInputStream:
        return wrap_with_range(Path(self.local_path).open("rb"), self.file_size, self.offset, self.content_length)


class UploadSourceStream(AbstractUploadSource):
    """What ``stream_opener`` opens. It is read once before it is uploaded if length or SHA-1 have to be known.

    A stream that is shorter or longer than a length that was given raises ``InvalidUploadSource`` when it is read. To
    upload the beginning of a stream, take an :class:`UploadSourceStreamRange`.
    """

    @arguments_checked
    def __init__(
        self,
        stream_opener: Callable[[], Any],
        stream_length: int | None = None,
        stream_sha1: str | None = None,
    ) -> None:
        """Take the opener; nothing is opened yet.

        :param stream_opener: returns a readable binary stream at its beginning, as often as it is called.
        :param stream_length: bytes; ``None`` reads the stream to find out.
        :param stream_sha1: 40 hex digits; ``None`` computes them.
        """
        self.stream_opener = stream_opener
        self._content_length = stream_length
        self._content_sha1 = stream_sha1
        self.is_length_given: Final = stream_length is not None
        self.is_sha1_given: Final = stream_sha1 is not None

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
            if self._content_length is None:
                self._content_sha1, self._content_length = hex_sha1_of_unlimited_stream(stream)
            else:
                self._content_sha1 = hex_sha1_of_stream(_limit_to_announced(stream, self), self._content_length)


class UploadSourceStreamRange(UploadSourceStream):
    """A range of the seekable stream that ``stream_opener`` opens; without a length it reaches to the end."""

    @arguments_checked
    def __init__(
        self,
        stream_opener: Callable[[], Any],
        offset: int = 0,
        stream_length: int | None = None,
        stream_sha1: str | None = None,
    ) -> None:
        """Take the opener; nothing is opened yet.

        :param stream_opener: see :class:`UploadSourceStream`; the stream has to have ``seek``.
        :param offset: bytes from the beginning of the stream.
        :param stream_length: bytes of the range; ``None`` is the rest of the stream.
        :param stream_sha1: that of the range, 40 hex digits; ``None`` computes it.
        """
        super().__init__(stream_opener, stream_length=stream_length, stream_sha1=stream_sha1)
        self._offset = offset

    def __repr__(self) -> str:
        return (
            f"<{type(self).__name__} stream_opener={self.stream_opener!r} offset={self._offset} "
            f"content_length={self._content_length} content_sha1={self._content_sha1} id={id(self)}>"
        )

    def open(self) -> RangeOfInputStream:
        stream = super().open()
        length = self._content_length
        if length is None:
            length = stream.seek(0, io.SEEK_END) - self._offset
        return RangeOfInputStream(stream, self._offset, length)


def is_to_end(source: AbstractUploadSource, stream: Readable) -> bool:
    """Whether something is wrong if the stream of a source goes on after the length that the source has.

    A file may grow meanwhile, and has the length then that it had when it was looked at. One that is empty by its own
    account, and is not when it is read, is none that is stored anywhere: ``/proc`` has such.
    """
    if type(source) is UploadSourceBytes:  # asked for each upload; to ask an abstract class takes its time
        return False
    if isinstance(source, UploadSourceStream):
        return source.is_length_given and not isinstance(source, UploadSourceStreamRange)
    return isinstance(source, UploadSourceLocalFile) and source.content_length == 0 and size_now(stream) == 0


def _limit_to_announced(stream: SeekableStream, source: AbstractUploadSource) -> RangeOfSource:
    """Return what a source announces, of a stream that it has opened."""
    return RangeOfSource(stream, source, 0, source.get_content_length() or 0, is_to_end(source, stream))
