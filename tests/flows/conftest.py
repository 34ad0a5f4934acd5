"""What flows share: a service with small parts, and a record of the calls through either front end."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from types import ModuleType
from typing import Any

import pytest
from tests.conftest import ASYNCIO, SURFACES, TRANSPORTS, HttpFrontEnd, authorize, surface_of

import b2sdk.aio
from b2sdk.exception import BadRequest
from b2sdk.simulator import SimulatorServer
from b2sdk.simulator.cloud.policy import Policy
from b2sdk.transfer.download import DownloadManager
from b2sdk.v3 import ParallelDownloader, SimpleDownloader

NOT_ON_ASYNCIO = ("test_overridden_verbs", "test_scan", "test_sync_in_ranges")
"""Files of flows through classes of programs, and through folders of the blocking client."""

LEFT_OUT: Mapping[str, frozenset[str]] = {
    "It replaces or calls what only the blocking client is made of.": frozenset(
        [
            "test_a_bucket_that_a_program_made_of_a_wrong_id_is_not_found",
            "test_a_download_token_opens_names_with_its_prefix",
            "test_a_part_that_is_not_what_was_hashed_for_the_file_to_continue_with_is_sent_again",
            "test_a_range_is_resumed_where_it_broke_though_the_response_does_not_name_it",
            "test_a_token_of_the_account_that_is_too_old_is_renewed_once_for_all_uploads",
            "test_so_do_those_of_parts",
            "test_standard_output_is_a_path_as_well",
            "test_streams_take_one_range_after_another",
            "test_upload_urls_that_are_too_old_leave_the_token_of_the_account_alone",
            "test_what_stands_before_the_call_may_choose_what_is_listed",
            "test_who_makes_the_call_gets_plain_lists",
        ]
    ),
    "It is about the threads of a client, or forks it.": frozenset(
        [
            "test_copies_wait_for_their_turn_with_those_of_other_threads",
            "test_each_kind_of_transfer_has_as_many_workers_as_are_asked_for",
            "test_no_thread_is_left",
            "test_nothing_is_left_running_after_close",
            "test_processes_forked_from_a_busy_one_never_share_an_upload_url",
            "test_the_streams_of_a_file_are_bounded_and_all_files_share_the_pool",
            "test_what_is_cancelled_sends_no_further_block",
            "test_what_is_cancelled_takes_no_further_block",
        ]
    ),
    "It takes file objects for those of io.": frozenset(
        [
            "test_an_exception_leaves_no_text",
            "test_an_exception_while_text_is_written_leaves_nothing",
            "test_bad_arguments_of_text_are_refused_before_any_call",
            "test_bytes_under_text_can_be_detached",
            "test_other_programs_write_through_it",
            "test_text_is_whole_when_its_wrapper_is_detached_in_the_block",
            "test_text_is_written_and_read",
            "test_text_is_written_and_read_through_a_wrapper",
            "test_text_of_a_file_that_is_not_there_cannot_be_read",
            "test_text_that_cannot_be_encoded_leaves_nothing",
            "test_text_that_is_aborted_or_forgotten_leaves_nothing",
        ]
    ),
    "It counts references, where the asyncio client closes what it holds.": frozenset(
        ["test_a_download_whose_destination_is_refused_is_let_go_at_once"]
    ),
}
"""Tests of the other files that the asyncio client does not run, and why."""


@pytest.hookimpl(tryfirst=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what is about public verbs on the asyncio client, too."""
    if metafunc.module.__name__.rpartition(".")[2] in NOT_ON_ASYNCIO:
        return
    if "surface" in metafunc.fixturenames and "front_end" in metafunc.fixturenames:
        # As a mark, which comes before the parameters that the fixture has.
        metafunc.definition.add_marker(pytest.mark.parametrize("surface", [*SURFACES, ASYNCIO], indirect=True))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out what the asyncio client does not run."""
    items[:] = [item for item in items if not _is_left_out(item)]


def _is_left_out(item: pytest.Item) -> bool:
    params: dict[str, Any] = getattr(getattr(item, "callspec", None), "params", {})
    if ASYNCIO not in params.values():
        return False
    name = getattr(item, "originalname", item.name)
    is_in_process = str(params.get("front_end")).startswith("in process")  # where nothing is awaited
    return is_in_process or any(name in names for names in LEFT_OUT.values()) or any(map(_interrupts, params.values()))


def _interrupts(value: object) -> bool:
    """Whether it is raised to interrupt. That leaves an event loop at once, not the task in which it is raised."""
    kind = value if isinstance(value, type) else type(value)
    return issubclass(kind, BaseException) and not issubclass(kind, Exception)


@pytest.fixture(params=[*TRANSPORTS, ASYNCIO])
def transport(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """How clients send: in the ways of this package below requests, as requests does it, or in an event loop."""
    monkeypatch.setenv("B2SDK_PLAIN_TRANSPORT", "1" if request.param == "plain" else "")
    way: str = request.param
    return way


@pytest.fixture
def surface_over_http(transport: str) -> Iterator[ModuleType]:
    with surface_of(ASYNCIO if transport == ASYNCIO else "v3") as surface:
        yield surface


Connect = Callable[..., AbstractContextManager[Any]]


@pytest.fixture
def connect(surface_over_http: ModuleType, service: SimulatorServer) -> Connect:
    """Return what opens a client for a block, authorized with the master key; it takes the options of ``B2Api``."""

    @contextmanager
    def connect(realm: str = service.url, **options: Any) -> Iterator[Any]:
        front_end = HttpFrontEnd(service.key_id, service.key, realm)
        with front_end.connect(surface_over_http, **options) as api:
            authorize(api, front_end)
            yield api

    return connect


DownloadInRanges = Callable[[Any, int, int], None]


@pytest.fixture
def download_in_ranges(monkeypatch: pytest.MonkeyPatch) -> DownloadInRanges:
    """Return what lets an API object download several ranges at a time of files that are small."""

    def set_sizes(api: Any, least: int, block: int) -> None:
        if isinstance(api, b2sdk.aio.B2Api):
            monkeypatch.setattr(DownloadManager, "DEFAULT_MIN_PART_SIZE", least)
            return
        manager = api.services.download_manager
        manager.strategies = [
            ParallelDownloader(min_part_size=least, force_chunk_size=block, thread_pool=manager._thread_pool),
            SimpleDownloader(force_chunk_size=block),
        ]

    return set_sizes


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
    "get_file_info_by_name",
    "list_file_versions",
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
