"""What the tasks of a run do with a bucket: its verbs and its listings, as steps of flows."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, Callable, Coroutine, Iterable
from contextlib import aclosing
from typing import Any, Final, NamedTuple, TypeVar

from b2sdk.bulk.events import Outcome
from b2sdk.exception import FileNotPresent
from b2sdk.file_version import BaseFileVersion, FileIdAndName, FileVersion
from b2sdk.listing import Lister
from b2sdk.name_ranges.reading import Workers
from b2sdk.protocol_constants import LIST_FILE_NAMES_MAX_LIMIT

T = TypeVar("T")

MOST_READERS: Final = 4
"""How many ranges of names are listed at once, at most: what works on the files is slower, and pages take memory."""
UNFINISHED: Final = "start"
"""What unfinished large files are listed as."""


class BucketSteps(NamedTuple):
    """A bucket, of either client."""

    bucket: Any
    call: Callable[..., Coroutine[Any, Any, Any]]
    """Performs a verb, which comes first; what follows are its arguments."""
    lister: Lister
    readers: Workers
    """What reads a listing in several ranges of names at once."""

    async def versions_below(self, prefix: str) -> AsyncGenerator[FileVersion, None]:
        """Yield the versions whose names begin with a prefix, in any order; unfinished large files too."""
        readers = self.readers._replace(most=min(self.readers.most, MOST_READERS))
        listing = self.lister.below(prefix, False, LIST_FILE_NAMES_MAX_LIMIT, readers)
        async with aclosing(listing) as batches:
            async for batch in batches:
                for version in batch:
                    yield version

    async def names_below(self, prefix: str, *, latest_only: bool) -> AsyncGenerator[list[FileVersion], None]:
        """Yield the versions of each name that begins with a prefix, in the order of the names, the newest first.

        With ``latest_only``, that is the newest one of each visible file.
        """
        alone = self.readers._replace(most=1)  # several do not read in order
        versions: list[FileVersion] = []
        async with aclosing(self.lister.below(prefix, latest_only, LIST_FILE_NAMES_MAX_LIMIT, alone)) as batches:
            async for batch in batches:
                for version in batch:
                    if version.action == UNFINISHED:
                        continue
                    if versions and versions[0].file_name != version.file_name:
                        yield versions
                        versions = []
                    versions.append(version)
        if versions:
            yield versions

    async def newest(self, name: str) -> FileVersion | None:
        """Return the newest version of a name, which may be a hide marker; ``None`` if there is none."""
        async with aclosing(self.lister.versions_of(name, 1)) as batches:
            async for batch in batches:
                for version in batch:
                    if version.action != UNFINISHED:
                        return version
        return None

    async def delete(self, file_id: str, name: str, bypass_governance: bool) -> Outcome:
        """Delete a version; one that is gone is deleted already."""
        try:
            await self.call(self.bucket.delete_file_version, file_id, name, bypass_governance)
        except FileNotPresent:
            return Outcome.ALREADY_DONE
        return Outcome.DONE


def version_of_item(item: object, bucket_id: str, done: str) -> tuple[str, str | None, BaseFileVersion | None]:
    """Return name, id and description of what a program gave; of a name, there is only that.

    :param done: what is done with it, for the text of an error.
    :raises TypeError: it is of another kind.
    :raises ValueError: it is in another bucket.
    """
    if isinstance(item, str):
        return item, None, None
    if isinstance(item, BaseFileVersion):
        if getattr(item, "bucket_id", None) not in (None, bucket_id):
            raise ValueError(f"the version {item.id_} of {item.file_name!r} is in another bucket")
        return item.file_name, item.id_, item
    if isinstance(item, FileIdAndName):
        return item.file_name, item.file_id, None
    if isinstance(item, tuple) and len(item) == 2 and all(isinstance(part, str) for part in item):
        return item[0], item[1], None
    raise TypeError(f"a name, (name, id) or a file version is {done}, not {type(item).__name__}")


def check_items(items: object, *, is_awaited: bool) -> None:
    """Check that there is something to iterate over, and that it is not a name by itself.

    :param is_awaited: whether it may be an asynchronous iterable.
    :raises TypeError: it is something else.
    """
    iterables = (Iterable, AsyncIterable) if is_awaited else (Iterable,)
    if isinstance(items, (str, bytes)) or not isinstance(items, iterables):
        raise TypeError(f"an iterable of files is needed, not {type(items).__name__}")


def check_workers(workers: object) -> None:
    """Check a number of workers.

    :raises TypeError: it is no whole number.
    :raises ValueError: it is not positive.
    """
    if isinstance(workers, bool) or not isinstance(workers, int):
        raise TypeError(f"workers must be a whole number, not {type(workers).__name__}")
    if workers < 1:
        raise ValueError(f"workers must be positive, not {workers}")


async def each(items: Iterable[T] | AsyncIterable[T]) -> AsyncGenerator[T, None]:
    """Yield what a program gives, one at a time."""
    if isinstance(items, Iterable):
        for item in items:
            yield item
    else:
        async for item in items:
            yield item
