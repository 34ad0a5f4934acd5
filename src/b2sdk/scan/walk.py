"""A walk through a local tree: lazy, in the order of a bucket's listing, with one look at each file that is kept.

What is in memory are the entries of the directories on the way to the current file, never the tree.
"""

# ruff: noqa: PTH114, PTH116
# Paths are strings here, and a missing permission must not be an error of its own where it only hides a link.
from __future__ import annotations

import os
import re
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from b2sdk.protocol_constants import EARLIEST_TIME, LATEST_TIME
from b2sdk.scan.events import Reporter, SkipReason, report_skipped
from b2sdk.scan.path import LocalPath
from b2sdk.scan.policies import ScanPoliciesManager
from b2sdk.transfer.local_path import kind_of
from b2sdk.transfer.partial_file import is_partial_download
from b2sdk.values.file_name import problem_as_stored_name
from b2sdk.values.name_range import ALL_NAMES, NameRange

# Names that need no closer look: hardly any other is met.
_is_plain_name = re.compile(r"[\x20-\x5b\x5d-\x7e]{1,250}").fullmatch
_ALWAYS_SHORT_ENOUGH = 250
"""Characters of a path that it may have whatever they are."""

_TYPE = 0o170000
"""The bits of a mode that tell what it is the mode of."""

_HIDES_WHAT_IS_BELOW = (SkipReason.NO_PERMISSION, SkipReason.NOT_ACCESSIBLE, SkipReason.INVALID_NAME)
"""Why nobody knows what there is below an entry, which concerns each range that has names below it."""

Identity = tuple[int, int]
"""Device and inode of a directory."""


@dataclass
class _Directory:
    entries: list[os.DirEntry[str]]
    """What is left to be looked at; the next one is the last."""
    prefix: str
    """What relative paths in it begin with."""
    linked: frozenset[Identity]
    """The directories that links on the way here lead to."""


class Walk:
    """Finds the files of a tree that the policies do not leave out; the others are reported.

    Only what is in a range of names is found, and reported: what is left out with all that is below it, by the range
    that has its place.
    """

    def __init__(self, reporter: Reporter | None, policies: ScanPoliciesManager, names: NameRange = ALL_NAMES) -> None:
        self._reporter = reporter
        self._policies = policies
        self._names = names
        self._has_all_names = names.is_whole

    def files(self, root: str) -> Iterator[LocalPath]:
        """Yield the files below the root.

        :raises OSError: the root is no directory that can be listed; if only the permission is missing, that is
            reported.
        """
        try:
            linked = {_identity(os.stat(root))} if os.path.islink(root) else ()
            pending = [self._directory(root, "", frozenset(linked))]
        except PermissionError:
            self._skip(root, "", SkipReason.NO_PERMISSION)
            return
        leaves_links_out = self._policies.exclude_all_symlinks
        while pending:
            here = pending[-1]
            entries, prefix = here.entries, here.prefix
            while entries:
                entry = entries.pop()
                relative_path = prefix + entry.name
                if leaves_links_out and entry.is_symlink():
                    self._skip(entry.path, relative_path, SkipReason.SYMLINK)
                    continue
                if _is_plain_name(entry.name) is None or len(relative_path) > _ALWAYS_SHORT_ENOUGH:
                    problem = problem_as_stored_name(relative_path)
                    if problem is not None:
                        self._skip(entry.path, relative_path, SkipReason.INVALID_NAME, problem)
                        continue
                if _is_directory(entry):
                    below = self._subdirectory(entry, relative_path, here.linked)
                    if isinstance(below, _Directory):
                        pending.append(below)
                        break
                    self._skip(entry.path, relative_path + "/", below)
                    continue
                found = self._file(entry, relative_path)
                if not isinstance(found, LocalPath):
                    self._skip(entry.path, relative_path, *found)
                elif self._has_all_names or relative_path in self._names:
                    yield found
            else:
                pending.pop()

    def _subdirectory(
        self, entry: os.DirEntry[str], relative_path: str, linked: frozenset[Identity]
    ) -> _Directory | SkipReason:
        if self._policies.should_exclude_local_directory(relative_path):
            return SkipReason.EXCLUDED_DIRECTORY
        try:
            if entry.is_symlink():
                # Without a link in it a path is finite, so only what links lead to need be known again.
                identity = _identity(entry.stat())
                if identity in linked:
                    return SkipReason.CIRCULAR_SYMLINK
                linked |= {identity}
            return self._directory(entry.path, relative_path + "/", linked)
        except PermissionError:
            return SkipReason.NO_PERMISSION
        except OSError:
            return SkipReason.NOT_ACCESSIBLE  # it is gone, or another thing by now

    def _directory(self, path: str, prefix: str, linked: frozenset[Identity]) -> _Directory:
        with os.scandir(path) as found:
            concerned = found if self._has_all_names else filter(partial(self._is_concerned, prefix), found)
            place = _place_without_links if self._policies.exclude_all_symlinks else _place
            return _Directory(sorted(concerned, key=place, reverse=True), prefix, linked)

    def _is_concerned(self, prefix: str, entry: os.DirEntry[str]) -> bool:
        """Whether an entry is in the range of names, or something may be that is below it."""
        relative_path = prefix + entry.name
        return relative_path in self._names or self._names.may_contain_prefix(relative_path + "/")

    def _file(self, entry: os.DirEntry[str], relative_path: str) -> LocalPath | tuple[SkipReason, str]:
        if is_partial_download(entry.name):
            return SkipReason.PARTIAL_DOWNLOAD, ""
        if self._policies.should_exclude_relative_path(relative_path):
            return SkipReason.EXCLUDED_NAME, ""
        try:
            status = entry.stat()
        except PermissionError:
            # What cannot be looked at may be a link to a directory.
            is_excluded = self._policies.should_exclude_local_directory(relative_path)
            return SkipReason.EXCLUDED_DIRECTORY if is_excluded else SkipReason.NO_PERMISSION, ""
        except OSError:
            return SkipReason.NOT_ACCESSIBLE, ""
        if status.st_mode & _TYPE != stat.S_IFREG:
            return SkipReason.SPECIAL_FILE, kind_of(status.st_mode)
        # Through the float, which is a millisecond off now and then: what b2sdk recorded with files was found so, and a
        # time that differs by one is another time.
        mod_time = int(status.st_mtime * 1000)
        if not EARLIEST_TIME <= mod_time <= LATEST_TIME:
            # Some file systems can have any time, but what cannot be recorded would differ from what was recorded.
            mod_time = min(max(mod_time, EARLIEST_TIME), LATEST_TIME)
        found = LocalPath(entry.path, relative_path, mod_time, status.st_size)
        if self._policies.should_exclude_local_path(found):
            return SkipReason.EXCLUDED_MODIFICATION_TIME, ""
        return found if _is_readable(entry.path) else (SkipReason.NO_PERMISSION, "")

    def _skip(self, path: str, place: str, reason: SkipReason, detail: str = "") -> None:
        if reason in _HIDES_WHAT_IS_BELOW or place in self._names:
            report_skipped(self._reporter, path, reason, detail)


def _identity(status: os.stat_result) -> Identity:
    return status.st_dev, status.st_ino


def _place(entry: os.DirEntry[str]) -> str:
    """Return what orders the entries of a directory as the relative paths of the files in and below it."""
    return entry.name + "/" if _is_directory(entry) else entry.name


def _place_without_links(entry: os.DirEntry[str]) -> str:
    # A link is left out, so it does not matter where it leads.
    return entry.name if entry.is_symlink() else _place(entry)


def _is_directory(entry: os.DirEntry[str]) -> bool:
    """Whether the entry, links followed, is a directory; not if it cannot be looked at."""
    try:
        return entry.is_dir()
    except OSError:
        return False


if sys.platform == "win32":

    def _is_readable(path: str) -> bool:
        try:  # Windows tells rights only to those who try
            os.close(os.open(path, os.O_RDONLY))
        except OSError:
            return False
        return True

else:

    def _is_readable(path: str) -> bool:
        return os.access(path, os.R_OK)
