"""The service that is listed here is a list of names; a million of them are listed in a time of its own."""

from __future__ import annotations

import os
from bisect import bisect_left
from collections.abc import Callable
from itertools import chain, groupby
from operator import itemgetter

import pytest
from hypothesis import given, settings, strategies as st
from tests.name_ranges import shapes
from tests.name_ranges.shapes import ENTRY_SIZE, PAGE_SIZE, SortedNames, one_page_after_the_other, several_at_once

from b2sdk.exception import UnexpectedCloudBehaviour
from b2sdk.name_ranges.plan import NameRanges, PageRequest, Place, Reading
from b2sdk.name_ranges.reading import FEWEST_BYTES as MOST_BYTES
from b2sdk.values.name_range import ALL_NAMES, NameRange

IS_LONG = bool(os.environ.get("B2SDK_LONG_TESTS"))
WORKERS = 8
Version = tuple[str, str]
"""The name, and the id: of a name, those with the lowest are listed first."""
NAMES = st.one_of(
    st.text("ab/0", min_size=1, max_size=6),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=3),
    st.integers(0, 999).map("{:03}".format),
    st.sampled_from(
        ["\U0010ffff", "\U0010ffff\U0010ffff", "a\U0010ffff", "a\U0010ffffb", "\ud7ff", "\ue000", "a", "ab"]
    ),
)
LONG = pytest.mark.skipif(not IS_LONG, reason="B2SDK_LONG_TESTS is not set")
SLOW_SHAPES = [shapes.words, shapes.chinese]
"""They take seconds to make."""
SHAPES = [
    shapes.numbers,
    shapes.photos,
    shapes.hashes,
    shapes.days,
    shapes.one_large_folder,
    *(SLOW_SHAPES if IS_LONG else []),
]
Shape = Callable[[int], SortedNames]


class Service:
    """Lists versions in pages."""

    def __init__(self, versions: list[Version]) -> None:
        self.versions = sorted(versions)
        self.requests = 0

    def page(self, request: PageRequest, most: int) -> tuple[list[Version], Place | None]:
        """Return a page, and where the next begins."""
        self.requests += 1
        name, id_ = request.start
        start = bisect_left(self.versions, (name, id_ or ""))
        rest = [one for one in self.versions[start:] if one[0].startswith(request.prefix)]
        size = most if request.count is None else min(most, request.count)
        return rest[:size], rest[size] if size < len(rest) else None


class Listing:
    """Lists them in several ranges; which page comes next is up to ``choose``."""

    def __init__(
        self,
        service: Service,
        page_size: int,
        workers: int = WORKERS,
        prefix: str = "",
        names: NameRange = ALL_NAMES,
        *,
        in_order: bool = True,
    ) -> None:
        self.service = service
        self.page_size = page_size
        self.ranges: NameRanges[list[Version]] = NameRanges(
            prefix, page_size, workers, MOST_BYTES, names, in_order=in_order
        )
        self.under_way: list[tuple[PageRequest, list[Version], Place | None]] = []
        self.found: list[Version] = []

    def request_pages(self) -> bool:
        while (request := self.ranges.next_request()) is not None:
            self.under_way.append((request, *self.service.page(request, self.page_size)))
        return bool(self.under_way)

    def take_page(self, number: int) -> None:
        request, page, following = self.under_way.pop(number % len(self.under_way))
        wanted = [one for one in page if request.end is None or one[0] < request.end]
        self.ranges.take(
            request,
            wanted,
            Reading(page[0][0] if page else None, len(page), len(wanted), following, len(page) * ENTRY_SIZE),
        )
        while (released := self.ranges.release(self.found[-1][0] if self.found else None)) is not None:
            self.found += released

    def run(self, choices: list[int]) -> list[Version]:
        for step in range(10_000):
            if not self.request_pages():
                assert self.ranges.is_over
                return self.found
            assert len(self.under_way) <= WORKERS
            self.take_page(choices[step % len(choices)])
        raise AssertionError("it does not end")


@st.composite
def buckets(draw: st.DrawFn) -> list[Version]:
    names = draw(st.lists(NAMES, max_size=60, unique=True))
    counts = draw(st.lists(st.sampled_from([1, 1, 1, 2, 5]), min_size=len(names), max_size=len(names)))
    extra = draw(st.integers(0, 150))
    numbered = [f"{draw(st.sampled_from(['', 'a/', 'b/c/']))}{number:04}" for number in range(extra)]
    versions = {(name, f"{one}") for name, times in zip(names, counts, strict=True) for one in range(times)}
    return sorted(versions | {(name, "0") for name in numbered})


@settings(max_examples=20_000 if IS_LONG else 100, deadline=None)
@given(
    buckets(),
    st.integers(1, 6),
    st.integers(1, WORKERS),
    st.lists(st.integers(0, 7), min_size=1),
    NAMES | st.just(""),
    st.booleans(),
)
def test_each_version_comes_once_and_in_order(
    bucket: list[Version], page_size: int, workers: int, choices: list[int], prefix: str, in_order: bool
) -> None:
    service = Service(bucket)
    wanted = [one for one in bucket if one[0].startswith(prefix)]
    found = Listing(service, page_size, workers, prefix, in_order=in_order).run(choices)
    if in_order:
        assert found == wanted
    else:
        assert sorted(found) == wanted
        together = [list(versions) for _, versions in groupby(found, itemgetter(0))]
        assert sorted(together) == [list(versions) for _, versions in groupby(wanted, itemgetter(0))]
    pages = max(1, -(-len(wanted) // page_size))
    assert service.requests <= 1.1 * pages


@settings(max_examples=20_000 if IS_LONG else 100, deadline=None)
@given(buckets(), st.integers(1, 6), st.integers(1, WORKERS), st.lists(st.integers(0, 7), min_size=1), st.lists(NAMES))
def test_each_version_is_in_one_of_several_ranges(
    bucket: list[Version], page_size: int, workers: int, choices: list[int], points: list[str]
) -> None:
    service = Service(bucket)
    parts = ALL_NAMES.divide(*points)
    found = [Listing(service, page_size, workers, "", names).run(choices) for names in parts]
    assert [*chain.from_iterable(found)] == bucket
    pages = sum(max(1, -(-len(part) // page_size)) for part in found)
    assert service.requests <= 1.1 * pages + len(parts)


@settings(max_examples=5_000 if IS_LONG else 50, deadline=None)
@given(buckets(), st.data(), st.integers(1, 4), st.lists(st.integers(0, 7), min_size=1), st.booleans())
def test_names_that_come_and_go_take_none_with_them(
    bucket: list[Version], data: st.DataObject, page_size: int, choices: list[int], in_order: bool
) -> None:
    goes = data.draw(st.lists(st.booleans(), min_size=len(bucket), max_size=len(bucket)))
    stays = [one for one, is_going in zip(bucket, goes, strict=True) if not is_going]
    service = Service(bucket)
    listing = Listing(service, page_size, in_order=in_order)
    for step, choice in enumerate(choices * 200):
        if not listing.request_pages():
            assert listing.ranges.is_over
            break
        service.versions = stays if step % 2 else bucket
        listing.take_page(choice)
    found = listing.found if in_order else sorted(listing.found)
    assert [one for one in found if one in set(stays)] == stays


def test_without_order_what_comes_first_is_released_first() -> None:
    bucket = [(f"{number:03}", "0") for number in range(200)]
    found = Listing(Service(bucket), page_size=5, workers=2, in_order=False).run([1])
    assert sorted(found) == bucket
    assert found != bucket


def test_waste_that_adds_up_to_whole_transactions_is_not_too_much() -> None:
    numbers = [*range(44), *range(50, 56)]
    in_folder = [*range(44, 50), *range(56, 65)]
    service = Service([(f"{number:04}", "0") for number in numbers] + [(f"a/{number:04}", "0") for number in in_folder])
    assert len(Listing(service, page_size=5, workers=2).run([0])) == 65
    assert service.requests <= 1.1 * 13


def test_short_pages_and_empty_ones_are_followed() -> None:
    bucket = [(f"{number:03}", "0") for number in range(200)]
    service = Service(bucket)
    listing = Listing(service, page_size=5)
    service.page = lambda request, most: Service.page(service, request, min(3, most))  # type: ignore[method-assign]
    assert listing.run([3, 1, 0, 5]) == bucket


def test_what_never_ends_is_an_error() -> None:
    listing = Listing(Service([]), page_size=2)
    pages = {"": ("a", "b"), "b": ("b", "c"), "c": ("c", "b")}

    def page(request: PageRequest, most: int) -> tuple[list[Version], Place | None]:
        name, following = pages.get(request.start[0], ("d", "c"))
        return [(name, "0"), (name, "1")], (following, None)

    listing.service.page = page  # type: ignore[method-assign]
    with pytest.raises(UnexpectedCloudBehaviour, match="would never end"):
        listing.run([0])


@pytest.mark.parametrize("size", [0, 1, 999, 1000, PAGE_SIZE - 1, PAGE_SIZE])
@pytest.mark.parametrize("shape", [shapes.numbers, shapes.hashes])
def test_one_page_is_one_request(shape: Shape, size: int) -> None:
    assert several_at_once(shape(size), WORKERS, MOST_BYTES).transactions == one_page_after_the_other(size).transactions


@pytest.mark.parametrize("size", [10_001, 12_345, 20_000, 20_001, 35_000, 77_777, 100_000, 250_001])
@pytest.mark.parametrize("shape", SHAPES)
def test_no_more_than_a_tenth_is_wasted(shape: Shape, size: int) -> None:
    several, one = several_at_once(shape(size), WORKERS, MOST_BYTES), one_page_after_the_other(size)
    assert several.transactions <= 1.1 * one.transactions
    assert several.seconds <= 1.06 * one.seconds


def test_workers_wait_while_too_many_pages_are_kept() -> None:
    few, many = (several_at_once(shapes.numbers(400_000), WORKERS, most) for most in (20_000_000, MOST_BYTES))
    assert few.most_kept <= 20_000_000 + PAGE_SIZE * ENTRY_SIZE
    assert many.most_kept <= MOST_BYTES + PAGE_SIZE * ENTRY_SIZE
    assert few.seconds >= many.seconds


@pytest.mark.parametrize(
    ("shape", "in_order", "as_they_come"),
    [
        (shapes.numbers, 0.175, 0.175),
        (shapes.photos, 0.175, 0.175),
        (shapes.hashes, 0.33, 0.23),
        (shapes.days, 0.69, 0.25),
        (shapes.one_large_folder, 0.22, 0.19),
        pytest.param(shapes.words, 0.29, 0.18, marks=LONG),
        pytest.param(shapes.chinese, 0.25, 0.20, marks=LONG),
    ],
)
def test_a_million_names_take_a_fraction_of_the_time(shape: Shape, in_order: float, as_they_come: float) -> None:
    names = shape(1_000_000)
    one = one_page_after_the_other(len(names))
    for most_of_the_time, is_in_order in ((in_order, True), (as_they_come, False)):
        several = several_at_once(names, WORKERS, MOST_BYTES, in_order=is_in_order)
        assert several.transactions <= 1.1 * one.transactions
        assert several.seconds <= most_of_the_time * one.seconds
