"""What is chosen for a sync, whether its synchronizer blocks or not, and what is checked before it begins."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from enum import Enum

from typing_extensions import Self

from b2sdk.exception import InvalidArgument
from b2sdk.scan.clock import check_millis
from b2sdk.scan.folder import AnyFolder, names_of
from b2sdk.scan.pairs import PairLimit
from b2sdk.scan.path import AbstractPath
from b2sdk.scan.policies import DEFAULT_SCAN_MANAGER, ScanPoliciesManager
from b2sdk.sync.action import AbstractAction
from b2sdk.sync.encryption_provider import AbstractSyncEncryptionSettingsProvider
from b2sdk.sync.events import EventStream, SyncEvent
from b2sdk.sync.local_tree import MissingFolder, remove_partial_downloads, root_of
from b2sdk.sync.modes import CompareVersionMode, KeepOrDeleteMode, NewerFileSyncMode
from b2sdk.sync.policy_manager import POLICY_MANAGER, SyncPolicyManager
from b2sdk.transfer.source import UploadMode


class SyncChoices:
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
        :param on_event: called with each event, one at a time, from any thread, or in the event loop. What it raises is
            logged.
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
        self.limit: PairLimit | None = None
        self._emit = None if on_event is None else EventStream(on_event).emit
        self._validate()

    def for_part(self, limit: PairLimit, on_event: Callable[[SyncEvent], object]) -> Self:
        """Return one that makes the same choices.

        :param limit: where its syncs end; it serves for one.
        :param on_event: called with each event.
        """
        other = copy.copy(self)
        other.limit = limit
        other._emit = EventStream(on_event).emit  # noqa: SLF001  # a copy of this
        return other

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

    def _make_file_sync_actions(
        self,
        sync_type: str,
        source_path: AbstractPath | None,
        source_folder: AnyFolder,
        dest_path: AbstractPath | None,
        dest_folder: AnyFolder,
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

    def _is_deleting(self) -> bool:
        return self.keep_days_or_delete is KeepOrDeleteMode.DELETE

    def _check(self, source_folder: AnyFolder, dest_folder: AnyFolder, now_millis: int) -> None:
        """Check what a sync is given, for which no file is looked at."""
        for name, folder in (("source_folder", source_folder), ("dest_folder", dest_folder)):
            if not hasattr(folder, "folder_type"):
                raise TypeError(f"{name} must be a folder, such as parse_folder returns, not {type(folder).__name__}")
        if dest_folder.folder_type() == "local":
            if source_folder.folder_type() == "local":
                raise ValueError("Sync between two local folders is not supported!")
            if self.keep_days_or_delete is KeepOrDeleteMode.KEEP_BEFORE_DELETE:
                raise InvalidArgument("keep_days_or_delete", "cannot be used for local files")
        if names_of(source_folder) != names_of(dest_folder):
            raise ValueError("both folders must have the same range of names")
        check_millis("now_millis", now_millis)

    def _prepare(self, source_folder: AnyFolder, dest_folder: AnyFolder, dry_run: bool) -> AnyFolder:
        """Look at local folders; return the destination, which is there now, or what a dry run has in its place."""
        if dest_folder.folder_type() == "local":
            if dry_run:
                dest_folder = MissingFolder.in_place_of(dest_folder)
            else:
                dest_folder.ensure_present()
        if source_folder.folder_type() == "local" and not self.allow_empty_source:
            source_folder.ensure_non_empty()
        return dest_folder

    def _clean_up(self, dest_folder: AnyFolder) -> None:
        """Remove what nobody needs any more from a local folder that is like its source now."""
        if not names_of(dest_folder).is_whole:
            return  # the partial downloads of other names may be those of syncs that are running
        if self._is_deleting() and dest_folder.folder_type() == "local" and not self.dry_run:
            remove_partial_downloads(root_of(dest_folder))


def _check_member(parameter: str, value: object, modes: type[Enum]) -> None:
    if not isinstance(value, modes):
        raise InvalidArgument(parameter, f"must be one of :{dict(modes.__members__)}")
