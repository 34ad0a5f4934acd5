from __future__ import annotations

from types import ModuleType
from typing import Any
from unittest import mock

import pytest

import b2sdk.v2
from b2sdk.v3 import Filter

Entry = tuple[str, "str | None"]


@pytest.fixture
def filled(bucket: Any) -> Any:
    for name in ("a", "a", "b/1", "b/2", "b/c/3", "b.txt", "d/e", "gone"):
        bucket.upload_bytes(name.encode(), name)
    for name in ("d/e", "gone"):
        bucket.hide_file(name)
    return bucket


def entries(listing: Any) -> list[Entry]:
    return [(version.file_name, folder) for version, folder in listing]


def test_the_root_shows_files_and_folders(filled: Any) -> None:
    assert entries(filled.ls()) == [("a", None), ("b.txt", None), ("b/1", "b/")]


@pytest.mark.parametrize("page", [1, 2, 3, 10000])
def test_the_page_size_changes_nothing(filled: Any, page: int) -> None:
    assert entries(filled.ls(fetch_count=page)) == [("a", None), ("b.txt", None), ("b/1", "b/")]
    everything = [("a", None), ("b.txt", None), ("b/1", None), ("b/2", None), ("b/c/3", None)]
    assert entries(filled.ls(recursive=True, fetch_count=page)) == everything


@pytest.mark.parametrize("page", [1, 2, 10000])
def test_a_file_right_behind_a_folder_is_not_passed_by(bucket: Any, page: int) -> None:
    for name in ("d/x", "d/x", "d0"):
        bucket.upload_bytes(b"", name)
    expected = [("d/x", "d/"), ("d0", None)]
    for latest_only in (True, False):
        assert entries(bucket.ls(latest_only=latest_only, fetch_count=page)) == expected


@pytest.mark.parametrize("count", [0, -1])
@pytest.mark.parametrize("path", ["", "a"])
def test_a_page_of_nothing_is_refused(filled: Any, count: int, path: str) -> None:
    for latest_only in (True, False):
        with pytest.raises(ValueError, match="unsupported fetch_count value"):
            next(filled.ls(path, latest_only=latest_only, fetch_count=count))
    with pytest.raises(ValueError, match="unsupported fetch_count value"):
        next(filled.list_file_versions("a", fetch_count=count))


def test_pages_are_of_ten_thousand_unless_it_is_said(filled: Any) -> None:
    raw_api = filled.api.session.raw_api
    for call, listing in (
        ("list_file_names", filled.ls()),
        ("list_file_versions", filled.ls(latest_only=False)),
        ("list_file_versions", filled.list_file_versions("a")),
    ):
        with mock.patch.object(raw_api, call, wraps=getattr(raw_api, call)) as asked:
            list(listing)
        assert 10_000 in (*asked.call_args.args, *asked.call_args.kwargs.values())


def test_what_stands_before_the_call_may_choose_what_is_listed(filled: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    session = filled.api.session
    ask = session.list_file_names

    def without_text_files(*args: Any, **kwargs: Any) -> Any:
        page = ask(*args, **kwargs)
        return {**page, "files": [entry for entry in page["files"] if not entry["fileName"].endswith(".txt")]}

    monkeypatch.setattr(session, "list_file_names", without_text_files)
    assert entries(filled.ls()) == [("a", None), ("b/1", "b/")]


def test_who_makes_the_call_gets_plain_lists(filled: Any) -> None:
    list(filled.ls())
    page = filled.api.session.list_file_names(filled.id_)
    assert type(page["files"]) is list
    assert len(page["files"]) == 5


def test_a_folder_shows_what_is_directly_in_it(filled: Any) -> None:
    expected = [("b/1", None), ("b/2", None), ("b/c/3", "b/c/")]
    assert entries(filled.ls("b")) == expected
    assert entries(filled.ls("b/")) == expected


def test_all_versions_include_hide_markers_and_hidden_folders(filled: Any) -> None:
    listed = [(version.file_name, version.action, folder) for version, folder in filled.ls(latest_only=False)]
    assert listed == [
        ("a", "upload", None),
        ("a", "upload", None),
        ("b.txt", "upload", None),
        ("b/1", "upload", "b/"),
        ("d/e", "hide", "d/"),
        ("gone", "hide", None),
        ("gone", "upload", None),
    ]


def test_a_path_that_is_a_file_is_that_file_on_v3_and_a_folder_on_v2(filled: Any, surface: ModuleType) -> None:
    on_v2 = surface is b2sdk.v2
    assert entries(filled.ls("a")) == ([] if on_v2 else [("a", None)])
    assert len(list(filled.ls("a", latest_only=False))) == (0 if on_v2 else 2)
    assert entries(filled.ls("b/1/")) == []
    assert entries(filled.ls("nope")) == []
    assert entries(filled.ls("gone")) == []


def test_a_path_may_be_a_file_on_v2_when_asked(filled: Any, surface: ModuleType) -> None:
    if surface is b2sdk.v2:
        assert entries(filled.ls("a", folder_to_list_can_be_a_file=True)) == [("a", None)]
        assert entries(filled.ls(folder_to_list="b/c")) == [("b/c/3", None)]
    else:
        assert entries(filled.ls(path="b/c")) == [("b/c/3", None)]


def test_a_file_is_not_mistaken_for_another_that_begins_like_it(bucket: Any, surface: ModuleType) -> None:
    for name in ("file", "file2", "file/inside"):
        bucket.upload_bytes(b"", name)
    assert entries(bucket.ls("file")) == ([("file/inside", None)] if surface is b2sdk.v2 else [("file", None)])


def test_wildcards_match_across_folders(filled: Any) -> None:
    assert entries(filled.ls("b/*", recursive=True, with_wildcard=True)) == [
        ("b/1", None),
        ("b/2", None),
        ("b/c/3", None),
    ]
    assert entries(filled.ls("b/[12]", recursive=True, with_wildcard=True)) == [("b/1", None), ("b/2", None)]
    assert entries(filled.ls("?.txt", recursive=True, with_wildcard=True)) == [("b.txt", None)]


def test_wildcards_need_recursion(filled: Any) -> None:
    with pytest.raises(ValueError, match="with_wildcard requires recursive to be turned on as well"):
        next(filled.ls("b/*", with_wildcard=True))


def test_filters_decide_by_the_last_that_matches(filled: Any) -> None:
    assert entries(filled.ls(recursive=True, filters=[Filter.include("b*")])) == [
        ("b.txt", None),
        ("b/1", None),
        ("b/2", None),
        ("b/c/3", None),
    ]
    filters = [Filter.exclude("b*"), Filter.include("b/c/*")]
    assert entries(filled.ls(recursive=True, filters=filters)) == [("a", None), ("b/c/3", None)]
    assert entries(filled.ls(filters=filters)) == [("a", None), ("b/c/3", "b/")]


def test_names_are_ordered_by_their_bytes(bucket: Any) -> None:
    names = ["A", "Z", "a", "a-b", "a.b", "a/b", "a0", "z", "é", "日", "\U0001f600"]
    for name in reversed(names):
        bucket.upload_bytes(b"", name)
    assert [version.file_name for version, _ in bucket.ls(recursive=True, fetch_count=2)] == sorted(
        names, key=lambda name: name.encode()
    )
