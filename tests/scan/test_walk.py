from __future__ import annotations

import os
import socket
import stat
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from itertools import chain
from pathlib import Path
from typing import Any
from unittest.mock import Mock, patch

import pytest
from hypothesis import given, strategies as st
from tests.scan.conftest import Listener

from b2sdk.protocol_constants import EARLIEST_TIME, LATEST_TIME
from b2sdk.scan.events import SkipReason
from b2sdk.scan.path import LocalPath
from b2sdk.scan.policies import DEFAULT_SCAN_MANAGER, ScanPoliciesManager
from b2sdk.scan.walk import Walk
from b2sdk.values.name_range import ALL_NAMES, NameRange

needs_links = pytest.mark.skipif(sys.platform == "win32", reason="links need rights on Windows")


def walked(
    root: Path,
    reporter: Any = None,
    policies: ScanPoliciesManager = DEFAULT_SCAN_MANAGER,
    of: NameRange = ALL_NAMES,
) -> list[LocalPath]:
    return list(Walk(reporter, policies, of).files(str(root)))


def names(root: Path, reporter: Any = None, policies: ScanPoliciesManager = DEFAULT_SCAN_MANAGER) -> list[str]:
    return [path.relative_path for path in walked(root, reporter, policies)]


def make(root: Path, *relative_paths: str) -> None:
    for relative_path in relative_paths:
        path = root / relative_path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(os.fsencode(relative_path))


# --- what is found ---


def test_files_come_in_the_order_of_a_listing_hidden_ones_too(tmp_path: Path) -> None:
    make(tmp_path, "a0", "a/b", "a.txt", "a/c/d", "a-b", "A", ".hid", "\u00e9", "\U0001f600", "\uffff")
    expected = [".hid", "A", "a-b", "a.txt", "a/b", "a/c/d", "a0", "\u00e9", "\uffff", "\U0001f600"]
    assert names(tmp_path) == expected
    assert expected == sorted(expected, key=str.encode)


@pytest.mark.parametrize(
    ("nanoseconds", "millis"),
    [
        (1500000000123_000000, 1500000000123),
        (1234567890999_500000, 1234567890999),
        (0, 0),
        (-1_500000, -1),  # as b2sdk stores it
        (-152_000_000_123_500000, -152_000_000_123),
        (1_000000, 1),
        (1795316625059_999980, 1795316625060),  # as other programs store it for such a file
    ],
)
def test_a_file_has_its_time_in_milliseconds_and_its_size(tmp_path: Path, nanoseconds: int, millis: int) -> None:
    make(tmp_path, "dir/file")
    os.utime(tmp_path / "dir/file", ns=(0, nanoseconds))
    assert walked(tmp_path) == [LocalPath(str(tmp_path / "dir/file"), "dir/file", millis, len("dir/file"))]


@pytest.mark.parametrize(("seconds", "millis"), [(1e12, LATEST_TIME), (-1e12, EARLIEST_TIME)])
def test_a_time_that_cannot_be_stored_is_cut(tmp_path: Path, seconds: float, millis: int) -> None:
    make(tmp_path, "file")
    entry = Mock(spec=os.DirEntry, path=str(tmp_path / "file"), is_symlink=Mock(return_value=False))
    entry.configure_mock(name="file", is_dir=Mock(return_value=False))
    entry.stat.return_value = Mock(st_mtime=seconds, st_size=1, st_mode=stat.S_IFREG)
    with patch("os.scandir") as scandir:
        scandir.return_value.__enter__.return_value = [entry]
        (found,) = walked(tmp_path)
    assert found.mod_time == millis


def test_the_tree_is_walked_as_far_as_a_program_asks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, "a/1", "b/1", "c/1")
    scan = Mock(wraps=os.scandir)
    monkeypatch.setattr(os, "scandir", scan)
    files = Walk(None, DEFAULT_SCAN_MANAGER).files(str(tmp_path))
    assert scan.call_count == 0
    next(files)
    assert [Path(call.args[0]).name for call in scan.call_args_list] == [tmp_path.name, "a"]


def test_an_empty_directory_has_no_files(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert names(tmp_path) == []


def test_a_root_that_is_not_there_or_a_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        walked(tmp_path / "missing")
    make(tmp_path, "file")
    with pytest.raises(NotADirectoryError):
        walked(tmp_path / "file")


# --- names ---


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
def test_names_that_the_service_refuses_are_skipped_with_what_is_below(tmp_path: Path, listener: Listener) -> None:
    make(tmp_path, "back\\slash", "del\x7f", "latin\udcff", "dir\\/file", "fine")
    assert names(tmp_path, listener) == ["fine"]
    assert {(Path(event.path).name, event.detail) for event in listener.events} == {
        ("back\\slash", "file names must not contain '\\'"),
        ("dir\\", "file names must not contain '\\'"),
        ("del\x7f", "file names must not contain DEL"),
        ("latin\udcff", "file name must be valid Unicode, check locale"),
    }
    assert {event.reason.name for event in listener.events} == {"INVALID_NAME"}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows refuses such names")
@pytest.mark.parametrize("character", ["\n", "\t", "\r", "\x01", "\x1f"])
def test_names_with_control_characters_are_skipped_with_what_is_below(
    tmp_path: Path, listener: Listener, character: str
) -> None:
    make(tmp_path, f"a{character}b", f"dir{character}/file", "fine", f"good/{character}")
    assert names(tmp_path, listener) == ["fine"]
    assert {event.reason.name for event in listener.events} == {"INVALID_NAME"}
    code = ord(character)
    assert len(listener.events) == 3
    assert all(f"contains code {code} (hex {code:02x})" in event.detail for event in listener.events)


def test_a_path_is_as_long_as_the_service_takes(tmp_path: Path, listener: Listener) -> None:
    fits, too_long = "/".join(["\u00e9" * 83] * 5 + ["\u00e9" * 82]), "/".join(["\u00e9" * 83] * 6)
    assert [len(path.encode()) for path in (fits, too_long)] == [999, 1001]
    make(tmp_path, fits, too_long)
    assert names(tmp_path, listener) == [fits]
    assert [event.detail for event in listener.events] == ["file name too long (more than 1000 utf-8 bytes)"]


def test_a_name_is_as_long_as_the_service_takes(tmp_path: Path, listener: Listener) -> None:
    fits, too_long = "\u00e9" * 125, "\u00e9" * 126
    make(tmp_path, fits, too_long, "x" * 250, "x" * 251)
    assert names(tmp_path, listener) == ["x" * 250, fits]
    assert sorted(listener.below(tmp_path)) == [("x" * 251, "INVALID_NAME"), (too_long, "INVALID_NAME")]


def test_partial_downloads_are_no_files_yet(tmp_path: Path, listener: Listener) -> None:
    partial = ".name.0123456789abcdef.b2part"
    make(tmp_path, partial, partial + ".json", partial + ".json.new", "my.b2part", ".b2part/file")
    assert names(tmp_path, listener) == [".b2part/file", "my.b2part"]
    assert listener.below(tmp_path) == [
        (partial, "PARTIAL_DOWNLOAD"),
        (partial + ".json", "PARTIAL_DOWNLOAD"),
        (partial + ".json.new", "PARTIAL_DOWNLOAD"),
    ]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files")
def test_what_is_neither_a_file_nor_a_directory_is_skipped_and_told(
    tmp_path: Path, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path, "file")
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "zero").symlink_to("/dev/zero")
    (tmp_path / "to-fifo").symlink_to("fifo")
    monkeypatch.chdir(tmp_path)  # the address of a socket must be short
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("db.sock")
    assert names(tmp_path, listener) == names(tmp_path) == ["file"]
    assert [(Path(event.path).name, event.detail) for event in listener.events] == [
        ("db.sock", "a socket"),
        ("fifo", "a FIFO"),
        ("to-fifo", "a FIFO"),
        ("zero", "a device"),
    ]
    assert {event.reason for event in listener.events} == {SkipReason.SPECIAL_FILE}
    foreign = Mock()
    names(tmp_path, foreign)
    assert foreign.local_access_error.call_count == 4


# --- policies ---


def test_what_policies_leave_out_is_reported_once(tmp_path: Path, listener: Listener) -> None:
    make(tmp_path, "a.txt", "keep.txt", "old", "out/1", "out/2/3", "outer/4", "new")
    os.utime(tmp_path / "old", ns=(0, 999 * 1_000_000))
    policies = ScanPoliciesManager(
        exclude_dir_regexes=["out$"],
        exclude_file_regexes=[r".*\.txt"],
        include_file_regexes=["keep"],
        exclude_modified_before=1000,
    )
    assert names(tmp_path, listener, policies) == ["keep.txt", "new", "outer/4"]
    assert listener.below(tmp_path) == [
        ("a.txt", "EXCLUDED_NAME"),
        ("old", "EXCLUDED_MODIFICATION_TIME"),
        ("out", "EXCLUDED_DIRECTORY"),
    ]


def test_a_pattern_for_directories_leaves_files_of_that_name(tmp_path: Path) -> None:
    make(tmp_path, "a/photos", "photos/1")
    assert names(tmp_path, None, ScanPoliciesManager(exclude_dir_regexes=[".*photos"])) == ["a/photos"]


def test_what_is_left_out_by_name_is_not_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, "a", "dir/b", "kept")
    access = Mock(wraps=os.access)
    monkeypatch.setattr(os, "access", access)
    looked_at: list[str] = []

    class Watching(ScanPoliciesManager):
        def should_exclude_local_path(self, local_path: LocalPath) -> bool:
            looked_at.append(local_path.relative_path)
            return super().should_exclude_local_path(local_path)

    policies = Watching(exclude_dir_regexes=["dir"], exclude_file_regexes=["a"])
    assert names(tmp_path, None, policies) == ["kept"]
    assert looked_at == ["kept"]
    access.assert_called_once_with(str(tmp_path / "kept"), os.R_OK)


# --- ranges of names ---

TREE = ["a", "a-", "a0/b", "b/a/1", "b/a/2", "b/a-", "b/b", "b0", "c/x", "c/y/z", "out/1", "out/2/3", "d\u00e9/1"]


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("tree")
    make(root, *TREE, ".x.0123456789abcdef.b2part", "skipped")
    return root


POINTS = st.sampled_from([*TREE, "b", "b/", "b/a", "b/a/", "b/a0", "out", "out/", "out/1", "out0"]) | st.text("abc/0-")


@given(st.lists(POINTS))
def test_the_parts_of_a_tree_are_the_whole(tree: Path, points: list[str]) -> None:
    policies = ScanPoliciesManager(exclude_dir_regexes=["out"], exclude_file_regexes=["skipped"])
    whole, parts = Listener(), Listener()
    expected = walked(tree, whole, policies)
    assert len(expected) == len(TREE) - 2
    found = [walked(tree, parts, policies, of) for of in ALL_NAMES.divide(*points)]
    assert [*chain.from_iterable(found)] == expected
    assert sorted(parts.below(tree)) == sorted(whole.below(tree)), "each is reported once"


def test_directories_outside_of_the_range_are_not_looked_into(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scan = Mock(wraps=os.scandir)
    monkeypatch.setattr(os, "scandir", scan)
    found = walked(tree, of=NameRange("b/a/2", "c"))
    assert [path.relative_path for path in found] == ["b/a/2", "b/b", "b0"]
    assert [os.path.relpath(call.args[0], tree) for call in scan.call_args_list] == [".", "b", "b/a"]


@needs_links
def test_what_nobody_can_look_into_is_reported_wherever_it_may_have_files(tmp_path: Path) -> None:
    make(tmp_path, "a", "z")
    (tmp_path / "dir").symlink_to("gone")
    reports = []
    for of in ALL_NAMES.divide("dir/m", "dir0"):
        listener = Listener()
        walked(tmp_path, listener, of=of)
        reports.append(listener.below(tmp_path))
    assert reports == [[("dir", "NOT_ACCESSIBLE")], [("dir", "NOT_ACCESSIBLE")], []]


# --- permissions ---


def test_what_cannot_be_read_is_skipped_with_any_reporter(
    guarded_tree: Path, listener: Listener, as_an_ordinary_user: Callable[[], AbstractContextManager[None]]
) -> None:
    make(guarded_tree, "closed/1", "fine", "listed/1", "listed/sub/2", "secret", "ex.secret")
    for name, mode in (("closed", 0), ("listed", 0o644), ("secret", 0), ("ex.secret", 0)):
        (guarded_tree / name).chmod(mode)
    policies = ScanPoliciesManager(exclude_file_regexes=["ex"])
    with as_an_ordinary_user():
        assert names(guarded_tree, None, policies) == ["fine"]
        assert names(guarded_tree, listener, policies) == ["fine"]
    assert listener.below(guarded_tree) == [
        ("closed", "NO_PERMISSION"),
        ("ex.secret", "EXCLUDED_NAME"),
        ("listed/1", "NO_PERMISSION"),
        ("listed/sub", "NO_PERMISSION"),
        ("secret", "NO_PERMISSION"),
    ]


def test_a_link_that_cannot_be_followed_is_reported_unless_it_is_left_out(
    guarded_tree: Path, listener: Listener, as_an_ordinary_user: Callable[[], AbstractContextManager[None]]
) -> None:
    make(guarded_tree, "closed/1", "tree/fine")
    for link in ("link", "ex"):
        (guarded_tree / "tree" / link).symlink_to("../closed/sub")
    (guarded_tree / "closed").chmod(0)
    with as_an_ordinary_user():
        found = names(guarded_tree / "tree", listener, ScanPoliciesManager(exclude_dir_regexes=["ex"]))
    assert found == ["fine"]
    assert listener.below(guarded_tree / "tree") == [("ex", "EXCLUDED_DIRECTORY"), ("link", "NO_PERMISSION")]


def test_a_root_that_cannot_be_listed_is_reported(
    guarded_tree: Path, listener: Listener, as_an_ordinary_user: Callable[[], AbstractContextManager[None]]
) -> None:
    make(guarded_tree, "closed/1")
    (guarded_tree / "closed").chmod(0)
    with as_an_ordinary_user():
        assert names(guarded_tree / "closed", listener) == []
    assert listener.below(guarded_tree) == [("closed", "NO_PERMISSION")]


def test_a_directory_that_is_gone_by_now_is_reported(
    tmp_path: Path, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path, "a", "dir/file", "z")
    files = Walk(listener, DEFAULT_SCAN_MANAGER).files(str(tmp_path))
    assert next(files).relative_path == "a"
    (tmp_path / "dir/file").unlink()
    (tmp_path / "dir").rmdir()
    assert [path.relative_path for path in files] == ["z"]
    assert listener.below(tmp_path) == [("dir", "NOT_ACCESSIBLE")]


def test_a_file_that_is_gone_by_now_is_reported(tmp_path: Path, listener: Listener) -> None:
    make(tmp_path, "a", "b", "c")
    files = Walk(listener, DEFAULT_SCAN_MANAGER).files(str(tmp_path))
    assert next(files).relative_path == "a"
    (tmp_path / "b").unlink()
    assert [path.relative_path for path in files] == ["c"]
    assert listener.below(tmp_path) == [("b", "NOT_ACCESSIBLE")]


# --- links ---


@needs_links
@pytest.mark.parametrize("reports", [True, False])
def test_broken_and_looping_links_are_skipped(tmp_path: Path, listener: Listener, reports: bool) -> None:
    (tmp_path / "broken").symlink_to("nothing")
    (tmp_path / "loop").symlink_to("loop")
    make(tmp_path, "fine")
    assert names(tmp_path, listener if reports else None) == ["fine"]
    expected = [("broken", "NOT_ACCESSIBLE"), ("loop", "NOT_ACCESSIBLE")]
    assert listener.below(tmp_path) == (expected if reports else [])


@needs_links
def test_links_are_followed_and_what_they_lead_to_is_listed_as_often(tmp_path: Path, listener: Listener) -> None:
    make(tmp_path, "dir/f", "other/deep/g")
    (tmp_path / "dir/file link").symlink_to("f")
    (tmp_path / "l1").symlink_to("dir")
    (tmp_path / "l2").symlink_to("dir")
    (tmp_path / "l3").symlink_to("other")
    (tmp_path / "other/l4").symlink_to("../dir")
    assert names(tmp_path, listener) == [
        "dir/f", "dir/file link", "l1/f", "l1/file link", "l2/f", "l2/file link",
        "l3/deep/g", "l3/l4/f", "l3/l4/file link", "other/deep/g", "other/l4/f", "other/l4/file link",
    ]  # fmt: skip
    assert listener.events == []


@needs_links
def test_a_link_is_not_followed_to_where_a_link_on_its_path_leads(tmp_path: Path, listener: Listener) -> None:
    make(tmp_path, "dir/f")
    (tmp_path / "dir/up").symlink_to("..")
    assert names(tmp_path, listener) == ["dir/f", "dir/up/dir/f"]
    assert listener.below(tmp_path) == [("dir/up/dir/up", "CIRCULAR_SYMLINK")]


@needs_links
def test_links_that_lead_to_each_other_end(tmp_path: Path, listener: Listener) -> None:
    make(tmp_path, "a/f", "b/g")
    (tmp_path / "a/to b").symlink_to("../b")
    (tmp_path / "b/to a").symlink_to("../a")
    assert names(tmp_path, listener) == ["a/f", "a/to b/g", "a/to b/to a/f", "b/g", "b/to a/f", "b/to a/to b/g"]
    assert listener.below(tmp_path) == [
        ("a/to b/to a/to b", "CIRCULAR_SYMLINK"),
        ("b/to a/to b/to a", "CIRCULAR_SYMLINK"),
    ]


@needs_links
def test_a_root_that_is_a_link_counts_as_one(tmp_path: Path, listener: Listener) -> None:
    make(tmp_path, "dir/f")
    (tmp_path / "dir/self").symlink_to(".")
    (tmp_path / "root").symlink_to("dir")
    assert names(tmp_path / "root", listener) == ["f"]
    assert listener.below(tmp_path / "root") == [("self", "CIRCULAR_SYMLINK")]


@needs_links
def test_all_links_can_be_left_out_and_are_not_looked_at(
    tmp_path: Path, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path, "dir/f")
    for name, target in (("broken", "nothing"), ("to dir", "dir"), ("to file", "dir/f"), ("self", ".")):
        (tmp_path / name).symlink_to(target)
    assert names(tmp_path, listener, ScanPoliciesManager(exclude_all_symlinks=True)) == ["dir/f"]
    assert sorted(listener.below(tmp_path)) == [
        ("broken", "SYMLINK"), ("self", "SYMLINK"), ("to dir", "SYMLINK"), ("to file", "SYMLINK"),
    ]  # fmt: skip


@needs_links
def test_a_link_is_listed_in_the_place_of_what_it_leads_to(tmp_path: Path) -> None:
    make(tmp_path, "elsewhere/1", "tree/a-", "tree/a0")
    (tmp_path / "tree/a").symlink_to("../elsewhere")
    assert names(tmp_path / "tree") == ["a-", "a/1", "a0"]


# --- reporters of another kind ---


@needs_links
def test_the_methods_of_a_reporter_are_called_with_whole_paths(tmp_path: Path) -> None:
    make(tmp_path, "dir/f", "x" * 251)
    (tmp_path / "broken").symlink_to("nothing")
    (tmp_path / "dir/self").symlink_to(".")
    reporter = Mock()
    names(tmp_path, reporter)
    reporter.local_access_error.assert_called_once_with(str(tmp_path / "broken"))
    reporter.circular_symlink_skipped.assert_called_once_with(str(tmp_path / "dir/self/self"))
    reporter.invalid_name.assert_called_once_with(
        str(tmp_path / ("x" * 251)), "file names segments (between '/') can be at most 250 utf-8 bytes"
    )
    assert len(reporter.method_calls) == 3
