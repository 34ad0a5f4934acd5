from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from b2sdk.name_ranges.scale import Scale, Span, first_behind

NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=5)


@pytest.mark.parametrize(
    ("prefix", "behind"),
    [("a", "b"), ("ab", "ac"), ("a\U0010ffff", "b"), ("\U0010ffff", None), ("\ud7ff", "\ue000"), ("", None)],
)
def test_the_first_name_behind_those_with_a_prefix(prefix: str, behind: str | None) -> None:
    assert first_behind(prefix) == behind


@given(NAMES, NAMES)
def test_names_with_a_prefix_are_before_what_is_behind_it_and_others_are_not(prefix: str, name: str) -> None:
    behind = first_behind(prefix)
    assert behind is None or prefix + name < behind
    if name >= prefix and not name.startswith(prefix):
        assert behind is not None
        assert name >= behind


def scale_of(*names: str) -> Scale:
    scale = Scale()
    for name in names:
        scale.learn(name)
    return scale


def test_names_of_digits_are_as_far_apart_as_the_numbers() -> None:
    scale = scale_of("file0000", "file0100")
    span = Span("file0000", "file0100", 100)
    assert scale.estimate(span, "file0250", "file0500") == 250
    assert scale.point(span, "file0100", 400) == "file05"


def test_a_hexadecimal_number_has_letters() -> None:
    span = Span("000", "00a", 10)
    assert scale_of(*span[:2]).estimate(span, "000", "010") == 16


def test_nothing_is_behind_the_last_name() -> None:
    span = Span("90", "95", 5)
    assert scale_of(*span[:2]).point(span, "95", 50) is None


@given(st.lists(NAMES, min_size=3, max_size=3, unique=True).map(sorted), st.integers(1, 1000))
def test_a_point_is_behind_its_start(names: list[str], count: int) -> None:
    first, last, start = names
    point = scale_of(*names).point(Span(first, last, 10), start, count)
    assert point is None or point > start
