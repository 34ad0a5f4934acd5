"""Syncs in an event loop decide and report what the client that blocks does, and leave nothing when they are left.

What becomes of the files is shown by ``flows/test_sync.py`` and ``flows/test_sync_failures.py``.
"""

from __future__ import annotations

import asyncio
import io
import os
import tempfile
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator
from contextlib import aclosing
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st
from tests.aio.cancelling import MOMENTS, Moment, cancelled_everywhere, settle
from tests.aio.loops import left_running
from tests.aio.test_api import run
from tests.conftest import HttpFrontEnd, authorize
from tests.flows.synced import DAY, DELETE, KEEP, make, tree

import b2sdk.v3
from b2sdk.aio import B2Api, B2Folder, Synchronizer, folders, parse_folder
from b2sdk.aio.sync import MOST_EVENTS, _Happened
from b2sdk.exception import DestFileNewer, EmptyDirectory, IncompleteSync, InvalidArgument
from b2sdk.http.hooks import HttpCallback
from b2sdk.http.retry import RetryPolicy
from b2sdk.scan.events import EntrySkipped
from b2sdk.scan.local_folder import LocalFolder
from b2sdk.scan.policies import ScanPoliciesManager
from b2sdk.simulator import ApiFault, SimulatorServer, WireFault
from b2sdk.sync.events import (
    ActionDone,
    ActionDropped,
    ActionFailed,
    ActionPlanned,
    ComparisonEnded,
    FileUpToDate,
    RemovalsWithheld,
    SyncEnded,
    SyncEvent,
)
from b2sdk.sync.modes import CompareVersionMode, NewerFileSyncMode
from b2sdk.sync.policy_manager import SyncPolicyManager
from b2sdk.sync.report import SyncReport

NOW = 1_600_000_000_000


async def events_of(syncing: AsyncGenerator[SyncEvent, None]) -> list[SyncEvent]:
    async with aclosing(syncing) as events:
        return [event async for event in events]


async def sync(
    api: B2Api, source: object, dest: object, heard: list[SyncEvent], reporter: Any = None, **options: Any
) -> None:
    """Sync, and add the events to a list; an error is raised."""
    source_folder, dest_folder = await parse_folder(str(source), api), await parse_folder(str(dest), api)
    syncing = Synchronizer(3, **options).sync_folders(source_folder, dest_folder, NOW, reporter)
    async with aclosing(syncing) as events:
        async for event in events:
            heard.append(event)  # noqa: PERF401  # until it raises


class Blocking:
    """A client that blocks, on the same service."""

    def __init__(self, service: SimulatorServer) -> None:
        front_end = HttpFrontEnd(service.key_id, service.key, service.url)
        self.api = front_end.connect(b2sdk.v3)
        authorize(self.api, front_end)

    def sync(self, source: object, dest: object, heard: list[Any], reporter: Any = None, **options: Any) -> None:
        source_folder, dest_folder = (b2sdk.v3.parse_folder(str(folder), self.api) for folder in (source, dest))
        synchronizer = b2sdk.v3.Synchronizer(3, on_event=heard.append, **options)
        synchronizer.sync_folders(source_folder, dest_folder, NOW, reporter)


@pytest.fixture
def blocking(service: SimulatorServer) -> Iterator[Blocking]:
    client = Blocking(service)
    with client.api:
        yield client


# --- what is decided ---

NAMES = ["a", "a.b", "a/b", "b", "é/1", "é/2", "z"]
TIMES = [NOW - 40 * DAY, NOW - 3 * DAY, NOW - DAY // 2]
FILES = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(TIMES)).map(
    lambda files: files if "a" not in files else {name: time for name, time in files.items() if name != "a/b"}
)
VERSIONS = st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from([*TIMES, None])), max_size=10)
"""Names and times, from the oldest version to the newest; without a time it is hidden."""
OPTIONS = st.fixed_dictionaries(
    {"dry_run": st.just(True), "allow_empty_source": st.booleans()},
    optional={
        "newer_file_mode": st.sampled_from(NewerFileSyncMode),
        "compare_version_mode": st.sampled_from(CompareVersionMode),
        "compare_threshold": st.sampled_from([0, 3 * DAY]),
        "policies_manager": st.sampled_from(
            [ScanPoliciesManager(exclude_dir_regexes=["é"]), ScanPoliciesManager(exclude_file_regexes=["a"])]
        ),
        "sync_policy_manager": st.just(type("Own", (SyncPolicyManager,), {})()),
    },
)
REMOVALS = st.sampled_from([{}, {"keep_days_or_delete": DELETE}, {"keep_days_or_delete": KEEP, "keep_days": 2}])


def outcome(heard: list[SyncEvent], printed: io.StringIO, error: Exception | None) -> tuple[Any, ...]:
    return heard, printed.getvalue(), type(error), str(error)


@settings(max_examples=40)
@given(FILES, VERSIONS, VERSIONS, OPTIONS, REMOVALS, st.sampled_from([1, 3]))
def test_what_is_planned_is_what_the_client_that_blocks_plans(
    service: SimulatorServer,
    files: dict[str, int],
    stored: list[tuple[str, int | None]],
    elsewhere: list[tuple[str, int | None]],
    options: dict[str, Any],
    removals: dict[str, Any],
    at_once: int,
) -> None:
    service.reset()
    client = Blocking(service)
    with client.api, tempfile.TemporaryDirectory() as root, pytest.MonkeyPatch.context() as patch:
        patch.setattr(folders, "AT_ONCE", at_once)
        for name, versions in (("one-bucket", stored), ("two-bucket", elsewhere)):
            bucket = client.api.create_bucket(name, "allPrivate")
            for file_name, time in versions:
                _make_version(bucket, file_name, time)
        for file_name, time in files.items():
            make(Path(root), [file_name], time)
        ways = [(root, "b2://one-bucket"), ("b2://one-bucket", "b2://two-bucket"), ("b2://one-bucket", root)]
        for way in ways:
            chosen = {**options, **(removals if way[1] != root or removals.get("keep_days") is None else {})}
            expected = _outcome_of_blocking(client, way, chosen)
            assert run(service, lambda api, way=way, chosen=chosen: _outcome(api, way, chosen)) == expected  # type: ignore[misc]


def _make_version(bucket: Any, file_name: str, time: int | None) -> None:
    if time is not None:
        bucket.upload_bytes(b"content", file_name, file_info={"src_last_modified_millis": str(time)})
    else:
        newest = next(bucket.list_file_versions(file_name, fetch_count=1), None)
        if newest is not None and newest.action == "upload":
            bucket.hide_file(file_name)


def _outcome_of_blocking(client: Blocking, way: tuple[str, str], options: dict[str, Any]) -> tuple[Any, ...]:
    heard: list[Any] = []
    printed, error = io.StringIO(), None
    with SyncReport(printed, True, explain=True) as report:
        try:
            client.sync(*way, heard, report, **options)
        except Exception as raised:  # noqa: BLE001  # compared
            error = raised
    return outcome(heard, printed, error)


async def _outcome(api: B2Api, way: tuple[str, str], options: dict[str, Any]) -> tuple[Any, ...]:
    heard: list[SyncEvent] = []
    printed, error = io.StringIO(), None
    with SyncReport(printed, True, explain=True) as report:
        try:
            await sync(api, *way, heard, report, **options)
        except Exception as raised:  # noqa: BLE001  # compared
            error = raised
    return outcome(heard, printed, error)


def in_order(heard: list[SyncEvent]) -> tuple[list[Any], set[tuple[Any, ...]]]:
    """Return what was decided, in order, and what became of it."""
    decided, became = [], set()
    for event in heard:
        if isinstance(event, ActionDone | ActionFailed | ActionDropped):
            became.add((type(event), event.kind, event.path))
        elif not isinstance(event, SyncEnded):  # how many upload URLs were needed depends on the workers
            decided.append(event)
    return decided, became


def test_what_fails_is_reported_as_by_the_client_that_blocks(
    service: SimulatorServer, blocking: Blocking, tmp_path: Path
) -> None:
    buckets = [blocking.api.create_bucket(name, "allPrivate") for name in ("one-bucket", "two-bucket")]
    for bucket in buckets:
        for name in ("a", "b", "gone"):
            _make_version(bucket, name, TIMES[0])
    source = make(tmp_path, ["a", "b", "c"], TIMES[1])
    (source / "c").unlink()
    (source / "c").symlink_to("nowhere")
    refused = ApiFault(endpoint="b2_upload_file", status=400, code="bad_request", count=1)
    outcomes = []
    for bucket, syncing in ((buckets[0], "blocking"), (buckets[1], "in a loop")):
        heard: list[Any] = []
        printed = io.StringIO()
        service.faults.add(refused)
        way = source, f"b2://{bucket.name}"
        with SyncReport(printed, True) as report:
            in_a_loop = partial(
                sync, source=way[0], dest=way[1], heard=heard, reporter=report, keep_days_or_delete=DELETE
            )
            perform = partial(run, service, in_a_loop)
            if syncing == "blocking":
                perform = partial(blocking.sync, *way, heard, report, keep_days_or_delete=DELETE)
            with pytest.raises(IncompleteSync, match="sync is incomplete"):
                perform()
        decided, became = in_order(heard)
        outcomes.append((decided, sorted(kind.__name__ for kind, _, _ in became), report.transfer_files))
        assert any(isinstance(event, RemovalsWithheld | EntrySkipped) for event in decided)
        assert report.errors_encountered
    assert outcomes[0] == outcomes[1]
    assert outcomes[0][1].count("ActionFailed") == 1


# --- arguments ---


def test_wrong_folders_are_refused_before_the_first_event(service: SimulatorServer, tmp_path: Path) -> None:
    async def use(api: B2Api) -> None:
        bucket = await api.create_bucket("photos", "allPrivate")
        here, there = await parse_folder(str(tmp_path), api), B2Folder(bucket)
        of_blocking = b2sdk.v3.B2Folder.__new__(b2sdk.v3.B2Folder)
        wrong: list[tuple[Any, Any, int, type[Exception], str]] = [
            (here, here, NOW, ValueError, "two local folders"),
            (str(tmp_path), there, NOW, TypeError, "source_folder must be a folder, such as parse_folder returns"),
            (here, of_blocking, NOW, TypeError, r"dest_folder must be .* B2Folder of b2sdk\.aio, not b2sdk\.scan"),
            (of_blocking, here, NOW, TypeError, r"source_folder must be .* B2Folder of b2sdk\.aio"),
            (here, there, NOW // 1000, InvalidArgument, "now_millis"),
        ]
        for source, dest, now, error, message in wrong:
            with pytest.raises(error, match=message):
                Synchronizer(1).sync_folders(source, dest, now)
        keeping = Synchronizer(1, keep_days_or_delete=KEEP, keep_days=1)
        with pytest.raises(InvalidArgument, match="cannot be used for local files"):
            keeping.sync_folders(there, here, NOW)
        with pytest.raises(InvalidArgument, match="max_workers"):
            Synchronizer(0)

    run(service, use)


def test_an_empty_source_is_refused_and_a_missing_destination_made(service: SimulatorServer, tmp_path: Path) -> None:
    async def use(api: B2Api) -> None:
        bucket = await api.create_bucket("photos", "allPrivate")
        with pytest.raises(EmptyDirectory):
            await sync(api, tmp_path, "b2://photos", [])
        await bucket.upload_bytes(b"content", "a")
        await sync(api, "b2://photos", tmp_path / "new", [])

    run(service, use)
    assert (tmp_path / "new" / "a").read_bytes() == b"content"


def test_a_newer_destination_ends_the_sync_when_what_was_before_is_done(
    service: SimulatorServer, tmp_path: Path
) -> None:
    source = make(make(tmp_path, ["a", "c"], NOW), ["b"], TIMES[0])
    heard: list[SyncEvent] = []

    async def use(api: B2Api) -> None:
        bucket = await api.create_bucket("photos", "allPrivate")
        await bucket.upload_bytes(b"newer", "b")
        with pytest.raises(DestFileNewer):
            await sync(api, source, "b2://photos", heard)

    run(service, use)
    assert [(type(event), event.path) for event in heard if hasattr(event, "path")] == [
        (ActionPlanned, "a"),
        (ActionDone, "a"),
    ]


def test_events_may_be_received_when_they_happen_too(service: SimulatorServer, tmp_path: Path) -> None:
    received: list[SyncEvent] = []
    taken: list[SyncEvent] = []

    async def use(api: B2Api) -> None:
        await api.create_bucket("photos", "allPrivate")
        await sync(api, make(tmp_path, NAMES[1:]), "b2://photos", taken, on_event=received.append)

    run(service, use)
    assert received == taken
    assert isinstance(received[-1], SyncEnded)


# --- reporters and rules of the program ---


def test_an_error_of_a_reporter_cancels_what_runs_and_drops_the_rest(service: SimulatorServer, tmp_path: Path) -> None:
    heard: list[SyncEvent] = []

    class Broken(SyncReport):
        def end_total(self) -> None:
            raise LookupError

    async def use(api: B2Api) -> None:
        await api.create_bucket("photos", "allPrivate")
        service.faults.add(WireFault(kind="stall", endpoint="b2_upload_file", seconds=60, count=100))
        with pytest.raises(LookupError):
            await sync(api, make(tmp_path, NAMES[1:]), "b2://photos", heard, Broken(io.StringIO(), True))
        assert left_running() == set()

    run(service, use)
    assert {type(event) for event in heard} == {ActionPlanned, ActionDropped}


# --- being left ---


OLD = {"a": b"old", "b/d": b"old", "gone": b"old"}


@pytest.fixture
def trees(service: SimulatorServer, blocking: Blocking, tmp_path: Path) -> tuple[Path, Path]:
    """Return a source, which is in a bucket too, and a destination with some older files, which is in another too."""
    source = make(tmp_path / "source", ["a", "b/c", "b/d", "e"], NOW)
    dest = make(tmp_path / "dest", OLD, TIMES[0])
    for name, folder in (("source-bucket", source), ("dest-bucket", dest)):
        blocking.api.create_bucket(name, "allPrivate")
        blocking.sync(folder, f"b2://{name}", [])
    return source, dest


Way = Callable[[Path, Path], tuple[object, object]]
WAYS: dict[str, Way] = {
    "up": lambda source, _dest: (source, "b2://dest-bucket"),
    "across": lambda _source, _dest: ("b2://source-bucket", "b2://dest-bucket"),
    "down": lambda _source, dest: ("b2://source-bucket", dest),
}


def contents(client: Blocking, dest: object) -> dict[str, bytes]:
    if isinstance(dest, Path):
        return {name: content for name, (content, _) in tree(dest).items() if ".b2part" not in name}
    bucket, found = client.api.get_bucket_by_name(str(dest)[5:]), {}
    for version, _ in bucket.ls(recursive=True):
        target = io.BytesIO()
        version.download().save(target)
        found[version.file_name] = target.getvalue()
    return found


@pytest.mark.parametrize("kind", WAYS)
@pytest.mark.parametrize("moment", MOMENTS)
def test_wherever_it_is_cancelled_files_are_whole_and_nothing_runs(
    service: SimulatorServer, blocking: Blocking, trees: tuple[Path, Path], kind: str, moment: Moment
) -> None:
    way = WAYS[kind](*trees)
    old = contents(blocking, way[1])
    new = {"a": b"a", "b/c": b"b/c", "b/d": b"b/d", "e": b"e"}
    seen: list[dict[str, bytes]] = []

    def look_and_restore() -> dict[str, bytes]:
        found = contents(blocking, way[1])
        make(trees[1], OLD, TIMES[0])
        if kind != "down":
            bucket = blocking.api.get_bucket_by_name("dest-bucket")
            for version, _ in bucket.ls(recursive=True, latest_only=False):
                version.delete()
            blocking.sync(trees[1], "b2://dest-bucket", [])
        return found

    async def use(api: B2Api) -> None:
        raw_api: Any = api.raw_api
        list_versions = raw_api.list_file_versions
        # In pages of one file, so that there is one on its way when others are decided about.
        raw_api.list_file_versions = lambda *args, **about: list_versions(*args, **{**about, "max_file_count": 1})
        folders = [await parse_folder(str(folder), api) for folder in way]
        synchronizer = Synchronizer(2, keep_days_or_delete=DELETE)

        def begin() -> Coroutine[Any, Any, object]:
            return events_of(synchronizer.sync_folders(folders[0], folders[1], NOW))

        async with aclosing(cancelled_everywhere(begin, moment)) as tasks:
            async for task in tasks:
                if task.cancelled():
                    seen.extend([await asyncio.to_thread(look_and_restore)])

    run(service, use)
    assert len(seen) > 2
    assert any(found.keys() - old.keys() for found in seen), "some files were new already"
    for found in seen:
        for name, content in found.items():
            assert content in (old.get(name), new.get(name))
        assert old.keys() - {"gone"} <= found.keys(), "what is replaced is there before and after"
    assert contents(blocking, way[1]) == new


ENDPOINTS = {"up": "b2_upload_file", "across": "b2_copy_file", "down": "b2_download_file_by_id"}


class Begun(HttpCallback):
    """Waits for a request to an endpoint."""

    def __init__(self, endpoint: str) -> None:
        self.event = asyncio.Event()
        self._endpoint = endpoint

    def pre_request(self, method: str, url: str, headers: dict[str, str]) -> None:
        if self._endpoint in url:
            self.event.set()


@pytest.mark.parametrize("kind", WAYS)
def test_a_generator_that_is_closed_stops_what_is_on_its_way(
    service: SimulatorServer, blocking: Blocking, trees: tuple[Path, Path], kind: str
) -> None:
    way = WAYS[kind](*trees)
    before = contents(blocking, way[1])

    async def use(api: B2Api) -> None:
        source, dest = [await parse_folder(str(folder), api) for folder in way]
        service.faults.add(WireFault(kind="stall", endpoint=ENDPOINTS[kind], seconds=60, count=100))
        begun = Begun(ENDPOINTS[kind])
        api.session.http.callbacks.append(begun)
        async with aclosing(Synchronizer(2).sync_folders(source, dest, NOW)) as events:
            async for event in events:
                if isinstance(event, ComparisonEnded):
                    break
            await begun.event.wait()
        await settle()
        assert left_running() == set()

    run(service, use)
    service.faults.clear()
    if kind != "across":  # the service copies, though nobody waits for it
        assert contents(blocking, way[1]).keys() <= before.keys() | {"b/c", "e"}
    if kind == "down":
        assert contents(blocking, way[1]) == before


async def test_who_takes_no_events_makes_the_planner_wait() -> None:
    happened = _Happened(None)
    for _ in range(MOST_EVENTS + 2):
        happened.emit(ComparisonEnded(0, 0))
    waiting = asyncio.ensure_future(happened.room())
    await settle()
    assert not waiting.done()
    for number in range(MOST_EVENTS + 2):
        assert await happened.next() is not None
        await settle()
        assert waiting.done() is (number >= 2)
    happened.end()
    assert await happened.next() is None


# --- listings that are not complete ---


def test_nothing_is_deleted_when_the_source_was_not_seen_whole(
    service: SimulatorServer, blocking: Blocking, trees: tuple[Path, Path]
) -> None:
    source, dest = trees
    policy = RetryPolicy(attempts=1)
    config = b2sdk.v3.B2HttpApiConfig(retry_policy=policy)
    before = contents(blocking, dest)
    heard: list[SyncEvent] = []

    async def from_a_bucket(api: B2Api) -> None:
        service.faults.add(ApiFault(endpoint="b2_list_file_versions", status=503, code="broken", count=100))
        with pytest.raises(b2sdk.v3.exception.ServiceError):
            await sync(api, "b2://source-bucket", dest, heard, keep_days_or_delete=DELETE)

    run(service, from_a_bucket, api_config=config)
    service.faults.clear()
    assert (contents(blocking, dest), heard) == (before, [])

    async def from_a_directory(api: B2Api) -> None:
        unreadable = source / "b" / "link"
        await asyncio.to_thread(unreadable.symlink_to, "nowhere")
        await sync(api, source, "b2://dest-bucket", heard, keep_days_or_delete=DELETE)

    run(service, from_a_directory, api_config=config)
    assert RemovalsWithheld(str(source / "b" / "link")) in heard
    assert contents(blocking, "b2://dest-bucket").keys() == {"a", "b/c", "b/d", "e", "gone"}


def test_a_local_folder_of_the_client_that_blocks_is_one_here(service: SimulatorServer, tmp_path: Path) -> None:
    folder = LocalFolder(make(tmp_path, ["a"], NOW))

    async def use(api: B2Api) -> list[SyncEvent]:
        there = B2Folder(await api.create_bucket("photos", "allPrivate"), "in it")
        await events_of(Synchronizer(1).sync_folders(folder, there, NOW))
        return await events_of(Synchronizer(1).sync_folders(folder, there, NOW))

    assert [type(event) for event in run(service, use)] == [FileUpToDate, ComparisonEnded, SyncEnded]
    assert os.listdir(tmp_path) == ["a"]  # noqa: PTH208  # names
