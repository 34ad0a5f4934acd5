"""What can be scanned."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any, TypeAlias

from b2sdk.scan.events import AnyReporter
from b2sdk.scan.path import AbstractPath
from b2sdk.scan.policies import DEFAULT_SCAN_MANAGER, ScanPoliciesManager
from b2sdk.values.name_range import ALL_NAMES, NameRange

AnyFolder: TypeAlias = Any
"""An :class:`AbstractFolder`, in what programs override: they know of which kind theirs are."""


class AbstractFolder(ABC):
    """A folder whose files can be listed, in the same order wherever it is. Programs may have folders of their own."""

    @abstractmethod
    def all_files(
        self, reporter: AnyReporter, policies_manager: ScanPoliciesManager = DEFAULT_SCAN_MANAGER
    ) -> Iterator[AbstractPath]:
        """Yield the files below the folder, ordered by the bytes of their relative paths.

        :param reporter: receives what is skipped: a :class:`~b2sdk.scan.events.ScanListener`, anything with the
            methods of a :class:`~b2sdk.scan.report.ProgressReport`, or ``None``.
        :param policies_manager: what to leave out.
        """

    @abstractmethod
    def folder_type(self) -> str:
        """Return ``local`` or ``b2``."""

    @abstractmethod
    def make_full_path(self, file_name: str) -> str:
        """Return the whole path, or the whole name in the bucket, of a file with that relative path."""


def names_of(folder: AnyFolder) -> NameRange:
    """Return the range of names to which a scan of the folder is restricted; folders of programs may know of none."""
    names = getattr(folder, "names", ALL_NAMES)
    return names if isinstance(names, NameRange) else ALL_NAMES
