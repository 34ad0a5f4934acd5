from __future__ import annotations

from pathlib import Path

import pytest

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
