from __future__ import annotations

import logging
from typing import Any

import pytest

from b2sdk.tracing import trace_call

logger = logging.getLogger("b2sdk.test-tracing")


class Example:
    def method(self, first: int, second: str = "two", *rest: int, **named: int) -> int:
        return first

    def __repr__(self) -> str:
        return "Example()"


@pytest.mark.parametrize(
    ("choices", "told"),
    [
        ({}, "calling Example.method(self=Example(), first=1, second='two', rest=(), named={'z': 5})"),
        ({"only": ["first"]}, "calling Example.method(first=1) (hidden args: self, second, rest, named)"),
        (
            {"skip": ["self", "named"]},
            "calling Example.method(first=1, second='two', rest=()) (hidden args: self, named)",
        ),
    ],
)
def test_a_call_is_written_to_the_log(caplog: pytest.LogCaptureFixture, choices: Any, told: str) -> None:
    caplog.set_level(logging.DEBUG, logger.name)
    assert trace_call(logger, **choices)(Example.method)(Example(), 1, z=5) == 1
    assert caplog.messages == [told]


def test_nothing_is_prepared_for_a_log_that_nobody_reads(caplog: pytest.LogCaptureFixture) -> None:
    class Unprintable:
        def __repr__(self) -> str:
            raise AssertionError

    caplog.set_level(logging.INFO, logger.name)
    assert trace_call(logger)(lambda _value: "done")(Unprintable()) == "done"
    assert not caplog.messages


def test_a_call_that_does_not_fit_fails_as_itself(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger.name)
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'first'"):
        trace_call(logger)(Example.method)(Example())  # type: ignore[call-arg]
