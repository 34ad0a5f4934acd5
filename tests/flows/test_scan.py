"""Scans of buckets and of local trees, through both front ends."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st
from tests.conftest import InProcessFrontEnd, authorize
from tests.scan.conftest import Listener

import b2sdk.v3
from b2sdk.scan.b2_folder import B2Folder
from b2sdk.scan.events import SkipReason
from b2sdk.scan.local_folder import LocalFolder
from b2sdk.scan.pairs import zip_folders
from b2sdk.scan.parse import parse_folder
from b2sdk.scan.policies import ScanPoliciesManager
from b2sdk.transfer.background import Background
from b2sdk.values.name_range import ALL_NAMES


def names(folder: Any, reporter: Any = None) -> list[str]:
    return [path.relative_path for path in folder.all_files(reporter)]


def count_lists(api: Any) -> list[str]:
    """Let each call that lists versions note the name of its thread."""
    raw_api, threads = api.session.raw_api, list[str]()
    listing = raw_api.list_file_versions

    def counted(*args: Any, **kwargs: Any) -> Any:
        answer = listing(*args, **kwargs)
        threads.append(threading.current_thread().name)
        return answer

    raw_api.list_file_versions = counted
    return threads


# --- order ---

# Signs around the slash, both cases, and signs whose order in UTF-16 or in a locale is another one.
SEGMENTS = st.text("aAbB0-.~ !_%\u00e9e\u0301\u00df\uffff\ud7ff\U0001f600", min_size=1, max_size=3).filter(
    lambda segment: segment not in (".", "..")
)
PATHS = st.lists(SEGMENTS, min_size=1, max_size=3).map("/".join)


@st.composite
def trees(draw: st.DrawFn) -> set[str]:
    """Names of which none is a directory of another."""
    paths = draw(st.sets(PATHS, max_size=8))
    parents = {path[:end] for path in paths for end, sign in enumerate(path) if sign == "/"}
    return paths - parents


@settings(max_examples=60)
@given(trees())
def test_a_local_tree_and_a_listing_have_one_order(paths: set[str]) -> None:
    front_end = InProcessFrontEnd(b2sdk.v3)
    with tempfile.TemporaryDirectory() as directory, front_end.connect(b2sdk.v3) as api:
        authorize(api, front_end)
        bucket = api.create_bucket("scan-bucket", "allPrivate")
        for path in paths:
            bucket.upload_bytes(b"", path)
            (Path(directory) / path).parent.mkdir(parents=True, exist_ok=True)
            (Path(directory) / path).touch()
        folder = B2Folder("scan-bucket", "", api)
        assert names(LocalFolder(directory)) == names(folder) == sorted(paths, key=str.encode)
        assert all(a is not None and b is not None for a, b in zip_folders(LocalFolder(directory), folder, None))


@pytest.fixture
def filled(bucket: Any) -> Any:
    for name in ("a.b", "a/b", "a-b", "A", "a/c/d", "\u00e9", "\U0001f600", "\uffff", "b"):
        bucket.upload_bytes(b"1", name)
    bucket.hide_file("b")
    bucket.upload_bytes(b"22", "a/b")
    return bucket


def test_a_bucket_is_listed_with_all_versions_in_order(api: Any, filled: Any) -> None:
    files = list(parse_folder("b2://test-bucket", api).all_files(None))
    assert [path.relative_path for path in files] == [
        "A", "a-b", "a.b", "a/b", "a/c/d", "b", "\u00e9", "\uffff", "\U0001f600",
    ]  # fmt: skip
    found: dict[str, Any] = {path.relative_path: path for path in files}
    assert [version.action for version in found["b"].all_versions] == ["hide", "upload"]
    assert not found["b"].is_visible()
    assert [version.size for version in found["a/b"].all_versions] == [2, 1]
    assert found["a/b"].size == 2
    assert found["a/b"].mod_time == found["a/b"].selected_version.upload_timestamp


def test_a_folder_is_listed_though_a_file_has_its_name(api: Any, filled: Any) -> None:
    filled.upload_bytes(b"", "a")
    assert names(parse_folder("b2://test-bucket/a", api)) == ["b", "c/d"]
    assert names(parse_folder("b2://test-bucket/none", api)) == []


def test_policies_choose_versions_by_when_they_were_uploaded(api: Any, bucket: Any) -> None:
    first = bucket.upload_bytes(b"1", "a", custom_upload_timestamp=1_000_000)
    bucket.upload_bytes(b"22", "a", custom_upload_timestamp=2_000_000)
    policies = ScanPoliciesManager(exclude_uploaded_after=1_500_000)
    (path,) = B2Folder("test-bucket", "", api).all_files(None, policies)
    assert [version.id_ for version in path.all_versions] == [first.id_]


def test_large_files_that_are_not_finished_are_not_there(api: Any, bucket: Any) -> None:
    api.session.start_large_file(bucket.id_, "large", "text/plain", {})
    assert names(B2Folder("test-bucket", "", api)) == []


def test_names_that_lead_out_of_a_folder_are_reported_or_refused(api: Any, bucket: Any, exception: Any) -> None:
    for name in ("q/../x", "fine"):
        bucket.upload_bytes(b"", name)
    listener = Listener()
    assert names(B2Folder("test-bucket", "", api), listener) == ["fine"]
    assert [(event.path, event.reason) for event in listener.events] == [("q/../x", SkipReason.UNSUPPORTED_NAME)]
    with pytest.raises(exception.UnsupportedFilename, match=r"relative path components are not supported: \.\./x"):
        names(B2Folder("test-bucket", "q", api))


def test_a_bucket_must_be_there(api: Any, exception: Any) -> None:
    with pytest.raises(exception.NonExistentBucket):
        parse_folder("b2://no-such-bucket", api)


# --- pages ahead ---


def listed_ahead(bucket: Any) -> Any:
    return bucket.ls("", latest_only=False, recursive=True, fetch_count=3, prefetch=True)


def background_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "b2sdk-background"]


def test_pages_are_fetched_ahead_in_a_thread(api: Any, filled: Any) -> None:
    expected = [version.id_ for version, _ in filled.ls("", latest_only=False, recursive=True)]
    threads = count_lists(api)
    assert [version.id_ for version, _ in listed_ahead(filled)] == expected
    assert len(threads) == 4
    assert threads[1:] == ["b2sdk-background"] * 3


@pytest.mark.parametrize("latest_only", [True, False])
def test_several_workers_list_the_same(api: Any, filled: Any, latest_only: bool) -> None:
    expected = [version.id_ for version, _ in filled.ls("", latest_only=latest_only, recursive=True)]
    found = filled.ls("", latest_only=latest_only, recursive=True, fetch_count=1, workers=4)
    assert [version.id_ for version, _ in found] == expected
    found = filled.ls("", latest_only=latest_only, recursive=True, fetch_count=1, workers=4, in_order=False)
    assert sorted(version.id_ for version, _ in found) == sorted(expected)
    assert background_threads() == []


@pytest.mark.parametrize("workers", [1, 3])
def test_the_parts_of_a_folder_are_the_whole(api: Any, filled: Any, workers: int) -> None:
    whole = names(B2Folder("test-bucket", "", api))
    parts = ALL_NAMES.divide(whole[1], whole[3] + "x", "zzz")
    found = [names(B2Folder("test-bucket", "", api, workers=workers, names=part)) for part in parts]
    assert [*chain.from_iterable(found)] == whole
    assert all(found[:3])


def test_a_folder_may_be_listed_by_several_workers(api: Any, filled: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, Any]] = []
    ls = type(filled).ls

    def watched(self: Any, *args: Any, workers: int = 1, **kwargs: Any) -> Any:
        asked.append({"workers": workers})
        return ls(self, *args, workers=workers, **kwargs)

    expected = names(B2Folder("test-bucket", "", api))
    monkeypatch.setattr(type(filled), "ls", watched)
    assert names(B2Folder("test-bucket", "", api, workers=4)) == expected
    assert asked == [{"workers": 4}]


def test_who_stops_early_leaves_no_thread(api: Any, filled: Any) -> None:
    threads = count_lists(api)
    listing = listed_ahead(filled)
    next(listing)
    listing.close()
    for thread in background_threads():
        thread.join(10)
    assert background_threads() == []
    assert len(threads) <= 2, "the second may not have begun"


def test_without_prefetching_no_page_is_asked_for_that_is_not_needed(api: Any, filled: Any) -> None:
    threads = count_lists(api)
    listing = filled.ls("", latest_only=False, recursive=True, fetch_count=3)
    for _ in range(3):
        next(listing)
    assert len(threads) == 1
    assert threads == [threading.current_thread().name]


def test_an_error_of_a_page_ahead_is_an_error_of_the_listing(api: Any, filled: Any) -> None:
    listing = listed_ahead(filled)
    next(listing)  # the second page is on its way
    raw_api = api.session.raw_api

    def gone(*args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("the service is gone")

    raw_api.list_file_versions = gone
    with pytest.raises(RuntimeError, match="the service is gone"):
        list(listing)


def test_a_folder_lists_ahead_unless_the_bucket_is_one_that_does_not_know_how(
    api: Any, filled: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = B2Folder("test-bucket", "", api)
    asked: list[dict[str, Any]] = []
    usual: Callable[..., Any] = type(folder.bucket).ls

    def watched(self: Any, *args: Any, prefetch: bool = False, **kwargs: Any) -> Any:
        asked.append({"prefetch": prefetch, **kwargs})
        return usual(self, *args, **kwargs)

    def older(self: Any, path: str, latest_only: bool, recursive: bool) -> Any:
        asked.append({})
        return usual(self, path, latest_only, recursive)

    monkeypatch.setattr(type(folder.bucket), "ls", watched)
    assert len(names(folder)) == 9
    monkeypatch.setattr(type(folder.bucket), "ls", older)
    assert len(names(folder)) == 9
    assert asked == [{"prefetch": True, "latest_only": False, "recursive": True}, {}]


def test_a_listing_of_one_page_needs_no_thread(api: Any, filled: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def unexpected(self: Background[Any], task: Any) -> None:
        raise AssertionError("a thread for nothing")

    monkeypatch.setattr(Background, "__init__", unexpected)
    assert len(names(B2Folder("test-bucket", "", api))) == 9
