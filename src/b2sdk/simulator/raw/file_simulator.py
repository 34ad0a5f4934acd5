"""A file version, and a part of one, as tests of other programs see and change them.

What belongs here is the view: attributes of the cloud's version by the names that callers know, and the
responses that are made of them. Nothing is decided here but who may read what is encrypted with a customer key.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar, Protocol

from b2sdk.exception import ChecksumMismatch, MissingPart, SSECKeyError
from b2sdk.protocol_constants import FILE_INFO_HEADER_PREFIX, UNVERIFIED_SHA1_PREFIX
from b2sdk.simulator.cloud.content import MemoryBlob, digest_blob
from b2sdk.simulator.cloud.model import Action, FileVersion, Part
from b2sdk.simulator.cloud.names import INFO_HEADERS
from b2sdk.simulator.protocol.file_headers import SHA1_DIGITS, encryption_headers
from b2sdk.simulator.raw.model_attributes import (
    ModelAttribute,
    encryption_setting,
    file_retention,
    stored_encryption,
    stored_legal_hold,
    stored_retention,
)
from b2sdk.simulator.raw.response import CaseInsensitive
from b2sdk.values.encryption import EncryptionMode, EncryptionSetting
from b2sdk.values.file_lock import (
    LEGAL_HOLD_HEADER,
    RETAIN_UNTIL_HEADER,
    RETENTION_MODE_HEADER,
    UNAUTHORIZED_HEADER,
    FileRetentionSetting,
    LegalHold,
    RetentionMode,
)
from b2sdk.values.file_name import b2_url_encode
from b2sdk.values.json import JsonObject


class FileBucket(Protocol):
    """What a version needs of its bucket: a :class:`~b2sdk.simulator.raw.bucket_view.BucketView`, say."""

    @property
    def bucket_id(self) -> str:
        """The id of the bucket."""

    def version(self, name: str, file_id: str) -> FileVersion | None:
        """Return the version that the cloud has under this name and id."""


class PartSimulator:
    """A part of a large file."""

    def __init__(
        self, file_id: str, part_number: int, content_length: int, content_sha1: str, part_data: bytes
    ) -> None:
        self.file_id = file_id
        self.part_number = part_number
        self.content_length = content_length
        self.content_sha1 = content_sha1
        self.part_data = part_data

    @classmethod
    def of(cls, part: Part) -> PartSimulator:
        """Return what the cloud has as a part."""
        content = part.content
        return cls(part.file_id, part.number, content.size, part.sha1, b"".join(content.blob.blocks(0, content.size)))

    def as_list_parts_dict(self) -> JsonObject:
        """Return the entry of a listing."""
        return {
            "fileId": self.file_id,
            "partNumber": self.part_number,
            "contentLength": self.content_length,
            "contentSha1": self.content_sha1,
        }


class FileSimulator:
    """A view of a version in the cloud, or of one of its own where the bucket has none with this id."""

    CHECK_ENCRYPTION: ClassVar[bool] = True
    SPECIAL_FILE_INFOS: ClassVar[Mapping[str, str]] = dict(INFO_HEADERS)

    account_id: ModelAttribute[str] = ModelAttribute("account_id")
    file_id: ModelAttribute[str] = ModelAttribute("file_id")
    action: ModelAttribute[Action] = ModelAttribute("action")
    name: ModelAttribute[str] = ModelAttribute("name")
    content_type: ModelAttribute[str | None] = ModelAttribute("content_type")
    content_sha1: ModelAttribute[str | None] = ModelAttribute("sha1")
    file_info: ModelAttribute[dict[str, str]] = ModelAttribute("info")
    upload_timestamp: ModelAttribute[int] = ModelAttribute("timestamp")
    file_retention: ModelAttribute[FileRetentionSetting] = ModelAttribute("retention", file_retention, stored_retention)
    legal_hold: ModelAttribute[LegalHold] = ModelAttribute("legal_hold", LegalHold, stored_legal_hold)
    replication_status: ModelAttribute[str | None] = ModelAttribute("replication_status")

    def __init__(
        self,
        account_id: str,
        bucket: FileBucket | None,
        file_id: str,
        action: Action,
        name: str,
        content_type: str | None,
        content_sha1: str | None,
        file_info: dict[str, str],
        data_bytes: bytes | None,
        upload_timestamp: int,
        range_: tuple[int, int] | None = None,
        server_side_encryption: EncryptionSetting | None = None,
        file_retention: FileRetentionSetting | None = None,
        legal_hold: LegalHold = LegalHold.UNSET,
        replication_status: str | None = None,
    ) -> None:
        """Everything given here is also what the cloud has from now on.

        :raises ValueError: the SHA-1 is neither one nor ``none``.
        """
        check_sha1(content_sha1)
        self.bucket: Any = bucket  # a `BucketSimulator`, of which programs use whatever it has
        self.model: FileVersion = self._find_or_create(account_id, file_id, action, name, upload_timestamp)
        self.content_type = content_type
        self.content_sha1 = content_sha1
        self.file_info: dict[str, str] = file_info
        self.range_ = range_
        if data_bytes is not None:
            self.data_bytes = data_bytes
        self.content_length: int = self.model.content.size
        self.finished_parts: dict[int, Part] = {}
        """Those of a large file that is finished, where the cloud has forgotten them."""
        self._encryption = server_side_encryption
        if server_side_encryption is not None:
            self.server_side_encryption = server_side_encryption
        if file_retention is not None:
            self.file_retention = file_retention
        if legal_hold is not LegalHold.UNSET:
            self.legal_hold = legal_hold
        if replication_status is not None:
            self.replication_status: str = replication_status

    def _find_or_create(self, account_id: str, file_id: str, action: Action, name: str, timestamp: int) -> FileVersion:
        found: FileVersion | None = None if self.bucket is None else self.bucket.version(name, file_id)
        if found is not None:
            return found
        bucket_id = "" if self.bucket is None else self.bucket.bucket_id
        return FileVersion(
            file_id=file_id,
            account_id=account_id,
            bucket_id=bucket_id,
            name=name,
            action=action,
            timestamp=timestamp,
            sequence=0,
        )

    @property
    def data_bytes(self) -> bytes | None:
        """The content; ``None`` for a large file that is not finished."""
        if self.model.action == "start":
            return None
        content = self.model.content
        return b"".join(content.blob.blocks(0, content.size))

    @data_bytes.setter
    def data_bytes(self, value: bytes) -> None:
        if value != self.data_bytes:
            self.model.content = digest_blob(MemoryBlob(value))

    @property
    def server_side_encryption(self) -> EncryptionSetting | None:
        """How it is encrypted, with the customer's key as it was given; ``None`` for a hide marker."""
        if self._encryption is None and self.model.action != "hide":
            return encryption_setting(self.model.encryption)
        return self._encryption

    @server_side_encryption.setter
    def server_side_encryption(self, setting: EncryptionSetting) -> None:
        self._encryption = setting
        self.model.encryption = stored_encryption(setting)

    @property
    def parts(self) -> list[PartSimulator | None]:
        """The parts that have arrived, each at the place of its number; ``None`` for those that have not, as for 0."""
        arrived = self.model.parts or self.finished_parts
        numbers = range(max(arrived, default=-1) + 1)
        return [PartSimulator.of(arrived[number]) if number in arrived else None for number in numbers]

    @classmethod
    @contextmanager
    def dont_check_encryption(cls) -> Iterator[None]:
        """Let everything be read without its customer key meanwhile."""
        before, cls.CHECK_ENCRYPTION = cls.CHECK_ENCRYPTION, False
        try:
            yield
        finally:
            cls.CHECK_ENCRYPTION = before

    def check_encryption(self, request_encryption: EncryptionSetting | None) -> None:
        """Refuse to read without the right customer key, or with one that does not belong here.

        :raises SSECKeyError: the key is missing or wrong.
        :raises AssertionError: the content is not encrypted with a customer key.
        """
        if not self.CHECK_ENCRYPTION:
            return
        stored, given = self.server_side_encryption, request_encryption
        given_key = given.key if given is not None and given.mode is EncryptionMode.SSE_C else None
        if stored is None or stored.mode is not EncryptionMode.SSE_C:
            if given_key is not None:
                raise AssertionError("the content is not encrypted with a customer key")
        elif given_key is None or stored.key is None or given_key.secret != stored.key.secret:
            raise SSECKeyError

    def sort_key(self) -> tuple[str, str]:
        """Return the place in a listing of versions."""
        return (self.name, self.file_id)

    def is_visible(self) -> bool:
        """Return whether it is content."""
        return self.action == "upload"

    def add_part(self, part_number: int, part: PartSimulator) -> None:
        """Add a part, in place of an earlier one with the same number."""
        self.model.parts[part_number] = Part(
            file_id=self.file_id,
            number=part_number,
            content=digest_blob(MemoryBlob(part.part_data)),
            encryption=self.model.encryption,
            timestamp=self.upload_timestamp,
            sha1=part.content_sha1,
        )

    def check_parts(self, part_sha1_array: Sequence[str]) -> None:
        """Refuse to finish the file with anything but its parts.

        :raises MissingPart: there is a gap between the parts.
        :raises ChecksumMismatch: these are not their SHA-1.
        """
        arrived = [None if part is None else part.content_sha1 for part in self.parts[1:]]
        if None in arrived:
            raise MissingPart(str(arrived.index(None) + 1))
        if arrived != list(part_sha1_array):
            raise ChecksumMismatch("sha1", expected=str(arrived), actual=str(part_sha1_array))

    def finish(self, part_sha1_array: list[str]) -> None:
        """Turn the parts into the content."""
        self.bucket.finish_large_file(self.bucket.owner_token, self.file_id, part_sha1_array)

    def list_parts(self, start_part_number: int | None, max_part_count: int | None) -> JsonObject:
        """Return one page of the parts."""
        answer: JsonObject = self.bucket.list_parts(self.file_id, start_part_number, max_part_count)
        return answer

    # --- what a token may see ---

    def is_allowed_to_read_file_retention(self, account_auth_token: str) -> bool:
        """Return whether the token's key sees retentions."""
        return "readFileRetentions" in self.bucket.capabilities_of(account_auth_token)

    def is_allowed_to_read_file_legal_hold(self, account_auth_token: str) -> bool:
        """Return whether the token's key sees legal holds."""
        return "readFileLegalHolds" in self.bucket.capabilities_of(account_auth_token)

    def as_upload_result(self, account_auth_token: str) -> JsonObject:
        """Return the response to the call that made it, or to one for its info."""
        return {
            **self.as_start_large_file_result(account_auth_token),
            "contentLength": self.content_length,
            "contentSha1": self.content_sha1,
            "action": self.action,
        }

    def as_list_files_dict(self, account_auth_token: str) -> JsonObject:
        """Return the entry of a listing."""
        return self.as_upload_result(account_auth_token)

    def as_start_large_file_result(self, account_auth_token: str) -> JsonObject:
        """Return what an unfinished large file is shown with."""
        shape: JsonObject = {
            "fileId": self.file_id,
            "fileName": self.name,
            "accountId": self.account_id,
            "bucketId": self.bucket.bucket_id,
            "contentType": self.content_type,
            "fileInfo": self.file_info,
            "uploadTimestamp": self.upload_timestamp,
            "replicationStatus": self.replication_status,
        }
        if self.server_side_encryption is not None:
            shape["serverSideEncryption"] = self.server_side_encryption.as_dict()
        return {
            **shape,
            "fileRetention": self._file_retention_dict(account_auth_token),
            "legalHold": self._legal_hold_dict(account_auth_token),
        }

    def _file_retention_dict(self, token: str) -> JsonObject:
        if not self.is_allowed_to_read_file_retention(token):
            return {"isClientAuthorizedToRead": False, "value": None}
        value = {
            name: item for name, item in self.file_retention.as_dict().items() if name == "mode" or item is not None
        }
        return {"isClientAuthorizedToRead": True, "value": value}

    def _legal_hold_dict(self, token: str) -> JsonObject:
        allowed = self.is_allowed_to_read_file_legal_hold(token)
        return {"isClientAuthorizedToRead": allowed, "value": self.legal_hold.value if allowed else None}

    def as_download_headers(
        self, account_auth_token_or_none: str | None = None, range_: tuple[int, int] | None = None
    ) -> CaseInsensitive:
        """Return the headers of a download; a lock is shown to a token that may see it, in a bucket with file lock.

        The length is that of the range asked for, or of the whole where that is less: a range that reaches beyond the
        end promises more than will come.
        """
        size = self.content_length
        length = size if range_ is None else min(range_[1] - range_[0] + 1, size)
        headers: dict[str, Any] = {
            "content-length": str(length),
            "content-type": self.content_type,
            "x-bz-content-sha1": self.content_sha1,
            "x-bz-upload-timestamp": str(self.upload_timestamp),
            "x-bz-file-id": self.file_id,
            "x-bz-file-name": b2_url_encode(self.name),
            **self._info_headers(),
        }
        if account_auth_token_or_none is not None and self.bucket is not None and self.bucket.is_file_lock_enabled:
            headers.update(self._lock_headers(account_auth_token_or_none))
        headers.update(encryption_headers(self.model))
        if range_ is not None:
            headers["Content-Range"] = f"bytes {range_[0]}-{range_[0] + length - 1}/{size}"
        return CaseInsensitive(headers)

    def _info_headers(self) -> dict[str, str]:
        return {
            self.SPECIAL_FILE_INFOS.get(name, FILE_INFO_HEADER_PREFIX + name): (
                value if name in self.SPECIAL_FILE_INFOS else b2_url_encode(value)
            )
            for name, value in self.file_info.items()
        }

    def _lock_headers(self, token: str) -> dict[str, str]:
        headers, hidden = {}, []
        if not self.is_allowed_to_read_file_retention(token):
            hidden += [RETENTION_MODE_HEADER, _RETAIN_UNTIL_AS_LISTED]
        elif self.file_retention.mode is not RetentionMode.NONE:
            headers[RETENTION_MODE_HEADER] = str(self.file_retention.mode.value)
            headers[RETAIN_UNTIL_HEADER] = str(self.file_retention.retain_until)
        if not self.is_allowed_to_read_file_legal_hold(token):
            hidden.append(LEGAL_HOLD_HEADER)
        elif self.legal_hold is not LegalHold.UNSET:
            headers[LEGAL_HOLD_HEADER] = str(self.legal_hold.value)
        return {**headers, UNAUTHORIZED_HEADER: ",".join(hidden)} if hidden else headers


_RETAIN_UNTIL_AS_LISTED = "X-Bz-File-Retain-Until-Timestamp"
"""The service lists this one among what may not be read, by another name than it sends it under."""


def check_sha1(content_sha1: str | None) -> None:
    """Refuse what could not be shown as the SHA-1 of a version.

    :raises ValueError: the SHA-1 is neither one nor ``none``.
    """
    if content_sha1 is None or content_sha1 == "none":
        return
    if len(content_sha1.removeprefix(UNVERIFIED_SHA1_PREFIX)) != SHA1_DIGITS:
        raise ValueError(content_sha1)
