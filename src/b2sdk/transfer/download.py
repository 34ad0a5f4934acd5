"""Requesting files, and saving them: what arrives is compared with what the service announced."""

from __future__ import annotations

import io
import logging
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, BinaryIO, ClassVar

import requests

from b2sdk.exception import ChecksumMismatch, DestinationError, InvalidRange, TruncatedOutput
from b2sdk.file_version import DownloadVersion
from b2sdk.http.errors import translated
from b2sdk.progress import AbstractProgressListener, DoNothingProgressListener
from b2sdk.stream.progress import WritingStreamWithProgress
from b2sdk.transfer.client import TransferClient
from b2sdk.transfer.destination import (
    NotedFile,
    PartialFile,
    continued_beside,
    is_regular_or_absent,
    replaced_when_whole,
)
from b2sdk.transfer.downloader import AbstractDownloader, ParallelDownloader, SimpleDownloader, is_decoded
from b2sdk.transfer.engine import ThreadPoolMixin
from b2sdk.transfer.local_path import STDOUT_FILEPATH, mode_of, points_to_fifo, points_to_stdout
from b2sdk.transfer.mtime_file import MtimeUpdatedFile, set_file_mtime
from b2sdk.values.byte_range import Range
from b2sdk.values.encryption import EncryptionSetting

logger: logging.Logger = logging.getLogger(__name__)


class DownloadManager(ThreadPoolMixin):
    """Requests files for one session."""

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
        :raises AssertionError: fewer than one stream per file.
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

        :param range_: the first and the last byte, both included.
        :raises InvalidRange: the file ends inside the range.
        :raises UnsatisfiableRange: the file ends before the range.
        :raises FileNotPresent: there is no such file.
        """
        with self.services.session.download_file_from_url(url, range_=range_, encryption=encryption) as response:
            try:
                download_version = self._describe(response, range_)
            except BaseException:
                response.close()
                raise
            return DownloadedFile(
                download_version=download_version,
                download_manager=self,
                range_=range_,
                response=response,
                encryption=encryption,
                progress_listener=progress_listener or DoNothingProgressListener(),
                write_buffer_size=self.write_buffer_size,
                check_hash=self.check_hash,
            )

    def _describe(self, response: Any, range_: tuple[int, int] | None) -> DownloadVersion:
        version = self.services.api.download_version_factory.from_response_headers(response.headers)
        if range_ is not None and range_[1] - range_[0] + 1 != version.content_length:
            raise InvalidRange(version.content_length, range_)
        if range_ is not None and "Content-Range" not in response.headers:
            version.range_ = Range(*range_)  # what follows is asked for from here on
        return version


class DownloadedFile:
    """A file that has been requested: its description is here, its content is on its way."""

    def __init__(
        self,
        download_version: DownloadVersion,
        download_manager: DownloadManager,
        range_: tuple[int, int] | None,
        response: Any,
        encryption: EncryptionSetting | None,
        progress_listener: AbstractProgressListener,
        write_buffer_size: int | None = None,
        check_hash: bool = True,
    ) -> None:
        self.download_version = download_version
        self.download_manager = download_manager
        self.range_ = range_
        self.response = response
        self.encryption = encryption
        self.progress_listener = progress_listener
        self.download_strategy: AbstractDownloader | None = None
        self.write_buffer_size = write_buffer_size
        self.check_hash = check_hash

    def save(self, file: Any, allow_seeking: bool | None = None) -> None:
        """Write the content to an open binary file and compare length and SHA-1 with what the service announced.

        :param allow_seeking: whether blocks may be written out of order; ``None`` asks the file.
        :raises TruncatedOutput: less came than was announced, and asking for the rest did not help.
        :raises ChecksumMismatch: what came has another SHA-1 than the service or, with a large file, the uploader
            noted. Not checked for a range.
        :raises B2ConnectionError: the connection kept breaking.
        :raises ValueError: no strategy suits the file.
        """
        allow_seeking = _can_seek(file, allow_seeking)
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
        except requests.RequestException as error:
            raise translated(error) from error
        if not is_decoded(self.download_version):
            self._validate(received, sha1)

    def save_to(
        self,
        path_: str | os.PathLike[str],
        mode: str | None = None,
        allow_seeking: bool | None = None,
        *,
        resume: bool = False,
    ) -> None:
        """Write the content to a local path and give it the modification time of the original.

        A regular file appears, or is replaced, only when the whole content has arrived and has been verified; with
        a ``mode`` other than ``wb`` and ``wb+`` it is opened so and written in place. Standard output (``/dev/stdout``,
        ``CON``), a FIFO or a device is written to directly.

        :param resume: keep what has arrived beside the path when the download fails, or the process dies, and go on
            from there when the same version of the file is saved to the same path again. What was kept is read and
            verified. The content comes as one stream.
        :raises DestinationError: a file cannot be made there; its subclasses say why.
        :raises TruncatedOutput: see :meth:`save`.
        :raises ChecksumMismatch: see :meth:`save`. What was kept is dropped.
        """
        path = Path(path_)
        # Most files are new, and to resolve a path takes as long as all the rest of this.
        seen = mode_of(path)
        is_there = path == STDOUT_FILEPATH or seen != 0
        is_file = not is_there or is_regular_or_absent(path)
        if is_there and (points_to_fifo(path) or points_to_stdout(path)):
            self._save_to_pipe(path, mode, allow_seeking)
        elif mode not in (None, "wb", "wb+", "w+b") or not is_file:
            # What is no file, as /dev/null, may say that it can be read back.
            self._save_to_file(path, mode or "wb+", allow_seeking if is_file else False)
        elif resume and self.range_ is None and not is_decoded(self.download_version):
            with continued_beside(path, self.download_version.id_, seen) as (partial, file):
                self._go_on(partial, file)
        else:
            with replaced_when_whole(path, seen) as beside:
                self._save_to_file(beside, mode or "wb+", allow_seeking)

    def _save_to_file(self, path: Path, mode: str, allow_seeking: bool | None) -> None:
        mod_time = self.download_version.mod_time_millis
        with MtimeUpdatedFile(path, mod_time, mode=mode, buffering=self.write_buffer_size) as file:
            self.save(file, allow_seeking=allow_seeking)

    def _save_to_pipe(self, path: Path, mode: str | None, allow_seeking: bool | None) -> None:
        if mode not in (None, "wb"):
            raise DestinationError(f"invalid mode requested {mode!r} for FIFO file {path!r}")
        if sys.platform == "win32":
            self.save(sys.stdout.buffer, allow_seeking=allow_seeking)
            return
        with path.open("wb", buffering=-1 if self.write_buffer_size is None else self.write_buffer_size) as file:
            self.save(file, allow_seeking=allow_seeking)

    def _go_on(self, partial: PartialFile, file: BinaryIO) -> None:
        version = self.download_version
        self.progress_listener.set_total_bytes(version.content_length)
        kept, digest = partial.go_on(file)
        self.download_strategy = downloader = self.download_manager.in_order
        noted = NotedFile(file, partial, kept, digest)
        reported = WritingStreamWithProgress(noted, self.progress_listener, offset=kept)
        session = self.download_manager.services.session
        try:
            received = downloader.receive_rest(reported.write, kept, self.response, version, session, self.encryption)
        except BaseException as error:
            noted.note()
            if isinstance(error, requests.RequestException):
                raise translated(error) from error
            raise
        try:
            self._validate(kept + received, noted.hex_digest())
        except ChecksumMismatch:
            partial.discard()
            raise
        noted.forget()
        file.flush()  # what is written later has a later time
        set_file_mtime(partial.path, version.mod_time_millis)

    def _choose_strategy(self, allow_seeking: bool) -> AbstractDownloader:
        for strategy in self.download_manager.strategies:
            if strategy.is_suitable(self.download_version, allow_seeking):
                return strategy
        raise ValueError("no strategy suitable for download was found!")

    def _validate(self, received: int, sha1: str) -> None:
        version = self.download_version
        if received != version.content_length:
            raise TruncatedOutput(received, version.content_length)
        announced = version.get_content_sha1()
        if sha1 and self.check_hash and self.range_ is None and announced not in (None, sha1):
            raise ChecksumMismatch("sha1", expected=announced, actual=sha1)


def _can_seek(file: Any, wanted: bool | None) -> bool:
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
