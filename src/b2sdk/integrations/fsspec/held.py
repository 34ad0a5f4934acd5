"""Writers that hold what is written in a temporary file, until it is known that something is to be made of it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import IO

from typing_extensions import Buffer

from b2sdk.integrations.fsspec.files import SendingWriter

IN_MEMORY = 1024 * 1024
"""Bytes that are held in memory; more are in a file."""
BLOCK_SIZE = 1024 * 1024


class HoldingWriter:
    """Sends nothing until it is closed, or holds more than ``limit`` bytes; then it is as the writer that it opens."""

    def __init__(self, open_writer: Callable[[], SendingWriter], limit: int) -> None:
        self._open_writer = open_writer
        self._limit = limit
        self._held: IO[bytes] = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115  # closed when it is sent
        self._writer: SendingWriter | None = None

    @property
    def closed(self) -> bool:
        """Whether nothing more can be made: the file has been made, or has failed, or was aborted."""
        return self._held.closed if self._writer is None else self._writer.closed

    def tell(self) -> int:
        return self._held.tell() if self._writer is None else self._writer.tell()

    def write(self, data: Buffer, /) -> int:
        if self._writer is None and self._held.tell() + memoryview(data).nbytes <= self._limit:
            self._held.write(data)
            return memoryview(data).nbytes
        return self._send().write(data)

    def _send(self) -> SendingWriter:
        if self._writer is None:
            self._writer = self._open_writer()
            with self._held:
                self._held.seek(0)
                shutil.copyfileobj(self._held, self._writer, BLOCK_SIZE)
        return self._writer

    def close(self) -> None:
        """Make the file."""
        if not self.closed:
            self._send().close()

    def abort(self) -> None:
        """Make no file."""
        self._held.close()
        if self._writer is not None:
            self._writer.abort()

    def __exit__(
        self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: TracebackType | None, /
    ) -> None:
        self._held.close()
        if self._writer is not None:
            self._writer.__exit__(exc_type, exc_val, exc_tb)


class AppendingWriter:
    """Holds what is to stand behind the content that a file has already."""

    def __init__(self, append: Callable[[str, int], object], size: int) -> None:
        """``append`` makes a file of the ``size`` bytes that there are and a local file of so many bytes."""
        self._append = append
        self._size = size
        self._folder = tempfile.TemporaryDirectory(prefix="b2-append-")
        self._held = (Path(self._folder.name) / "appended").open("wb")

    @property
    def closed(self) -> bool:
        return self._held.closed

    def tell(self) -> int:
        return self._size + self._held.tell()

    def write(self, data: Buffer, /) -> int:
        return self._held.write(data)

    def close(self) -> None:
        """Make a file of both; none if there is nothing to append."""
        if self.closed:
            return
        size = self._held.tell()
        self._held.close()
        with self._folder:
            if size:
                self._append(self._held.name, size)

    def abort(self) -> None:
        """Make no file."""
        self._held.close()
        self._folder.cleanup()

    def __exit__(self, *_: object) -> None:
        self.abort()
