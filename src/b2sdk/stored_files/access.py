"""What is done with a file of a bucket by one call that waits: looking at it, reading it, opening it for writing."""

from __future__ import annotations

import contextlib
import functools
import io
from collections.abc import Callable, Mapping
from typing import Any, Literal, Protocol, overload

from b2sdk.account_info.abstract import AbstractAccountInfo
from b2sdk.docstrings import documented
from b2sdk.exception import FileNotPresent, SSECKeyError
from b2sdk.exception.opening import NoFileToOpen
from b2sdk.file_version import DownloadVersion, FileVersion, check_identity
from b2sdk.progress import AbstractProgressListener
from b2sdk.stored_files.checks import NOT_DESCRIBED, as_file_not_present, known_name, needs_customer_key
from b2sdk.stored_files.creation import FileCreation
from b2sdk.transfer.beginning import request_beginning
from b2sdk.transfer.download import DownloadedFile, check_downloaded
from b2sdk.transfer.download_description import describe_content, describe_download
from b2sdk.transfer.emerger import Emerger
from b2sdk.transfer.protocols import TransferApi
from b2sdk.transfer.reader import StoredFileReader, first_range
from b2sdk.transfer.services import Services
from b2sdk.transfer.source import UploadSourceLocalFile
from b2sdk.transfer.text import StoredTextWriter, TextFormat, check_mode
from b2sdk.transfer.writer import StoredFileWriter
from b2sdk.values.encryption import EncryptionSetting
from b2sdk.values.file_lock import FileRetentionSetting, LegalHold
from b2sdk.values.new_file import NewFileOptions


class FilesApi(TransferApi, Protocol):
    """What the files of a bucket need of the API that it came from."""

    @property
    def services(self) -> Services: ...
    @property
    def account_info(self) -> AbstractAccountInfo: ...
    def get_file_info(self, file_id: str) -> FileVersion: ...
    def download_file_by_id(
        self,
        file_id: str,
        progress_listener: AbstractProgressListener | None = ...,
        range_: tuple[int, int] | None = ...,
        encryption: EncryptionSetting | None = ...,
    ) -> DownloadedFile: ...


@documented
class FileAccess(FileCreation):
    """The files of a bucket."""

    api: FilesApi
    name: str | None

    def _name(self) -> str:
        return known_name(self.id_, self.name)

    # --- downloads ---

    def download_file_by_id(
        self,
        file_id: str,
        progress_listener: AbstractProgressListener | None = None,
        range_: tuple[int, int] | None = None,
        encryption: EncryptionSetting | None = None,
    ) -> DownloadedFile:
        """Request a version of a file; its content is read when the result is saved.

        :raises FileNotPresent: there is no such version.
        :raises InvalidRange, UnsatisfiableRange, SSECKeyError, B2Error:
        """
        return self.api.download_file_by_id(
            file_id, progress_listener=progress_listener, range_=range_, encryption=encryption
        )

    def download_file_by_name(
        self,
        file_name: str,
        progress_listener: AbstractProgressListener | None = None,
        range_: tuple[int, int] | None = None,
        encryption: EncryptionSetting | None = None,
    ) -> DownloadedFile:
        """Request the newest version of a file; its content is read when the result is saved.

        :raises FileNotPresent: there is no such file, or it is hidden.
        :raises InvalidRange, UnsatisfiableRange, SSECKeyError, B2Error:
        """
        url = self.api.session.get_download_url_by_name(self._name(), file_name)
        manager = self.api.services.download_manager
        try:
            file = manager.download_file_from_url(url, progress_listener, range_, encryption)
            return file if file.download_version.file_name == file_name else check_downloaded(file, file_name=file_name)
        except FileNotPresent as error:
            error.bucket_name, error.file_id_or_name = self.name, file_name
            raise

    # --- looking at files ---

    def get_file_info_by_id(self, file_id: str) -> FileVersion:
        """Describe a version of a file, without its content.

        :raises FileNotPresent: there is no such version.
        """
        return self.api.get_file_info(file_id)

    def get_file_info_by_name(self, file_name: str) -> DownloadVersion:
        """Describe the newest version of a file, without its content.

        :raises FileNotPresent: there is no such file, or it is hidden.
        :raises SSECKeyError: it is encrypted with a customer key.
        """
        return self._look_at(file_name, describe_download)

    def _look_at(
        self, file_name: str, describe: Callable[[TransferApi, Mapping[str, Any]], DownloadVersion]
    ) -> DownloadVersion:
        name = self._name()
        with as_file_not_present(name, file_name):
            headers = self.api.session.get_file_info_by_name(name, file_name)
        version = describe(self.api, headers)
        check_identity(version, file_name=file_name)
        return version

    # --- making files: see FileCreation ---

    @property
    def _maker(self) -> Emerger:
        return self.api.services.emerger

    def _recommended_part_size(self) -> int:
        return self.api.account_info.get_recommended_part_size()

    def _absolute_minimum_part_size(self) -> int:
        return self.api.account_info.get_absolute_minimum_part_size()

    def _upload_incrementally(
        self,
        source: UploadSourceLocalFile,
        file_name: str,
        options: NewFileOptions,
        progress_listener: AbstractProgressListener | None,
        min_part_size: int | None,
    ) -> FileVersion:
        existing = None
        with contextlib.suppress(*NOT_DESCRIBED):
            existing = self.get_file_info_by_name(file_name)
        return self._add_to(existing, source, file_name, options, progress_listener, min_part_size)

    # --- files as file objects ---

    @overload
    def open(
        self, file_name: str, mode: Literal["rb"] = "rb", *, encryption: EncryptionSetting | None = None
    ) -> StoredFileReader: ...
    @overload
    def open(
        self,
        file_name: str,
        mode: Literal["r", "rt"],
        *,
        encryption: EncryptionSetting | None = None,
        encoding: str | None = None,
        errors: str | None = None,
        newline: str | None = None,
    ) -> io.TextIOWrapper: ...
    @overload
    def open(
        self,
        file_name: str,
        mode: Literal["wb"],
        *,
        encryption: EncryptionSetting | None = None,
        part_size: int | None = None,
        content_type: str | None = None,
        file_info: dict[str, str] | None = None,
        file_retention: FileRetentionSetting | None = None,
        legal_hold: LegalHold | None = None,
        custom_upload_timestamp: int | None = None,
    ) -> StoredFileWriter: ...
    @overload
    def open(
        self,
        file_name: str,
        mode: Literal["w", "wt"],
        *,
        encryption: EncryptionSetting | None = None,
        part_size: int | None = None,
        content_type: str | None = None,
        file_info: dict[str, str] | None = None,
        file_retention: FileRetentionSetting | None = None,
        legal_hold: LegalHold | None = None,
        custom_upload_timestamp: int | None = None,
        encoding: str | None = None,
        errors: str | None = None,
        newline: str | None = None,
    ) -> StoredTextWriter: ...
    def open(
        self,
        file_name: str,
        mode: str = "rb",
        *,
        encryption: EncryptionSetting | None = None,
        part_size: int | None = None,
        content_type: str | None = None,
        file_info: dict[str, str] | None = None,
        file_retention: FileRetentionSetting | None = None,
        legal_hold: LegalHold | None = None,
        custom_upload_timestamp: int | None = None,
        encoding: str | None = None,
        errors: str | None = None,
        newline: str | None = None,
    ) -> StoredFileReader | StoredFileWriter | io.TextIOWrapper:
        """Open a file for reading or for writing, bytes or text.

        ``rb`` reads the version that is the newest now, from any place. The first 256 KiB come with its description. A
        large read is one request for what is missing; for small ones, windows of 256 KiB to 8 MiB are requested. The
        SHA-1 is not compared.

        ``wb`` makes a new version when it is closed, and none if the ``with`` block is left by an exception. Up to four
        parts of ``part_size`` bytes (what the service recommends to the account) are in memory.

        ``rt`` and ``wt`` read and write text in the same way. Use this object in the ``with`` statement: a wrapper
        around it (of ``csv``, ``gzip`` or ``io``) may close it although an exception has ended the writing.

        :param mode: ``rb``, ``wb``, ``rt`` or ``wt``; as with Python's function, ``r`` and ``w`` are text.
        :param part_size: bytes of a part that is written; ``None`` is what the service recommends to the account.
        :param encoding: that of text; ``None`` is UTF-8.
        :param errors: what is done with text that cannot be encoded, or bytes that cannot be decoded; ``None`` raises.
        :param newline: how lines end, as in ``io.TextIOWrapper``.
        :raises FileNotPresent: there is no such file to read; it is also a ``FileNotFoundError``.
        :raises SSECKeyError, BadFileInfo:
        :raises io.UnsupportedOperation: it is encoded, and the client was configured to decode.
        :raises ValueError: the mode is none of these, bytes have an encoding, or the name cannot be that of a file.
        :raises LookupError: the encoding is not known.
        """
        text = TextFormat(encoding, errors, newline)
        is_text = check_mode(mode, text)
        if mode.startswith("r"):
            reader = self._open_to_read(file_name, encryption)
            return text.open(reader) if is_text else reader
        new_file, _, limits, listener, _ = self._request_of_writer(
            file_name, encryption, content_type, file_info, file_retention, legal_hold, custom_upload_timestamp
        )
        make = functools.partial(
            self._maker.make_of_buffers, new_file, progress_listener=listener, max_queue_size=1, is_kept=False
        )
        writer = StoredFileWriter(make, part_size or limits.recommended, file_name)
        return StoredTextWriter(writer, text) if is_text else writer

    def _open_to_read(self, file_name: str, encryption: EncryptionSetting | None) -> StoredFileReader:
        name = self._name()
        url = self.api.session.get_download_url_by_name(name, file_name)
        with as_file_not_present(name, file_name, NoFileToOpen):
            found = request_beginning(self.api, url, first_range(), encryption)
            if found is None:
                found = self._describe(file_name, encryption), b""
        version, beginning = found
        check_identity(version, file_name=file_name)
        return StoredFileReader(self.api, version, encryption, beginning)

    def _describe(self, file_name: str, encryption: EncryptionSetting | None) -> DownloadVersion:
        """Describe the newest version; one with a customer key is only described with the key."""
        if encryption is None:
            version = self._look_at(file_name, describe_content)
            if needs_customer_key(version):
                raise SSECKeyError  # it may be described without its key, but not read
            return version
        # An older surface has this method with other arguments.
        file = FileAccess.download_file_by_name(self, file_name, encryption=encryption)
        file.response.close()
        return file.download_version
