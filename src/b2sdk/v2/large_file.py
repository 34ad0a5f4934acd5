"""The path of large files; see :mod:`b2sdk.transfer.large_file`."""

from __future__ import annotations

from b2sdk.transfer.large_file import LargeFileServices, UnfinishedLargeFile

__all__ = ["LargeFileServices", "UnfinishedLargeFile"]
