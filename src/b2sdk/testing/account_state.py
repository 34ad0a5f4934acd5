"""What the tests of account infos have in common: what is stored, and how it is looked at."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

import pytest

from b2sdk.account_info.abstract import AbstractAccountInfo
from b2sdk.exception import MissingAccountData
from b2sdk.threads import ThreadPool

MakeAccountInfo = Callable[[], AbstractAccountInfo]
Pair = tuple[str, str]
THREADS = 8
PROCESSES = 4
PAIRS = 60
VERSIONS = 40

ALLOWED: dict[str, Any] = {
    "buckets": [{"id": "1", "name": "photos"}, {"id": "2", "name": None}],
    "capabilities": ["readFiles", "listBuckets"],
    "namePrefix": 'it\'s a "prefix" \u00fc\u4e16',
}
"""What a key may do, as ``b2sdk.v3`` tells it."""
ALLOWED_ON_V2: dict[str, Any] = {
    "bucketId": "1",
    "bucketName": "photos",
    "capabilities": ALLOWED["capabilities"],
    "namePrefix": ALLOWED["namePrefix"],
}
"""The same, for the account infos of ``b2sdk.v2``."""
GETTERS = {
    "account_id": "get_account_id",
    "auth_token": "get_account_auth_token",
    "api_url": "get_api_url",
    "download_url": "get_download_url",
    "recommended_part_size": "get_recommended_part_size",
    "absolute_minimum_part_size": "get_absolute_minimum_part_size",
    "application_key": "get_application_key",
    "realm": "get_realm",
    "s3_api_url": "get_s3_api_url",
    "allowed": "get_allowed",
    "application_key_id": "get_application_key_id",
}
"""Keywords of ``set_auth_data``, and the getters that return them."""


class NamedBucket:
    """All that may be read of a bucket."""

    __slots__ = ("id_", "name")

    def __init__(self, name: str, id_: str) -> None:
        self.name: str = name
        self.id_: str = id_


def read(info: AbstractAccountInfo) -> dict[str, Any]:
    """Return all that the getters return, as keywords of ``set_auth_data``."""
    return {name: getattr(info, getter)() for name, getter in GETTERS.items()}


def missing(info: AbstractAccountInfo) -> set[str]:
    """Return the names of the getters that say that nothing is stored."""
    found = set()
    for getter in GETTERS.values():
        try:
            getattr(info, getter)()
        except MissingAccountData:
            found.add(getter)
    return found


def take_all(take: Callable[[], tuple[str, str] | tuple[None, None]]) -> list[Pair]:
    """Take until there is nothing left."""
    pairs: list[Pair] = []
    while True:
        url, token = take()
        if url is None or token is None:
            assert (url, token) == (None, None)
            return pairs
        pairs.append((url, token))


@contextmanager
def repeating(function: Callable[[], object]) -> Iterator[None]:
    """Call a function over and over in another thread."""
    done = threading.Event()

    def repeat() -> None:
        while not done.is_set():
            function()

    with ThreadPool(1) as threads:
        running = threads.submit(repeat)
        try:
            yield
        finally:
            done.set()
            running.result()


class StoredAccount:
    """Gives tests an account info, and values to store in it."""

    ALLOWED: ClassVar[dict[str, Any]] = ALLOWED
    """Use :data:`ALLOWED_ON_V2` for an account info of that surface."""

    @pytest.fixture
    def make_account_info(self) -> MakeAccountInfo:
        """Return what makes account infos on one storage, empty at first."""
        raise NotImplementedError("the fixture `make_account_info` is for the class that inherits")

    @pytest.fixture
    def account_info(self, make_account_info: MakeAccountInfo) -> AbstractAccountInfo:
        """Return a new account info."""
        return make_account_info()

    def auth(self, version: int = 0, **changes: object) -> dict[str, Any]:
        """Return the keywords of ``set_auth_data``; each version differs from the others in every value."""
        return {
            "account_id": f"account-{version}",
            "auth_token": f"token-{version}",
            "api_url": f"https://api.example.com/{version}",
            "download_url": f"https://f.example.com/{version}",
            "recommended_part_size": 5_000_000_000 + version,
            "absolute_minimum_part_size": version + 1,
            "application_key": f"key-{version}",
            "realm": f"http://localhost:{version}",
            "s3_api_url": f"https://s3.example.com/{version}",
            "allowed": {**self.ALLOWED, "namePrefix": f"{self.ALLOWED['namePrefix']}{version}"},
            "application_key_id": f"001key{version}",
            **changes,
        }

    def watch(self, info: AbstractAccountInfo, is_done: Callable[[], bool]) -> None:
        """Read one value after the other: none is missing, and none is older than one that was read before it."""
        names = list(GETTERS)
        newest, step = 0, 0
        versions = {_text(value): version for version in range(VERSIONS) for value in self.auth(version).values()}
        while not is_done() or step < len(names) ** 2:
            # Every order of two getters comes up, so that no order of writing stays unnoticed.
            name = names[(step * (1 + step // len(names))) % len(names)]
            version = versions[_text(getattr(info, GETTERS[name])())]
            assert version >= newest, f"{name} is older than what was read before"
            newest, step = version, step + 1


def _text(value: object) -> str:
    return json.dumps(value, sort_keys=True)  # some databases sort the keys of what they keep
