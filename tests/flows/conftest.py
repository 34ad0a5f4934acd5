"""What flows share: a service with small parts, and a record of the calls through either front end."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from tests.conftest import ASYNCIO, SURFACES

from b2sdk.exception import BadRequest
from b2sdk.simulator import SimulatorServer
from b2sdk.simulator.cloud.policy import Policy

ON_ASYNCIO: Mapping[str, frozenset[str]] = {
    "test_account": frozenset(["test_keys_are_listed_in_pages_and_each_page_when_it_is_needed"]),
    "test_buckets": frozenset(
        [
            "test_a_bucket_with_files_cannot_be_deleted",
            "test_a_filter_that_the_service_ignores_gives_no_other_bucket",
            "test_a_flag_may_be_a_number",
            "test_another_file_version_than_was_asked_for_is_an_error",
        ]
    ),
}
"""Files of flows that run on the asyncio client, too, and which of their tests do not: those that replace parts of the
blocking client, and those with verbs that are not awaited."""


@pytest.hookimpl(tryfirst=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what is about public verbs on the asyncio client, too."""
    left_out = ON_ASYNCIO.get(metafunc.module.__name__.rpartition(".")[2])
    if left_out is None or metafunc.function.__name__ in left_out:
        return
    if "surface" in metafunc.fixturenames and "door" in metafunc.fixturenames:
        # As a mark, which comes before the parameters that the fixture has.
        metafunc.definition.add_marker(pytest.mark.parametrize("surface", [*SURFACES, ASYNCIO], indirect=True))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out the asyncio client in the process, as it needs HTTP."""
    items[:] = [item for item in items if not _is_in_a_loop_without_http(getattr(item, "callspec", None))]


def _is_in_a_loop_without_http(callspec: Any) -> bool:
    params = {} if callspec is None else callspec.params
    return params.get("surface") == ASYNCIO and str(params.get("door")).startswith("in process")


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
