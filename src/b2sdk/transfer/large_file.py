"""Large files while they are being made: unfinished files and their parts, as the service lists them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, ClassVar

from b2sdk.exception import check_text, reading
from b2sdk.file_version import FileIdAndName
from b2sdk.transfer.client import TransferClient
from b2sdk.values.encryption import EncryptionSetting, EncryptionSettingFactory
from b2sdk.values.file_info import (
    CACHE_CONTROL,
    CONTENT_DISPOSITION,
    CONTENT_ENCODING,
    CONTENT_LANGUAGE,
    EXPIRES,
    parse_http_date,
)
from b2sdk.values.file_lock import FileRetentionSetting, LegalHold
from b2sdk.values.new_file import AUTO_CONTENT_TYPE


class Part:
    """A part that the service has."""

    def __init__(self, file_id: str, part_number: int, content_length: int, content_sha1: str) -> None:
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


class UnfinishedLargeFile:
    """A large file that was started and neither finished nor cancelled."""

    def __init__(self, file_dict: Mapping[str, Any]) -> None:
        """Read the service's description.

        :raises UnexpectedCloudBehaviour: a field that the protocol promises is missing.
        """
        with reading("an unfinished large file"):
            self.file_id: str = file_dict["fileId"]
            self.file_name: str = file_dict["fileName"]
            self.account_id: str = file_dict["accountId"]
            self.bucket_id: str = file_dict["bucketId"]
            self.content_type: str | None = file_dict["contentType"]
            self.file_info: dict[str, str] | None = file_dict["fileInfo"]
            check_text(self.file_id, self.file_name)
            start = {"action": "start", **file_dict}
            self.upload_timestamp: int | None = file_dict.get("uploadTimestamp")
            self.encryption: EncryptionSetting = EncryptionSettingFactory.from_file_version_dict(file_dict)
            self.file_retention: FileRetentionSetting = FileRetentionSetting.from_file_version_dict(start)
            self.legal_hold: LegalHold = LegalHold.from_file_version_dict(start)

    def _entry(self, name: str) -> str | None:
        return (self.file_info or {}).get(name)

    @property
    def cache_control(self) -> str | None:
        return self._entry(CACHE_CONTROL)

    @property
    def expires(self) -> str | None:
        return self._entry(EXPIRES)

    @property
    def content_disposition(self) -> str | None:
        return self._entry(CONTENT_DISPOSITION)

    @property
    def content_encoding(self) -> str | None:
        return self._entry(CONTENT_ENCODING)

    @property
    def content_language(self) -> str | None:
        return self._entry(CONTENT_LANGUAGE)

    def expires_parsed(self) -> datetime | None:
        """Return ``expires`` as a UTC time.

        :raises ValueError: it is not an HTTP date.
        """
        return None if self.expires is None else parse_http_date(self.expires)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.bucket_id} {self.file_name}>"

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        return self.__dict__ == other.__dict__


class LargeFileServices:
    """Unfinished large files of one account."""

    UNFINISHED_LARGE_FILE_CLASS: ClassVar[type[UnfinishedLargeFile]] = UnfinishedLargeFile
    DEFAULT_BATCH_SIZE: ClassVar[int] = 100

    def __init__(self, services: TransferClient) -> None:
        self.services = services

    def list_parts(
        self, file_id: str, start_part_number: int | None = None, batch_size: int | None = None
    ) -> Iterator[Part]:
        """Yield the parts that the service has, in their order, asking for ``batch_size`` (100) at a time."""
        start = start_part_number
        while True:
            answer = self.services.session.list_parts(file_id, start, batch_size or self.DEFAULT_BATCH_SIZE)
            with reading("a listing of parts"):
                parts = [
                    Part(part["fileId"], part["partNumber"], part["contentLength"], part["contentSha1"])
                    for part in answer["parts"]
                ]
            yield from parts
            start = answer.get("nextPartNumber")
            if start is None:
                return

    def list_unfinished_large_files(
        self,
        bucket_id: str,
        start_file_id: str | None = None,
        batch_size: int | None = None,
        prefix: str | None = None,
    ) -> Iterator[UnfinishedLargeFile]:
        """Yield the unfinished large files of a bucket, asking for ``batch_size`` (100) at a time."""
        start = start_file_id
        while True:
            answer = self.services.session.list_unfinished_large_files(
                bucket_id, start, batch_size or self.DEFAULT_BATCH_SIZE, prefix
            )
            with reading("a listing of unfinished large files"):
                files = [self.UNFINISHED_LARGE_FILE_CLASS(file_dict) for file_dict in answer["files"]]
            yield from files
            start = answer.get("nextFileId")
            if start is None:
                return

    def get_unfinished_large_file(
        self, bucket_id: str, large_file_id: str, prefix: str | None = None
    ) -> UnfinishedLargeFile | None:
        """Return that unfinished large file, or ``None``."""
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
        """Start a large file; its parts are uploaded and it is finished by whoever started it."""
        answer = self.services.session.start_large_file(
            bucket_id,
            file_name,
            content_type or AUTO_CONTENT_TYPE,
            None if file_info is None else dict(file_info),  # a key id is added to it in place
            server_side_encryption=encryption,
            file_retention=file_retention,
            legal_hold=legal_hold,
            custom_upload_timestamp=custom_upload_timestamp,
        )
        return self.UNFINISHED_LARGE_FILE_CLASS(answer)

    def cancel_large_file(self, file_id: str) -> FileIdAndName:
        """Drop an unfinished large file and its parts."""
        return FileIdAndName.from_cancel_or_delete_response(self.services.session.cancel_large_file(file_id))
