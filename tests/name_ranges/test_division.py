"""Ranges are divided as a cluster does it: as long as some of its threads would have nothing to do."""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Callable
from itertools import chain
from math import inf

import pytest
from hypothesis import given, strategies as st
from tests.name_ranges import shapes
from tests.name_ranges.shapes import SortedNames

from b2sdk.name_ranges.division import MOST_WAYS, SAMPLE_SIZE, PartSize, Sample, SampledEntry, divide
from b2sdk.name_ranges.scale import Scale, Span
from b2sdk.values.name_range import ALL_NAMES, NameRange

MILLION = 1_000_000
ANY_SIZE = 10**15


def limits(of: SortedNames, names: NameRange) -> tuple[int, int]:
    return bisect_left(of, names.start), len(of) if names.end is None else bisect_left(of, names.end)


def sample(of: SortedNames, names: NameRange = ALL_NAMES, size: int = 1) -> Sample:
    start, end = limits(of, names)
    some = range(start, min(end, start + SAMPLE_SIZE))
    return Sample([SampledEntry(of[number], size) for number in some], end - start < SAMPLE_SIZE)


def divided(of: SortedNames, wanted: int, most: PartSize) -> tuple[list[NameRange], int]:
    """Divide all names until there are so many ranges, or none can be divided; return how many samples that took."""
    waiting, done, samples = deque([ALL_NAMES]), list[NameRange](), 0
    while waiting:
        names = waiting.popleft()
        ways = min(MOST_WAYS, wanted // (len(waiting) + len(done) + 1))
        parts = [names]
        if ways > 1:
            samples += 1
            parts = divide(names, [sample(of, names)], most, ways)
        if len(parts) > 1:
            waiting.extend(parts)
        else:
            done.append(names)
    return sorted(done, key=lambda names: names.start), samples


@pytest.mark.parametrize("shape", [shapes.numbers, shapes.photos, shapes.hashes, shapes.days, shapes.one_large_folder])
def test_a_million_names_are_divided_for_few_samples(shape: Callable[[int], SortedNames]) -> None:
    of = shape(MILLION)
    parts, samples = divided(of, 64, PartSize(5000, ANY_SIZE))
    assert [parts[0].start, *(names.start for names in parts[1:]), None] == ["", *(names.end for names in parts)]
    assert samples <= 64, "of the thousand transactions that a listing takes"
    lengths = [end - start for start, end in (limits(of, names) for names in parts)]
    assert sum(lengths) == MILLION
    if shape is not shapes.one_large_folder:  # what is in the middle is known to who comes there
        assert sum(length > 0 for length in lengths) >= 10


def test_what_is_small_enough_is_not_divided() -> None:
    of = shapes.numbers(10_000)
    assert divide(ALL_NAMES, [sample(of)], PartSize(10**7, ANY_SIZE), MOST_WAYS) == [ALL_NAMES]
    names = NameRange("0000000", "0008000")
    assert divide(names, [sample(of, names)], PartSize(6000, ANY_SIZE), MOST_WAYS) == [names]
    assert len(divide(names, [sample(of, names)], PartSize(4000, ANY_SIZE), MOST_WAYS)) == 3


def test_few_large_files_are_divided_by_their_size() -> None:
    of = [f"{number:02}" for number in range(20)]
    parts = divide(ALL_NAMES, [sample(of, size=30)], PartSize(1000, 100), 2)
    assert [names.start for names in parts] == ["", "04", "08", "12", "16"]
    names = NameRange("", "9")
    assert len(divide(names, [sample(shapes.numbers(5000), names, 100)], PartSize(10**6, 25_000), 8)) == 8


def test_the_place_with_more_names_counts() -> None:
    few, many = sample(["a", "b"]), sample(shapes.numbers(MILLION))
    for samples in ([few, many], [many, few]):
        assert len(divide(NameRange("", "2"), samples, PartSize(1000, ANY_SIZE), 8)) > 1


@pytest.mark.parametrize("of", [[], ["a"], ["a"] * 3000])
def test_what_cannot_be_divided_is_not(of: list[str]) -> None:
    assert divide(ALL_NAMES, [sample(of)], PartSize(1, ANY_SIZE), MOST_WAYS) in ([ALL_NAMES], [NameRange("", None)])


@given(
    st.lists(st.text("ab/\U0010ffff", max_size=5), max_size=30).map(sorted),
    st.text("ab", max_size=2),
    st.none() | st.text("ab\U0010ffff", min_size=1, max_size=3),
    st.integers(1, 20),
    st.booleans(),
    st.integers(2, 16),
)
def test_parts_are_the_whole(of: list[str], start: str, end: str | None, most: int, is_all: bool, ways: int) -> None:
    names = NameRange(start, end) if end is None or start < end else NameRange(start)
    entries = [SampledEntry(name, 1) for name in of if name in names]
    parts = divide(names, [Sample(entries, is_all or not entries)], PartSize(most, 10), ways)
    assert [*chain.from_iterable([entry.name for entry in entries if entry.name in part] for part in parts)] == [
        entry.name for entry in entries
    ]
    assert (parts[0].start, parts[-1].end) == (names.start, names.end)


def test_more_names_than_a_number_can_say_are_infinitely_many() -> None:
    scale, prefix = Scale(), "z9Z/" * 60
    for name in (prefix + "0000", prefix + "0009", "\u4e00" * 200):
        scale.learn(name)
    assert scale.estimate(Span(prefix + "0000", prefix + "0009", 10), prefix + "0000", "\U0010ffff") == inf
