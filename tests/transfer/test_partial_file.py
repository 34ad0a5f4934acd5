from __future__ import annotations

import errno
import fcntl
import hashlib
import multiprocessing
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from b2sdk.exception import DestinationDirectoryDoesntExist
from b2sdk.transfer import partial_file
from b2sdk.transfer.partial_file import Claim, PartialFile, claim, is_partial_download, remove_unless_claimed

needs_locks = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no flock")


def left(path: Path, version: str = "", content: bytes = b"half", number: int = 0) -> PartialFile:
    """Leave what a killed download does."""
    partial = PartialFile.beside(path, version, number)
    partial.path.write_bytes(content)
    if version:
        partial.write_checkpoint(len(content), hashlib.sha1(content).hexdigest())
    return partial


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# --- names ---


@pytest.mark.parametrize("name", ["file", "x" * 250, ".hidden", "new\nline", "\u00e9", "\U0001f600" * 63])
def test_partial_downloads_and_their_notes_are_known_by_their_names(tmp_path: Path, name: str) -> None:
    partial = PartialFile.beside(tmp_path / name, "a version")
    assert is_partial_download(partial.path.name)
    assert is_partial_download(partial.checkpoint.name)
    assert not is_partial_download(name)
    partial.write_checkpoint(0, "a digest")
    partial.path.touch()  # a file of that name can be made


def test_long_names_that_begin_alike_have_partial_downloads_of_their_own(tmp_path: Path) -> None:
    first, second = (PartialFile.beside(tmp_path / ("x" * 240 + end), "a version") for end in "12")
    assert first.path != second.path


def test_a_note_that_is_being_written_is_known_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    monkeypatch.setattr(Path, "replace", lambda path, _target: written.append(path.name))
    PartialFile.beside(tmp_path / "file", "a version").write_checkpoint(1, "a digest")
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


# --- what was left ---


@needs_locks
def test_what_is_left_of_the_same_version_is_taken_over(tmp_path: Path) -> None:
    left(tmp_path / "file", "a version")
    claimed = claim(tmp_path / "file", "a version")
    with claimed.file:
        assert (claimed.partial.size, claimed.is_found_again) == (4, True)
        kept, digest = claimed.partial.resume(claimed.file)
        assert (kept, digest.hexdigest()) == (4, hashlib.sha1(b"half").hexdigest())


@needs_locks
@pytest.mark.parametrize(
    ("left_of", "wanted"), [("a version", "another"), ("a version", ""), ("", ""), ("", "another")]
)
def test_what_is_left_of_others_is_removed_with_its_notes(tmp_path: Path, left_of: str, wanted: str) -> None:
    partial = left(tmp_path / "file", left_of)
    partial.path.with_name(partial.path.name + ".json.new").write_text("{")
    claimed = claim(tmp_path / "file", wanted)
    with claimed.file:
        assert (claimed.partial.path, claimed.partial.size) == (partial.path, 0)
        assert names(tmp_path) == [partial.path.name]


@needs_locks
def test_a_download_that_is_under_way_is_left_alone(tmp_path: Path) -> None:
    claims: list[Claim] = [claim(tmp_path / "file", version) for version in ("1", "1", "", "2")]
    assert [claimed.is_found_again for claimed in claims] == [True, False, False, False]
    assert len({claimed.partial.path for claimed in claims}) == 4
    remove_unless_claimed(claims[0].partial.path)
    assert len(names(tmp_path)) == 4
    for claimed in claims:
        claimed.file.close()
    with claim(tmp_path / "file").file:
        assert names(tmp_path) == [claims[0].partial.path.name], "none of them was finished"


@needs_locks
def test_of_downloads_under_way_only_the_dead_are_removed(tmp_path: Path) -> None:
    claims = [claim(tmp_path / "file") for _ in range(4)]
    for number in (0, 2):
        claims[number].file.close()
    with claim(tmp_path / "file").file:
        assert names(tmp_path) == [claims[number].partial.path.name for number in (0, 1, 3)]
    for number in (1, 3):
        claims[number].file.close()


@needs_locks
def test_other_targets_are_other_files(tmp_path: Path) -> None:
    theirs = left(tmp_path / "file2", "a version")
    with claim(tmp_path / "file").file:
        assert theirs.path.exists()
        assert theirs.checkpoint.exists()


def _hold(path: str, told: Any, until: Any) -> None:
    with claim(Path(path), "a version").file:
        told.set()
        until.wait()


@needs_locks
def test_a_lock_ends_with_its_process(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    told, until = context.Event(), context.Event()
    child = context.Process(target=_hold, args=(str(tmp_path / "file"), told, until))
    child.start()
    assert told.wait(60)
    with claim(tmp_path / "file").file:
        assert len(names(tmp_path)) == 2
    child.kill()
    child.join()
    with claim(tmp_path / "file").file:
        assert len(names(tmp_path)) == 1


# --- what another user has put there ---


def _link(path: Path, victim: Path) -> None:
    path.symlink_to(victim)


def _second_name(path: Path, victim: Path) -> None:
    path.hardlink_to(victim)


def _directory(path: Path, _victim: Path) -> None:
    path.mkdir()


def _fifo(path: Path, _victim: Path) -> None:
    os.mkfifo(path)


@needs_locks
@pytest.mark.parametrize("put", [_link, _second_name, _directory, _fifo])
@pytest.mark.parametrize("version", ["", "a version"])
def test_nothing_is_written_to_what_is_not_ours(
    tmp_path: Path, put: Callable[[Path, Path], None], version: str
) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"half")
    partial = PartialFile.beside(tmp_path / "file", version)
    put(partial.path, victim)
    partial.write_checkpoint(4, hashlib.sha1(b"half").hexdigest())
    claimed = claim(tmp_path / "file", version)
    with claimed.file as file:
        file.write(b"overwritten")
    assert victim.read_bytes() == b"half"
    assert claimed.partial.size == 0


@needs_locks
def test_a_file_of_another_user_is_not_written_to(tmp_path: Path) -> None:
    partial = left(tmp_path / "file", "a version")
    before = partial.path.stat().st_ino
    with (
        mock.patch("os.geteuid", return_value=12345),
        partial.path.open("rb"),
        claim(tmp_path / "file", "a version").file,
    ):
        assert partial.path.stat().st_ino != before
        assert partial.path.stat().st_size == 0


@needs_locks
def test_what_may_not_be_removed_is_passed_by(tmp_path: Path) -> None:
    theirs = left(tmp_path / "file")
    with mock.patch.object(Path, "unlink", side_effect=PermissionError):
        claimed = claim(tmp_path / "file")
    claimed.file.close()
    assert claimed.partial.path == PartialFile.beside(tmp_path / "file", number=1).path
    assert theirs.path.read_bytes() == b"half"


@needs_locks
def test_what_may_not_be_opened_is_passed_by(as_user: Path) -> None:
    theirs = left(as_user / "file")
    theirs.path.chmod(0)
    with claim(as_user / "file", "a version").file:
        assert len(names(as_user)) == 2


# --- races, and systems without locks ---


@needs_locks
def test_who_gets_the_lock_of_a_file_that_is_in_its_place_by_now_starts_over(tmp_path: Path) -> None:
    real, partial = fcntl.flock, PartialFile.beside(tmp_path / "file")

    def late(file: Any, how: int) -> None:
        if partial.path.exists() and not (tmp_path / "file").exists():
            partial.path.rename(tmp_path / "file")  # by who took it for a leftover, and was faster
        real(file, how)

    with mock.patch("fcntl.flock", late):
        claimed = claim(tmp_path / "file")
    with claimed.file as file:
        file.write(b"new")
    assert (tmp_path / "file").read_bytes() == b""
    assert partial.path.read_bytes() == b"new"


@needs_locks
def test_a_leftover_that_vanishes_is_no_error(tmp_path: Path) -> None:
    partial = left(tmp_path / "file")
    real, vanishing = os.open, [partial.path]

    def open_(path: Any, flags: int, *args: Any) -> int:
        if not flags & os.O_CREAT and vanishing:
            vanishing.pop().unlink()
        return real(path, flags, *args)

    with mock.patch("os.open", open_), claim(tmp_path / "file").file:
        assert names(tmp_path) == [partial.path.name]
    assert not vanishing


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS])
def test_without_locks_only_those_share_a_file_that_write_the_same(tmp_path: Path, number: int) -> None:
    versions = ["1", "1", "2", "", ""]
    with mock.patch("fcntl.flock", side_effect=OSError(number, os.strerror(number))):
        claims = [claim(tmp_path / "file", version) for version in versions]
        paths = [claimed.partial.path for claimed in claims]
        assert paths[0] == paths[1]
        assert len(set(paths)) == 4
        assert names(tmp_path) == sorted({path.name for path in paths})
        assert all(is_partial_download(path.name) for path in paths)
        assert [claimed.is_found_again for claimed in claims] == [True, True, True, False, False]
        for claimed in claims:
            claimed.file.close()
        for path in set(paths):
            remove_unless_claimed(path)
    assert names(tmp_path) == []


@needs_locks
def test_however_many_come_each_gets_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partial_file, "_MOST_AT_A_TIME", 2)
    claims = [claim(tmp_path / "file", "a version") for _ in range(4)]
    assert len({claimed.partial.path for claimed in claims}) == 4
    assert [claimed.is_found_again for claimed in claims] == [True, False, False, False]
    for claimed in claims:
        claimed.file.close()


def test_where_none_can_be_made_it_is_reported(tmp_path: Path) -> None:
    with pytest.raises(DestinationDirectoryDoesntExist):
        claim(tmp_path / "missing" / "file")


# --- removing ---


@needs_locks
def test_notes_go_with_their_file(tmp_path: Path) -> None:
    partial = left(tmp_path / "file", "a version")
    remove_unless_claimed(partial.checkpoint)
    assert partial.checkpoint.exists()
    remove_unless_claimed(partial.path)
    assert names(tmp_path) == []
    partial.write_checkpoint(4, "")
    remove_unless_claimed(partial.checkpoint)
    assert names(tmp_path) == [], "one whose file is missing, too"
    (tmp_path / "file.b2.sync.tmp").touch()
    remove_unless_claimed(tmp_path / "file.b2.sync.tmp")
    assert names(tmp_path) == []
