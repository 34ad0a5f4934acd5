"""A stored file as a file object for reading: seekable, and fetched in as few requests as what is read allows."""

from __future__ import annotations

import copy
import io
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from typing import Any, NamedTuple, Protocol, SupportsIndex

from typing_extensions import Buffer, Self

from b2sdk.exception import UnexpectedCloudBehaviour
from b2sdk.file_version import DownloadVersion
from b2sdk.http.overrides import Overrides, overrides_here, patience_unless_said
from b2sdk.transfer.downloader import is_decoded
from b2sdk.transfer.limits import divide_up, even_sizes
from b2sdk.transfer.pool import ThreadPoolMixin
from b2sdk.transfer.protocols import TransferApi
from b2sdk.transfer.range_stream import RangeStream, StoredFile
from b2sdk.transfer.task_group import TaskGroup
from b2sdk.values.byte_range import Range
from b2sdk.values.encryption import EncryptionSetting

SMALLEST_WINDOW = 256 * 1024
LARGEST_WINDOW = 8 * 1024 * 1024
LONGEST_SINGLE_RANGE = 64 * 1024 * 1024
"""Bytes that are read in one request; more come in several ranges at a time."""
LONGEST_PARALLEL_RANGE = 32 * 1024 * 1024
PEEKED = 8192
"""Bytes that :meth:`StoredFileReader.peek` returns where less is asked for, if they are in memory."""


class Window(NamedTuple):
    """A part of a file that is in memory."""

    start: int
    content: bytes

    def holds(self, place: int) -> bool:
        return self.start <= place < self.start + len(self.content)

    def find(self, place: int, stop: int) -> memoryview:
        """Return what is in it from ``place`` on, but before ``stop``."""
        return memoryview(self.content)[place - self.start : stop - self.start] if place >= self.start else NOTHING


NOTHING = memoryview(b"")


def first_range() -> Range:
    """Return what is requested of a file of which nothing is known."""
    return Range(0, SMALLEST_WINDOW - 1)


Put = Callable[[int, Buffer], object]
"""Takes a block, and how far from the beginning of what is fetched it belongs."""


class Gathered(io.BytesIO):
    """Content of a known size, which comes in blocks, in any order, and becomes one object without being copied."""

    def __init__(self, size: int) -> None:
        super().__init__(bytes(size))  # taken over, as nobody else has it
        self._lock = threading.Lock()

    def put(self, start: int, block: Buffer) -> None:
        with self._lock:
            self.seek(start)
            self.write(block)


class Missing(NamedTuple):
    """What is not in memory of what is read."""

    chosen: Range
    """What to request: the rest, or a window in which it is."""
    put: Put
    """Takes what arrives of it."""
    finish: Callable[[], None]
    """To be called after all of it has arrived."""


class ReadAhead:
    """Decides which range of a file is requested when some of it is read, and keeps the last window.

    A window is more than was asked for: 256 KiB, or the last 256 KiB of the file if these are read. Where reading
    continues at the end of what came last, the next one is twice as large, up to 8 MiB. A read as large as the window
    is requested exactly, and not kept.

    Threads may share one: the window is replaced as a whole.
    """

    def __init__(self, size: int) -> None:
        """``size`` is that of the file."""
        self.size = size
        self.window: Window = Window(0, b"")
        self._window_size = SMALLEST_WINDOW
        self._reached = -1
        """The place after what came last."""

    def choose(self, place: int, stop: int) -> Range:
        """Return the range to request for what is read from ``place`` on, up to ``stop``; none of it is in memory."""
        reads_on = place == self._reached
        self._window_size = window = min(2 * self._window_size, LARGEST_WINDOW) if reads_on else SMALLEST_WINDOW
        if stop - place >= window:
            return Range(place, stop - 1)
        tail = max(self.size - SMALLEST_WINDOW, 0)
        start = tail if place >= tail and not reads_on else place
        return Range(start, min(place + window, self.size) - 1)

    def fill(self, place: int, stop: int, put: Put) -> Missing | None:
        """Put what is in memory of what is read; return what has to be requested for the rest, if there is any.

        :param put: takes a block, and how far from ``place`` it belongs.
        """
        found = self.window.find(place, stop)
        put(0, found)
        start = len(found)
        if place + start == stop:
            return None
        chosen = self.choose(place + start, stop)
        if chosen == Range(place + start, stop - 1):
            return Missing(chosen, lambda at, block: put(start + at, block), lambda: self.pass_by(stop))
        gathered = Gathered(chosen.size())

        def keep() -> None:
            put(start, self.keep(chosen.start, gathered.getvalue()).find(place + start, stop))

        return Missing(chosen, gathered.put, keep)

    def keep(self, start: int, content: bytes) -> Window:
        """Keep a window that has come, in place of the one before."""
        self.window = window = Window(start, content)
        self.pass_by(start + len(content))
        return window

    def pass_by(self, reached: int) -> None:
        """Know that content up to this place has come."""
        self._reached = reached

    def drop(self) -> None:
        """Keep no content any more."""
        self.window = Window(0, b"")


def check_readable(version: DownloadVersion) -> None:
    """Refuse a file whose places are not known.

    :raises UnexpectedCloudBehaviour: its size is not known.
    :raises io.UnsupportedOperation: the client decodes the content, so that its places are not those of the file.
    """
    if version.size is None:
        raise UnexpectedCloudBehaviour("the size of the file is not known")
    if is_decoded(version):
        raise io.UnsupportedOperation(f"a file with encoding {version.content_encoding!r} is read as it is stored")


def find_place(offset: int, whence: int, place: int, size: int) -> int:
    """Return the place that is sought from another one, in a file of so many bytes; it may be after the end.

    :raises ValueError: it is before the beginning, or ``whence`` is none of 0, 1 and 2.
    """
    if whence not in (io.SEEK_SET, io.SEEK_CUR, io.SEEK_END):
        raise ValueError(f"invalid whence ({whence}, should be 0, 1 or 2)")
    sought = offset + (0, place, size)[whence]
    if sought < 0:
        raise ValueError(f"negative seek position {sought}")
    return sought


class Places:
    """Where a file is read next: where the last read or seek ended, as with any file.

    But some programs (DuckDB) seek and read in several threads without a lock. So the read that follows a seek in a
    thread begins there, whatever other threads do in between. And once reads of several threads have overlapped, each
    thread continues where it was. Threads are told apart by their number: those that C++ starts have a new
    ``threading.local`` at each call.
    """

    def __init__(self, place: int = 0) -> None:
        self._common = place
        self._of_threads: dict[int, int] = {}
        self._reading: dict[int, bool] = {}
        self._have_overlapped = False

    def find(self) -> int:
        """Return the place that this thread reads from."""
        return self._of_threads.get(threading.get_ident(), self._common)

    def seek(self, place: int) -> int:
        self._of_threads[threading.get_ident()] = self._common = place
        return place

    def pass_by(self, place: int) -> None:
        """Know that this thread has read up to a place."""
        self._common = place
        if self._have_overlapped:
            self._of_threads[threading.get_ident()] = place
        elif self._of_threads.pop(threading.get_ident(), None) is None:
            self._of_threads.clear()  # it has read on from where another thread had sought

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Let this thread wait for content in the block."""
        self._reading[threading.get_ident()] = True
        self._have_overlapped = self._have_overlapped or len(self._reading) > 1
        try:
            yield
        finally:
            del self._reading[threading.get_ident()]


class ReadingClient(Protocol):
    """What reading needs of what the transfers of a client share."""

    @property
    def download_manager(self) -> ThreadPoolMixin: ...


class ReadingApi(TransferApi, Protocol):
    """The account that the file is in."""

    @property
    def services(self) -> ReadingClient: ...


class StoredFileReader(io.BufferedIOBase):
    """One version of a file, whatever is uploaded under its name later; its SHA-1 is not compared.

    :class:`ReadAhead` decides what is requested; of that, one window is in memory. More than 64 MiB at once come in
    ranges of up to 32 MiB, several at a time.

    Threads may share the object, as :class:`Places` says. Timeouts and retry policy are those that hold where it is
    read, and where nothing is said there, those that held where it was opened. It can be pickled if its client can, and
    is then the same version at the same place; a customer key travels along.

    :raises UnexpectedCloudBehaviour: the size of the file is not known.
    :raises io.UnsupportedOperation: the client decodes the content, so that its places are not those of the file.
    """

    mode: str = "rb"

    def __init__(
        self,
        api: ReadingApi,
        version: DownloadVersion,
        encryption: EncryptionSetting | None = None,
        beginning: bytes = b"",
    ) -> None:
        """``beginning`` is what is known of the content already."""
        super().__init__()
        self._ahead = ReadAhead(version.size or 0)  # first: `close` is called also where the rest fails
        check_readable(version)
        if beginning:
            self._ahead.keep(0, beginning)
        self.version = version
        self._api = api
        self._encryption = encryption
        self._places = Places()
        self._overrides = overrides_here()

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return self._ahead.size

    @property
    def name(self) -> str:
        """The name in the bucket."""
        return self.version.file_name

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._find_place()

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Move to a place, which may be after the end. Nothing is requested.

        :raises ValueError: the place is before the beginning, ``whence`` is unknown, or the file is closed.
        """
        return self._places.seek(find_place(offset, whence, self._find_place(), self.size))

    def read(self, size: int | None = -1, /) -> bytes:
        """Return so many bytes, fewer only at the end of the file; all of the rest if it is negative or ``None``.

        What is not in memory comes in one request; if it is more than 64 MiB, in several at a time.
        """
        place = self._find_place()
        stop = self._stop(place, size)
        found = self._ahead.window.find(place, stop)
        if len(found) == stop - place:
            content = bytes(found)
        else:
            gathered = Gathered(stop - place)
            self._fill(place, stop, gathered.put)
            content = gathered.getvalue()
        self._places.pass_by(stop)
        return content

    def readinto(self, buffer: Buffer, /) -> int:
        """Fill a buffer, as :meth:`read` does, without copying; return the number of bytes."""
        place = self._find_place()
        with memoryview(buffer) as view, view.cast("B") as target:
            stop = self._stop(place, len(target))
            self._fill(place, stop, partial(put_into, target))
        self._places.pass_by(stop)
        return stop - place

    def read1(self, size: int = -1, /) -> bytes:
        """Return what is in memory, at most ``size`` bytes; only if there is nothing, read in one request."""
        place = self._find_place()
        stop = self._stop(place, size)
        content = bytes(self._ahead.window.find(place, stop))
        if not content and place < stop:
            if size >= 0:
                return self.read(size)
            content = bytes(self._window_at(place).find(place, stop))
        self._places.pass_by(place + len(content))
        return content

    def readinto1(self, buffer: Buffer, /) -> int:
        """Read into a buffer what :meth:`read1` returns."""
        with memoryview(buffer) as view, view.cast("B") as target:
            content = self.read1(len(target))
            target[: len(content)] = content
        return len(content)

    def peek(self, size: int = 0, /) -> bytes:
        """Return what comes next without moving: ``size`` bytes, or more or fewer, but some before the end."""
        place = self._find_place()
        if place >= self.size:
            return b""
        return bytes(self._window_at(place).find(place, place + max(size, PEEKED)))

    def readline(self, size: int | None = -1, /) -> bytes:
        """Return what there is up to the end of the line, ``size`` bytes at most."""
        place = self._find_place()
        start, content = self._ahead.window
        if size == -1 and place >= start and (end := content.find(b"\n", place - start) + 1):
            # What nearly all lines are; this takes half the time.
            self._places.pass_by(start + end)
            return content[place - start : end]
        stop = self._stop(place, size)
        pieces: list[bytes] = []
        while place < stop and not (pieces and pieces[-1].endswith(b"\n")):
            start, content = self._window_at(place)
            end = content.find(b"\n", place - start, stop - start) + 1 or stop - start
            pieces.append(content[place - start : end])
            place += len(pieces[-1])
        self._places.pass_by(place)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def close(self) -> None:
        self._ahead.drop()
        super().close()

    def __reduce_ex__(self, _protocol: SupportsIndex) -> tuple[Any, ...]:
        # What is in memory is left behind.
        state = self._overrides, self._find_place()
        return type(self), (self._api, self.version, self._encryption), state

    def __setstate__(self, state: tuple[Overrides, int]) -> None:
        self._overrides, place = state
        self._places = Places(place)

    def __deepcopy__(self, _memo: object) -> Self:
        return copy.copy(self)  # of the same client

    def _find_place(self) -> int:
        place = self._places.find()  # first, as another thread may get its turn at any time
        if self.closed:
            raise ValueError("I/O operation on closed file.")
        return place

    def _stop(self, place: int, wanted: int | None) -> int:
        """Return the place after what is read."""
        return max(self.size if wanted is None or wanted < 0 else min(place + wanted, self.size), place)

    def _fill(self, place: int, stop: int, put: Put) -> None:
        """Get what is between two places, from memory and in one request."""
        missing = self._ahead.fill(place, stop, put)
        if missing is not None:
            self._fetch(missing.chosen, missing.put)
            missing.finish()

    def _window_at(self, place: int) -> Window:
        """Return a window in which there is something at a place before the end of the file."""
        window = self._ahead.window
        return window if window.holds(place) else self._fetch_window(self._ahead.choose(place, place + 1))

    def _fetch_window(self, chosen: Range) -> Window:
        gathered = Gathered(chosen.size())
        self._fetch(chosen, gathered.put)
        return self._ahead.keep(chosen.start, gathered.getvalue())

    def _fetch(self, chosen: Range, put: Put) -> None:
        with self._places.waiting(), patience_unless_said(self._overrides):
            if chosen.size() <= LONGEST_SINGLE_RANGE:
                self._receive(chosen, put, 0)
            else:
                self._fetch_in_parallel(chosen, put)

    def _fetch_in_parallel(self, chosen: Range, put: Put) -> None:
        size, start = chosen.size(), 0
        with TaskGroup[None]() as group:
            for length in even_sizes(size, divide_up(size, LONGEST_PARALLEL_RANGE)):
                part = chosen.subrange(start, start + length - 1)
                group.submit(self._api.services.download_manager, partial(self._receive, part, put, start, group.check))
                start += length
            group.results()

    def _receive(self, range_: Range, put: Put, start: int, check: Callable[[], None] = lambda: None) -> None:
        session = self._api.session
        url = session.get_download_url_by_id(self.version.id_)
        stream = RangeStream(session, url, range_, StoredFile.of(self.version), self._encryption)
        with closing(stream.blocks()) as blocks:
            for block in blocks:
                check()
                put(start, block)
                start += len(block)


def put_into(target: memoryview, start: int, block: Buffer) -> None:
    """Put a block at a place of a buffer."""
    view = memoryview(block)
    target[start : start + len(view)] = view
