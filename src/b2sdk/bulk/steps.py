"""What the tasks of a run do with a bucket: its verbs and its listings, as steps of flows."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, Callable, Coroutine, Iterable
from contextlib import aclosing
from typing import Any, Final, NamedTuple, TypeVar

from b2sdk.file_version import FileVersion
from b2sdk.listing import Lister
from b2sdk.name_ranges.reading import Workers
from b2sdk.protocol_constants import LIST_FILE_NAMES_MAX_LIMIT

T = TypeVar("T")

MOST_READERS: Final = 4
"""How many ranges of names are listed at once, at most: what works on the files is slower, and pages take memory."""


class BucketSteps(NamedTuple):
    """A bucket, of either client."""

    bucket: Any
    call: Callable[..., Coroutine[Any, Any, Any]]
    """Performs a verb, which comes first; what follows are its arguments."""
    lister: Lister
    readers: Workers
    """What reads a listing in several ranges of names at once."""

    async def below(self, prefix: str, *, latest_only: bool) -> AsyncGenerator[FileVersion, None]:
        """Yield the versions whose names begin with a prefix, or only the newest visible ones, in any order."""
        readers = self.readers._replace(most=min(self.readers.most, MOST_READERS))
        listing = self.lister.below(prefix, latest_only, LIST_FILE_NAMES_MAX_LIMIT, readers)
        async with aclosing(listing) as batches:
            async for batch in batches:
                for version in batch:
                    yield version


def check_items(items: object, iterables: tuple[type, ...]) -> None:
    """Check that there is something to iterate over, and that it is not a name by itself.

    :raises TypeError: it is something else.
    """
    if isinstance(items, (str, bytes)) or not isinstance(items, iterables):
        raise TypeError(f"items must be an iterable of files, not {type(items).__name__}")


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
