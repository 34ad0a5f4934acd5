from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.scan.conftest import Listener

from b2sdk.exception import EmptyDirectory, NotADirectory, UnableToCreateDirectory, UnsupportedFilename
from b2sdk.scan.events import SkipReason
from b2sdk.scan.local_folder import LocalFolder
from b2sdk.scan.policies import ScanPoliciesManager


def test_the_root_is_an_absolute_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert LocalFolder("a/../b").root == LocalFolder(Path("b")).root == str(tmp_path / "b")
    assert LocalFolder(".").root == LocalFolder(Path()).root == str(tmp_path)
    assert repr(LocalFolder("b")) == f"LocalFolder({tmp_path / 'b'})"
    assert LocalFolder("b").folder_type() == "local"


@pytest.mark.parametrize("root", [5, b"x", None])
def test_the_root_is_a_text_or_a_path(root: Any) -> None:
    with pytest.raises(ValueError, match="folder path should be str or pathlib"):
        LocalFolder(root)


def test_nothing_is_not_the_current_directory() -> None:
    with pytest.raises(ValueError, match="folder path is empty"):
        LocalFolder("")


def test_all_files_are_those_of_a_walk(tmp_path: Path, listener: Listener) -> None:
    for name in ("b", "a", "c.txt"):
        (tmp_path / name).touch()
    policies = ScanPoliciesManager(exclude_file_regexes=[r".*\.txt"])
    found = LocalFolder(tmp_path).all_files(listener, policies)
    assert [path.relative_path for path in found] == ["a", "b"]
    assert [(event.path, event.reason) for event in listener.events] == [
        (str(tmp_path / "c.txt"), SkipReason.EXCLUDED_NAME)
    ]
    assert [path.relative_path for path in LocalFolder(str(tmp_path)).all_files(None)] == ["a", "b", "c.txt"]


# --- where files are ---


@pytest.mark.parametrize("root", ["/x/dir", "dir", ".", "/"])
@pytest.mark.parametrize(
    ("name", "below"),
    [("a/b", "a/b"), ("a/../b", "b"), ("a//b", "a/b"), ("a/", "a"), ("", ""), ("...", "..."), ("a..b", "a..b")],
)
def test_a_file_is_below_the_root_which_need_not_exist(root: str, name: str, below: str) -> None:
    assert LocalFolder(root).make_full_path(name) == str(Path(root).absolute() / below)


@pytest.mark.parametrize("root", ["/x/dir", "dir", "."])
@pytest.mark.parametrize("name", ["../a", "..", "a/../../b", "/", "/etc/passwd", "//x"])
def test_a_path_never_leaves_the_root(root: str, name: str) -> None:
    with pytest.raises(UnsupportedFilename, match="illegal file name: "):
        LocalFolder(root).make_full_path(name)


def test_an_absolute_path_must_be_below_the_root() -> None:
    folder = LocalFolder("/x/dir")
    assert folder.make_full_path("/x/dir/a") == "/x/dir/a"
    assert folder.make_full_path("/x/dir") == "/x/dir"
    with pytest.raises(UnsupportedFilename) as caught:
        folder.make_full_path("/x/dirmore")
    assert str(caught.value) == "illegal file name: /x/dirmore"


def test_a_name_that_the_system_does_not_take_is_refused() -> None:
    with pytest.raises(UnsupportedFilename, match="a name on this system cannot contain NUL: "):
        LocalFolder("/x").make_full_path("a\0b")


# --- whether it is there ---


def test_a_folder_is_made_if_its_parent_is_there(tmp_path: Path) -> None:
    folder = LocalFolder(tmp_path / "new")
    folder.ensure_present()
    folder.ensure_present()
    assert (tmp_path / "new").is_dir()


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UnableToCreateDirectory) as caught:
        LocalFolder(tmp_path / "missing" / "new").ensure_present()
    assert str(caught.value) == f"Unable to create directory: {tmp_path}/missing/new"
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "broken").symlink_to("nothing")
    with pytest.raises(UnableToCreateDirectory):
        LocalFolder(tmp_path / "broken").ensure_present()


def test_a_folder_that_another_program_makes_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mkdir = os.mkdir

    def overtaken(path: str) -> None:
        mkdir(path)
        mkdir(path)

    monkeypatch.setattr(os, "mkdir", overtaken)
    LocalFolder(tmp_path / "new").ensure_present()
    assert (tmp_path / "new").is_dir()


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for ensure in (LocalFolder(tmp_path / "file").ensure_present, LocalFolder(tmp_path / "file").ensure_non_empty):
        with pytest.raises(NotADirectory) as caught:
            ensure()
        assert str(caught.value) == f"Not a directory: {tmp_path / 'file'}"


@pytest.mark.parametrize(
    ("name", "problem"),
    [("", "Empty directory"), ("missing", "Directory not found"), ("missing/too", "Directory not found")],
)
def test_an_empty_folder_is_an_error_and_a_missing_one_is_not_made(tmp_path: Path, name: str, problem: str) -> None:
    folder = LocalFolder(tmp_path / name)
    with pytest.raises(EmptyDirectory) as caught:
        folder.ensure_non_empty()
    assert str(caught.value) == f"{problem}: {folder.root}"
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_something_in_it_is_not_empty(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    LocalFolder(tmp_path).ensure_non_empty()


pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the paths in these tests are those of POSIX")
