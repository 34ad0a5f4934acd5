from __future__ import annotations

import time

import pytest

from b2sdk.scan.clock import current_time_millis


def test_the_time_is_in_whole_milliseconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: 1500000000.1239)
    assert current_time_millis() == 1500000000124
    assert isinstance(current_time_millis(), int)
