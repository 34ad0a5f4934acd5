"""When to send a request again: a pure function of the policy, the attempt and the error.

What belongs here is arithmetic. No clock, no sleep, no randomness, no I/O.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from b2sdk.exception import B2Error


@dataclass(frozen=True)
class RetryPolicy:
    """How often, and after which waits, a failed request is sent again. All times are seconds.

    Without a word from the server the waits are ``first_wait`` times the powers of ``factor``; from where that exceeds
    ``max_wait`` they are ``max_wait`` plus a random part of ``jitter``, so that clients that failed together do not
    return together. The service asks for a first wait of at least one second and a ceiling of 64.
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

    def __post_init__(self) -> None:
        if self.attempts is not None and self.attempts < 1:
            raise ValueError("try_count must be >= 1")

    def wait_after(self, attempt: int, error: B2Error, fraction: float, elapsed: float = 0.0) -> float | None:
        """How long to wait after ``attempt`` (counted from 1) failed with ``error``; ``None`` means give up.

        ``fraction``, in [0, 1), is the random part of the jitter; ``elapsed`` are the seconds since the first attempt
        began.
        """
        if (self.attempts is not None and attempt >= self.attempts) or not error.should_retry_http():
            return None
        wait = self._wait(attempt, error.retry_after_seconds, fraction)
        return None if self.deadline is not None and elapsed + wait > self.deadline else wait

    def _wait(self, attempt: int, asked: float | None, fraction: float) -> float:
        if asked is not None and asked >= 0:
            return min(asked, self.retry_after_cap)
        return self._backoff(attempt, fraction)

    def _backoff(self, attempt: int, fraction: float) -> float:
        try:
            wait = self.first_wait * self.factor ** (attempt - 1)
        except OverflowError:
            wait = float("inf")
        return wait if wait <= self.max_wait else self.max_wait + self.jitter * fraction
