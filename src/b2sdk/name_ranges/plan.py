"""Which pages of a listing are requested next, when several may be under way at once.

The names are divided into ranges. Each is read page after page, and ends where the next one begins: at a name, so that
the versions of one name are never apart. A worker with nothing to do divides a range still to be read, at a name
that is estimated from those seen, and takes what is behind it.

A page costs a transaction for each started thousand of the entries returned. Those that are read twice, and thousands
that were merely started, are waste, which never exceeds a tenth of what one page after the other costs:

- Each range may waste one transaction at its end, as its last thousand is merely started; so there are only as many
  ranges as the entries that have come allow: two behind the first page of 10,000.
- A request says with its prefix how far it reaches, or asks for so few entries that it wastes no more than it may.
- What is behind the reach of a request can be divided while it is under way.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from itertools import takewhile
from math import ceil
from typing import Generic, NamedTuple, TypeVar

from b2sdk.costs import transactions_of_page
from b2sdk.name_ranges.scale import Scale, Span, first_behind, prefixes
from b2sdk.paging import Course
from b2sdk.protocol_constants import ENTRIES_PER_TRANSACTION
from b2sdk.values.name_range import ALL_NAMES, NameRange

P = TypeVar("P")
Place = tuple[str, "str | None"]
"""The name, and the id where there are several of a name, with which a page begins."""
MOST_WASTE = 0.1
"""Of what the transactions of one page after the other cost."""
_DEFAULT_PAGE_SIZE = 100
"""Entries in a page, by default."""
_MOST_PAGES_PER_WORKER = 4
"""Under way and waiting, however small they are."""
_TINY = 1e-6
"""More than floating point numbers are wrong by."""
_NEARLY_FULL = 0.75
"""Which part of a page is to be expected at least where a prefix is to reach."""
_PLENTY = 16
"""Transactions. If fewer may be wasted, a range ends where a prefix does, so that no request wastes more."""
_BEST_EXACT_PAGES = 1.5
_MOST_EXACT_PAGES = 4
"""How far away that is, rather and at most."""
_FEWEST_ENTRIES = 2000
"""To be expected behind a name, if a range is to be divided there."""


class Reading(NamedTuple):
    """What a page says of the names in it."""

    first: str | None
    """The first name; ``None`` if the page is empty."""
    entries: int
    """How many were returned."""
    wanted: int
    """How many of them are before the end of the range."""
    following: Place | None
    """Where the next page begins."""
    size: int
    """How many bytes of memory the page takes."""


class PageRequest:
    """A page to be requested."""

    def __init__(self, start: Place, end: str | None, prefix: str, count: int | None) -> None:
        self.start = start
        self.end = end
        """The first name that belongs to another range, if the page may reach beyond it."""
        self.prefix = prefix
        self.count = count
        """Up to how many entries; ``None`` is what the service does by default."""


class _Habit(NamedTuple):
    """What depends on whether pages wait for those before them."""

    pages_per_range: int
    """With longer ranges, more pages wait; shorter ones waste more."""
    share_under_way: float
    """Which part of the room the pages under way may take. Where more is taken, pages become smaller."""


_IN_ORDER = _Habit(2, 0.5)
_AS_THEY_COME = _Habit(8, 1.0)


class _Kept(Generic[P]):
    """A page that has come and was not released."""

    def __init__(self, page: P, size: int, following: str | None) -> None:
        self.page = page
        self.size = size
        self.following = following
        """The name with which the next page of its range begins."""


class _Range(Generic[P]):
    def __init__(self, start: Place, end: str | None, span: Span | None) -> None:
        self.start = start
        """Where the next page begins, or the one that is under way."""
        self.end = end
        self.limit = end
        """From which on there are no names up to the end."""
        self.course: Course[Place] = Course(start)
        self.span = span
        """A stretch of names near this range."""
        self.pages: deque[_Kept[P]] = deque()
        self.request: PageRequest | None = None
        self.expected_size = 0
        """Bytes of the page that is under way, if it is full."""
        self.reach: str | None = None
        """The first name that the request cannot reach."""
        self.is_guessed = False
        """Whether the service did not say that there is something where the next page begins."""
        self.most_waste = 0
        """Transactions that the request may waste, besides the one at the end of the range."""
        self.is_over = False
        self.has_entries = False
        self.was_empty = False
        """Whether the last page was."""


class NameRanges(Generic[P]):
    """The ranges of one listing, with the pages that have come and were not released yet.

    The pages under way and waiting take no more than ``most_bytes``, and one that all others wait for; of those under
    way it is expected that their entries take no more than others did. There are no more than four for each worker.
    """

    def __init__(
        self,
        prefix: str,
        page_size: int | None,
        workers: int,
        most_bytes: int,
        names: NameRange = ALL_NAMES,
        *,
        in_order: bool = True,
    ) -> None:
        """Nothing is known of the names yet.

        :param prefix: what all names begin with.
        :param page_size: the most entries that a request asks for; ``None`` is what the service does by default.
        :param workers: how many requests may be under way at once.
        :param most_bytes: how many bytes the pages may take that are under way and waiting. If pages of that size are
            too large for this, smaller ones are requested behind the first.
        :param names: which of the names are read.
        :param in_order: whether pages are released in the order of names, instead of as they come.
        """
        self._prefix = prefix
        self._in_order = in_order
        self._habit = _IN_ORDER if in_order else _AS_THEY_COME
        self._asked_size = page_size
        self._page_size = _DEFAULT_PAGE_SIZE if page_size is None else page_size
        self._workers = workers
        self._most_bytes = most_bytes
        self._entry_size = 0.0
        """Bytes of an entry, as far as is known."""
        self._scale = Scale()
        # Where all names of the prefix end before the range does, the last page tells it.
        end = names.end if names.end is not None and names.end.startswith(prefix) else None
        self._ranges: list[_Range[P]] = [_Range((max(prefix, names.start), None), end, None)]
        self._under_way = 0
        self._last: _Range[P] | None = None
        """Of which the last page was released."""
        self._following: str | None = None
        """The name with which the page after that begins."""
        self._awaited: _Range[P] | None = self._ranges[0]
        """Whose page comes next, whatever else has come; ``None`` is any."""
        self.kept: int = 0
        """Bytes of the pages that have come, and of those under way if they are full."""
        self._entries = 0
        self._waste = 0.0
        self._unit = self._page_size / transactions_of_page(self._page_size)
        """For how many entries in full pages there is a transaction."""

    @property
    def is_over(self) -> bool:
        """Whether all pages have come and were released."""
        return all(one.is_over and not one.pages for one in self._ranges)

    def next_request(self) -> PageRequest | None:
        """Return what is to be requested now; ``None`` if there is nothing until a page has come or was released."""
        if self._under_way >= self._workers:
            return None
        ready = [one for one in self._ranges if one.request is None and not one.is_over]
        if ready:
            one = next((one for one in ready if one is self._awaited), ready[0])
            if not self._may_keep_more(one):
                return None
            if self._workers - self._under_way > len(ready):
                self._divide(one, one.start[0])
            return self._request(one)
        new = self._divide_what_is_under_way()
        return None if new is None else self._request(new)

    def take(self, request: PageRequest, page: P, reading: Reading) -> None:
        """Take a page that has come.

        :raises UnexpectedCloudBehaviour: the listing would never end.
        """
        one = next(one for one in self._ranges if one.request is request)
        self._under_way -= 1
        self.kept += reading.size - one.expected_size
        start, reach = one.start, one.reach
        one.request, one.reach, one.most_waste, one.was_empty = None, None, 0, not reading.entries
        if reading.wanted:
            one.has_entries = True
        if reading.entries:
            one.pages.append(_Kept(page, reading.size, reading.following and reading.following[0]))
        self._count(reading, self._size(request))
        self._measure(reading)
        self._proceed(one, reading.following, reach, bool(reading.entries))
        if reading.first is not None:
            self._scale.learn(reading.first)
            last = one.start[0]
            if last > reading.first and reading.wanted:
                one.span = Span(max(start[0], reading.first), last, reading.wanted)
        if one.is_over and not one.has_entries:
            self._forget(one)

    def release(self, last_name: str | None = None) -> P | None:
        """Return the page that comes next, if it has come; it is not kept any more.

        :param last_name: the last name in the page before: of a name with more versions, these come next. It only
            matters if pages are not released in order.
        """
        while len(self._ranges) > 1 and self._ranges[0].is_over and not self._ranges[0].pages:
            del self._ranges[0]  # others stay, so that each range ends where the next one begins
        self._awaited = self._next_to_come(last_name)
        one = self._awaited or next((one for one in self._ranges if one.pages), None)
        if one is None or not one.pages:
            return None
        kept = one.pages.popleft()
        self.kept -= kept.size
        self._last, self._following = one, kept.following
        return kept.page

    def _next_to_come(self, last_name: str | None) -> _Range[P] | None:
        if self._in_order:
            return self._ranges[0]
        last = self._last
        if last is None or last_name is None or last_name != self._following or (last.is_over and not last.pages):
            return None
        return last

    # --- what a request may cost ---

    def _count(self, reading: Reading, size: int) -> None:
        self._entries += reading.wanted
        is_short = reading.following is not None and reading.wanted == reading.entries < size
        if not is_short:  # which would have cost the same one page after the other
            self._waste += transactions_of_page(reading.entries) - reading.wanted / self._unit

    def _allowance(self) -> float:
        """Return how many more transactions may be wasted than may be already."""
        open_ranges = [one for one in self._ranges if not one.is_over]
        most = self._waste + len(open_ranges) + sum(one.most_waste for one in open_ranges)
        if not all(one.is_guessed or one.most_waste for one in open_ranges):
            # A page that begins with an entry wastes less than a transaction, so that the whole of them is less, too.
            most = ceil(most - _TINY) - 1
        return MOST_WASTE * self._entries / self._unit - most + _TINY

    def _size(self, request: PageRequest) -> int:
        return self._page_size if request.count is None else request.count

    def _may_keep_more(self, one: _Range[P]) -> bool:
        return one is self._awaited or self._is_room()

    def _is_room(self) -> bool:
        pages = self._under_way + sum(len(one.pages) for one in self._ranges)
        is_few = pages < _MOST_PAGES_PER_WORKER * self._workers
        return is_few and self.kept + self._page_size * self._entry_size <= self._most_bytes

    def _measure(self, reading: Reading) -> None:
        """Learn what entries take; if room becomes scarce, request so many from now on that some pages can wait."""
        if not reading.entries:
            return
        self._entry_size = max(self._entry_size, reading.size / reading.entries)
        room = self._most_bytes * self._habit.share_under_way
        most = int(room / self._workers / self._entry_size)
        if self.kept > room and most < self._page_size and self._page_size > ENTRIES_PER_TRANSACTION:
            self._page_size = max(1, most // ENTRIES_PER_TRANSACTION) * ENTRIES_PER_TRANSACTION

    # --- where a range is divided ---

    def _divide(self, one: _Range[P], start: str) -> _Range[P] | None:
        """Divide a range behind ``start``, if that may pay; return the new range."""
        if one.span is None or self._allowance() < 1:
            return None
        wanted = min(self._habit.pages_per_range * self._page_size, self._expected(one, start) / 2)
        is_end_known = self._ranges[-1].limit is not None
        if wanted < min(_FEWEST_ENTRIES if is_end_known else self._page_size, self._page_size):
            return None
        exact = self._exact(one) if self._allowance() < _PLENTY and one.request is None else None
        place = self._scale.point(one.span, one.start[0], int(wanted)) if exact is None else exact
        if place is None or place <= one.start[0]:
            return None
        place = max(place, start)
        if not place.startswith(self._prefix) or (one.limit is not None and place >= one.limit):
            return None
        new: _Range[P] = _Range((place, None), one.end, one.span)
        new.limit, new.is_guessed = one.limit, True
        one.end = one.limit = place
        self._ranges.insert(self._ranges.index(one) + 1, new)
        return new

    def _divide_what_is_under_way(self) -> _Range[P] | None:
        divisible = [one for one in self._ranges if one.reach is not None and self._may_keep_more_behind(one)]
        most = self._habit.pages_per_range * self._page_size
        for one in sorted(divisible, key=lambda one: -min(most, self._expected(one, one.reach or ""))):
            new = self._divide(one, one.reach or "")
            if new is not None:
                return new
        return None

    def _may_keep_more_behind(self, one: _Range[P]) -> bool:
        is_read = one.reach is not None and one.end is not None and one.reach >= one.end
        guesses = 0 if one.has_entries else sum(not other.has_entries for other in self._ranges) + 1
        return not is_read and self._allowance() > 2 * guesses and self._is_room()

    def _expected(self, one: _Range[P], start: str) -> float:
        """Return how many entries are to be expected from a name to the end of a range."""
        if one.span is None or one.limit is None:
            return float("inf")
        return self._scale.estimate(one.span, start, one.limit)

    # --- what is requested ---

    def _request(self, one: _Range[P]) -> PageRequest:
        prefix, count, one.reach, one.most_waste = self._choose(one)
        end = one.end if one.reach is None else None
        is_default = self._asked_size is None and count == self._page_size
        one.request = PageRequest(one.start, end, prefix, None if is_default else count)
        one.expected_size = int(count * self._entry_size)
        self._under_way += 1
        self.kept += one.expected_size
        return one.request

    def _choose(self, one: _Range[P]) -> tuple[str, int, str | None, int]:
        """Return prefix and count, the first name that is not reached, and what may be wasted besides."""
        name, full = one.start[0], self._page_size
        allowance = int(self._allowance())
        if one.end is None:
            # Behind an empty page there may be nothing, which only a request without end can tell.
            bounded = self._longest(one) if allowance >= 2 and not one.was_empty else None
            return (self._prefix, full, None, 0) if bounded is None else (bounded[0], full, bounded[1], 1)
        expected = self._expected(one, name)
        least = min(full, ENTRIES_PER_TRANSACTION)
        about = int(expected * 0.8 / least) * least if expected < 4 * full else full
        count = max(least, min(full, about, (1 + max(0, allowance)) * least))
        end = one.end
        bounded = next((found for found in self._bounded(one) if found[1] <= end), None)
        if bounded is not None:
            prefix, behind, inside = bounded
            besides = 0 if behind == end else 1
            if besides <= allowance and min(full, inside) >= min(count, expected):
                return prefix, full, behind, besides
        return self._prefix, count, None, transactions_of_page(count) - 1

    def _bounded(self, one: _Range[P]) -> Iterator[tuple[str, str, float]]:
        """Yield what the name where a range is begins with, shortest first, with the first name behind all that do so
        too, and how many entries are to be expected before that.
        """
        if one.span is None:
            return
        name = one.start[0]
        for prefix in prefixes(name, self._prefix):
            behind = first_behind(prefix)
            if behind is not None and behind.startswith(self._prefix):
                yield prefix, behind, self._scale.estimate(one.span, name, behind)

    def _longest(self, one: _Range[P]) -> tuple[str, str, float] | None:
        """Return the last of them before which about a page is to be expected."""
        suitable = takewhile(lambda found: found[2] >= _NEARLY_FULL * self._page_size, self._bounded(one))
        return next(iter(deque(suitable, maxlen=1)), None)

    def _exact(self, one: _Range[P]) -> str | None:
        """Return the first name behind a prefix, with which a range might end."""
        found = [
            (behind, expected / self._page_size)
            for _, behind, expected in self._bounded(one)
            if _NEARLY_FULL <= expected / self._page_size <= _MOST_EXACT_PAGES
        ]
        best = next((behind for behind, pages in found if pages <= _BEST_EXACT_PAGES), None)
        return best if best is not None or not found else found[-1][0]

    # --- what comes of a page ---

    def _proceed(self, one: _Range[P], following: Place | None, reach: str | None, has_entries: bool) -> None:
        if following is not None:
            self._scale.learn(following[0])
        if reach is not None and (following is None or following[0] >= reach):
            one.start, one.is_guessed = (reach, None), True
            one.course = Course(one.start)
        elif following is None:
            one.is_over = True
        else:
            one.start, one.is_guessed = one.course.advance(following, has_entries), False
        if one.limit is not None and one.start[0] >= one.limit:
            one.is_over = True

    def _forget(self, empty: _Range[P]) -> None:
        """Let the range before one without names end where that does."""
        index = self._ranges.index(empty)
        if not index or self._ranges[index - 1].is_over:
            return
        before = self._ranges[index - 1]
        before.end = empty.end  # and its limit stays
        del self._ranges[index]
