from __future__ import annotations

from pathlib import Path

import pytest

from b2sdk.exception import DestinationDirectoryDoesntAllowOperation
from b2sdk.transfer.destination import PartialFile, is_partial_download, replaced_when_whole


@pytest.mark.parametrize("name", ["file", "x" * 250, ".hidden", "new\nline", "\u00e9", "\U0001f600" * 63])
def test_partial_downloads_and_their_notes_are_known_by_their_names(tmp_path: Path, name: str) -> None:
    partial = PartialFile.beside(tmp_path / name, "a file id")
    assert is_partial_download(partial.path.name)
    assert is_partial_download(partial.note.name)
    assert not is_partial_download(name)
    partial.keep(0, "a digest")
    partial.path.touch()  # a file of that name can be made
    with replaced_when_whole(tmp_path / "file") as beside:
        assert is_partial_download(beside.name)


def test_long_names_that_begin_alike_have_partial_downloads_of_their_own(tmp_path: Path) -> None:
    first, second = (PartialFile.beside(tmp_path / ("x" * 240 + end), "a file id") for end in "12")
    assert first != second


def test_a_note_that_is_being_written_is_known_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    monkeypatch.setattr(Path, "replace", lambda path, _target: written.append(path.name))
    PartialFile.beside(tmp_path / "file", "a file id").keep(1, "a digest")
    (name,) = written
    assert is_partial_download(name)


@pytest.mark.parametrize(
    "name",
    ["file.b2part", ".b2part", ".file.b2part", ".file.0123456789abcdef.b2part.txt", "file.0123456789abcdef.b2part"],
)
def test_names_of_other_files_are_not_taken_for_those(name: str) -> None:
    assert not is_partial_download(name)


@pytest.mark.parametrize("name", ["file.b2.sync.tmp", ".b2.sync.tmp"])
def test_what_a_killed_sync_of_b2sdk_left_is_a_partial_download_too(name: str) -> None:
    assert is_partial_download(name)


def test_a_file_that_may_not_be_written_is_not_replaced(as_user: Path) -> None:
    path = as_user / "file"
    path.write_bytes(b"old")
    path.chmod(0o444)
    refused = pytest.raises(DestinationDirectoryDoesntAllowOperation, match="not allowed to write to")
    with refused, replaced_when_whole(path):
        pytest.fail("it is known before anything is fetched")
    assert [entry.name for entry in as_user.iterdir()] == ["file"]


def test_what_forbids_to_replace_a_file_is_told_as_what_forbids_to_make_one(
    as_user: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = as_user / "file"
    path.write_bytes(b"old")

    def refuse(*_: object) -> None:
        raise PermissionError  # as Windows does while somebody has the file open

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(DestinationDirectoryDoesntAllowOperation), replaced_when_whole(path) as beside:
        beside.write_bytes(b"new")
    assert [(entry.name, entry.read_bytes()) for entry in as_user.iterdir()] == [("file", b"old")]
