"""Door two: the service over HTTP, for any client in any language.

What belongs here is the connection: reading requests, writing answers with back-pressure, and breaking off where a
wire fault says so. What the requests mean is the wire's. The server runs in a thread of its own, so that a test, or a
program, can use it from the same process.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
import struct
import sys
import threading
from collections.abc import Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Final

try:
    from aiohttp import web
except ImportError as error:  # pragma: no cover  # the extra is installed wherever the tests run
    raise ImportError("The HTTP simulator needs aiohttp: pip install 'b2sdk-ng[simulator]'") from error

from b2sdk.simulator.clock import Clock
from b2sdk.simulator.cloud import Cloud
from b2sdk.simulator.content import BLOCK_SIZE
from b2sdk.simulator.control import PATHS as CONTROL_PATHS, Control
from b2sdk.simulator.faults import Faults, Journal, WireFault
from b2sdk.simulator.headers import lower_case
from b2sdk.simulator.messages import Block, Reply, RequestHead
from b2sdk.simulator.policy import Policy
from b2sdk.simulator.shapes import Addresses
from b2sdk.simulator.wire import Exchange, Wire

if TYPE_CHECKING:
    from typing_extensions import Self

DEFAULT_ACCOUNT_ID: Final = "b2b2b2b2b2b2"
DEFAULT_KEY_ID: Final = "test-key-id"
DEFAULT_KEY: Final = "test-key"
_HOST = re.compile(r"[A-Za-z0-9._~:\[\]-]+")
_LONGEST_HEADER: Final = 32768
_LONGEST_CONTROL_BODY: Final = 65536
_SLOW_ENDPOINTS: Final = frozenset({"b2_copy_file", "b2_copy_part"})
"""Calls that may read and hash gigabytes, which must not hold up the others."""
_RESET: Final = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
"""``SO_LINGER`` with no time to linger: closing the socket sends a reset."""


class SimulatorServer:
    """A running service, as a context manager::

        with SimulatorServer() as server:
            client.authorize(server.url, server.key_id, server.key)

    One account, ``account_id``, exists from the beginning; ``key_id`` and ``key`` are its master key.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        key_id: str = DEFAULT_KEY_ID,
        key: str = DEFAULT_KEY,
        account_id: str = DEFAULT_ACCOUNT_ID,
        policy: Policy | None = None,
    ) -> None:
        """Prepare a server; ``port`` 0 takes a free one.

        :raises ValueError: everybody knows the default credentials, so they serve loopback addresses only.
        """
        if not _is_loopback(host) and (key_id, key) == (DEFAULT_KEY_ID, DEFAULT_KEY):
            raise ValueError(f"to serve {host}, which is not a loopback address, choose a key id and a key")
        self.key_id = key_id
        self.key = key
        self._host = host
        self._port = port
        self._policy = policy or Policy()
        self.account_id = account_id
        self.clock = Clock()
        self.wire = Wire(self._new_cloud())
        self._control = Control(self.wire, self.reset)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._stopping: asyncio.Event | None = None

    def _new_cloud(self) -> Cloud:
        cloud = Cloud(clock=self.clock, policy=self._policy)
        cloud.keys.create_account(self.account_id, self.key_id, self.key)
        return cloud

    @property
    def url(self) -> str:
        """The origin of everything, to be given to clients as the realm; known once the server has started."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self._port}"

    @property
    def cloud(self) -> Cloud:
        """What is behind the door; another one after :meth:`reset`."""
        return self.wire.cloud

    @property
    def faults(self) -> Faults:
        """Failures to come."""
        return self.wire.faults

    @property
    def journal(self) -> Journal:
        """What was called."""
        return self.wire.journal

    def reset(self) -> None:
        """Begin anew: one account with its master key, no buckets, no faults, no caps, the machine's time."""
        self.clock.reset()
        self.wire.begin_anew(self._new_cloud())

    # --- life ---

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Listen, and return when connections are accepted.

        :raises OSError: the port cannot be had.
        """
        started = threading.Event()
        failures: list[BaseException] = []
        self._thread = threading.Thread(target=self._run, args=(started, failures), name="b2-simulator", daemon=True)
        self._thread.start()
        started.wait()
        if failures:
            self._thread.join()
            raise failures[0]

    def stop(self) -> None:
        """Close all connections and wait until everything has ended; does nothing when called again."""
        if self._loop is not None and self._stopping is not None:
            self._loop.call_soon_threadsafe(self._stopping.set)
        if self._thread is not None:
            self._thread.join()
        self._loop = self._thread = self._stopping = None

    def _run(self, started: threading.Event, failures: list[BaseException]) -> None:
        try:
            asyncio.run(self._serve(started))
        except BaseException as error:  # noqa: BLE001  # handed to the thread that started the server
            failures.append(error)
        finally:
            started.set()

    async def _serve(self, started: threading.Event) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        server = web.Server(
            self._handle,
            access_log=None,
            auto_decompress=False,  # content is stored as it comes, whatever its Content-Encoding
            max_line_size=_LONGEST_HEADER,
            max_field_size=_LONGEST_HEADER,
            read_bufsize=BLOCK_SIZE,
        )
        runner = web.ServerRunner(server, shutdown_timeout=0)
        await runner.setup()
        try:
            await web.TCPSite(runner, self._host, self._port, reuse_address=True).start()
            self._port = int(runner.addresses[0][1])
            started.set()
            await self._stopping.wait()
        finally:
            await runner.cleanup()

    # --- requests ---

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        path = request.raw_path.partition("?")[0]
        if path in CONTROL_PATHS:
            return await self._answer_control(request, path)
        exchange = self.wire.begin(_head_of(request, self.url))
        fault = exchange.wire_fault
        if not await self._receive(request, exchange):
            exchange.abandon()
            return _broken(request)
        if exchange.endpoint in _SLOW_ENDPOINTS:
            reply = await asyncio.to_thread(exchange.complete)
        else:
            reply = exchange.complete()
        if fault is not None and fault.kind == "reset-before-response":
            return _broken(request)
        if fault is not None and fault.kind == "stall":
            await asyncio.sleep(fault.seconds)
        return await _send(request, reply, fault)

    async def _answer_control(self, request: web.BaseRequest, path: str) -> web.StreamResponse:
        body = b""
        while len(body) <= _LONGEST_CONTROL_BODY and (chunk := await request.content.readany()):
            body += chunk
        return await _send(request, self._control.answer(request.method, path, body), None)

    async def _receive(self, request: web.BaseRequest, exchange: Exchange) -> bool:
        """Hand the body on; ``False`` when the connection broke, or is to break, before its end."""
        fault = exchange.wire_fault
        limit = fault.after_bytes if fault is not None and fault.kind == "reset-mid-request" else None
        received = 0
        try:
            await _continue_if_expected(request)
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


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _head_of(request: web.BaseRequest, own_url: str) -> RequestHead:
    headers = lower_case(request.headers.items())
    host = headers.get("host", "")
    scheme = "https" if headers.get("x-forwarded-proto") == "https" else "http"
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


async def _send(request: web.BaseRequest, reply: Reply, fault: WireFault | None) -> web.StreamResponse:
    headers = {**reply.headers, "Content-Length": str(reply.length)}
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
            await asyncio.sleep(fault.seconds)
        elif fault is not None and kind == "truncate" and offset + len(block) > fault.after_bytes:
            await response.write(block[: fault.after_bytes - offset])
            if request.transport is not None:
                request.transport.close()
            return
        elif fault is not None and kind == "corrupt":
            block = _corrupted(block, fault.after_bytes - offset)  # noqa: PLW2901  # what is sent instead
        await response.write(block)
        offset += len(block)


def _corrupted(block: Block, place: int) -> Block:
    """Return the block with the byte at ``place`` flipped, if it has one there."""
    if not 0 <= place < len(block):
        return block
    changed = bytearray(block)
    changed[place] ^= 0xFF
    return bytes(changed)
