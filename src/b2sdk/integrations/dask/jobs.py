"""What is done with a range of names: values that travel to the workers, where the ordinary engines do it."""

from __future__ import annotations

import hashlib
import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextvars import copy_context
from dataclasses import dataclass
from functools import partial
from itertools import groupby, islice
from operator import attrgetter
from typing import Any, ClassVar, Literal, TypeAlias

from b2sdk.blocking import iterate
from b2sdk.bulk.copying import check_prefixes, is_copy
from b2sdk.bulk.events import Action, Outcome
from b2sdk.bulk.steps import check_workers
from b2sdk.exception import B2Error, IncompleteSync
from b2sdk.integrations.dask.limit import RangeLimit, RangeOfB2Folder
from b2sdk.integrations.dask.report import FleetReport, Tally
from b2sdk.name_ranges.division import SAMPLE_SIZE, Sample, SampledEntry
from b2sdk.scan.events import ScanListener
from b2sdk.scan.pairs import Batches, Pair, pair_up
from b2sdk.scan.parse import parse_name
from b2sdk.scan.path import AbstractPath, B2Path, LocalPath
from b2sdk.sync.encryption_provider import AbstractSyncEncryptionSettingsProvider
from b2sdk.threads import ThreadPool
from b2sdk.v3 import (
    AbstractFolder,
    B2Api,
    B2Folder,
    FileVersion,
    LocalFolder,
    Synchronizer,
    hex_sha1_of_file,
    parse_folder,
    zip_folders,
)
from b2sdk.values.name_range import NameRange

ReadContent: TypeAlias = Literal["never", "unknown", "always"]


class Job(ABC):
    """What is done with each range."""

    name: ClassVar[str]
    """How its tasks are called."""

    @property
    @abstractmethod
    def folders(self) -> tuple[str, ...]:
        """What is worked on, as :func:`~b2sdk.v3.parse_folder` reads it."""

    @abstractmethod
    def perform(self, api: B2Api, names: NameRange, limit: RangeLimit) -> FleetReport:
        """Do it with a range up to a limit."""

    def check(self) -> None:
        """Check what the job says, before anything is submitted.

        :raises InvalidArgument: a folder in a bucket has no proper name.
        :raises ValueError: a path means another directory on each worker.
        """
        for folder in self.folders:
            if parse_name(folder) is None and not os.path.isabs(folder):  # noqa: PTH117  # a path is text here
                raise ValueError(f"the path of a shared directory must be absolute: {folder!r}")

    def samples(self, api: B2Api, names: NameRange) -> list[Sample]:
        """Return the first entries in each folder: a transaction for each one in a bucket."""
        return [_sample(opened(folder, api, names)) for folder in self.folders]


def opened(folder: str, api: B2Api, names: NameRange) -> Any:
    """Return the folder of that name, whose scan is restricted to a range."""
    return parse_folder(folder, api, partial(LocalFolder, names=names), partial(RangeOfB2Folder, names=names))


def _sample(folder: AbstractFolder) -> Sample:
    if isinstance(folder, RangeOfB2Folder):
        return folder.sample()
    if isinstance(folder, LocalFolder) and not os.path.isdir(folder.root):  # noqa: PTH112  # a path is text here
        return Sample((), is_all=True)
    found = islice(folder.all_files(ScanListener()), SAMPLE_SIZE + 1)
    entries = [SampledEntry(path.relative_path, path.size or 0) for path in found]
    return Sample(entries[:SAMPLE_SIZE], len(entries) <= SAMPLE_SIZE)


@dataclass(frozen=True)
class SyncJob(Job):
    """Makes one folder like another."""

    name: ClassVar[str] = "b2-sync"
    source: str
    destination: str
    synchronizer: Synchronizer
    now_millis: int
    provider: AbstractSyncEncryptionSettingsProvider

    @property
    def folders(self) -> tuple[str, ...]:
        return self.source, self.destination

    def check(self) -> None:
        super().check()
        if all(parse_name(folder) is None for folder in self.folders):
            raise ValueError("Sync between two local folders is not supported!")

    def perform(self, api: B2Api, names: NameRange, limit: RangeLimit) -> FleetReport:
        tally = Tally()
        source, destination = (opened(folder, api, names) for folder in self.folders)
        synchronizer = self.synchronizer.for_part(limit, tally.take)
        try:
            synchronizer.sync_folders(source, destination, self.now_millis, None, self.provider)
        except IncompleteSync:
            if not tally.report().failed:
                raise
        return tally.report()


@dataclass(frozen=True)
class VerifyJob(Job):
    """Compares the SHA-1 of each file with that of its source."""

    name: ClassVar[str] = "b2-verify"
    source: str
    destination: str
    read_content: ReadContent
    workers: int

    @property
    def folders(self) -> tuple[str, ...]:
        return self.source, self.destination

    def check(self) -> None:
        super().check()
        if self.read_content not in ("never", "unknown", "always"):
            raise ValueError(f"read_content must be never, unknown or always: {self.read_content!r}")
        check_workers(self.workers)

    def perform(self, api: B2Api, names: NameRange, limit: RangeLimit) -> FleetReport:
        tally = Tally()
        source, destination = (opened(folder, api, names) for folder in self.folders)
        pairs = limit.of(zip_folders(source, destination, _Skipped(tally)))
        context = copy_context()  # in which the requests are counted
        with ThreadPool(self.workers) as pool:
            # In portions, so that few files wait in memory.
            while some := list(islice(pairs, SAMPLE_SIZE)):
                for count in pool.map(lambda pair: context.copy().run(self._verify, api, pair), some):
                    count(tally)
        return tally.report()

    def _verify(self, api: B2Api, pair: Pair) -> Callable[[Tally], None]:
        """Compare a file with its source; return what counts it."""
        source, destination = (None if path is None or not path.is_visible() else path for path in pair)
        if source is None and destination is None:
            return lambda _tally: None
        if source is None:
            return lambda tally: tally.add("file", "only at the destination")
        path, size = source.relative_path, source.size or 0
        if destination is None:
            return lambda tally: tally.add_failure("verify", path, Unverified("it is missing at the destination"))
        try:
            if source.size != destination.size:
                raise Unverified(f"it has {destination.size} bytes instead of {source.size}")
            sha1s = [self._sha1(api, source), self._sha1(api, destination)]
        except (B2Error, OSError) as error:
            return partial(_fail, path, error)
        if None in sha1s:
            return lambda tally: tally.add("file", "without a SHA-1")
        if sha1s[0] != sha1s[1]:
            return partial(_fail, path, Unverified(f"its SHA-1 is {sha1s[1]} instead of {sha1s[0]}"))
        return lambda tally: tally.add("file", "verified", size)

    def _sha1(self, api: B2Api, path: AbstractPath) -> str | None:
        if isinstance(path, LocalPath):
            return hex_sha1_of_file(path.absolute_path)
        version: FileVersion = path.selected_version  # type: ignore[attr-defined]  # a B2Path
        recorded = version.get_content_sha1() if version.content_sha1_verified else None
        if self.read_content == "never" or (recorded and self.read_content == "unknown"):
            return recorded
        digest = hashlib.sha1()
        api.download_file_by_id(version.id_).save(_Digesting(digest))
        return digest.hexdigest()


@dataclass(frozen=True)
class CopyJob(Job):
    """Copies the newest version of each visible file, whatever its name is."""

    name: ClassVar[str] = "b2-copy"
    source: str
    destination: str
    workers: int
    dry_run: bool

    @property
    def folders(self) -> tuple[str, ...]:
        return self.source, self.destination

    def check(self) -> None:
        super().check()
        for folder in self.folders:
            if parse_name(folder) is None:
                raise ValueError(f"what is copied stays in buckets: {folder!r}")
        check_workers(self.workers)

    def perform(self, api: B2Api, names: NameRange, limit: RangeLimit) -> FleetReport:
        tally = Tally()
        source, destination = (opened(folder, api, names) for folder in self.folders)
        check_prefixes(source.bucket.id_, source.prefix, destination.bucket.id_, destination.prefix)
        pairs = limit.of(iterate(pair_up(_all_names(source), _all_names(destination))))
        copies = _not_copied(pairs, destination, tally)
        choices: dict[str, Any] = {"workers": self.workers, "dry_run": self.dry_run, "skip_copied": False}
        for event in source.bucket.copy_many(copies, destination=destination.bucket, **choices):
            tally.take_bulk(event)
        return tally.report()


async def _all_names(folder: RangeOfB2Folder) -> Batches:
    """Yield all names in the range with their versions, as one batch; also those that cannot be paths."""
    finished = (version for version in folder.get_file_versions() if version.action != "start")
    listed = ((name, list(versions)) for name, versions in groupby(finished, attrgetter("file_name")))
    yield (B2Path(name[len(folder.prefix) :], versions[0], versions) for name, versions in listed)


def _not_copied(pairs: Iterator[Pair], destination: B2Folder, tally: Tally) -> Iterator[tuple[FileVersion, str]]:
    """Yield what is to be copied, with its new name, and count what has been copied."""
    for path, copy in pairs:
        if not isinstance(path, B2Path) or not path.is_visible():
            continue
        version = path.selected_version
        if isinstance(copy, B2Path) and is_copy(copy.selected_version, version):
            tally.add(Action.COPY.value, Outcome.ALREADY_DONE.value)
        else:
            yield version, destination.make_full_path(path.relative_path)


@dataclass(frozen=True)
class DeleteJob(Job):
    """Deletes all versions of all files in a folder."""

    name: ClassVar[str] = "b2-delete"
    folder: str
    workers: int
    dry_run: bool
    bypass_governance: bool
    unfinished: bool

    @property
    def folders(self) -> tuple[str, ...]:
        return (self.folder,)

    def check(self) -> None:
        super().check()
        if parse_name(self.folder) is None:
            raise ValueError(f"what is deleted must be in a bucket: {self.folder!r}")
        check_workers(self.workers)

    def perform(self, api: B2Api, names: NameRange, limit: RangeLimit) -> FleetReport:
        tally = Tally()
        folder: RangeOfB2Folder = opened(self.folder, api, names)
        listed = limit.of_versions(folder.get_file_versions(), folder.prefix)
        versions = (one for one in listed if self.unfinished or one.action != "start")
        choices = {"dry_run": self.dry_run, "bypass_governance": self.bypass_governance}
        for event in folder.bucket.delete_many(versions, workers=self.workers, **choices):
            tally.take_bulk(event)
        return tally.report()


class Unverified(B2Error):
    """A file is not like its source."""


def _fail(path: str, error: Exception, tally: Tally) -> None:
    tally.add_failure("verify", path, error)


class _Digesting:
    """A file that only computes the SHA-1 of what is written to it."""

    def __init__(self, digest: Any) -> None:
        self._update = digest.update

    def seekable(self) -> bool:
        return False

    def write(self, block: bytes) -> int:
        self._update(block)
        return len(block)


class _Skipped(ScanListener):
    def __init__(self, tally: Tally) -> None:
        self._tally = tally

    def skipped(self, event: Any) -> None:
        self._tally.take(event)
