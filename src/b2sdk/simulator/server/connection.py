"""The connections of the front end over HTTP: requests read, responses written.

What belongs here is back-pressure in both directions, and breaking a connection where a wire fault says so. What the
requests mean is the gateway's, where they arrive is the server's.
"""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
import struct
import sys
import time
from collections.abc import Awaitable, Callable, Generator, Iterator
from concurrent.futures import Executor
from contextlib import AsyncExitStack
from dataclasses import replace
from email.utils import formatdate
from typing import Final

try:
    from aiohttp import web
except ImportError as _error:  # pragma: no cover  # the extra is installed wherever the tests run
    raise ImportError("The HTTP simulator needs aiohttp: pip install 'b2sdk-ng[simulator]'") from _error

from b2sdk.simulator.cloud.content import BLOCK_SIZE
from b2sdk.simulator.cloud.refusals import Refusal
from b2sdk.simulator.protocol.faults import WireFault
from b2sdk.simulator.protocol.gateway import Exchange, Gateway
from b2sdk.simulator.protocol.headers import Headers, lower_case_names, query_of
from b2sdk.simulator.protocol.messages import Block, RequestHead, Response, refusal_response
from b2sdk.simulator.protocol.shapes import Addresses
from b2sdk.simulator.server import dashboard
from b2sdk.simulator.server.control import LASTING_PATHS, PATHS, Control
from b2sdk.simulator.server.visitors import SANDBOX, HostNames, check_own_page, opens_a_page

_HOST = re.compile(r"[A-Za-z0-9._~:\[\]-]+")
_LONGEST_HEADER: Final = 32768
_LONGEST_CONTROL_BODY: Final = 65536
_SLOW_ENDPOINTS: Final = frozenset({"b2_copy_file", "b2_copy_part"})
"""Calls that may read and hash gigabytes, which must not hold up the others."""
_FOR_NOBODY_ELSE: Final = {"Cross-Origin-Resource-Policy": "same-origin", "X-Content-Type-Options": "nosniff"}
"""What keeps a response out of the pages of others, also in browsers that do not say whose request it is."""
_RESET: Final = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
"""``SO_LINGER`` with no time to linger: closing the socket sends a reset."""

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]
Commit = Callable[[], Awaitable[None]]
"""Returns when what has happened so far may be acknowledged; raises ``OSError`` when it may not."""


async def listen(stack: AsyncExitStack, handler: Handler, host: str, port: int, context: ssl.SSLContext | None) -> int:
    """Accept connections until ``stack`` is left; return the port, which is a free one for 0."""
    server = web.Server(
        handler,
        access_log=None,
        auto_decompress=False,  # content is stored as it comes, whatever its Content-Encoding
        max_line_size=_LONGEST_HEADER,
        max_field_size=_LONGEST_HEADER,
        read_bufsize=BLOCK_SIZE,
    )
    runner = web.ServerRunner(server, shutdown_timeout=0.01)  # 0 would wait for what is under way
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    await web.TCPSite(runner, host, port, reuse_address=True, ssl_context=context).start()
    return int(runner.addresses[0][1])


class ControlFrontEnd:
    """The control routes and the dashboard, which both need no token, and serve no page of another origin."""

    def __init__(self, gateway: Gateway, control: Control, commit: Commit, names: HostNames) -> None:
        self._gateway = gateway
        self._control = control
        self._commit = commit
        self._names = names

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """JsonObject a request of an origin that has nothing else."""
        answer = await self.answer(request)
        if answer is not None:  # a response without headers is false to some versions of aiohttp
            return answer
        return await _send(request, refusal_response(Refusal("not_found", "There is no such control route")))

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse | None:
        """JsonObject a request that is for here; ``None`` if it is not."""
        path = request.raw_path.partition("?")[0]
        is_page = path == "/" and request.method in ("GET", "HEAD")
        if not is_page and path not in PATHS:
            return None
        try:
            self._check_visitor(lower_case_names(request.headers.items()))
            response = self._page(request.raw_path) if is_page else await self._control_response(request, path)
        except Refusal as refusal:
            response = refusal_response(refusal)
        return await _send(request, replace(response, headers={**response.headers, **_FOR_NOBODY_ELSE}))

    def _check_visitor(self, headers: Headers) -> None:
        self._names.check(headers)
        check_own_page(headers)

    async def _control_response(self, request: web.BaseRequest, path: str) -> Response:
        body = b""
        while len(body) <= _LONGEST_CONTROL_BODY and (chunk := await request.content.readany()):
            body += chunk
        response = self._control.answer(request.method, path, body)
        return await _commit_first(response, self._commit) if path in LASTING_PATHS else response

    def _page(self, target: str) -> Response:
        return dashboard.page(self._gateway.cloud, self._gateway.journal, query_of(target))


class ServiceFrontEnd:
    """The service, with the control routes beside it unless they have an origin of their own."""

    def __init__(
        self,
        gateway: Gateway,
        control: ControlFrontEnd | None,
        own_url: Callable[[], str],
        commit: Commit,
        names: HostNames,
        workers: Executor,
    ) -> None:
        self._gateway = gateway
        self._control = control
        self._own_url = own_url
        self._commit = commit
        self._names = names
        self._workers = workers

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """JsonObject a request."""
        answer = None if self._control is None else await self._control.answer(request)
        return await self._serve(request) if answer is None else answer

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        head = _head_of(request, self._own_url())
        exchange = self._gateway.begin(head)
        if exchange.endpoint == "b2_authorize_account" and self._names.is_local:
            self._check_name(exchange, head.headers)
        fault = exchange.wire_fault
        if not await _receive(request, exchange):
            exchange.abandon()
            return _broken(request)
        if exchange.endpoint in _SLOW_ENDPOINTS:
            response = await asyncio.get_running_loop().run_in_executor(self._workers, exchange.complete)
        else:
            response = exchange.complete()
        decided, response = response.status, await _commit_first(response, self._commit)
        if response.status != decided:
            exchange.correct(response.status)
        if fault is not None and fault.kind == "reset-before-response":
            return _broken(request)
        if fault is not None and fault.kind == "stall":
            await asyncio.sleep(fault.seconds)
        if self._control is not None and opens_a_page(head.headers):
            response = replace(response, headers={**response.headers, "Content-Security-Policy": SANDBOX})
        return await _send(request, response, fault)

    def _check_name(self, exchange: Exchange, headers: Headers) -> None:
        """Keep those from logging in, with a key that everybody may know, who only came here by a name of theirs."""
        try:
            self._names.check(headers)
        except Refusal as refusal:
            exchange.refuse(refusal)


async def _commit_first(response: Response, commit: Commit) -> Response:
    """Return the response once what it says is on disk, or an error if it could not be written."""
    try:
        await commit()
    except OSError as error:
        return refusal_response(Refusal("internal_error", str(error)))
    return response


async def _receive(request: web.BaseRequest, exchange: Exchange) -> bool:
    """Hand the body on; ``False`` when the connection broke, or is to break, before its end."""
    fault = exchange.wire_fault
    limit = fault.after_bytes if fault is not None and fault.kind == "reset-mid-request" else None
    received = 0
    try:
        await _continue_if_expected(request)
        if fault is not None and fault.kind == "stall-request":
            await asyncio.sleep(fault.seconds)
        while chunk := await request.content.readany():
            received += len(chunk)
            if limit is not None and received >= limit:
                return False
            exchange.receive(chunk)
    except asyncio.CancelledError:
        exchange.abandon()
        raise
    except Exception:  # noqa: BLE001  # aiohttp raises several classes when a connection breaks
        return False
    return limit is None


def _head_of(request: web.BaseRequest, own_url: str) -> RequestHead:
    headers = lower_case_names(request.headers.items())
    host = headers.get("host", "")
    scheme = "https" if request.secure or headers.get("x-forwarded-proto") == "https" else "http"
    origin = f"{scheme}://{host}" if _HOST.fullmatch(host) else own_url
    return RequestHead(request.method, request.raw_path, headers, Addresses.at(origin))


async def _continue_if_expected(request: web.BaseRequest) -> None:
    if request.headers.get("Expect", "").lower() == "100-continue" and request.transport is not None:
        request.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")


def _broken(request: web.BaseRequest) -> web.StreamResponse:
    """Reset the connection. The returned response is never sent."""
    if request.transport is not None:
        connection = request.transport.get_extra_info("socket")
        if connection is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        request.transport.abort()
    return web.Response()


async def _send(request: web.BaseRequest, response: Response, fault: WireFault | None = None) -> web.StreamResponse:
    body, length = response.body, response.length
    if fault is not None and fault.kind == "cut" and isinstance(body, bytes):
        body, length = body[: fault.after_bytes], min(length, fault.after_bytes)
    headers = {**response.headers, "Content-Length": str(length)}
    if fault is not None and fault.kind == "skew":
        headers["Date"] = formatdate(time.time() + fault.seconds, usegmt=True)
    if isinstance(body, bytes) and request.method != "HEAD" and fault is None:
        return web.Response(status=response.status, headers=headers, body=body)
    stream = web.StreamResponse(status=response.status, headers=headers)
    try:
        await stream.prepare(request)
        if request.method != "HEAD":
            await _write(request, stream, iter((body,)) if isinstance(body, bytes) else body, fault)
        await stream.write_eof()
    except ConnectionError:
        pass  # the client has had enough
    finally:
        if isinstance(body, Generator):
            body.close()  # or the file that it reads would stay open until its memory is collected
    return stream


async def _write(
    request: web.BaseRequest, response: web.StreamResponse, blocks: Iterator[Block], fault: WireFault | None
) -> None:
    kind = None if fault is None else fault.kind
    offset = 0
    for block in blocks:
        if fault is not None and kind == "slow":
            await response.write(block[:1])  # or the head of the response would be late, too
            await asyncio.sleep(fault.seconds)
            block = block[1:]  # noqa: PLW2901  # the rest
        elif fault is not None and kind == "truncate" and offset + len(block) > fault.after_bytes:
            await response.write(block[: fault.after_bytes - offset])
            if request.transport is not None:
                request.transport.close()
            return
        elif fault is not None and kind == "corrupt":
            block = _corrupt(block, fault.after_bytes - offset)  # noqa: PLW2901  # what is sent instead
        offset += len(block)
        await response.write(block)


def _corrupt(block: Block, place: int) -> Block:
    """Return the block with the byte at ``place`` flipped, if it has one there."""
    if not 0 <= place < len(block):
        return block
    changed = bytearray(block)
    changed[place] ^= 0xFF
    return bytes(changed)
