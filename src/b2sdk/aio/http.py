"""`AsyncHttp`: the one place that sends requests in an event loop.

What is decided about a request is decided as for one that blocks, in :mod:`b2sdk.http.rules`; what belongs here is only
how it is sent, with aiohttp.
"""

from __future__ import annotations

import asyncio
import functools
import os
import ssl
import sys
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from types import TracebackType
from typing import Any, Final, NamedTuple

import aiohttp
import requests
import yarl
from aiohttp.connector import Connection
from requests.utils import DEFAULT_CA_BUNDLE_PATH, select_proxy
from typing_extensions import Self, override

from b2sdk.aio import errors
from b2sdk.aio.limits import Limits
from b2sdk.aio.pacing import Body, Pace, PacedBody
from b2sdk.aio.response import Request, Response
from b2sdk.exception import B2Error
from b2sdk.http.config import B2HttpApiConfig
from b2sdk.http.hooks import ClockSkewHook
from b2sdk.http.rates import TokenBucket
from b2sdk.http.response import IN_JSON, error_of, json_of
from b2sdk.http.rules import SUCCESS, RequestAttempts, RequestRules
from b2sdk.http.url import host_of
from b2sdk.values.json import encode_params

_READ_AT_ONCE: Final = 256 * 1024
"""Bytes of a response that may wait to be taken."""
_NOT_ADDED: Final = ("Accept", "Accept-Encoding", "Content-Type")
"""Headers that aiohttp would add by itself."""


class AsyncHttp(RequestRules):
    """Sends requests, again where that may help, and raises a :class:`~b2sdk.exception.B2Error` for every failure.

    Its connections belong to the event loop in which the first request is made.
    """

    def __init__(self, api_config: B2HttpApiConfig, limits: Limits) -> None:
        """Take over what the configuration says; nothing is opened.

        :raises ValueError: the configuration has a session of requests, which an event loop cannot use.
        """
        if api_config.http_session_factory is not requests.Session:
            raise ValueError("b2sdk.aio sends requests with aiohttp; http_session_factory is for sessions of requests")
        super().__init__(api_config)
        if api_config.install_clock_skew_hook:
            self.add_callback(ClockSkewHook())
        self._limits = limits
        self._room = _Room(limits.requests)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._session: aiohttp.ClientSession | None = None
        self._is_closed = False
        self._ways: dict[str, _Way] = {}

    def check_loop(self) -> asyncio.AbstractEventLoop:
        """Return the running loop, if it is the one of this client.

        :raises RuntimeError: it is another one, or the client is closed.
        """
        loop = asyncio.get_running_loop()
        self._check_open()
        if self._loop is not loop:
            if self._loop is not None:
                raise RuntimeError("the client belongs to another event loop; each loop needs a client of its own")
            self._loop = loop
        return loop

    def _check_open(self) -> None:
        if self._is_closed:
            raise RuntimeError("the client is closed")

    async def close(self) -> None:
        """Close the connections, also those that are in use. The client cannot be used again."""
        self._is_closed = True
        session, self._session = self._session, None
        self._room.close()
        if session is not None:
            await session.close()

    async def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        data: bytes | Body | None = None,
        try_count: int | None = None,
        params: Mapping[str, Any] | None = None,
        *,
        stream: bool = False,
        read_timeout: float | None = None,
    ) -> Response:
        """Send a request up to ``try_count`` times and return the first successful response.

        All other methods end here; see :meth:`b2sdk.http.client.B2Http.request`, which does the same.
        """
        self.check_loop()
        timeouts = self.timeouts_of(data is not None, read_timeout)
        method, headers = method.upper(), {**headers, "User-Agent": self.user_agent}
        query = params if method == "GET" else None
        attempts = RequestAttempts(self, method, url, headers, try_count or self.TRY_COUNT_OTHER, data)
        while True:
            async with attempts:
                if self.pacing.limits_requests and (seconds := self.pacing.before_request()):
                    await self.pause(seconds)
                if data is None or isinstance(data, bytes):
                    response = await self._exchange(method, url, headers, data, query, timeouts, stream)
                else:
                    pace = self._pace(self.pacing.upload)
                    async with _Sending(data if pace is None else PacedBody(data, pace)) as content:
                        response = await self._exchange(method, url, headers, content, query, timeouts, stream)
                if response.status_code in SUCCESS:
                    return response
                raise error_of(response, params)

    async def post_json(self, url: str, headers: Mapping[str, str], params: Mapping[str, Any]) -> dict[str, Any]:
        """POST a JSON object, with the patience that a server-side copy needs, and return the one of the response."""
        headers = {**headers, "Content-Type": "application/json", **IN_JSON}
        patient = self.timeout_of_slow_call()
        response = await self.request("POST", url, headers, encode_params(params), params=params, read_timeout=patient)
        return self._read_json(url, response)

    async def get_json(self, url: str, headers: Mapping[str, str], params: Mapping[str, Any]) -> dict[str, Any]:
        """GET a JSON object; ``params`` are the query."""
        return self._read_json(url, await self.request("GET", url, {**headers, **IN_JSON}, params=params))

    def _read_json(self, url: str, response: Response) -> dict[str, Any]:
        found = json_of(response)
        self.meter.add_response(url, found)
        return found

    async def post_content(self, url: str, headers: Mapping[str, str], body: bytes | Body) -> dict[str, Any]:
        """POST content, once, and return the JSON object of the response."""
        pace = self._pace(self.pacing.upload)
        if pace is not None and isinstance(body, bytes):
            await pace.use(len(body))
        return json_of(await self.request("POST", url, {**headers, **IN_JSON}, body, try_count=1))

    def _pace(self, bucket: TokenBucket | None) -> Pace | None:
        return None if bucket is None else Pace(bucket, self.pause)

    @override
    def translate(self, failure: Exception, headers: Mapping[str, str]) -> B2Error:
        self._check_open()  # which is why it failed otherwise
        error = errors.translate(failure)
        error.__cause__ = None if errors.quotes_a_secret(failure, headers) else failure
        return error

    @override
    async def pause(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        self._check_open()

    # --- one exchange ---

    async def _exchange(
        self,
        method: str,
        url: str,
        headers: dict[str, str],
        data: bytes | _Sending | None,
        params: Mapping[str, Any] | None,
        timeouts: tuple[float, float],
        stream: bool,
    ) -> Response:
        for callback in self.callbacks:
            callback.pre_request(method, url, headers)
        response = await self._send(method, url, headers, data, params, timeouts)
        is_success = response.status_code in SUCCESS
        try:
            if not (is_success and stream):
                await response.load(is_success=is_success)
            for callback in self.callbacks:
                callback.post_request(method, url, headers, response)  # type: ignore[arg-type]  # it has what a hook may use
        except BaseException:
            response.close()
            raise
        return response

    async def _send(
        self,
        method: str,
        url: str,
        headers: dict[str, str],
        data: bytes | _Sending | None,
        params: Mapping[str, Any] | None,
        timeouts: tuple[float, float],
    ) -> Response:
        "".join(headers.values()).encode("latin-1")  # aiohttp would send the rest of Unicode as UTF-8
        way = self._ways.get(host_of(url)) or await self._look_for_way(url)
        connect, read = timeouts
        # Who waits has nothing of aiohttp yet, which is 5 kB for each request.
        await self._room.enter()
        try:
            target = yarl.URL(url, encoded=True)
            if params:
                target = target.update_query({name: str(value) for name, value in params.items() if value is not None})
            with data.limited(self.write_timeout() or connect) if isinstance(data, _Sending) else nullcontext():
                response = await self._open_session().request(
                    method,
                    target,
                    headers={"Accept-Encoding": "identity", "Accept": "*/*", **headers},
                    data=data,
                    allow_redirects=False,
                    ssl=way.trust,
                    proxy=way.proxy,
                    timeout=_client_timeout(connect, read),
                )
        except BaseException as error:
            self._room.leave()
            if isinstance(error, _BrokenOff):
                raise error.error from error.error.__cause__
            raise
        if response.connection is None:  # all has come, and the connection was given back
            self._room.leave()
        else:
            response.connection.add_callback(self._room.leave)
        return Response(response, Request(url, headers), self.meter, self._pace(self.pacing.download))

    def _open_session(self) -> aiohttp.ClientSession:
        if self._session is not None:
            return self._session
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=self._limits.idle_seconds),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=self._api_config.decode_content,
            skip_auto_headers=_NOT_ADDED,
            read_bufsize=_READ_AT_ONCE,
            response_class=_ResponseToOneRequest,
        )
        return self._session

    async def _look_for_way(self, url: str) -> _Way:
        """Return how a host is reached, by the same variables of the environment as with requests."""
        way = self._ways[host_of(url)] = await self.check_loop().run_in_executor(None, _find_way, url)
        return way


@functools.lru_cache(maxsize=16)
def _client_timeout(connect: float, read: float) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=None, sock_connect=connect, sock_read=read)


class _Room:
    """Room for the requests in progress: aiohttp does not look at its limit where it uses a connection again."""

    def __init__(self, requests: int) -> None:
        self._free = asyncio.Semaphore(requests)
        self._coming = 0
        self._is_closed = False

    async def enter(self) -> None:
        """Wait until there is room for another one.

        :raises aiohttp.ClientConnectionError: the client is closed.
        """
        self._coming += 1
        try:
            await self._free.acquire()
        finally:
            self._coming -= 1
        if self._is_closed:
            self.leave()
            raise aiohttp.ClientConnectionError("the client is closed")

    def leave(self) -> None:
        """Let another one in."""
        self._free.release()

    def close(self) -> None:
        """Let those fail that wait, as a program may keep a response."""
        self._is_closed = True
        for _ in range(self._coming):
            self._free.release()


class _ResponseToOneRequest(aiohttp.ClientResponse):
    """A response whose request is not sent again where its connection breaks, as aiohttp does with GET and HEAD.

    An attempt is one request, which is counted, and which hooks receive.
    """

    @override
    async def start(self, connection: Connection) -> aiohttp.ClientResponse:
        try:
            return await super().start(connection)
        except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
            raise _BrokenOff(error) from None


class _BrokenOff(Exception):
    """An error in a form by which aiohttp does not know that it might send the request again."""

    def __init__(self, error: aiohttp.ClientConnectionError) -> None:
        super().__init__()
        self.error = error


class _Way(NamedTuple):
    """How a host is reached."""

    trust: ssl.SSLContext | bool
    proxy: str | None


def _find_way(url: str) -> _Way:
    # What requests makes of the environment: aiohttp would also take credentials of ~/.netrc in place of the token.
    settings = requests.Session().merge_environment_settings(url, {}, None, None, None)
    proxy = select_proxy(url, settings["proxies"])
    if not url.startswith("https://"):
        return _Way(trust=True, proxy=proxy)
    verify = settings["verify"]
    bundle = verify if isinstance(verify, str) else DEFAULT_CA_BUNDLE_PATH
    is_folder = os.path.isdir(bundle)  # noqa: PTH112  # a text
    if not os.path.exists(bundle):  # noqa: PTH110  # a text
        raise FileNotFoundError(f"there is no bundle of certificates at {bundle!r}")
    trust = ssl.create_default_context(cafile=None if is_folder else bundle, capath=bundle if is_folder else None)
    return _Way(trust, proxy)


class _Sending:
    """The content of one exchange, which has been closed when this is left, however the exchange ended.

    aiohttp takes its blocks in a task that goes on when the response comes early, and that it does not wait for.
    """

    def __init__(self, content: Body) -> None:
        self._blocks = content.blocks()
        self._exchange: asyncio.Task[Any] | None = None
        self._seconds = 0.0
        self._end: asyncio.TimerHandle | None = None
        self._is_stalled = False
        self._turn = asyncio.Lock()
        self._reader: asyncio.Task[Any] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: TracebackType | None
    ) -> None:
        if self._reader is not None:
            self._reader.cancel()
        if isinstance(self._blocks, AsyncGenerator):
            async with self._turn:
                await self._blocks.aclose()

    @contextmanager
    def limited(self, seconds: float) -> Iterator[None]:
        """Let an exchange time out when a block does not leave: aiohttp limits only what is received.

        ``asyncio.timeout`` is not made to be set by another task, as the one is that takes the blocks.

        :raises TimeoutError: a block has not left after so many seconds.
        """
        self._exchange, self._seconds = asyncio.current_task(), seconds
        before = _cancellations(self._exchange)
        try:
            yield
        except asyncio.CancelledError:
            # Who cancelled the exchange at the same time is to see that.
            if self._is_stalled and _cancellations(self._exchange, forget=True) <= before:
                raise TimeoutError(f"a block of the body has not been taken for {self._seconds} seconds") from None
            raise
        finally:
            self._expire_in(None)
            self._exchange = None  # the response may come before all blocks have left

    def _expire_in(self, seconds: float | None) -> None:
        if self._end is not None:
            self._end.cancel()
            self._end = None
        if seconds is not None and self._exchange is not None:
            self._end = asyncio.get_running_loop().call_later(seconds, self._stall)

    def _stall(self) -> None:
        if self._exchange is not None:
            self._is_stalled = True
            self._exchange.cancel()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        self._expire_in(None)
        async with self._turn:
            self._reader = asyncio.current_task()
            try:
                block: bytes = await anext(self._blocks)
            finally:
                self._reader = None
        self._expire_in(self._seconds)
        return block


def _cancellations(task: asyncio.Task[Any] | None, *, forget: bool = False) -> int:
    """Return how often a task has been cancelled; before Python 3.11 nobody knows. One can be forgotten."""
    if sys.version_info >= (3, 11) and task is not None:
        return task.uncancel() if forget else task.cancelling()
    return 0
