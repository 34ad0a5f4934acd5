"""File versions: what an upload, a listing or a request returns, and what the headers of a download say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final, Protocol, TypeAlias

from typing_extensions import Self

from b2sdk.docstrings import documented
from b2sdk.exception import B2Error, UnexpectedCloudBehaviour
from b2sdk.progress import AbstractProgressListener
from b2sdk.protocol_constants import (
    EARLIEST_TIME,
    FILE_INFO_HEADER_PREFIX,
    LARGE_FILE_SHA1,
    LATEST_TIME,
    SRC_LAST_MODIFIED_MILLIS,
    UNVERIFIED_SHA1_PREFIX,
)
from b2sdk.suggestions import Misnamed
from b2sdk.values.byte_range import EMPTY_RANGE, Range
from b2sdk.values.encryption import (
    SSE_C_ALGORITHM_HEADER,
    SSE_HEADER,
    EncryptionKey,
    EncryptionMode,
    EncryptionSetting,
    EncryptionSettingFactory,
)
from b2sdk.values.file_info import DownloadHeaders
from b2sdk.values.file_lock import (
    LEGAL_HOLD_HEADER,
    NO_RETENTION_FILE_SETTING,
    RETENTION_MODE_HEADER,
    UNAUTHORIZED_HEADER,
    UNKNOWN_FILE_RETENTION_SETTING,
    FileRetentionSetting,
    LegalHold,
    RetentionMode,
)
from b2sdk.values.file_name import b2_url_decode
from b2sdk.values.replication import REPLICATION_STATUS_HEADER, ReplicationStatus
from b2sdk.values.responses import FILE_ID_AND_NAME, FILE_LOCK, FILE_VERSION, LARGEST_COUNT
from b2sdk.values.shape import MALFORMED, is_text

if TYPE_CHECKING:
    from b2sdk.api import B2Api  # what programs find in a file version
    from b2sdk.transfer.download import DownloadedFile
else:
    DownloadedFile = Any

_DERIVED: Final = ("content_sha1_verified", "mod_time_millis")
"""What a version knows because of other things that it was made with."""
_ANY_TOKEN: Final = "x" * 77
"""As long as those of the service. The stored one would have to be read, and perhaps out of a database."""


class FileIdAndName:
    """What is left of a file version that was deleted, or of a large file that was cancelled."""

    def __init__(self, file_id: str, file_name: str) -> None:
        self.file_id = file_id
        self.file_name = file_name

    @classmethod
    def from_cancel_or_delete_response(cls, response: Mapping[str, Any]) -> Self:
        """Read the response of either call.

        :raises UnexpectedCloudBehaviour: it does not name the file.
        """
        FILE_ID_AND_NAME.check(response)
        return cls(response["fileId"], response["fileName"])

    def as_dict(self) -> dict[str, str]:
        """Return ``{"action": "delete", "fileId": ..., "fileName": ...}``."""
        return {"action": "delete", "fileId": self.file_id, "fileName": self.file_name}

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, FileIdAndName):
            return NotImplemented
        return (self.file_id, self.file_name) == (other.file_id, other.file_name)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.file_id!r}, {self.file_name!r})"


class _UploadHeaders(Protocol):
    def get_upload_file_headers(self, *args: Any, **kwargs: Any) -> dict[str, str]: ...


class FileApi(Protocol):
    """What a file version needs of the API that it came from."""

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


@documented
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
        self.api: B2Api = api  # type: ignore[assignment]  # a double may have less
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
        self.mod_time_millis: int = upload_timestamp
        if noted is not None:
            try:
                mod_time = int(noted)
            except ValueError:
                pass  # anybody may write anything into file info
            else:
                if EARLIEST_TIME <= mod_time <= LATEST_TIME:
                    self.mod_time_millis = mod_time

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
        """Delete this version.

        :raises FileNotPresent: it is deleted already.
        :raises AccessDenied: it is locked.
        """
        return self.api.delete_file_version(self.id_, self.file_name, bypass_governance)

    def update_legal_hold(self, legal_hold: LegalHold) -> Self:
        """Set the legal hold; return this version with the hold that the service reports.

        :param legal_hold: ``LegalHold.ON`` or ``LegalHold.OFF``.
        :raises RetentionWriteError: the key does not allow it.
        """
        reported = self.api.update_file_legal_hold(self.id_, self.file_name, legal_hold)
        return self._clone(legal_hold=reported)

    def update_retention(self, file_retention: FileRetentionSetting, bypass_governance: bool = False) -> Self:
        """Set the retention; return this version with the retention that the service reports.

        :param file_retention: the mode, and until when; ``NO_RETENTION_FILE_SETTING`` ends one.
        :raises RetentionWriteError: the key, or the retention that is in force, does not allow it.
        """
        reported = self.api.update_file_retention(self.id_, self.file_name, file_retention, bypass_governance)
        return self._clone(file_retention=reported)

    def _clone(self, **new_attributes: object) -> Self:
        """Return a version with these arguments of the constructor in place of its own; tests of programs call it."""
        slots = (slot for slot in self._all_slots() if slot not in _DERIVED)
        # An older surface has a slot with an underscore, behind a property.
        arguments = {slot.removeprefix("_"): getattr(self, slot) for slot in slots}
        arguments["content_sha1"] = _written_sha1(self.content_sha1, self.content_sha1_verified)
        return type(self)(**{**arguments, **new_attributes})

    def get_content_sha1(self) -> str | None:
        """Return the SHA-1 of the whole content, that of a large file from its file info; ``None`` when not known."""
        if self.content_sha1 and self.content_sha1 != "none":
            return self.content_sha1
        return self.file_info.get(LARGE_FILE_SHA1)


@documented
class FileVersion(BaseFileVersion, DownloadHeaders):
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
        """Describe a version; no request is made.

        :param file_retention: until when it can neither be changed nor deleted.
        :param legal_hold: whether it can be deleted only after that is lifted.
        """
        self.account_id: str = account_id
        self.bucket_id: str = bucket_id
        self.content_md5: str | None = content_md5
        self.action: str = action
        BaseFileVersion.__init__(  # for each file of a listing, so `super` is too much
            self,
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

    def as_dict(self) -> dict[str, Any]:
        """Return a JSON-able description with the service's names; what is not known is left out."""
        result = super().as_dict()
        result["accountId"] = self.account_id
        result["bucketId"] = self.bucket_id
        return _add_known(result, action=self.action, contentMd5=self.content_md5)

    def get_fresh_state(self) -> FileVersion:
        """Ask the service for this version again.

        :raises FileNotPresent: it has been deleted.
        """
        return self.api.get_file_info(self.id_)

    def download(
        self,
        progress_listener: AbstractProgressListener | None = None,
        range_: tuple[int, int] | None = None,
        encryption: EncryptionSetting | None = None,
    ) -> DownloadedFile:
        """Request the content, which is read when the result is saved.

        :raises FileNotPresent: the version has been deleted.
        :raises InvalidRange, UnsatisfiableRange, SSECKeyError, B2Error:
        """
        return self.api.download_file_by_id(
            self.id_, progress_listener=progress_listener, range_=range_, encryption=encryption
        )

    @property
    def has_large_header(self) -> bool:
        """Whether the upload headers of this version exceed what an encrypted or locked file may have."""
        headers = self.api.raw_api.get_upload_file_headers(
            upload_auth_token=_ANY_TOKEN,
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


# The version that is given to what programs override: they say of which surface it is, and an override takes no less.
if TYPE_CHECKING:
    AnyFileVersion: TypeAlias = Any
else:
    AnyFileVersion = FileVersion


@documented
class DownloadVersion(BaseFileVersion, DownloadHeaders):
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
        """Describe a version; no request is made.

        Where nobody tells the size, as behind a CDN that sends no length, ``size`` is ``None`` and the range is empty.

        :param size: the number of bytes of the whole file.
        :param range_: which of them are in the body.
        :param content_length: how many these are.
        :param file_retention: until when it can neither be changed nor deleted.
        :param legal_hold: whether it can be deleted only after that is lifted.
        :param content_encoding: the ``Content-Encoding`` header; ``None`` where there is none.
        """
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

    def as_dict(self) -> dict[str, Any]:
        """Return a JSON-able description with the service's names; what is not known is left out."""
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
        """Read one file version; ``force_action`` is for responses without an action.

        :raises AssertionError: the response has an action.
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
            id_, name, account_id, bucket_id = wire["fileId"], wire["fileName"], wire["accountId"], wire["bucketId"]
            action, content_type, info = wire["action"], wire.get("contentType"), wire.get("fileInfo")
            sha1, md5, time = wire.get("contentSha1"), wire.get("contentMd5"), wire.get("uploadTimestamp")
            # A listing asks this of each file, so what nearly all of them are is recognized without the table.
            if not (
                str is type(id_) is type(name) is type(account_id) is type(bucket_id) is type(action)
                and type(content_type) is str
                and (sha1 is None or (type(sha1) is str and sha1.isascii()))
                and (md5 is None or (type(md5) is str and md5.isascii()))
                and id_.isascii()
                and action.isascii()
                and account_id.isascii()
                and bucket_id.isascii()
                and (name.isascii() or is_text(name))
                and (content_type.isascii() or is_text(content_type))
                and int is type(size) is type(time)
                and 0 <= size <= LARGEST_COUNT
                and EARLIEST_TIME <= time <= LATEST_TIME
                and (not info or _has_only_text(info))
            ):
                FILE_VERSION.check(wire)
            lock, encryption = (wire.get("fileRetention"), wire.get("legalHold")), wire.get("serverSideEncryption")
            retention, legal_hold = _NO_LOCK if lock == _NO_LOCK_ON_THE_WIRE else _lock_of(wire)
            replication = wire.get("replicationStatus")
            # By name instead of by position, the arguments would take half as long again.
            return self.FILE_VERSION_CLASS(
                self.api,
                id_,
                name,
                size,
                content_type,
                sha1,
                info,
                time,  # type: ignore[arg-type]  # there, but for some responses to deletions
                account_id,
                bucket_id,
                action,
                md5,
                _NO_ENCRYPTION
                if encryption == _NO_ENCRYPTION_ON_THE_WIRE
                else EncryptionSettingFactory.from_file_version_dict(wire),
                retention,
                legal_hold,
                None if replication is None else ReplicationStatus.from_wire(replication),
            )
        except B2Error:
            raise
        except MALFORMED as error:
            FILE_VERSION.check(wire)
            raise FILE_VERSION.contradiction(error) from error


_LONGEST_FILE = 2**50
"""Bytes: a hundred times what a file may have today."""
_RARE_HEADERS: Final = frozenset(
    name.lower()
    for name in (
        SSE_HEADER,
        SSE_C_ALGORITHM_HEADER,
        RETENTION_MODE_HEADER,
        LEGAL_HOLD_HEADER,
        UNAUTHORIZED_HEADER,
        REPLICATION_STATUS_HEADER,
    )
)
"""Without these, there is nothing to say of encryption, file lock and replication."""


class DownloadVersionFactory:
    """Makes download versions of response headers, which are looked up in any case."""

    DOWNLOAD_VERSION_CLASS: ClassVar[type[DownloadVersion]] = DownloadVersion

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
            return self.DOWNLOAD_VERSION_CLASS(self.api, **self._fields(headers))
        except (KeyError, ValueError, TypeError, AttributeError, AssertionError) as error:
            raise UnexpectedCloudBehaviour(f"the headers of a download are wrong: {error}") from error

    def _fields(self, headers: Mapping[str, Any]) -> dict[str, Any]:
        # A mapping that knows its names in any case takes ten times as long for each look, and more for a name that is
        # not there, as most are not.
        fields = dict(headers.items())
        known = {name.lower(): value for name, value in fields.items()}
        is_usual = _RARE_HEADERS.isdisjoint(known)
        if "content-range" in known:
            range_, size = self.range_and_size_from_header(known["content-range"])
            content_length = int(known.get("content-length", range_.size()))
        else:
            size = content_length = int(known["content-length"])
            range_ = Range(0, size - 1) if size else EMPTY_RANGE
        if size > _LONGEST_FILE:
            raise ValueError(f"no file has {size} bytes")
        return {
            "id_": known["x-bz-file-id"],
            "file_name": b2_url_decode(known["x-bz-file-name"]),
            "size": size,
            "content_type": known["content-type"],
            "content_sha1": known["x-bz-content-sha1"],
            "file_info": self.file_info_from_headers(fields),
            "upload_timestamp": _time_of(known["x-bz-upload-timestamp"]),
            "server_side_encryption": EncryptionSetting(EncryptionMode.NONE)
            if is_usual
            else EncryptionSettingFactory.from_response_headers(headers),
            "range_": range_,
            "content_disposition": known.get("content-disposition"),
            "content_length": content_length,
            "content_language": known.get("content-language"),
            "expires": known.get("expires"),
            "cache_control": known.get("cache-control"),
            "content_encoding": known.get("content-encoding"),
            "file_retention": NO_RETENTION_FILE_SETTING if is_usual else _retention_of(headers),
            "legal_hold": LegalHold.UNSET if is_usual else LegalHold.from_response_headers(headers),
            "replication_status": None if is_usual else ReplicationStatus.from_response_headers(headers),
        }


def _time_of(header: str) -> int:
    time = int(header)
    if not EARLIEST_TIME <= time <= LATEST_TIME:
        raise ValueError("a time that no calendar has")
    return time


def _retention_of(headers: Mapping[str, Any]) -> FileRetentionSetting:
    retention = FileRetentionSetting.from_response_headers(headers)
    if retention.retain_until is not None:
        _time_of(str(retention.retain_until))
    return retention


def check_identity(version: BaseFileVersion, **expected: str) -> None:
    """Compare fields of what came with what was asked for.

    :raises UnexpectedCloudBehaviour: it is another file.
    """
    for field, value in expected.items():
        if getattr(version, field) != value:
            raise UnexpectedCloudBehaviour(f"{value!r} was asked for, but {getattr(version, field)!r} came")


_MISSING = object()
# What the service says of nearly every file; comparing with it is faster than reading it.
_NO_LOCK_ON_THE_WIRE: Final = (
    {"isClientAuthorizedToRead": True, "value": {"mode": None, "retainUntilTimestamp": None}},
    {"isClientAuthorizedToRead": True, "value": None},
)
_NO_LOCK: Final = (NO_RETENTION_FILE_SETTING, LegalHold.UNSET)
_HIDDEN_LOCK_ON_THE_WIRE: Final = ({"isClientAuthorizedToRead": False, "value": None},) * 2
_HIDDEN_LOCK: Final = (UNKNOWN_FILE_RETENTION_SETTING, LegalHold.UNKNOWN)
_NO_ENCRYPTION_ON_THE_WIRE: Final = {"algorithm": None, "mode": None}
_NO_ENCRYPTION: Final = EncryptionSettingFactory.from_file_version_dict({})


def _lock_of(wire: Mapping[str, Any]) -> tuple[FileRetentionSetting, LegalHold]:
    if (wire.get("fileRetention"), wire.get("legalHold")) == _HIDDEN_LOCK_ON_THE_WIRE:
        return _HIDDEN_LOCK
    FILE_LOCK.check(wire)
    return FileRetentionSetting.from_file_version_dict(wire), LegalHold.from_file_version_dict(wire)


def _has_only_text(info: object) -> bool:
    if type(info) is not dict:
        return False
    for value in info.values():  # noqa: SIM110  # a generator takes twice as long
        if type(value) is not str or not (value.isascii() or is_text(value)):
            return False
    return True


def _add_known(result: dict[str, Any], **fields: object) -> dict[str, Any]:
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
