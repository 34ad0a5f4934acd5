"""A folder in a bucket."""

from __future__ import annotations

import copy
import inspect
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar, Protocol

from typing_extensions import Self

from b2sdk.bucket import Bucket
from b2sdk.exception import UnsupportedFilename
from b2sdk.file_version import FileVersion
from b2sdk.scan.events import AnyReporter, Reporter, SkipReason, hears_of_all, report_skipped
from b2sdk.scan.folder import AbstractFolder
from b2sdk.scan.path import B2Path
from b2sdk.scan.policies import DEFAULT_SCAN_MANAGER, ScanPoliciesManager
from b2sdk.values.argument import arguments_checked
from b2sdk.values.file_name import validate_b2_file_name_as_path
from b2sdk.values.name_range import ALL_NAMES, NameRange

_is_plain_path = re.compile(r"[^./\\](?!:)[^/\\]*(?:/[^./\\][^/\\]*)*").fullmatch
"""Whether a path needs no closer look: no component is empty or begins with a dot, and the first is no drive."""


class FolderApi(Protocol):
    """What a folder needs of the API."""

    def get_bucket_by_name(self, bucket_name: str) -> Bucket: ...


def workers_option(workers: int) -> dict[str, Any]:
    """Return the option of a class of folders that may be a program's, which knows it if it has to."""
    return {} if workers == 1 else {"workers": workers}


class FolderInBucket:
    """Where in a bucket a folder is: the files whose names begin with ``folder_name`` and a slash."""

    def __init__(self, bucket_name: str, folder_name: str, workers: int = 1, names: NameRange = ALL_NAMES) -> None:
        self.bucket_name = bucket_name
        self.folder_name = folder_name
        self.prefix: str = folder_name if not folder_name or folder_name.endswith("/") else folder_name + "/"
        self.workers = workers
        self.names = names

    def __str__(self) -> str:
        return f"{type(self).__name__}({self.bucket_name}, {self.folder_name})"

    def with_names(self, names: NameRange) -> Self:
        """Return the same folder, of which a scan finds the files in another range of names."""
        folder = copy.copy(self)
        folder.names = names
        return folder

    def folder_type(self) -> str:
        return "b2"

    def make_full_path(self, file_name: str) -> str:
        return self.prefix + file_name


class B2Folder(FolderInBucket, AbstractFolder):
    """A folder in a bucket: the files whose names begin with ``folder_name`` and a slash."""

    _ALL_VERSIONS: ClassVar[Mapping[str, Any]] = {"latest_only": False}
    """How ``ls`` of a bucket is asked for them."""

    @arguments_checked
    def __init__(
        self, bucket_name: str, folder_name: str, api: FolderApi, *, workers: int = 1, names: NameRange = ALL_NAMES
    ) -> None:
        """Look the bucket up.

        :param bucket_name: name of the bucket.
        :param folder_name: path of the folder; the empty name is the whole bucket.
        :param api: the ``B2Api``.
        :param workers: in how many ranges of names at most a scan lists the folder at once; see :meth:`Bucket.ls`.
        :param names: which of the files below the folder a scan finds, by their paths relative to it.
        :raises NonExistentBucket: there is no such bucket.
        :raises TypeError: a name is no text; ``None`` is not the whole bucket.
        """
        super().__init__(bucket_name, folder_name, workers, names)
        self.bucket: Bucket = api.get_bucket_by_name(bucket_name)
        self.api = api

    def get_file_versions(self) -> Iterator[FileVersion]:
        """Yield all versions below the folder, ordered by name, the newest of each name first.

        The next page of the listing is fetched while this one is used, or several are by ``workers``.
        """
        # With its slash: without it, the name might be that of a file, which would be listed in the folder's place.
        options = workers_option(self.workers) or {"prefetch": True}
        names = self.names.below(self.prefix)
        if not self.names.is_whole:
            options["names"] = names
        options = {name: value for name, value in options.items() if _accepts(self.bucket, name)}
        listing = self.bucket.ls(self.prefix, recursive=True, **self._ALL_VERSIONS, **options)
        if self.names.is_whole or "names" in options:
            for version, _folder in listing:
                yield version
        else:
            yield from (version for version, _folder in listing if version.file_name in names)

    def all_files(
        self, reporter: AnyReporter, policies_manager: ScanPoliciesManager = DEFAULT_SCAN_MANAGER
    ) -> Iterator[B2Path]:
        """Yield the files below the folder with their versions, hidden ones too, but not unfinished large files.

        Versions that the policies leave out are absent, so that an older one may be the selected one. A directory that
        they leave out is left out with everything below it.

        :param reporter: see :meth:`AbstractFolder.all_files`.
        :param policies_manager: what to leave out.
        :raises UnsupportedFilename: a name cannot be a path below a folder. If the reporter is a
            :class:`~b2sdk.scan.events.ScanListener`, the name is reported to it instead, and the scan continues.
        """
        files = FilesOfVersions(self.prefix, policies_manager, reporter)
        yield from files.of(self.get_file_versions())
        last = files.last()
        if last is not None:
            yield last


class FilesOfVersions:
    """Makes files of the versions below a folder, which come in order, in one batch or in several."""

    def __init__(self, prefix: str, policies: ScanPoliciesManager, reporter: Reporter | None) -> None:
        self._prefix = prefix
        self._policies = policies
        self._reporter = reporter
        self._directories = _Directories(policies)
        self._name = ""
        self._versions: list[FileVersion] = []
        """Of the last name, of which more may come; without those that are left out."""

    def of(self, versions: Iterable[FileVersion]) -> Iterator[B2Path]:
        """Yield the files of which all versions have come.

        :raises UnsupportedFilename: see :meth:`B2Folder.all_files`.
        """
        reporter, policies, prefix, start = self._reporter, self._policies, self._prefix, len(self._prefix)
        is_excluded = policies.should_exclude_b2_file_version
        last_name, kept, directories = self._name, self._versions, self._directories
        relative_path = last_name[start:]
        for version in versions:
            name = version.file_name
            if name != last_name:
                if kept and _can_be_path(last_name, relative_path, reporter):
                    yield B2Path(relative_path, kept[0], kept)
                last_name, relative_path, kept = name, name[start:], []
                if directories.are_news(relative_path) and directories.excluded is not None:
                    report_skipped(reporter, prefix + directories.excluded, SkipReason.EXCLUDED_DIRECTORY)
            if directories.excluded is not None or version.action == "start":
                continue
            if is_excluded(version, relative_path):
                _report_excluded(version, relative_path, policies, reporter)
            else:
                kept.append(version)
        self._name, self._versions = last_name, kept

    def last(self) -> B2Path | None:
        """Return the last file, if there is one, as no version of it comes any more.

        :raises UnsupportedFilename: see :meth:`B2Folder.all_files`.
        """
        kept, relative_path = self._versions, self._name[len(self._prefix) :]
        if not kept or not _can_be_path(self._name, relative_path, self._reporter):
            return None
        return B2Path(relative_path, kept[0], kept)


class _Directories:
    """Which of the directories on the way to a file is left out; files come in order."""

    def __init__(self, policies: ScanPoliciesManager) -> None:
        self._policies = policies
        self._parent = ""
        self.excluded: str | None = None
        """The highest directory above the file that is left out."""

    def are_news(self, relative_path: str) -> bool:
        """Go on to a file, and return whether another directory is left out now, or none any more."""
        parent = relative_path.rpartition("/")[0]
        if parent == self._parent:
            return False
        before, self._parent = self.excluded, parent
        self.excluded = self._find_highest_excluded(parent)
        return self.excluded != before

    def _find_highest_excluded(self, parent: str) -> str | None:
        for slash in re.finditer("/|$", parent):
            directory = parent[: slash.start()]
            if directory and self._policies.should_exclude_b2_directory(directory):
                return directory
        return None


def _report_excluded(
    version: FileVersion, relative_path: str, policies: ScanPoliciesManager, reporter: Reporter | None
) -> None:
    if hears_of_all(reporter):
        reason = policies.reason_to_exclude_b2_file_version(version, relative_path)
        report_skipped(reporter, version.file_name, reason or SkipReason.EXCLUDED_NAME)


def _can_be_path(name: str, relative_path: str, reporter: Reporter | None) -> bool:
    if _is_plain_path(relative_path):
        return True
    try:
        validate_b2_file_name_as_path(relative_path)
    except ValueError as error:
        if not hears_of_all(reporter):
            raise UnsupportedFilename(str(error), relative_path) from error
        report_skipped(reporter, name, SkipReason.UNSUPPORTED_NAME, str(error))
        return False
    if relative_path and not relative_path.endswith("/"):
        return True
    report_skipped(reporter, name, SkipReason.UNSUPPORTED_NAME, "it ends with a slash, as names of folders do")
    return not hears_of_all(reporter)


def _accepts(bucket: Bucket, option: str) -> bool:
    """Whether the ``ls`` of the bucket takes this option; one that a program has put in its place may not."""
    if not issubclass(type(bucket), Bucket):
        return False
    parameters = inspect.signature(bucket.ls).parameters
    return option in parameters or any(one.kind is one.VAR_KEYWORD for one in parameters.values())
