from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import NoReturn
from unittest import mock

import pytest
from hypothesis import given, strategies as st

from b2sdk.exception import (
    B2Error,
    DestinationDirectoryDoesntAllowOperation,
    DestinationDirectoryDoesntExist,
    DestinationIsADirectory,
    DestinationParentIsNotADirectory,
)
from b2sdk.protocol_constants import EARLIEST_TIME, LATEST_TIME
from b2sdk.transfer import local_file
from b2sdk.transfer.local_file import MtimeUpdatedFile, is_special_file, set_file_mtime

MOD_TIME = 1_234_567_890_123


def refuse(*_arguments: object, **_keywords: object) -> NoReturn:
    raise PermissionError(errno.EACCES, "Permission denied")


def mtime_millis(path: Path) -> int:
    """Read the time like programs do that know no nanoseconds."""
    return int(path.stat().st_mtime * 1000)


# --- times ---


@given(millis=st.integers((-(2**31) + 2) * 1000, (2**31 - 1) * 1000) | st.integers(-1000, 1000))
def test_the_milliseconds_come_back_through_a_float(tmp_path_factory: pytest.TempPathFactory, millis: int) -> None:
    path = tmp_path_factory.getbasetemp() / "file"
    path.touch()
    set_file_mtime(path, millis)
    assert mtime_millis(path) == millis


@given(millis=st.integers(EARLIEST_TIME, LATEST_TIME) | st.sampled_from([EARLIEST_TIME, -1, 0, 1, LATEST_TIME]))
def test_so_does_any_that_can_be_stored_if_the_file_system_can_have_it(millis: int) -> None:
    with mock.patch("os.utime") as utime:
        set_file_mtime("file", millis)
    seconds, nanoseconds = divmod(utime.call_args.kwargs["ns"][1], 10**9)
    assert int((seconds + nanoseconds * 1e-9) * 1000) == millis, "what os.stat makes of it"


@pytest.mark.parametrize("refusal", [OverflowError(), OSError(errno.EINVAL, "Invalid argument")])
@pytest.mark.parametrize(("millis", "nearest"), [(EARLIEST_TIME, 0), (LATEST_TIME, 2**31 * 1000 - 1000)])
def test_a_time_that_the_system_cannot_have_is_cut(millis: int, nearest: int, refusal: Exception) -> None:
    with mock.patch("os.utime", side_effect=[refusal, None]) as utime:
        set_file_mtime("file", millis)
    assert utime.call_args.kwargs["ns"][1] // 1_000_000 == nearest


def test_a_file_gets_a_time_that_no_system_can_have(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for millis in (10**30, -(10**30)):
        set_file_mtime(tmp_path / "file", millis)
        assert mtime_millis(tmp_path / "file") == (0 if millis < 0 else 2**31 * 1000 - 1000)


def test_a_time_before_1970_is_a_little_earlier(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    set_file_mtime(tmp_path / "file", -1000)
    assert (tmp_path / "file").stat().st_mtime_ns == -1_000_500_000


def test_half_a_millisecond_is_added_to_both_times(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    set_file_mtime(str(tmp_path / "file"), MOD_TIME)
    status = (tmp_path / "file").stat()
    assert (status.st_mtime_ns, status.st_atime_ns) == (1_234_567_890_123_500_000, 1_234_567_890_123_500_000)


def test_a_file_whose_time_cannot_be_set_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        set_file_mtime(tmp_path / "missing", MOD_TIME)


@pytest.mark.parametrize("path", ["/dev/null", "/dev/stdout", Path("/dev/fd/1")])
def test_a_device_has_no_time_to_set(path: str | Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "utime", refuse)
    set_file_mtime(path, MOD_TIME)  # raises otherwise
    assert is_special_file(path)


@pytest.mark.parametrize("path", ["/devices", "dev/null", "/home/dev/x", Path("file")])
def test_other_paths_are_no_devices(path: str | Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "utime", refuse)
    assert not is_special_file(path)
    with pytest.raises(PermissionError):
        set_file_mtime(path, MOD_TIME)


# --- the file ---


@pytest.mark.parametrize("as_path", [str, Path])
def test_a_file_is_written_and_read_and_gets_its_time(as_path: type[str | Path], tmp_path: Path) -> None:
    path = tmp_path / "file"
    with MtimeUpdatedFile(as_path(path), MOD_TIME) as file:
        assert (file.write(b"hello"), file.tell(), file.seekable()) == (5, 5, True)
        assert (file.seek(1), file.read(2), file.read()) == (1, b"el", b"lo")
    assert (path.read_bytes(), mtime_millis(path)) == (b"hello", MOD_TIME)
    assert file.file is not None
    assert file.file.closed


def test_after_an_error_the_beginning_stays_with_its_time(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with pytest.raises(RuntimeError, match="broken"), MtimeUpdatedFile(path, MOD_TIME) as file:
        _write_and_break(file)
    assert (path.read_bytes(), mtime_millis(path)) == (b"hel", MOD_TIME)


def _write_and_break(file: MtimeUpdatedFile) -> NoReturn:
    file.write(b"hel")
    raise RuntimeError("broken")


def test_before_the_context_is_entered_there_is_nothing_to_read_or_write(tmp_path: Path) -> None:
    file = MtimeUpdatedFile(tmp_path / "file", MOD_TIME)
    with pytest.raises(NotImplementedError):
        file.write(b"x")
    with pytest.raises(NotImplementedError):
        file.read()
    with pytest.raises(ValueError, match="the file is not open"):
        file.tell()
    assert not (tmp_path / "file").exists()


def test_the_path_may_be_changed_until_then(tmp_path: Path) -> None:
    file = MtimeUpdatedFile(tmp_path / "old", MOD_TIME)
    file.path_ = str(tmp_path / "new")
    assert (file.path, file.path_, str(file)) == (tmp_path / "new", str(tmp_path / "new"), str(tmp_path / "new"))
    with file:
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["new"]


def test_mode_and_buffering_are_those_of_open(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"hello")
    with MtimeUpdatedFile(tmp_path / "file", MOD_TIME, mode="rb+", buffering=0) as file:
        file.write(b"J")
        assert (tmp_path / "file").read_bytes() == b"Jello"
        assert file.buffering == 0
    assert MtimeUpdatedFile("file", MOD_TIME).buffering == -1


# --- where it cannot be ---


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("missing/file", DestinationDirectoryDoesntExist),
        ("a file/file", DestinationParentIsNotADirectory),
        ("a directory", DestinationIsADirectory),
    ],
)
def test_a_file_cannot_be_just_anywhere(path: str, expected: type[B2Error], tmp_path: Path) -> None:
    (tmp_path / "a file").touch()
    (tmp_path / "a directory").mkdir()
    with pytest.raises(expected) as raised, MtimeUpdatedFile(tmp_path / path, MOD_TIME):
        pass
    assert type(raised.value) is expected


@pytest.mark.parametrize("path", ["closed/file", "closed/missing/file"])
def test_a_directory_may_not_allow_to_be_looked_at(as_user: Path, path: str) -> None:
    (as_user / "closed").mkdir()
    (as_user / "closed").chmod(0)
    with pytest.raises(DestinationDirectoryDoesntAllowOperation) as raised, MtimeUpdatedFile(as_user / path, MOD_TIME):
        pass
    assert isinstance(raised.value.__cause__, PermissionError)


def test_a_directory_may_not_allow_a_file_to_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_file, "open", refuse, raising=False)
    with pytest.raises(DestinationDirectoryDoesntAllowOperation), MtimeUpdatedFile(tmp_path / "file", MOD_TIME):
        pass
    assert list(tmp_path.iterdir()) == []
