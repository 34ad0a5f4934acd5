"""A sync: walks two folders side by side, decides about each file, and has the actions run."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Generator, Iterator
from enum import Enum
from typing import NamedTuple

from b2sdk.exception import EmptyDirectory, IncompleteSync, InvalidArgument, UnsupportedFilename
from b2sdk.scan.clock import check_millis
from b2sdk.scan.events import EntrySkipped, Reporter, ScanListener, SkipReason, hears_of_all, report_skipped
from b2sdk.scan.folder import AbstractFolder, AnyFolder
from b2sdk.scan.pairs import zip_folders
from b2sdk.scan.path import AbstractPath
from b2sdk.scan.policies import DEFAULT_SCAN_MANAGER, ScanPoliciesManager
from b2sdk.sync.action import AbstractAction
from b2sdk.sync.action_queue import ActionQueue
from b2sdk.sync.comparison import why_kept
from b2sdk.sync.encryption_provider import (
    SERVER_DEFAULT_SYNC_ENCRYPTION_SETTINGS_PROVIDER,
    AbstractSyncEncryptionSettingsProvider,
)
from b2sdk.sync.events import (
    ActionPlanned,
    ComparisonEnded,
    EventStream,
    FileUpToDate,
    RemovalsWithheld,
    SyncEvent,
)
from b2sdk.sync.local_tree import MissingFolder, remove_partial_downloads, root_of
from b2sdk.sync.modes import CompareVersionMode, KeepOrDeleteMode, NewerFileSyncMode
from b2sdk.sync.policy_manager import POLICY_MANAGER, SyncPolicyManager
from b2sdk.sync.report import SyncReport
from b2sdk.sync.source import WatchedSource
from b2sdk.text import printed_name
from b2sdk.transfer.local_path import without_windows_prefix
from b2sdk.transfer.source import UploadMode
from b2sdk.values.file_name import problem_as_stored_name

logger: logging.Logger = logging.getLogger(__name__)


class _Where(NamedTuple):
    """What all files of a sync have in common."""

    sync_type: str
    source_folder: AbstractFolder
    dest_folder: AbstractFolder
    now_millis: int
    encryption_settings_provider: AbstractSyncEncryptionSettingsProvider


class Synchronizer:
    """Makes one folder like another, at least one of them in a bucket. May be used for any number of syncs."""

    def __init__(
        self,
        max_workers: int,
        policies_manager: ScanPoliciesManager = DEFAULT_SCAN_MANAGER,
        dry_run: bool = False,
        allow_empty_source: bool = False,
        newer_file_mode: NewerFileSyncMode = NewerFileSyncMode.RAISE_ERROR,
        keep_days_or_delete: KeepOrDeleteMode = KeepOrDeleteMode.NO_DELETE,
        compare_version_mode: CompareVersionMode = CompareVersionMode.MODTIME,
        compare_threshold: int | None = None,
        keep_days: float | None = None,
        sync_policy_manager: SyncPolicyManager = POLICY_MANAGER,
        upload_mode: UploadMode = UploadMode.FULL,
        absolute_minimum_part_size: int | None = None,
        *,
        on_event: Callable[[SyncEvent], object] | None = None,
    ) -> None:
        """Say how to sync.

        :param max_workers: how many actions may run at a time.
        :param policies_manager: what is left out of the source. What is left out is not at the source, so with
            ``KeepOrDeleteMode.DELETE`` it is deleted at the destination.
        :param dry_run: report what would be done, and do nothing.
        :param allow_empty_source: whether the source may be empty. Without it, a local one that is empty is refused,
            and one in a bucket if anything would be hidden or deleted at the destination.
        :param newer_file_mode: what happens to a file whose destination is newer than its source.
        :param keep_days_or_delete: what happens to a file that is not at the source, and to old versions.
        :param compare_version_mode: whether two files are compared by their times or their sizes, or not at all.
        :param compare_threshold: milliseconds, or bytes, that do not count as a difference; ``None`` is 0.
        :param keep_days: days after which hidden files and old versions are deleted, may be a fraction. If it is given,
            it holds in any mode but ``KeepOrDeleteMode.DELETE``.
        :param sync_policy_manager: makes the policy that decides about each file.
        :param upload_mode: whether a file that begins like the version in the bucket is sent only from there on.
        :param absolute_minimum_part_size: bytes that a stored version must have for that; ``None`` is 5 MB.
        :param on_event: called with each event, one at a time, from any thread. What it raises is logged.
        :raises InvalidArgument: a mode is none, a threshold is negative, there is no worker, or ``keep_days`` is
            missing.
        """
        self.newer_file_mode = newer_file_mode
        self.keep_days_or_delete = keep_days_or_delete
        self.keep_days = keep_days
        self.compare_version_mode = compare_version_mode
        self.compare_threshold: int = compare_threshold or 0
        self.dry_run = dry_run
        self.allow_empty_source = allow_empty_source
        self.policies_manager = policies_manager
        self.sync_policy_manager = sync_policy_manager
        self.max_workers = max_workers
        self.upload_mode = upload_mode
        self.absolute_minimum_part_size = absolute_minimum_part_size
        self._events = None if on_event is None else EventStream(on_event)
        self._validate()

    def _validate(self) -> None:
        if self.max_workers < 1:
            raise InvalidArgument("max_workers", "must be a positive integer")
        if self.compare_threshold < 0:
            raise InvalidArgument("compare_threshold", "must be a positive integer")
        _check_member("newer_file_mode", self.newer_file_mode, NewerFileSyncMode)
        _check_member("keep_days_or_delete", self.keep_days_or_delete, KeepOrDeleteMode)
        _check_member("compare_version_mode", self.compare_version_mode, CompareVersionMode)
        if self.keep_days_or_delete is KeepOrDeleteMode.KEEP_BEFORE_DELETE and self.keep_days is None:
            raise InvalidArgument(
                "keep_days", "is required when keep_days_or_delete is KeepOrDeleteMode.KEEP_BEFORE_DELETE"
            )

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
        :raises ValueError: both folders are local.
        """
        self._check_kinds(source_folder, dest_folder)
        check_millis("now_millis", now_millis)
        if dest_folder.folder_type() == "local":
            if self.dry_run:
                dest_folder = MissingFolder.in_place_of(dest_folder)
            else:
                _foreign(dest_folder).ensure_present()
        if source_folder.folder_type() == "local" and not self.allow_empty_source:
            _foreign(source_folder).ensure_non_empty()
        bucket = _foreign(dest_folder if dest_folder.folder_type() == "b2" else source_folder).bucket
        planned = self._plan(
            source_folder, dest_folder, now_millis, reporter, self.policies_manager, encryption_settings_provider
        )
        queue = ActionQueue(self.max_workers, bucket, reporter, self.dry_run, self._events)
        with queue, contextlib.closing(planned):
            for actions in planned:
                for action in actions:
                    logger.debug("scheduling action %s on bucket %s", action, bucket)
                queue.submit(actions)
        if queue.has_failures:
            raise IncompleteSync("sync is incomplete")
        if self._is_deleting() and dest_folder.folder_type() == "local" and not self.dry_run:
            remove_partial_downloads(root_of(dest_folder))

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
        self._check_kinds(source_folder, dest_folder)
        check_millis("now_millis", now_millis)
        for actions in self._plan(
            source_folder, dest_folder, now_millis, reporter, policies_manager, encryption_settings_provider
        ):
            yield from actions

    def _plan(
        self,
        source_folder: AbstractFolder,
        dest_folder: AbstractFolder,
        now_millis: int,
        reporter: SyncReport | None,
        policies_manager: ScanPoliciesManager,
        provider: AbstractSyncEncryptionSettingsProvider,
    ) -> Generator[list[AbstractAction], None, None]:
        """Yield the actions for each file for which there are any, in the order of the names."""
        listener = reporter if self._events is None else _EventListener(reporter, self._events)
        sync_type = f"{source_folder.folder_type()}-to-{dest_folder.folder_type()}"
        where = _Where(sync_type, source_folder, dest_folder, now_millis, provider)
        is_up_to_date = self._shortcut(sync_type)
        count = size = 0
        watched = WatchedSource(source_folder) if self._is_deleting() or self.keep_days else None
        for source, dest in zip_folders(watched or source_folder, dest_folder, listener, policies_manager):
            if source is not None and reporter is not None:
                reporter.update_total(1)
                reporter.update_compare(1)
            is_same = source is not None and dest is not None and is_up_to_date(source, dest)
            actions = [] if is_same else self._decide(where, source, dest, listener)
            if actions and source is None and dest is not None and watched is not None:
                actions = actions if self._is_missing(watched, dest, reporter) else []
            if self._events is not None:
                self._emit_decision(self._events, source, dest, actions)
            if actions:
                count += len(actions)
                size += sum(action.get_bytes() for action in actions)
                yield actions
        if reporter is not None:
            reporter.end_total()
            reporter.end_compare(count, size)
        if self._events is not None:
            self._events.emit(ComparisonEnded(count, size))

    def _shortcut(self, sync_type: str) -> Callable[[AbstractPath, AbstractPath], bool]:
        """Return what finds files for which there is no action, unless a program decides in its own way."""
        manager = self.sync_policy_manager
        if type(manager) is not SyncPolicyManager:
            return lambda _source, _dest: False
        is_up_to_date = manager.get_policy_class(sync_type, self._is_deleting(), self.keep_days).is_up_to_date
        options = self.compare_threshold, self.compare_version_mode, self.newer_file_mode
        return lambda source, dest: is_up_to_date(source, dest, *options)

    def _decide(
        self, where: _Where, source: AbstractPath | None, dest: AbstractPath | None, listener: Reporter | None
    ) -> list[AbstractAction]:
        """Return the actions for one file; none if its name cannot be a path or stored, which is reported."""
        try:
            actions = list(
                self._make_file_sync_actions(
                    where.sync_type,
                    source,
                    where.source_folder,
                    dest,
                    where.dest_folder,
                    where.now_millis,
                    where.encryption_settings_provider,
                )
            )
        except UnsupportedFilename as error:
            if not hears_of_all(listener):
                raise
            report_skipped(listener, error.filename, SkipReason.UNSUPPORTED_NAME, error.message)
            return []
        is_stored = where.dest_folder.folder_type() == "b2" and any(action.is_transfer for action in actions)
        if is_stored and source is not None:
            problem = problem_as_stored_name(where.dest_folder.make_full_path(source.relative_path))
            if problem is not None:
                path = where.source_folder.make_full_path(source.relative_path)
                report_skipped(listener, path, SkipReason.INVALID_NAME, problem)
                return []
        return actions

    def _is_missing(self, source: WatchedSource, dest: AbstractPath, reporter: SyncReport | None) -> bool:
        """Whether it is certain that what is only at the destination is not at the source.

        :raises EmptyDirectory: there is nothing at all in the bucket that is the source, and that is not allowed.
        """
        if source.is_empty and source.folder_type() == "b2" and not self.allow_empty_source:
            raise EmptyDirectory(source.url())
        if source.lacks(dest.relative_path):
            return True
        if source.unseen is not None and not source.is_reported:
            source.is_reported = True
            logger.warning("nothing is hidden or deleted any more: not all of the source could be looked at")
            if reporter is not None:
                unseen = printed_name(without_windows_prefix(source.unseen))
                reporter.print_completion(f"WARNING: nothing is hidden or deleted any more, as {unseen} was not seen")
            if self._events is not None:
                self._events.emit(RemovalsWithheld(source.unseen))
        return False

    def _make_file_sync_actions(
        self,
        sync_type: str,
        source_path: AbstractPath | None,
        source_folder: AbstractFolder,
        dest_path: AbstractPath | None,
        dest_folder: AbstractFolder,
        now_millis: int,
        provider: AbstractSyncEncryptionSettingsProvider,
    ) -> Iterator[AbstractAction]:
        policy = self.sync_policy_manager.get_policy(
            sync_type,
            source_path,
            source_folder,
            dest_path,
            dest_folder,
            now_millis,
            self._is_deleting(),
            self.keep_days,
            self.newer_file_mode,
            self.compare_threshold,
            self.compare_version_mode,
            provider,
            self.upload_mode,
            self.absolute_minimum_part_size,
        )
        return policy.get_all_actions()

    def _emit_decision(
        self,
        events: EventStream,
        source: AbstractPath | None,
        dest: AbstractPath | None,
        actions: list[AbstractAction],
    ) -> None:
        is_left = not any(action.is_transfer for action in actions)
        if is_left and source is not None and dest is not None and source.is_visible():
            reason = why_kept(source, dest, self.compare_version_mode, self.compare_threshold)
            events.emit(FileUpToDate(source.relative_path, reason))
        for action in actions:
            events.emit(ActionPlanned(*action.description()))

    def _is_deleting(self) -> bool:
        return self.keep_days_or_delete is KeepOrDeleteMode.DELETE

    def _check_kinds(self, source_folder: AbstractFolder, dest_folder: AbstractFolder) -> None:
        for name, folder in (("source_folder", source_folder), ("dest_folder", dest_folder)):
            if not hasattr(folder, "folder_type"):
                raise TypeError(f"{name} must be a folder, such as parse_folder returns, not {type(folder).__name__}")
        if dest_folder.folder_type() != "local":
            return
        if source_folder.folder_type() == "local":
            raise ValueError("Sync between two local folders is not supported!")
        if self.keep_days_or_delete is KeepOrDeleteMode.KEEP_BEFORE_DELETE:
            raise InvalidArgument("keep_days_or_delete", "cannot be used for local files")


class _EventListener(ScanListener):
    """Receives what a scan skips, and passes it on: as an event, and to the reporter by the reporter's own method."""

    def __init__(self, reporter: Reporter | None, events: EventStream) -> None:
        self._reporter = reporter
        self._events = events

    def skipped(self, event: EntrySkipped) -> None:
        self._events.emit(event)
        report_skipped(self._reporter, event.path, event.reason, event.detail)

    def close(self) -> None:
        if self._reporter is not None:
            self._reporter.close()


def _check_member(parameter: str, value: object, modes: type[Enum]) -> None:
    if not isinstance(value, modes):
        raise InvalidArgument(parameter, f"must be one of :{dict(modes.__members__)}")


def _foreign(folder: AbstractFolder) -> AnyFolder:
    """Return a folder with the attributes of its own type; programs may have folders of their own."""
    return folder
