"""What the transfers of one client share."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Protocol

from b2sdk.file_version import DownloadVersionFactory
from b2sdk.session import B2Session
from b2sdk.transfer.download import DownloadManager
from b2sdk.transfer.upload import UploadManager


class _Api(Protocol):
    session: B2Session
    download_version_factory: DownloadVersionFactory


class Services:
    """The transfers of one :class:`~b2sdk.api.B2Api`."""

    UPLOAD_MANAGER_CLASS: ClassVar[Callable[..., UploadManager]] = UploadManager
    DOWNLOAD_MANAGER_CLASS: ClassVar[Callable[..., DownloadManager]] = DownloadManager

    def __init__(
        self,
        api: _Api,
        max_upload_workers: int | None = None,
        max_copy_workers: int | None = None,
        max_download_workers: int | None = None,
        save_to_buffer_size: int | None = None,
        check_download_hash: bool = True,
        max_download_streams_per_file: int | None = None,
    ) -> None:
        self.api = api
        self.session = api.session
        self.upload_manager = self.UPLOAD_MANAGER_CLASS(services=self)
        self.download_manager = self.DOWNLOAD_MANAGER_CLASS(
            services=self, write_buffer_size=save_to_buffer_size, check_hash=check_download_hash
        )
