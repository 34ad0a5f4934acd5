"""File versions whose cache control may be given apart from their file info."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from b2sdk import file_version
from b2sdk.docstrings import documented
from b2sdk.file_version import FileApi
from b2sdk.values.encryption import EncryptionSetting
from b2sdk.values.file_info import CACHE_CONTROL
from b2sdk.values.file_lock import NO_RETENTION_FILE_SETTING, FileRetentionSetting, LegalHold
from b2sdk.values.replication import ReplicationStatus

if TYPE_CHECKING:
    from b2sdk.v2.api import B2Api


@documented
class FileVersion(file_version.FileVersion):
    __slots__ = ("cache_control",)

    cache_control: str | None

    if TYPE_CHECKING:  # what is inherited returns the classes of this surface
        api: B2Api

        def get_fresh_state(self) -> FileVersion: ...

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
        cache_control: str | None = None,
    ) -> None:
        """Describe a version; no request is made.

        :param file_retention: until when it can neither be changed nor deleted.
        :param legal_hold: whether it can be deleted only after that is lifted.
        :param cache_control: the ``Cache-Control`` header of downloads; ``None`` is that of the file info.
        """
        file_version.FileVersion.__init__(
            self,
            api,
            id_,
            file_name,
            size,
            content_type,
            content_sha1,
            file_info,
            upload_timestamp,
            account_id,
            bucket_id,
            action,
            content_md5,
            server_side_encryption,
            file_retention,
            legal_hold,
            replication_status,
        )
        self.cache_control = self.file_info.get(CACHE_CONTROL) if cache_control is None else cache_control

    def as_dict(self) -> dict[str, Any]:
        result = super().as_dict()
        if self.cache_control is not None:
            result["cacheControl"] = self.cache_control
        return result


class FileVersionFactory(file_version.FileVersionFactory):
    FILE_VERSION_CLASS: ClassVar[type[FileVersion]] = FileVersion

    if TYPE_CHECKING:  # what is inherited returns the classes of this surface

        def from_api_response(
            self, file_version_dict: Mapping[str, Any], force_action: str | None = None
        ) -> FileVersion: ...
