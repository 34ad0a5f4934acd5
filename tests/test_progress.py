from __future__ import annotations

from typing import Any

import pytest
from tests.conftest import Clock

from b2sdk import progress
from b2sdk.progress import (
    AbstractProgressListener,
    DoNothingProgressListener,
    ProgressListenerForTest,
    SimpleProgressListener,
    TqdmProgressListener,
    make_progress_listener,
)


class FakeBar:
    """All of tqdm that a listener uses."""

    made: list[FakeBar]

    def __init__(self, **settings: Any) -> None:
        self.settings = settings
        self.updates: list[int] = []
        self.is_closed = False
        self.made.append(self)

    def update(self, count: int) -> None:
        self.updates.append(count)

    def close(self) -> None:
        self.is_closed = True


@pytest.fixture
def bars(monkeypatch: pytest.MonkeyPatch) -> list[FakeBar]:
    FakeBar.made = []
    monkeypatch.setattr(progress, "find_tqdm", lambda: FakeBar)
    return FakeBar.made


# --- every listener ---


@pytest.mark.parametrize("cls", [DoNothingProgressListener, SimpleProgressListener, ProgressListenerForTest])
def test_a_listener_is_closed_once(cls: type[AbstractProgressListener]) -> None:
    with cls("a file") as listener:
        assert listener.description == "a file"
    with pytest.raises(AssertionError, match="closed twice"):
        listener.close()


def test_a_listener_works_that_does_not_call_our_constructor() -> None:
    class Foreign(DoNothingProgressListener):
        def __init__(self) -> None:
            pass

    with Foreign() as listener:
        listener.set_total_bytes(1)
    with pytest.raises(AssertionError, match="closed twice"):
        listener.close()


def test_a_listener_that_shows_nothing_can_be_renamed_at_any_time(capsys: pytest.CaptureFixture[str]) -> None:
    listener = DoNothingProgressListener("old")
    listener.set_total_bytes(10)
    listener.bytes_completed(10)
    assert listener.change_description("new")
    assert (listener.description, capsys.readouterr().out) == ("new", "")


def test_the_listener_for_tests_writes_down_its_calls() -> None:
    with ProgressListenerForTest() as listener:
        listener.set_total_bytes(10)
        listener.bytes_completed(4)
    assert listener.get_calls() == ["set_total_bytes(10)", "bytes_completed(4)", "close()"]


# --- percentages ---


def test_a_percentage_is_printed_every_three_seconds(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    with SimpleProgressListener("a\x07 file") as listener:
        listener.set_total_bytes(3)
        for now, done in ((1002.9, 0), (1003.0, 1), (1005.9, 2), (1006.0, 3)):
            clock.now = now
            listener.bytes_completed(done)
    assert capsys.readouterr().out == "'a\\x07 file'\n     33%\n     100%\n    DONE.\n"


def test_a_transfer_that_is_done_before_prints_nothing(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    with SimpleProgressListener("a file") as listener:
        listener.set_total_bytes(10)
        clock.now += 1
        listener.bytes_completed(10)
    assert capsys.readouterr().out == ""


def test_there_is_no_percentage_of_nothing(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    with SimpleProgressListener("a file") as listener:
        listener.set_total_bytes(0)
        clock.now += 10
        listener.bytes_completed(0)
    assert capsys.readouterr().out == ""


def test_a_description_that_was_printed_stays(clock: Clock) -> None:
    listener = SimpleProgressListener("old")
    listener.set_total_bytes(10)
    assert listener.change_description("new")
    clock.now += 10
    listener.bytes_completed(5)
    assert not listener.change_description("newer")
    assert listener.description == "new"


# --- bars ---


def test_a_bar_is_made_once_with_the_description_escaped(bars: list[FakeBar]) -> None:
    with TqdmProgressListener("a\x07") as listener:
        listener.set_total_bytes(10)
        listener.set_total_bytes(20)
    assert [bar.settings for bar in bars] == [
        {
            "desc": "'a\\x07'",
            "total": 10,
            "unit": "B",
            "unit_scale": True,
            "leave": True,
            "miniters": 1,
            "smoothing": 0.1,
            "mininterval": 0.2,
        }
    ]
    assert bars[0].is_closed


def test_a_bar_does_not_go_back(bars: list[FakeBar]) -> None:
    listener = TqdmProgressListener("a file")
    listener.set_total_bytes(10)
    for done in (3, 7, 2, 7, 10):
        listener.bytes_completed(done)
    assert (bars[0].updates, listener.prev_value) == ([3, 4, 3], 10)


def test_a_bar_that_was_never_shown_takes_everything(bars: list[FakeBar]) -> None:
    with TqdmProgressListener("old") as listener:
        listener.bytes_completed(5)
        assert listener.change_description("new")
    assert bars == []


def test_a_bar_that_is_shown_keeps_its_description(bars: list[FakeBar]) -> None:
    listener = TqdmProgressListener("old")
    listener.set_total_bytes(10)
    assert not listener.change_description("new")
    assert listener.description == "old"


def test_a_real_bar_can_be_made(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("tqdm")
    with TqdmProgressListener("a file") as listener:
        listener.set_total_bytes(10)
        listener.bytes_completed(10)
    assert "100%" in capsys.readouterr().err


def test_without_tqdm_there_is_no_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "find_tqdm", lambda: None)
    with pytest.raises(ModuleNotFoundError, match=r"^No module named 'tqdm' found$"):
        TqdmProgressListener("a file")


# --- the choice ---


@pytest.mark.parametrize(
    ("quiet", "has_tqdm", "expected", "description"),
    [
        (True, True, DoNothingProgressListener, ""),
        (True, False, DoNothingProgressListener, ""),
        (False, True, TqdmProgressListener, "a file"),
        (False, False, SimpleProgressListener, "a file"),
    ],
)
def test_a_listener_is_chosen(
    quiet: bool, has_tqdm: bool, expected: type, description: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "find_tqdm", lambda: FakeBar if has_tqdm else None)
    listener = make_progress_listener("a file", quiet)
    assert (type(listener), listener.description) == (expected, description)
