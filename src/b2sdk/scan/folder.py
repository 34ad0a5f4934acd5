"""What can be scanned."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any

from b2sdk.scan.path import AbstractPath
from b2sdk.scan.policies import DEFAULT_SCAN_MANAGER, ScanPoliciesManager


class AbstractFolder(ABC):
    """A folder whose files can be found, all in the same order wherever it is."""

    @abstractmethod
    def all_files(
        self, reporter: Any, policies_manager: ScanPoliciesManager = DEFAULT_SCAN_MANAGER
    ) -> Iterator[AbstractPath]:
        """Yield the files below the folder, ordered by the bytes of their relative paths.

        :param reporter: hears of what is skipped: a :class:`~b2sdk.scan.events.ScanListener`, anything with the
            methods of a :class:`~b2sdk.scan.report.ProgressReport`, or ``None``.
        :param policies_manager: what to leave out.
        """

    @abstractmethod
    def folder_type(self) -> str:
        """Return ``local`` or ``b2``."""

    @abstractmethod
    def make_full_path(self, file_name: str) -> str:
        """Return where a file with that relative path is."""
