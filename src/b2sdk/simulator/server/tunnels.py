"""A proxy for clients that have the address of the real service built in.

What belongs here is ``CONNECT``, by which clients of HTTPS ask a proxy for a connection. It is opened for
the names of the simulator only, and leads there whatever their DNS says: nobody reaches anything else through it.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Final

from b2sdk.simulator.server.visitors import HostNames

REAL_NAME: Final = "api.backblazeb2.com"
"""Where clients look for the service unless they are told otherwise."""
_LONGEST_HEAD: Final = 32768
_BLOCK: Final = 65536


class Tunnels:
    """Connections through the proxy to one address, where the service listens."""

    def __init__(self, names: HostNames, host: str, port: int) -> None:
        self._names = names
        self._host = host
        self._port = port
        self._open: set[asyncio.Task[None]] = set()

    async def listen(self, stack: AsyncExitStack, host: str, port: int) -> int:
        """Accept connections until ``stack`` is left; return the port, which is a free one for 0."""
        server = await asyncio.start_server(self._accept, host, port, limit=_LONGEST_HEAD)
        stack.push_async_callback(self._close, server)
        return int(server.sockets[0].getsockname()[1])

    async def _close(self, server: asyncio.Server) -> None:
        server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._open.add(task)
        task.add_done_callback(self._open.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # A client that disconnects, or sends what is no request, gets no response.
        with contextlib.suppress(OSError, EOFError, asyncio.LimitOverrunError):
            async with _closing(writer):
                refusal = self._refusal(await reader.readuntil(b"\r\n\r\n"))
                if refusal is None:
                    await self._carry_both_ways(reader, writer)
                else:
                    writer.write(f"HTTP/1.1 {refusal}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
                    await writer.drain()

    def _refusal(self, head: bytes) -> str | None:
        method, _, rest = head.partition(b"\r\n")[0].decode("latin-1").partition(" ")
        if method != "CONNECT":
            return "405 This proxy only opens tunnels, as for https"
        return None if self._names.knows(rest.partition(" ")[0]) else "403 This proxy leads to the simulator only"

    async def _carry_both_ways(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        service_reader, service_writer = await asyncio.open_connection(self._host, self._port)
        async with _closing(service_writer):
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await asyncio.gather(_carry(reader, service_writer), _carry(service_reader, writer))


@contextlib.asynccontextmanager
async def _closing(writer: asyncio.StreamWriter) -> AsyncIterator[None]:
    """Close the connection at the end of the block, and wait until it is."""
    try:
        yield
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Hand on what comes until it ends, and then the end."""
    while block := await reader.read(_BLOCK):
        writer.write(block)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()
