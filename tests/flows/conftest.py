"""What flows share: a service with small parts, and a record of the calls through either front end."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from b2sdk.exception import BadRequest
from b2sdk.simulator import SimulatorServer
from b2sdk.simulator.cloud.policy import Policy

SMALL_PARTS = Policy(
    minimum_part_size=200,
    recommended_part_size=200,
    maximum_copy_size=200,
    minimum_parts=1,
    bucket_name_lengths=(1, 63),
)
"""Sizes like those in process."""


WATCHED = (
    "upload_file",
    "upload_part",
    "copy_file",
    "copy_part",
    "start_large_file",
    "finish_large_file",
    "cancel_large_file",
    "list_unfinished_large_files",
    "list_parts",
    "get_file_info_by_id",
)


class Calls:
    """The calls of the raw API of a client, which tests may let fail."""

    def __init__(self, raw_api: Any) -> None:
        self.done: list[str] = []
        """Names of those that succeeded, in the order in which they ended."""
        self.failed: list[type[BaseException]] = []
        """Of what kind the failures were; an error leads to the content that was to be sent."""
        self.urls: list[str] = []
        """The upload URLs, in the order in which uploads began."""
        self.running = 0
        self._failures: list[tuple[str, BaseException]] = []
        self._skip = 0
        self._lock = threading.Lock()
        for name in WATCHED:
            setattr(raw_api, name, self._watched(name, getattr(raw_api, name)))

    def fail(self, name: str, *failures: BaseException, after: int = 0) -> None:
        """Let calls of this name fail, one with each failure, when so many more have started."""
        self._failures, self._skip = [(name, failure) for failure in failures], after

    def refuse(self, name: str = "upload_part", after: int = 2) -> None:
        """Let one call be refused for good."""
        self.fail(name, BadRequest("no more", "bad_request"), after=after)

    def _begin(self, name: str) -> None:
        with self._lock:
            self.running += 1
            if self._failures and self._failures[0][0] == name:
                self._skip -= 1
                if self._skip < 0:
                    raise self._failures.pop(0)[1]

    def _end(self, name: str, failure: BaseException | None) -> None:
        with self._lock:
            self.running -= 1
            if failure is None:
                self.done.append(name)
            else:
                self.failed.append(type(failure))

    def _watched(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def watched(*args: Any, **kwargs: Any) -> Any:
            if name in ("upload_file", "upload_part"):
                self.urls.append(args[0])
            try:
                self._begin(name)
                answer = call(*args, **kwargs)
            except BaseException as error:
                self._end(name, error)
                raise
            self._end(name, None)
            return answer

        return watched


@pytest.fixture(scope="session")
def _shared_small_parts_service() -> Iterator[SimulatorServer]:
    with SimulatorServer(policy=SMALL_PARTS) as server:
        yield server


@pytest.fixture
def small_parts_service(_shared_small_parts_service: SimulatorServer) -> SimulatorServer:
    """Return a service over HTTP with parts of 200 bytes; a module that wants it calls it ``service``."""
    _shared_small_parts_service.reset()
    return _shared_small_parts_service


@pytest.fixture
def calls(api: Any) -> Calls:
    return Calls(api.session.raw_api)
