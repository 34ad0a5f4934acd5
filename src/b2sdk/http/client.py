"""`B2Http`: the one place that sends requests.

What belongs here holds for every request: headers of ours, timeouts, hooks, attempts, and that whatever goes wrong is
raised as an error of this package. How errors are told apart, and how long to wait, is written next door.
"""

from __future__ import annotations

import json
import logging
import random
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from b2sdk.exception import B2Error
from b2sdk.http.config import DEFAULT_HTTP_API_CONFIG
from b2sdk.http.errors import QUOTING_HEADERS, translated
from b2sdk.http.exchange import Exchanger
from b2sdk.http.hooks import ClockSkewHook, HttpCallback, Retry
from b2sdk.http.in_force import retry_policy_now, timeouts_now
from b2sdk.http.pool import PooledAdapter, open_session
from b2sdk.http.response import ResponseContextManager, error_of, json_object
from b2sdk.http.retry import RetryPolicy
from b2sdk.version import USER_AGENT

if TYPE_CHECKING:
    from collections.abc import Mapping

    import requests
    from typing_extensions import Self

    from b2sdk.http.config import B2HttpApiConfig

logger: logging.Logger = logging.getLogger(__name__)

_SUCCESS = (200, 206)
"""The service never answers anything else that is good: no redirects, no 201, no 204."""


class _Count(int):
    """A default that reads as a number in signatures, and means the class constant at the time of the call."""

    constant: str

    def __new__(cls, count: int, constant: str) -> Self:
        self = super().__new__(cls, count)
        self.constant = constant
        return self


class Readable(Protocol):
    """A body that is read while it is sent. Before every attempt it is rewound with ``seek(0)``."""

    def read(self, size: int = -1, /) -> bytes:
        """Return at most ``size`` bytes; none at the end."""


class _Request(NamedTuple):
    """Everything about a request that is the same in each attempt."""

    method: str
    url: str
    headers: dict[str, str]
    data: bytes | Readable | None
    params: Mapping[str, Any] | None
    timeout: tuple[float, float]
    stream: bool


class B2Http:
    """Sends requests, again where that may help, and raises a :class:`~b2sdk.exception.B2Error` for every failure.

    One ``session`` serves all threads. The class constants are looked up at each call, so that a subclass or an
    instance may set them. Success is status 200 or 206.
    """

    CONNECTION_TIMEOUT: float = 46
    """Seconds; one more than a TCP stack needs to repeat a SYN four times (3 + 6 + 12 + 24)."""
    TIMEOUT: float = 128
    TIMEOUT_FOR_COPY: float = 1200
    """For all JSON calls: the service answers a server-side copy when the copy is done."""
    TIMEOUT_FOR_UPLOAD: float = 128
    TRY_COUNT_DATA: int = 20
    TRY_COUNT_DOWNLOAD: int = 20
    TRY_COUNT_HEAD: int = 5
    TRY_COUNT_OTHER: int = 5
    RETRY_POLICY: RetryPolicy = RetryPolicy()
    """Used where the configuration has none."""

    def __init__(self, api_config: B2HttpApiConfig = DEFAULT_HTTP_API_CONFIG) -> None:
        self.user_agent: str = " ".join(filter(None, (USER_AGENT, api_config.user_agent_append)))
        self._exchanger = Exchanger(open_session(api_config))
        self._timeouts = api_config.timeouts
        self._retry_policy = api_config.retry_policy
        self.callbacks: list[HttpCallback] = []
        if api_config.install_clock_skew_hook:
            self.add_callback(ClockSkewHook())

    @property
    def session(self) -> requests.Session:
        """The session of requests that all threads share; another one may be put in its place."""
        return self._exchanger.session

    @session.setter
    def session(self, session: requests.Session) -> None:
        self._exchanger = Exchanger(session)

    def add_callback(self, callback: HttpCallback) -> None:
        """Call the hook around every attempt from now on, after those added before."""
        self.callbacks.append(callback)

    def keep_connections(self, connections: int) -> None:
        """Keep at least so many connections open: one for every thread that may send at the same time.

        Adapters that the program mounted itself stay as they are.
        """
        for adapter in self.session.adapters.values():
            if isinstance(adapter, PooledAdapter):
                adapter.grow(connections)

    def close(self) -> None:
        """Close the idle connections. A request sent later opens new ones."""
        self.session.close()

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        data: bytes | Readable | None = None,
        try_count: int = _Count(TRY_COUNT_DATA, "TRY_COUNT_DATA"),
        params: Mapping[str, Any] | None = None,
        *,
        stream: bool = False,
        _timeout: float | None = None,
    ) -> requests.Response:
        """Send a request up to ``try_count`` times and return the first successful answer.

        All other methods end here. ``params`` become the query of a GET; with other methods they only name in errors
        what the request was about. With ``stream`` the body of the answer is left unread. ``_timeout`` is the read
        timeout in seconds; when not given, ``TIMEOUT_FOR_UPLOAD`` for a request with a body and ``TIMEOUT`` for others.

        Raises the last attempt's error, and ``ValueError`` for a ``try_count`` below 1.
        """
        timeouts = timeouts_now(self._timeouts)
        silence = timeouts.read or (self.TIMEOUT if data is None else self.TIMEOUT_FOR_UPLOAD)
        request = _Request(
            method=method.upper(),
            url=url,
            headers={**headers, "User-Agent": self.user_agent},
            data=data,
            params=params,
            timeout=(timeouts.connect or self.CONNECTION_TIMEOUT, _timeout or silence),
            stream=stream,
        )
        attempt, start = 0, time.monotonic()
        while True:
            attempt += 1
            try:
                return self._send(request)
            except B2Error as error:
                address = url.partition("?")[0]
                if not self.wait_to_repeat(request.method, address, attempt, try_count, error, start):
                    raise
            # The next attempt is outside `except`, or each error would drag all earlier ones along as its context.

    def wait_to_repeat(self, method: str, url: str, attempt: int, try_count: int, error: B2Error, start: float) -> bool:
        """Wait as the policy says after ``attempt`` failed; return False, at once, where it says to give up.

        ``start`` is the ``time.monotonic()`` of the first attempt.
        """
        elapsed = time.monotonic() - start
        fraction = random.random()  # noqa: S311  # jitter is no secret
        wait = self._policy(try_count).wait_after(attempt, error, fraction, elapsed)
        if wait is None:
            return False
        self._tell_retry(Retry(method, url, attempt, error, wait))
        time.sleep(wait)
        return True

    def _policy(self, try_count: int) -> RetryPolicy:
        """Return the policy for a call that is to be tried so often.

        One that is to be tried once must not be sent again as it is, whatever the policy says.
        """
        policy = retry_policy_now(self._retry_policy) or self.RETRY_POLICY
        attempts = getattr(self, try_count.constant) if isinstance(try_count, _Count) else try_count
        return policy if policy.attempts is not None and attempts > 1 else replace(policy, attempts=attempts)

    def _tell_retry(self, retry: Retry) -> None:
        _log_pause(retry.error, retry.seconds)
        for callback in self.callbacks:
            callback.on_retry(retry)

    def request_content_return_json(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        data: bytes | Readable | None = None,
        try_count: int = _Count(TRY_COUNT_DATA, "TRY_COUNT_DATA"),
        params: Mapping[str, Any] | None = None,
        *,
        _timeout: float | None = None,
    ) -> dict[str, Any]:
        """Send like :meth:`request` and return the JSON object of the answer.

        Raises :class:`~b2sdk.exception.InvalidJsonResponse` when the body is anything else.
        """
        response = self.request(
            method,
            url,
            headers={**headers, "Accept": "application/json"},
            data=data,
            try_count=try_count,
            params=params,
            _timeout=_timeout,
        )
        try:
            return json_object(response)
        finally:
            response.close()

    def post_content_return_json(
        self,
        url: str,
        headers: Mapping[str, str],
        data: bytes | Readable,
        try_count: int = _Count(TRY_COUNT_DATA, "TRY_COUNT_DATA"),
        post_params: Mapping[str, Any] | None = None,
        _timeout: float | None = None,
    ) -> dict[str, Any]:
        """POST content; ``post_params`` only name in errors what the content was."""
        return self.request_content_return_json("POST", url, headers, data, try_count, post_params, _timeout=_timeout)

    def post_json_return_json(
        self,
        url: str,
        headers: Mapping[str, str],
        params: Mapping[str, Any],
        try_count: int = _Count(TRY_COUNT_OTHER, "TRY_COUNT_OTHER"),
    ) -> dict[str, Any]:
        """POST a JSON object, with the patience that a server-side copy needs."""
        return self.post_content_return_json(
            url,
            {**headers, "Content-Type": "application/json"},
            json.dumps(params).encode("ascii"),
            try_count,
            params,
            _timeout=timeouts_now(self._timeouts).slow_call or self.TIMEOUT_FOR_COPY,
        )

    def get_content(
        self, url: str, headers: Mapping[str, str], try_count: int = _Count(TRY_COUNT_DOWNLOAD, "TRY_COUNT_DOWNLOAD")
    ) -> ResponseContextManager:
        """GET with the body left to be streamed; whoever reads it meets the errors of `requests`, and closes it."""
        return ResponseContextManager(self.request("GET", url, headers=headers, try_count=try_count, stream=True))

    def head_content(
        self, url: str, headers: Mapping[str, str], try_count: int = _Count(TRY_COUNT_HEAD, "TRY_COUNT_HEAD")
    ) -> requests.Response:
        """HEAD; a failure has a status but neither code nor message, as there is no body to say them."""
        return self.request("HEAD", url, headers=headers, try_count=try_count)

    def _send(self, request: _Request) -> requests.Response:
        """Make one attempt."""
        try:
            response = self._exchange(request)
            if response.status_code in _SUCCESS:
                return response
            failure = error_of(response, request.params)
        except B2Error:
            raise
        except Exception as error:  # noqa: BLE001  # raised again, as an error of this package
            raise translated(error) from (None if isinstance(error, QUOTING_HEADERS) else error)
        try:
            raise failure
        finally:
            del failure  # which leads to this frame

    def _exchange(self, request: _Request) -> requests.Response:
        if (seek := getattr(request.data, "seek", None)) is not None:
            seek(0)
        for callback in self.callbacks:
            callback.pre_request(request.method, request.url, request.headers)
        response = self._exchanger.send(
            request.method,
            request.url,
            request.headers,
            request.data,
            request.params if request.method == "GET" else None,
            request.timeout,
            request.stream,
        )
        try:
            for callback in self.callbacks:
                callback.post_request(request.method, request.url, request.headers, response)
        except BaseException:
            response.close()
            raise
        return response


def _log_pause(error: B2Error, seconds: float) -> None:
    logger.debug("%s", error)
    reason = (
        "that is what the default exponential backoff is" if error.retry_after_seconds is None else "server asked us to"
    )
    logger.info("Pausing thread for %i seconds because %s", seconds, reason)
