from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from b2sdk.exception import InvalidUserInput, MaxFileSizeExceeded
from b2sdk.transfer.limits import PartLimits, choose_part_limits, choose_part_ranges, copy_sizes, even_sizes

VECTORS = json.loads((Path(__file__).parent.parent / "data" / "planning-vectors.json").read_text())


def test_the_account_and_the_defaults_decide_where_nothing_is_asked_for() -> None:
    assert choose_part_limits(100_000_000) == PartLimits(5_000_000, 100_000_000, 5_000_000_000)


def test_a_small_recommendation_makes_the_minimum_small() -> None:
    assert choose_part_limits(200) == PartLimits(200, 200, 5_000_000_000)


@pytest.mark.parametrize("recommended", [5_000_000_001, 10**13])
def test_a_recommendation_beyond_what_a_part_may_have_is_not_believed(recommended: int) -> None:
    assert choose_part_limits(recommended) == PartLimits(5_000_000, 5_000_000_000, 5_000_000_000)
    assert choose_part_limits(recommended, minimum=6_000_000_000).recommended == 6_000_000_000


@pytest.mark.parametrize("recommended", [0, -1])
def test_a_recommendation_of_nothing_is_refused(recommended: int) -> None:
    with pytest.raises(InvalidUserInput, match="part sizes have to be positive"):
        choose_part_limits(recommended)


def test_a_large_recommendation_makes_the_maximum_large() -> None:
    assert choose_part_limits(200, recommended=6_000_000_000).maximum == 6_000_000_000


def test_the_recommendation_gives_way_to_an_explicit_minimum() -> None:
    assert choose_part_limits(200, minimum=300) == PartLimits(300, 300, 5_000_000_000)


def test_the_recommendation_gives_way_to_an_explicit_maximum() -> None:
    assert choose_part_limits(200, maximum=100) == PartLimits(100, 100, 100)


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        (
            {"minimum": 100, "maximum": 50},
            "min_part_size value (100) exceeding recommended_upload_part_size value (50)",
        ),
        (
            {"minimum": 30, "recommended": 20},
            "min_part_size value (30) exceeding recommended_upload_part_size value (20)",
        ),
        (
            {"recommended": 60, "maximum": 50},
            "recommended_upload_part_size value (60) exceeding max_part_size value (50)",
        ),
        ({"recommended": 0}, "part sizes have to be positive"),
        ({"minimum": -1}, "part sizes have to be positive"),
        ({"maximum": 0}, "part sizes have to be positive"),
    ],
)
def test_sizes_that_contradict_each_other_are_refused(sizes: dict[str, int], message: str) -> None:
    with pytest.raises(InvalidUserInput) as caught:
        choose_part_limits(200, **sizes)
    assert str(caught.value) == message


def test_a_file_of_two_million_small_bytes_gets_larger_parts() -> None:
    assert PartLimits(10, 100, 5_000_000_000).for_total(2_000_000).recommended == 300


def test_a_recommended_size_never_grows_over_the_maximum() -> None:
    assert PartLimits(10, 100, 200).for_total(2_000_000).recommended == 200


@given(st.integers(0, 10**13))
def test_the_default_limits_keep_every_file_within_ten_thousand_parts(length: int) -> None:
    limits = choose_part_limits(100_000_000).for_total(length)
    assert length <= 10_000 * limits.recommended


def test_a_file_of_more_than_ten_terabytes_is_refused() -> None:
    with pytest.raises(MaxFileSizeExceeded) as caught:
        choose_part_limits(200).for_total(10**13 + 1)
    assert (caught.value.size, caught.value.max_allowed_size) == (10**13 + 1, 10**13)


@pytest.mark.parametrize(("length", "minimum", "ranges"), VECTORS["choose_part_ranges"])
def test_part_ranges_are_those_of_b2sdk(length: int, minimum: int, ranges: list[list[int]]) -> None:
    assert choose_part_ranges(length, minimum) == [tuple(range_) for range_ in ranges]


@pytest.mark.parametrize(("length", "minimum"), [(100, 60), (0, 5), (10, 0)])
def test_part_ranges_need_two_parts(length: int, minimum: int) -> None:
    with pytest.raises(ValueError, match="cannot be divided"):
        choose_part_ranges(length, minimum)


@pytest.mark.parametrize(("length", "count", "ranges"), VECTORS["gen_parts"])
def test_even_sizes_are_those_of_b2sdk(length: int, count: int, ranges: list[list[int]]) -> None:
    assert list(even_sizes(length, count)) == [last - first + 1 for first, last in ranges]


@pytest.mark.parametrize(
    ("length", "sizes"),
    [(500, [500]), (501, [167] * 3), (750, [375] * 2), (1000, [500] * 2), (1001, [251, 250, 250, 250]), (1, [1])],
)
def test_copies_are_divided_as_by_b2sdk(length: int, sizes: list[int]) -> None:
    assert copy_sizes(length, 500) == sizes


@given(st.integers(1, 10**6), st.integers(100, 10**6))
def test_copies_stay_within_the_maximum_and_differ_by_one_at_most(length: int, maximum: int) -> None:
    sizes = copy_sizes(length, maximum)
    assert sum(sizes) == length
    assert max(sizes) <= maximum
    assert max(sizes) - min(sizes) <= 1
