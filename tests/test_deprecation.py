from __future__ import annotations

from typing import Any

import pytest

import b2sdk.v2
import b2sdk.v3
from b2sdk.deprecation import rename_argument, rename_function


@rename_argument("old", "new", "1.0.0", "9.0.0")
def renamed(first: int, new: int = 0) -> tuple[int, int]:
    """Say what came."""
    return first, new


def test_the_old_name_of_an_argument_works_and_warns_where_it_is_used() -> None:
    told = (
        "'old' is a deprecated argument for 'renamed' function/method - it was renamed to 'new' in version 1.0.0."
        " Support for the old name is going to be dropped in 9.0.0."
    )
    with pytest.warns(DeprecationWarning, match="renamed") as caught:
        assert renamed(1, old=2) == (1, 2)  # type: ignore[call-arg]
    assert [(str(warning.message), warning.filename) for warning in caught] == [(told, __file__)]


def test_the_new_name_does_not_warn(recwarn: pytest.WarningsRecorder) -> None:
    assert renamed(1, new=2) == renamed(1, 2) == (1, 2)
    assert not list(recwarn)
    assert renamed.__doc__ == "Say what came."


def test_both_names_at_once_are_refused() -> None:
    with pytest.raises(
        AssertionError, match=r"both argument names were provided: 'old' \(deprecated\) and 'new' \(new\)"
    ):
        renamed(1, old=2, new=3)  # type: ignore[call-arg]


def test_an_argument_that_is_not_there_cannot_have_another_name() -> None:
    with pytest.raises(AssertionError, match="'new' is not an argument of the decorated function"):
        rename_argument("old", "new", "1.0.0")(lambda other: other)


def test_arguments_by_any_name_will_do() -> None:
    with pytest.warns(DeprecationWarning, match="old"):
        assert rename_argument("old", "new", "1.0.0")(lambda **named: named)(old=1) == {"new": 1}


@pytest.mark.parametrize("target", ["better", test_arguments_by_any_name_will_do])
def test_the_old_name_of_a_function_warns(target: Any) -> None:
    @rename_function(target, "1.0.0", "9.0.0")
    def worse() -> str:
        return "done"

    name = target if isinstance(target, str) else "test_arguments_by_any_name_will_do"
    with pytest.warns(
        DeprecationWarning, match=f"'worse' is deprecated since version 1.0.0 - it was moved to '{name}'"
    ):
        assert worse() == "done"


@pytest.mark.parametrize("surface", [b2sdk.v2, b2sdk.v3])
def test_a_name_cannot_end_before_it_is_old(surface: Any) -> None:
    with pytest.raises(AssertionError, match="discourage_argument"):
        surface.rename_argument("old", "new", "5.0.0", "1.0.0", current_version="2.0.0")(renamed)


@pytest.mark.parametrize(("changed", "cutoff"), [("3.0.0", "4.0.0"), ("1.0.0", "2.0.0")])
def test_only_v2_minds_the_version_of_today(changed: str, cutoff: str) -> None:
    for decorator, first in (("rename_argument", ("old", "new")), ("rename_function", ("new",))):
        getattr(b2sdk.v3, decorator)(*first, changed, cutoff, current_version="2.0.0")(renamed)
        with pytest.raises(AssertionError):
            getattr(b2sdk.v2, decorator)(*first, changed, cutoff, current_version="2.0.0")(renamed)
        getattr(b2sdk.v2, decorator)(*first, "1.0.0", "9.0.0", current_version="2.0.0")(renamed)
