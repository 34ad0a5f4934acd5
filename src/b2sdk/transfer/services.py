"""What the transfers of one client share."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from b2sdk.session import B2Session
from b2sdk.transfer.copy import CopyManager
from b2sdk.transfer.download import DownloadManager
from b2sdk.transfer.emerger import Emerger
from b2sdk.transfer.large_file import LargeFileServices
from b2sdk.transfer.protocols import TransferApi
from b2sdk.transfer.upload import UploadManager


class Services:
    """The transfers of one :class:`~b2sdk.api.B2Api`, and the classes that they are made of."""

    UPLOAD_MANAGER_CLASS: ClassVar[Callable[..., UploadManager]] = UploadManager
    COPY_MANAGER_CLASS: ClassVar[Callable[..., CopyManager]] = CopyManager
    DOWNLOAD_MANAGER_CLASS: ClassVar[Callable[..., DownloadManager]] = DownloadManager
    LARGE_FILE_SERVICES_CLASS: ClassVar[Callable[..., LargeFileServices]] = LargeFileServices

    def __init__(
        self,
        api: TransferApi,
        max_upload_workers: int | None = None,
        max_copy_workers: int | None = None,
        max_download_workers: int | None = None,
        save_to_buffer_size: int | None = None,
        check_download_hash: bool = True,
        max_download_streams_per_file: int | None = None,
    ) -> None:
        """Make the managers of uploads, copies and downloads.

        :param api: the ``B2Api``.
        :param max_upload_workers: uploads at a time; ``None`` is :func:`~b2sdk.threads.default_pool_size`.
        :param max_copy_workers: copies at a time; ``None`` as above.
        :param max_download_workers: ranges that are downloaded at a time; ``None`` as above.
        :param save_to_buffer_size: bytes of buffering of the files that downloads open; ``None`` is Python's default.
        :param check_download_hash: whether the SHA-1 of what is downloaded is compared.
        :param max_download_streams_per_file: ranges of one file at a time; ``None`` leaves that to the pool.
        :raises ValueError: a number of workers is less than 1.
        """
        self.api = api
        self.session: B2Session = api.session
        self.large_file: LargeFileServices = self.LARGE_FILE_SERVICES_CLASS(self)
        self.upload_manager: UploadManager = self.UPLOAD_MANAGER_CLASS(services=self, max_workers=max_upload_workers)
        self.copy_manager: CopyManager = self.COPY_MANAGER_CLASS(services=self, max_workers=max_copy_workers)
        self.download_manager: DownloadManager = self.DOWNLOAD_MANAGER_CLASS(
            services=self,
            max_workers=max_download_workers,
            write_buffer_size=save_to_buffer_size,
            check_hash=check_download_hash,
            max_download_streams_per_file=max_download_streams_per_file,
        )
        self.emerger: Emerger = Emerger(self)

    def count_of_workers(self) -> int:
        """Return how many requests transfers may make at the same time."""
        managers = (self.upload_manager, self.copy_manager, self.download_manager)
        return sum(manager.get_thread_pool_size() for manager in managers)

    def break_off(self) -> None:
        """Cancel what is being transferred in threads, whatever it is a part of."""
        for manager in (self.upload_manager, self.copy_manager, self.download_manager):
            manager.break_off()

    def close(self) -> None:
        """Wait for transfers that are left and end their threads; a later transfer starts new ones."""
        self.upload_manager.close()
        self.copy_manager.close()
        self.download_manager.close()
