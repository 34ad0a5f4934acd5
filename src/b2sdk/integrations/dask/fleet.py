"""The workers of a cluster, and what they can be asked to do."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import Any
from uuid import uuid4

from distributed import Client
from typing_extensions import Self

from b2sdk.integrations.dask.account import ApiFromEnvironment, ClientOfWorker
from b2sdk.integrations.dask.jobs import CopyJob, DeleteJob, Job, ReadContent, SyncJob, VerifyJob
from b2sdk.integrations.dask.run import FleetRun
from b2sdk.name_ranges.division import PartSize
from b2sdk.scan.parse import parse_name
from b2sdk.sync.encryption_provider import AbstractSyncEncryptionSettingsProvider
from b2sdk.v3 import SERVER_DEFAULT_SYNC_ENCRYPTION_SETTINGS_PROVIDER, B2Api, Synchronizer
from b2sdk.values.name_range import ALL_NAMES, NameRange

DEFAULT_FILES_PER_RANGE = 50_000
DEFAULT_BYTES_PER_RANGE = 100 * 10**9


class Fleet:
    """The workers of a dask cluster, each process of which has a client of its own for as long as this is open::

        with Fleet(client) as fleet:
            report = fleet.sync("b2://photos", "b2://backup/photos").complete()

    What it can be asked to do are its methods; each returns a run, which begins when it is iterated over or completed.
    """

    def __init__(
        self,
        client: Client,
        make_api: Callable[[], B2Api] = ApiFromEnvironment(),  # noqa: B008  # a value
        *,
        files_per_range: int = DEFAULT_FILES_PER_RANGE,
        bytes_per_range: int = DEFAULT_BYTES_PER_RANGE,
        retries: int = 3,
    ) -> None:
        """Let the workers know how they get a client.

        :param client: a :class:`distributed.Client` that blocks.
        :param make_api: called on each worker when its first task needs a client; it must be authorized, and is closed
            when the fleet is, with its account info. A function or an object that can be pickled, which should have no
            secret in it.
        :param files_per_range: how many file versions a task looks at, before it hands back the rest of its range.
        :param bytes_per_range: and how many bytes in them.
        :param retries: how often a task is done again that has failed. How often one is done again whose worker died
            is up to the setting ``distributed.scheduler.allowed-failures`` of the scheduler.
        :raises ValueError: a size is not positive, or ``retries`` is negative.
        :raises TypeError: ``client`` is an asynchronous one.
        """
        if min(files_per_range, bytes_per_range) < 1 or retries < 0:
            raise ValueError("files_per_range and bytes_per_range must be positive, and retries not negative")
        if getattr(client, "asynchronous", False):
            raise TypeError("client must be a distributed.Client that blocks")
        self._client: Any = client
        self._most = PartSize(files_per_range, bytes_per_range)
        self._retries = retries
        self._name = f"b2sdk-{uuid4().hex[:8]}"
        self._client.register_plugin(ClientOfWorker(self._name, make_api), name=self._name)

    def sync(
        self,
        source: str,
        destination: str,
        *,
        synchronizer: Synchronizer | None = None,
        encryption_settings_provider: AbstractSyncEncryptionSettingsProvider = (
            SERVER_DEFAULT_SYNC_ENCRYPTION_SETTINGS_PROVIDER
        ),
        names: NameRange = ALL_NAMES,
        now_millis: int | None = None,
    ) -> FleetRun:
        """Make one folder like another: each worker syncs ranges of names, as :class:`Synchronizer` does.

        :param source: as :func:`parse_folder` reads it: a folder in a bucket, or the absolute path of a directory that
            all workers share.
        :param destination: the same; one of both must be in a bucket.
        :param synchronizer: says how; its ``max_workers`` are those of each range. Without events of its own. ``None``
            is one with ten workers.
        :param encryption_settings_provider: says how each file is encrypted. It is pickled, with the keys in it.
        :param names: which of the files are synced, by their paths below the folders.
        :param now_millis: milliseconds since the epoch, from which ``keep_days`` are counted back; ``None`` is now.
        :raises InvalidArgument: a folder in a bucket has no proper name.
        :raises ValueError: both are local, or a path is not absolute.
        """
        now = round(time.time() * 1000) if now_millis is None else now_millis
        choices = Synchronizer(10) if synchronizer is None else synchronizer
        return self._run(SyncJob(source, destination, choices, now, encryption_settings_provider), names)

    def verify(
        self,
        source: str,
        destination: str,
        *,
        read_content: ReadContent = "unknown",
        workers: int = 10,
        names: NameRange = ALL_NAMES,
    ) -> FleetRun:
        """Compare the SHA-1 of each file at the destination with that of its source.

        A file that is missing at the destination, or differs, is a failure. Local files are read. The SHA-1 of those in
        a bucket is the one that was recorded when they were uploaded.

        :param source: as in :meth:`sync`.
        :param destination: the same; both may be local, or in buckets.
        :param read_content: which files in buckets are downloaded: those whose SHA-1 is ``unknown``, as that of some
            large files is, ``always`` or ``never``. Then those without one count as ``("file", "without a SHA-1")``.
        :param workers: how many files each task looks at a time.
        :param names: which of the files are verified, by their paths below the folders.
        :raises InvalidArgument: a folder in a bucket has no proper name.
        :raises ValueError: an argument is none of these, or a path is not absolute.
        """
        return self._run(VerifyJob(source, destination, read_content, workers), names)

    def copy(
        self,
        source: str,
        destination: str,
        *,
        workers: int = 10,
        dry_run: bool = False,
        names: NameRange = ALL_NAMES,
    ) -> FleetRun:
        """Copy the newest version of each visible file, as :meth:`b2sdk.v3.Bucket.copy_prefix` does.

        Unlike a sync, it copies names that cannot be paths, and compares content and file info, not times: what is
        there already, of the same size, SHA-1, content type and file info, counts as ``("copy", "already done")``.

        :param source: a folder in a bucket, as :func:`parse_folder` reads it.
        :param destination: the same; neither may be in the other.
        :param workers: how many files each task copies at a time.
        :param dry_run: whether nothing is changed.
        :param names: which of the files are copied, by their paths below the folders.
        :raises InvalidArgument: a folder has no proper name.
        :raises ValueError: one is not in a bucket.
        """
        return self._run(CopyJob(source, destination, workers, dry_run), names)

    def delete(
        self,
        folder: str,
        *,
        whole_bucket: bool = False,
        workers: int = 10,
        dry_run: bool = False,
        bypass_governance: bool = False,
        unfinished: bool = False,
        names: NameRange = ALL_NAMES,
    ) -> FleetRun:
        """Delete all versions of all files in a folder of a bucket, as :meth:`b2sdk.v3.Bucket.delete_many` does.

        :param folder: as :func:`parse_folder` reads it.
        :param whole_bucket: whether the folder may be the whole bucket, so that a variable without a value does no
            harm.
        :param workers: how many versions each task deletes at a time.
        :param dry_run: whether nothing is changed.
        :param unfinished: whether unfinished large files are cancelled, too. They may be uploads in progress.
        :param names: which of the files are deleted, by their paths below the folder.
        :raises InvalidArgument: the folder has no proper name.
        :raises ValueError: it is no folder in a bucket, or the whole bucket without ``whole_bucket``.
        """
        job = DeleteJob(folder, workers, dry_run, bypass_governance, unfinished)
        job.check()
        if (parse_name(folder) or ("", ""))[1] == "" and not whole_bucket:
            raise ValueError(f"{folder!r} is a whole bucket, which whole_bucket=True deletes")
        return self._run(job, names)

    def close(self) -> None:
        """Let the workers close their clients."""
        name, self._name = self._name, ""
        if name:
            self._client.unregister_worker_plugin(name)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _run(self, job: Job, names: NameRange) -> FleetRun:
        if not self._name:
            raise RuntimeError("the fleet is closed")
        job.check()
        return FleetRun(self._client, job, names, self._most, self._retries, self._name)
