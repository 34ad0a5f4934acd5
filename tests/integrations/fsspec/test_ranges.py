from __future__ import annotations

import itertools

import hypothesis.strategies as st
import pytest
from hypothesis import given

from b2sdk.integrations.fsspec import ranges as module
from b2sdk.integrations.fsspec.ranges import LONGEST_RANGE, cut, merge_ranges

bounds = st.tuples(st.integers(0, 60), st.integers(0, 60))


@given(st.lists(bounds), st.integers(0, 10), st.integers(0, 50))
def test_ranges_are_cut_out_of_what_is_fetched_for_them(wanted: list[tuple[int, int]], gap: int, size: int) -> None:
    content = bytes(range(size))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "LONGEST_RANGE", 7)
        merged = merge_ranges(wanted, gap)
    fetched = [((start, stop), content[start:stop]) for start, stop in merged]
    assert [cut(fetched, one) for one in wanted] == [content[start:stop] for start, stop in wanted]
    assert all(stop - start <= 7 for start, stop in merged)
    assert merged == sorted(merged)
    assert all(before[1] <= after[0] for before, after in itertools.pairwise(merged))


@pytest.mark.parametrize(
    ("ranges", "merged"),
    [
        ([(0, 10), (20, 30)], [(0, 30)]),
        ([(20, 30), (0, 9)], [(0, 9), (20, 30)]),
        ([(5, 5), (7, 6)], []),
        ([(0, LONGEST_RANGE + 1)], [(0, LONGEST_RANGE), (LONGEST_RANGE, LONGEST_RANGE + 1)]),
    ],
)
def test_neighbours_are_merged_and_long_ranges_divided(
    ranges: list[tuple[int, int]], merged: list[tuple[int, int]]
) -> None:
    assert merge_ranges(ranges, 10) == merged
