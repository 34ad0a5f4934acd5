from __future__ import annotations

from collections import Counter
from dataclasses import FrozenInstanceError, dataclass
from types import SimpleNamespace
from typing import Any, ClassVar, cast

import pytest
from typing_extensions import Self

from b2sdk.file_version import FileVersion
from b2sdk.scan.path import AbstractPath, B2Path, LocalPath
from b2sdk.scan.result import AbstractScanReport, AbstractScanResult, CountAndSampleScanReport


@dataclass(frozen=True)
class Sizes(AbstractScanResult):
    sizes: tuple[int | None, ...]

    @classmethod
    def from_files(cls, *files: AbstractPath | None) -> Self:
        return cls(tuple(None if file is None else file.size for file in files))


@dataclass
class SizeReport(CountAndSampleScanReport):
    SCAN_RESULT_CLASS: ClassVar[type[AbstractScanResult]] = Sizes


def versions(*sizes: int) -> list[FileVersion]:
    return [cast("FileVersion", SimpleNamespace(size=size)) for size in sizes]


def path(version: FileVersion) -> B2Path:
    return B2Path("a", version, [])


def test_equal_results_are_counted_and_the_first_and_the_last_versions_kept() -> None:
    first, second, third, other = versions(1, 1, 1, 2)
    report = SizeReport()
    report.add(path(first), None)
    report.add(path(other), path(other))
    report.add(path(second), None)
    report.add(path(third), None)
    once, often = Sizes((2, 2)), Sizes((1, None))
    assert report.counter_by_status == Counter({often: 3, once: 1})
    assert [report.samples_by_status_first[status] for status in (often, once)] == [(first, None), (other, other)]
    assert [report.samples_by_status_last[status] for status in (often, once)] == [(third, None), (other, other)]


def test_files_that_are_in_no_bucket_have_no_version_to_keep() -> None:
    report = SizeReport()
    report.add(LocalPath("/a", "a", 0, 5))
    assert report.samples_by_status_first == {Sizes((5,)): (None,)}


def test_results_cannot_be_changed_and_the_abstract_ones_not_made() -> None:
    with pytest.raises(FrozenInstanceError):
        Sizes((1,)).sizes = (2,)  # type: ignore[misc]  # that is the point
    for abstract in (AbstractScanResult, AbstractScanReport):
        with pytest.raises(TypeError):
            cast("Any", abstract)()
