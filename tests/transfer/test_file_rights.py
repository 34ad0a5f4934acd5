from __future__ import annotations

import errno
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from b2sdk.transfer.file_rights import keep_rights

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="files on Windows have other rights")
needs_root = pytest.mark.skipif(
    sys.platform == "win32" or os.geteuid() != 0, reason="giving files away needs the privilege CAP_CHOWN"
)


@pytest.fixture
def old(tmp_path: Path) -> Path:
    path = tmp_path / "old"
    path.touch()
    return path


@pytest.fixture
def new(tmp_path: Path) -> Path:
    path = tmp_path / "new"
    path.touch(0o600)
    return path


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o777, 0o4755, 0o2755])
def test_the_mode_is_kept(old: Path, new: Path, mode: int) -> None:
    old.chmod(mode)
    keep_rights(old, new)
    assert mode_of(new) == mode


@needs_root
def test_owner_and_group_are_kept(old: Path, new: Path) -> None:
    os.chown(old, 12345, 12346)
    old.chmod(0o6750)
    keep_rights(old, new)
    status = new.stat()
    assert (status.st_uid, status.st_gid, mode_of(new)) == (12345, 12346, 0o6750)


@pytest.mark.parametrize(
    ("may", "asked", "mode"),
    [
        ({(7, 8)}, [(7, 8)], 0o6755),
        ({(-1, 8)}, [(7, 8), (-1, 8)], 0o2755),
        ({(7, -1)}, [(7, 8), (-1, 8), (7, -1)], 0o4755),
        (set(), [(7, 8), (-1, 8), (7, -1)], 0o755),
    ],
)
def test_as_much_is_kept_as_one_may_and_no_other_rights_are_given(
    old: Path, new: Path, may: set[tuple[int, int]], asked: list[tuple[int, int]], mode: int
) -> None:
    old.chmod(0o6755)
    real = os.stat
    tried = []

    def theirs(path: Any, **options: Any) -> Any:
        status = real(path, **options)
        return mock.Mock(st_mode=status.st_mode, st_uid=7, st_gid=8) if path == old else status

    def chown(_path: Path, uid: int, gid: int) -> None:
        tried.append((uid, gid))
        if (uid, gid) not in may:
            raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    with mock.patch("os.stat", theirs), mock.patch("os.chown", chown):
        keep_rights(old, new)
    assert (tried, mode_of(new)) == (asked, mode)


# --- access control lists and labels ---


def acl_of(path: Path) -> list[str]:
    printed = subprocess.run(
        ["getfacl", "--omit-header", "--absolute-names", str(path)], check=True, capture_output=True, text=True
    )
    return [line.partition("\t")[0] for line in printed.stdout.splitlines() if line]


def set_acl(path: Path, *what: str) -> None:
    done = subprocess.run(["setfacl", *what, str(path)], check=False, capture_output=True)
    if done.returncode:
        pytest.skip("the file system knows no access control lists")


needs_acl = pytest.mark.skipif(shutil.which("setfacl") is None, reason="setfacl (the package acl) is missing")


@needs_acl
def test_an_access_control_list_is_kept(old: Path, new: Path) -> None:
    old.chmod(0o640)
    set_acl(old, "-m", "u:12345:rw,g:12346:r")
    keep_rights(old, new)
    assert acl_of(new) == acl_of(old)
    assert "user:12345:rw-" in acl_of(new)


@needs_acl
def test_a_list_of_the_directory_gives_nobody_new_rights(tmp_path: Path, old: Path) -> None:
    old.chmod(0o640)
    set_acl(tmp_path, "-d", "-m", "u:12345:rwx")
    new = tmp_path / "made there"
    new.touch(0o600)
    assert any(line.startswith("user:12345") for line in acl_of(new))
    keep_rights(old, new)
    assert acl_of(new) == acl_of(old) == ["user::rw-", "group::r--", "other::---"]


class Attributes:
    """Extended attributes, as a system with labels has them."""

    def __init__(self, old: Path, new: Path) -> None:
        self.of: dict[Path, dict[str, bytes]] = {old: {}, new: {}}
        self.refused: set[str] = set()

    def list(self, path: Path) -> list[str]:
        return list(self.of[path])

    def get(self, path: Path, name: str) -> bytes:
        return self.of[path][name]

    def set(self, path: Path, name: str, value: bytes) -> None:
        if name in self.refused:
            raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))
        self.of[path][name] = value

    def remove(self, path: Path, name: str) -> None:
        if self.of[path].pop(name, None) is None:
            raise OSError(errno.ENODATA, os.strerror(errno.ENODATA))


@pytest.fixture
def attributes(old: Path, new: Path, monkeypatch: pytest.MonkeyPatch) -> Attributes:
    if sys.platform != "linux":
        pytest.skip("only Linux keeps rights in extended attributes")
    made = Attributes(old, new)
    for name in ("list", "get", "set", "remove"):
        monkeypatch.setattr(os, f"{name}xattr", getattr(made, name))
    return made


ACL = "system.posix_acl_access"


def test_labels_are_kept_and_what_describes_the_content_is_not(old: Path, new: Path, attributes: Attributes) -> None:
    kept = {
        "security.selinux": b"system_u:object_r:etc_t",
        "security.SMACK64": b"_",
        ACL: b"acl",
        "system.nfs4_acl": b"4",
    }
    attributes.of[old] = kept | {"user.checksum": b"of the old content", "security.ima": b"signature"}
    attributes.of[new] = {"security.selinux": b"unconfined_u:object_r:tmp_t"}
    keep_rights(old, new)
    assert attributes.of[new] == kept


def test_what_may_not_be_set_is_left(old: Path, new: Path, attributes: Attributes) -> None:
    attributes.of[old] = {"security.selinux": b"theirs", ACL: b"acl"}
    attributes.of[new] = {"security.selinux": b"ours"}
    attributes.refused = {"security.selinux"}
    old.chmod(0o640)
    keep_rights(old, new)
    assert attributes.of[new] == {"security.selinux": b"ours", ACL: b"acl"}
    assert mode_of(new) == 0o640


def test_an_inherited_list_is_removed(old: Path, new: Path, attributes: Attributes) -> None:
    attributes.of[new] = {ACL: b"inherited"}
    keep_rights(old, new)
    assert attributes.of[new] == {}


def test_a_file_system_without_attributes_has_none(old: Path, new: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if sys.platform != "linux":
        pytest.skip("only Linux keeps rights in extended attributes")
    monkeypatch.setattr(os, "listxattr", mock.Mock(side_effect=OSError(errno.EOPNOTSUPP, "not supported")))
    old.chmod(0o640)
    keep_rights(old, new)
    assert mode_of(new) == 0o640
