"""What is found about files that belong together, and how often."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from dataclasses import dataclass, field
from typing import ClassVar

from typing_extensions import Self

from b2sdk.file_version import FileVersion
from b2sdk.scan.path import AbstractPath, B2Path


@dataclass(frozen=True)
class AbstractScanResult(ABC):
    """What a scan finds about files that belong together. Equal results are counted together."""

    @classmethod
    @abstractmethod
    def from_files(cls, *files: AbstractPath | None) -> Self:
        """Look at the files; where there is none, it is ``None``."""


@dataclass
class AbstractScanReport(ABC):
    """Gathers results."""

    SCAN_RESULT_CLASS: ClassVar[type[AbstractScanResult]] = AbstractScanResult  # type: ignore[type-abstract]  # subclasses name theirs

    @abstractmethod
    def add(self, *files: AbstractPath | None) -> None:
        """Look at files that belong together."""


@dataclass
class CountAndSampleScanReport(AbstractScanReport):
    """Counts equal results, and keeps the versions of the first and the last files that gave each.

    Each attribute has the results as keys: ``counter_by_status`` their numbers, ``samples_by_status_first`` and
    ``samples_by_status_last`` the versions, ``None`` for a side without a file.
    """

    counter_by_status: Counter[AbstractScanResult] = field(default_factory=Counter)
    samples_by_status_first: dict[AbstractScanResult, tuple[FileVersion | None, ...]] = field(default_factory=dict)
    samples_by_status_last: dict[AbstractScanResult, tuple[FileVersion | None, ...]] = field(default_factory=dict)

    def add(self, *files: AbstractPath | None) -> None:
        status = self.SCAN_RESULT_CLASS.from_files(*files)
        sample = tuple(file.selected_version if isinstance(file, B2Path) else None for file in files)
        self.counter_by_status[status] += 1
        self.samples_by_status_first.setdefault(status, sample)
        self.samples_by_status_last[status] = sample
