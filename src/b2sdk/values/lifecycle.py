"""Lifecycle rules of a bucket: plain dictionaries of this shape."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

from typing_extensions import NotRequired, TypedDict

try:
    from annotated_types import Ge
except ImportError:  # it comes with pydantic, which is who looks
    _NOT_NEGATIVE: Any = None
else:
    _NOT_NEGATIVE = Ge(0)

Days: TypeAlias = Annotated[int, _NOT_NEGATIVE]


class LifecycleRule(TypedDict):
    """What becomes of the files whose names start with a prefix.

    The three numbers are whole days, at least 0, which ``pydantic.TypeAdapter`` checks; ``None`` is the same as leaving
    them out. See `B2 Cloud Storage Lifecycle Rules`_.

    .. _B2 Cloud Storage Lifecycle Rules: https://www.backblaze.com/docs/cloud-storage-lifecycle-rules
    """

    fileNamePrefix: str
    """``""`` means all files."""
    daysFromHidingToDeleting: NotRequired[Days | None]
    daysFromUploadingToHiding: NotRequired[Days | None]
    daysFromStartingToCancelingUnfinishedLargeFiles: NotRequired[Days | None]
