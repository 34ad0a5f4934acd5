"""Attributes of views that are the numbers in the ids to come, so that programs can read and set them.

What belongs here is how an attribute reaches its number; the numbers themselves are in the
:class:`~b2sdk.simulator.cloud.ids.CountingIds` of the cloud.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Generic, Protocol, TypeVar, overload

from typing_extensions import Self, override

from b2sdk.simulator.cloud.ids import CountingIds


class HasIds(Protocol):
    """A raw API whose ids are counted."""

    @property
    def ids(self) -> CountingIds:
        """The source of ids."""


class InBucket(Protocol):
    """A view of a bucket in the cloud of such a raw API."""

    @property
    def bucket_id(self) -> str:
        """The id of the bucket."""

    @property
    def _service(self) -> HasIds: ...


V = TypeVar("V")
K = TypeVar("K")
T = TypeVar("T")


class _Entry(Generic[V, K, T]):
    """An attribute of a view that is an entry of a table."""

    def __init__(self, kind: str) -> None:
        """``kind`` is the name of what is numbered in the source of ids."""
        self._kind = kind

    def _place(self, view: V) -> tuple[dict[K, T], K]:
        """Return the table, and the key of the entry in it."""
        raise NotImplementedError

    @overload
    def __get__(self, view: None, owner: type[Any]) -> Self: ...
    @overload
    def __get__(self, view: V, owner: type[Any]) -> T: ...
    def __get__(self, view: V | None, owner: type[Any]) -> Self | T:
        if view is None:
            return self
        table, key = self._place(view)
        return table[key]

    def __set__(self, view: V, value: T) -> None:
        table, key = self._place(view)
        table[key] = value


class IssuedNumber(_Entry[HasIds, str, int]):
    """The number of the next id of a kind."""

    @override
    def _place(self, view: HasIds) -> tuple[dict[str, int], str]:
        return view.ids.issued, self._kind


class BucketNumbers(_Entry[InBucket, str, Iterator[int]]):
    """The numbers of what a bucket gets next, as an iterator."""

    @override
    def _place(self, view: InBucket) -> tuple[dict[str, Iterator[int]], str]:
        return getattr(view._service.ids, self._kind), view.bucket_id  # noqa: SLF001  # of a view of ours
