"""Requesting files, and saving them: what arrives is compared with what the service announced."""

from __future__ import annotations

import io
import logging
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, ClassVar, Generic, TypeVar

from b2sdk.docstrings import documented
from b2sdk.exception import ChecksumMismatch, DestinationError, TruncatedOutput, UnexpectedCloudBehaviour
from b2sdk.file_version import DownloadVersion, check_identity
from b2sdk.interfaces import DownloadResponse, ResponseHead, Writable
from b2sdk.lazy import LazyModule, requests_exception
from b2sdk.progress import AbstractProgressListener, listener_or_silence
from b2sdk.protocol_constants import LARGE_FILE_SHA1
from b2sdk.stream.progress import WritingStreamWithProgress
from b2sdk.transfer.acknowledgement import SHA1_DIGITS, sha1_to_compare
from b2sdk.transfer.destination import Way, atomic_replacement, find_way, resumable_download
from b2sdk.transfer.download_description import describe_range, describe_whole
from b2sdk.transfer.downloader import (
    AbstractDownloader,
    ParallelDownloader,
    SimpleDownloader,
    comes_in_one_piece,
    is_decoded,
)
from b2sdk.transfer.local_file import MtimeUpdatedFile, set_file_mtime
from b2sdk.transfer.partial_file import CheckpointedFile, PartialFile
from b2sdk.transfer.pool import ThreadPoolMixin
from b2sdk.transfer.protocols import AnyFile, TransferClient
from b2sdk.transfer.range_stream import RangeRequests, encoding_of
from b2sdk.values.encryption import EncryptionSetting

if TYPE_CHECKING:
    from b2sdk.http import errors
else:
    errors = LazyModule("b2sdk.http.errors")

logger: logging.Logger = logging.getLogger(__name__)

ResponseT = TypeVar("ResponseT", bound=ResponseHead)


class DownloadManager(ThreadPoolMixin):
    """Requests files for one session, and knows the ways of saving them."""

    DEFAULT_MIN_PART_SIZE: ClassVar[int] = 100 * 1024 * 1024
    """Bytes of a file for each of its streams."""
    MIN_CHUNK_SIZE: ClassVar[int] = 8192
    MAX_CHUNK_SIZE: ClassVar[int] = 1024 * 1024
    KEPT_CHUNK_SIZE: ClassVar[int] = 256 * 1024
    """So much, at most, of what has arrived is not kept when a download with ``resume=True`` breaks."""
    PARALLEL_DOWNLOADER_CLASS: ClassVar[Callable[..., AbstractDownloader]] = ParallelDownloader
    SIMPLE_DOWNLOADER_CLASS: ClassVar[Callable[..., SimpleDownloader]] = SimpleDownloader

    services: TransferClient

    def __init__(
        self,
        write_buffer_size: int | None = None,
        check_hash: bool = True,
        max_download_streams_per_file: int | None = None,
        services: TransferClient | None = None,
        **kwargs: Any,
    ) -> None:
        """Set up the strategies; the first that suits a file and its destination is used.

        :param write_buffer_size: bytes of buffering of the files that ``save_to`` opens; ``None`` is Python's default.
        :param check_hash: whether the SHA-1 of what is downloaded is compared.
        :param max_download_streams_per_file: ranges of one file at a time; ``None`` leaves that to the pool.
        :param services: the services of a ``B2Api``.
        :param kwargs: parameters of :class:`ThreadPoolMixin`.
        :raises AssertionError: ``max_download_streams_per_file`` is less than 1.
        """
        if max_download_streams_per_file is not None and max_download_streams_per_file < 1:
            raise AssertionError("a file needs at least one stream")
        super().__init__(**kwargs)
        if services is not None:
            self.services = services
        self.write_buffer_size = write_buffer_size
        self.check_hash = check_hash
        common = {
            "thread_pool": self._thread_pool,
            "min_chunk_size": self.MIN_CHUNK_SIZE,
            "max_chunk_size": max(self.MAX_CHUNK_SIZE, write_buffer_size or 0),
            "align_factor": write_buffer_size,
            "check_hash": check_hash,
        }
        self.strategies: Sequence[AbstractDownloader] = [
            self.PARALLEL_DOWNLOADER_CLASS(
                min_part_size=self.DEFAULT_MIN_PART_SIZE, max_streams=max_download_streams_per_file, **common
            ),
            self.SIMPLE_DOWNLOADER_CLASS(**common),
        ]
        self.in_order: SimpleDownloader = self.SIMPLE_DOWNLOADER_CLASS(**common, force_chunk_size=self.KEPT_CHUNK_SIZE)
        """Downloads what has to be written from its beginning to its end, and is kept if that fails."""

    def download_file_from_url(
        self,
        url: str,
        progress_listener: AbstractProgressListener | None = None,
        range_: tuple[int, int] | None = None,
        encryption: EncryptionSetting | None = None,
    ) -> DownloadedFile:
        """Send the request; the body is read when the result is saved.

        :param url: where the file is: a download URL of the service.
        :param progress_listener: receives the bytes when they are saved; it is not closed. ``None`` is silent.
        :param range_: the first and the last byte, both included; ``None`` is the whole file.
        :param encryption: how the file is encrypted, if with a customer key.
        :raises InvalidRange: the file ends inside the range, or the service keeps sending another one.
        :raises UnsatisfiableRange: the file ends before the range.
        :raises FileNotPresent: there is no such file.
        :raises SSECKeyError: the customer key is missing, or another one.
        """
        listener = listener_or_silence(progress_listener)
        session = self.services.session
        attempts = RangeRequests(session, url)
        while True:
            with attempts, session.download_file_from_url(url, range_=range_, encryption=encryption) as response:
                attempts.response = response
                download_version = self._describe(response, range_)
                break
        return DownloadedFile(
            download_version=download_version,
            download_manager=self,
            range_=range_,
            response=response,
            encryption=encryption,
            progress_listener=listener,
            write_buffer_size=self.write_buffer_size,
            check_hash=self.check_hash,
        )

    def _describe(self, response: DownloadResponse, range_: tuple[int, int] | None) -> DownloadVersion:
        api = self.services.api
        return describe_whole(api, response) if range_ is None else describe_range(api, response, range_)


class RequestedFile(Generic[ResponseT]):
    """What the content of a file that was requested is compared with, whichever way it comes."""

    download_version: DownloadVersion
    range_: tuple[int, int] | None
    response: ResponseT
    check_hash: bool

    def _find_announced_sha1(self) -> str | None:
        """Return the SHA-1 that the content is to be compared with, if it is."""
        version = self.download_version
        if not self.check_hash or self.range_ is not None:
            return None
        stored = version.content_sha1
        if stored is not None and len(stored) == SHA1_DIGITS:
            return stored  # that of nearly all files, of which the comparison tells the rest
        try:
            return sha1_to_compare(stored, version.file_info.get(LARGE_FILE_SHA1))
        except UnexpectedCloudBehaviour:
            self.response.close()
            raise

    def _check_end_is_known(self) -> None:
        """Refuse content of which nothing says where it ends, or whether it is as it is stored."""
        headers = self.response.headers
        if "chunked" not in headers.get("Transfer-Encoding", "").lower() or encoding_of(headers):
            self.response.close()
            raise UnexpectedCloudBehaviour("the response has neither the length of the file nor its SHA-1")

    def _validate(self, received: int, sha1: str, announced: str | None) -> None:
        version = self.download_version
        if version.size is not None and received != version.content_length:
            raise TruncatedOutput(received, version.content_length)
        if sha1 and announced is not None and sha1 not in (announced, announced.lower()):
            raise ChecksumMismatch("sha1", expected=announced, actual=sha1)

    def _can_be_resumed(self) -> bool:
        return self.range_ is None and not comes_in_one_piece(self.download_version)

    def _take_over(self, partial: PartialFile, file: BinaryIO) -> tuple[int, CheckpointedFile]:
        """Return how many bytes of the content are in the partial file, and what writes the others."""
        kept, digest = partial.resume(file)
        length = self.download_version.content_length
        if kept > length:
            partial.discard()
            raise UnexpectedCloudBehaviour(f"the file had {kept} bytes or more, and now {length}")
        return kept, CheckpointedFile(file, partial, kept, digest)

    def _complete(
        self, partial: PartialFile, file: BinaryIO, checkpointed: CheckpointedFile, announced: str | None
    ) -> None:
        """Compare the whole content, and make the partial file ready for its place."""
        version = self.download_version
        try:
            self._validate(version.content_length, checkpointed.hex_digest(), announced)
        except ChecksumMismatch:
            partial.discard()
            raise
        checkpointed.remove_checkpoint()
        file.flush()  # what is written later has a later time
        set_file_mtime(partial.path, version.mod_time_millis)


@documented
class DownloadedFile(RequestedFile[DownloadResponse]):
    """A file that was requested. Its description has arrived; the content arrives when it is saved, once."""

    def __init__(
        self,
        download_version: DownloadVersion,
        download_manager: DownloadManager,
        range_: tuple[int, int] | None,
        response: DownloadResponse,
        encryption: EncryptionSetting | None,
        progress_listener: AbstractProgressListener,
        write_buffer_size: int | None = None,
        check_hash: bool = True,
    ) -> None:
        """Hold what was received; :meth:`DownloadManager.download_file_from_url` makes it.

        :param download_version: the description that came with the response.
        :param download_manager: its strategies save the content.
        :param response: the response, whose body has not been read.
        :param progress_listener: receives the bytes.
        :param write_buffer_size: bytes of buffering of the files that :meth:`save_to` opens; ``None`` is Python's
            default.
        :param check_hash: whether the SHA-1 is compared.
        """
        self.download_version = download_version
        self.download_manager = download_manager
        self.range_ = range_
        self.response = response
        self.encryption = encryption
        self.progress_listener = progress_listener
        self.download_strategy: AbstractDownloader | None = None
        self.write_buffer_size = write_buffer_size
        self.check_hash = check_hash

    def save(self, file: Writable, allow_seeking: bool | None = None) -> None:
        """Write the content to an open binary file, and compare length and SHA-1 with what the service announced.

        :param file: what has ``write``; it is not closed. With ``seek`` and ``read`` it takes several ranges at a time.
        :param allow_seeking: whether blocks may be written out of order; ``None`` asks the file.
        :raises TruncatedOutput: less came than was announced, and requesting the rest did not help.
        :raises ChecksumMismatch: what came has another SHA-1 than the service or, with a large file, the uploader
            recorded. Not checked for a range.
        :raises B2ConnectionError: the connection kept breaking.
        :raises TypeError: ``file`` is no file, such as a path, which :meth:`save_to` takes.
        :raises ValueError: no strategy suits the file.
        """
        check_open_file(file)
        allow_seeking = can_seek(file, allow_seeking)
        announced = self._find_announced_sha1()
        if self.download_version.size is None and announced is None:
            self._check_end_is_known()
        self.progress_listener.set_total_bytes(self.download_version.content_length)
        self.download_strategy = self._choose_strategy(allow_seeking)
        try:
            received, sha1 = self.download_strategy.download(
                WritingStreamWithProgress(file, self.progress_listener),
                response=self.response,
                download_version=self.download_version,
                session=self.download_manager.services.session,
                encryption=self.encryption,
            )
        except requests_exception() as error:
            raise errors.translate(error) from error
        if not is_decoded(self.download_version):
            self._validate(received, sha1, announced)

    def save_to(
        self,
        path_: str | os.PathLike[str],
        mode: str | None = None,
        allow_seeking: bool | None = None,
        *,
        resume: bool = False,
    ) -> None:
        """Write the content to a local path and give it the modification time of the original.

        A regular file appears, or is replaced, only when the whole content has arrived and has been verified; with a
        ``mode`` other than ``wb`` and ``wb+`` it is opened so and written in place. Standard output (``/dev/stdout``,
        ``CON``), a FIFO or a device is written to directly.

        :param path_: the local path.
        :param mode: as in ``open``; ``None`` is ``wb+``, and ``wb`` for a FIFO.
        :param allow_seeking: see :meth:`save`.
        :param resume: keep what has arrived beside the path when the download fails, or the process dies, and resume
            from there when the same version of the file is saved to the same path again. What was kept is read and
            verified. The content comes as one stream.
        :raises DestinationError: a file cannot be made there; its subclasses say why.
        :raises TruncatedOutput: see :meth:`save`.
        :raises ChecksumMismatch: see :meth:`save`. What was kept is removed.
        :raises B2ConnectionError: see :meth:`save`.
        """
        path = Path(path_)
        way, seen = find_way(path, mode)
        if way is Way.PIPE:
            self._save_to_pipe(path, mode, allow_seeking)
        elif way is not Way.REPLACED:
            self._save_to_file(path, mode or "wb+", allow_seeking if way is Way.IN_PLACE else False)
        elif resume and self._can_be_resumed():
            with resumable_download(path, self.download_version.id_, seen) as (partial, file):
                self._resume(partial, file)
        else:
            with atomic_replacement(path, seen) as beside:
                self._save_to_file(beside, mode or "wb+", allow_seeking)

    def _save_to_file(self, path: Path, mode: str, allow_seeking: bool | None) -> None:
        mod_time = self.download_version.mod_time_millis
        with MtimeUpdatedFile(path, mod_time, mode=mode, buffering=self.write_buffer_size) as file:
            self.save(file, allow_seeking=allow_seeking)

    def _save_to_pipe(self, path: Path, mode: str | None, allow_seeking: bool | None) -> None:
        check_mode_of_pipe(path, mode)
        if sys.platform == "win32":
            self.save(sys.stdout.buffer, allow_seeking=allow_seeking)
            return
        with path.open("wb", buffering=-1 if self.write_buffer_size is None else self.write_buffer_size) as file:
            self.save(file, allow_seeking=allow_seeking)

    def _resume(self, partial: PartialFile, file: BinaryIO) -> None:
        version, announced = self.download_version, self._find_announced_sha1()
        self.progress_listener.set_total_bytes(version.content_length)
        try:
            kept, checkpointed = self._take_over(partial, file)
        except BaseException:
            self.response.close()
            raise
        self.download_strategy = downloader = self.download_manager.in_order
        reported = WritingStreamWithProgress(checkpointed, self.progress_listener, offset=kept)
        session = self.download_manager.services.session
        try:
            with closing(downloader.read_rest(kept, self.response, version, session, self.encryption)) as blocks:
                reported.writelines(blocks)
        except BaseException:
            checkpointed.save_checkpoint()
            raise
        self._complete(partial, file, checkpointed, announced)

    def _choose_strategy(self, allow_seeking: bool) -> AbstractDownloader:
        for strategy in self.download_manager.strategies:
            if strategy.is_suitable(self.download_version, allow_seeking):
                return strategy
        raise ValueError("no strategy suitable for download was found!")


_RequestedT = TypeVar("_RequestedT", bound=RequestedFile[Any])


def check_downloaded(file: _RequestedT, **expected: str) -> _RequestedT:
    """Return a file that was requested, if it is the one; see :func:`~b2sdk.file_version.check_identity`.

    Callers who have seen that it is save the call, which is 1 % of the cost of a small download.
    """
    try:
        check_identity(file.download_version, **expected)
    except BaseException:
        file.response.close()
        raise
    return file


def check_open_file(file: object) -> None:
    """Refuse what is no open file.

    :raises TypeError: it is something else, such as a path.
    """
    if not hasattr(file, "write"):
        raise TypeError(f"file must be an open file, not {type(file).__name__}; save_to takes a path")


def check_mode_of_pipe(path: Path, mode: str | None) -> None:
    """Refuse a mode in which a pipe cannot be opened.

    :raises DestinationError: it is not ``wb``.
    """
    if mode not in (None, "wb"):
        raise DestinationError(f"invalid mode requested {mode!r} for FIFO file {path!r}")


def can_seek(file: AnyFile, wanted: bool | None) -> bool:
    """Whether blocks may be written to a file out of order, and read back; not if that is not ``wanted``."""
    if wanted is False:
        return False
    if not file.seekable():
        if wanted:
            logger.warning("File is not seekable, disabling strategies that require seeking")
        return False
    try:
        file.read(0)
    except io.UnsupportedOperation:
        logger.warning("File is seekable, but does not allow reads, disabling strategies that require seeking")
        return False
    return True
