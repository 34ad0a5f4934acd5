"""What a scan leaves out, by rules of v1: one for files, one for directories, one for versions."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Protocol

from typing_extensions import override

from b2sdk.exception import InvalidArgument
from b2sdk.file_version import FileVersion as _AnyFileVersion
from b2sdk.scan import policies
from b2sdk.scan.events import SkipReason
from b2sdk.scan.path import LocalPath
from b2sdk.v1.sync.file import B2FileVersion, FileVersion, version_info_of


class ScanPoliciesManager(policies.ScanPoliciesManager):
    """Decides what a scan leaves out; a subclass may have rules of its own.

    :raises re.error: an expression is none.
    :raises ValueError: a time is negative.
    :raises InvalidArgument: there is nothing to include files from.
    """

    @override
    def __init__(
        self,
        exclude_dir_regexes: Iterable[str | re.Pattern[str]] = (),
        exclude_file_regexes: Iterable[str | re.Pattern[str]] = (),
        include_file_regexes: Iterable[str | re.Pattern[str]] = (),
        exclude_all_symlinks: bool = False,
        exclude_modified_before: float | None = None,
        exclude_modified_after: float | None = None,
        exclude_uploaded_before: float | None = None,
        exclude_uploaded_after: float | None = None,
    ) -> None:
        exclude_dir_regexes = list(exclude_dir_regexes)
        try:
            super().__init__(
                exclude_dir_regexes,
                exclude_file_regexes,
                include_file_regexes,
                exclude_all_symlinks,
                exclude_modified_before,
                exclude_modified_after,
                exclude_uploaded_before,
                exclude_uploaded_after,
            )
        except InvalidArgument as error:
            if isinstance(error.__cause__, (re.error, ValueError)):
                raise error.__cause__ from None
            raise
        self._in_excluded_directories = policies.RegexSet(
            map(policies.convert_dir_regex_to_dir_prefix_regex, exclude_dir_regexes)
        )

    def should_exclude_file(self, file_path: str) -> bool:
        """Whether a file is left out by its name, relative to the folder, or by that of its directory."""
        return self._in_excluded_directories.matches(file_path) or self.should_exclude_relative_path(file_path)

    def should_exclude_directory(self, dir_path: str) -> bool:
        """Whether a directory is left out, with everything in it."""
        return self._excluded_directories.matches(dir_path)

    def should_exclude_file_version(self, file_version: FileVersion) -> bool:
        """Whether a version is left out by its time; in a bucket it is a :class:`B2FileVersion`."""
        if isinstance(file_version, B2FileVersion):
            uploaded = file_version.file_version_info.upload_timestamp
            if uploaded not in self._upload_times:
                return True
        return file_version.mod_time not in self._modification_times


class _OlderRules(Protocol):
    exclude_all_symlinks: bool

    def should_exclude_file(self, file_path: str, /) -> bool: ...
    def should_exclude_directory(self, dir_path: str, /) -> bool: ...
    def should_exclude_file_version(self, file_version: FileVersion, /) -> bool: ...


class ScanPoliciesManagerWrapper(policies.ScanPoliciesManager):
    """Asks the rules of v1 what a scan asks today."""

    @override
    def __init__(self, scan_policies_manager: _OlderRules) -> None:
        super().__init__(exclude_all_symlinks=scan_policies_manager.exclude_all_symlinks)
        self.scan_policies_manager = scan_policies_manager

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.scan_policies_manager!r})"

    @override
    def should_exclude_relative_path(self, relative_path: str) -> bool:
        return self.scan_policies_manager.should_exclude_file(relative_path)

    @override
    def should_exclude_local_path(self, local_path: LocalPath) -> bool:
        version = FileVersion(
            local_path.absolute_path, local_path.relative_path, local_path.mod_time, "upload", local_path.size
        )
        return self.scan_policies_manager.should_exclude_file_version(version) or self.should_exclude_relative_path(
            local_path.relative_path
        )

    @override
    def should_exclude_b2_file_version(self, file_version: _AnyFileVersion, relative_path: str) -> bool:
        return self.reason_to_exclude_b2_file_version(file_version, relative_path) is not None

    @override
    def reason_to_exclude_b2_file_version(self, file_version: _AnyFileVersion, relative_path: str) -> SkipReason | None:
        if self.scan_policies_manager.should_exclude_file_version(B2FileVersion(version_info_of(file_version))):
            return SkipReason.EXCLUDED_MODIFICATION_TIME
        return SkipReason.EXCLUDED_NAME if self.should_exclude_relative_path(relative_path) else None

    @override
    def should_exclude_b2_directory(self, dir_path: str) -> bool:
        return self.scan_policies_manager.should_exclude_directory(dir_path)

    @override
    def should_exclude_local_directory(self, dir_path: str) -> bool:
        return self.scan_policies_manager.should_exclude_directory(dir_path)


def wrap_if_necessary(scan_policies_manager: Any) -> policies.ScanPoliciesManager:
    """Return what a scan can ask: rules of v1 in a wrapper, unless they are those that it asks anyway."""
    if type(scan_policies_manager) is ScanPoliciesManager:
        return scan_policies_manager  # no rule of its own
    if isinstance(scan_policies_manager, policies.ScanPoliciesManager) and not isinstance(
        scan_policies_manager, ScanPoliciesManager
    ):
        return scan_policies_manager
    return ScanPoliciesManagerWrapper(scan_policies_manager)


DEFAULT_SCAN_MANAGER = ScanPoliciesManager()
"""Leaves nothing out."""
