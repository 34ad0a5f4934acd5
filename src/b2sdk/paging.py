"""Listings that come in pages: where the next page begins, and when a listing would never end.

A page says where the next one begins, or with ``null`` that there is none. One that says neither is damaged: if it were
taken for the last, what follows would be missed, and a sync would delete it on the other side.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping
from typing import Any, Final, Generic, NamedTuple, TypeVar

from b2sdk.exception import UnexpectedCloudBehaviour
from b2sdk.values.responses import PAGE_OF_KEYS, PAGE_OF_PARTS, PAGE_OF_UNFINISHED_FILES
from b2sdk.values.shape import Shape

P = TypeVar("P")
T = TypeVar("T")
Page = Mapping[str, Any]
_LONGEST_WAIT = 100
"""Pages."""


class Course(Generic[P]):
    """The places at which the pages of one listing begin.

    An empty page may name its own beginning again, which the service does when it needs more time. To come back to a
    place in any other way, or to wait for too long, means that the listing would never end.
    """

    def __init__(self, start: P) -> None:
        self._place = self._remembered = start
        self._steps, self._steps_until_remembered = 0, 1
        self._waits = 0

    def advance(self, place: P, has_entries: bool) -> P:
        """Return where the next page begins; ``has_entries`` is of the page that says so.

        :raises UnexpectedCloudBehaviour: the listing would never end.
        """
        if place == self._place:
            self._waits += 1
            if has_entries or self._waits > _LONGEST_WAIT:
                raise _endless_listing()
            return place
        if place == self._remembered:
            raise _endless_listing()
        self._place, self._waits = place, 0
        self._steps += 1
        if self._steps == self._steps_until_remembered:
            # Brent's way to notice a circle of any length: the place to be met again is renewed ever more seldom.
            self._remembered, self._steps, self._steps_until_remembered = place, 0, self._steps_until_remembered * 2
        return place


def _endless_listing() -> UnexpectedCloudBehaviour:
    return UnexpectedCloudBehaviour("a listing would never end: it comes back to where it was")


class Paged(NamedTuple):
    """A listing that comes in pages, as the service names its fields."""

    shape: Shape
    """What a page has to look like."""
    entries: str
    """The field that has the entries."""
    next_: str
    """The field that says where the next page begins."""


KEYS: Final = Paged(PAGE_OF_KEYS, "keys", "nextApplicationKeyId")
PARTS: Final = Paged(PAGE_OF_PARTS, "parts", "nextPartNumber")
UNFINISHED_FILES: Final = Paged(PAGE_OF_UNFINISHED_FILES, "files", "nextFileId")


async def pages(
    fetch: Callable[[P | None], Awaitable[Page]],
    start: P | None,
    listing: Paged,
    read: Callable[[Any], T],
    *,
    identity: str | None = None,
) -> AsyncGenerator[Iterator[T], None]:
    """Yield what the pages of a listing have, page by page; none is requested before the one before is used.

    :param fetch: requests the page that begins at a place.
    :param start: where the first page begins.
    :param read: makes what is yielded of an entry.
    :param identity: the field that tells entries apart, where the last page may name a next one and repeat itself: an
        entry that came before is left out, and a page without another is the last.
    :raises UnexpectedCloudBehaviour: a page is not what the protocol promises, or the listing would never end.
    """
    course = Course(start)
    seen: set[object] = set()
    while True:
        page = await fetch(start)
        listing.shape.check(page)
        entries = page[listing.entries]
        if identity is not None:
            entries = list({entry[identity]: entry for entry in entries if entry[identity] not in seen}.values())
            seen.update(entry[identity] for entry in entries)
        yield map(read, entries)
        start = page[listing.next_]
        if start is None or (identity is not None and not entries):
            return
        if identity is None:
            course.advance(start, has_entries=bool(entries))
