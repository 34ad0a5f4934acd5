"""How far the replication of a bucket is: its files beside those that were made of them."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from typing import ClassVar, Protocol, cast

from b2sdk.bucket import Bucket
from b2sdk.replication.report import ReplicationReport
from b2sdk.scan.b2_folder import B2Folder, FolderApi, workers_option
from b2sdk.scan.events import AnyReporter
from b2sdk.scan.pairs import zip_folders
from b2sdk.scan.path import B2Path
from b2sdk.scan.policies import DEFAULT_SCAN_MANAGER, ScanPoliciesManager
from b2sdk.scan.report import ProgressReport
from b2sdk.scan.result import AbstractScanReport
from b2sdk.values.replication import ReplicationRule


class MonitorApi(FolderApi, Protocol):
    """What the monitor needs of the API."""

    def get_bucket_by_id(self, bucket_id: str) -> Bucket: ...


def _report_on_stdout() -> ProgressReport:
    return ProgressReport(sys.stdout, no_progress=False)


@dataclass
class ReplicationMonitor:
    """Compares the files under a rule of a bucket with those in the destination.

    Of a prefix without a slash at its end only what is in the folder of that name is compared, not other names that
    begin so. The default ``report`` writes its progress to ``stdout`` from the beginning; ``None`` is silent.

    :param bucket: the source.
    :param rule: one of its replication rules.
    :param destination_api: the ``B2Api`` of the destination, if that is in another account.
    :param report: a :class:`ProgressReport`, another scan listener, or ``None``.
    :param scan_policies_manager: what is left out of the source. The rest of the destination then has no source.
    :param workers: in how many ranges of names at most each side is listed at once; see :meth:`Bucket.ls`.
    :raises ValueError: the bucket has no replication configuration, or the rule is none of its rules.
    """

    REPORT_CLASS: ClassVar[type[AbstractScanReport]] = ReplicationReport
    B2_FOLDER_CLASS: ClassVar[type[B2Folder]] = B2Folder
    QUEUE_SIZE: ClassVar[int] = 20_000
    """Kept for subclasses that set it. Files are looked at as they are listed, so none wait in a queue."""

    bucket: Bucket
    """The source."""
    rule: ReplicationRule
    destination_api: MonitorApi | None = None
    """The API of the destination, if that is in another account."""
    report: AnyReporter = field(default_factory=_report_on_stdout)
    """A :class:`ProgressReport`, another listener to the scan, or ``None``."""
    scan_policies_manager: ScanPoliciesManager = DEFAULT_SCAN_MANAGER
    """What is left out of the source. The rest of the destination then has no source."""
    workers: int = field(default=1, kw_only=True)
    """In how many ranges of names at most each side is listed at once."""

    def __post_init__(self) -> None:
        if not self.bucket.replication:
            raise ValueError(f"Bucket {self.bucket} has no replication configuration")
        if self.rule not in self.bucket.replication.rules:
            raise ValueError(f"Rule {self.rule} is not a rule from {self.bucket}")

    @property
    def source_api(self) -> MonitorApi:
        """The ``B2Api`` of the source."""
        return self.bucket.api

    @property
    def source_folder(self) -> B2Folder:
        """The folder in the source that the rule is for."""
        return self._folder(self.bucket, self.source_api)

    @property
    def destination_bucket(self) -> Bucket:
        """The destination, which is looked up each time."""
        api = self.source_api if self.destination_api is None else self.destination_api
        return api.get_bucket_by_id(self.rule.destination_bucket_id)

    @property
    def destination_folder(self) -> B2Folder:
        """The folder in the destination that the rule is for."""
        bucket = self.destination_bucket
        return self._folder(bucket, bucket.api)

    def _folder(self, bucket: Bucket, api: MonitorApi) -> B2Folder:
        options = workers_option(self.workers)
        return self.B2_FOLDER_CLASS(bucket.name or "", self.rule.file_name_prefix, api, **options)

    def iter_pairs(self) -> Iterator[tuple[B2Path | None, B2Path | None]]:
        """Yield each file of the source with that of the destination, ``None`` where one is missing.

        Paths are relative to the prefix of the rule. The report is closed at the end.
        """
        pairs = zip_folders(self.source_folder, self.destination_folder, self.report, self.scan_policies_manager)
        return cast("Iterator[tuple[B2Path | None, B2Path | None]]", pairs)

    def scan(self, scan_destination: bool = True) -> AbstractScanReport:
        """Look at all files and return what was found, as :attr:`REPORT_CLASS`.

        No more than two pages of the listing of each side are fetched ahead of what is looked at, unless there are
        several :attr:`workers`.

        :param scan_destination: without it, only the source is listed, and the result has nothing else.
        """
        result = self.REPORT_CLASS()
        progress = self.report if isinstance(self.report, ProgressReport) else None
        try:
            with contextlib.closing(self._files(scan_destination)) as found:
                for files in found:
                    result.add(*files)
                    if progress is not None:
                        progress.update_count(1)
        finally:
            if progress is not None:
                progress.close()
        return result

    def _files(self, scan_destination: bool) -> Generator[tuple[B2Path | None, ...], None, None]:
        if scan_destination:
            yield from self.iter_pairs()
        else:
            for file in self.source_folder.all_files(self.report, self.scan_policies_manager):
                yield (file,)
