from __future__ import annotations

import contextlib
import errno
import os
import re
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NoReturn
from unittest import mock

import pytest

from b2sdk.exception import DestinationDirectoryDoesntAllowOperation, DestinationError
from b2sdk.transfer.destination import atomic_replacement, resumable_download
from b2sdk.transfer.local_file import MtimeUpdatedFile

both_ways = pytest.mark.parametrize("way", ["whole", "continued"])
needs_modes = pytest.mark.skipif(sys.platform == "win32", reason="files on Windows have other rights")


def test_a_file_that_may_not_be_written_is_not_replaced(as_user: Path) -> None:
    path = as_user / "file"
    path.write_bytes(b"old")
    path.chmod(0o444)
    refused = pytest.raises(DestinationDirectoryDoesntAllowOperation, match="not allowed to write to")
    with refused, atomic_replacement(path):
        pytest.fail("it is known before anything is fetched")
    assert [entry.name for entry in as_user.iterdir()] == ["file"]


@both_ways
def test_a_link_that_leads_in_a_circle_is_no_destination(tmp_path: Path, way: str) -> None:
    path = tmp_path / "link"
    path.symlink_to("other")
    (tmp_path / "other").symlink_to("link")
    told = f"the link {re.escape(repr(str(path)))} leads back to itself"
    with pytest.raises(DestinationError, match=told), written(path, way):
        pytest.fail("it is known before anything is fetched")
    with pytest.raises(DestinationError, match=told), MtimeUpdatedFile(path, 0, "rb+"):
        pytest.fail("nor is it written in place")


def test_what_forbids_to_replace_a_file_is_reported_as_what_forbids_to_make_one(
    as_user: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = as_user / "file"
    path.write_bytes(b"old")

    def refuse(*_: object) -> None:
        raise PermissionError  # as Windows does while another process has the file open

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(DestinationDirectoryDoesntAllowOperation), atomic_replacement(path) as beside:
        beside.write_bytes(b"new")
    assert [(entry.name, entry.read_bytes()) for entry in as_user.iterdir()] == [("file", b"old")]


@contextlib.contextmanager
def written(path: Path, way: str, content: bytes = b"new content") -> Iterator[BinaryIO]:
    """Write content to a path in one of the two ways, and let something else happen before it takes its place."""
    if way == "whole":
        with atomic_replacement(path) as beside, beside.open("r+b") as file:
            file.write(content)
            yield file
    else:
        with resumable_download(path, "a version") as (_, file):
            file.write(content)
            yield file


LONGEST_NAME = 255


@both_ways
@pytest.mark.parametrize("name", ["x" * (LONGEST_NAME - 5), "x" * LONGEST_NAME, "ü" * (LONGEST_NAME // 2)])
def test_a_file_may_have_the_longest_name_there_can_be(tmp_path: Path, name: str, way: str) -> None:
    for content in (b"new", b"newer"):
        with written(tmp_path / name, way, content):
            pass
        assert [(entry.name, entry.read_bytes()) for entry in tmp_path.iterdir()] == [(name, content)]


@pytest.mark.parametrize("name", ["x" * 100, "x" * 101, "x" * LONGEST_NAME, "ü" * 100, "💡" * 60])
def test_what_is_written_meanwhile_has_a_name_that_file_systems_take_which_encrypt_names(
    tmp_path: Path, name: str
) -> None:
    with resumable_download(tmp_path / name, "a version") as (partial, _):
        partial.write_checkpoint(0, "")
        names = [partial.path.name, partial.checkpoint.name, f"{partial.checkpoint.name}.new"]
        assert max(len(os.fsencode(each)) for each in names) <= 143
        partial.checkpoint.unlink()


@both_ways
@pytest.mark.parametrize("name", ["x" * (LONGEST_NAME + 1), "ü" * (LONGEST_NAME // 2 + 1)])
def test_a_name_that_is_too_long_is_refused_before_anything_is_fetched(tmp_path: Path, name: str, way: str) -> None:
    with pytest.raises(DestinationError, match="has a longer name than there can be"), written(tmp_path / name, way):
        pytest.fail("it is known before anything is fetched")
    assert list(tmp_path.iterdir()) == []


@both_ways
def test_so_is_one_that_a_link_leads_to(tmp_path: Path, way: str) -> None:
    link = tmp_path / "link"
    link.symlink_to("x" * (LONGEST_NAME + 1))
    with pytest.raises(DestinationError, match="has a longer name than there can be"), written(link, way):
        pytest.fail("it is known before anything is fetched")


# --- rights ---


@needs_modes
@both_ways
def test_nobody_sees_more_of_a_new_file_than_of_the_old_one(tmp_path: Path, way: str) -> None:
    path = tmp_path / "secret"
    path.touch(0o600)
    with written(path, way):
        modes = {entry.name: stat.S_IMODE(entry.stat().st_mode) for entry in tmp_path.iterdir()}
        assert set(modes.values()) == {0o600}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with written(tmp_path / "public", way):
        pass
    umask = os.umask(0)
    os.umask(umask)
    assert stat.S_IMODE((tmp_path / "public").stat().st_mode) == 0o666 & ~umask


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="giving files away needs CAP_CHOWN")
@both_ways
def test_a_file_of_another_program_stays_theirs(tmp_path: Path, way: str) -> None:
    path = tmp_path / "settings"
    path.touch()
    os.chown(path, 12345, 12346)
    path.chmod(0o640)
    with written(path, way):
        pass
    status = path.stat()
    assert (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) == (12345, 12346, 0o640)
    assert path.read_bytes() == b"new content"


# --- a file that is mounted itself ---


def busy(_source: object, _target: object) -> NoReturn:
    raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))


@both_ways
@pytest.mark.parametrize("before", [b"", b"old", b"old content that is longer"])
def test_a_mounted_file_is_written_in_place(
    tmp_path: Path, way: str, before: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "mounted"
    path.write_bytes(before)
    inode = path.stat().st_ino
    monkeypatch.setattr(os, "replace", busy)
    with written(path, way) as file:
        file.flush()
        assert path.read_bytes() == before, "until the new content is whole"
    assert (path.read_bytes(), path.stat().st_ino) == (b"new content", inode)
    assert [entry.name for entry in tmp_path.iterdir()] == ["mounted"]


def test_a_file_that_was_not_there_is_not_written_in_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "replace", busy)
    with pytest.raises(OSError, match="busy"), written(tmp_path / "new", "whole"):
        pass
    assert list(tmp_path.iterdir()) == []


@both_ways
@pytest.mark.skipif(not hasattr(os, "posix_fallocate"), reason="the system reserves no room")
def test_without_room_a_mounted_file_stays_as_it_was(tmp_path: Path, way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "mounted"
    path.write_bytes(b"old")
    monkeypatch.setattr(os, "replace", busy)
    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(OSError, match="No space left on device") as raised, written(path, way):
        pass
    assert raised.value.filename == str(path)
    assert [(entry.name, entry.read_bytes()) for entry in tmp_path.iterdir()] == [("mounted", b"old")]


def test_who_may_write_a_mounted_file_need_not_own_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "mounted"
    path.write_bytes(b"old")
    monkeypatch.setattr(os, "replace", busy)
    with written(path, "whole"):
        monkeypatch.setattr(os, "utime", mock.Mock(side_effect=PermissionError))
    assert path.read_bytes() == b"new content"


MOUNTED = """
import ctypes, os, sys
from pathlib import Path
from b2sdk.transfer.destination import resumable_download, atomic_replacement

kind, source, target = sys.argv[1:]
libc = ctypes.CDLL(None, use_errno=True)
if libc.unshare(0x00020000) or libc.mount(None, b"/", None, 16384 | 1 << 18, None):
    sys.exit(77)
if kind == "bind":
    refused = libc.mount(source.encode(), target.encode(), None, 4096, None)
else:
    refused = libc.mount(b"tmpfs", target.encode(), b"tmpfs", 0, b"size=256k")
if refused:
    sys.exit(77)
"""


def in_a_namespace(code: str, *arguments: object) -> None:
    """Run code with a file system of its own."""
    command = [sys.executable, "-c", MOUNTED + code, *map(str, arguments)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode == 77:
        pytest.skip("mounting needs the privilege CAP_SYS_ADMIN")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux mounts single files")
def test_a_file_that_is_really_mounted_is_written(tmp_path: Path) -> None:
    source, target = tmp_path / "on the host", tmp_path / "in the container"
    for path in (source, target):
        path.write_bytes(b"old")
    in_a_namespace(
        "with atomic_replacement(Path(target)) as beside: beside.write_bytes(b'new content')", "bind", source, target
    )
    assert (source.read_bytes(), target.read_bytes()) == (b"new content", b"old")
    assert len(list(tmp_path.iterdir())) == 2


# --- a full disk ---


def full(*_: object) -> NoReturn:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@both_ways
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_full_disk_is_given_back_and_the_error_reports_the_path(tmp_path: Path, way: str, number: int) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with pytest.raises(OSError, match=re.escape(str(path))) as raised, written(path, way):
        raise OSError(number, os.strerror(number))
    assert (raised.value.errno, raised.value.filename) == (number, str(path))
    assert [(entry.name, entry.read_bytes()) for entry in tmp_path.iterdir()] == [("file", b"old")]


def test_after_another_error_of_the_disk_a_file_is_resumed(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with pytest.raises(OSError, match=re.escape(str(path))), written(path, "continued"):
        raise OSError(errno.EIO, os.strerror(errno.EIO))
    assert len(list(tmp_path.iterdir())) == 1


def test_an_error_of_something_else_keeps_its_path(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="elsewhere") as raised, written(tmp_path / "file", "whole"):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "elsewhere")
    assert raised.value.filename == "elsewhere"
    with pytest.raises(ConnectionResetError) as reset, written(tmp_path / "file", "whole"):
        raise ConnectionResetError(errno.ECONNRESET, "reset")
    assert reset.value.filename is None


@pytest.mark.skipif(sys.platform != "linux", reason="a small file system is mounted as Linux does")
def test_a_disk_that_is_really_full_is_given_back(tmp_path: Path) -> None:
    in_a_namespace(
        """
from b2sdk.transfer.destination import resumable_download
for way in (atomic_replacement, lambda path: resumable_download(path, "a version")):
    Path(target, "file").write_bytes(b"old")
    try:
        with way(Path(target, "file")) as given:
            if isinstance(given, tuple):
                given[1].write(bytes(1_000_000))
            else:
                given.write_bytes(bytes(1_000_000))
    except OSError as error:
        assert error.errno == 28, error
        assert "file" in error.filename, error
    else:
        raise AssertionError("it fits")
    assert [path.name for path in Path(target).iterdir()] == ["file"], list(Path(target).iterdir())
    assert Path(target, "file").read_bytes() == b"old"
""",
        "tmpfs",
        "",
        tmp_path,
    )
