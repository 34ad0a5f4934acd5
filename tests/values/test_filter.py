from __future__ import annotations

import re
from collections.abc import Sequence

import pytest
from hypothesis import given, strategies as st

from b2sdk.values.filter import Filter, FilterMatcher, FilterType

FILTERS = st.lists(st.builds(Filter, st.sampled_from(FilterType), st.text("aA/*?", min_size=1, max_size=4)), max_size=4)


def matches_naively(filters: Sequence[Filter], name: str) -> bool:
    """Begin with everything, or with nothing where there are only filters that include; then apply each in order."""
    wanted = not filters or any(one == Filter.exclude(one.pattern) for one in filters)
    for one in filters:
        pattern = "".join({"*": ".*", "?": "."}.get(character, re.escape(character)) for character in one.pattern)
        if re.fullmatch(pattern, name, re.DOTALL):
            wanted = one == Filter.include(one.pattern)
    return wanted


@given(FILTERS, st.text("aA/", max_size=6))
def test_the_last_filter_that_matches_decides(filters: list[Filter], name: str) -> None:
    assert FilterMatcher(filters).match(name) is matches_naively(filters, name)


@pytest.mark.parametrize(
    ("filters", "wanted"),
    [
        ([], ["x.a", "X.A", "d/y.a", "z"]),
        ([Filter.include("*.a")], ["x.a", "d/y.a"]),
        ([Filter.exclude("*.a")], ["X.A", "z"]),
        ([Filter.include("*.a"), Filter.exclude("x*")], ["X.A", "d/y.a", "z"]),
        ([Filter.exclude("*"), Filter.include("d/*")], ["d/y.a"]),
    ],
)
def test_filters_by_example(filters: list[Filter], wanted: list[str]) -> None:
    assert list(filter(FilterMatcher(filters).match, ["x.a", "X.A", "d/y.a", "z"])) == wanted
