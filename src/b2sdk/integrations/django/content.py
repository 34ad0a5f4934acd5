"""Content that is saved: whatever Django's ``File`` is made over, as what the bucket uploads.

Nothing is copied to memory or disk but what can be read only once.
"""

from __future__ import annotations

import io
import mimetypes
import os
import threading
from collections.abc import Iterator
from typing import Any, Protocol

from b2sdk.integrations.django.untyped import File, InMemoryUploadedFile, TemporaryUploadedFile
from b2sdk.v3 import AbstractUploadSource, UploadSourceLocalFile, UploadSourceStream

CONTENT_TYPE_OF_ENCODING = {"gzip": "application/gzip", "bzip2": "application/x-bzip2", "xz": "application/x-xz"}
"""What files are that hold another file, such as ``.tar.gz``."""


class _Seekable(Protocol):
    def read(self, size: int, /) -> Any: ...
    def seek(self, offset: int, whence: int = 0, /) -> object: ...


class SharedStream(io.RawIOBase):
    """One of several places that an open file is read from at the same time."""

    def __init__(self, file: _Seekable, size: int, lock: threading.Lock) -> None:
        """``lock`` is the same for all of them."""
        super().__init__()
        self._file = file
        self._size = size
        self._lock = lock
        self._place = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        self._place = offset + (0, self._place, self._size)[whence]
        return self._place

    def read(self, size: int | None = -1, /) -> bytes:
        wanted = -1 if size is None else size
        with self._lock:
            self._file.seek(self._place)
            block = self._file.read(wanted)
        self._place += len(block)
        return bytes(block)


def _file_below(content: object) -> Any:
    """Return the file object that a ``File`` reads from, however often it is wrapped.

    ``None`` if its class, or the object, has its own way of being read.
    """
    if not isinstance(content, File):  # it only has the same methods
        return None
    file: Any = content
    while isinstance(file, File):
        kind = type(file)
        is_own = kind.read is not File.read or kind.chunks not in {File.chunks, InMemoryUploadedFile.chunks}
        if is_own or not {"chunks", "read"}.isdisjoint(vars(file)):
            return None
        file = file.file
    return file


def local_path_of(content: File) -> str | None:
    """Return the path of the local file that has exactly this content; ``None`` if there is none, or not surely."""
    if isinstance(content, TemporaryUploadedFile):
        content.file.flush()
        return os.fspath(content.temporary_file_path())
    file = _file_below(content)
    if not isinstance(file, io.BufferedReader) or not isinstance(file.raw, io.FileIO) or file.closed:
        return None
    path = file.name
    if not isinstance(path, str) or not os.path.isfile(path):  # noqa: PTH113  # a text
        return None
    is_the_same = os.path.samestat(os.stat(path), os.fstat(file.fileno()))  # noqa: PTH116
    return os.path.abspath(path) if is_the_same else None  # noqa: PTH100


def source_of(content: File) -> AbstractUploadSource | None:
    """Return the content as a source that can be read again, in several places at a time.

    ``None`` if it is text, cannot be read again, or has an unknown size.
    """
    path = local_path_of(content)
    if path is not None:
        return UploadSourceLocalFile(path)
    file = _file_below(content)
    try:
        size = file.seek(0, io.SEEK_END)
        file.seek(0)
        is_usable = isinstance(size, int) and isinstance(file.read(0), bytes)
    except (AttributeError, OSError, ValueError):
        return None
    lock = threading.Lock()
    return UploadSourceStream(lambda: SharedStream(file, size, lock), stream_length=size) if is_usable else None


def blocks_of(content: File) -> Iterator[bytes]:
    """Yield the content from its beginning; text as UTF-8."""
    for block in content.chunks():  # some that programs have take no size
        yield block.encode("utf-8") if isinstance(block, str) else block


def content_type_of(name: str, content: File | None) -> str | None:
    """Return the content type that the ending of a name means, or else the one that the content came with.

    In this order, as a browser that uploads may say anything. ``None`` leaves it to the service.
    """
    guessed, encoding = mimetypes.guess_type(name)
    if encoding is not None:
        return CONTENT_TYPE_OF_ENCODING.get(encoding, "application/octet-stream")
    return guessed or getattr(content, "content_type", None) or None
