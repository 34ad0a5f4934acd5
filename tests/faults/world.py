"""What an operation that meets faults works with, and what can be said about it afterwards."""

from __future__ import annotations

import io
import re
import threading
from collections.abc import Callable
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import pytest

import b2sdk.aio
import b2sdk.v3
from b2sdk.http import B2HttpApiConfig, HttpCallback, Retry, RetryPolicy, Timeouts
from b2sdk.simulator import SimulatorServer
from b2sdk.simulator.protocol.faults import Entry
from b2sdk.transfer.download import DownloadManager
from b2sdk.v3 import B2Api, InMemoryAccountInfo

QUICK = RetryPolicy(first_wait=0.001, max_wait=0.001, jitter=0.0, retry_after_cap=0.002, rate_limit_window=0.001)
PRECIOUS = b"what was there before"
UPLOADS = ("b2_upload_file", "b2_upload_part")


class Connecting(HttpCallback):
    """Lets connections fail, each for the request that it is made for. No idle one is used for that."""

    def __init__(self) -> None:
        self._failures: list[tuple[str, Callable[[], OSError]]] = []
        # Not of the thread: some connections are made by a thread of their own.
        self._error: ContextVar[Callable[[], OSError] | None] = ContextVar("error of the request", default=None)
        self._lock = threading.Lock()
        self.close: Callable[[], None] = lambda: None

    def fail(self, endpoint: str, count: int, error: Callable[[], OSError]) -> None:
        # A list of a million would do as well; so many requests are not made.
        self._failures += [(endpoint, error)] * min(count, 1000)

    def clear(self) -> None:
        self._failures.clear()

    @property
    def has_more(self) -> bool:
        return bool(self._failures)

    def pre_request(self, method: str, url: str, headers: dict[str, str]) -> None:
        with self._lock:
            found = self._failures and self._failures[0][0] == endpoint_of(url)
            self._error.set(self._failures.pop(0)[1] if found else None)
        if found:
            self.close()

    def check(self) -> None:
        """Raise what the request is to meet that a connection is made for."""
        if (error := self._error.get()) is not None:
            raise error()


def endpoint_of(url: str) -> str:
    found = re.search(r"/(b2_[a-z_]+)", url)
    return found.group(1) if found else "b2_download_file_by_name"


class Waits(HttpCallback):
    """The waits that the client was sent."""

    def __init__(self) -> None:
        self.asked: list[float | None] = []

    def on_retry(self, retry: Retry) -> None:
        self.asked.append(retry.error.retry_after_seconds)


class World:
    """A service with one bucket, a client that may meet faults there, and another one that does not."""

    def __init__(
        self, service: SimulatorServer, directory: Path, timeouts: Timeouts, surface: Any = b2sdk.v3, **options: Any
    ) -> None:
        """``surface`` and ``options`` are those of the client that may meet faults."""
        self.service = service
        self.directory = directory
        self._patches = pytest.MonkeyPatch()
        self.connecting = Connecting()
        self.waits = Waits()
        self.may_be_repeated = False
        """Whether what the operation does may have been done once more than it was asked for."""
        config = B2HttpApiConfig(timeouts=timeouts, retry_policy=QUICK)
        self.api: Any = surface.B2Api(InMemoryAccountInfo(), api_config=config, **options)
        self.is_in_a_loop = isinstance(self.api, b2sdk.aio.B2Api)
        http = self.api.session.http if self.is_in_a_loop else self.api.session.raw_api.b2_http
        if not self.is_in_a_loop:
            self.connecting.close = http.close
        http.add_callback(self.connecting)
        http.add_callback(self.waits)
        self.observer = B2Api(InMemoryAccountInfo())
        for api in (self.observer, self.api):
            api.authorize_account(service.key_id, service.key, realm=service.url)
        self.observed = self.observer.create_bucket("the-bucket", "allPrivate", is_file_lock_enabled=True)
        self.observed.upload_bytes(PRECIOUS, "precious")
        self.bucket: Any = self.api.get_bucket_by_name("the-bucket")
        self.other = self.observer.create_bucket("other-bucket", "allPrivate")

    def close(self) -> None:
        self._patches.undo()
        self.api.close()
        self.observer.close()

    def download_in_ranges_of(self, least: int) -> None:
        """Let a download have several streams if each gets so many bytes."""
        if self.is_in_a_loop:
            self._patches.setattr(DownloadManager, "DEFAULT_MIN_PART_SIZE", least)
        else:
            self.api.services.download_manager.strategies[0].min_part_size = least

    # --- what there is ---

    def content(self, name: str) -> bytes:
        target = io.BytesIO()
        self.observed.download_file_by_name(name).save(target)
        return target.getvalue()

    def versions(self, name: str) -> list[Any]:
        return [version for version in self.observed.list_file_versions(name) if version.action != "start"]

    def unfinished(self) -> list[Any]:
        return list(self.observed.list_unfinished_large_files())

    def assert_made(self, name: str, content: bytes) -> None:
        """The file is there, whole, and not twice unless that could not be helped; nothing is left over."""
        assert self.content(name) == content
        assert 1 <= len(self.versions(name)) <= 1 + self.may_be_repeated
        for version in self.versions(name):
            target = io.BytesIO()
            self.observed.download_file_by_id(version.id_).save(target)
            assert target.getvalue() == content
        assert len(self.unfinished()) <= self.may_be_repeated

    def assert_nothing_lost(self) -> None:
        assert self.content("precious") == PRECIOUS
        assert len(self.versions("precious")) == 1

    # --- what was called ---

    def calls(self, endpoint: str) -> list[Entry]:
        return [entry for entry in self.service.journal.entries if entry.endpoint == endpoint]

    def is_to_fail(self, endpoint: str) -> bool:
        """Whether a fault is still to come, so that the operation has not met it."""
        return self.connecting.has_more or self.service.faults.take(endpoint) != (None, None)

    def assert_no_lease_was_used_after_a_failure(self) -> None:
        failed: set[str | None] = set()
        for entry in self.service.journal.entries:
            if entry.endpoint in UPLOADS:
                assert entry.upload_url_id not in failed, entry
                if entry.status != 200 or entry.fault is not None:
                    failed.add(entry.upload_url_id)
