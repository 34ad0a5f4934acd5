from __future__ import annotations

import copy
import dataclasses
import pickle
from typing import Any

import pytest
from hypothesis import given, strategies as st

from b2sdk.values.byte_range import EMPTY_RANGE, LastBytes, Range, range_header


@st.composite
def ranges(draw: st.DrawFn) -> Range:
    start = draw(st.integers(0, 10**12))
    return Range(start, start + draw(st.integers(0, 10**12)))


def read(header: str) -> list[Any]:
    try:
        range_, size = Range.from_header_with_size(header)
    except (ValueError, AssertionError) as error:
        return [header, type(error).__name__, str(error)]
    return [header, list(range_.as_tuple()), size]


def test_headers_are_read_as_they_always_were(vectors: dict[str, Any]) -> None:
    assert [read(header) for header, *_ in vectors["range_header"]] == vectors["range_header"]


@given(ranges())
def test_a_range_comes_back_from_its_header(range_: Range) -> None:
    assert Range.from_header(range_header(range_.as_tuple())) == range_


@given(ranges(), st.integers(1, 10**15))
def test_a_content_range_reports_the_range_and_the_total(range_: Range, total: int) -> None:
    header = f"bytes {range_.start}-{range_.end}/{total}"
    assert Range.from_header_with_size(header) == (range_, total)


@pytest.mark.parametrize("bounds", [(-1, 3), (4, 3), (2, 0)])
def test_ends_that_are_negative_or_swapped_are_refused(bounds: tuple[int, int]) -> None:
    with pytest.raises(AssertionError, match=r"^Invalid range: Range\("):
        Range(*bounds)
    with pytest.raises(AssertionError, match=r"^Invalid range: \("):
        range_header(bounds)


def test_both_ends_count() -> None:
    assert Range(0, 11).size() == 12


def test_the_empty_range_has_no_bytes_and_no_header() -> None:
    assert (EMPTY_RANGE.size(), EMPTY_RANGE.as_tuple()) == (0, (1, 0))
    with pytest.raises(AssertionError):
        range_header(EMPTY_RANGE.as_tuple())


@given(ranges(), st.data())
def test_a_subrange_counts_from_the_start(range_: Range, data: st.DataObject) -> None:
    first = data.draw(st.integers(0, range_.size() - 1))
    last = data.draw(st.integers(first, range_.size() - 1))
    assert range_.subrange(first, last).as_tuple() == (range_.start + first, range_.start + last)


@pytest.mark.parametrize("bounds", [(-1, 0), (2, 1), (0, 7)])
def test_a_subrange_must_lie_inside(bounds: tuple[int, int]) -> None:
    with pytest.raises(AssertionError, match="is not inside"):
        Range(3, 9).subrange(*bounds)


def test_a_range_is_an_ordered_value_that_cannot_change() -> None:
    assert sorted([Range(3, 4), Range(1, 9), Range(1, 2)]) == [Range(1, 2), Range(1, 9), Range(3, 4)]
    assert len({Range(1, 2), Range(1, 2)}) == 1
    with pytest.raises(dataclasses.FrozenInstanceError):
        Range(1, 2).start = 0  # type: ignore[misc]  # what is being shown


def test_a_range_can_be_copied_and_sent_to_another_process() -> None:
    sent: Range = pickle.loads(pickle.dumps(Range(1, 2)))  # noqa: S301  # our own bytes
    assert (sent, copy.deepcopy(sent)) == (Range(1, 2), Range(1, 2))


def test_a_range_shows_its_ends() -> None:
    assert repr(Range(0, 11)) == "Range(0, 11)"


def test_the_last_bytes_stand_for_a_range() -> None:
    assert range_header(LastBytes(-5)) == "bytes=-5"
    with pytest.raises(ValueError, match="range"):
        range_header(LastBytes(0))
