"""Connections that limit how long a block of a request may take to leave, and send small requests in one piece.

urllib3 lets nobody pass a limit for writes, and gives headers and body to the socket one after the other: two system
calls, and for the service two packets to wake up for.
"""

from __future__ import annotations

import re
from typing import Any

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

from b2sdk.http.config import Timeouts
from b2sdk.http.head import FIELD_NAME, Answer
from b2sdk.http.in_force import timeouts_now

# A value does not begin with "@": urllib3 has one that means that the header is not to be sent.
_is_usual = re.compile(rf"{FIELD_NAME}: [!-?A-~](?:[ -~]*[!-~])?").fullmatch

ONE_PIECE = 64 * 1024
"""Bytes of headers and body that are worth copying to be sent at once."""


def pools_for(timeouts: Timeouts) -> dict[str, type[HTTPConnectionPool]]:
    """Return urllib3's pools, by scheme, with such connections."""

    class Connection(_Connection):
        of_client = timeouts

    class SecureConnection(_Connection, HTTPSConnection):
        of_client = timeouts

    class Pool(HTTPConnectionPool):
        ConnectionCls = Connection

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = SecureConnection

    return {"http": Pool, "https": SecurePool}


class _Connection(HTTPConnection):
    of_client: Timeouts
    response_class = Answer
    _held: bytes | None = None
    """The beginning of a request that is being made."""

    def connect(self) -> None:
        super().connect()
        if (seconds := timeouts_now(self.of_client).write) is not None:
            self.sock.settimeout(seconds)

    def request(self, *args: Any, **kwargs: Any) -> None:
        seconds = timeouts_now(self.of_client).write
        if seconds is not None and self.sock is not None:
            self.timeout = seconds  # a connection that is used again is given its timeout by the inherited method
        self._held = b""
        try:
            super().request(*args, **kwargs)
            held = self._held
        finally:
            self._held = None
        if held:
            self.send(held)

    def putheader(self, header: Any, *values: Any) -> None:
        if len(values) == 1 and isinstance(header, str) and isinstance(values[0], str):
            line = f"{header}: {values[0]}"
            if _is_usual(line):
                # One pattern in the place of the checks of urllib3 and http.client, a tenth of what a small call costs.
                self._output(line.encode("ascii"))  # type: ignore[attr-defined]
                return
        super().putheader(header, *values)

    def send(self, data: Any) -> None:
        held = self._held
        if held is not None and isinstance(data, bytes) and len(held) + len(data) <= ONE_PIECE:
            self._held = held + data
            return
        if held:
            self._held = b""
            super().send(held)
        super().send(data)
