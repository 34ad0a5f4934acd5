from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, strategies as st
from tests.sync.conftest import hidden, local, stored, version

from b2sdk.exception import InvalidArgument
from b2sdk.sync.comparison import compare, why_absent, why_kept
from b2sdk.sync.events import Reason
from b2sdk.sync.modes import CompareVersionMode

MODTIME, SIZE, NONE = CompareVersionMode.MODTIME, CompareVersionMode.SIZE, CompareVersionMode.NONE
SHA1 = "a" * 40


@pytest.mark.parametrize(
    ("mode", "threshold", "source", "dest", "expected"),
    [
        (MODTIME, 0, local("a", 100), local("a", 100), (False, Reason.SAME_TIME)),
        (MODTIME, 0, local("a", 101), local("a", 100), (True, Reason.SOURCE_NEWER)),
        (MODTIME, 0, local("a", 100), local("a", 101), (True, Reason.SOURCE_OLDER)),
        (MODTIME, 5, local("a", 105), local("a", 100), (False, Reason.SAME_TIME)),
        (MODTIME, 5, local("a", 106), local("a", 100), (True, Reason.SOURCE_NEWER)),
        (MODTIME, 5, local("a", 100), local("a", 105), (False, Reason.SAME_TIME)),
        (MODTIME, 5, local("a", 100), local("a", 106), (True, Reason.SOURCE_OLDER)),
        (MODTIME, 0, local("a", 100, 1), local("a", 100, 2), (False, Reason.SAME_TIME)),
        (SIZE, 0, local("a", 1, 10), local("a", 2, 10), (False, Reason.SAME_SIZE)),
        (SIZE, 0, local("a", 1, 10), local("a", 1, 11), (True, Reason.SIZES_DIFFER)),
        (SIZE, 1, local("a", 1, 10), local("a", 1, 11), (False, Reason.SAME_SIZE)),
        (SIZE, 1, local("a", 1, 12), local("a", 1, 10), (True, Reason.SIZES_DIFFER)),
        (NONE, 0, local("a", 1, 1), local("a", 2, 2), (False, Reason.NOT_COMPARED)),
    ],
)
def test_files_differ_by_more_than_the_threshold(
    mode: CompareVersionMode, threshold: int, source: Any, dest: Any, expected: tuple[bool, Reason]
) -> None:
    assert compare(source, dest, mode, threshold) == expected


@pytest.mark.parametrize(
    ("here", "there"),
    [
        (2**31 - 1, 2**31),
        (2**32 - 1, 2**33),
        (15_032_385_535, 253_402_300_799),
        (16_299_260_424, 16_299_260_425),
        (0, -1),
        (-(2**31), -(2**31) - 1),
    ],
)
def test_a_time_that_the_file_system_cannot_have_is_no_difference(here: int, there: int) -> None:
    cut, meant = local("a", here * 1000), stored("a", there * 1000) if there > 0 else local("a", there * 1000)
    assert compare(cut, meant, MODTIME, 0) == compare(meant, cut, MODTIME, 0) == (False, Reason.SAME_TIME)
    towards_1970 = here - 1 if here > 0 else here + 1
    assert compare(cut, local("a", towards_1970 * 1000), MODTIME, 0)[0], "that one it can have"
    not_cut = local("a", here * 1000 + (1 if here <= 0 else -1))
    assert compare(not_cut, meant, MODTIME, 0)[0]


def test_a_time_in_a_bucket_is_never_cut() -> None:
    assert compare(stored("a", 2**31 * 1000 - 1000), stored("a", 2**31 * 1000), MODTIME, 0) == (
        True,
        Reason.SOURCE_OLDER,
    )


def test_a_mode_that_is_none_is_an_invalid_argument() -> None:
    with pytest.raises(InvalidArgument, match="compare_version_mode is invalid option"):
        compare(local("a"), local("a"), "modtime", 0)  # type: ignore[arg-type]


times = st.integers(min_value=0, max_value=50)


@given(st.sampled_from([MODTIME, SIZE]), times, times, times)
def test_whether_files_differ_does_not_depend_on_the_direction(
    mode: CompareVersionMode, first: int, second: int, threshold: int
) -> None:
    a, b = local("a", first, first), local("a", second, second)
    assert compare(a, b, mode, threshold)[0] == compare(b, a, mode, threshold)[0] == (abs(first - second) > threshold)


def test_a_copy_is_no_other_file_because_it_was_made_later() -> None:
    source = stored("a", version("a", 100, sha1=SHA1))
    assert compare(source, stored("a", version("a", 200, sha1=SHA1)), MODTIME, 0) == (False, Reason.SAME_CONTENT)


@pytest.mark.parametrize(
    "later",
    [
        version("a", 200, sha1="b" * 40),
        version("a", 200, sha1=SHA1, size=11),
        version("a", 200, sha1=SHA1, file_info={"src_last_modified_millis": "200"}),
        version("a", 200, sha1="none"),
        version("a", 200),
    ],
    ids=["content", "size", "noted time", "no SHA-1", "unknown SHA-1"],
)
def test_what_is_later_is_newer_unless_it_is_known_to_be_a_copy(later: Any) -> None:
    for sha1 in (SHA1, None, "none"):
        source = stored("a", version("a", 100, sha1=sha1))
        assert compare(source, stored("a", later), MODTIME, 0) == (True, Reason.SOURCE_OLDER)
    assert compare(local("a", 100), stored("a", version("a", 200, sha1=SHA1)), MODTIME, 0)[0]


@pytest.mark.parametrize(
    ("source", "dest", "mode", "expected"),
    [
        (local("a", 1), local("a", 1), MODTIME, Reason.SAME_TIME),
        (local("a", 1), local("a", 2), MODTIME, Reason.KEPT_AS_NEWER),
        (local("a", 2), local("a", 1), MODTIME, None),
        (local("a"), local("a"), NONE, Reason.NOT_COMPARED),
        (local("a"), hidden("a"), MODTIME, None),
    ],
)
def test_why_a_file_was_left(source: Any, dest: Any, mode: CompareVersionMode, expected: Reason | None) -> None:
    assert why_kept(source, dest, mode, 0) is expected


def test_why_there_is_nothing() -> None:
    assert why_absent(None) is Reason.NOT_AT_SOURCE
    assert why_absent(hidden("a")) is Reason.HIDDEN_AT_SOURCE
    assert why_absent(stored("a")) is None
    assert why_absent(local("a")) is None
