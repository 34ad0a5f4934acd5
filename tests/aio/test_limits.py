from __future__ import annotations

import math
from typing import Any

import pytest

from b2sdk.aio.limits import Limits


@pytest.mark.parametrize("name", ["requests", "memory", "threads"])
@pytest.mark.parametrize(("value", "error"), [(0, ValueError), (-1, ValueError), (1.5, TypeError), (True, TypeError)])
def test_what_is_no_count_is_refused(name: str, value: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match=f"^{name} must be"):
        Limits(**{name: value})


@pytest.mark.parametrize("value", [0, -1, math.inf, math.nan])
def test_what_is_no_time_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match=r"^idle_seconds must be above 0 and finite"):
        Limits(idle_seconds=value)


@pytest.mark.parametrize("value", ["5", None, True])
def test_what_is_no_number_is_no_time(value: Any) -> None:
    with pytest.raises(TypeError, match=r"^idle_seconds must be a number of seconds"):
        Limits(idle_seconds=value)


def test_limits_are_values() -> None:
    assert Limits(requests=3) == Limits(requests=3) != Limits()
    assert Limits(idle_seconds=1).idle_seconds == 1
