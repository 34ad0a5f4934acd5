"""Folders in an event loop: they list what those of the client that blocks list."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
from tests.aio.test_api import run
from tests.conftest import HttpFrontEnd, authorize
from tests.flows.synced import make
from tests.scan.conftest import Listener

import b2sdk.v3
from b2sdk.aio import B2Api, B2Folder, folders, parse_folder
from b2sdk.aio.folders import list_folder
from b2sdk.aio.threads import Threads
from b2sdk.exception import InvalidArgument, NonExistentBucket, UnsupportedFilename
from b2sdk.scan.folder import AbstractFolder
from b2sdk.scan.local_folder import LocalFolder
from b2sdk.scan.path import AbstractPath, LocalPath
from b2sdk.scan.policies import ScanPoliciesManager
from b2sdk.simulator import SimulatorServer

POLICIES = ScanPoliciesManager(exclude_file_regexes=["b"], exclude_dir_regexes=["d$"])
NAMES = ["a", "b", "d/a", "d/b", "e/a", "z"]


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "AT_ONCE", 2)


def test_a_folder_in_a_bucket_lists_what_the_client_that_blocks_lists(service: SimulatorServer) -> None:
    front_end = HttpFrontEnd(service.key_id, service.key, service.url)
    with front_end.connect(b2sdk.v3) as blocking:
        authorize(blocking, front_end)
        bucket = blocking.create_bucket("photos", "allPrivate")
        for name in [*NAMES, *NAMES]:
            bucket.upload_bytes(name.encode(), "in/" + name)
        bucket.hide_file("in/a")
        listener = Listener()
        listed = list(b2sdk.v3.B2Folder("photos", "in", blocking).all_files(listener, POLICIES))

    async def use(api: B2Api) -> None:
        heard = Listener()
        folder = B2Folder(await api.get_bucket_by_name("photos"), "in")
        found = [path async for path in folder.all_files(heard, POLICIES)]
        assert [(path.relative_path, [version.id_ for version in path.all_versions]) for path in found] == [
            (path.relative_path, [version.id_ for version in path.all_versions]) for path in listed
        ]
        assert heard.events == listener.events
        assert heard.events
        assert str(folder) == "B2Folder(photos, in)"

    run(service, use)


def test_a_name_that_cannot_be_a_path_ends_a_listing_that_nobody_receives_it_from(service: SimulatorServer) -> None:
    async def use(api: B2Api) -> None:
        bucket = await api.create_bucket("photos", "allPrivate")
        await bucket.upload_bytes(b"", "a")
        await bucket.upload_bytes(b"", "b/./c")
        files = B2Folder(bucket).all_files()
        assert (await anext(files)).relative_path == "a"
        with pytest.raises(UnsupportedFilename):
            await anext(files)

    run(service, use)


def test_folders_are_written_as_for_the_client_that_blocks(service: SimulatorServer, tmp_path: Path) -> None:
    async def use(api: B2Api) -> None:
        bucket = await api.create_bucket("photos", "allPrivate")
        folder = await parse_folder("b2://photos/in/it/", api, workers=3)
        assert isinstance(folder, B2Folder)
        assert (folder.bucket.id_, folder.folder_name, folder.prefix) == (bucket.id_, "in/it", "in/it/")
        assert folder.workers == 3
        local = await parse_folder(str(tmp_path), api)
        assert isinstance(local, LocalFolder)
        assert local.root == str(tmp_path)
        with pytest.raises(NonExistentBucket):
            await parse_folder("b2://missing", api)
        with pytest.raises(InvalidArgument):
            await parse_folder("b2://photos//in", api)
        with pytest.raises(TypeError):
            await parse_folder(tmp_path, api)  # type: ignore[arg-type]

    run(service, use)


def test_a_bucket_of_the_client_that_blocks_is_refused() -> None:
    with pytest.raises(TypeError, match=r"bucket must be one of b2sdk\.aio, not b2sdk\.bucket\.Bucket"):
        B2Folder(b2sdk.v3.Bucket(None, "id"))  # type: ignore[arg-type]


# --- local folders ---


class Folder(AbstractFolder):
    """Has these files and skips, and then maybe fails; it is scanned in threads."""

    def __init__(self, *entries: str, failure: Exception | None = None) -> None:
        self.entries = entries
        self.failure = failure
        self.is_closed = False
        self.threads: set[threading.Thread] = set()

    def all_files(self, reporter: Any, policies_manager: Any = None) -> Iterator[AbstractPath]:
        try:
            for name in self.entries:
                self.threads.add(threading.current_thread())
                if name.startswith("-"):
                    reporter.local_access_error(name)
                else:
                    yield LocalPath("/" + name, name, 0, 0)
            if self.failure is not None:
                raise self.failure
        finally:
            self.is_closed = True

    def folder_type(self) -> str:
        return "local"

    def make_full_path(self, file_name: str) -> str:
        return "/" + file_name


async def scanned(folder: AbstractFolder, most: int = 100) -> list[str]:
    """Return files and skips, in the order in which they are used; an error is raised."""
    threads = Threads(1)
    found: list[str] = []

    class Reporter(Listener):
        def skipped(self, event: Any) -> None:
            found.append(event.path)

    try:
        async with aclosing(list_folder(threads, folder, Reporter())) as batches:
            async for files in batches:
                for path in files:
                    found.append(path.relative_path)
                    if len(found) == most:
                        return found
    except OSError as error:
        found.append(str(error))
    finally:
        threads.close()
    return found


async def test_what_is_skipped_is_reported_among_the_files_in_their_order() -> None:
    folder = Folder("a", "-b", "c", "-d", "-e", "-f", "g", "-h")
    assert await scanned(folder) == list(folder.entries)
    assert threading.current_thread() not in folder.threads


async def test_what_was_found_before_a_scan_fails_is_used() -> None:
    folder = Folder("a", "b", "c", "-d", failure=OSError("the disk"))
    assert await scanned(folder) == ["a", "b", "c", "-d", "the disk"]


async def test_a_scan_that_is_left_is_closed_and_found_no_more_than_a_batch() -> None:
    folder = Folder(*(f"{number:03}" for number in range(100)))
    assert await scanned(folder, most=3) == ["000", "001", "002"]
    assert folder.is_closed


async def test_a_local_folder_is_scanned_without_blocking(tmp_path: Path) -> None:
    root = await asyncio.to_thread(make, tmp_path, NAMES)
    folder = await asyncio.to_thread(LocalFolder, root)
    assert await scanned(folder) == NAMES
