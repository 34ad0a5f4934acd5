from __future__ import annotations

import time

import pytest

from b2sdk.testing import children
from b2sdk.testing.children import Child


def test_a_child_that_hangs_says_where_and_is_ended(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(children, "HANGING_SECONDS", 1)

    def hang() -> None:
        time.sleep(60)

    with pytest.raises(AssertionError, match="it ended without an answer"):
        Child(hang).result()
    assert "in hang" in capfd.readouterr().err


def test_a_child_of_a_child_may_hang_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def hang_in_a_child() -> str:
        monkeypatch.setattr(children, "HANGING_SECONDS", 1)
        try:
            return str(Child(lambda: time.sleep(60)).result())
        except AssertionError as error:
            return str(error)

    assert "it ended without an answer" in Child(hang_in_a_child).result()
