"""Timeouts and retries for a block of code, on top of what its client was made with."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextlib import AbstractContextManager
from contextvars import ContextVar
from dataclasses import replace
from typing import NamedTuple

from b2sdk.http.config import AS_THE_CLASS, Timeouts, check_timeouts
from b2sdk.http.retry import RetryPolicy

_timeouts: ContextVar[Timeouts] = ContextVar("b2sdk-timeouts", default=AS_THE_CLASS)
_retry_policy: ContextVar[RetryPolicy | None] = ContextVar("b2sdk-retry-policy", default=None)


@contextlib.contextmanager
def patience(*, timeouts: Timeouts | None = None, retry_policy: RetryPolicy | None = None) -> Iterator[None]:
    """Let other timeouts, or another policy, hold for the requests that are made in the block.

    They hold for whichever client makes the requests, in this thread and in those that work for the transfers that the
    block begins. A listing makes its requests when it is iterated. A field of ``timeouts`` that is ``None``, and a
    policy that is not given, stays what it is outside.

    :raises TypeError: they are no :class:`Timeouts`, or one of them is no number.
    :raises ValueError: a timeout is not above 0, or not finite.
    """
    if timeouts is not None:
        check_timeouts(timeouts)
    tokens = _timeouts.set(merge(timeouts or AS_THE_CLASS, _timeouts.get()))
    previous = _retry_policy.set(retry_policy or _retry_policy.get())
    try:
        yield
    finally:
        _retry_policy.reset(previous)
        _timeouts.reset(tokens)


class Overrides(NamedTuple):
    """What a block of code says, for what is made in it and used elsewhere: in other threads, or other processes."""

    timeouts: Timeouts
    retry_policy: RetryPolicy | None


def overrides_here() -> Overrides:
    """Return what is said where this is called."""
    return Overrides(_timeouts.get(), _retry_policy.get())


def patience_unless_said(overrides: Overrides) -> AbstractContextManager[None]:
    """Let these hold in the block for what nothing else is said about."""
    return patience(
        timeouts=merge(_timeouts.get(), overrides.timeouts),
        retry_policy=_retry_policy.get() or overrides.retry_policy,
    )


def patience_of(seconds: float) -> AbstractContextManager[None]:
    """Let requests in the block try for about so long: none begins later, or stays silent for longer."""
    policy = replace(_retry_policy.get() or RetryPolicy(), deadline=seconds)
    return patience(timeouts=Timeouts(seconds, seconds, seconds, seconds), retry_policy=policy)


def merge(preferred: Timeouts, other: Timeouts) -> Timeouts:
    """Return the preferred timeouts, and the others where there is none."""
    if preferred is AS_THE_CLASS:  # asked several times for each request, and nearly always so
        return other
    return Timeouts(*(mine if mine is not None else theirs for mine, theirs in zip(preferred, other, strict=True)))


def timeouts_now(of_client: Timeouts) -> Timeouts:
    """Return the timeouts that hold here for a client that was made with these."""
    return merge(_timeouts.get(), of_client)


def retry_policy_now(of_client: RetryPolicy | None) -> RetryPolicy | None:
    """Return the policy that holds here for a client that was made with this one."""
    return _retry_policy.get() or of_client
