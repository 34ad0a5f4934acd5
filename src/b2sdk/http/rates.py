"""How fast a client sends and receives: what a program allows, and what the service has shown to be too fast.

What belongs here says how long to wait. It waits for nothing itself, and its clock is given.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields
from functools import partial
from typing import Any, Final, TypeAlias

from b2sdk.fork import PerProcess, new_lock
from b2sdk.stream.wrapper import StreamWrapper

Clock: TypeAlias = Callable[[], float]
"""Returns seconds, which never go back."""

BURST: Final = 1.0
"""Seconds that were not used and may be made up for."""
_PIECES_PER_SECOND: Final = 8
_LEAST_PIECE: Final = 1024
FLOOR: Final = 5.0
"""Requests per second that are made whatever the service rejects, with the waits of the retry policy: a client that has
made fewer is not the reason for a rejection, and nothing is learned of it."""
_CUT: Final = 0.7
"""What is left of the learned rate after a further rejection."""
_BETWEEN_CUTS: Final = 10.0
"""Seconds in which rejections count as one: they were on their way together."""
_GROWTH: Final = 1.1
"""By what the learned rate grows in each window without a rejection."""
_FORGOTTEN_AFTER: Final = 15
"""Windows."""
_STARTS: Final = 4096
_LARGEST_BLOCK: Final = 256 * 1024


@dataclass(frozen=True, kw_only=True)
class Rates:
    """The most that one client sends and receives, over all its threads and tasks. ``None`` is no limit.

    A second that was not used up may be made up for. Each process has limits of its own.

    :raises TypeError: one of them is no number.
    :raises ValueError: one of them is not above 0, or not finite.
    """

    upload: float | None = None
    """Bytes per second of the content of uploads."""
    download: float | None = None
    """Bytes per second of the content of downloads."""
    requests_per_second: float | None = None
    """Requests that are sent, retries included."""

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if value is None:
                continue
            if isinstance(value, bool) or not isinstance(value, (int, float)):
                raise TypeError(f"{field.name} must be a number, not {type(value).__name__}")
            if not 0 < value < math.inf:
                raise ValueError(f"{field.name} must be above 0 and finite, not {value}")


UNLIMITED = Rates()


class TokenBucket:
    """What may be used in each second, by any number of threads, in the order in which they come."""

    def __init__(self, per_second: float, clock: Clock = time.monotonic) -> None:
        self.per_second = per_second
        self._clock = clock
        self._lock = PerProcess(new_lock)
        self._paid_at = -math.inf

    def reserve(self, amount: float) -> float:
        """Use an amount; return for how many seconds to wait before.

        What was used before has been paid for by then. So one large amount need not be saved for, but is paid for by
        who comes next.
        """
        now = self._clock()
        with self._lock():
            begin = max(self._paid_at, now - BURST)
            self._paid_at = begin + amount / self.per_second
        return max(0.0, begin - now)

    def piece(self, size: int) -> int:
        """Return how many bytes of ``size`` are to be used at a time, so that none of the pauses is long."""
        return min(size, max(_LEAST_PIECE, int(self.per_second / _PIECES_PER_SECOND)))


class LearnedRate:
    """How many requests per second the service takes, as far as it has rejected more with 429.

    The service counts requests in windows of a minute. What was sent in the window before a rejection was too much by
    little, so that is the rate from then on. Further rejections reduce it, each window without one raises it, and after
    15 of them it is forgotten.
    """

    def __init__(self) -> None:
        self._rate = math.inf
        self._learned_at = 0.0
        self._window = 0.0

    def reject(self, now: float, recent: int, window: float) -> None:
        """Learn from a rejection.

        :param recent: how many requests were sent in the window before.
        :param window: its seconds.
        """
        current = self.rate(now)
        if current < math.inf:
            if now - self._learned_at >= _BETWEEN_CUTS:
                self._rate, self._learned_at = max(FLOOR, current * _CUT), now
        elif recent > FLOOR * window:
            self._rate, self._learned_at, self._window = recent / window, now, window

    def rate(self, now: float) -> float:
        """Return the requests per second; infinity where nothing is known."""
        if self._rate == math.inf:
            return math.inf
        quiet = (now - self._learned_at) // self._window
        return math.inf if quiet >= _FORGOTTEN_AFTER else self._rate * _GROWTH**quiet


class Pacing:
    """The rates of one client, and what it has learned."""

    def __init__(self, rates: Rates = UNLIMITED, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self.upload: TokenBucket | None = _bucket(rates.upload, clock)
        self.download: TokenBucket | None = _bucket(rates.download, clock)
        self._requests = _bucket(rates.requests_per_second, clock)
        self._learned = LearnedRate()
        self._learned_requests: TokenBucket | None = None
        self.starts: deque[float] = deque(maxlen=_STARTS)
        """When the last requests began, by the clock."""
        self.limits_requests: bool = self._requests is not None
        """Whether a request may have to wait."""

    def before_request(self) -> float:
        """Return for how many seconds to wait before the next request."""
        seconds = 0.0 if self._requests is None else self._requests.reserve(1)
        learned = self._learned_requests
        if learned is not None:
            rate = self._learned.rate(self._clock())
            if rate == math.inf:
                self._learned_requests, self.limits_requests = None, self._requests is not None
            else:
                learned.per_second = rate
                seconds = max(seconds, learned.reserve(1))
        return seconds

    def learn(self, window: float) -> None:
        """Learn that the service has rejected a request with 429.

        :param window: the seconds in which it counts requests; 0 if that is not known.
        """
        if not window:
            return
        now, starts = self._clock(), list(self.starts)
        recent = sum(start > now - window for start in starts)
        if recent == _STARTS:  # and more that are not kept
            recent = int(recent * window / max(now - starts[0], 1.0))
        self._learned.reject(now, recent, window)
        rate = self._learned.rate(now)
        if rate == math.inf:
            return
        if self._learned_requests is None:
            self._learned_requests = TokenBucket(rate, self._clock)
        self.limits_requests = True


def _bucket(per_second: float | None, clock: Clock) -> TokenBucket | None:
    return None if per_second is None else TokenBucket(per_second, clock)


def paced_blocks(
    blocks: Callable[[int], Iterable[bytes]], bucket: TokenBucket, wait: Callable[[float], object], size: int = 1
) -> Iterator[bytes]:
    """Yield the blocks of a response, small ones at a low rate, each when it may have been received.

    :param blocks: returns them, if it is given their size.
    """
    for block in blocks(bucket.piece(size)):
        if seconds := bucket.reserve(len(block)):
            wait(seconds)
        yield block


class PacedStream(StreamWrapper):
    """The body of an upload, which is read in small blocks, each when it may be sent."""

    def __init__(self, stream: Any, bucket: TokenBucket, wait: Callable[[float], object]) -> None:
        super().__init__(stream)
        self._bucket = bucket
        self._wait = wait

    def read(self, size: int | None = None) -> bytes:
        """Read at most ``size`` bytes, fewer at a low rate; all that are left if there is no size."""
        if size is None or size < 0:
            return b"".join(iter(partial(self.read, _LARGEST_BLOCK), b""))
        block = super().read(self._bucket.piece(size))
        if seconds := self._bucket.reserve(len(block)):
            self._wait(seconds)
        return block

    def __len__(self) -> int:
        return len(self.stream)

    def __bool__(self) -> bool:
        return True  # an empty stream is a stream
