"""File versions whose verbs are awaited; what they are is in :mod:`b2sdk.file_version`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, cast

from typing_extensions import Self, override

from b2sdk import file_version
from b2sdk.aio.verbs import verb
from b2sdk.file_version import BaseFileVersion, FileIdAndName

if TYPE_CHECKING:
    from b2sdk.aio.api import B2Api
    from b2sdk.aio.downloads import DownloadedFile
    from b2sdk.values.file_lock import FileRetentionSetting, LegalHold


class _Verbs(BaseFileVersion):
    """What is done with a version by requests."""

    __slots__ = ()

    if TYPE_CHECKING:
        api: B2Api  # type: ignore[assignment]  # its verbs are awaited

    @verb(BaseFileVersion.delete)
    async def delete(self, *args: Any, **kwargs: Any) -> FileIdAndName:  # type: ignore[override]  # awaited
        return await self.api.delete_file_version(self.id_, self.file_name, *args, **kwargs)

    if TYPE_CHECKING:  # mypy makes `Any` of a `Self` that a decorator returns

        async def update_legal_hold(self, legal_hold: LegalHold) -> Self: ...  # type: ignore[override]  # awaited
        async def update_retention(  # type: ignore[override]  # awaited
            self, file_retention: FileRetentionSetting, bypass_governance: bool = False
        ) -> Self: ...
    else:

        @verb(BaseFileVersion.update_legal_hold)
        async def update_legal_hold(self, *args: Any, **kwargs: Any) -> Self:
            reported = await self.api.update_file_legal_hold(self.id_, self.file_name, *args, **kwargs)
            return self._clone(legal_hold=reported)

        @verb(BaseFileVersion.update_retention)
        async def update_retention(self, *args: Any, **kwargs: Any) -> Self:
            reported = await self.api.update_file_retention(self.id_, self.file_name, *args, **kwargs)
            return self._clone(file_retention=reported)


class FileVersion(_Verbs, file_version.FileVersion):
    """One version of a file, as :class:`b2sdk.v3.FileVersion` describes it."""

    __slots__ = ()

    @verb(file_version.FileVersion.download)
    async def download(self, *args: Any, **kwargs: Any) -> DownloadedFile:  # type: ignore[override]  # awaited
        return await self.api.download_file_by_id(self.id_, *args, **kwargs)

    @verb(file_version.FileVersion.get_fresh_state)
    async def get_fresh_state(self) -> FileVersion:  # type: ignore[override]  # awaited
        return await self.api.get_file_info(self.id_)


class DownloadVersion(_Verbs, file_version.DownloadVersion):
    """A version as the headers of a download describe it; see :class:`b2sdk.v3.DownloadVersion`."""

    __slots__ = ()


class FileVersionFactory(file_version.FileVersionFactory):
    """Makes file versions of the service's JSON."""

    FILE_VERSION_CLASS: ClassVar[type[FileVersion]] = FileVersion

    def __init__(self, api: B2Api) -> None:
        super().__init__(cast("Any", api))  # its verbs are awaited

    @override
    def from_api_response(self, file_version_dict: Mapping[str, Any], force_action: str | None = None) -> FileVersion:
        version = super().from_api_response(file_version_dict, force_action)
        return cast("FileVersion", version)


class DownloadVersionFactory(file_version.DownloadVersionFactory):
    """Makes download versions of response headers."""

    DOWNLOAD_VERSION_CLASS: ClassVar[type[DownloadVersion]] = DownloadVersion

    def __init__(self, api: B2Api) -> None:
        super().__init__(cast("Any", api))  # its verbs are awaited

    @override
    def from_response_headers(self, headers: Mapping[str, Any]) -> DownloadVersion:
        return cast("DownloadVersion", super().from_response_headers(headers))
