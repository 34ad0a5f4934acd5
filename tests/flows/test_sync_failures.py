"""Syncs over connections that break, of names that lead elsewhere, and of processes that die."""

from __future__ import annotations

import errno
import hashlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import quote

import pytest
import requests
from tests.aio.surface import hidden
from tests.conftest import ASYNCIO, HttpFrontEnd, authorize, surface_of
from tests.flows.synced import DELETE, Synced, make, stored, tree, versions

import b2sdk.v3
from b2sdk.exception import B2Error, DestinationError, EmptyDirectory, NotADirectory, UnsupportedFilename
from b2sdk.http import RetryPolicy, patience
from b2sdk.scan.events import EntrySkipped, SkipReason
from b2sdk.scan.parse import parse_folder
from b2sdk.simulator import ApiFault, SimulatorServer, WireFault
from b2sdk.sync.events import ActionFailed
from b2sdk.sync.modes import KeepOrDeleteMode
from b2sdk.sync.synchronizer import Synchronizer


@pytest.mark.parametrize("mode", [KeepOrDeleteMode.NO_DELETE, DELETE])
def test_a_download_that_broke_is_resumed_and_leaves_nothing(
    http: Any, service: SimulatorServer, tmp_path: Path, mode: KeepOrDeleteMode
) -> None:
    large = os.urandom(1_000_000)
    stored(http, "large", large)
    stored(http, "small")
    make(tmp_path / "dest", {"large": b"old"}, 500)
    service.faults.add(WireFault(kind="truncate", endpoint="b2_download_file_by_id", after_bytes=300_000))
    service.faults.add(WireFault(kind="truncate", endpoint="b2_download_file_by_id", after_bytes=1000, count=100))
    broken = Synced(http.api, f"b2://{http.name}", tmp_path / "dest", keep_days_or_delete=mode)
    assert broken.failure is not None
    assert (tmp_path / "dest" / "large").read_bytes() == b"old"
    assert any(path.name.endswith(".b2part") for path in (tmp_path / "dest").iterdir())
    service.faults.clear()
    service.journal.clear()
    again = Synced(http.api, f"b2://{http.name}", tmp_path / "dest", keep_days_or_delete=mode)
    assert [event for event in again.events if isinstance(event, ActionFailed)] == []
    assert again.report.transfer_files >= 1
    assert tree(tmp_path / "dest") == {"large": (large, 1000), "small": (b"content", 1000)}


def test_a_mirror_has_no_partial_downloads_of_what_is_gone(http: Any, service: SimulatorServer, tmp_path: Path) -> None:
    version = stored(http, "d/large", os.urandom(1_000_000))
    service.faults.add(WireFault(kind="truncate", endpoint="b2_download_file_by_id", after_bytes=10_000, count=100))
    dest = tmp_path / "dest"
    Synced(http.api, f"b2://{http.name}", dest)
    service.faults.clear()
    version.delete()
    left = sorted((dest / "d").iterdir())
    assert [path.suffix for path in left] == [".b2part", ".json"]
    for options in ({}, {"keep_days_or_delete": DELETE, "dry_run": True}):
        Synced(http.api, f"b2://{http.name}", dest, **options)
        assert sorted((dest / "d").iterdir()) == left
    stored(http, "blocked/by")
    make(dest, ["blocked"])
    assert Synced(http.api, f"b2://{http.name}", dest).failure is not None
    (dest / "blocked").unlink()
    Synced(http.api, f"b2://{http.name}", dest, keep_days_or_delete=DELETE)
    assert sorted((dest / "d").iterdir()) == []


@pytest.fixture(params=["v3", ASYNCIO])
def surface(request: pytest.FixtureRequest) -> Iterator[ModuleType]:
    with surface_of(request.param) as surface:
        yield surface


@pytest.fixture
def http(service: SimulatorServer, surface: ModuleType) -> Iterator[Any]:
    """Yield a bucket that is reached over HTTP, where connections can break and names be anything."""
    front_end = HttpFrontEnd(service.key_id, service.key, service.url)
    with front_end.connect(surface) as api:
        authorize(api, front_end)
        yield api.create_bucket("http-bucket", "allPrivate")


of_the_client_that_blocks = pytest.mark.parametrize("surface", ["v3"], indirect=True)


def test_where_no_file_can_be_none_is_downloaded(
    http: Any, service: SimulatorServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lstat = os.lstat

    def on_a_file_system_that_encrypts_names(path: Any) -> os.stat_result:
        if len(os.path.basename(path)) > 143:  # noqa: PTH119  # of whatever is given
            raise OSError(errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG), path)
        return lstat(path)

    monkeypatch.setattr(os, "lstat", on_a_file_system_that_encrypts_names)
    stored(http, "x" * 144)
    stored(http, "blocked/file")
    stored(http, "good")
    make(tmp_path / "dest", ["blocked"])
    service.journal.clear()
    synced = Synced(http.api, f"b2://{http.name}", tmp_path / "dest")
    failed = {type(event.error) for event in synced.events if isinstance(event, ActionFailed)}
    assert failed == {DestinationError, NotADirectory}
    assert [entry.endpoint for entry in service.journal.entries].count("b2_download_file_by_id") == 1
    assert sorted(tree(tmp_path / "dest")) == ["blocked", "good"]


# --- scans that fail, and sources that are empty ---


@pytest.mark.parametrize("status", [400, 503])
def test_nothing_is_deleted_behind_a_page_that_does_not_come(
    http: Any, service: SimulatorServer, tmp_path: Path, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw_api = hidden(http.api.session.raw_api)
    whole = raw_api.list_file_versions
    monkeypatch.setattr(
        raw_api, "list_file_versions", lambda *args, **options: whole(*args, **{**options, "max_file_count": 1})
    )
    for number in range(3):
        stored(http, f"a{number}")
    dest = make(tmp_path / "dest", ["b", "c/d"])
    service.faults.add(ApiFault(endpoint="b2_list_file_versions", status=status, code="broken", count=1000, skip=1))
    with patience(retry_policy=RetryPolicy(attempts=2, first_wait=0.001)), pytest.raises(B2Error):
        Synced(http.api, f"b2://{http.name}", dest, keep_days_or_delete=DELETE)
    assert {"b", "c/d"} <= set(tree(dest))


def test_a_mistyped_prefix_deletes_nothing(http: Any, tmp_path: Path) -> None:
    stored(http, "backup/a")
    dest = make(tmp_path / "dest", ["a", "b"])
    before = tree(dest)
    with pytest.raises(EmptyDirectory, match=f"b2://{http.name}/bakcup/"):
        Synced(http.api, f"b2://{http.name}/bakcup", dest, keep_days_or_delete=DELETE)
    assert tree(dest) == before
    meant = Synced(http.api, f"b2://{http.name}/bakcup", dest, keep_days_or_delete=DELETE, allow_empty_source=True)
    assert meant.done == ["local delete a", "local delete b"]


# --- names from the bucket ---

MALICIOUS = [
    "../x",
    "a/../../x",
    "a/../b",
    "./x",
    "a/./b",
    "a//b",
    "/abs",
    "..",
    "a/..",
    "folder/",
    "\\abs",
    "..\\x",
    "x\\..\\y",
]


@pytest.fixture
def inject(http: Any, service: SimulatorServer) -> Iterator[Callable[[str], None]]:
    """Give a file a name that clients refuse, past the client."""
    front_end = HttpFrontEnd(service.key_id, service.key, service.url)
    with front_end.connect(b2sdk.v3) as api:
        authorize(api, front_end)
        yield partial(_inject, api, http.id_)


def _inject(api: Any, bucket_id: str, name: str) -> None:
    answer = api.session.get_upload_url(bucket_id)
    headers = {
        "Authorization": answer["authorizationToken"],
        "X-Bz-File-Name": quote(name, safe=""),
        "Content-Type": "text/plain",
        "X-Bz-Content-Sha1": hashlib.sha1(b"evil").hexdigest(),
    }
    requests.post(answer["uploadUrl"], data=b"evil", headers=headers, timeout=60).raise_for_status()


def around(root: Path) -> list[str]:
    """Return everything that is near a directory, itself not looked into."""
    return sorted(str(path) for path in root.parent.rglob("*") if root not in path.parents)


def test_names_that_lead_elsewhere_are_left_out_and_counted(
    http: Any, inject: Callable[[str], None], tmp_path: Path
) -> None:
    for name in MALICIOUS:
        inject(name)
    stored(http, "good")
    dest = tmp_path / "deep" / "dest"
    dest.mkdir(parents=True)
    (tmp_path / "x").write_bytes(b"precious")
    before = around(dest)
    down = Synced(http.api, f"b2://{http.name}", dest)
    assert (down.done, down.failure) == (["download good"], None)
    assert around(dest) == before
    assert (tmp_path / "x").read_bytes() == b"precious"
    assert list(tree(dest)) == ["good"]
    skipped = [event for event in down.events if isinstance(event, EntrySkipped)]
    assert sorted(event.path for event in skipped) == sorted(MALICIOUS)
    assert {event.reason for event in skipped} == {SkipReason.UNSUPPORTED_NAME}
    assert len(down.report.warnings) == len(MALICIOUS)
    assert down.report.has_errors_or_warnings()


@of_the_client_that_blocks
def test_names_that_lead_elsewhere_end_a_sync_whose_report_cannot_be_told(
    http: Any, inject: Callable[[str], None], tmp_path: Path
) -> None:
    stored(http, "a")
    inject("b/../../x")
    dest = tmp_path / "deep" / "dest"
    dest.parent.mkdir()
    before = around(dest)
    source, target = parse_folder(f"b2://{http.name}", http.api), parse_folder(str(dest), http.api)
    with pytest.raises(UnsupportedFilename):
        Synchronizer(1).sync_folders(source, target, 0, None)
    assert around(dest) == sorted([*before, str(dest)])
    assert list(tree(dest)) == ["a"], "what came before is there"


# --- a process that dies ---

CHILD = """
import sys, time
from b2sdk.scan.parse import parse_folder
from b2sdk.sync.events import ActionDone
from b2sdk.sync.synchronizer import Synchronizer
from b2sdk.v3 import B2Api, InMemoryAccountInfo

url, key_id, key, source, dest = sys.argv[1:]
api = B2Api(InMemoryAccountInfo())
api.authorize_account(key_id, key, realm=url)

def tell(event):
    if isinstance(event, ActionDone):
        print(event.path, flush=True)

folders = [parse_folder(folder, api) for folder in (source, dest)]
Synchronizer(4, on_event=tell).sync_folders(*folders, round(time.time() * 1000), None)
"""
CHILD_IN_A_LOOP = """
import asyncio, sys, time
from contextlib import aclosing
from b2sdk.aio import B2Api, Synchronizer, parse_folder
from b2sdk.sync.events import ActionDone

url, key_id, key, source, dest = sys.argv[1:]

async def main():
    async with B2Api() as api:
        await api.authorize_account(key_id, key, realm=url)
        folders = [await parse_folder(folder, api) for folder in (source, dest)]
        async with aclosing(Synchronizer(4).sync_folders(*folders, round(time.time() * 1000))) as events:
            async for event in events:
                if isinstance(event, ActionDone):
                    print(event.path, flush=True)

asyncio.run(main())
"""
FILES = {f"d{number % 5}/f{number:03}": bytes([number]) * 150 for number in range(60)}


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
@pytest.mark.parametrize(
    ("killed", "endpoint"),
    [(0, "b2_upload_file"), (1, "b2_copy_file"), (2, "b2_download_file_by_id")],
    ids=["up", "across", "down"],
)
def test_a_sync_that_was_killed_is_completed_by_the_next_one(
    http: Any, surface: ModuleType, service: SimulatorServer, tmp_path: Path, killed: int, endpoint: str
) -> None:
    api, source, dest = http.api, make(tmp_path / "source", FILES), tmp_path / "dest"
    one, two = (api.create_bucket(name, "allPrivate") for name in ("one-bucket", "two-bucket"))
    ways = [(source, "b2://one-bucket"), ("b2://one-bucket", "b2://two-bucket"), ("b2://two-bucket", dest)]
    for way in ways[:killed]:
        assert Synced(api, *way).failure is None
    # What comes after the first files stays on its way until the process is dead.
    service.faults.add(WireFault(kind="stall", endpoint=endpoint, skip=20, count=1000, seconds=2))
    arguments = [service.url, service.key_id, service.key, *map(str, ways[killed])]
    program = CHILD if surface is b2sdk.v3 else CHILD_IN_A_LOOP
    with subprocess.Popen([sys.executable, "-c", program, *arguments], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        for _ in range(20):
            assert child.stdout.readline()
        child.kill()
    assert child.returncode == -signal.SIGKILL
    service.faults.clear()

    again = Synced(api, *ways[killed])
    assert again.failure is None
    assert len(again.done) <= 40
    for way in ways[killed + 1 :]:
        assert Synced(api, *way).failure is None
    assert tree(dest) == tree(source)
    assert len(list(dest.rglob("*"))) == len(FILES) + 5, "nothing else is left"
    for bucket in (one, two):
        assert len(versions(bucket)) <= len(FILES) + 4, "only what was on its way may be there twice"
        assert {name for name, _ in versions(bucket)} == set(FILES)
