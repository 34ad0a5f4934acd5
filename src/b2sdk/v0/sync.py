"""Syncs of v0: functions that take the parsed arguments of a command line, and errors that speak of its options."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TextIO

from typing_extensions import override

from b2sdk.exception import IncompleteSync, InvalidArgument
from b2sdk.scan.folder import AbstractFolder
from b2sdk.scan.policies import ScanPoliciesManager as _AnyPolicies
from b2sdk.sync.action import AbstractAction
from b2sdk.sync.encryption_provider import (
    SERVER_DEFAULT_SYNC_ENCRYPTION_SETTINGS_PROVIDER,
    AbstractSyncEncryptionSettingsProvider as _AnyProvider,
)
from b2sdk.sync.modes import CompareVersionMode, KeepOrDeleteMode, NewerFileSyncMode
from b2sdk.sync.report import SyncReport as _AnyReport
from b2sdk.v0.exception import DestFileNewer
from b2sdk.v1.exception import CommandError
from b2sdk.v1.sync import DEFAULT_SCAN_MANAGER
from b2sdk.v1.sync.report import SyncReport
from b2sdk.v1.sync.sync import Synchronizer as SynchronizerV1


class Synchronizer(SynchronizerV1):
    """Like v1's; errors about arguments and an incomplete sync are a ``CommandError``.

    :raises CommandError: an argument is wrong.
    """

    DEST_FILE_NEWER_CLASS: type[DestFileNewer] = DestFileNewer

    if not TYPE_CHECKING:  # its parameters are those that it inherits

        def __init__(self, *args: object, **kwargs: object) -> None:
            with _command_errors():
                super().__init__(*args, **kwargs)

    @contextmanager
    @override
    def _older_errors(self) -> Iterator[None]:
        with _command_errors(), super()._older_errors():
            yield


@contextmanager
def _command_errors() -> Iterator[None]:
    try:
        yield
    except InvalidArgument as error:
        raise CommandError(f"--{error.parameter_name} {error.message}") from error
    except IncompleteSync as error:
        raise CommandError(str(error)) from error


_COMPARED_BY = {
    "none": CompareVersionMode.NONE,
    "modTime": CompareVersionMode.MODTIME,
    "size": CompareVersionMode.SIZE,
    None: CompareVersionMode.MODTIME,
}


def get_synchronizer_from_args(
    args: Any,
    max_workers: int,
    policies_manager: _AnyPolicies = DEFAULT_SCAN_MANAGER,
    dry_run: bool = False,
    allow_empty_source: bool = False,
) -> Synchronizer:
    """Return what syncs as the parsed arguments of a command line say.

    :param args: has ``delete``, ``keepDays``, ``skipNewer``, ``replaceNewer``, ``compareVersions`` (``none``,
        ``modTime``, ``size``, or ``None``, which is ``modTime``) and ``compareThreshold``.
    :raises CommandError: they contradict each other.
    """
    if args.replaceNewer and args.skipNewer:
        raise CommandError("--skipNewer and --replaceNewer are incompatible")
    if args.delete and args.keepDays is not None:
        raise CommandError("--delete and --keepDays are incompatible")
    if args.compareVersions not in _COMPARED_BY:
        raise CommandError("Invalid option for --compareVersions")
    newer = NewerFileSyncMode.SKIP if args.skipNewer else NewerFileSyncMode.RAISE_ERROR
    keep = KeepOrDeleteMode.KEEP_BEFORE_DELETE if args.keepDays else KeepOrDeleteMode.NO_DELETE
    return Synchronizer(
        max_workers,
        policies_manager=policies_manager,
        dry_run=dry_run,
        allow_empty_source=allow_empty_source,
        newer_file_mode=NewerFileSyncMode.REPLACE if args.replaceNewer else newer,
        keep_days_or_delete=KeepOrDeleteMode.DELETE if args.delete else keep,
        compare_version_mode=_COMPARED_BY[args.compareVersions],
        compare_threshold=args.compareThreshold,
        keep_days=args.keepDays or None,
    )


def make_folder_sync_actions(
    source_folder: AbstractFolder,
    dest_folder: AbstractFolder,
    args: Any,
    now_millis: int,
    reporter: _AnyReport | None,
    policies_manager: _AnyPolicies = DEFAULT_SCAN_MANAGER,
    encryption_settings_provider: _AnyProvider = SERVER_DEFAULT_SYNC_ENCRYPTION_SETTINGS_PROVIDER,
) -> Iterator[AbstractAction]:
    """Yield what is to be done, without doing it; ``args`` and errors as for :func:`get_synchronizer_from_args`."""
    return get_synchronizer_from_args(args, 1, policies_manager).make_folder_sync_actions(
        source_folder, dest_folder, now_millis, reporter, policies_manager, encryption_settings_provider
    )


def sync_folders(
    source_folder: AbstractFolder,
    dest_folder: AbstractFolder,
    args: Any,
    now_millis: int,
    stdout: TextIO,
    no_progress: bool,
    max_workers: int,
    policies_manager: _AnyPolicies = DEFAULT_SCAN_MANAGER,
    dry_run: bool = False,
    allow_empty_source: bool = False,
    encryption_settings_provider: _AnyProvider = SERVER_DEFAULT_SYNC_ENCRYPTION_SETTINGS_PROVIDER,
) -> None:
    """Make the destination like the source, and report on ``stdout``.

    :param args: and errors, as for :func:`get_synchronizer_from_args`.
    :raises CommandError: an action has failed, or the source is empty.
    :raises DestFileNewer: a file is newer at the destination.
    """
    synchronizer = get_synchronizer_from_args(args, max_workers, policies_manager, dry_run, allow_empty_source)
    with SyncReport(stdout, no_progress) as reporter:
        synchronizer.sync_folders(source_folder, dest_folder, now_millis, reporter, encryption_settings_provider)
