"""A file object for writing: what is written becomes a new version of a file when it is closed, and only then."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any, SupportsIndex

from typing_extensions import Buffer

from b2sdk.cancellation import GRACE_SECONDS, is_interruption
from b2sdk.file_version import FileVersion
from b2sdk.transfer.background import Background, Rendezvous
from b2sdk.transfer.source import UploadSourceBytes

SECONDS_TO_KNOW = 0.5
"""Seconds that an interrupted thread waits for a response which names the file that is to be deleted."""

Make = Callable[[Iterator[UploadSourceBytes]], FileVersion]


class WriteAborted(Exception):  # never leaves this module and the one that makes the file
    """Nothing is to be made of what was written."""


class StoredFileWriter(io.BufferedIOBase):
    """Collects what is written into parts of ``part_size`` bytes, which are sent while the next one fills.

    ``close`` makes the file and waits for it. Leaving a ``with`` block by an exception, :meth:`abort`, or forgetting
    the object, which is a ``ResourceWarning``, makes none, and neither does an interrupted ``write`` or ``close``. A
    failure of the service is raised by the ``write`` or ``close`` that follows it.
    """

    mode: str = "wb"

    def __init__(self, make: Make, part_size: int, name: str = "") -> None:
        """``make`` makes a file of an iterator of parts, in a thread of its own, until the iterator ends."""
        super().__init__()
        self.name = name
        """The name in the bucket."""
        self._make = make
        self._part_size = part_size
        self._blocks: list[bytes] = []
        self._filled = 0
        self._written = 0
        self._parts: Rendezvous[UploadSourceBytes] = Rendezvous()
        self._making: Background[FileVersion] | None = None
        self.version: FileVersion | None = None
        """What was made; known when the file is closed."""

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._written

    def write(self, data: Buffer, /) -> int:
        """Take the bytes; they are copied.

        :raises ValueError: the file is closed.
        :raises B2Error: an earlier part could not be sent.
        """
        if self.closed:
            raise ValueError("I/O operation on closed file.")
        rest = memoryview(data).cast("B")
        size = len(rest)
        while rest:
            block = bytes(rest[: self._part_size - self._filled])
            self._blocks.append(block)
            self._filled += len(block)
            rest = rest[len(block) :]
            if self._filled == self._part_size:
                self._send()
        self._written += size
        return size

    def _send(self) -> None:
        """Hand the part over, waiting while the ones before it have not been taken."""
        if self._making is None:
            # The thread must not hold this object, or it would never be forgotten.
            make, parts = self._make, self._parts
            self._making = Background(lambda: make(iter(parts)))
            self._making.when_done(parts.stop_taking)
        part = UploadSourceBytes(b"".join(self._blocks))
        self._blocks, self._filled = [], 0
        try:
            is_taken = self._parts.put(part)
        except BaseException as error:
            self._abort(
                _grace_after(error)
            )  # it is not known whether the part was handed over, and a file without it must not be made
            raise
        if not is_taken:
            self._raise_failure()

    def _raise_failure(self) -> None:
        making, self._making = self._making, None
        super().close()
        if making is not None:
            making.result()

    def close(self) -> None:
        """Send what is left, and make the file.

        :raises B2Error: it could not be made.
        """
        if self.closed:
            return
        if self._filled or self._making is None:
            self._send()
        making = self._making
        super().close()
        self._parts.end()
        if making is not None:
            self.version = making.result()

    def abort(self) -> None:
        """Make no file. What was sent already is deleted."""
        self._abort(GRACE_SECONDS)

    def _abort(self, seconds: float) -> None:
        if self.closed:
            return
        super().close()
        self._parts.end(WriteAborted())
        if self._making is not None:
            # It ends by itself, unless the service stalls. Cancelled while a large file is being started, it would not
            # know which one to drop.
            self._making.cancel(seconds)

    def __exit__(
        self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: TracebackType | None
    ) -> None:
        if exc_val is None:
            self.close()
        else:
            self._abort(_grace_after(exc_val))

    def __reduce_ex__(self, _protocol: SupportsIndex) -> tuple[Any, ...]:
        raise TypeError("a file that is being written can be neither pickled nor copied")

    def __del__(self) -> None:
        # The inherited one would close the file, that is make it, of whatever happens to have been written.
        if hasattr(self, "_parts"):
            self.abandon()

    def abandon(self) -> None:
        """Make no file, as nobody can close it any more; if nobody has, warn."""
        if self.closed:
            return
        try:
            what = f"the file {self.name!r} was neither closed nor aborted, so that nothing is made of what was written"
            warnings.warn(what, ResourceWarning, stacklevel=2, source=self)
        finally:
            self.abort()


def _grace_after(error: BaseException) -> float:
    return SECONDS_TO_KNOW if is_interruption(error) else GRACE_SECONDS
