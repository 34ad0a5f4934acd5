"""Clients of workers that die: each process kills itself in the middle of its work, until enough have died."""

from __future__ import annotations

import os
import random
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from b2sdk.http import HttpCallback
from b2sdk.integrations.dask import ApiFromEnvironment
from b2sdk.v3 import B2Api


@dataclass(frozen=True)
class DyingApi:
    """Makes a client whose process dies after some requests, and leaves a file for each death."""

    deaths: str
    """The folder of these files."""
    most: int
    requests: int
    """How many requests of these kinds a process makes at most before it dies."""
    endpoints: tuple[str, ...]

    def __call__(self) -> B2Api:
        api = ApiFromEnvironment()()
        raw_api: Any = api.session.raw_api
        raw_api.b2_http.add_callback(_Death(self))
        return api


class _Death(HttpCallback):
    def __init__(self, dying: DyingApi) -> None:
        self._dying = dying
        self._left = random.randint(1, dying.requests)
        self._is_before = random.random() < 0.5

    def pre_request(self, method: str, url: str, headers: dict[str, str]) -> None:
        if any(endpoint in url for endpoint in self._dying.endpoints):
            self._left -= 1
            if self._left <= 0 and self._is_before:
                self._die()

    def post_request(self, method: str, url: str, headers: dict[str, str], response: Any) -> None:
        if self._left <= 0:  # what the service has done, nobody has recorded
            self._die()

    def _die(self) -> None:
        for number in range(self._dying.most):
            try:
                Path(self._dying.deaths, str(number)).open("x").close()
            except FileExistsError:
                continue
            os.kill(os.getpid(), signal.SIGKILL)
        self._left = 1 << 60
