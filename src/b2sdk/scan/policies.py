"""What a scan leaves out, by name and by time. Computes; opens nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable

from b2sdk.exception import InvalidArgument, check_invalid_argument
from b2sdk.file_version import AnyFileVersion, FileVersion
from b2sdk.scan.events import SkipReason
from b2sdk.scan.globs import regexes_of_globs
from b2sdk.scan.path import LocalPath


class RegexSet:
    """Regular expressions, of which one must match the beginning of a text."""

    def __init__(self, regex_iterable: Iterable[str | re.Pattern[str]]) -> None:
        """Compile the expressions.

        :param regex_iterable: texts or patterns. A plain string is an iterable of one-character expressions, like any
            string.
        :raises re.error: one of them is none.
        """
        self._matchers = [re.compile(regex).match for regex in regex_iterable]

    def matches(self, s: str) -> bool:
        """Whether one of the expressions matches the beginning of ``s``."""
        for match in self._matchers:  # noqa: SIM110  # asked for each file; `any` would make a generator each time
            if match(s):
                return True
        return False


def convert_dir_regex_to_dir_prefix_regex(dir_regex: str | re.Pattern[str]) -> str:
    """Return the expression for what is in the directories that ``dir_regex`` matches."""
    pattern = dir_regex.pattern if isinstance(dir_regex, re.Pattern) else dir_regex
    return pattern[:-1] + "/" if pattern.endswith("$") else pattern + ".*?/"


class IntegerRange:
    """Numbers from ``begin`` to ``end``, both included; ``None`` is no limit. The other way round it is empty.

    :raises ValueError: a limit is negative.
    """

    def __init__(self, begin: float | None, end: float | None) -> None:
        for name, limit in (("begin", begin), ("end", end)):
            if limit is not None and limit < 0:
                raise ValueError(f"{name} time can not be less than 0, use None for the infinity")
        self._begin = begin
        self._end = end

    def __contains__(self, item: float) -> bool:
        return (self._begin is None or item >= self._begin) and (self._end is None or item <= self._end)


class ScanPoliciesManager:
    """Decides what a scan leaves out.

    Expressions match the beginning of a path relative to the folder that is scanned. They are iterables, so one
    expression is a list of one. Times are in milliseconds since the epoch; ``None`` is no limit.
    """

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
        *,
        exclude_globs: Iterable[str] = (),
        include_globs: Iterable[str] = (),
    ) -> None:
        """Set the rules.

        Patterns (globs) match a whole path, case-sensitively: ``*`` and ``?`` match what is not a slash, ``**`` any
        folders, and ``[...]`` one of some characters. One without a slash, ``*.tmp`` or ``node_modules`` say, matches
        names in all folders.

        :param exclude_dir_regexes: directories that are left out with everything below them.
        :param exclude_file_regexes: files that are left out.
        :param include_file_regexes: files that stay although an expression above matches, unless their directory is
            left out.
        :param exclude_all_symlinks: whether local symbolic links are left out; otherwise they are followed.
        :param exclude_modified_before: leaves out what was modified before that time.
        :param exclude_modified_after: leaves out what was modified after that time.
        :param exclude_uploaded_before: leaves out versions in a bucket that were uploaded before that time.
        :param exclude_uploaded_after: leaves out versions in a bucket that were uploaded after that time.
        :param exclude_globs: patterns of files that are left out, and of directories that are left out with everything
            below them; one that ends with a slash is for directories only.
        :param include_globs: patterns of files that stay although their names would be left out, unless their directory
            is left out.
        :raises InvalidArgument: an expression or a pattern is none, a time is negative, or there is nothing to include
            files from.
        """
        excluded = regexes_of_globs("exclude_globs", exclude_globs)
        included = regexes_of_globs("include_globs", include_globs)
        exclude_dir_regexes = [*exclude_dir_regexes, *excluded.directories]
        exclude_file_regexes = [*exclude_file_regexes, *excluded.files]
        if included.files and not exclude_file_regexes:
            raise InvalidArgument("include_globs", "cannot be used where no files are left out by their names")
        include_file_regexes = [*include_file_regexes, *included.files]
        if include_file_regexes and not exclude_file_regexes:
            raise InvalidArgument(
                "include_file_regexes", "cannot be used without exclude_file_regexes at the same time"
            )
        self._excluded_directories = _compile_regexes(
            "exclude_dir_regexes", exclude_dir_regexes, "excluding directories"
        )
        self._excluded_files = _compile_regexes("exclude_file_regexes", exclude_file_regexes, "excluding files")
        self._included_files = _compile_regexes("include_file_regexes", include_file_regexes, "including files")
        self.exclude_all_symlinks = exclude_all_symlinks
        with check_invalid_argument("exclude_modified_before,exclude_modified_after", "", ValueError):
            self._modification_times = IntegerRange(exclude_modified_before, exclude_modified_after)
        with check_invalid_argument("exclude_uploaded_before,exclude_uploaded_after", "", ValueError):
            self._upload_times = IntegerRange(exclude_uploaded_before, exclude_uploaded_after)
        # Most scans leave nothing out, and ask about each of very many files. A subclass may have rules of its own.
        times = exclude_modified_before, exclude_modified_after, exclude_uploaded_before, exclude_uploaded_after
        self._keeps_all_files = (
            type(self) is ScanPoliciesManager and not exclude_file_regexes and times == (None, None, None, None)
        )

    def should_exclude_relative_path(self, relative_path: str) -> bool:
        """Whether a file is left out by its name; its directory is not looked at."""
        if self._keeps_all_files:
            return False
        return self._excluded_files.matches(relative_path) and not self._included_files.matches(relative_path)

    def should_exclude_local_path(self, local_path: LocalPath) -> bool:
        """Whether a file is left out by its time or its name."""
        if self._keeps_all_files:
            return False
        if local_path.mod_time not in self._modification_times:
            return True
        return self.should_exclude_relative_path(local_path.relative_path)

    def should_exclude_b2_file_version(self, file_version: AnyFileVersion, relative_path: str) -> bool:
        """Whether a version is left out by its times or its name."""
        if self._keeps_all_files:
            return False
        return self.reason_to_exclude_b2_file_version(file_version, relative_path) is not None

    def reason_to_exclude_b2_file_version(self, file_version: FileVersion, relative_path: str) -> SkipReason | None:
        """Return why a version is left out, or ``None``."""
        if file_version.upload_timestamp not in self._upload_times:
            return SkipReason.EXCLUDED_UPLOAD_TIME
        if file_version.mod_time_millis not in self._modification_times:
            return SkipReason.EXCLUDED_MODIFICATION_TIME
        if self.should_exclude_relative_path(relative_path):
            return SkipReason.EXCLUDED_NAME
        return None

    def should_exclude_b2_directory(self, dir_path: str) -> bool:
        """Whether a directory in a bucket is left out, with everything below it."""
        return self._excluded_directories.matches(dir_path)

    def should_exclude_local_directory(self, dir_path: str) -> bool:
        """Whether a local directory is left out, with everything below it."""
        return self._excluded_directories.matches(dir_path)


def _compile_regexes(parameter: str, regexes: Iterable[str | re.Pattern[str]], purpose: str) -> RegexSet:
    with check_invalid_argument(parameter, f"wrong regex was given for {purpose}", re.error):
        return RegexSet(regexes)


DEFAULT_SCAN_MANAGER = ScanPoliciesManager()
"""Leaves nothing out."""
