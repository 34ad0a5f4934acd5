from __future__ import annotations

import inspect
from collections import OrderedDict
from datetime import datetime, timezone
from enum import Enum
from functools import partial
from typing import Any

import pytest

from b2sdk.raw_api.endpoints import AbstractRawApi
from b2sdk.values.argument import Parameters, arguments_checked
from b2sdk.values.encryption import SSE_B2_AES
from b2sdk.values.file_lock import LegalHold
from b2sdk.values.filter import Filter


class Kind(str, Enum):
    PRIVATE = "allPrivate"


class Index:
    """A number of another library."""

    def __index__(self) -> int:
        return 5


@pytest.mark.parametrize(
    ("annotation", "right", "wrong"),
    [
        ("str", ["", "x", Kind.PRIVATE], [None, b"x", 5, ["x"]]),
        ("str | None", [None, "x"], [b"x"]),
        ("int", [0, 5, True, 5.0, Index()], ["5", None]),
        ("bool", [True, None, 0, 1], [2, 1.0, "yes", []]),
        ("dict[str, str] | None", [{}, OrderedDict(a="b"), None], [[], "a"]),
        (
            "list[str]",
            [[], ["a"], ("a",), {"a"}, frozenset("a"), {"a": 1}.keys()],
            ["a", [None], {1}, {"a": 1}, iter("a"), 5],
        ),
        ("tuple[int, int] | None", [(1, 5), [1, 5], None], [(1,), (1, None), ("1", "5"), "15", 5, (1, 2, 3)]),
        ("str | datetime | None", ["x", datetime(2024, 1, 1, tzinfo=timezone.utc), None], [5]),
        ("EncryptionSetting | None", [SSE_B2_AES, None], ["SSE-B2", LegalHold.ON]),
        ("LegalHold", [LegalHold.ON], ["on", None]),
        ("Sequence[Filter]", [(), [Filter.include("*")]], ["*", ["*"], None]),
        ("Any", [None, 5], []),
        ("str | Path", [5], []),
    ],
)
def test_a_value_is_of_the_kind_that_is_annotated(annotation: str, right: list[Any], wrong: list[Any]) -> None:
    parameters = Parameters(
        lambda: [inspect.Parameter("it", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=annotation)]
    )
    for value in right:
        parameters.check((value,), {})
        parameters.check((), {"it": value})
    for value in wrong:
        with pytest.raises(TypeError, match=r"^it must be "):
            parameters.check((value,), {})
        with pytest.raises(TypeError, match=r"^it must be "):
            parameters.check((), {"it": value})


@arguments_checked
def example(name: str, flag: bool = False, *, count: int | None = None) -> tuple[str, bool, int | None]:
    """Return what came."""
    return name, flag, count


def test_a_checked_function_is_what_it_was() -> None:
    assert example("a", count=5) == ("a", False, 5)
    assert (example.__name__, example.__doc__) == ("example", "Return what came.")
    assert list(inspect.signature(example).parameters) == ["name", "flag", "count"]


def test_a_checked_function_takes_flags_by_their_truth() -> None:
    assert example("a", 1) == ("a", 1, None)  # type: ignore[arg-type]  # what is tested


def test_arguments_that_there_are_not_are_for_the_call_to_refuse() -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument 'other'"):
        example("a", other=5)  # type: ignore[call-arg]  # what is tested
    with pytest.raises(TypeError, match="takes from 1 to 2 positional arguments but 3"):
        example("a", True, 5)  # type: ignore[call-arg]  # what is tested


def test_the_kinds_of_nearly_all_arguments_of_the_service_are_known() -> None:
    unknown = {
        parameter.annotation
        for name, endpoint in inspect.getmembers(AbstractRawApi, inspect.isfunction)
        if not name.startswith("_")
        for parameter in list(inspect.signature(endpoint).parameters.values())[1:]
        if not Parameters(partial(iter, [parameter]))._in_order[0].kinds
    }
    assert unknown == {"CorsRules | None", "Iterable[NotificationRule]", "MetadataDirectiveMode | None", "Readable"}


def test_what_passed_once_is_known_by_its_classes_but_for_what_has_items() -> None:
    @arguments_checked
    def call(name: str, names: list[str], *, info: dict[str, str] | None = None) -> None: ...

    for _ in range(3):
        call("a", ["b"], info=None)
        with pytest.raises(TypeError, match="names must be"):
            call("a", [5])  # type: ignore[list-item]  # that is what is tested
        with pytest.raises(TypeError, match="info must be"):
            call("a", ["b"], info="c")  # type: ignore[arg-type]


def test_many_classes_are_not_kept() -> None:
    @arguments_checked
    def call(name: str) -> None: ...

    for number in range(1000):
        call(type(f"Name{number}", (str,), {})())
    with pytest.raises(TypeError, match="name must be str, not int"):
        call(5)  # type: ignore[arg-type]  # that is what is tested


def test_a_lazy_object_that_is_text_does_not_let_another_one_pass() -> None:
    class Lazy:
        def __init__(self, value: object) -> None:
            self.value = value

        @property  # type: ignore[misc]  # as lazy objects have it
        def __class__(self) -> type:
            return type(self.value)

    @arguments_checked
    def call(name: str) -> None: ...

    call(Lazy("text"))  # type: ignore[arg-type]  # that is what is tested
    with pytest.raises(TypeError, match="name must be str"):
        call(Lazy(5))  # type: ignore[arg-type]  # as above
