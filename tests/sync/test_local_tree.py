from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import pytest
from tests.sync.conftest import Folder, local

from b2sdk.exception import NotADirectory, UnableToCreateDirectory, UnsupportedFilename
from b2sdk.scan.local_folder import LocalFolder
from b2sdk.sync.local_tree import MissingFolder, check_inside, make_directory, remove_partial_downloads, root_of
from b2sdk.transfer.partial_file import PartialFile


@pytest.fixture
def root(tmp_path: Path) -> Path:
    made = tmp_path / "root"
    made.mkdir()
    return made


def test_a_root_is_a_path_or_not_known(root: Path) -> None:
    assert root_of(LocalFolder(root)) == str(root)
    assert root_of(Folder("local")) is None
    assert root_of(mock.MagicMock()) is None


@pytest.mark.parametrize("name", [".", "a", "a/b", "inside/c", "inside/../a"])
def test_directories_inside_are_made(root: Path, name: str) -> None:
    (root / "d").mkdir()
    (root / "inside").symlink_to(root / "d")
    make_directory(str(root), root / name)
    assert (root / name).is_dir()


@pytest.mark.parametrize("name", ["link", "link/new", "deep/link", "deep/link/new/er", "deep/../../root2"])
def test_nothing_is_made_through_a_link_that_leads_out(root: Path, tmp_path: Path, name: str) -> None:
    outside = tmp_path / "root2"  # begins like the root
    outside.mkdir()
    (root / "deep").mkdir()
    for link in (root / "link", root / "deep" / "link"):
        link.symlink_to(outside)
    with pytest.raises(UnsupportedFilename, match="a symbolic link leads out of the target"):
        make_directory(str(root), root / name)
    assert list(outside.iterdir()) == []
    make_directory(None, root / name)
    assert (root / name).is_dir(), "without a root it is made where the links lead"


def test_the_root_may_be_reached_by_a_link(root: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(root)
    make_directory(str(tmp_path / "link"), tmp_path / "link" / "a")
    check_inside(str(root), tmp_path / "link" / "a")
    assert (root / "a").is_dir()


@pytest.mark.parametrize("look", [check_inside, make_directory])
def test_each_directory_on_the_way_is_looked_at_once(look: Callable[[str, Path], None], root: Path) -> None:
    (root / "a" / "b").mkdir(parents=True)
    with (
        mock.patch("os.lstat", side_effect=os.lstat) as looks,
        mock.patch("os.stat", side_effect=os.stat) as followed,
        mock.patch("os.path.realpath") as realpath,
    ):
        look(str(root), root / "a" / "b")
    assert [call.args for call in looks.call_args_list] == [(str(root / "a"),), (str(root / "a" / "b"),)]
    assert not followed.called
    assert not realpath.called


def test_a_file_in_the_way_is_reported(root: Path) -> None:
    (root / "file").write_bytes(b"")
    for name in ("file", "file/below", "file/below/that"):
        with pytest.raises(NotADirectory) as raised:
            make_directory(str(root), root / name)
        assert str(raised.value) == f"Not a directory: {root / name}"


def test_a_directory_that_cannot_be_made_is_reported(root: Path) -> None:
    with (
        mock.patch.object(Path, "mkdir", side_effect=PermissionError),
        pytest.raises(UnableToCreateDirectory, match="Unable to create directory"),
    ):
        make_directory(str(root), root / "new")


def test_partial_downloads_are_removed_and_nothing_else(root: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    for directory in (root, root / "deep" / "er", outside):
        directory.mkdir(parents=True, exist_ok=True)
        partial = PartialFile.beside(directory / "file", "id")
        partial.path.write_bytes(b"half")
        partial.write_checkpoint(4, "0" * 40)
        (directory / "file.b2part").write_bytes(b"a file of the user's")
        (directory / ".hidden").write_bytes(b"")
    (root / "link").symlink_to(outside)
    remove_partial_downloads(str(root))
    remove_partial_downloads(None)
    assert sorted(path.name for path in root.iterdir()) == [".hidden", "deep", "file.b2part", "link"]
    assert sorted(path.name for path in (root / "deep" / "er").iterdir()) == [".hidden", "file.b2part"]
    assert len(list(outside.iterdir())) == 4, "links are not followed"


def test_a_folder_that_is_missing_is_empty(root: Path) -> None:
    there, missing = LocalFolder(root), LocalFolder(root / "missing")
    assert MissingFolder.in_place_of(there) is there
    unknown = Folder("local", [local("a")])
    assert MissingFolder.in_place_of(unknown) is unknown
    empty = MissingFolder.in_place_of(missing)
    assert list(empty.all_files(None)) == []
    assert empty.folder_type() == "local"
    assert empty.make_full_path("a/b") == str(root / "missing" / "a" / "b")
    assert root_of(empty) == str(root / "missing")
