"""Lifecycle rules of a bucket: plain dictionaries of this shape."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, TypeAlias

from typing_extensions import NotRequired, TypedDict


class _NotNegative:
    """What pydantic looks for in an annotation; ``annotated_types`` says it as well, but takes 9 ms to import."""

    @staticmethod
    def __get_pydantic_core_schema__(source: object, handler: Callable[[Any], dict[str, Any]]) -> dict[str, Any]:
        return {**handler(source), "ge": 0}


Days: TypeAlias = Annotated[int, _NotNegative]


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
