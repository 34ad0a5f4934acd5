from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from b2sdk.attempts import Attempts


class Three(Attempts):
    """Three attempts; each failure is recorded."""

    def __init__(self) -> None:
        self.failures: list[str] = []

    async def recover(self, failure: Exception) -> Exception | None:
        self.failures.append(str(failure))
        return RuntimeError("it keeps failing") if self.number == 3 else None


def run(attempts: Three, outcomes: list[BaseException | str]) -> str:
    waiting = iter(outcomes)
    while True:
        with attempts:
            outcome = next(waiting)
            if isinstance(outcome, str):
                return outcome
            raise outcome


def run_in_loop(attempts: Three, outcomes: list[BaseException | str]) -> str:
    async def run() -> str:
        waiting = iter(outcomes)
        while True:
            async with attempts:
                outcome = next(waiting)
                if isinstance(outcome, str):
                    return outcome
                raise outcome

    return asyncio.run(run())


BOTH = pytest.mark.parametrize("run", [run, run_in_loop])
Run = Callable[[Three, "list[BaseException | str]"], str]


@BOTH
def test_the_first_attempt_that_does_not_fail_is_the_last(run: Run) -> None:
    attempts = Three()
    assert run(attempts, [ValueError("one"), KeyError("two"), "done", "never"]) == "done"
    assert (attempts.number, attempts.failures) == (3, ["one", "'two'"])


@BOTH
def test_what_comes_of_a_failure_for_good_is_raised_without_those_before_it(run: Run) -> None:
    with pytest.raises(RuntimeError, match="keeps failing") as raised:
        run(Three(), [ValueError("one"), ValueError("two"), ValueError("three")])
    assert raised.value.__context__ is None


@BOTH
def test_a_failure_that_is_raised_as_it_is_keeps_its_traceback(run: Run) -> None:
    class Once(Three):
        async def recover(self, failure: Exception) -> Exception | None:
            return failure

    with pytest.raises(ValueError, match="one") as raised:
        run(Once(), [ValueError("one")])
    assert [entry.name for entry in raised.traceback].count("run") >= 2


@BOTH
def test_an_interruption_is_no_failure(run: Run) -> None:
    attempts = Three()
    with pytest.raises(KeyboardInterrupt):
        run(attempts, [KeyboardInterrupt(), "never"])
    assert (attempts.number, attempts.failures, attempts.failure) == (1, [], None)


def test_what_ended_an_attempt_is_forgotten_when_the_next_one_begins() -> None:
    attempts = Three()
    with attempts:
        raise ValueError
    assert isinstance(attempts.failure, ValueError)
    with attempts:
        assert attempts.failure is None


def test_an_attempt_that_is_awaited_is_cancelled_like_any_task() -> None:
    attempts = Three()

    async def wait() -> None:
        while True:
            async with attempts:
                await asyncio.sleep(60)

    async def cancel() -> None:
        task = asyncio.ensure_future(wait())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancel())
    assert (attempts.number, attempts.failures) == (1, [])
