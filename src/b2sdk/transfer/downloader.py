"""Ways of getting a body into a file: as one stream, or as several ranges at once. A body that breaks is resumed.

A downloader gets the response to a request for the whole, requests what is missing, and returns how many bytes it wrote
and their SHA-1. It does not judge them.
"""

from __future__ import annotations

import contextlib
import hashlib
import threading
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from itertools import chain
from typing import Any, ClassVar, TypeAlias

from b2sdk.file_version import DownloadVersion
from b2sdk.interfaces import Digest, DownloadResponse, SeekableFile, Writable
from b2sdk.session import B2Session
from b2sdk.threads import ThreadPool
from b2sdk.transfer.limits import divide_up, even_sizes
from b2sdk.transfer.pool import slot_of
from b2sdk.transfer.protocols import AnyFile, AnyResponse, Pool
from b2sdk.transfer.range_stream import BLOCK_SIZE, MAX_ATTEMPTS, RangeStream, StoredFile
from b2sdk.transfer.task_group import TaskGroup
from b2sdk.values.byte_range import Range
from b2sdk.values.encryption import EncryptionSetting

_Write: TypeAlias = Callable[[bytes], object]
_RangeJob: TypeAlias = tuple[RangeStream, _Write]
"""A range, and what takes its bytes."""


class AbstractDownloader(ABC):
    """A way of downloading. Programs may have ways of their own."""

    REQUIRES_SEEKING: ClassVar[bool] = True
    SUPPORTS_DECODE_CONTENT: ClassVar[bool] = True
    DEFAULT_THREAD_POOL_CLASS: ClassVar[Callable[..., Any]] = ThreadPool
    DEFAULT_ALIGN_FACTOR: ClassVar[int] = 4096
    MAX_ATTEMPTS: ClassVar[int] = MAX_ATTEMPTS
    """How often a stream may break, the first one included, before the download is given up."""

    def __init__(
        self,
        thread_pool: Pool | None = None,
        force_chunk_size: int | None = None,
        min_chunk_size: int | None = None,
        max_chunk_size: int | None = None,
        align_factor: int | None = None,
        check_hash: bool = True,
        **kwargs: Any,
    ) -> None:
        """Set the size of the blocks that are taken from a response.

        :param thread_pool: receives ranges, where there are several; ``None`` makes one.
        :param force_chunk_size: bytes of each block.
        :param min_chunk_size: the least bytes of a block, if no size is forced.
        :param max_chunk_size: the most bytes of a block, if no size is forced.
        :param align_factor: what ``max_chunk_size`` has to be at least; ``None`` is 4096.
        :param check_hash: whether a SHA-1 is computed, where there is one to compare it with.
        :raises AssertionError: neither a chunk size nor sensible limits for one are given.
        """
        align_factor = align_factor or self.DEFAULT_ALIGN_FACTOR
        if force_chunk_size is None and not (
            min_chunk_size and max_chunk_size and 0 < min_chunk_size <= max_chunk_size >= align_factor
        ):
            raise AssertionError("a chunk size is needed, or limits for one")
        self._thread_pool = thread_pool or self.DEFAULT_THREAD_POOL_CLASS()
        self._chunk_size = force_chunk_size or min(max(min_chunk_size or 0, BLOCK_SIZE), max_chunk_size or BLOCK_SIZE)
        self._check_hash = check_hash
        super().__init__(**kwargs)

    def is_suitable(self, download_version: DownloadVersion, allow_seeking: bool) -> bool:
        """Whether the file can be downloaded this way."""
        if self.REQUIRES_SEEKING and not allow_seeking:
            return False
        return self.SUPPORTS_DECODE_CONTENT or not comes_in_one_piece(download_version)

    @abstractmethod
    def download(
        self,
        file: AnyFile,
        response: AnyResponse,
        download_version: DownloadVersion,
        session: B2Session,
        encryption: EncryptionSetting | None = None,
    ) -> tuple[int, str]:
        """Write the content to ``file``, from its current position.

        :param file: what has ``write``; what else it needs is up to the way of downloading.
        :param response: the response to a request for the whole file or range, whose body has not been read.
        :param download_version: the description that came with it.
        :param session: sends further requests.
        :param encryption: how the file is encrypted, if with a customer key.
        :return: the number of bytes, and their SHA-1, which is empty where there is none to compare it with.
        """

    def _make_digest(self, download_version: DownloadVersion) -> Digest | None:
        """Return a digest for the content, or ``None`` where there is no SHA-1 to compare it with."""
        is_whole = download_version.size in (None, download_version.range_.size())
        is_known = download_version.get_content_sha1() is not None
        return hashlib.sha1() if self._check_hash and is_known and is_whole else None

    def _download_in_order(
        self,
        file: Writable,
        response: DownloadResponse,
        download_version: DownloadVersion,
        session: B2Session,
        encryption: EncryptionSetting | None,
    ) -> tuple[int, str]:
        """Write one stream as it comes, in this thread."""
        digest = self._make_digest(download_version)
        with closing(self.read_rest(0, response, download_version, session, encryption)) as blocks:
            for block in blocks:
                file.write(block)
                if digest is not None:
                    digest.update(block)
        return download_version.content_length, _hex(digest)

    def read_rest(
        self,
        kept: int,
        response: DownloadResponse,
        download_version: DownloadVersion,
        session: B2Session,
        encryption: EncryptionSetting | None,
    ) -> Generator[bytes, None, None]:
        """Yield what follows the first ``kept`` bytes; the other parameters are those of :meth:`download`."""
        url, range_ = response.request.url or "", download_version.range_
        if kept or download_version.content_length == 0:
            response.close()
        if kept == download_version.content_length:
            return
        rest = range_.subrange(kept, range_.size() - 1)
        first_response = None if kept else response
        stream = RangeStream(session, url, rest, StoredFile.of(download_version), encryption, first_response)
        yield from self._blocks(stream)

    def _blocks(self, stream: RangeStream) -> Generator[bytes, None, None]:
        return stream.blocks(self._chunk_size, self.MAX_ATTEMPTS)


def is_decoded(download_version: DownloadVersion) -> bool:
    """Whether the bytes that arrive are not those that are stored, because the client decodes them."""
    config = getattr(download_version.api, "api_config", None)
    return bool(download_version.content_encoding and config is not None and config.decode_content)


def comes_in_one_piece(download_version: DownloadVersion) -> bool:
    """Whether a body that breaks cannot be resumed, as nothing says where."""
    return download_version.size is None or is_decoded(download_version)


class SimpleDownloader(AbstractDownloader):
    """One stream, written as it arrives."""

    REQUIRES_SEEKING: ClassVar[bool] = False

    def download(
        self,
        file: AnyFile,
        response: AnyResponse,
        download_version: DownloadVersion,
        session: B2Session,
        encryption: EncryptionSetting | None = None,
    ) -> tuple[int, str]:
        if download_version.size is not None and not is_decoded(download_version):
            return self._download_in_order(file, response, download_version, session, encryption)
        digest = None if is_decoded(download_version) else self._make_digest(download_version)
        received = 0
        try:
            for block in response.iter_content(self._chunk_size):
                file.write(block)
                received += len(block)
                if digest is not None:
                    digest.update(block)
        finally:
            response.close()
            session.meter.add_received(received)
        return received, _hex(digest)


class PartToDownload:
    """A range of the stored file, and where it goes in the local one."""

    def __init__(self, cloud_range: Range, local_range: Range) -> None:
        """``cloud_range`` and ``local_range`` have the same length."""
        self.cloud_range = cloud_range
        self.local_range = local_range

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.cloud_range}, {self.local_range})"


class ParallelDownloader(AbstractDownloader):
    """Several ranges at a time, for files of more than one ``min_part_size``.

    Each thread writes what it receives before it receives more, so a slow disk slows the streams and memory stays at
    one block for each. The thread that receives the first range hashes it; the caller's thread hashes the others after
    they have been written, in the order of the file.
    """

    SUPPORTS_DECODE_CONTENT: ClassVar[bool] = False
    FINISH_HASHING_BUFFER_SIZE: ClassVar[int] = 1024 * 1024
    LONGEST_RANGE: ClassVar[int] = 256 * 1024 * 1024
    """Bytes that are requested at once, if ``min_part_size`` allows; a stream that has its range takes the next.

    So what is hashed is what came last. With one range for each stream, most of a file would be hashed when all of it
    has arrived, and most of one that is larger than the memory would be read back from the disk.
    """

    def __init__(self, min_part_size: int, max_streams: int | None = None, **kwargs: Any) -> None:
        """Set the sizes; other keywords are those of :class:`AbstractDownloader`.

        :param min_part_size: the least bytes of a range, except where the file is smaller.
        :param max_streams: ranges of one file at a time; ``None`` leaves that to the size of the pool.
        """
        super().__init__(**kwargs)
        self.min_part_size = min_part_size
        self.max_streams = max_streams

    def download(
        self,
        file: AnyFile,
        response: AnyResponse,
        download_version: DownloadVersion,
        session: B2Session,
        encryption: EncryptionSetting | None = None,
    ) -> tuple[int, str]:
        streams = self._count_of_streams(download_version.content_length)
        if streams == 1:
            # In this thread, which would wait for another one to do it; it takes a slot of the pool.
            with slot_of(self._thread_pool):
                return self._download_in_order(file, response, download_version, session, encryption)
        digest = self._make_digest(download_version)
        parts = parts_of(download_version.range_, file.tell(), streams, self.min_part_size, self.LONGEST_RANGE)
        first = next(parts)
        end = first.local_range.start + download_version.content_length
        target = OrderedFile(file, first.local_range, end, digest)
        url, stored = response.request.url, StoredFile.of(download_version)
        with TaskGroup[None]() as group:

            def make_streams() -> Iterator[_RangeJob]:
                for part in chain([first], parts):
                    first_response = response if part is first else None
                    stream = RangeStream(
                        session, url, part.cloud_range, stored, encryption, first_response, first_goes_on=True
                    )
                    yield stream, target.writer(part.local_range, group.check)

            waiting = _RangeQueue(make_streams())
            for _ in range(streams):
                group.submit(self._thread_pool, self._make_task(waiting, target))
            target.hash_behind(self.FINISH_HASHING_BUFFER_SIZE)
            group.results()
        return download_version.content_length, _hex(digest)

    def _count_of_streams(self, length: int) -> int:
        limit = self.max_streams
        if limit is None:
            get_size = getattr(self._thread_pool, "get_size", None)
            limit = getattr(self._thread_pool, "_max_workers", 1) if get_size is None else get_size()
        return count_of_streams(length, self.min_part_size, limit)

    def _make_task(self, waiting: _RangeQueue, target: OrderedFile) -> Callable[[], None]:
        """Return what receives one range after another, until none waits."""

        def receive() -> None:
            with target.stop_on_failure():
                while (taken := waiting.take()) is not None:
                    stream, write = taken
                    with closing(self._blocks(stream)) as blocks:
                        for block in blocks:
                            write(block)

        return receive


class _RangeQueue:
    """The ranges that are still to be received, in the order of the file; each is made when it is taken."""

    def __init__(self, made: Iterator[_RangeJob]) -> None:
        self._made = made
        self._lock = threading.Lock()

    def take(self) -> _RangeJob | None:
        with self._lock:
            return next(self._made, None)


def _hex(digest: Digest | None) -> str:
    """Return the SHA-1, or nothing where nobody would look at it."""
    return "" if digest is None else digest.hexdigest()


def count_of_streams(length: int, min_part_size: int, limit: int) -> int:
    """Return how many ranges of a content of so many bytes come at a time, ``limit`` at most."""
    return max(1, min(length // min_part_size, limit, length))


def parts_of(
    cloud_range: Range, local_start: int, streams: int, min_part_size: int, longest: int
) -> Iterator[PartToDownload]:
    """Yield the ranges in which several streams receive a larger one, in the order of the file.

    :param local_start: where the larger one begins in the local file.
    :param min_part_size: the least bytes of a range.
    :param longest: the most bytes of a range, if ``min_part_size`` allows.
    """
    start, length = cloud_range.start, cloud_range.size()
    rounds = divide_up(length, streams * longest)
    # A multiple of the streams: of six ranges in five streams, the last one would come alone.
    for size in even_sizes(length, min(streams * rounds, length // min_part_size)):
        local = local_start + start - cloud_range.start
        yield PartToDownload(Range(start, start + size - 1), Range(local, local + size - 1))
        start += size


class OrderedFile:
    """A file that several threads write to, each its own range, while it is hashed in order.

    What writes the first range hashes it; another thread reads the others back. That one begins when the first range is
    written, so the two never hash at the same time.
    """

    def __init__(self, file: SeekableFile, first: Range, end: int, digest: Digest | None) -> None:
        """``end`` is the place after the last range."""
        self._file = file
        self._first = first
        self._end = end
        self._digest = digest
        self._begun: deque[_RangeProgress] = deque()
        """The ranges that follow what is written without a gap."""
        self._whole = first.start
        """The place where the first of them begins."""
        self._awaited = end
        self._hashed = first.end + 1
        """The place up to which all is hashed, once the first range is."""
        self._is_stopped = False
        self._changed = threading.Condition()

    def writer(self, range_: Range, check: Callable[[], None]) -> Callable[[bytes], bool]:
        """Return what writes blocks into a range, one after the other, and tells whether the next block to be hashed
        is written. Ranges come in the order of the file.
        """
        written = _RangeProgress(range_.start, range_.end + 1)
        # The first range is hashed as it comes: not to read it back saves 4 % of the CPU of a download in five streams.
        digest = self._digest if range_ == self._first else None
        with self._changed:
            self._begun.append(written)

        def write(block: bytes) -> bool:
            check()
            if digest is not None:
                digest.update(block)
            with self._changed:
                self._file.seek(written.place)
                self._file.write(block)
                written.place += len(block)
                is_awaited = self._frontier() >= self._awaited
                if is_awaited:
                    self._changed.notify()
                return is_awaited

        return write

    @contextlib.contextmanager
    def stop_on_failure(self) -> Iterator[None]:
        """Let nobody wait for what will not be written."""
        try:
            yield
        except BaseException:
            with self._changed:
                self._is_stopped = True
                self._changed.notify()
            raise

    def hash_behind(self, block_size: int) -> None:
        """Hash what is written after the first range, until everything is or the writing has stopped."""
        while not self.is_hashed:
            with self._changed:
                self._await(block_size)
                self._changed.wait_for(lambda: self._frontier() >= self._awaited or self._is_stopped)
                if self._is_stopped:
                    return
                block = self._read_back()
            self._hash(block)

    @property
    def is_hashed(self) -> bool:
        """Whether nothing is left to be hashed after the first range."""
        return self._digest is None or self._hashed >= self._end

    def hash_next(self, block_size: int) -> bool:
        """Hash the next block that is written after the first range, and tell whether there was one. Do not wait."""
        with self._changed:
            self._await(block_size)
            if self._frontier() < self._awaited:
                return False
            block = self._read_back()
        self._hash(block)
        return True

    def _await(self, block_size: int) -> None:
        # Whole blocks only: to be woken for each piece that arrives costs more than hashing it.
        self._awaited = min(self._hashed + block_size, self._end)

    def _read_back(self) -> bytes:
        self._file.seek(self._hashed)
        return self._file.read(self._awaited - self._hashed)

    def _hash(self, block: bytes) -> None:
        if block and self._digest is not None:
            self._digest.update(block)
            self._hashed += len(block)
        else:
            self._hashed = self._end  # another process has truncated the file, and the digest will differ

    def _frontier(self) -> int:
        """Return the place up to which everything has been written."""
        while self._begun and self._begun[0].place == self._begun[0].end:
            self._whole = self._begun.popleft().end
        return self._begun[0].place if self._begun else self._whole


class _RangeProgress:
    """How far a range is written."""

    __slots__ = ("end", "place")

    def __init__(self, place: int, end: int) -> None:
        self.place = place
        self.end = end
