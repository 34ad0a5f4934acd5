"""What holds for every request, blocking or awaited: timeouts, hooks, and whether to send it again, after which wait.

What belongs here sends nothing and waits for nothing, so that a client whose requests are awaited decides the same as
one whose requests block.
"""

from __future__ import annotations

import logging
import random
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import TracebackType

from typing_extensions import Self, override

from b2sdk import cancellation
from b2sdk.attempts import Attempts
from b2sdk.costs import ClientMeter
from b2sdk.error_text import summary_for_log
from b2sdk.exception import B2Error, TooManyRequests
from b2sdk.http.config import DEFAULT_HTTP_API_CONFIG, B2HttpApiConfig
from b2sdk.http.hooks import HttpCallback, Retry
from b2sdk.http.overrides import retry_policy_now, timeouts_now
from b2sdk.http.rates import Pacing
from b2sdk.http.retry import RetryPolicy
from b2sdk.http.url import shown_host
from b2sdk.version import USER_AGENT

logger: logging.Logger = logging.getLogger("b2sdk.http.client")

SUCCESS = (200, 206)
"""The service never sends anything else that is good: no redirects, no 201, no 204."""


class Count(int):
    """A default that reads as a number in signatures, and means the class constant at the time of the call."""

    constant: str

    def __new__(cls, count: int, constant: str) -> Self:
        self = super().__new__(cls, count)
        self.constant = constant
        return self


class RequestRules(ABC):
    """What a client was configured with, and decides by. The class constants are looked up at each call."""

    CONNECTION_TIMEOUT: float = 46
    """Seconds; one more than a TCP stack needs to repeat a SYN four times (3 + 6 + 12 + 24)."""
    TIMEOUT: float = 128
    TIMEOUT_FOR_COPY: float = 1200
    """For all JSON calls: the service responds to a copy when it is done."""
    TIMEOUT_FOR_UPLOAD: float = 128
    TRY_COUNT_DATA: int = 20
    TRY_COUNT_DOWNLOAD: int = 20
    TRY_COUNT_HEAD: int = 5
    TRY_COUNT_OTHER: int = 5
    RETRY_POLICY: RetryPolicy = RetryPolicy()
    """Used where the configuration has none."""

    clock: Callable[[], float] = staticmethod(time.monotonic)
    """What the rates of the client go by."""

    def __init__(self, api_config: B2HttpApiConfig = DEFAULT_HTTP_API_CONFIG) -> None:
        """Take over what the configuration says of requests."""
        self.user_agent: str = " ".join(filter(None, (USER_AGENT, api_config.user_agent_append)))
        self.callbacks: list[HttpCallback] = []
        self.meter: ClientMeter = ClientMeter()
        self.pacing: Pacing = Pacing(api_config.rates, self.clock)
        self._api_config = api_config
        self._timeouts = api_config.timeouts
        self._retry_policy = api_config.retry_policy

    def add_callback(self, callback: HttpCallback) -> None:
        """Call the hook around every attempt from now on, after those added before."""
        self.callbacks.append(callback)

    def timeouts_of(self, has_body: bool, read: float | None) -> tuple[float, float]:
        """Return the seconds of silence after which a connection, and a response, are given up.

        :param read: those for the response, where the call has a time of its own.
        """
        timeouts = timeouts_now(self._timeouts)
        silence = timeouts.read or (self.TIMEOUT_FOR_UPLOAD if has_body else self.TIMEOUT)
        return timeouts.connect or self.CONNECTION_TIMEOUT, read or silence

    def write_timeout(self) -> float | None:
        """Return the seconds in which a block of a body has to leave, if they were said."""
        return timeouts_now(self._timeouts).write

    def timeout_of_slow_call(self) -> float:
        """Return the seconds of silence that a JSON call may take: the service responds to a copy when it is done."""
        return timeouts_now(self._timeouts).slow_call or self.TIMEOUT_FOR_COPY

    @abstractmethod
    def translate(self, failure: Exception, headers: Mapping[str, str]) -> B2Error:
        """Return the error of this package that a failure of the transport is, without the secrets of a request."""

    @abstractmethod
    async def pause(self, seconds: float) -> None:
        """Wait between two attempts."""

    def seconds_before_retry(
        self, method: str, url: str, attempt: int, try_count: int, error: B2Error, start: float
    ) -> float | None:
        """Return for how many seconds to wait after ``attempt`` failed; ``None`` where the policy says to give up.

        ``start`` is the ``time.monotonic()`` of the first attempt. The hooks are called with the wait.

        :raises Cancelled: what the request was for is cancelled, which may be why it failed.
        """
        cancellation.check()
        elapsed = time.monotonic() - start
        fraction = random.random()  # noqa: S311  # jitter is no secret
        seconds = self._policy(try_count).wait_after(attempt, error, fraction, elapsed)
        if seconds is not None:
            self._report_retry(Retry(method, url, attempt, error, seconds))
        return seconds

    def _policy_now(self) -> RetryPolicy:
        return retry_policy_now(self._retry_policy) or self.RETRY_POLICY

    def learn_from_rejection(self) -> None:
        """Slow later requests down where the service has rejected one as too many."""
        self.pacing.learn(self._policy_now().rate_limit_window)

    def _policy(self, try_count: int) -> RetryPolicy:
        """Return the policy for a call that is to be tried so often.

        One that is to be tried once must not be sent again as it is, whatever the policy says.
        """
        policy = self._policy_now()
        attempts = getattr(self, try_count.constant) if isinstance(try_count, Count) else try_count
        return policy if policy.attempts is not None and attempts > 1 else replace(policy, attempts=attempts)

    def _report_retry(self, retry: Retry) -> None:
        _log_pause(retry)
        for callback in self.callbacks:
            callback.on_retry(retry)


class RequestAttempts(Attempts):
    """Those of one request. Whatever ends one is an error of this package."""

    def __init__(
        self,
        rules: RequestRules,
        method: str,
        url: str,
        headers: Mapping[str, str],
        try_count: int,
        body: object = None,
    ) -> None:
        self._rules = rules
        self._method = method
        self._url = url
        self._headers = headers
        self._try_count = try_count
        self._body = body
        self._start = time.monotonic()
        rules.pacing.starts.append(self._start)

    def __exit__(
        self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: TracebackType | None
    ) -> bool:
        meter = self._rules.meter
        if exc_val is None:
            meter.add_success(self._url, self._headers)
            return False
        meter.add_failure(self._url, self._headers, self._body, exc_val)
        return super().__exit__(exc_type, exc_val, exc_tb)

    @override
    async def recover(self, failure: Exception) -> B2Error | None:
        error = failure if isinstance(failure, B2Error) else self._rules.translate(failure, self._headers)
        error.host, error.attempts = shown_host(self._url), self.number
        if isinstance(error, TooManyRequests):
            self._rules.learn_from_rejection()
        address = self._url.partition("?")[0]
        seconds = self._rules.seconds_before_retry(
            self._method, address, self.number, self._try_count, error, self._start
        )
        if seconds is None:
            return error
        await self._rules.pause(seconds)
        return None


def _log_pause(retry: Retry) -> None:
    error = retry.error
    logger.debug("%s", error)
    reason = (
        "that is what the default exponential backoff is" if error.retry_after_seconds is None else "server asked us to"
    )
    where = retry.url if "://" in retry.url else f"{retry.url} at {error.host}"
    logger.info(
        "Pausing thread for %i seconds because %s: %s %s, attempt %d: %s",
        retry.seconds,
        reason,
        retry.method,
        where,
        retry.attempt,
        summary_for_log(error),
    )
