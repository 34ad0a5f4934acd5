"""Whose a file is and who may use it: kept where another file takes its place."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from pathlib import Path

_ACL = "system.posix_acl_access"
_LABELS = ("security.selinux", "security.SMACK64", "system.nfs4_acl", _ACL)
"""Extended attributes in which Linux keeps rights; the others describe the content, which is another one."""


def keep_rights(old: Path, new: Path) -> None:
    """Give a file owner, group, mode, ACL and security label of the one that it will replace, as far as one may.

    :raises OSError: the mode cannot be set.
    """
    there, made = os.stat(old), os.stat(new)  # noqa: PTH116  # beside os.chown
    mode = stat.S_IMODE(there.st_mode)
    labels = _labels_of(old)
    has_labels = bool(labels) or bool(_labels_of(new))
    if has_labels and _ACL not in labels:
        with contextlib.suppress(OSError):
            os.removexattr(new, _ACL)  # the directory has given it one
    if (there.st_uid, there.st_gid) != (made.st_uid, made.st_gid):
        mode &= ~_keep_owner(new, there)
    if mode != stat.S_IMODE(made.st_mode) or has_labels:
        new.chmod(mode)  # after the owner, whose change takes rights away
    for name, value in labels.items():
        with contextlib.suppress(OSError):
            os.setxattr(new, name, value)


def _keep_owner(new: Path, there: os.stat_result) -> int:
    """Return the bits of the mode that are not to be set, as they would give the rights of another user."""
    if sys.platform == "win32":
        return 0
    for uid, gid, lost in (
        (there.st_uid, there.st_gid, 0),
        (-1, there.st_gid, stat.S_ISUID),
        (there.st_uid, -1, stat.S_ISGID),
    ):
        with contextlib.suppress(OSError):
            os.chown(new, uid, gid)
            return lost
    return stat.S_ISUID | stat.S_ISGID


def _labels_of(path: Path) -> dict[str, bytes]:
    if sys.platform != "linux":
        return {}
    with contextlib.suppress(OSError):  # a file system without extended attributes
        return {name: os.getxattr(path, name) for name in os.listxattr(path) if name in _LABELS}
    return {}
