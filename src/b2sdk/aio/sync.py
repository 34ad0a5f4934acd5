"""A sync in an event loop: planned as in a client that blocks, done in tasks, while what happens is iterated over."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import partial
from typing import Final

from b2sdk.aio.action_queue import ActionQueue, AwaitedSteps
from b2sdk.aio.bucket import Bucket
from b2sdk.aio.folders import B2Folder, check_folder, list_folder
from b2sdk.aio.tasks import cancelled
from b2sdk.costs import counting
from b2sdk.exception import IncompleteSync
from b2sdk.scan.folder import AbstractFolder
from b2sdk.sync.choices import SyncChoices
from b2sdk.sync.encryption_provider import (
    SERVER_DEFAULT_SYNC_ENCRYPTION_SETTINGS_PROVIDER,
    AbstractSyncEncryptionSettingsProvider,
)
from b2sdk.sync.estimate import Estimator, SyncEstimate, ignore
from b2sdk.sync.events import SyncEnded, SyncEvent
from b2sdk.sync.performance import Emit
from b2sdk.sync.plan import Plan
from b2sdk.sync.report import SyncReport

logger: logging.Logger = logging.getLogger(__name__)

MOST_EVENTS: Final = 1000
"""How many may wait to be taken before deciding on more files waits too."""


class Synchronizer(SyncChoices):
    """Makes one folder like another, at least one of them in a bucket. May be used for any number of syncs::

        async with aclosing(Synchronizer(10).sync_folders(source, dest, now_millis)) as events:
            async for event in events:
                print(event)

    The parameters are those of :class:`b2sdk.v3.Synchronizer`, with its modes and policies. Beside ``max_workers``, the
    :class:`~b2sdk.aio.Limits` of the client hold.
    """

    def sync_folders(
        self,
        source_folder: AbstractFolder | B2Folder,
        dest_folder: AbstractFolder | B2Folder,
        now_millis: int,
        reporter: SyncReport | None = None,
        encryption_settings_provider: AbstractSyncEncryptionSettingsProvider = (
            SERVER_DEFAULT_SYNC_ENCRYPTION_SETTINGS_PROVIDER
        ),
    ) -> AsyncGenerator[SyncEvent, None]:
        """Make the destination like the source, and yield what happens, as :data:`~b2sdk.sync.events.SyncEvent`.

        What is decided about each file is what :meth:`b2sdk.v3.Synchronizer.sync_folders` decides, which tells how. The
        sync begins when the first event is asked for, and continues while an event is used, until a thousand wait.

        Once the generator is closed, by ``aclosing`` or because the task is cancelled that iterates over it, nothing of
        the sync is running any more. Each file was transferred whole, or is as it was; what was sent of large files is
        resumed next time, and so are downloads.

        Errors are raised behind the events of what was done before. A name in the bucket that cannot be a path is an
        event, not an error.

        :param source_folder: what the destination is to be like: a ``LocalFolder``, which is scanned in threads, or a
            :class:`~b2sdk.aio.B2Folder`.
        :param dest_folder: what is changed. A local one is made if only its parent is there.
        :param now_millis: milliseconds since the epoch, from which ``keep_days`` are counted back.
        :param reporter: receives what is done with each file, in the event loop; see above.
        :param encryption_settings_provider: says how each file is encrypted, in the event loop; by default the service
            decides.
        :raises IncompleteSync: an action has failed.
        :raises DestFileNewer: a file is newer at the destination, and ``newer_file_mode`` is ``RAISE_ERROR``.
        :raises EmptyDirectory: the source is empty, or missing; see ``allow_empty_source``.
        :raises InvalidArgument: ``KEEP_BEFORE_DELETE`` with a local destination; ``now_millis`` in another unit.
        :raises TypeError: a folder is none, such as a path, or is in a bucket of a client that blocks.
        :raises ValueError: both folders are local, or have different ranges of names.
        """
        self._check(source_folder, dest_folder, now_millis)
        check_folder("source_folder", source_folder)
        check_folder("dest_folder", dest_folder)
        return self._sync(source_folder, dest_folder, now_millis, reporter, encryption_settings_provider)

    async def estimate(
        self,
        source_folder: AbstractFolder | B2Folder,
        dest_folder: AbstractFolder | B2Folder,
        now_millis: int,
        encryption_settings_provider: AbstractSyncEncryptionSettingsProvider = (
            SERVER_DEFAULT_SYNC_ENCRYPTION_SETTINGS_PROVIDER
        ),
    ) -> SyncEstimate:
        """Return what :meth:`sync_folders` would do and request; nothing is changed.

        See :meth:`b2sdk.v3.Synchronizer.estimate`, which tells the errors.

        :param source_folder: what the destination is to be like.
        :param dest_folder: what would be changed; a local one need not exist.
        :param now_millis: milliseconds since the epoch, from which ``keep_days`` are counted back.
        :param encryption_settings_provider: says how each file is encrypted; by default the service decides.
        """
        self._check(source_folder, dest_folder, now_millis)
        check_folder("source_folder", source_folder)
        check_folder("dest_folder", dest_folder)
        bucket = _bucket_of(source_folder, dest_folder)
        threads = bucket.api.session.threads
        dest_folder = await threads.call(self._prepare, source_folder, dest_folder, dry_run=True)
        folders, make_actions = (source_folder, dest_folder), self._make_file_sync_actions
        plan = Plan(self, make_actions, *folders, now_millis, None, encryption_settings_provider, ignore)
        estimator = await bucket.api.session.ask(Estimator, bucket)
        with counting() as counted:
            async with aclosing(plan.actions(partial(list_folder, threads), self.policies_manager)) as batches:
                async for planned in batches:
                    decided = [action for actions in planned for action in actions]
                    if decided:
                        await threads.call(estimator.add, decided)
        return estimator.estimate(counted.costs)

    async def _sync(
        self,
        source_folder: AbstractFolder | B2Folder,
        dest_folder: AbstractFolder | B2Folder,
        now_millis: int,
        reporter: SyncReport | None,
        provider: AbstractSyncEncryptionSettingsProvider,
    ) -> AsyncGenerator[SyncEvent, None]:
        happened = _Happened(self._emit)
        sync = asyncio.ensure_future(
            self._perform(source_folder, dest_folder, now_millis, reporter, provider, happened)
        )
        sync.add_done_callback(lambda _: happened.end())
        try:
            while (event := await happened.next()) is not None:
                yield event
        finally:
            await cancelled(sync)
        sync.result()

    async def _perform(
        self,
        source_folder: AbstractFolder | B2Folder,
        dest_folder: AbstractFolder | B2Folder,
        now_millis: int,
        reporter: SyncReport | None,
        provider: AbstractSyncEncryptionSettingsProvider,
        happened: _Happened,
    ) -> None:
        bucket = _bucket_of(source_folder, dest_folder)
        threads, emit = bucket.api.session.threads, happened.emit
        steps = AwaitedSteps(threads)
        dest_folder = await steps.write(self._prepare, source_folder, dest_folder, self.dry_run)
        make_actions, list_files = self._make_file_sync_actions, partial(list_folder, threads)
        plan = Plan(self, make_actions, source_folder, dest_folder, now_millis, reporter, provider, emit)
        queue = ActionQueue(self.max_workers, bucket, reporter, self.dry_run, emit, steps)
        with counting() as counted:
            async with queue, aclosing(plan.actions(list_files, self.policies_manager)) as batches:
                async for planned in batches:
                    for actions in planned:
                        for action in actions:
                            logger.debug("scheduling action %s on bucket %s", action, bucket)
                        await queue.submit(actions)
                    await happened.room()
        emit(SyncEnded(counted.costs))
        if queue.has_failures:
            raise IncompleteSync("sync is incomplete")
        await steps.write(self._clean_up, dest_folder)


class _Happened:
    """What has happened, until it is taken."""

    def __init__(self, also: Emit | None) -> None:
        """``also`` receives each event when it happens."""
        self._also = also
        self._events: deque[SyncEvent] = deque()
        self._is_over = False
        self._has_changed = asyncio.Event()
        self._has_room = asyncio.Event()

    def emit(self, event: SyncEvent) -> None:
        self._events.append(event)
        self._has_changed.set()
        if self._also is not None:
            self._also(event)

    def end(self) -> None:
        """Say that nothing more happens."""
        self._is_over = True
        self._has_changed.set()

    async def room(self) -> None:
        """Wait while many events have not been taken."""
        while len(self._events) > MOST_EVENTS:
            self._has_room.clear()
            await self._has_room.wait()

    async def next(self) -> SyncEvent | None:
        """Return what has happened next, ``None`` at the end."""
        while not self._events:
            if self._is_over:
                return None
            self._has_changed.clear()
            await self._has_changed.wait()
        if len(self._events) <= MOST_EVENTS:
            self._has_room.set()
        return self._events.popleft()


def _bucket_of(source_folder: object, dest_folder: object) -> Bucket:
    """Return the bucket at the destination or, if that is local, at the source."""
    folder = dest_folder if isinstance(dest_folder, B2Folder) else source_folder
    if not isinstance(folder, B2Folder):
        raise TypeError("a folder must be in a bucket")
    return folder.bucket
