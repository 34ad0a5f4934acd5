from __future__ import annotations

import time

from hypothesis import given, strategies as st

from b2sdk.values.millis import other_unit_of


def test_the_present_is_known_in_each_unit() -> None:
    now = time.time()
    expected = [None, "seconds", "microseconds or nanoseconds", "microseconds or nanoseconds"]
    assert [other_unit_of(now * 1000), *(other_unit_of(int(now * unit)) for unit in (1, 10**6, 10**9))] == expected


@given(st.integers(-(10**12), 10**9 - 1) | st.integers(10**10, 10**14 - 1))
def test_all_others_may_be_milliseconds(millis: int) -> None:
    assert other_unit_of(millis) is None
