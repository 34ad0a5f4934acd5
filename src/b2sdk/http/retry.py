"""When to send a request again: a pure function of the policy, the attempt and the error.

What belongs here is arithmetic. No clock, no sleep, no randomness, no I/O.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from b2sdk.exception import B2Error, TooManyRequests


@dataclass(frozen=True)
class RetryPolicy:
    """How often, and after which waits, a failed request is sent again. All times are seconds.

    Without a word from the server the waits are ``first_wait`` times the powers of ``factor``; from where that exceeds
    ``max_wait`` they are ``max_wait`` plus a random part of ``jitter``, so that clients that failed together do not
    return together. The service asks for a first wait of at least one second and a ceiling of 64.

    A call that is refused with 429, when the service names no time, is tried until ``rate_limit_window`` is over,
    however few the attempts: each wait is twice the one before, and all of them together are the window. With five
    attempts they are 4, 8, 16 and 32 seconds, each with its jitter.
    """

    attempts: int | None = None
    """Requests in total, the first included; ``None`` leaves it to the kind of the call."""
    deadline: float | None = None
    """No attempt begins later than so long after the first one began; ``None`` sets no end."""
    first_wait: float = 1.0
    factor: float = 1.5
    max_wait: float = 64.0
    jitter: float = 1.0
    retry_after_cap: float = 3600.0
    """The longest wait that a ``Retry-After`` of the server can bring about."""
    rate_limit_window: float = field(default=60.0, kw_only=True)
    """The time that limits of calls are for; 0 makes a refusal with 429 a failure like others."""

    def __post_init__(self) -> None:
        if self.attempts is not None and self.attempts < 1:
            raise ValueError("try_count must be >= 1")
        # Spelled out, as a policy is made for each request.
        if not (
            self.first_wait >= 0
            and self.factor >= 0
            and self.max_wait >= 0
            and self.jitter >= 0
            and self.retry_after_cap >= 0
            and self.rate_limit_window >= 0
            and (self.deadline is None or self.deadline >= 0)
        ):
            raise ValueError(f"all times and the factor must be 0 or more: {self}")

    def wait_after(self, attempt: int, error: B2Error, fraction: float, elapsed: float = 0.0) -> float | None:
        """How long to wait after ``attempt`` (counted from 1) failed with ``error``; ``None`` means give up.

        ``fraction``, in [0, 1), is the random part of the jitter; ``elapsed`` are the seconds since the first attempt
        began.
        """
        if (self.attempts is not None and attempt >= self.attempts) or not error.should_retry_http():
            return None
        left = math.inf if self.deadline is None else self.deadline - elapsed
        wait = self._wait(attempt, error, fraction, left)
        return None if wait > left else wait

    def _wait(self, attempt: int, error: B2Error, fraction: float, left: float) -> float:
        asked = error.retry_after_seconds
        if asked is not None and asked >= 0:
            return min(asked, self.retry_after_cap)
        wait = self._backoff(attempt, fraction)
        if isinstance(error, TooManyRequests):
            wait = max(wait, min(self._share_of_window(attempt, fraction), left))
        return wait

    def _share_of_window(self, attempt: int, fraction: float) -> float:
        if self.attempts is None or not self.rate_limit_window:
            return 0.0
        share = 2.0 ** (attempt - self.attempts) / (1 - 2.0 ** (1 - self.attempts))
        return self.rate_limit_window * share + self.jitter * fraction

    def _backoff(self, attempt: int, fraction: float) -> float:
        try:
            wait = self.first_wait * self.factor ** (attempt - 1)
        except OverflowError:
            wait = float("inf")
        return wait if wait <= self.max_wait else self.max_wait + self.jitter * fraction
