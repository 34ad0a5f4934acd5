"""Deleting many versions: what the items are that a program gives, and what is done with each."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, Iterable, Iterator, Sequence
from contextlib import aclosing
from typing import Final, NamedTuple, TypeAlias

from b2sdk.bulk.events import Action, BulkEvent, Outcome
from b2sdk.bulk.steps import UNFINISHED, BucketSteps, each, version_of_item
from b2sdk.bulk.work import Task
from b2sdk.file_version import BaseFileVersion, FileIdAndName, FileVersion

Deletable: TypeAlias = BaseFileVersion | FileIdAndName | tuple[str, str] | str
"""A version, as an object or as ``(name, id)``; or a name, which stands for all its versions."""

_VERSIONS_AT_ONCE: Final = 100
"""How many versions of a name are asked for in one request. A page has names that begin like it, too."""


class Deletion(NamedTuple):
    """How versions are deleted."""

    steps: BucketSteps
    dry_run: bool
    bypass_governance: bool

    async def of_items(self, items: Iterable[Deletable] | AsyncIterable[Deletable]) -> AsyncGenerator[Task, None]:
        """Yield a task for each item.

        :raises TypeError: an item is of another kind.
        :raises ValueError: it is in another bucket.
        """
        async with aclosing(each(items)) as taken:
            async for item in taken:
                yield self._task(item)

    async def of_prefix(self, prefix: str, unfinished: bool) -> AsyncGenerator[Task, None]:
        """Yield a task for each version whose name begins with a prefix."""
        async with aclosing(self.steps.versions_below(prefix)) as versions:
            async for version in versions:
                if unfinished or version.action != UNFINISHED:
                    yield self.of_version(version)

    def of_version(self, version: BaseFileVersion) -> DeleteVersion:
        """Return the task for a version."""
        return DeleteVersion(self, version.file_name, version.id_, version.size)

    def _task(self, item: object) -> Task:
        name, file_id, version = version_of_item(item, self.steps.bucket.id_, "deleted")
        if file_id is None:
            return DeleteName(self, name)
        return DeleteVersion(self, name, file_id, None if version is None else version.size)


class DeleteVersion(Task):
    """Deletes one version."""

    __slots__ = ("_deletion", "_id", "_name", "_size")

    def __init__(self, deletion: Deletion, name: str, id_: str, size: int | None) -> None:
        self._deletion = deletion
        self._name = name
        self._id = id_
        self._size = size

    async def perform(self, events: list[BulkEvent]) -> Sequence[Task]:
        deletion = self._deletion
        if deletion.dry_run:
            outcome = Outcome.WOULD_DO
        else:
            outcome = await deletion.steps.delete(self._id, self._name, deletion.bypass_governance)
        events.append(self.event(outcome))
        return ()

    def event(self, outcome: Outcome, error: Exception | None = None) -> BulkEvent:
        return BulkEvent(Action.DELETE, outcome, self._name, self._id, self._size, error)


class DeleteName(Task):
    """Finds the versions of a name, a page at a time."""

    def __init__(self, deletion: Deletion, name: str) -> None:
        self._deletion = deletion
        self._name = name
        self._pages: AsyncGenerator[Iterator[FileVersion], None] | None = None
        self._is_there = False

    async def perform(self, events: list[BulkEvent]) -> Sequence[Task]:
        if self._pages is None:
            self._pages = self._deletion.steps.lister.versions_of(self._name, _VERSIONS_AT_ONCE)
        page = await anext(self._pages, None)
        if page is None:
            if not self._is_there:
                events.append(self.event(Outcome.ALREADY_DONE))
            return ()
        versions = [self._deletion.of_version(version) for version in page if version.action != UNFINISHED]
        self._is_there = self._is_there or bool(versions)
        return [*versions, self]

    def event(self, outcome: Outcome, error: Exception | None = None) -> BulkEvent:
        return BulkEvent(Action.DELETE, outcome, self._name, None, None, error)

    async def close(self) -> None:
        if self._pages is not None:
            await self._pages.aclose()
