"""Lifecycle rules of a bucket: plain dictionaries of this shape."""

from __future__ import annotations

from typing_extensions import NotRequired, TypedDict


class LifecycleRule(TypedDict):
    """What becomes of the files whose names start with a prefix.

    The three numbers are whole days; ``None`` is the same as leaving them out. See `B2 Cloud Storage Lifecycle Rules`_.

    .. _B2 Cloud Storage Lifecycle Rules: https://www.backblaze.com/docs/cloud-storage-lifecycle-rules
    """

    fileNamePrefix: str
    """``""`` means all files."""
    daysFromHidingToDeleting: NotRequired[int | None]
    daysFromUploadingToHiding: NotRequired[int | None]
    daysFromStartingToCancelingUnfinishedLargeFiles: NotRequired[int | None]
