from __future__ import annotations

import io
from typing import Any

import pytest
from hypothesis import given, strategies as st

from b2sdk.http.config import B2HttpApiConfig
from b2sdk.http.rates import BURST, FLOOR, LearnedRate, PacedStream, Pacing, Rates, TokenBucket

WINDOW = 60.0
"""Seconds for which the service counts requests."""


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.now += seconds


@pytest.mark.parametrize("name", ["upload", "download", "requests_per_second"])
@pytest.mark.parametrize("value", [0, -1, float("inf"), float("nan"), "1", True])
def test_what_is_no_rate_is_refused(name: str, value: Any) -> None:
    with pytest.raises(TypeError if isinstance(value, (str, bool)) else ValueError, match=name):
        Rates(**{name: value})


def test_what_are_no_rates_is_refused() -> None:
    with pytest.raises(TypeError, match="rates must be Rates, not int"):
        B2HttpApiConfig(rates=5)  # type: ignore[arg-type]


@given(
    st.floats(0.1, 1e9),
    st.lists(st.tuples(st.floats(0, 5), st.floats(0, 2)), min_size=1, max_size=50),
)
def test_never_more_is_used_than_the_rate_allows(rate: float, uses: list[tuple[float, float]]) -> None:
    clock = Clock()
    bucket = TokenBucket(rate, clock)
    used: list[tuple[float, float]] = []
    for idle, seconds_worth in uses:
        clock.now += idle
        amount = rate * seconds_worth
        clock.now += bucket.reserve(amount)
        used.append((clock.now, amount))
    for first in range(len(used)):
        for last in range(first, len(used)):
            before_the_last = sum(amount for _, amount in used[first:last])
            allowed = rate * (used[last][0] - used[first][0] + BURST)
            assert before_the_last <= allowed * 1.000001 + 1e-6


@given(st.floats(0.1, 1e9), st.integers(1, 30))
def test_the_rate_is_used_up(rate: float, blocks: int) -> None:
    clock = Clock()
    bucket = TokenBucket(rate, clock)
    for _ in range(blocks):
        clock.now += bucket.reserve(rate)
    assert clock.now - 1000 == pytest.approx(max(0, blocks - 1 - BURST), abs=1e-6)


def test_blocks_are_small_at_low_rates() -> None:
    assert TokenBucket(1e9).piece(256 * 1024) == 256 * 1024
    assert TokenBucket(80_000).piece(256 * 1024) == 10_000
    assert TokenBucket(1).piece(256 * 1024) == 1024
    assert TokenBucket(1).piece(0) == 0


def test_a_paced_stream_gives_all_of_its_content() -> None:
    clock, content = Clock(), bytes(range(256)) * 400
    stream = PacedStream(io.BytesIO(content), TokenBucket(10_240, clock), clock.sleep)
    assert b"".join(iter(lambda: stream.read(256 * 1024), b"")) == content
    assert clock.now - 1000 == pytest.approx(9, abs=0.2)
    assert stream.tell() == len(content)
    stream.seek(0)
    assert stream.read() == content
    assert stream


def test_a_rejection_teaches_what_was_sent_in_the_window_before() -> None:
    learned = LearnedRate()
    assert learned.rate(0) == float("inf")
    learned.reject(100, 1000, WINDOW)
    assert learned.rate(100) == 1000 / WINDOW
    learned.reject(101, 1000, WINDOW)  # it was on its way when the first came
    assert learned.rate(101) == 1000 / WINDOW
    learned.reject(120, 1000, WINDOW)
    assert learned.rate(120) == pytest.approx(0.7 * 1000 / WINDOW)


def test_the_learned_rate_grows_and_is_forgotten() -> None:
    learned = LearnedRate()
    learned.reject(0, 6000, WINDOW)
    rates = [learned.rate(minute * WINDOW) for minute in range(15)]
    assert rates == sorted(rates)
    assert rates[1] == pytest.approx(110)
    assert learned.rate(15 * WINDOW) == float("inf")


@given(st.lists(st.tuples(st.floats(0, 100), st.integers(0, 100_000)), max_size=30))
def test_the_learned_rate_never_falls_below_the_floor(rejections: list[tuple[float, int]]) -> None:
    learned, now = LearnedRate(), 0.0
    for idle, recent in rejections:
        now += idle
        learned.reject(now, recent, WINDOW)
        assert learned.rate(now) >= FLOOR


def test_a_client_that_was_rejected_sends_as_fast_as_the_limit_of_the_minute() -> None:
    clock = Clock()
    pacing = Pacing(Rates(), clock)
    for _ in range(1000):  # 100 in a second
        clock.now += 0.01
        pacing.starts.append(clock.now)
    assert not pacing.limits_requests
    pacing.learn(WINDOW)
    begin, sent = clock.now, 0
    while clock.now < begin + 60:
        clock.now += pacing.before_request()
        sent += 1
    assert 1000 <= sent <= 1020
    clock.now += 15 * WINDOW
    assert pacing.before_request() == 0
    assert not pacing.limits_requests


def test_a_slow_client_is_not_slowed_further() -> None:
    clock = Clock()
    pacing = Pacing(Rates(), clock)
    for _ in range(int(FLOOR * WINDOW)):
        pacing.starts.append(clock.now)
        pacing.learn(WINDOW)
    assert not pacing.limits_requests
    assert pacing.before_request() == 0


def test_nothing_is_learned_where_there_is_no_window() -> None:
    pacing = Pacing(Rates(), Clock())
    pacing.starts.extend([0.0] * 1000)
    pacing.learn(0)
    assert not pacing.limits_requests


def test_more_requests_than_are_kept_are_estimated() -> None:
    clock = Clock()
    pacing = Pacing(Rates(), clock)
    for _ in range(10_000):  # 1,000 in a second
        clock.now += 0.001
        pacing.starts.append(clock.now)
    pacing.learn(WINDOW)
    begin = clock.now
    for _ in range(5000):
        clock.now += pacing.before_request()
    assert clock.now - begin == pytest.approx(4, abs=0.3)


def test_what_is_allowed_and_what_is_learned_hold_both() -> None:
    clock = Clock()
    pacing = Pacing(Rates(requests_per_second=2), clock)
    pacing.starts.extend([clock.now] * 1000)
    pacing.learn(WINDOW)
    begin = clock.now
    for _ in range(21):
        clock.now += pacing.before_request()
    assert clock.now - begin == pytest.approx(9, abs=0.01)
    clock.now += 15 * WINDOW
    pacing.before_request()
    assert pacing.limits_requests
