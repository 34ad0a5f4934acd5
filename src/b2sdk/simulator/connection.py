"""The connection of door two: requests read, answers written.

What belongs here is back-pressure in both directions, and breaking off where a wire fault says so. What the requests
mean is the wire's, where they arrive is the server's.
"""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
import struct
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import replace
from email.utils import formatdate
from typing import Final

try:
    from aiohttp import web
except ImportError as _error:  # pragma: no cover  # the extra is installed wherever the tests run
    raise ImportError("The HTTP simulator needs aiohttp: pip install 'b2sdk-ng[simulator]'") from _error

from b2sdk.simulator import page
from b2sdk.simulator.content import BLOCK_SIZE
from b2sdk.simulator.control import PATHS as CONTROL_PATHS, Control
from b2sdk.simulator.faults import WireFault
from b2sdk.simulator.headers import lower_case, query_of
from b2sdk.simulator.messages import Block, Reply, RequestHead, refusal_reply
from b2sdk.simulator.refusals import Refusal
from b2sdk.simulator.shapes import Addresses
from b2sdk.simulator.wire import Exchange, Wire

_HOST = re.compile(r"[A-Za-z0-9._~:\[\]-]+")
_LONGEST_HEADER: Final = 32768
_LONGEST_CONTROL_BODY: Final = 65536
_SLOW_ENDPOINTS: Final = frozenset({"b2_copy_file", "b2_copy_part"})
"""Calls that may read and hash gigabytes, which must not hold up the others."""
_RESET: Final = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
"""``SO_LINGER`` with no time to linger: closing the socket sends a reset."""

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]
Settle = Callable[[], Awaitable[None]]
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


class ControlDoor:
    """The control routes and the page for people, which are both answered without a token."""

    def __init__(self, wire: Wire, control: Control, settle: Settle) -> None:
        self._wire = wire
        self._control = control
        self._settle = settle

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer a request of an origin that has nothing else."""
        answer = await self.answer(request)
        return answer or await _send(request, refusal_reply(Refusal("not_found", "There is no such control route")))

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse | None:
        """Answer a request that is for here; ``None`` if it is not."""
        path = request.raw_path.partition("?")[0]
        if path == "/" and request.method in ("GET", "HEAD"):
            return await _send(request, self._page(request.raw_path))
        if path not in CONTROL_PATHS:
            return None
        body = b""
        while len(body) <= _LONGEST_CONTROL_BODY and (chunk := await request.content.readany()):
            body += chunk
        reply = self._control.answer(request.method, path, body)
        return await _send(request, await _settled(reply, self._settle))

    def _page(self, target: str) -> Reply:
        try:
            return page.page(self._wire.cloud, self._wire.journal, query_of(target))
        except Refusal as refusal:
            return refusal_reply(refusal)


class ServiceDoor:
    """The service, with the control routes beside it unless they have an origin of their own."""

    def __init__(self, wire: Wire, control: ControlDoor | None, own_url: Callable[[], str], settle: Settle) -> None:
        self._wire = wire
        self._control = control
        self._own_url = own_url
        self._settle = settle

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer a request."""
        answer = None if self._control is None else await self._control.answer(request)
        return answer or await self._serve(request)

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        exchange = self._wire.begin(_head_of(request, self._own_url()))
        fault = exchange.wire_fault
        if not await _receive(request, exchange):
            exchange.abandon()
            return _broken(request)
        if exchange.endpoint in _SLOW_ENDPOINTS:
            reply = await asyncio.to_thread(exchange.complete)
        else:
            reply = exchange.complete()
        reply = await _settled(reply, self._settle)
        if fault is not None and fault.kind == "reset-before-response":
            return _broken(request)
        if fault is not None and fault.kind == "stall":
            await asyncio.sleep(fault.seconds)
        return await _send(request, reply, fault)


async def _settled(reply: Reply, settle: Settle) -> Reply:
    """Return the answer once it may be given, or another one if what it says could not be made to last."""
    try:
        await settle()
    except OSError as error:
        return refusal_reply(Refusal("internal_error", str(error)))
    return reply


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
    headers = lower_case(request.headers.items())
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


async def _send(request: web.BaseRequest, reply: Reply, fault: WireFault | None = None) -> web.StreamResponse:
    if fault is not None and fault.kind == "cut" and isinstance(reply.body, bytes):
        reply = replace(reply, body=reply.body[: fault.after_bytes], length=min(reply.length, fault.after_bytes))
    headers = {**reply.headers, "Content-Length": str(reply.length)}
    if fault is not None and fault.kind == "skew":
        headers["Date"] = formatdate(time.time() + fault.seconds, usegmt=True)
    if isinstance(reply.body, bytes) and request.method != "HEAD" and fault is None:
        return web.Response(status=reply.status, headers=headers, body=reply.body)
    response = web.StreamResponse(status=reply.status, headers=headers)
    try:
        await response.prepare(request)
        if request.method != "HEAD":
            await _write(request, response, iter((reply.body,)) if isinstance(reply.body, bytes) else reply.body, fault)
        await response.write_eof()
    except ConnectionError:
        pass  # the client has had enough
    return response


async def _write(
    request: web.BaseRequest, response: web.StreamResponse, blocks: Iterator[Block], fault: WireFault | None
) -> None:
    kind = None if fault is None else fault.kind
    offset = 0
    for block in blocks:
        if fault is not None and kind == "slow":
            await response.write(block[:1])  # or the head of the answer would be late, too
            await asyncio.sleep(fault.seconds)
            block = block[1:]  # noqa: PLW2901  # the rest
        elif fault is not None and kind == "truncate" and offset + len(block) > fault.after_bytes:
            await response.write(block[: fault.after_bytes - offset])
            if request.transport is not None:
                request.transport.close()
            return
        elif fault is not None and kind == "corrupt":
            block = _corrupted(block, fault.after_bytes - offset)  # noqa: PLW2901  # what is sent instead
        offset += len(block)
        await response.write(block)


def _corrupted(block: Block, place: int) -> Block:
    """Return the block with the byte at ``place`` flipped, if it has one there."""
    if not 0 <= place < len(block):
        return block
    changed = bytearray(block)
    changed[place] ^= 0xFF
    return bytes(changed)
