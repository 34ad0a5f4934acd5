"""`B2Http`: the one place that sends requests.

What belongs here holds for every request: headers of ours, timeouts, hooks, attempts, and that whatever goes wrong is
raised as an error of this package. How errors are told apart, and how long to wait, is decided in other modules.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from b2sdk import cancellation
from b2sdk.exception import B2Error
from b2sdk.http.config import DEFAULT_HTTP_API_CONFIG, B2HttpApiConfig
from b2sdk.http.hooks import ClockSkewHook
from b2sdk.http.rates import PacedStream, paced_blocks
from b2sdk.http.response import IN_JSON, ResponseContextManager, error_of, json_of, load_body
from b2sdk.http.rules import SUCCESS, Count, RequestAttempts, RequestRules
from b2sdk.interfaces import Readable
from b2sdk.lazy import LazyModule
from b2sdk.values.json import encode_params

if TYPE_CHECKING:
    import requests

    from b2sdk.http import errors, exchange, opening
else:  # What stands on requests is imported with the first client: it takes more time than all else together.
    requests = LazyModule("requests")
    errors, exchange = LazyModule("b2sdk.http.errors"), LazyModule("b2sdk.http.exchange")
    opening = LazyModule("b2sdk.http.opening")


_DATA = Count(RequestRules.TRY_COUNT_DATA, "TRY_COUNT_DATA")
_DOWNLOAD = Count(RequestRules.TRY_COUNT_DOWNLOAD, "TRY_COUNT_DOWNLOAD")
_HEAD = Count(RequestRules.TRY_COUNT_HEAD, "TRY_COUNT_HEAD")
_OTHER = Count(RequestRules.TRY_COUNT_OTHER, "TRY_COUNT_OTHER")


class B2Http(RequestRules):
    """Sends requests, again where that may help, and raises a :class:`~b2sdk.exception.B2Error` for every failure.

    One ``session`` serves all threads. The class constants are looked up at each call, so that a subclass or an
    instance may set them. Success is status 200 or 206.
    """

    def __init__(self, api_config: B2HttpApiConfig = DEFAULT_HTTP_API_CONFIG) -> None:
        super().__init__(api_config)
        self._connections = 0
        self._is_session_given = False
        if api_config.install_clock_skew_hook:
            self.add_callback(ClockSkewHook())

    @cached_property
    def _sender(self) -> exchange.RequestSender:
        sender = opening.open_sender(self._api_config)
        sender.keep_connections(self._connections)
        # One for all, also where threads meet here.
        opened: exchange.RequestSender = vars(self).setdefault("_sender", sender)
        return opened

    @property
    def session(self) -> requests.Session:
        """The session of requests that all threads share; another one may be put in its place.

        It is opened when it is asked for, by a request or by :meth:`open`: who sends no requests, as the simulator in
        the process, needs neither requests nor sockets.
        """
        return self._sender.session

    @session.setter
    def session(self, session: requests.Session) -> None:
        self._sender = opening.send_through(session, self._api_config)
        self._is_session_given = True

    def __getstate__(self) -> dict[str, Any]:
        # What was opened here is opened again where it is unpickled, so that forks of that process are noticed.
        state = dict(vars(self))
        if not self._is_session_given:
            state.pop("_sender", None)
        return state

    def keep_connections(self, connections: int) -> None:
        """Keep at least so many connections open: one for every thread that may send at the same time.

        Adapters that the program mounted itself stay as they are.
        """
        self._connections = max(self._connections, connections)
        if self._is_open:
            self._sender.keep_connections(connections)

    def open(self) -> None:
        """Open the session now: what is imported for it is then shared by processes that are forked later."""
        _ = self._sender

    def close(self) -> None:
        """Close the idle connections. A request sent later opens new ones."""
        if self._is_open:
            self.session.close()

    @property
    def _is_open(self) -> bool:
        return "_sender" in vars(self)

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        data: bytes | Readable | None = None,
        try_count: int = _DATA,
        params: Mapping[str, Any] | None = None,
        *,
        stream: bool = False,
        _timeout: float | None = None,
    ) -> requests.Response:
        """Send a request up to ``try_count`` times and return the first successful response.

        All other methods end here. ``params`` become the query of a GET; with other methods they only name in errors
        what the request was about. With ``stream`` the body of the response is left unread. ``_timeout`` is the read
        timeout in seconds; when not given, ``TIMEOUT_FOR_UPLOAD`` for a request with a body and ``TIMEOUT`` for others.

        Raises the last attempt's error, and ``ValueError`` for a ``try_count`` below 1.
        """
        timeout = self.timeouts_of(data is not None, _timeout)
        method, headers = method.upper(), {**headers, "User-Agent": self.user_agent}
        query = params if method == "GET" else None
        rewind = getattr(data, "seek", None)
        if self.pacing.upload is not None and rewind is not None:
            data = PacedStream(data, self.pacing.upload, self.wait)
        cancellation.check()
        attempts = RequestAttempts(self, method, url, headers, try_count, data)
        while True:
            with attempts:
                if self.pacing.limits_requests and (seconds := self.pacing.before_request()):
                    self.wait(seconds)
                if rewind is not None:
                    rewind(0)
                for callback in self.callbacks:
                    callback.pre_request(method, url, headers)
                sender = self._sender
                send = sender.call(method, url, headers, data, query, timeout, stream)
                response = send()
                is_success = response.status_code in SUCCESS
                try:
                    sender.take(response)
                    if not (is_success and stream):
                        load_body(response, is_success=is_success)
                    for callback in self.callbacks:
                        callback.post_request(method, url, headers, response)
                except BaseException:
                    response.close()
                    raise
                if is_success:
                    return response
                raise error_of(response, params)

    @override
    def translate(self, failure: Exception, headers: Mapping[str, str]) -> B2Error:
        error = errors.translate(failure)
        error.__cause__ = None if errors.quotes_a_secret(failure, headers) else failure
        return error

    @override
    async def pause(self, seconds: float) -> None:
        self.wait(seconds)

    def wait(self, seconds: float) -> None:
        """Wait between two attempts, or for what the rates allow."""
        # Looked up here: tests of programs replace `time` by something that does not wait.
        cancellation.sleep(seconds, time.sleep)

    def request_content_return_json(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        data: bytes | Readable | None = None,
        try_count: int = _DATA,
        params: Mapping[str, Any] | None = None,
        *,
        _timeout: float | None = None,
    ) -> dict[str, Any]:
        """Send like :meth:`request` and return the JSON object of the response.

        Raises :class:`~b2sdk.exception.InvalidJsonResponse` when the body is anything else.
        """
        headers = {**headers, **IN_JSON}
        return self._read_json(url, self.request(method, url, headers, data, try_count, params, _timeout=_timeout))

    def post_content_return_json(
        self,
        url: str,
        headers: Mapping[str, str],
        data: bytes | Readable,
        try_count: int = _DATA,
        post_params: Mapping[str, Any] | None = None,
        _timeout: float | None = None,
    ) -> dict[str, Any]:
        """POST content; ``post_params`` only name in errors what the content was."""
        headers = {**headers, **IN_JSON}
        return json_of(self.request("POST", url, headers, data, try_count, post_params, _timeout=_timeout))

    def post_json_return_json(
        self,
        url: str,
        headers: Mapping[str, str],
        params: Mapping[str, Any],
        try_count: int = _OTHER,
    ) -> dict[str, Any]:
        """POST a JSON object, with the patience that a server-side copy needs."""
        headers = {**headers, "Content-Type": "application/json", **IN_JSON}
        body, timeout = encode_params(params), self.timeout_of_slow_call()
        return self._read_json(url, self.request("POST", url, headers, body, try_count, params, _timeout=timeout))

    def _read_json(self, url: str, response: requests.Response) -> dict[str, Any]:
        found = json_of(response)
        self.meter.add_response(url, found)
        return found

    def get_content(self, url: str, headers: Mapping[str, str], try_count: int = _DOWNLOAD) -> ResponseContextManager:
        """GET with the body left to be streamed; the caller reads it, with errors of `requests`, and closes it."""
        response = self.request("GET", url, headers=headers, try_count=try_count, stream=True)
        if self.pacing.download is not None:
            response.iter_content = partial(paced_blocks, response.iter_content, self.pacing.download, self.wait)  # type: ignore[method-assign]  # for all code that reads it
        return ResponseContextManager(response)

    def head_content(self, url: str, headers: Mapping[str, str], try_count: int = _HEAD) -> requests.Response:
        """HEAD; a failure has a status but neither code nor message, as there is no body to say them."""
        return self.request("HEAD", url, headers=headers, try_count=try_count)
