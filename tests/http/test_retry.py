from __future__ import annotations

import math
from dataclasses import replace

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
