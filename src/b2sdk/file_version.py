"""File versions: what an upload, a listing or a look-up returns, and what the headers of a download say."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from datetime import datetime
from typing import Any, ClassVar, Protocol

from typing_extensions import Self

from b2sdk.exception import MALFORMED, B2Error, UnexpectedCloudBehaviour, check_text, malformed, reading
from b2sdk.misnomer import Misnamed
from b2sdk.values.byte_range import EMPTY_RANGE, Range
from b2sdk.values.encryption import EncryptionKey, EncryptionMode, EncryptionSetting, EncryptionSettingFactory
from b2sdk.values.file_info import (
    CACHE_CONTROL,
    CONTENT_DISPOSITION,
    CONTENT_ENCODING,
    CONTENT_LANGUAGE,
    EXPIRES,
    parse_http_date,
)
from b2sdk.values.file_lock import NO_RETENTION_FILE_SETTING, FileRetentionSetting, LegalHold, RetentionMode
from b2sdk.values.file_name import b2_url_decode
from b2sdk.values.replication import ReplicationStatus
from b2sdk.vocabulary import (
    FILE_INFO_HEADER_PREFIX,
    LARGE_FILE_SHA1,
    SRC_LAST_MODIFIED_MILLIS,
    UNVERIFIED_SHA1_PREFIX,
)


class FileIdAndName:
    """What is left of a file version that was deleted, or of a large file that was cancelled."""

    def __init__(self, file_id: str, file_name: str) -> None:
        self.file_id = file_id
        self.file_name = file_name

    @classmethod
    def from_cancel_or_delete_response(cls, response: Mapping[str, Any]) -> Self:
        """Read the answer of either call.

        :raises UnexpectedCloudBehaviour: it does not name the file.
        """
        with reading("a deleted file version"):
            return cls(response["fileId"], response["fileName"])

    def as_dict(self) -> dict[str, str]:
        return {"action": "delete", "fileId": self.file_id, "fileName": self.file_name}

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, FileIdAndName):
            return NotImplemented
        return (self.file_id, self.file_name) == (other.file_id, other.file_name)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.file_id!r}, {self.file_name!r})"


class _Account(Protocol):
    def get_account_auth_token(self) -> str: ...


class _UploadHeaders(Protocol):
    def get_upload_file_headers(self, *args: Any, **kwargs: Any) -> dict[str, str]: ...


class FileApi(Protocol):
    """What a file version needs of the API that it came from."""

    @property
    def account_info(self) -> _Account: ...
    @property
    def raw_api(self) -> _UploadHeaders: ...
    def delete_file_version(self, file_id: str, file_name: str, bypass_governance: bool = ...) -> FileIdAndName: ...
    def update_file_legal_hold(self, file_id: str, file_name: str, legal_hold: LegalHold) -> LegalHold: ...
    def update_file_retention(
        self, file_id: str, file_name: str, file_retention: FileRetentionSetting, bypass_governance: bool = ...
    ) -> FileRetentionSetting: ...
    def get_file_info(self, file_id: str) -> Any: ...
    def download_file_by_id(
        self, file_id: str, progress_listener: Any = ..., range_: Any = ..., encryption: Any = ...
    ) -> Any: ...


class BaseFileVersion(Misnamed):
    """What every description of a file version has.

    ``size`` is in bytes and may be ``None``; timestamps are milliseconds since the epoch. ``content_sha1`` is as the
    uploader gave it, and ``content_sha1_verified`` tells whether the service compared it with the content.
    """

    MEANT: ClassVar[Mapping[str, str]] = {
        "content_length": "size",
        "file_id": "id_",
        "id": "id_",
        "name": "file_name",
        "path": "file_name",
    }

    __slots__ = (  # noqa: RUF023  # repr and comparison follow this order
        "id_",
        "api",
        "file_name",
        "size",
        "content_type",
        "content_sha1",
        "content_sha1_verified",
        "file_info",
        "upload_timestamp",
        "server_side_encryption",
        "legal_hold",
        "file_retention",
        "mod_time_millis",
        "replication_status",
    )

    def __init__(
        self,
        api: FileApi,
        id_: str,
        file_name: str,
        size: int | None,
        content_type: str | None,
        content_sha1: str | None,
        file_info: dict[str, str] | None,
        upload_timestamp: int,
        server_side_encryption: EncryptionSetting,
        file_retention: FileRetentionSetting = NO_RETENTION_FILE_SETTING,
        legal_hold: LegalHold = LegalHold.UNSET,
        replication_status: ReplicationStatus | None = None,
    ) -> None:
        self.api: FileApi = api
        self.id_: str = id_
        self.file_name: str = file_name
        self.size: int | None = size
        self.content_type: str | None = content_type
        self.content_sha1: str | None = content_sha1
        self.content_sha1_verified: bool = True
        if content_sha1 is not None and content_sha1.startswith(UNVERIFIED_SHA1_PREFIX):
            self.content_sha1, self.content_sha1_verified = content_sha1[len(UNVERIFIED_SHA1_PREFIX) :], False
        self.file_info: dict[str, str] = file_info or {}
        self.upload_timestamp: int = upload_timestamp
        self.server_side_encryption: EncryptionSetting = server_side_encryption
        self.file_retention: FileRetentionSetting = file_retention
        self.legal_hold: LegalHold = legal_hold
        self.replication_status: ReplicationStatus | None = replication_status
        noted = self.file_info.get(SRC_LAST_MODIFIED_MILLIS)
        try:
            self.mod_time_millis: int = upload_timestamp if noted is None else int(noted)
        except ValueError:
            self.mod_time_millis = upload_timestamp  # anybody may write anything into file info

    @classmethod
    def _all_slots(cls) -> list[str]:
        slots: list[str] = []
        for base in reversed(cls.__mro__):
            slots += getattr(base, "__slots__", ())
        return slots

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        return all(getattr(self, slot) == getattr(other, slot) for slot in self._all_slots())

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(repr(getattr(self, slot)) for slot in self._all_slots())})"

    def as_dict(self) -> dict[str, Any]:
        """Return a JSON-able description with the service's names; what is not known is left out."""
        result: dict[str, Any] = {
            "fileId": self.id_,
            "fileName": self.file_name,
            "fileInfo": self.file_info,
            "serverSideEncryption": self.server_side_encryption.as_dict(),
            "legalHold": self.legal_hold.value,
            "fileRetention": self.file_retention.as_dict(),
        }
        _add_known(
            result,
            size=self.size,
            uploadTimestamp=self.upload_timestamp,
            contentType=self.content_type,
            contentSha1=_written_sha1(self.content_sha1, self.content_sha1_verified),
        )
        result["replicationStatus"] = self.replication_status and self.replication_status.value
        return result

    def delete(self, bypass_governance: bool = False) -> FileIdAndName:
        """Delete this version; with ``bypass_governance`` also under governance retention."""
        return self.api.delete_file_version(self.id_, self.file_name, bypass_governance)

    def update_legal_hold(self, legal_hold: LegalHold) -> Self:
        """Set the legal hold; return this version with the hold that the service reports."""
        changed = copy(self)
        changed.legal_hold = self.api.update_file_legal_hold(self.id_, self.file_name, legal_hold)
        return changed

    def update_retention(self, file_retention: FileRetentionSetting, bypass_governance: bool = False) -> Self:
        """Set the retention; return this version with the retention that the service reports."""
        changed = copy(self)
        changed.file_retention = self.api.update_file_retention(
            self.id_, self.file_name, file_retention, bypass_governance
        )
        return changed

    def get_content_sha1(self) -> str | None:
        """Return the SHA-1 of the whole content, also where a large file only notes it; ``None`` when not known."""
        if self.content_sha1 and self.content_sha1 != "none":
            return self.content_sha1
        return self.file_info.get(LARGE_FILE_SHA1)


class FileVersion(BaseFileVersion):
    """One version of a file, as uploads, listings and look-ups by id describe it.

    ``action`` is ``upload``, ``hide`` (a hide marker), ``start`` (an unfinished large file), ``copy`` or ``folder``.
    """

    __slots__ = ("account_id", "bucket_id", "content_md5", "action")  # noqa: RUF023  # see the base

    DEFAULT_HEADERS_LIMIT: ClassVar[int] = 7000
    """Bytes that name and info of a file may take together."""
    ADVANCED_HEADERS_LIMIT: ClassVar[int] = 2048
    """The same for an encrypted file, or one in a bucket with file lock."""

    def __init__(
        self,
        api: FileApi,
        id_: str,
        file_name: str,
        size: int | None,
        content_type: str | None,
        content_sha1: str | None,
        file_info: dict[str, str] | None,
        upload_timestamp: int,
        account_id: str,
        bucket_id: str,
        action: str,
        content_md5: str | None,
        server_side_encryption: EncryptionSetting,
        file_retention: FileRetentionSetting = NO_RETENTION_FILE_SETTING,
        legal_hold: LegalHold = LegalHold.UNSET,
        replication_status: ReplicationStatus | None = None,
    ) -> None:
        self.account_id: str = account_id
        self.bucket_id: str = bucket_id
        self.content_md5: str | None = content_md5
        self.action: str = action
        super().__init__(
            api,
            id_,
            file_name,
            size,
            content_type,
            content_sha1,
            file_info,
            upload_timestamp,
            server_side_encryption,
            file_retention,
            legal_hold,
            replication_status,
        )

    @property
    def cache_control(self) -> str | None:
        return self.file_info.get(CACHE_CONTROL)

    @property
    def expires(self) -> str | None:
        return self.file_info.get(EXPIRES)

    @property
    def content_disposition(self) -> str | None:
        return self.file_info.get(CONTENT_DISPOSITION)

    @property
    def content_encoding(self) -> str | None:
        return self.file_info.get(CONTENT_ENCODING)

    @property
    def content_language(self) -> str | None:
        return self.file_info.get(CONTENT_LANGUAGE)

    def expires_parsed(self) -> datetime | None:
        """Return ``expires`` as a UTC time.

        :raises ValueError: it is not an HTTP date.
        """
        return None if self.expires is None else parse_http_date(self.expires)

    def as_dict(self) -> dict[str, Any]:
        result = super().as_dict()
        result["accountId"] = self.account_id
        result["bucketId"] = self.bucket_id
        return _add_known(result, action=self.action, contentMd5=self.content_md5)

    def get_fresh_state(self) -> FileVersion:
        """Ask the service for this version again."""
        fresh: FileVersion = self.api.get_file_info(self.id_)
        return fresh

    def download(
        self,
        progress_listener: Any = None,
        range_: tuple[int, int] | None = None,
        encryption: EncryptionSetting | None = None,
    ) -> Any:
        """Request the content; see ``B2Api.download_file_by_id``."""
        return self.api.download_file_by_id(
            self.id_, progress_listener=progress_listener, range_=range_, encryption=encryption
        )

    @property
    def has_large_header(self) -> bool:
        """Whether the upload headers of this version exceed what an encrypted or locked file may have."""
        headers = self.api.raw_api.get_upload_file_headers(
            upload_auth_token=self.api.account_info.get_account_auth_token() or "",
            file_name=self.file_name,
            content_length=self.size or 0,
            content_type=self.content_type or "",
            content_sha1=self.content_sha1 or "",
            file_info=self.file_info,
            server_side_encryption=_with_some_secret(self.server_side_encryption),
            # What the key may not see is not counted.
            file_retention=None if self.file_retention.mode is RetentionMode.UNKNOWN else self.file_retention,
            legal_hold=None if self.legal_hold.is_unknown() else self.legal_hold,
        )
        size = sum(len(name.encode()) + len(value.encode()) for name, value in headers.items())
        return size > self.ADVANCED_HEADERS_LIMIT


class DownloadVersion(BaseFileVersion):
    """A file version as the headers of a download, or of a HEAD request, describe it."""

    __slots__ = (  # noqa: RUF023  # see the base
        "range_",
        "content_disposition",
        "content_length",
        "content_language",
        "expires",
        "cache_control",
        "content_encoding",
    )

    def __init__(
        self,
        api: FileApi,
        id_: str,
        file_name: str,
        size: int,
        content_type: str | None,
        content_sha1: str | None,
        file_info: dict[str, str],
        upload_timestamp: int,
        server_side_encryption: EncryptionSetting,
        range_: Range,
        content_disposition: str | None,
        content_length: int,
        content_language: str | None,
        expires: str | None,
        cache_control: str | None,
        content_encoding: str | None,
        file_retention: FileRetentionSetting = NO_RETENTION_FILE_SETTING,
        legal_hold: LegalHold = LegalHold.UNSET,
        replication_status: ReplicationStatus | None = None,
    ) -> None:
        """``size`` is that of the whole file, ``content_length`` that of the ``range_`` in the body."""
        self.range_: Range = range_
        self.content_disposition: str | None = content_disposition
        self.content_length: int = content_length
        self.content_language: str | None = content_language
        self.expires: str | None = expires
        self.cache_control: str | None = cache_control
        self.content_encoding: str | None = content_encoding
        super().__init__(
            api,
            id_,
            file_name,
            size,
            content_type,
            content_sha1,
            file_info,
            upload_timestamp,
            server_side_encryption,
            file_retention,
            legal_hold,
            replication_status,
        )

    def expires_parsed(self) -> datetime | None:
        """Return ``expires`` as a UTC time.

        :raises ValueError: it is not an HTTP date.
        """
        return None if self.expires is None else parse_http_date(self.expires)

    def as_dict(self) -> dict[str, Any]:
        return _add_known(
            super().as_dict(),
            cacheControl=self.cache_control,
            expires=self.expires,
            contentDisposition=self.content_disposition,
            contentEncoding=self.content_encoding,
            contentLanguage=self.content_language,
        )


class MissingSize(UnexpectedCloudBehaviour, ValueError):
    """A file version came without its size."""

    def __str__(self) -> str:
        return "no size or contentLength"


class FileVersionFactory:
    """Makes file versions of the service's JSON."""

    FILE_VERSION_CLASS: ClassVar[type[FileVersion]] = FileVersion

    def __init__(self, api: FileApi) -> None:
        self.api = api

    def from_api_response(self, file_version_dict: Mapping[str, Any], force_action: str | None = None) -> FileVersion:
        """Read one file version; ``force_action`` is for answers that do not tell the action.

        :raises AssertionError: the answer does tell the action.
        :raises MissingSize: there is no size; this is a ``ValueError`` too.
        :raises UnexpectedCloudBehaviour: another field that the protocol promises is missing, or of another type.
        """
        if force_action is not None:
            if file_version_dict.get("action") is not None:
                raise AssertionError("action was provided by both info_dict and function argument")
            file_version_dict = {**file_version_dict, "action": force_action}
        wire = file_version_dict
        try:
            size = wire["size"] if "size" in wire else wire.get("contentLength", _MISSING)
            if size is _MISSING:
                raise MissingSize
            id_, name = wire["fileId"], wire["fileName"]
            if not (isinstance(id_, str) and isinstance(name, str)):
                check_text(id_, name)
            # A listing asks this of each file, so little is called, and arguments go by position: by name this would
            # take half as long again.
            return self.FILE_VERSION_CLASS(
                self.api,
                id_,
                name,
                size,
                wire.get("contentType"),
                wire.get("contentSha1"),
                wire.get("fileInfo"),
                wire.get("uploadTimestamp"),  # type: ignore[arg-type]  # there, but for some answers to deletions
                wire["accountId"],
                wire["bucketId"],
                wire["action"],
                wire.get("contentMd5"),
                EncryptionSettingFactory.from_file_version_dict(wire),
                FileRetentionSetting.from_file_version_dict(wire),
                LegalHold.from_file_version_dict(wire),
                ReplicationStatus.from_wire(wire.get("replicationStatus")),
            )
        except B2Error:
            raise
        except MALFORMED as error:
            raise malformed("a file version", error) from error


class DownloadVersionFactory:
    """Makes download versions of response headers, which are looked up in any case."""

    def __init__(self, api: FileApi) -> None:
        self.api = api

    @classmethod
    def range_and_size_from_header(cls, header: str) -> tuple[Range, int]:
        """Read ``Content-Range``.

        :raises UnexpectedCloudBehaviour: it does not tell the total size.
        """
        range_, size = Range.from_header_with_size(header)
        if size is None:
            raise UnexpectedCloudBehaviour("Total length was expected in Content-Range header")
        return range_, size

    @classmethod
    def file_info_from_headers(cls, headers: Mapping[str, Any]) -> dict[str, str]:
        """Return the file info; its names are spelled as they came."""
        prefix = FILE_INFO_HEADER_PREFIX.lower()
        return {
            name[len(prefix) :]: b2_url_decode(value)
            for name, value in headers.items()
            if name.lower().startswith(prefix)
        }

    def from_response_headers(self, headers: Mapping[str, Any]) -> DownloadVersion:
        """Read the headers of a download.

        :raises UnexpectedCloudBehaviour: one that the protocol promises is missing or malformed.
        """
        try:
            return DownloadVersion(self.api, **self._fields(headers))
        except (KeyError, ValueError, TypeError, AttributeError, AssertionError) as error:
            raise UnexpectedCloudBehaviour(f"the headers of a download are wrong: {error}") from error

    def _fields(self, headers: Mapping[str, Any]) -> dict[str, Any]:
        content_length = int(headers["Content-Length"])
        if "Content-Range" in headers:
            range_, size = self.range_and_size_from_header(headers["Content-Range"])
        else:
            size = content_length
            range_ = Range(0, size - 1) if size else EMPTY_RANGE
        return {
            "id_": headers["x-bz-file-id"],
            "file_name": b2_url_decode(headers["x-bz-file-name"]),
            "size": size,
            "content_type": headers["content-type"],
            "content_sha1": headers["x-bz-content-sha1"],
            "file_info": self.file_info_from_headers(headers),
            "upload_timestamp": int(headers["x-bz-upload-timestamp"]),
            "server_side_encryption": EncryptionSettingFactory.from_response_headers(headers),
            "range_": range_,
            "content_disposition": headers.get("Content-Disposition"),
            "content_length": content_length,
            "content_language": headers.get("Content-Language"),
            "expires": headers.get("Expires"),
            "cache_control": headers.get("Cache-Control"),
            "content_encoding": headers.get("Content-Encoding"),
            "file_retention": FileRetentionSetting.from_response_headers(headers),
            "legal_hold": LegalHold.from_response_headers(headers),
            "replication_status": ReplicationStatus.from_response_headers(headers),
        }


_MISSING = object()


def _add_known(result: dict[str, Any], **fields: Any) -> dict[str, Any]:
    result.update((name, value) for name, value in fields.items() if value is not None)
    return result


def _written_sha1(sha1: str | None, verified: bool) -> str | None:
    return sha1 if sha1 is None or verified else UNVERIFIED_SHA1_PREFIX + sha1


def _with_some_secret(setting: EncryptionSetting) -> EncryptionSetting:
    """Replace an unknown customer key by one of the same length."""
    if setting.mode is not EncryptionMode.SSE_C or setting.key is None or setting.key.secret is not None:
        return setting
    length = setting.algorithm.get_length() if setting.algorithm else 0
    return EncryptionSetting(setting.mode, setting.algorithm, EncryptionKey(b"\0" * length, setting.key.key_id))
