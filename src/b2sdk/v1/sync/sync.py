"""Syncs of v1: they take providers and rules of v1, and their errors have files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from typing_extensions import override

from b2sdk.exception import DestFileNewer as _AnyDestFileNewer
from b2sdk.scan import pairs
from b2sdk.scan.events import AnyReporter
from b2sdk.scan.folder import AbstractFolder
from b2sdk.scan.path import AbstractPath
from b2sdk.scan.policies import ScanPoliciesManager as _AnyPolicies
from b2sdk.sync import synchronizer
from b2sdk.sync.action import AbstractAction
from b2sdk.sync.encryption_provider import (
    SERVER_DEFAULT_SYNC_ENCRYPTION_SETTINGS_PROVIDER,
    AbstractSyncEncryptionSettingsProvider as _AnyProvider,
)
from b2sdk.sync.modes import CompareVersionMode, KeepOrDeleteMode, NewerFileSyncMode
from b2sdk.sync.policy_manager import POLICY_MANAGER, SyncPolicyManager
from b2sdk.sync.report import SyncReport
from b2sdk.v1.exception import DestFileNewer
from b2sdk.v1.sync.encryption_provider import wrap_if_necessary as encryption_wrap_if_necessary
from b2sdk.v1.sync.file import File
from b2sdk.v1.sync.file_to_path_translator import make_file_from_path, make_path_from_file
from b2sdk.v1.sync.folder import older_errors
from b2sdk.v1.sync.scan_policies import DEFAULT_SCAN_MANAGER, wrap_if_necessary as scan_wrap_if_necessary


def zip_folders(
    folder_a: AbstractFolder,
    folder_b: AbstractFolder,
    reporter: AnyReporter,
    policies_manager: _AnyPolicies = DEFAULT_SCAN_MANAGER,
) -> Iterator[tuple[AbstractPath | None, AbstractPath | None]]:
    """Yield the files of both folders; see :func:`b2sdk.scan.pairs.zip_folders`."""
    return pairs.zip_folders(folder_a, folder_b, reporter, scan_wrap_if_necessary(policies_manager))


class Synchronizer(synchronizer.Synchronizer):
    DEST_FILE_NEWER_CLASS: type[DestFileNewer] = DestFileNewer

    @override
    def __init__(
        self,
        max_workers: int,
        policies_manager: _AnyPolicies = DEFAULT_SCAN_MANAGER,
        dry_run: bool = False,
        allow_empty_source: bool = False,
        newer_file_mode: NewerFileSyncMode = NewerFileSyncMode.RAISE_ERROR,
        keep_days_or_delete: KeepOrDeleteMode = KeepOrDeleteMode.NO_DELETE,
        compare_version_mode: CompareVersionMode = CompareVersionMode.MODTIME,
        compare_threshold: int | None = None,
        keep_days: float | None = None,
        sync_policy_manager: SyncPolicyManager = POLICY_MANAGER,
    ) -> None:
        """Say how to sync; see :class:`b2sdk.sync.synchronizer.Synchronizer`."""
        super().__init__(
            max_workers,
            scan_wrap_if_necessary(policies_manager),
            dry_run,
            allow_empty_source,
            newer_file_mode,
            keep_days_or_delete,
            compare_version_mode,
            compare_threshold,
            keep_days,
            sync_policy_manager,
        )

    @override
    def sync_folders(
        self,
        source_folder: AbstractFolder,
        dest_folder: AbstractFolder,
        now_millis: int,
        reporter: SyncReport | None,
        encryption_settings_provider: _AnyProvider = SERVER_DEFAULT_SYNC_ENCRYPTION_SETTINGS_PROVIDER,
    ) -> None:
        """Make the destination like the source; see :meth:`b2sdk.sync.synchronizer.Synchronizer.sync_folders`.

        :raises CommandError: the source is empty, or missing; see ``allow_empty_source``.
        :raises DestFileNewer: the older one, which has both files with their versions.
        """
        provider = encryption_wrap_if_necessary(encryption_settings_provider)
        with self._older_errors():
            super().sync_folders(source_folder, dest_folder, now_millis, reporter, provider)

    def make_folder_sync_actions(
        self,
        source_folder: AbstractFolder,
        dest_folder: AbstractFolder,
        now_millis: int,
        reporter: SyncReport | None,
        policies_manager: _AnyPolicies = DEFAULT_SCAN_MANAGER,
        encryption_settings_provider: _AnyProvider = SERVER_DEFAULT_SYNC_ENCRYPTION_SETTINGS_PROVIDER,
    ) -> Iterator[AbstractAction]:
        """Yield what is to be done, without doing it."""
        with self._older_errors():
            yield from self._make_folder_sync_actions(
                source_folder,
                dest_folder,
                now_millis,
                reporter,
                scan_wrap_if_necessary(policies_manager),
                encryption_wrap_if_necessary(encryption_settings_provider),
            )

    def make_file_sync_actions(
        self,
        sync_type: str,
        source_file: File | None,
        dest_file: File | None,
        source_folder: AbstractFolder,
        dest_folder: AbstractFolder,
        now_millis: int,
        encryption_settings_provider: _AnyProvider = SERVER_DEFAULT_SYNC_ENCRYPTION_SETTINGS_PROVIDER,
    ) -> Iterator[AbstractAction]:
        """Yield what is to be done with one file, without doing it; ``None`` is where there is none.

        :param sync_type: ``local-to-b2``, ``b2-to-local`` or ``b2-to-b2``.
        """
        with self._older_errors():
            yield from self._make_file_sync_actions(
                sync_type,
                None if source_file is None else make_path_from_file(source_file),
                source_folder,
                None if dest_file is None else make_path_from_file(dest_file),
                dest_folder,
                now_millis,
                encryption_wrap_if_necessary(encryption_settings_provider),
            )

    @contextmanager
    def _older_errors(self) -> Iterator[None]:
        try:
            with older_errors():
                yield
        except _AnyDestFileNewer as error:
            raise self.DEST_FILE_NEWER_CLASS(
                make_file_from_path(error.dest_path),  # type: ignore[arg-type]  # of a scan
                make_file_from_path(error.source_path),  # type: ignore[arg-type]  # as above
                error.dest_prefix,
                error.source_prefix,
            ) from error
