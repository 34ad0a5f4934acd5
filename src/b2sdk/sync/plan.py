"""What is to be done in one sync: each file at the source or the destination is decided about, in order.

How folders are listed, and who does what was decided, is not known here.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing
from functools import partial
from typing import Any, TypeAlias

from b2sdk.exception import EmptyDirectory, UnsupportedFilename
from b2sdk.scan.events import EntrySkipped, Reporter, ScanListener, SkipReason, hears_of_all, report_skipped
from b2sdk.scan.folder import AnyFolder, names_of
from b2sdk.scan.pairs import Batches, Pair, pair_up
from b2sdk.scan.path import AbstractPath
from b2sdk.scan.policies import ScanPoliciesManager
from b2sdk.sync.action import AbstractAction
from b2sdk.sync.choices import SyncChoices
from b2sdk.sync.comparison import why_kept
from b2sdk.sync.encryption_provider import AbstractSyncEncryptionSettingsProvider
from b2sdk.sync.events import ActionPlanned, ComparisonEnded, FileUpToDate, RemovalsWithheld
from b2sdk.sync.modes import KeepOrDeleteMode
from b2sdk.sync.performance import Emit
from b2sdk.sync.policy_manager import SyncPolicyManager
from b2sdk.sync.report import SyncReport
from b2sdk.sync.source import WatchedSource
from b2sdk.text import printed_name
from b2sdk.transfer.local_path import without_windows_prefix
from b2sdk.values.file_name import problem_as_stored_name
from b2sdk.values.name_range import ALL_NAMES

logger: logging.Logger = logging.getLogger(__name__)

ListFiles: TypeAlias = Callable[..., Batches]
"""Lists a folder, which comes first; what follows are the arguments of its ``all_files``."""

MakeActions: TypeAlias = Callable[..., Iterator[AbstractAction]]
"""Makes the actions for one file, of which ``Synchronizer._make_file_sync_actions`` tells the arguments."""


class Plan:
    """The plan of one sync, which is made once."""

    def __init__(
        self,
        choices: SyncChoices,
        make_actions: MakeActions,
        source_folder: AnyFolder,
        dest_folder: AnyFolder,
        now_millis: int,
        reporter: SyncReport | None,
        provider: AbstractSyncEncryptionSettingsProvider,
        emit: Emit | None,
    ) -> None:
        """Say what is synced; ``emit`` receives what is decided, and what was left out."""
        self._choices = choices
        self._make_actions = make_actions
        self._is_deleting = choices.keep_days_or_delete is KeepOrDeleteMode.DELETE
        self._source_folder = source_folder
        self._dest_folder = dest_folder
        self._now_millis = now_millis
        self._reporter = reporter
        self._provider = provider
        self._emit = emit
        self._sync_type = f"{source_folder.folder_type()}-to-{dest_folder.folder_type()}"
        self._listener = reporter if emit is None else _EventListener(reporter, emit)
        self._watched = WatchedSource(source_folder) if self._is_deleting or choices.keep_days else None
        self._count = 0
        self._size = 0

    @property
    def bucket(self) -> Any:
        """The bucket at the destination or, if that is local, at the source."""
        return (self._dest_folder if self._dest_folder.folder_type() == "b2" else self._source_folder).bucket

    async def actions(
        self, list_files: ListFiles, policies_manager: ScanPoliciesManager
    ) -> AsyncGenerator[Iterator[list[AbstractAction]], None]:
        """Yield the actions for each file for which there are any, in the order of the names.

        They come in batches, each of which is decided on while it is iterated, and used up before the next is asked
        for. For errors see :meth:`~b2sdk.sync.synchronizer.Synchronizer.sync_folders`.
        """
        if self._watched is None:
            source = list_files(self._source_folder, self._listener, policies_manager)
        else:
            listener = self._watched.listener(self._listener)
            outside = None
            if not names_of(self._source_folder).is_whole:
                whole = self._source_folder.with_names(ALL_NAMES)
                outside = partial(list_files, whole, ScanListener(), policies_manager)
            source = self._watched.watch(list_files(self._source_folder, listener, policies_manager), outside)
        dest = list_files(self._dest_folder, self._listener)
        limit = self._choices.limit
        async with aclosing(pair_up(source, dest)) as batches:
            async for pairs in batches:
                yield self._decide_on(pairs if limit is None else limit.of(pairs))
                if limit is not None and limit.end is not None:
                    break
        if self._listener is not None:
            self._listener.close()
        if self._reporter is not None:
            self._reporter.end_total()
            self._reporter.end_compare(self._count, self._size)
        if self._emit is not None:
            self._emit(ComparisonEnded(self._count, self._size))

    def _decide_on(self, pairs: Iterator[Pair]) -> Iterator[list[AbstractAction]]:
        reporter, watched, emit = self._reporter, self._watched, self._emit
        is_up_to_date = self._shortcut()
        for source, dest in pairs:
            if source is not None and reporter is not None:
                reporter.update_total(1)
                reporter.update_compare(1)
            is_same = source is not None and dest is not None and is_up_to_date(source, dest)
            actions = [] if is_same else self._decide(source, dest)
            if actions and source is None and dest is not None and watched is not None:
                actions = actions if self._is_missing(watched, dest) else []
            if emit is not None:
                self._emit_decision(emit, source, dest, actions)
            if actions:
                self._count += len(actions)
                self._size += sum(action.get_bytes() for action in actions)
                yield actions

    def _shortcut(self) -> Callable[[AbstractPath, AbstractPath], bool]:
        """Return what finds files for which there is no action, unless a program decides in its own way."""
        choices = self._choices
        manager = choices.sync_policy_manager
        if type(manager) is not SyncPolicyManager:
            return lambda _source, _dest: False
        is_up_to_date = manager.get_policy_class(self._sync_type, self._is_deleting, choices.keep_days).is_up_to_date
        options = choices.compare_threshold, choices.compare_version_mode, choices.newer_file_mode
        return lambda source, dest: is_up_to_date(source, dest, *options)

    def _decide(self, source: AbstractPath | None, dest: AbstractPath | None) -> list[AbstractAction]:
        """Return the actions for one file; none if its name cannot be a path or stored, which is reported."""
        folders = self._source_folder, self._dest_folder
        try:
            actions = list(
                self._make_actions(
                    self._sync_type, source, folders[0], dest, folders[1], self._now_millis, self._provider
                )
            )
        except UnsupportedFilename as error:
            if not hears_of_all(self._listener):
                raise
            report_skipped(self._listener, error.filename, SkipReason.UNSUPPORTED_NAME, error.message)
            return []
        is_stored = folders[1].folder_type() == "b2" and any(action.is_transfer for action in actions)
        if is_stored and source is not None:
            problem = problem_as_stored_name(folders[1].make_full_path(source.relative_path))
            if problem is not None:
                path = folders[0].make_full_path(source.relative_path)
                report_skipped(self._listener, path, SkipReason.INVALID_NAME, problem)
                return []
        return actions

    def _is_missing(self, source: WatchedSource, dest: AbstractPath) -> bool:
        """Whether it is certain that what is only at the destination is not at the source.

        :raises EmptyDirectory: there is nothing at all in the bucket that is the source, and that is not allowed.
        """
        if source.is_empty and self._source_folder.folder_type() == "b2" and not self._choices.allow_empty_source:
            raise EmptyDirectory(source.url())
        if source.lacks(dest.relative_path):
            return True
        if source.unseen is not None and not source.is_reported:
            source.is_reported = True
            logger.warning("nothing is hidden or deleted any more: not all of the source could be looked at")
            if self._reporter is not None:
                unseen = printed_name(without_windows_prefix(source.unseen))
                line = f"WARNING: nothing is hidden or deleted any more, as {unseen} was not seen"
                self._reporter.print_completion(line)
            if self._emit is not None:
                self._emit(RemovalsWithheld(source.unseen))
        return False

    def _emit_decision(
        self, emit: Emit, source: AbstractPath | None, dest: AbstractPath | None, actions: list[AbstractAction]
    ) -> None:
        is_left = not any(action.is_transfer for action in actions)
        if is_left and source is not None and dest is not None and source.is_visible():
            mode, threshold = self._choices.compare_version_mode, self._choices.compare_threshold
            emit(FileUpToDate(source.relative_path, why_kept(source, dest, mode, threshold)))
        for action in actions:
            emit(ActionPlanned(*action.description()))


class _EventListener(ScanListener):
    """Receives what a scan skips, and passes it on: as an event, and to the reporter by the reporter's own method."""

    def __init__(self, reporter: Reporter | None, emit: Emit) -> None:
        self._reporter = reporter
        self._emit = emit

    def skipped(self, event: EntrySkipped) -> None:
        self._emit(event)
        report_skipped(self._reporter, event.path, event.reason, event.detail)

    def close(self) -> None:
        if self._reporter is not None:
            self._reporter.close()
