"""Ways of getting a body into a file: as one stream, or as several ranges at once. A body that breaks is gone on with.

A downloader gets the response to a request for the whole, asks for what is missing with requests of its own, and
returns how many bytes it wrote and their SHA-1. It does not judge them.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import threading
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, ClassVar, TypeAlias

import requests

from b2sdk.exception import B2Error, TruncatedOutput, UnexpectedCloudBehaviour
from b2sdk.file_version import DownloadVersion
from b2sdk.session import B2Session
from b2sdk.transfer.engine import StandardPool, TaskGroup, turn_of
from b2sdk.transfer.limits import divide_up, even_sizes
from b2sdk.values.byte_range import Range
from b2sdk.values.encryption import EncryptionSetting

logger: logging.Logger = logging.getLogger(__name__)

BLOCK_SIZE = 1024 * 1024
"""Bytes that are taken from a response at a time, where nobody says otherwise."""
SMALLEST_BLOCK_SIZE = 8192

Consumer = Callable[[bytes], object]
_Ranges: TypeAlias = "deque[tuple[RangeStream, Consumer]]"


class AbstractDownloader(ABC):
    """A way of downloading."""

    REQUIRES_SEEKING: ClassVar[bool] = True
    SUPPORTS_DECODE_CONTENT: ClassVar[bool] = True
    DEFAULT_THREAD_POOL_CLASS: ClassVar[Callable[..., Any]] = StandardPool
    DEFAULT_ALIGN_FACTOR: ClassVar[int] = 4096
    MAX_ATTEMPTS: ClassVar[int] = 15
    """How often a stream may break, the first one included, before the download is given up."""

    def __init__(
        self,
        thread_pool: Any = None,
        force_chunk_size: int | None = None,
        min_chunk_size: int | None = None,
        max_chunk_size: int | None = None,
        align_factor: int | None = None,
        check_hash: bool = True,
        **kwargs: Any,
    ) -> None:
        """Bytes are taken from a response ``force_chunk_size`` at a time, or at least ``min_chunk_size``.

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
        return self.SUPPORTS_DECODE_CONTENT or not is_decoded(download_version)

    @abstractmethod
    def download(
        self,
        file: Any,
        response: Any,
        download_version: DownloadVersion,
        session: B2Session,
        encryption: EncryptionSetting | None = None,
    ) -> tuple[int, str]:
        """Write the content to ``file``, from where it stands.

        :return: the number of bytes, and their SHA-1, which is empty where there is none to compare it with.
        """

    def _digest(self, download_version: DownloadVersion) -> Any:
        """Return a digest to be fed with the content, or ``None`` where nobody would look at it."""
        is_whole = download_version.range_.size() == download_version.size
        is_known = download_version.get_content_sha1() is not None
        return hashlib.sha1() if self._check_hash and is_known and is_whole else None

    def _receive(self, response: Any, wanted: int | None, consume: Consumer, chunk_size: int) -> int:
        """Consume the body, up to ``wanted`` bytes, and return how many there were."""
        received = 0
        for block in response.iter_content(chunk_size=chunk_size):
            if wanted is not None and received + len(block) > wanted:
                block = block[: wanted - received]  # noqa: PLW2901  # the rest belongs to somebody else
            consume(block)
            received += len(block)
            if received == wanted:
                break
        return received

    def _download_in_order(
        self,
        file: Any,
        response: Any,
        download_version: DownloadVersion,
        session: B2Session,
        encryption: EncryptionSetting | None,
    ) -> tuple[int, str]:
        """Write one stream as it comes, in this thread."""
        digest = self._digest(download_version)

        def consume(block: bytes) -> None:
            file.write(block)
            if digest is not None:
                digest.update(block)

        received = self.receive_rest(consume, 0, response, download_version, session, encryption)
        return received, _hex(digest)

    def receive_rest(
        self,
        consume: Consumer,
        kept: int,
        response: Any,
        download_version: DownloadVersion,
        session: B2Session,
        encryption: EncryptionSetting | None,
    ) -> int:
        """Consume what follows the first ``kept`` bytes; return how many there were.

        ``response`` is one to a request for the whole.
        """
        url, range_ = response.request.url, download_version.range_
        if kept or download_version.content_length == 0:
            response.close()
        if kept == download_version.content_length:
            return 0
        rest = range_.subrange(kept, range_.size() - 1)
        first_response = None if kept else response
        stream = RangeStream(session, url, rest, download_version.id_, encryption, first_response)
        return self.receive_persistently(stream, consume)

    def receive_persistently(self, stream: RangeStream, consume: Consumer) -> int:
        """Consume a range of the content, asking again for what is missing; return how many bytes there were.

        Raises what broke the last attempt, or why there was no answer to another.
        """
        received = 0

        def consume_and_count(block: bytes) -> None:
            nonlocal received
            consume(block)
            received += len(block)

        for attempt in range(1, self.MAX_ATTEMPTS + 1):
            # Where no answer comes, the client has been as patient as its policy says.
            response = stream.open(received)
            # What arrived of the block in which a stream breaks is lost; the blocks of one that broke are smaller.
            chunk_size = max(self._chunk_size >> (attempt - 1), min(self._chunk_size, SMALLEST_BLOCK_SIZE))
            try:
                self._receive(response, stream.length - received, consume_and_count, chunk_size)
            except (requests.RequestException, B2Error) as error:
                may_pass = not isinstance(error, B2Error) or error.should_retry_http()
                if attempt == self.MAX_ATTEMPTS or not may_pass:
                    raise
                logger.debug("a body broke after %d of %d bytes: %s", received, stream.length, error)
            finally:
                response.close()
            if received >= stream.length:
                break
        return received


class RangeStream:
    """A range of a stored file, that can be asked for again from any place on."""

    def __init__(
        self,
        session: B2Session,
        url: str,
        range_: Range,
        file_id: str,
        encryption: EncryptionSetting | None,
        first_response: Any = None,
    ) -> None:
        self._session = session
        self._url = url
        self._range = range_
        self._file_id = file_id
        self._encryption = encryption
        self._first_response = first_response
        self.length: int = range_.size()

    def open(self, received: int) -> Any:
        """Return a response whose body begins behind the bytes that were received.

        :raises UnexpectedCloudBehaviour: another version of the file answers by now; the two must not be mixed.
        """
        response, self._first_response = self._first_response, None
        if response is not None:
            return response
        rest = self._range.subrange(received, self.length - 1).as_tuple()
        with self._session.download_file_from_url(self._url, rest, encryption=self._encryption) as response:
            file_id = response.headers.get("x-bz-file-id")
            if file_id not in (None, self._file_id):
                response.close()
                raise UnexpectedCloudBehaviour("the file was replaced by another version while it was downloaded")
            return response


def is_decoded(download_version: DownloadVersion) -> bool:
    """Whether the bytes that arrive are not those that are stored, because the client decodes them."""
    config = getattr(download_version.api, "api_config", None)
    return bool(download_version.content_encoding and config is not None and config.decode_content)


class SimpleDownloader(AbstractDownloader):
    """One stream, written as it comes."""

    REQUIRES_SEEKING: ClassVar[bool] = False

    def download(
        self,
        file: Any,
        response: Any,
        download_version: DownloadVersion,
        session: B2Session,
        encryption: EncryptionSetting | None = None,
    ) -> tuple[int, str]:
        if not is_decoded(download_version):
            return self._download_in_order(file, response, download_version, session, encryption)
        # What was decoded does not tell where to go on, so the body has to come in one piece.
        try:
            self._receive(response, None, file.write, self._chunk_size)
        finally:
            response.close()
        return response.raw.tell(), ""


class PartToDownload:
    """A range of the stored file, and where it goes in the local one."""

    def __init__(self, cloud_range: Range, local_range: Range) -> None:
        self.cloud_range = cloud_range
        self.local_range = local_range

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.cloud_range}, {self.local_range})"


class ParallelDownloader(AbstractDownloader):
    """Several ranges at a time, for files of more than one ``min_part_size``.

    Each thread writes what it receives before it receives more, so a slow disk slows the streams and memory stays at
    one block for each. What receives the first range hashes it; the caller's thread hashes behind, in the order of the
    file, what has been written of the others.
    """

    SUPPORTS_DECODE_CONTENT: ClassVar[bool] = False
    FINISH_HASHING_BUFFER_SIZE: ClassVar[int] = 1024 * 1024
    LONGEST_RANGE: ClassVar[int] = 256 * 1024 * 1024
    """Bytes that are asked for at once, if ``min_part_size`` allows; a stream that has its range takes the next.

    So what is hashed is what came last. With one range for each stream, most of a file would be hashed when all of it
    has arrived, and most of one that is larger than the memory would be read back from the disk.
    """

    def __init__(self, min_part_size: int, max_streams: int | None = None, **kwargs: Any) -> None:
        """``max_streams`` bounds the streams of one file; ``None`` leaves that to the size of the pool."""
        super().__init__(**kwargs)
        self.min_part_size = min_part_size
        self.max_streams = max_streams

    def download(
        self,
        file: Any,
        response: Any,
        download_version: DownloadVersion,
        session: B2Session,
        encryption: EncryptionSetting | None = None,
    ) -> tuple[int, str]:
        streams = self._count_of_streams(download_version.content_length)
        if streams == 1:
            # In this thread, which would wait for another one to do it; it takes a place among those of the pool.
            with turn_of(self._thread_pool):
                return self._download_in_order(file, response, download_version, session, encryption)
        parts = list(self._parts(download_version.range_, file.tell(), streams))
        digest = self._digest(download_version)
        target = _OrderedFile(file, [part.local_range for part in parts], digest)
        url, id_ = response.request.url, download_version.id_
        with TaskGroup[int]() as group:
            waiting: _Ranges = deque()
            for number, part in enumerate(parts):
                first_response = response if number == 0 else None
                stream = RangeStream(session, url, part.cloud_range, id_, encryption, first_response)
                waiting.append((stream, target.writer(number, group.check)))
            for _ in range(streams):
                group.submit(self._thread_pool, self._task(waiting, target))
            target.hash_behind(self.FINISH_HASHING_BUFFER_SIZE)
            received = sum(group.results())
        return received, _hex(digest)

    def _parts(self, cloud_range: Range, local_start: int, streams: int) -> Iterator[PartToDownload]:
        start, length = cloud_range.start, cloud_range.size()
        rounds = divide_up(length, streams * self.LONGEST_RANGE)
        # A multiple of the streams: of six ranges in five streams, the last one would come alone.
        for size in even_sizes(length, min(streams * rounds, length // self.min_part_size)):
            local = local_start + start - cloud_range.start
            yield PartToDownload(Range(start, start + size - 1), Range(local, local + size - 1))
            start += size

    def _count_of_streams(self, length: int) -> int:
        limit = self.max_streams
        if limit is None:
            get_size = getattr(self._thread_pool, "get_size", None)
            limit = getattr(self._thread_pool, "_max_workers", 1) if get_size is None else get_size()
        return max(1, min(length // self.min_part_size, limit, length))

    def _task(self, waiting: _Ranges, target: _OrderedFile) -> Callable[[], int]:
        """Return what receives one range after another, until none waits."""

        def receive() -> int:
            total = 0
            with target.stopping_on_failure():
                while (taken := _take(waiting)) is not None:
                    stream, consume = taken
                    received = self.receive_persistently(stream, consume)
                    check_length(received, stream.length)
                    total += received
            return total

        return receive


def _take(waiting: _Ranges) -> tuple[RangeStream, Consumer] | None:
    try:
        return waiting.popleft()
    except IndexError:  # to look before would not do: other threads take from it too
        return None


def _hex(digest: Any) -> str:
    """Return the SHA-1, or nothing where nobody would look at it."""
    return "" if digest is None else str(digest.hexdigest())


def check_length(received: int, length: int) -> None:
    if received < length:
        raise TruncatedOutput(received, length)


class _OrderedFile:
    """A file that several threads write to, each its own range, while it is hashed in order.

    What writes the first range hashes it; another thread reads the others back. That one begins when the first range is
    written, so the two never hash at the same time.
    """

    def __init__(self, file: Any, ranges: list[Range], digest: Any) -> None:
        self._file = file
        self._ranges = ranges
        self._digest = digest
        self._written = [0] * len(ranges)
        self._whole = 0
        """How many of the first ranges are written."""
        self._awaited = ranges[-1].end + 1
        self._is_stopped = False
        self._changed = threading.Condition()

    def writer(self, number: int, check: Callable[[], None]) -> Consumer:
        """Return what writes blocks into a range, one behind the other."""
        start = self._ranges[number].start
        # The first range is hashed as it comes: not to read it back saves 4 % of the CPU of a download in five streams.
        digest = None if number else self._digest

        def write(block: bytes) -> None:
            check()
            if digest is not None:
                digest.update(block)
            with self._changed:
                self._file.seek(start + self._written[number])
                self._file.write(block)
                self._written[number] += len(block)
                if self._frontier() >= self._awaited:
                    self._changed.notify()

        return write

    @contextlib.contextmanager
    def stopping_on_failure(self) -> Iterator[None]:
        """Let nobody wait for what will not come."""
        try:
            yield
        except BaseException:
            with self._changed:
                self._is_stopped = True
                self._changed.notify()
            raise

    def hash_behind(self, block_size: int) -> None:
        """Hash what is written behind the first range, until everything is or the writing has stopped."""
        if self._digest is None:
            return
        position, end = self._ranges[0].end + 1, self._ranges[-1].end + 1
        while position < end:
            with self._changed:
                # Whole blocks only: to be woken for each piece that arrives costs more than hashing it.
                self._awaited = min(position + block_size, end)
                self._changed.wait_for(lambda: self._frontier() >= self._awaited or self._is_stopped)
                if self._is_stopped:
                    return
                self._file.seek(position)
                block = self._file.read(self._awaited - position)
            if not block:
                return  # somebody has truncated the file, and the digest will tell
            self._digest.update(block)
            position += len(block)

    def _frontier(self) -> int:
        """Return the place up to which everything has been written."""
        while self._whole < len(self._ranges):
            range_, written = self._ranges[self._whole], self._written[self._whole]
            if written < range_.size():
                return range_.start + written
            self._whole += 1
        return self._ranges[-1].end + 1
