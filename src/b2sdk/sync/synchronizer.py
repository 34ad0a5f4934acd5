"""A sync in threads: it is planned in the caller's, and what was decided is done in those of a queue."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import closing

from b2sdk.blocking import iterate
from b2sdk.costs import counting
from b2sdk.exception import IncompleteSync
from b2sdk.scan.folder import AbstractFolder
from b2sdk.scan.pairs import in_one_batch
from b2sdk.scan.policies import DEFAULT_SCAN_MANAGER, ScanPoliciesManager
from b2sdk.sync.action import AbstractAction
from b2sdk.sync.action_queue import ActionQueue
from b2sdk.sync.choices import SyncChoices
from b2sdk.sync.encryption_provider import (
    SERVER_DEFAULT_SYNC_ENCRYPTION_SETTINGS_PROVIDER,
    AbstractSyncEncryptionSettingsProvider,
)
from b2sdk.sync.estimate import Estimator, SyncEstimate, ignore
from b2sdk.sync.events import SyncEnded
from b2sdk.sync.plan import Plan
from b2sdk.sync.report import SyncReport

logger: logging.Logger = logging.getLogger(__name__)


class Synchronizer(SyncChoices):
    """Makes one folder like another, at least one of them in a bucket. May be used for any number of syncs."""

    def sync_folders(
        self,
        source_folder: AbstractFolder,
        dest_folder: AbstractFolder,
        now_millis: int,
        reporter: SyncReport | None,
        encryption_settings_provider: AbstractSyncEncryptionSettingsProvider = (
            SERVER_DEFAULT_SYNC_ENCRYPTION_SETTINGS_PROVIDER
        ),
    ) -> None:
        """Make the destination like the source. Each file is transferred whole, or stays as it was.

        An action that fails is reported, and the others continue. When a file cannot be decided about, nothing more is
        decided on; what was before is done first. An interruption, or an exception of the program's own reporter,
        cancels what is running and drops the rest; large files and parts that were sent are resumed next time.

        Once something at the source cannot be looked at, nothing is hidden or deleted any more that seems to be missing
        there.

        :param source_folder: what the destination is to be like.
        :param dest_folder: what is changed. A local one is made if only its parent is there.
        :param now_millis: milliseconds since the epoch, from which ``keep_days`` are counted back.
        :param reporter: receives what is done with each file, often a :class:`SyncReport`; it is closed when all are
            compared. ``None`` is silent.
        :param encryption_settings_provider: says how each file is encrypted; by default the service decides.
        :raises IncompleteSync: an action has failed.
        :raises DestFileNewer: a file is newer at the destination, and ``newer_file_mode`` is ``RAISE_ERROR``.
        :raises UnsupportedFilename: a name in the bucket cannot be a path, and the reporter is none that receives what
            is left out for that.
        :raises EmptyDirectory: the source is empty, or missing; see ``allow_empty_source``.
        :raises InvalidArgument: ``KEEP_BEFORE_DELETE`` with a local destination; ``now_millis`` in another unit.
        :raises TypeError: a folder is none, such as a path.
        :raises ValueError: both folders are local, or have different ranges of names.
        """
        self._check(source_folder, dest_folder, now_millis)
        dest_folder = self._prepare(source_folder, dest_folder, self.dry_run)
        plan = self._plan(source_folder, dest_folder, now_millis, reporter, encryption_settings_provider)
        queue = ActionQueue(self.max_workers, plan.bucket, reporter, self.dry_run, self._emit)
        planning = closing(iterate(plan.actions(in_one_batch, self.policies_manager)))
        with counting() as counted, queue, planning as planned:
            for actions in planned:
                for action in actions:
                    logger.debug("scheduling action %s on bucket %s", action, plan.bucket)
                queue.submit(actions)
        if self._emit is not None:
            self._emit(SyncEnded(counted.costs))
        if queue.has_failures:
            raise IncompleteSync("sync is incomplete")
        self._clean_up(dest_folder)

    def estimate(
        self,
        source_folder: AbstractFolder,
        dest_folder: AbstractFolder,
        now_millis: int,
        encryption_settings_provider: AbstractSyncEncryptionSettingsProvider = (
            SERVER_DEFAULT_SYNC_ENCRYPTION_SETTINGS_PROVIDER
        ),
    ) -> SyncEstimate:
        """Return what :meth:`sync_folders` would do and request; nothing is changed.

        Both folders are listed. With ``UploadMode.INCREMENTAL`` local files that may be continued are read.

        :param source_folder: what the destination is to be like.
        :param dest_folder: what would be changed; a local one need not exist.
        :param now_millis: milliseconds since the epoch, from which ``keep_days`` are counted back.
        :param encryption_settings_provider: says how each file is encrypted; by default the service decides.
        :raises DestFileNewer: a file is newer at the destination, and ``newer_file_mode`` is ``RAISE_ERROR``.
        :raises EmptyDirectory: the source is empty, or missing; see ``allow_empty_source``.
        :raises InvalidArgument: ``KEEP_BEFORE_DELETE`` with a local destination; ``now_millis`` in another unit.
        :raises TypeError: a folder is none, such as a path.
        :raises ValueError: both folders are local.
        """
        self._check(source_folder, dest_folder, now_millis)
        folders = source_folder, self._prepare(source_folder, dest_folder, dry_run=True)
        provider, make_actions = encryption_settings_provider, self._make_file_sync_actions
        plan = Plan(self, make_actions, *folders, now_millis, None, provider, ignore)
        estimator = Estimator(plan.bucket)
        with counting() as counted, closing(iterate(plan.actions(in_one_batch, self.policies_manager))) as planned:
            for actions in planned:
                estimator.add(actions)
        return estimator.estimate(counted.costs)

    def _make_folder_sync_actions(
        self,
        source_folder: AbstractFolder,
        dest_folder: AbstractFolder,
        now_millis: int,
        reporter: SyncReport | None,
        policies_manager: ScanPoliciesManager = DEFAULT_SCAN_MANAGER,
        encryption_settings_provider: AbstractSyncEncryptionSettingsProvider = (
            SERVER_DEFAULT_SYNC_ENCRYPTION_SETTINGS_PROVIDER
        ),
    ) -> Iterator[AbstractAction]:
        """Yield the actions without running them; programs call this to see a plan."""
        self._check(source_folder, dest_folder, now_millis)
        plan = self._plan(source_folder, dest_folder, now_millis, reporter, encryption_settings_provider)
        for actions in iterate(plan.actions(in_one_batch, policies_manager)):
            yield from actions

    def _plan(
        self,
        source_folder: AbstractFolder,
        dest_folder: AbstractFolder,
        now_millis: int,
        reporter: SyncReport | None,
        provider: AbstractSyncEncryptionSettingsProvider,
    ) -> Plan:
        make_actions, emit = self._make_file_sync_actions, self._emit
        return Plan(self, make_actions, source_folder, dest_folder, now_millis, reporter, provider, emit)
