"""Files that were opened: over what the SDK reads and writes, with what fsspec's callers expect besides."""

from __future__ import annotations

import contextlib
import io
import sys
import warnings
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any, Protocol, SupportsIndex, TypeVar

from fsspec.core import OpenFile
from typing_extensions import Buffer, Self

from b2sdk.exception import FileOrBucketNotFound
from b2sdk.integrations.fsspec.entries import Entry, copied
from b2sdk.integrations.fsspec.errors import translated
from b2sdk.integrations.fsspec.untyped import AbstractBufferedFile
from b2sdk.transfer.reader import StoredFileReader

T = TypeVar("T")
_LEAVING_A_BLOCK = OpenFile.__exit__.__code__


class OpenedBy(Protocol):
    """What a file needs of the filesystem that opened it."""

    blocksize: int

    def read_version(self, path: str, entry: Entry) -> StoredFileReader:
        """Return what reads a version that is known; no request is made."""

    def open_newest(self, path: str) -> tuple[Entry, StoredFileReader]:
        """Ask for the newest version of a file, whatever is known of it."""

    def fetch_version(self, path: str, file_id: str, start: int, stop: int) -> bytes: ...
    def forget(self, path: str) -> None:
        """Know that a path has changed."""


class SendingWriter(Protocol):
    """What sends the content of a new file. Closing it makes the file."""

    @property
    def closed(self) -> bool: ...
    def tell(self) -> int: ...
    def write(self, data: Buffer, /) -> int: ...
    def close(self) -> None: ...
    def abort(self) -> None: ...
    def __exit__(
        self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: TracebackType | None, /
    ) -> object: ...


class B2Reader(io.BufferedIOBase):
    """One version of a file, in windows; see ``Bucket.open``, also for threads that share it.

    It can be pickled, and is then the same version at the same place. If a version that was known by a listing has been
    deleted since, the first read is of the newest one, unless something depends on the size already.
    """

    mode: str = "rb"
    cache: Any = None
    """fsspec's files have one; the windows are not such a thing."""

    def __init__(
        self, fs: OpenedBy, path: str, entry: Entry, reader: StoredFileReader, *, may_be_gone: bool = False
    ) -> None:
        """``entry`` describes the version, and ``reader`` reads it."""
        super().__init__()
        self._reader = reader
        self._entry = entry
        self._may_be_gone = may_be_gone
        self.fs = fs
        self.path = path
        self.blocksize: int = fs.blocksize

    @property
    def size(self) -> int:
        """Bytes of the file."""
        self._may_be_gone = False
        return self._reader.size

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
        self._may_be_gone = False
        return copied(self._entry)

    def info(self) -> Entry:
        """Describe this version, as the filesystem's ``info`` does the newest one."""
        return self.details

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._reader.tell()

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        if whence == io.SEEK_END:
            self._may_be_gone = False
        return self._reader.seek(offset, whence)

    def read(self, size: int | None = -1, /) -> bytes:
        return self._read(lambda reader: reader.read(size))

    def read1(self, size: int = -1, /) -> bytes:
        return self._read(lambda reader: reader.read1(size))

    def readinto(self, buffer: Buffer, /) -> int:
        return self._read(lambda reader: reader.readinto(buffer))

    def readinto1(self, buffer: Buffer, /) -> int:
        return self._read(lambda reader: reader.readinto1(buffer))

    def readline(self, size: int | None = -1, /) -> bytes:
        return self._read(lambda reader: reader.readline(size))

    def peek(self, size: int = 0, /) -> bytes:
        """Return what comes next without moving: ``size`` bytes, or more or fewer, but some before the end."""
        return self._read(lambda reader: reader.peek(size))

    def _read(self, read: Callable[[StoredFileReader], T]) -> T:
        with translated(self.path):
            try:
                return read(self._reader)
            except FileOrBucketNotFound:
                self.fs.forget(self.path)
                if not self._may_be_gone:
                    raise
                place = self._reader.tell()
                self._entry, self._reader = self.fs.open_newest(self.path)
                self._reader.seek(place)
                return read(self._reader)
            finally:
                self._may_be_gone = False

    def close(self) -> None:
        if hasattr(self, "_reader"):
            self._reader.close()
        super().close()

    def __reduce_ex__(self, _protocol: SupportsIndex) -> tuple[Any, ...]:
        return _reopen, (type(self), self.fs, self.path, self._entry, self.tell())


def _reopen(kind: type[B2Reader], fs: OpenedBy, path: str, entry: Entry, place: int) -> B2Reader:
    reader = kind(fs, path, entry, fs.read_version(path, entry))
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
    """A new version of a file, which is made when this is closed, or when the transaction ends in which it was opened.

    It is not if the ``with`` block is left by an exception, after :meth:`discard`, or if the object is forgotten, which
    is a ``ResourceWarning``. That holds for the text and compressed files of ``B2FileSystem.open`` too, and for
    ``with fsspec.open(...)``. Another wrapper may close a file although an exception has ended the writing.
    """

    mode: str = "wb"

    def __init__(
        self,
        fs: OpenedBy,
        path: str,
        writer: SendingWriter,
        mode: str,
        block_size: int | None,
        *,
        autocommit: bool = True,
    ) -> None:
        super().__init__()
        self._writer = writer
        self._is_settled = False
        """Whether there is nothing left to make or to discard."""
        self.fs = fs
        self.path = path
        self.mode = mode
        self.blocksize: int = block_size or fs.blocksize
        self.autocommit = autocommit

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
        return self._writer.tell()

    def write(self, data: Buffer, /) -> int:
        if self.closed:
            raise ValueError("I/O operation on closed file.")
        with translated(self.path):
            return self._writer.write(data)

    def flush(self) -> None:
        """Do nothing: what can be read is made as a whole."""

    def close(self) -> None:
        if self.closed:
            return
        if _is_block_failing():
            self.discard()
        elif self.autocommit:
            self._make()
        else:
            super().close()

    def _make(self) -> None:
        self._is_settled = True
        try:
            with translated(self.path):
                self._writer.close()
        except BaseException:
            self._writer.abort()  # what is held may be given up
            raise
        finally:
            super().close()
            self.fs.forget(self.path)

    def commit(self) -> None:
        """Make the file that was written in a transaction; any other has been made by closing it.

        :raises ValueError: it is not closed yet, or something could not be written.
        """
        if self._is_settled:
            return
        if not self.closed or self._writer.closed:
            what = "could not be written" if self._writer.closed else "is still open"
            raise ValueError(f"{self.path!r} {what}, so that nothing is made of it")
        self._make()

    def discard(self) -> None:
        """Make no file, and delete what was sent; nothing if it is made already."""
        if not self._is_settled:
            self._is_settled = True
            self._writer.abort()
            super().close()

    abort = discard

    def abandon(self) -> None:
        """Discard the file, as nobody can close it any more; if nobody has, warn."""
        if self._is_settled:
            return
        try:
            what = (
                f"the file {self.path!r} was neither closed nor discarded, so that nothing is made of what was written"
            )
            warnings.warn(what, ResourceWarning, stacklevel=2, source=self)
        finally:
            self.discard()

    def __exit__(
        self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: TracebackType | None
    ) -> None:
        if exc_val is None:
            self.close()
        elif not self._is_settled:
            self._is_settled = True
            # It knows how long to wait after which exception.
            self._writer.__exit__(exc_type, exc_val, exc_tb)
            super().close()

    def __del__(self) -> None:
        # The inherited one would close it, that is make the file.
        if hasattr(self, "_is_settled"):
            self.abandon()

    def __reduce_ex__(self, _protocol: SupportsIndex) -> tuple[Any, ...]:
        raise TypeError("a file that is being written can be neither pickled nor copied")


def _is_block_failing() -> bool:
    """Whether an exception is leaving the block of ``with fsspec.open(...)``, which closes its file without a word."""
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001  # there is no other way to look at what a caller was called with
    while frame is not None and frame.f_code is not _LEAVING_A_BLOCK:
        frame = frame.f_back
    return frame is not None and any(
        isinstance(one, BaseException)
        for passed in frame.f_locals.values()
        if isinstance(passed, tuple)
        for one in passed
    )


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

    abort = discard

    def abandon(self) -> None:
        """Discard the file, as nobody can close it any more; if nobody has, warn."""
        if not self.closed:
            self.file.abandon()
            self.discard()

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
        if hasattr(self, "file"):
            self.abandon()
