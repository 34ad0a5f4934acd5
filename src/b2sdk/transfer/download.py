"""Fetching content: one stream, resumed where it breaks, compared with what the service announced."""

from __future__ import annotations

import contextlib
import hashlib
import io
import logging
import os
import secrets
import shutil
import stat
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

from b2sdk.exception import (
    B2Error,
    ChecksumMismatch,
    DestinationDirectoryDoesntAllowOperation,
    DestinationError,
    InvalidRange,
    TruncatedOutput,
    UnexpectedCloudBehaviour,
)
from b2sdk.file_version import DownloadVersion
from b2sdk.http.errors import translated
from b2sdk.progress import AbstractProgressListener, DoNothingProgressListener
from b2sdk.session import B2Session
from b2sdk.stream.progress import WritingStreamWithProgress
from b2sdk.transfer.client import TransferClient
from b2sdk.transfer.local_path import points_to_fifo, points_to_stdout
from b2sdk.transfer.mtime_file import MtimeUpdatedFile, check_destination
from b2sdk.values.byte_range import Range
from b2sdk.values.encryption import EncryptionSetting

logger = logging.getLogger(__name__)

BLOCK_SIZE = 256 * 1024


class AbstractDownloader(ABC):
    """A way of getting the body of a response, and what is missing from it, into a file."""

    REQUIRES_SEEKING: ClassVar[bool] = True

    def is_suitable(self, download_version: DownloadVersion, allow_seeking: bool) -> bool:
        return allow_seeking or not self.REQUIRES_SEEKING

    @abstractmethod
    def download(
        self,
        file: Any,
        response: Any,
        download_version: DownloadVersion,
        session: B2Session,
        encryption: EncryptionSetting | None = None,
    ) -> tuple[int, str]:
        """Write the content to ``file``; return the number of bytes and their SHA-1."""


class SimpleDownloader(AbstractDownloader):
    """One stream after the other, written as it comes."""

    REQUIRES_SEEKING: ClassVar[bool] = False
    MAX_ATTEMPTS: ClassVar[int] = 15
    """How often a body may break before the download is given up."""

    def download(
        self,
        file: Any,
        response: Any,
        download_version: DownloadVersion,
        session: B2Session,
        encryption: EncryptionSetting | None = None,
    ) -> tuple[int, str]:
        digest = hashlib.sha1()
        received = 0
        url = response.request.url
        for attempt in range(1, self.MAX_ATTEMPTS + 1):
            try:
                for block in _body(response):
                    file.write(block)
                    digest.update(block)
                    received += len(block)
            except B2Error as error:
                if attempt == self.MAX_ATTEMPTS or not error.should_retry_http():
                    raise
                logger.debug("the body broke after %d bytes: %s", received, error)
            finally:
                response.close()
            if received >= download_version.content_length or attempt == self.MAX_ATTEMPTS:
                break
            whole = download_version.range_
            rest = whole.subrange(received, whole.size() - 1)
            response = _request_rest(session, url, rest, download_version, encryption)
        return received, digest.hexdigest()


def _body(response: Any) -> Iterator[bytes]:
    """Yield the blocks of the body; what goes wrong in between is raised as an error of this package."""
    blocks = iter(response.iter_content(chunk_size=BLOCK_SIZE))
    while True:
        try:
            block = next(blocks, None)
        except B2Error:
            raise
        except Exception as error:
            raise translated(error) from error
        if block is None:
            return
        yield block


def _request_rest(
    session: B2Session,
    url: str,
    rest: Range,
    download_version: DownloadVersion,
    encryption: EncryptionSetting | None,
) -> Any:
    with session.download_file_from_url(url, rest.as_tuple(), encryption=encryption) as response:
        # By name, a newer version may answer by now; the two must not be mixed.
        if response.headers["x-bz-file-id"] != download_version.id_:
            response.close()
            raise UnexpectedCloudBehaviour("the file was replaced by another version while it was downloaded")
        return response


class DownloadManager:
    """Requests files for one session."""

    def __init__(self, services: TransferClient, write_buffer_size: int | None = None, check_hash: bool = True) -> None:
        """``write_buffer_size`` is the buffering of files that ``save_to`` opens; ``None`` is Python's default."""
        self.services = services
        self.strategies: Sequence[AbstractDownloader] = [SimpleDownloader()]
        self.write_buffer_size = write_buffer_size
        self.check_hash = check_hash

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
        :raises ChecksumMismatch: what came has another SHA-1. Not checked for a range, nor where none is known.
        :raises ValueError: no strategy suits the file.
        """
        allow_seeking = _can_seek(file, allow_seeking)
        self.progress_listener.set_total_bytes(self.download_version.content_length)
        self.download_strategy = self._choose_strategy(allow_seeking)
        received, sha1 = self.download_strategy.download(
            WritingStreamWithProgress(file, self.progress_listener),
            response=self.response,
            download_version=self.download_version,
            session=self.download_manager.services.session,
            encryption=self.encryption,
        )
        self._validate(received, sha1)

    def save_to(
        self, path_: str | os.PathLike[str], mode: str | None = None, allow_seeking: bool | None = None
    ) -> None:
        """Write the content to a local path and give it the modification time of the original.

        A regular file appears, or is replaced, only when the whole content has arrived and has been verified; with
        a ``mode`` other than ``wb`` and ``wb+`` it is opened so and written in place. Standard output (``/dev/stdout``,
        ``CON``), a FIFO or a device is written to directly.

        :raises DestinationError: a file cannot be made there; its subclasses say why.
        :raises TruncatedOutput: see :meth:`save`.
        :raises ChecksumMismatch: see :meth:`save`.
        """
        path = Path(path_)
        if points_to_fifo(path) or points_to_stdout(path):
            self._save_to_pipe(path, mode, allow_seeking)
        elif mode in (None, "wb", "wb+", "w+b") and _is_regular_or_absent(path):
            with _replaced_when_whole(path) as beside:
                self._save_to_file(beside, mode or "wb+", allow_seeking)
        else:
            self._save_to_file(path, mode or "wb+", allow_seeking)

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

    def _choose_strategy(self, allow_seeking: bool) -> AbstractDownloader:
        for strategy in self.download_manager.strategies:
            if strategy.is_suitable(self.download_version, allow_seeking):
                return strategy
        raise ValueError("no strategy suitable for download was found!")

    def _validate(self, received: int, sha1: str) -> None:
        version = self.download_version
        if received != version.content_length:
            raise TruncatedOutput(received, version.content_length)
        announced = version.content_sha1
        if self.range_ is None and self.check_hash and announced not in (None, "none", sha1):
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


def _is_regular_or_absent(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except OSError:
        return True  # whatever is wrong with the path is told when the file is made


@contextlib.contextmanager
def _replaced_when_whole(path: Path) -> Iterator[Path]:
    """Give a new file beside ``path``, which takes its place when the block ends well and goes away otherwise."""
    path = path.resolve() if path.is_symlink() else path
    check_destination(path)
    beside = path.with_name(f".{path.name[:100]}.{secrets.token_hex(8)}.b2part")
    try:
        # With the rights that any new file gets: it will be one.
        os.close(os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    except PermissionError as error:
        raise DestinationDirectoryDoesntAllowOperation from error
    try:
        if path.exists():
            shutil.copymode(path, beside)
        yield beside
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
