"""File versions of v1: they need neither an API nor an account, and print themselves as lines of a listing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, ClassVar

from typing_extensions import override

from b2sdk import file_version as latest
from b2sdk.file_version import DownloadVersion, DownloadVersionFactory, FileIdAndName
from b2sdk.transfer.download_description import get_stored_version
from b2sdk.v2 import file_version as v2
from b2sdk.values.encryption import EncryptionMode, EncryptionSetting
from b2sdk.values.file_lock import UNKNOWN_FILE_RETENTION_SETTING, FileRetentionSetting, LegalHold
from b2sdk.values.replication import ReplicationStatus

if TYPE_CHECKING:
    from b2sdk.v1.api import B2Api
else:
    B2Api = Any

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


class FileVersionInfo(v2.FileVersion):
    """One version of a file. A program may make one; only what asks the service needs an ``api``."""

    __slots__ = ("_api",)

    LS_ENTRY_TEMPLATE: ClassVar[str] = "%83s  %6s  %10s  %8s  %9d  %s"
    """File id, action, date, time, size, name."""

    def __init__(
        self,
        id_: str,
        file_name: str,
        size: int | None,
        content_type: str | None,
        content_sha1: str | None,
        file_info: dict[str, str] | None,
        upload_timestamp: int,
        action: str,
        account_id: str | None = None,
        bucket_id: str | None = None,
        content_md5: str | None = None,
        server_side_encryption: EncryptionSetting | None = None,
        file_retention: FileRetentionSetting | None = None,
        legal_hold: LegalHold | None = None,
        api: B2Api | None = None,
        cache_control: str | None = None,
        *,
        replication_status: ReplicationStatus | None = None,
    ) -> None:
        """Make a version; what is not given of encryption, retention and hold is not known."""
        super().__init__(
            api,  # type: ignore[arg-type]  # using it raises an error that there is none
            id_,
            file_name,
            size,
            content_type,
            content_sha1,
            file_info,
            upload_timestamp,
            account_id,  # type: ignore[arg-type]  # what a program makes may not tell
            bucket_id,  # type: ignore[arg-type]  # as above
            action,
            content_md5,
            EncryptionSetting(EncryptionMode.UNKNOWN) if server_side_encryption is None else server_side_encryption,
            UNKNOWN_FILE_RETENTION_SETTING if file_retention is None else file_retention,
            LegalHold.UNKNOWN if legal_hold is None else legal_hold,
            replication_status,
            cache_control,
        )

    if TYPE_CHECKING:
        api: B2Api
    else:

        @property
        def api(self) -> B2Api:
            """The API that this version came from.

            :raises ValueError: there is none.
            """
            if self._api is None:
                raise ValueError('"api" not set')
            return self._api

        @api.setter
        def api(self, api: B2Api | None) -> None:
            self._api = api

    @classmethod
    @override
    def _all_slots(cls) -> list[str]:
        return [slot for slot in super()._all_slots() if slot != "api"]

    def __getstate__(self) -> tuple[None, dict[str, Any]]:
        return None, {slot: getattr(self, slot) for slot in self._all_slots()}  # without asking the property

    @override
    def get_fresh_state(self) -> FileVersionInfo:
        return get_stored_version(self.api, self.id_)  # type: ignore[return-value]  # one of this surface

    def format_ls_entry(self) -> str:
        """Return the line of this version in a listing of versions; its time is in UTC."""
        uploaded = _EPOCH + timedelta(milliseconds=self.upload_timestamp)
        date, time = uploaded.strftime("%Y-%m-%d"), uploaded.strftime("%H:%M:%S")
        return self.LS_ENTRY_TEMPLATE % (self.id_, self.action, date, time, self.size or 0, self.file_name)

    @classmethod
    def format_folder_ls_entry(cls, name: str) -> str:
        """Return the line of a folder."""
        return cls.LS_ENTRY_TEMPLATE % ("-", "-", "-", "-", 0, name)


class FileVersionInfoFactory(v2.FileVersionFactory):
    """Makes :class:`FileVersionInfo` of the service's JSON."""

    @override
    def from_api_response(
        self, file_version_dict: Mapping[str, Any], force_action: str | None = None
    ) -> FileVersionInfo:
        return file_version_info_from_new_file_version(super().from_api_response(file_version_dict, force_action))

    def from_response_headers(self, headers: Mapping[str, Any]) -> FileVersionInfo:
        """Read the headers of a download; see :class:`DownloadVersionFactory`."""
        return file_version_info_from_download_version(DownloadVersionFactory(self.api).from_response_headers(headers))


def file_version_info_from_new_file_version(file_version: latest.FileVersion) -> FileVersionInfo:
    return _as_info(
        file_version,
        file_version.action,
        account_id=file_version.account_id,
        bucket_id=file_version.bucket_id,
        content_md5=file_version.content_md5,
        cache_control=file_version.cache_control,
    )


def file_version_info_from_download_version(download_version: DownloadVersion) -> FileVersionInfo:
    """Return a version that says nothing of its account and bucket, which headers do not tell."""
    return _as_info(download_version, "upload", cache_control=download_version.cache_control)


def file_version_info_from_id_and_name(file_id_and_name: FileIdAndName, api: B2Api) -> FileVersionInfo:
    """Return what stands for a large file that was cancelled."""
    return FileVersionInfo(
        file_id_and_name.file_id,
        file_name=file_id_and_name.file_name,
        size=0,
        content_type="unknown",
        content_sha1="none",
        file_info={},
        upload_timestamp=0,
        action="cancel",
        api=api,
    )


def _as_info(version: latest.BaseFileVersion, action: str, **rest: Any) -> FileVersionInfo:
    info = FileVersionInfo(
        version.id_,
        version.file_name,
        version.size,
        version.content_type,
        version.content_sha1,
        version.file_info,
        version.upload_timestamp,
        action,
        server_side_encryption=version.server_side_encryption,
        file_retention=version.file_retention,
        legal_hold=version.legal_hold,
        api=version.api,  # type: ignore[arg-type]  # of this surface
        replication_status=version.replication_status,
        **rest,
    )
    info.content_sha1_verified = version.content_sha1_verified
    return info
