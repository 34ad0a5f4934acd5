"""Lines to services that are all equally far away, which record the requests that pass.

    python benchmarks/counted_line.py DELAY PORT ...

Each line leads to a port of this machine, and takes DELAY seconds for a round trip, also for the one that opens a
connection: a request takes so much longer, however long its content is. It prints the ports of the near ends, a list in
JSON. Then, for each line of its input, it prints for each line the requests since the last time: when each began, and
the bytes that the client sent and received for it, with headers. It ends with its input.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from dataclasses import dataclass
from functools import partial
from typing import Final

from line import LineEnd, NearEnd

METHODS: Final = (b"GET ", b"HEAD ", b"PUT ", b"POST ", b"DELETE ")


class Requests:
    """The requests that have passed."""

    def __init__(self) -> None:
        self._began: list[tuple[float, Passed]] = []

    def begin(self) -> Passed:
        """Record that a request begins, and return what counts its bytes."""
        passed = Passed()
        self._began.append((time.time(), passed))
        return passed

    def take(self) -> list[tuple[float, int, int]]:
        """Return when each began, and its bytes, and forget them."""
        began, self._began = self._began, []
        return [(when, passed.sent, passed.received) for when, passed in began]


@dataclass
class Passed:
    """What has passed for a request."""

    sent: int = 0
    received: int = 0
    has_response: bool = False


class CountedFarEnd(LineEnd):
    """Counts what the service sends."""

    def __init__(self, delay: float) -> None:
        super().__init__(delay)
        self.passed = Passed(has_response=True)
        """What belongs to the last request of this connection."""

    def data_received(self, data: bytes) -> None:
        self.passed.received += len(data)
        self.passed.has_response = True
        super().data_received(data)


class CountedNearEnd(NearEnd):
    """Counts what a client sends. It has to wait for a response before the next request."""

    def __init__(self, delay: float, port: int, requests: Requests) -> None:
        super().__init__(delay, "127.0.0.1", port)
        self._requests = requests

    def make_far_end(self, delay: float) -> CountedFarEnd:
        self._far = CountedFarEnd(delay)
        return self._far

    def data_received(self, data: bytes) -> None:
        # What comes after the 100 of a request is its body.
        if self._far.passed.has_response and data.startswith(METHODS):
            self._far.passed = self._requests.begin()
        self._far.passed.sent += len(data)
        super().data_received(data)


async def main(delay: float, *ports: int) -> None:
    loop = asyncio.get_running_loop()
    lines = [Requests() for _ in ports]
    servers = [
        await loop.create_server(partial(CountedNearEnd, delay / 2, port, line), "127.0.0.1")
        for port, line in zip(ports, lines, strict=True)
    ]
    print(json.dumps([server.sockets[0].getsockname()[1] for server in servers]), flush=True)
    while await loop.run_in_executor(None, sys.stdin.readline):
        print(json.dumps([line.take() for line in lines]), flush=True)


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1]), *map(int, sys.argv[2:])))
