"""Syncs whose folders are listed by several workers, and what happens if a page of one of them is lost or damaged."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from b2sdk.exception import B2Error, BadRequest
from b2sdk.scan.b2_folder import B2Folder
from b2sdk.sync.modes import KeepOrDeleteMode
from b2sdk.v3 import LocalFolder, Synchronizer

NAMES = [f"{number // 10:02}/{number:03}" for number in range(90)]
ONLY_THERE = "05/only there"
NOW = 2_000_000_000_000


class SmallPages(B2Folder):
    """Is listed with five versions to a page."""

    def get_file_versions(self) -> Iterator[Any]:
        listing = self.bucket.ls(self.prefix, latest_only=False, recursive=True, fetch_count=5, workers=self.workers)
        return (version for version, _ in listing)


@pytest.fixture
def local(tmp_path: Path) -> Path:
    """Return a directory with a file that is nowhere else, and others."""
    for name in [*NAMES, ONLY_THERE]:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"")
    return tmp_path


def files_in(root: Path) -> set[str]:
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}


def sync_down(api: Any, local: Path) -> None:
    synchronizer = Synchronizer(3, keep_days_or_delete=KeepOrDeleteMode.DELETE)
    source = SmallPages("test-bucket", "", api, workers=4)
    synchronizer.sync_folders(source, LocalFolder(str(local)), NOW, None)


def test_folders_that_are_listed_by_several_workers_are_synced_up_and_down(api: Any, bucket: Any, local: Path) -> None:
    (local / ONLY_THERE).unlink()
    folder = SmallPages("test-bucket", "", api, workers=4)
    up = Synchronizer(3, keep_days_or_delete=KeepOrDeleteMode.DELETE)
    up.sync_folders(LocalFolder(str(local)), folder, NOW, None)
    assert [version.file_name for version, _ in bucket.ls(recursive=True)] == NAMES
    bucket.upload_bytes(b"", ONLY_THERE)
    up.sync_folders(LocalFolder(str(local)), folder, NOW, None)
    assert [version.file_name for version, _ in bucket.ls(recursive=True)] == NAMES
    (local / ONLY_THERE).write_bytes(b"")
    sync_down(api, local)
    assert files_in(local) == set(NAMES)


DAMAGES: Mapping[str, Callable[[dict[str, Any]], dict[str, Any]] | None] = {
    "refused": None,
    "without names": lambda page: {**page, "files": [{}, *page["files"]]},
    "without end": lambda page: {name: value for name, value in page.items() if name != "nextFileName"},
    "of another place": lambda page: {**page, "files": [{**page["files"][0], "fileName": "!"}, *page["files"][1:]]},
    "going back": lambda page: {**page, "nextFileName": "!"},
}


def damage(api: Any, number: int, how: Any) -> None:
    """Let one of the pages that are listed be damaged, counted from 0; without ``how`` there is an error instead."""
    raw_api, numbers = api.session.raw_api, count()
    list_file_versions = raw_api.list_file_versions

    def list_damaged(*args: Any, **kwargs: Any) -> Any:
        page = list_file_versions(*args, **kwargs)
        if not page["files"] or next(numbers) != number:
            return page
        if how is None:
            raise BadRequest("no", "bad_request")
        return how(page)

    raw_api.list_file_versions = list_damaged


def test_nothing_that_is_in_the_source_is_deleted_if_a_page_is_damaged(api: Any, bucket: Any, local: Path) -> None:
    for name in NAMES:
        bucket.upload_bytes(b"", name, file_info={"src_last_modified_millis": "1000"})
        os.utime(local / name, (1, 1))
    for title, how in DAMAGES.items():
        for number in (1, 9, 14):
            damage(api, number, how)
            with pytest.raises(B2Error):
                sync_down(api, local)
            assert files_in(local) >= set(NAMES), f"page {number}, {title}"
            assert [thread for thread in threading.enumerate() if thread.name == "b2sdk-background"] == []
            del api.session.raw_api.list_file_versions
    sync_down(api, local)
    assert files_in(local) == set(NAMES)
