"""Files that were opened: over what ``Bucket.open`` returns, with what fsspec's callers expect besides."""

from __future__ import annotations

import contextlib
import io
from types import TracebackType
from typing import Any, Protocol, SupportsIndex

from typing_extensions import Buffer, Self

from b2sdk.integrations.fsspec.entries import Entry, copied, file_entry
from b2sdk.integrations.fsspec.errors import translated
from b2sdk.integrations.fsspec.paths import split_path
from b2sdk.integrations.fsspec.untyped import AbstractBufferedFile
from b2sdk.v3 import B2Api, DownloadVersion

_DESCRIBING = (
    "id_",
    "file_name",
    "size",
    "content_type",
    "content_sha1",
    "file_info",
    "upload_timestamp",
    "server_side_encryption",
    "range_",
    "content_disposition",
    "content_length",
    "content_language",
    "expires",
    "cache_control",
    "content_encoding",
)
"""What a version is made of again in another process, where it has another client."""


class OpenedBy(Protocol):
    """What a file needs of the filesystem that opened it."""

    blocksize: int

    def get_client(self) -> B2Api: ...
    def fetch_version(self, path: str, file_id: str, start: int, stop: int) -> bytes: ...
    def forget(self, path: str) -> None:
        """Know that a path has changed."""


class B2Reader(io.BufferedIOBase):
    """One version of a file, in windows; see ``Bucket.open``, also for threads that share it.

    It can be pickled, and is then the same version at the same place.
    """

    mode: str = "rb"
    cache: Any = None
    """fsspec's files have one; the windows are not such a thing."""

    def __init__(self, fs: OpenedBy, path: str, reader: Any) -> None:
        """``reader`` is what ``Bucket.open`` returns."""
        super().__init__()
        self._reader = reader
        self.fs = fs
        self.path = path
        self.blocksize: int = fs.blocksize

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return int(self._reader.size)

    @property
    def name(self) -> str:
        """The path."""
        return self.path

    @property
    def full_name(self) -> str:
        """The URL."""
        return f"b2://{self.path}"

    @property
    def details(self) -> Entry:
        """What ``info`` says of this version."""
        return file_entry(split_path(self.path)[0], self._reader.version)

    def info(self) -> Entry:
        """Describe this version, as the filesystem's ``info`` does the newest one."""
        return self.details

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return int(self._reader.tell())

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        return int(self._reader.seek(offset, whence))

    def read(self, size: int | None = -1, /) -> bytes:
        with translated(self.path):
            return bytes(self._reader.read(size))

    def read1(self, size: int = -1, /) -> bytes:
        with translated(self.path):
            return bytes(self._reader.read1(size))

    def readinto(self, buffer: Buffer, /) -> int:
        with translated(self.path):
            return int(self._reader.readinto(buffer))

    def readinto1(self, buffer: Buffer, /) -> int:
        with translated(self.path):
            return int(self._reader.readinto1(buffer))

    def readline(self, size: int | None = -1, /) -> bytes:
        with translated(self.path):
            return bytes(self._reader.readline(size))

    def peek(self, size: int = 0, /) -> bytes:
        """Return what comes next without moving: ``size`` bytes, or more or fewer, but some before the end."""
        with translated(self.path):
            return bytes(self._reader.peek(size))

    def close(self) -> None:
        if hasattr(self, "_reader"):
            self._reader.close()
        super().close()

    def __reduce_ex__(self, _protocol: SupportsIndex) -> tuple[Any, ...]:
        version = self._reader.version
        described = {name: getattr(version, name) for name in _DESCRIBING}
        return _reopen, (type(self), self.fs, self.path, type(self._reader), described, self.tell())


def _reopen(
    kind: type[B2Reader], fs: OpenedBy, path: str, reader_kind: type[Any], described: dict[str, Any], place: int
) -> B2Reader:
    api = fs.get_client()
    reader = kind(fs, path, reader_kind(api, DownloadVersion(api, **described)))
    reader.seek(place)
    return reader


class B2BlockReader(AbstractBufferedFile):
    """One version of a file, through one of fsspec's caches."""

    DEFAULT_BLOCK_SIZE = 5 * 2**20

    def __init__(
        self, fs: OpenedBy, path: str, entry: Entry, block_size: int | None, cache_type: str, cache_options: Any
    ) -> None:
        """``entry`` is what is known of the version."""
        super().__init__(
            fs,
            path,
            "rb",
            block_size,
            cache_type=cache_type,
            cache_options=dict(cache_options or {}),
            size=entry["size"],
        )
        self.details: Entry = copied(entry)
        self._made_with = block_size, cache_type, cache_options

    def _fetch_range(self, start: int, end: int) -> bytes:
        stop = min(end, self.size)
        return self.fs.fetch_version(self.path, self.details["fileId"], start, stop) if start < stop else b""

    def __reduce_ex__(self, _protocol: SupportsIndex) -> tuple[Any, ...]:
        return _reopen_with_cache, (type(self), self.fs, self.path, self.details, self._made_with, self.loc)


def _reopen_with_cache(
    kind: type[B2BlockReader], fs: OpenedBy, path: str, entry: Entry, made_with: tuple[Any, ...], place: int
) -> B2BlockReader:
    reader = kind(fs, path, entry, *made_with)
    reader.seek(place)
    return reader


class B2Writer(io.BufferedIOBase):
    """A new version of a file, which is made when this is closed.

    It is not if the ``with`` block is left by an exception, after :meth:`discard`, or if the object is forgotten. That
    holds for the text and compressed files of ``B2FileSystem.open`` too. But ``with fsspec.open(...)`` does not say why
    it closes a file: what has been written by then is made.
    """

    mode: str = "wb"

    def __init__(self, fs: OpenedBy, path: str, writer: Any, mode: str, block_size: int | None) -> None:
        """``writer`` is what ``Bucket.open`` returns."""
        super().__init__()
        self._writer = writer
        self.fs = fs
        self.path = path
        self.mode = mode
        self.blocksize: int = block_size or fs.blocksize
        self.autocommit = True

    @property
    def name(self) -> str:
        """The path."""
        return self.path

    @property
    def full_name(self) -> str:
        """The URL."""
        return f"b2://{self.path}"

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return int(self._writer.tell())

    def write(self, data: Buffer, /) -> int:
        with translated(self.path):
            return int(self._writer.write(data))

    def flush(self) -> None:
        """Do nothing: what can be read is made as a whole."""

    def close(self) -> None:
        if self.closed:
            return
        try:
            with translated(self.path):
                self._writer.close()
        finally:
            super().close()
            self.fs.forget(self.path)

    def commit(self) -> None:
        """Do nothing: closing the file has made it."""

    def discard(self) -> None:
        """Make no file, and delete what was sent; nothing if it is closed already."""
        if not self.closed:
            self._writer.abort()
            super().close()

    def __exit__(
        self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: TracebackType | None
    ) -> None:
        if exc_val is None:
            self.close()
        else:
            # It knows how long to wait after which exception.
            self._writer.__exit__(exc_type, exc_val, exc_tb)
            super().close()

    def __del__(self) -> None:
        # The inherited one would close it, that is make the file.
        if hasattr(self, "_writer"):
            self.discard()

    def __reduce_ex__(self, _protocol: SupportsIndex) -> tuple[Any, ...]:
        raise TypeError("a file that is being written can be neither pickled nor copied")


class TextWriter(io.TextIOWrapper):
    """Text over a file that is being written. Leaving its block by an exception makes no file."""

    def __exit__(
        self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: TracebackType | None
    ) -> None:
        if exc_val is not None:
            discard(self.buffer)
            with contextlib.suppress(ValueError):  # what was not written yet cannot be any more
                self.close()
        else:
            self.close()


class CompressedWriter(io.BufferedIOBase):
    """Compresses what is written to a file, and closes both. Leaving its block by an exception makes no file."""

    def __init__(self, compressor: Any, file: B2Writer) -> None:
        """``compressor`` writes to ``file``."""
        super().__init__()
        self._compressor = compressor
        self.file = file

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return int(self._compressor.tell())

    def write(self, data: Buffer, /) -> int:
        self._compressor.write(data)
        return memoryview(data).nbytes

    def close(self) -> None:
        if self.closed:
            return
        try:
            self._compressor.close()
        except BaseException:
            self.discard()
            raise
        super().close()
        self.file.close()

    def discard(self) -> None:
        """Make no file."""
        self.file.discard()
        super().close()
        with contextlib.suppress(Exception):  # it cannot write its end any more
            self._compressor.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: TracebackType | None
    ) -> None:
        if exc_val is None:
            self.close()
        else:
            self.discard()

    def __del__(self) -> None:
        if hasattr(self, "file") and not self.closed:
            self.discard()


def discard(file: Any) -> None:
    """Make no file of what was written, however it is wrapped."""
    if isinstance(file, (B2Writer, CompressedWriter)):
        file.discard()
