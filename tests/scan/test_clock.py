from __future__ import annotations

import time

import pytest

from b2sdk.exception import InvalidArgument
from b2sdk.scan.clock import check_millis, current_time_millis


def test_the_time_is_in_whole_milliseconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: 1500000000.1239)
    assert current_time_millis() == 1500000000124
    assert isinstance(current_time_millis(), int)


@pytest.mark.parametrize("millis", [0, 1, 1000 * 86_400_000, 10**12, 1.5e12, 1_795_000_000_000, 4 * 10**12, -1])
def test_a_time_that_may_be_in_milliseconds_is_taken(millis: float) -> None:
    check_millis("now_millis", millis)  # raises otherwise


@pytest.mark.parametrize(
    ("millis", "unit"),
    [
        (1_795_000_000, "seconds"),
        (1_795_000_000.5, "seconds"),
        (1_795_000_000_000_000, "microseconds or nanoseconds"),
        (1_795_000_000_000_000_000, "microseconds or nanoseconds"),
    ],
)
def test_a_time_in_another_unit_is_refused(millis: float, unit: str) -> None:
    with pytest.raises(InvalidArgument) as raised:
        check_millis("now_millis", millis)
    assert str(raised.value) == f"now_millis must be milliseconds since the epoch; {millis} looks like {unit}"
