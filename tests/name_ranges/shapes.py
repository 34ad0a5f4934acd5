"""Buckets of a million names in the shapes that names have, and how long a listing takes, in a time of its own."""

from __future__ import annotations

import heapq
import random
from bisect import bisect_left
from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol

from b2sdk.name_ranges.plan import NameRanges, PageRequest, Reading
from b2sdk.name_ranges.scale import first_behind

PAGE_SIZE = 10_000
ENTRY_SIZE = 650
Pages = range
"""The numbers of the names in a page."""


class SortedNames(Protocol):
    def __len__(self) -> int: ...
    def __getitem__(self, number: int, /) -> str: ...


class Names:
    """Names in order, each of which is made of its number when it is needed."""

    def __init__(self, size: int, name: Callable[[int], str]) -> None:
        self._size = size
        self._name = name

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, number: int, /) -> str:
        return self._name(number)


def numbers(size: int) -> SortedNames:
    return Names(size, lambda number: f"{number:07}")


def photos(size: int) -> SortedNames:
    return Names(size, lambda number: f"photos/file{number:06}.jpg")


def hashes(size: int) -> SortedNames:
    return Names(size, lambda number: f"{(number << 128) // size + number * 7919 % (1 << 100):032x}")


def days(size: int) -> SortedNames:
    """Ten years with twelve months of 28 days; all days have the same number of files."""
    a_day = -(-size // (10 * 12 * 28))

    def name(number: int) -> str:
        day, of_the_day = divmod(number, a_day)
        return f"{2015 + day // 336}/{day // 28 % 12 + 1:02}/{day % 28 + 1:02}/img_{of_the_day:04}.jpg"

    return Names(size, name)


def one_large_folder(size: int) -> SortedNames:
    """Between 312 folders of ten files."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    small = [f"{first}{second}/{number}" for first in letters for second in "abcdefghijkl" for number in range(10)]
    before = [name for name in small if name < "logs/"][: size // 2]
    behind = [name for name in small if name > "logs/"][: size // 2]
    inside = size - len(before) - len(behind)

    def name(number: int) -> str:
        if number < len(before):
            return before[number]
        number -= len(before)
        return f"logs/{number:08}" if number < inside else behind[number - inside]

    return Names(size, name)


def words(size: int) -> SortedNames:
    """With the letters about as frequent as in English."""
    chosen, letters = (
        random.Random(1),
        "eeeeeeeeeeeetttttttttaaaaaaaaooooooooiiiiiiinnnnnnnsssssshhhhhhrrrrrrddddlllcccuuummwwffggyyppbbvkjxqz",
    )
    return _distinct(size, lambda: "".join(chosen.choices(letters, k=chosen.randint(4, 12))))


def chinese(size: int) -> SortedNames:
    chosen, characters = random.Random(1), [chr(code) for code in range(0x4E00, 0x9FA0)]
    return _distinct(size, lambda: "文/" + "".join(chosen.choices(characters, k=chosen.randint(2, 5))) + ".txt")


def _distinct(size: int, make: Callable[[], str]) -> list[str]:
    found: set[str] = set()
    while len(found) < size:
        found.add(make())
    return sorted(found)


def transactions(entries: int) -> int:
    return max(1, -(-entries // 1000))


def seconds(entries: int) -> float:
    """A second for a page, and the way to the service and back."""
    return 0.05 + entries / PAGE_SIZE


class Spent(NamedTuple):
    seconds: float
    transactions: int
    requests: int
    most_kept: int
    """Bytes."""


def one_page_after_the_other(size: int) -> Spent:
    pages = [PAGE_SIZE] * (size // PAGE_SIZE)
    if size % PAGE_SIZE or not pages:
        pages.append(size % PAGE_SIZE)
    return Spent(sum(map(seconds, pages)), sum(map(transactions, pages)), len(pages), PAGE_SIZE * ENTRY_SIZE)


def several_at_once(names: SortedNames, workers: int, most_bytes: int, *, in_order: bool = True) -> Spent:
    """List them, and check that each comes once, and in order if so wanted."""
    ranges: NameRanges[Pages] = NameRanges("", PAGE_SIZE, workers, most_bytes, in_order=in_order)
    under_way: list[tuple[float, int, PageRequest, Pages]] = []
    released: list[Pages] = []
    now, spent, requests, most_kept = 0.0, 0, 0, 0
    while True:
        while (request := ranges.next_request()) is not None:
            page = _page(names, request)
            requests += 1
            spent += transactions(len(page))
            heapq.heappush(under_way, (now + seconds(len(page)), requests, request, page))
        if not under_way:
            assert ranges.is_over
            in_sequence = released if in_order else sorted(released, key=lambda page: page.start)
            starts = [page.start for page in in_sequence]
            assert [*starts, len(names)] == [0, *(page.stop for page in in_sequence)]
            return Spent(now, spent, requests, most_kept)
        now, _, request, page = heapq.heappop(under_way)
        wanted = page if request.end is None else page[: max(0, bisect_left(names, request.end) - page.start)]
        ranges.take(request, wanted, _reading(names, request, page, wanted))
        released += filter(len, _released(ranges))
        most_kept = max(most_kept, ranges.kept)


def _page(names: SortedNames, request: PageRequest) -> Pages:
    start, behind = bisect_left(names, request.start[0]), first_behind(request.prefix)
    stop = len(names) if behind is None else bisect_left(names, behind)
    return range(start, min(stop, start + (request.count or PAGE_SIZE)))


def _reading(names: SortedNames, request: PageRequest, page: Pages, wanted: Pages) -> Reading:
    is_last = page.stop == len(names) or not names[page.stop].startswith(request.prefix)
    following = None if is_last else (names[page.stop], None)
    return Reading(names[page.start] if page else None, len(page), len(wanted), following, len(page) * ENTRY_SIZE)


def _released(ranges: NameRanges[Pages]) -> Iterator[Pages]:
    while (page := ranges.release()) is not None:
        yield page
