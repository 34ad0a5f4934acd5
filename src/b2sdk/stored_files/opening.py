"""Opening a file of a bucket as a file object: what for, and with what it is made.

How it is read and written is up to the file objects, which are not known here.
"""

from __future__ import annotations

from typing import Generic, Literal, TypeVar, overload

from b2sdk.docstrings import documented
from b2sdk.stored_files.creation import FileCreation, FileRequest, MadeT
from b2sdk.values.encryption import EncryptionSetting
from b2sdk.values.file_info import InfoOptions
from b2sdk.values.file_lock import FileRetentionSetting, LegalHold
from b2sdk.values.new_file import NewFileOptions

ReaderT = TypeVar("ReaderT")
WriterT = TypeVar("WriterT")


@documented
class FileOpening(FileCreation[MadeT], Generic[MadeT, ReaderT, WriterT]):
    """The verbs that make files, and the one that opens one."""

    # What a subclass has of its own.

    def _open_reader(self, file_name: str, encryption: EncryptionSetting | None) -> ReaderT:
        raise NotImplementedError

    def _open_writer(self, request: FileRequest, part_size: int | None) -> WriterT:
        """Return what makes the file of what is written, in parts of so many bytes; ``None`` for the recommended."""
        raise NotImplementedError

    @overload
    def open(
        self, file_name: str, mode: Literal["rb"] = "rb", *, encryption: EncryptionSetting | None = None
    ) -> ReaderT: ...
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
    ) -> WriterT: ...
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
    ) -> ReaderT | WriterT:
        """Open a file for reading or for writing; for text, wrap it in an ``io.TextIOWrapper``.

        Let the ``with`` block be that of what this returns, and ``detach`` the wrapper at its end. A wrapper's block
        closes the file, which makes a version of half the text when an exception has ended the writing.

        ``rb`` reads the version that is the newest now, from any place, in requests of 256 KiB to 8 MiB. Its SHA-1 is
        not compared.

        ``wb`` makes a new version when it is closed, and none if the ``with`` block is left by an exception. Up to four
        parts of ``part_size`` bytes (what the service recommends to the account) are in memory.

        :param mode: ``rb`` or ``wb``.
        :param part_size: bytes of a part that is written; ``None`` is what the service recommends to the account.
        :raises FileNotPresent: there is no such file to read.
        :raises SSECKeyError, BadFileInfo:
        :raises io.UnsupportedOperation: it is encoded, and the client was configured to decode.
        :raises ValueError: the mode is neither, or the name cannot be that of a file.
        """
        if mode == "rb":
            return self._open_reader(file_name, encryption)
        if mode != "wb":
            raise ValueError(f"a file is opened with the mode 'rb' or 'wb', not {mode!r}")
        info = InfoOptions(file_info)
        options = NewFileOptions(
            content_type, info, encryption, file_retention, legal_hold, None, custom_upload_timestamp
        )
        return self._open_writer(self._request((), file_name, options, None), part_size)
