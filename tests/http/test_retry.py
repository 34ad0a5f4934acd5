from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, strategies as st

from b2sdk.exception import B2ConnectionError, B2Error, CapExceeded, ServiceError, TooManyRequests
from b2sdk.http.retry import RetryPolicy

PATIENT = RetryPolicy(attempts=10**9)
fractions = st.floats(min_value=0, max_value=1, exclude_max=True)
failures = st.integers(min_value=1, max_value=10**6)


def waits(policy: RetryPolicy, error: B2Error, fraction: float = 0.5) -> list[float | None]:
    return [policy.wait_after(attempt, error, fraction) for attempt in range(1, (policy.attempts or 0) + 1)]


def test_five_attempts_wait_four_times_and_then_give_up() -> None:
    assert waits(RetryPolicy(attempts=5), ServiceError()) == [1, 1.5, 2.25, 3.375, None]


def test_waits_stay_at_the_ceiling_plus_jitter() -> None:
    told = waits(RetryPolicy(attempts=20), B2ConnectionError(), fraction=0.25)
    assert told[10] == pytest.approx(1.5**10)
    assert told[11:] == [64.25] * 8 + [None]


@given(failures, fractions)
def test_no_backoff_is_shorter_than_the_first_or_longer_than_ceiling_and_jitter(attempt: int, fraction: float) -> None:
    wait = PATIENT.wait_after(attempt, ServiceError(), fraction)
    assert wait is not None
    assert PATIENT.first_wait <= wait <= PATIENT.max_wait + PATIENT.jitter


def test_a_limit_of_a_minute_is_waited_for_in_as_many_attempts_as_there_are() -> None:
    assert waits(RetryPolicy(attempts=5, jitter=0), TooManyRequests()) == pytest.approx([4, 8, 16, 32, None])
    assert waits(RetryPolicy(attempts=2, jitter=0), TooManyRequests()) == [60, None]
    assert waits(RetryPolicy(attempts=2, jitter=3), TooManyRequests(), fraction=0.5) == [61.5, None]
    assert waits(RetryPolicy(attempts=1), TooManyRequests()) == [None]
    assert waits(RetryPolicy(attempts=5, rate_limit_window=0), TooManyRequests()) == [1, 1.5, 2.25, 3.375, None]


windows = st.just(0.0) | st.floats(min_value=1e-3, max_value=10_000)


@given(st.integers(2, 2000), fractions, windows, st.floats(min_value=0, max_value=100))
def test_all_waits_for_a_limit_are_the_window_or_more(
    attempts: int, fraction: float, window: float, max_wait: float
) -> None:
    policy = RetryPolicy(attempts=attempts, rate_limit_window=window, max_wait=max_wait, first_wait=max_wait / 10)
    waited = [policy.wait_after(attempt, TooManyRequests(), fraction) or 0 for attempt in range(1, attempts)]
    usual = [policy.wait_after(attempt, ServiceError(), fraction) or 0 for attempt in range(1, attempts)]
    assert sum(waited) >= window * (1 - 1e-9)
    assert all(a >= b for a, b in zip(waited, usual, strict=True))
    assert sum(waited) <= window * (1 + 1e-9) + sum(usual) + attempts * policy.jitter


def test_without_a_number_of_attempts_a_limit_is_waited_for_like_others() -> None:
    assert RetryPolicy().wait_after(3, TooManyRequests(), 0) == 2.25


def test_a_limit_is_waited_for_no_longer_than_the_deadline() -> None:
    policy = RetryPolicy(attempts=2, deadline=10, jitter=0)
    assert policy.wait_after(1, TooManyRequests(), 0, elapsed=3) == 7
    assert policy.wait_after(1, TooManyRequests(), 0, elapsed=9.5) is None, "the least that is waited is a second"
    assert policy.wait_after(1, TooManyRequests(8), 0, elapsed=3) is None, "it was told when it may be tried again"


@given(failures, fractions, st.integers(min_value=0, max_value=3600))
def test_what_the_server_asks_for_is_what_is_waited(attempt: int, fraction: float, asked: int) -> None:
    assert PATIENT.wait_after(attempt, TooManyRequests(asked), fraction) == asked


@given(st.integers(min_value=3601))
def test_an_absurd_request_to_wait_is_capped(asked: int) -> None:
    assert PATIENT.wait_after(1, ServiceError(retry_after_seconds=asked), 0) == PATIENT.retry_after_cap


@pytest.mark.parametrize("nonsense", [-1, -math.inf, math.nan])
def test_a_wait_that_is_no_time_is_ignored(nonsense: float) -> None:
    error = ServiceError()
    error.retry_after_seconds = nonsense  # type: ignore[assignment]  # what a hook of a program may raise
    assert PATIENT.wait_after(1, error, 0) == PATIENT.first_wait


@given(failures, fractions)
def test_an_error_that_does_not_pass_is_not_waited_for(attempt: int, fraction: float) -> None:
    assert PATIENT.wait_after(attempt, CapExceeded(), fraction) is None


@given(st.floats(min_value=0.1, max_value=10), st.floats(min_value=1, max_value=5), st.integers(1, 200))
def test_without_jitter_waits_never_shrink(first_wait: float, factor: float, attempt: int) -> None:
    policy = replace(PATIENT, first_wait=first_wait, factor=factor, jitter=0)
    earlier, later = (policy.wait_after(n, ServiceError(), 0.9) for n in (attempt, attempt + 1))
    assert earlier is not None
    assert later is not None
    assert earlier <= later


@pytest.mark.parametrize("attempts", [0, -1])
def test_there_is_at_least_one_attempt(attempts: int) -> None:
    with pytest.raises(ValueError, match=r"^try_count must be >= 1$"):
        RetryPolicy(attempts=attempts)


@pytest.mark.parametrize("value", [-1, -0.001, math.nan])
@pytest.mark.parametrize(
    "name", ["deadline", "first_wait", "factor", "max_wait", "jitter", "retry_after_cap", "rate_limit_window"]
)
def test_times_that_cannot_be_waited_are_refused_when_the_policy_is_made(name: str, value: float) -> None:
    choices: dict[str, Any] = {name: value}
    with pytest.raises(ValueError, match=f"must be 0 or more: .*{name}={value}"):
        RetryPolicy(**choices)
