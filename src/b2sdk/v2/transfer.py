"""The path of what transfers files; see :mod:`b2sdk.transfer`."""

from __future__ import annotations

from b2sdk.transfer.download import DownloadManager
from b2sdk.transfer.pool import LazyThreadPool, ThreadPoolMixin
from b2sdk.transfer.upload import UploadManager

__all__ = ["DownloadManager", "LazyThreadPool", "ThreadPoolMixin", "UploadManager"]
