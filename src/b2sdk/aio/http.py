"""`AsyncHttp`: the one place that sends requests in an event loop.

What is decided about a request is decided as for one that blocks, in :mod:`b2sdk.http.rules`; what belongs here is only
how it is sent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import requests
from typing_extensions import override

from b2sdk.aio import errors
from b2sdk.aio.connection import Blocks, Seconds
from b2sdk.aio.connections import Connections
from b2sdk.aio.head import request_head
from b2sdk.aio.limits import Limits
from b2sdk.aio.pacing import Body, Pace, PacedBody
from b2sdk.aio.response import Request, Response
from b2sdk.aio.ways import Way, find_way, prepared
from b2sdk.exception import B2Error
from b2sdk.http.config import B2HttpApiConfig
from b2sdk.http.errors import quotes_a_secret
from b2sdk.http.hooks import ClockSkewHook
from b2sdk.http.rates import TokenBucket
from b2sdk.http.response import IN_JSON, error_of, json_of
from b2sdk.http.rules import SUCCESS, RequestAttempts, RequestRules
from b2sdk.http.url import host_of
from b2sdk.values.json import encode_params


class AsyncHttp(RequestRules):
    """Sends requests, again where that may help, and raises a :class:`~b2sdk.exception.B2Error` for every failure.

    Its connections belong to the event loop in which the first request is made.
    """

    def __init__(self, api_config: B2HttpApiConfig, limits: Limits) -> None:
        """Take over what the configuration says; nothing is opened.

        :raises ValueError: the configuration has a session of requests, which an event loop cannot use.
        """
        if api_config.http_session_factory is not requests.Session:
            raise ValueError("b2sdk.aio sends requests by itself; http_session_factory is for sessions of requests")
        super().__init__(api_config)
        if api_config.install_clock_skew_hook:
            self.add_callback(ClockSkewHook())
        self._limits = limits
        self._loop: asyncio.AbstractEventLoop | None = None
        self._connections = Connections(limits)
        self._is_closed = False
        self._ways: dict[str, Way] = {}

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
        await self._connections.close()

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
                response = await self._exchange(method, url, headers, data, query, timeouts, stream)
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
        error.__cause__ = None if quotes_a_secret(failure, headers) else failure
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
        data: bytes | Body | None,
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
        data: bytes | Body | None,
        params: Mapping[str, Any] | None,
        timeouts: tuple[float, float],
    ) -> Response:
        url = prepared(url, params)
        way = self._ways.get(host_of(url)) or await self._look_for_way(url)
        sent = {"Accept-Encoding": "identity", "Accept": "*/*", **headers, **way.headers_of_proxy()}
        whole = data if isinstance(data, bytes) else b""
        if isinstance(data, bytes) or (data is None and method not in ("GET", "HEAD")):
            sent["Content-Length"] = str(len(whole))
        head = request_head(method, way.target(url), way.named, sent)
        connect, read = timeouts
        connection = await self._connections.get(way, connect)
        blocks = None
        if data is not None and not isinstance(data, bytes):
            pace = self._pace(self.pacing.upload)
            body = data if pace is None else PacedBody(data, pace)
            blocks = Blocks(body.blocks(), int(sent["Content-Length"]))
        incoming = await connection.exchange(
            method, head + whole, blocks, Seconds(self.write_timeout() or connect, read)
        )
        return Response(
            incoming,
            Request(url, headers),
            self.meter,
            self._pace(self.pacing.download),
            is_decoded=self._api_config.decode_content,
        )

    async def _look_for_way(self, url: str) -> Way:
        way = self._ways[host_of(url)] = await self.check_loop().run_in_executor(None, find_way, url)
        return way
