"""Large files while they are being made: unfinished files and their parts, as the service lists them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, ClassVar, TypeVar

from b2sdk.blocking import iterate
from b2sdk.docstrings import documented
from b2sdk.file_version import FileIdAndName
from b2sdk.paging import PARTS, UNFINISHED_FILES, pages
from b2sdk.protocol_constants import AUTO_CONTENT_TYPE
from b2sdk.transfer.protocols import TransferClient
from b2sdk.values.encryption import EncryptionMode, EncryptionSetting, EncryptionSettingFactory
from b2sdk.values.file_info import DownloadHeaders
from b2sdk.values.file_lock import FileRetentionSetting, LegalHold
from b2sdk.values.new_file import NewFile
from b2sdk.values.responses import UNFINISHED_FILE

R = TypeVar("R")


class Part:
    """A part of a large file that the service has."""

    def __init__(self, file_id: str, part_number: int, content_length: int, content_sha1: str | None) -> None:
        """Hold what the service says of a part.

        :param file_id: id of the large file.
        :param part_number: from 1 to 10,000.
        :param content_length: bytes.
        :param content_sha1: 40 hex digits; ``None`` where the service does not tell it.
        """
        self.file_id = file_id
        self.part_number = part_number
        self.content_length = content_length
        self.content_sha1 = content_sha1

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.file_id} {self.part_number} {self.content_length} {self.content_sha1}>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Part):
            return NotImplemented
        return self.__dict__ == other.__dict__


def read_part(entry: Mapping[str, Any]) -> Part:
    """Make a part of an entry of ``b2_list_parts``."""
    return Part(entry["fileId"], entry["partNumber"], entry["contentLength"], entry["contentSha1"])


@documented
class UnfinishedLargeFile(DownloadHeaders):
    """A large file that was started and neither finished nor cancelled."""

    file_info: dict[str, str] | None

    def __init__(self, file_dict: Mapping[str, Any]) -> None:
        """Read the service's description.

        :param file_dict: as ``b2_start_large_file`` and ``b2_list_unfinished_large_files`` return it.
        :raises UnexpectedCloudBehaviour: a field is missing, or not what the protocol promises.
        """
        with UNFINISHED_FILE.reading(file_dict):
            self.file_id: str = file_dict["fileId"]
            self.file_name: str = file_dict["fileName"]
            self.account_id: str = file_dict["accountId"]
            self.bucket_id: str = file_dict["bucketId"]
            self.content_type: str | None = file_dict["contentType"]
            self.file_info = file_dict["fileInfo"]
            start = {"action": "start", **file_dict}
            self.upload_timestamp: int | None = file_dict.get("uploadTimestamp")
            self.encryption: EncryptionSetting = EncryptionSettingFactory.from_file_version_dict(file_dict)
            self.file_retention: FileRetentionSetting = FileRetentionSetting.from_file_version_dict(start)
            self.legal_hold: LegalHold = LegalHold.from_file_version_dict(start)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.bucket_id} {self.file_name}>"

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        return self.__dict__ == other.__dict__


def encryption_to_repeat(encryption: EncryptionSetting | None) -> EncryptionSetting | None:
    """Return what each part has to repeat of the encryption of its large file: a customer key, which nobody stores."""
    return encryption if encryption is not None and encryption.mode is EncryptionMode.SSE_C else None


def bind_start(start_large_file: Callable[..., R], new_file: NewFile) -> Callable[[], R]:
    """Return the call of a session that starts a large file, with all its arguments."""
    return partial(
        start_large_file,
        new_file.bucket_id,
        new_file.name,
        new_file.content_type or AUTO_CONTENT_TYPE,
        None if new_file.file_info is None else dict(new_file.file_info),  # a key id is added to it in place
        server_side_encryption=new_file.encryption,
        file_retention=new_file.file_retention,
        legal_hold=new_file.legal_hold,
        custom_upload_timestamp=new_file.custom_upload_timestamp,
    )


class LargeFileServices:
    """Lists, starts and cancels unfinished large files of one account.

    Its methods raise the errors of the endpoints that they call: ``NonExistentBucket``, ``FileNotPresent``,
    ``Unauthorized`` and the other subclasses of ``B2Error``.
    """

    UNFINISHED_LARGE_FILE_CLASS: ClassVar[type[UnfinishedLargeFile]] = UnfinishedLargeFile
    DEFAULT_BATCH_SIZE: ClassVar[int] = 100

    def __init__(self, services: TransferClient) -> None:
        """``services`` has the session; it is the :class:`Services` of a ``B2Api``."""
        self.services = services

    def list_parts(
        self, file_id: str, start_part_number: int | None = None, batch_size: int | None = None
    ) -> Iterator[Part]:
        """Yield the parts that the service has, ordered by their numbers.

        :param file_id: id of the unfinished large file.
        :param start_part_number: where to begin; ``None`` is the first part.
        :param batch_size: how many parts to ask for at a time; ``None`` is 100.
        """

        async def fetch(start: int | None) -> Mapping[str, Any]:
            return self.services.session.list_parts(file_id, start, batch_size or self.DEFAULT_BATCH_SIZE)

        return iterate(pages(fetch, start_part_number, PARTS, read_part))

    def list_unfinished_large_files(
        self,
        bucket_id: str,
        start_file_id: str | None = None,
        batch_size: int | None = None,
        prefix: str | None = None,
    ) -> Iterator[UnfinishedLargeFile]:
        """Yield the unfinished large files of a bucket, in the order in which they were started.

        :param bucket_id: id of the bucket.
        :param start_file_id: where to begin; ``None`` is the first file.
        :param batch_size: how many files to ask for at a time; ``None`` is 100.
        :param prefix: only files whose names begin so; ``None`` is all.
        """

        async def fetch(start: str | None) -> Mapping[str, Any]:
            return self.services.session.list_unfinished_large_files(
                bucket_id, start, batch_size or self.DEFAULT_BATCH_SIZE, prefix
            )

        return iterate(pages(fetch, start_file_id, UNFINISHED_FILES, self.UNFINISHED_LARGE_FILE_CLASS))

    def get_unfinished_large_file(
        self, bucket_id: str, large_file_id: str, prefix: str | None = None
    ) -> UnfinishedLargeFile | None:
        """Return one unfinished large file of a bucket, or ``None`` if there is none with this id.

        :param bucket_id: id of the bucket.
        :param large_file_id: id of the large file.
        :param prefix: what its name begins with, where that is known: a key may be restricted to it.
        """
        found = self.list_unfinished_large_files(bucket_id, start_file_id=large_file_id, batch_size=1, prefix=prefix)
        first = next(found, None)
        return first if first is not None and first.file_id == large_file_id else None

    def start_large_file(
        self,
        bucket_id: str,
        file_name: str,
        content_type: str | None = None,
        file_info: dict[str, str] | None = None,
        encryption: EncryptionSetting | None = None,
        file_retention: FileRetentionSetting | None = None,
        legal_hold: LegalHold | None = None,
        *,
        custom_upload_timestamp: int | None = None,
    ) -> UnfinishedLargeFile:
        """Start a large file. The caller uploads its parts, and finishes or cancels it.

        :param bucket_id: id of the bucket.
        :param file_name: name of the file.
        :param content_type: ``None`` lets the service choose it by the extension of the name.
        :param file_info: up to 10 entries; ``None`` is none.
        :param encryption: ``None`` is the default of the bucket.
        :param file_retention: ``None`` is the default of the bucket.
        :param legal_hold: ``None`` is off.
        :param custom_upload_timestamp: milliseconds since the epoch, for accounts that may set it; ``None`` is now.
        """
        new_file = NewFile(
            bucket_id,
            file_name,
            content_type,
            file_info,
            encryption,
            file_retention,
            legal_hold,
            custom_upload_timestamp,
        )
        start = bind_start(self.services.session.start_large_file, new_file)
        answer = start()
        return self.UNFINISHED_LARGE_FILE_CLASS(answer)

    def cancel_large_file(self, file_id: str) -> FileIdAndName:
        """Delete an unfinished large file and its parts; return its id and its name."""
        return FileIdAndName.from_cancel_or_delete_response(self.services.session.cancel_large_file(file_id))
