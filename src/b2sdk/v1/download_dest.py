"""Destinations of downloads of v1: objects that receive the properties of a file, and return a file to write to."""

from __future__ import annotations

import io
import os
from abc import ABCMeta, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from typing_extensions import override

from b2sdk.exception import DestinationError
from b2sdk.progress import AbstractProgressListener
from b2sdk.stream.progress import WritingStreamWithProgress
from b2sdk.transfer.destination import atomic_replacement, is_regular_or_absent
from b2sdk.transfer.download import DownloadedFile
from b2sdk.transfer.local_file import set_file_mtime
from b2sdk.v1.file_metadata import FileMetadata


class AbstractDownloadDestination(metaclass=ABCMeta):
    """Given to the downloads of ``B2Api`` and ``Bucket``."""

    @abstractmethod
    def make_file_context(
        self,
        file_id: str,
        file_name: str,
        content_length: int,
        content_type: str | None,
        content_sha1: str | None,
        file_info: dict[str, str],
        mod_time_millis: int,
        range_: tuple[int, int] | None = None,
    ) -> AbstractContextManager[Any]:
        """Return the context of a binary file to write to; called with keywords, once for each download.

        The context is left by an exception if what came is not what was announced.

        :param content_length: bytes of the whole file, whatever range was asked for.
        :param mod_time_millis: milliseconds since the epoch.
        :param range_: the first and the last byte, both included, if not all of the file was asked for.
        """


def download_file_and_return_info_dict(
    downloaded_file: DownloadedFile, download_dest: AbstractDownloadDestination, range_: tuple[int, int] | None
) -> dict[str, Any]:
    """Save a file that was requested, and return what :meth:`FileMetadata.as_info_dict` does."""
    version = downloaded_file.download_version
    try:
        context = download_dest.make_file_context(
            file_id=version.id_,
            file_name=version.file_name,
            content_length=version.content_length if version.size is None else version.size,
            content_type=version.content_type,
            content_sha1=version.content_sha1,
            file_info=version.file_info,
            mod_time_millis=version.mod_time_millis,
            range_=range_,
        )
        with context as file:
            downloaded_file.save(file)
    except BaseException:
        downloaded_file.response.close()  # it may not have been read, and its connection is not to be used again
        raise
    return FileMetadata.from_download_version(version).as_info_dict()


class _Noting(AbstractDownloadDestination):
    """Records the properties of the file in attributes of the same names."""

    @override
    def make_file_context(
        self,
        file_id: str,
        file_name: str,
        content_length: int,
        content_type: str | None,
        content_sha1: str | None,
        file_info: dict[str, str],
        mod_time_millis: int,
        range_: tuple[int, int] | None = None,
    ) -> AbstractContextManager[Any]:
        self.file_id = file_id
        self.file_name = file_name
        self.content_length = content_length
        self.content_type = content_type
        self.content_sha1 = content_sha1
        self.file_info = file_info
        self.mod_time_millis = mod_time_millis
        self.range_ = range_
        return self._noted_context()

    @abstractmethod
    def _noted_context(self) -> AbstractContextManager[Any]:
        """Return a context manager for the file, whose properties have been recorded."""


class DownloadDestLocalFile(_Noting):
    """A local file. It gets the modification time of the original, and is replaced when the new content is complete.

    A subclass with another :attr:`MODE` writes in place.
    """

    MODE: str = "wb+"

    def __init__(self, local_file_path: str | os.PathLike[str]) -> None:
        self.local_file_path = local_file_path

    @override
    def _noted_context(self) -> AbstractContextManager[Any]:
        return self.write_to_local_file_context(self.mod_time_millis)

    @contextmanager
    def write_to_local_file_context(self, mod_time_millis: int) -> Iterator[BinaryIO]:
        """Give the open file.

        :raises OSError: a file cannot be made there.
        """
        with self._path_to_write() as path:
            with self._opened(path) as file:
                yield file
            set_file_mtime(path, mod_time_millis)

    @contextmanager
    def _path_to_write(self) -> Iterator[Path]:
        path = Path(self.local_file_path)
        if self.MODE not in ("wb", "wb+", "w+b") or not is_regular_or_absent(path):
            yield path
            return
        try:
            with atomic_replacement(path) as beside:
                yield beside
        except DestinationError as error:
            # In v1 what is in the way is the system's own error. Who raised this has met it, or opening the path does.
            met = error.__cause__
            if isinstance(met, OSError):
                raise OSError(met.errno, met.strerror, str(path)) from error
            path.open("rb+").close()
            raise

    def _opened(self, path: Path) -> AbstractContextManager[BinaryIO]:
        file: Any = path.open(self.MODE)
        return file  # type: ignore[no-any-return]  # the mode is the program's


class PreSeekedDownloadDest(DownloadDestLocalFile):
    """A place in a local file that is there already; what is before it and behind what comes stays."""

    MODE: str = "rb+"

    def __init__(self, local_file_path: str | os.PathLike[str], seek_target: int) -> None:
        self._seek_target = seek_target
        super().__init__(local_file_path)

    @contextmanager
    @override
    def write_to_local_file_context(self, *args: int, **kwargs: int) -> Iterator[BinaryIO]:
        with super().write_to_local_file_context(*args, **kwargs) as file:
            file.seek(self._seek_target)
            yield file


class DownloadDestBytes(_Noting):
    """The memory of the process; :meth:`get_bytes_written` returns the content when all of it has arrived."""

    def __init__(self) -> None:
        self.bytes_written: bytes | None = None

    @override
    def _noted_context(self) -> AbstractContextManager[Any]:
        return self.capture_bytes_context()

    @contextmanager
    def capture_bytes_context(self) -> Iterator[io.BytesIO]:
        """Give a file in memory, whose content is kept if the block ends well."""
        with io.BytesIO() as file:
            yield file
            self.bytes_written = file.getvalue()

    def get_bytes_written(self) -> bytes:
        """Return the content.

        :raises Exception: no download has been completed.
        """
        if self.bytes_written is None:
            raise Exception("data not written yet")  # noqa: TRY002  # what callers catch
        return self.bytes_written


class DownloadDestProgressWrapper(AbstractDownloadDestination):
    """Another destination, with a listener that is called with the bytes written, and closed at the end."""

    def __init__(self, download_dest: AbstractDownloadDestination, progress_listener: AbstractProgressListener) -> None:
        self.download_dest = download_dest
        self.progress_listener = progress_listener

    @override
    def make_file_context(
        self,
        file_id: str,
        file_name: str,
        content_length: int,
        content_type: str | None,
        content_sha1: str | None,
        file_info: dict[str, str],
        mod_time_millis: int,
        range_: tuple[int, int] | None = None,
    ) -> AbstractContextManager[Any]:
        return self.write_file_and_report_progress_context(
            file_id, file_name, content_length, content_type, content_sha1, file_info, mod_time_millis, range_
        )

    @contextmanager
    def write_file_and_report_progress_context(
        self,
        file_id: str,
        file_name: str,
        content_length: int,
        content_type: str | None,
        content_sha1: str | None,
        file_info: dict[str, str],
        mod_time_millis: int,
        range_: tuple[int, int] | None,
    ) -> Iterator[WritingStreamWithProgress]:
        """Give the other destination's file, in a stream that tells the listener."""
        with (
            self.download_dest.make_file_context(
                file_id, file_name, content_length, content_type, content_sha1, file_info, mod_time_millis, range_
            ) as file,
            self.progress_listener as listener,
        ):
            listener.set_total_bytes(_length_of(content_length, range_))
            yield WritingStreamWithProgress(file, listener)


def _length_of(content_length: int, range_: tuple[int, int] | None) -> int:
    return content_length if range_ is None else range_[1] - range_[0] + 1
