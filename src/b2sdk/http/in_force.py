"""Timeouts and retries for a block of code, on top of what its client was made with."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar

from b2sdk.http.config import AS_THE_CLASS, Timeouts
from b2sdk.http.retry import RetryPolicy

_timeouts: ContextVar[Timeouts] = ContextVar("b2sdk-timeouts", default=AS_THE_CLASS)
_retry_policy: ContextVar[RetryPolicy | None] = ContextVar("b2sdk-retry-policy", default=None)


@contextlib.contextmanager
def patience(*, timeouts: Timeouts | None = None, retry_policy: RetryPolicy | None = None) -> Iterator[None]:
    """Let other timeouts, or another policy, hold for the requests that are made in the block.

    They hold for whichever client makes the requests, in this thread and in those that work for the transfers that the
    block begins. A listing makes its requests when it is iterated. A field of ``timeouts`` that is ``None``, and a
    policy that is not given, stays what it is outside.
    """
    tokens = _timeouts.set(merged(timeouts or AS_THE_CLASS, _timeouts.get()))
    previous = _retry_policy.set(retry_policy or _retry_policy.get())
    try:
        yield
    finally:
        _retry_policy.reset(previous)
        _timeouts.reset(tokens)


def merged(preferred: Timeouts, other: Timeouts) -> Timeouts:
    """Return the preferred timeouts, and the others where there is none."""
    if preferred is AS_THE_CLASS:  # asked several times for each request, and nearly always so
        return other
    return Timeouts(*(mine if mine is not None else theirs for mine, theirs in zip(preferred, other, strict=True)))


def timeouts_now(of_client: Timeouts) -> Timeouts:
    """Return the timeouts that hold here for a client that was made with these."""
    return merged(_timeouts.get(), of_client)


def retry_policy_now(of_client: RetryPolicy | None) -> RetryPolicy | None:
    """Return the policy that holds here for a client that was made with this one."""
    return _retry_policy.get() or of_client
