"""URLs of files: with the authorizations that they need, which are requested once and kept until they have aged."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

from b2sdk.fork import PerProcess
from b2sdk.v3 import b2_url_encode

REMEMBERED = 10_000
"""Authorizations that are kept at most."""
LOCKS = 16
SHARE_OF_LIFE = 0.75
"""How much of its time an authorization is handed out for; so a URL is good for at least a quarter of that time."""

now: Callable[[], float] = time.monotonic


class _Signature(NamedTuple):
    token: str
    handed_out_until: float


class Signatures:
    """Download authorizations, by the prefix of names that each is good for. Any number of threads may use this."""

    def __init__(self, request: Callable[[str, int], str]) -> None:
        """``request`` returns an authorization for a prefix and a time in seconds."""
        self._request = request
        self._kept: OrderedDict[tuple[str, int], _Signature] = OrderedDict()
        self._locks: PerProcess[list[threading.Lock]] = PerProcess(_make_locks)

    def find(self, prefix: str, seconds: int) -> str:
        """Return an authorization that was requested for so many seconds, now or not long ago."""
        key = prefix, seconds
        token = self._find_kept(key)
        if token is not None:
            return token
        with self._locks()[hash(key) % LOCKS]:  # threads that need the same one wait for one request
            return self._find_kept(key) or self._renew(key)

    def _find_kept(self, key: tuple[str, int]) -> str | None:
        kept = self._kept.get(key)
        return kept.token if kept is not None and now() < kept.handed_out_until else None

    def _renew(self, key: tuple[str, int]) -> str:
        requested = now()
        token = self._request(*key)
        self._kept.pop(key, None)
        self._kept[key] = _Signature(token, requested + key[1] * SHARE_OF_LIFE)
        while len(self._kept) > REMEMBERED:
            self._kept.popitem(last=False)
        return token


def _make_locks() -> list[threading.Lock]:
    return [threading.Lock() for _ in range(LOCKS)]


def below(base: str, name: str) -> str:
    """Return the URL of a name below a base that ends with a slash."""
    return base + b2_url_encode(name)
