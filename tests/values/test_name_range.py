from __future__ import annotations

import pickle
from typing import Any

import pytest
from hypothesis import given, strategies as st

from b2sdk.values.name_range import ALL_NAMES, NameRange

NAMES = st.text("ab/\ue000\U0010ffff", max_size=4)
RANGES = st.tuples(NAMES, st.none() | NAMES).filter(lambda limits: limits[1] is None or limits[0] < limits[1])


def test_it_begins_with_its_start_and_ends_before_its_end() -> None:
    names = NameRange("b", "d")
    assert [name for name in ("", "a", "b", "b/x", "c", "d", "d/") if name in names] == ["b", "b/x", "c"]
    assert [name for name in ("a", "b", "d", "e") if names.is_behind(name)] == ["d", "e"]


def test_without_limits_it_has_all_names() -> None:
    assert NameRange() == ALL_NAMES
    assert ALL_NAMES.is_whole
    assert "" in ALL_NAMES
    assert "\U0010ffff" * 3 in ALL_NAMES
    assert not NameRange("a").is_whole
    assert not NameRange("", "a").is_whole


def test_it_is_a_value() -> None:
    names = NameRange("a", "b")
    assert pickle.loads(pickle.dumps(names)) == names  # noqa: S301  # just written
    assert len({names, NameRange("a", "b")}) == 1
    with pytest.raises(AttributeError):
        names.start = "c"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("start", "end", "error", "text"),
    [
        ("b", "a", ValueError, "a range of names must end behind its start: 'b' to 'a'"),
        ("a", "a", ValueError, "a range of names must end behind its start: 'a' to 'a'"),
        ("", "", ValueError, "a range of names must end behind its start: '' to ''"),
        (None, "a", TypeError, "start must be str, not NoneType"),
        ("a", b"b", TypeError, "end must be str, not bytes"),
        ("a\udcff", None, ValueError, r"start must be valid Unicode: 'a\udcff'"),
        ("a", "b\ud800", ValueError, r"end must be valid Unicode: 'b\ud800'"),
    ],
)
def test_what_is_no_range_is_refused(start: Any, end: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error) as caught:
        NameRange(start, end)
    assert str(caught.value) == text


@given(RANGES, NAMES)
def test_the_order_is_that_of_the_service(limits: tuple[str, str | None], name: str) -> None:
    start, end = limits
    is_inside = start.encode() <= name.encode() and (end is None or name.encode() < end.encode())
    assert (name in NameRange(start, end)) == is_inside


@given(RANGES, st.lists(NAMES), NAMES)
def test_each_name_is_in_one_of_the_parts(limits: tuple[str, str | None], points: list[str], name: str) -> None:
    names = NameRange(*limits)
    parts = names.divide(*points)
    assert sum(name in part for part in parts) == (name in names)
    assert len(parts) == 1 + len({point for point in points if point in names and point != names.start})


@given(RANGES, NAMES, NAMES)
def test_a_prefix_is_looked_into_if_a_name_may_begin_with_it(
    limits: tuple[str, str | None], prefix: str, rest: str
) -> None:
    names = NameRange(*limits)
    if prefix + rest in names:
        assert names.may_contain_prefix(prefix)
    if not names.may_contain_prefix(prefix):
        assert prefix + rest not in names


@given(RANGES, NAMES)
def test_all_names_begin_with_its_prefix(limits: tuple[str, str | None], name: str) -> None:
    names = NameRange(*limits)
    if name in names:
        assert name.startswith(names.prefix)


@given(RANGES, NAMES, NAMES)
def test_the_same_names_behind_a_prefix(limits: tuple[str, str | None], prefix: str, name: str) -> None:
    names = NameRange(*limits)
    assert (prefix + name in names.below(prefix)) == (name in names)
