"""How two files are compared. Computes; touches nothing."""

from __future__ import annotations

from b2sdk.exception import InvalidArgument
from b2sdk.protocol_constants import SRC_LAST_MODIFIED_MILLIS
from b2sdk.scan.path import AbstractPath, B2Path, LocalPath
from b2sdk.sync.events import Reason
from b2sdk.sync.modes import CompareVersionMode

_SHA1_DIGITS = 40
_FIRST_AND_LAST_TIMES = frozenset(
    seconds * 1000
    for seconds in (
        -(2**31),  # ext4, XFS
        0,  # NFS 3 and others that count from 1970
        2**31 - 1,  # ext4 with small inodes, XFS without bigtime
        2**32 - 1,
        2**34 - 2**31 - 1,  # ext4
        16_299_260_424,  # XFS
    )
)
"""What Linux makes of a time that a file system cannot have: the first or the last that it can."""


def compare(source: AbstractPath, dest: AbstractPath, mode: CompareVersionMode, threshold: int) -> tuple[bool, Reason]:
    """Return whether two visible files differ, and in what they do or do not.

    :param threshold: milliseconds or bytes that do not count as a difference.
    :raises InvalidArgument: the mode is none.
    """
    if mode is CompareVersionMode.MODTIME:
        newer_by = source.mod_time - dest.mod_time
        if -threshold <= newer_by <= threshold or _is_cut(source, dest) or _is_cut(dest, source):
            return False, Reason.SAME_TIME
        if newer_by > 0:
            return True, Reason.SOURCE_NEWER
        if _is_copied_later(source, dest):
            return False, Reason.SAME_CONTENT
        return True, Reason.SOURCE_OLDER
    if mode is CompareVersionMode.SIZE:
        if abs((source.size or 0) - (dest.size or 0)) <= threshold:
            return False, Reason.SAME_SIZE
        return True, Reason.SIZES_DIFFER
    if mode is CompareVersionMode.NONE:
        return False, Reason.NOT_COMPARED
    raise InvalidArgument("compare_version_mode", "is invalid option")


def why_kept(source: AbstractPath, dest: AbstractPath, mode: CompareVersionMode, threshold: int) -> Reason | None:
    """Return why a file that is there was not transferred; ``None`` if it should have been."""
    if not dest.is_visible():
        return None
    differ, reason = compare(source, dest, mode, threshold)
    if reason is Reason.SOURCE_OLDER:
        return Reason.KEPT_AS_NEWER
    return None if differ else reason


def why_absent(path: AbstractPath | None) -> Reason | None:
    """Return why there is nothing at the source, or ``None`` if there is something."""
    if path is None:
        return Reason.NOT_AT_SOURCE
    return None if path.is_visible() else Reason.HIDDEN_AT_SOURCE


def _is_cut(path: AbstractPath, other: AbstractPath) -> bool:
    """Whether a file has the time of the other one as far as its file system can have it."""
    time = path.mod_time
    if time not in _FIRST_AND_LAST_TIMES or not isinstance(path, LocalPath):
        return False
    return other.mod_time < time if time <= 0 else other.mod_time > time


def _is_copied_later(source: AbstractPath, dest: AbstractPath) -> bool:
    """Whether two stored files have the same content, and no times of modification but those of their uploads.

    A copy within the service has the time of its making, so it is always newer than its source.
    """
    if not (isinstance(source, B2Path) and isinstance(dest, B2Path)) or source.size != dest.size:
        return False
    versions = source.selected_version, dest.selected_version
    if any(SRC_LAST_MODIFIED_MILLIS in version.file_info for version in versions):
        return False
    source_sha1, dest_sha1 = (version.get_content_sha1() for version in versions)
    return source_sha1 is not None and len(source_sha1) == _SHA1_DIGITS and source_sha1 == dest_sha1
