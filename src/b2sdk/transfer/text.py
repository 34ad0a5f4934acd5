"""Text as file objects, over those of bytes."""

from __future__ import annotations

import codecs
import io
from types import TracebackType
from typing import Any, NamedTuple, Protocol

from b2sdk.file_version import FileVersion
from b2sdk.transfer.reader import StoredFileReader
from b2sdk.transfer.writer import StoredFileWriter


class TextFormat(NamedTuple):
    """How text is stored, with the meanings of ``io.TextIOWrapper``; ``None`` as the encoding is UTF-8."""

    encoding: str | None = None
    errors: str | None = None
    newline: str | None = None

    def open(self, file: StoredFileReader | io.BytesIO) -> io.TextIOWrapper:
        """Open a file for reading text."""
        return io.TextIOWrapper(file, self.encoding or "utf-8", self.errors, self.newline)

    def check(self) -> None:
        """Refuse what is no format.

        :raises LookupError: the encoding, or the way of handling errors, is not known.
        :raises ValueError: the end of lines is none.
        """
        codecs.lookup_error(self.errors or "strict")
        self.open(io.BytesIO())


def check_mode(mode: str, text: TextFormat) -> bool:
    """Return whether a mode is one of text.

    :raises ValueError: it is no mode, or one of bytes, which have no format.
    :raises LookupError: see :meth:`TextFormat.check`.
    """
    if mode in ("r", "rt", "w", "wt"):
        text.check()
        return True
    if mode not in ("rb", "wb"):
        raise ValueError(f"a file is opened with the mode 'rb' or 'wb', 'rt' or 'wt', not {mode!r}")
    if text != TextFormat():
        raise ValueError(f"bytes have no encoding, errors or newline: a file of text has the mode '{mode[0]}t'")
    return False


class AbortableWriter(Protocol):
    """A writable file of bytes that becomes a file when it is closed, or nothing at all."""

    def abort(self) -> None:
        """Make no file."""

    def abandon(self) -> None:
        """Make no file, as nobody can close it any more; if nobody has, warn."""

    def __exit__(
        self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: TracebackType | None, /
    ) -> object: ...


class TextWriter(io.TextIOWrapper):
    """Text that is written to an :class:`AbortableWriter`.

    It makes the file when it is closed, and none where that makes none: when an exception leaves the ``with`` block,
    after :meth:`abort`, or when it is forgotten.
    """

    def __init__(self, writer: AbortableWriter, text: TextFormat) -> None:
        file: Any = writer
        self._file: Any = writer
        super().__init__(file, text.encoding or "utf-8", text.errors, text.newline)
        self._unmade = writer

    def close(self) -> None:
        """Send what is left, and make the file.

        :raises B2Error: it could not be made.
        """
        if not self.closed:
            try:
                self.flush()
            except BaseException:
                self.abort()  # the inherited method would make the file without the rest
                raise
        super().close()

    def abort(self) -> None:
        """Make no file. What was sent already is deleted."""
        self._unmade.abort()

    def __exit__(
        self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: TracebackType | None
    ) -> None:
        if exc_val is None:
            self.close()
        else:
            self._unmade.__exit__(exc_type, exc_val, exc_tb)

    def __del__(self) -> None:
        # The inherited one would close the file, that is make it.
        try:
            is_attached = self.buffer is self._file
        except (AttributeError, ValueError):
            return
        if is_attached:
            self._unmade.abandon()


class StoredTextWriter(TextWriter):
    """Text that is written to a :class:`~b2sdk.transfer.writer.StoredFileWriter`."""

    def __init__(self, writer: StoredFileWriter, text: TextFormat) -> None:
        super().__init__(writer, text)
        self._writer = writer

    @property
    def version(self) -> FileVersion | None:
        """What was made; known when the file is closed."""
        return self._writer.version
