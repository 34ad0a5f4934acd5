"""What is done with one file, decided by what is at the source and what is at the destination."""

from __future__ import annotations

from abc import ABCMeta, abstractmethod
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar, cast

from b2sdk.exception import DestFileNewer
from b2sdk.scan.folder import AnyFolder
from b2sdk.scan.path import AbstractPath, B2Path
from b2sdk.sync.action import AbstractAction
from b2sdk.sync.comparison import compare, why_absent
from b2sdk.sync.encryption_provider import (
    SERVER_DEFAULT_SYNC_ENCRYPTION_SETTINGS_PROVIDER,
    AbstractSyncEncryptionSettingsProvider,
)
from b2sdk.sync.events import Reason
from b2sdk.sync.local_tree import root_of
from b2sdk.sync.modes import CompareVersionMode, NewerFileSyncMode
from b2sdk.sync.removal import make_b2_delete_actions, make_b2_keep_days_actions
from b2sdk.sync.removal_action import LocalDeleteAction
from b2sdk.sync.transfer_action import B2CopyAction, B2DownloadAction, B2IncrementalUploadAction, B2UploadAction
from b2sdk.transfer.source import UploadMode


class AbstractFileSyncPolicy(metaclass=ABCMeta):
    """Decides about one file, of which at least one side is there. A side that is hidden counts as absent."""

    DESTINATION_PREFIX: ClassVar[Any] = NotImplemented
    SOURCE_PREFIX: ClassVar[Any] = NotImplemented
    _REMOVES_OLD_VERSIONS: ClassVar[bool] = False

    def __init__(
        self,
        source_path: AbstractPath | None,
        source_folder: AnyFolder,
        dest_path: AbstractPath | None,
        dest_folder: AnyFolder,
        now_millis: int,
        keep_days: float | None,
        newer_file_mode: NewerFileSyncMode,
        compare_threshold: int | None,
        compare_version_mode: CompareVersionMode = CompareVersionMode.MODTIME,
        encryption_settings_provider: AbstractSyncEncryptionSettingsProvider = (
            SERVER_DEFAULT_SYNC_ENCRYPTION_SETTINGS_PROVIDER
        ),
        upload_mode: UploadMode = UploadMode.FULL,
        absolute_minimum_part_size: int | None = None,
    ) -> None:
        """Say what is at both sides, and how to decide.

        :param source_path: the file at the source; ``None`` if it is not there.
        :param source_folder: where the source is.
        :param dest_path: the file at the destination; ``None`` if it is not there.
        :param dest_folder: where the destination is.
        :param now_millis: milliseconds since the epoch, from which ``keep_days`` are counted back.
        :param keep_days: days after which old versions are deleted, may be a fraction; for policies that keep some
            days.
        :param newer_file_mode: what happens where the destination is newer.
        :param compare_threshold: milliseconds, or bytes, that do not count as a difference; ``None`` is 0.
        :param compare_version_mode: whether times or sizes are compared, or nothing.
        :param encryption_settings_provider: says how each file is encrypted.
        :param upload_mode: whether a file that begins like the version in the bucket is sent only from there on.
        :param absolute_minimum_part_size: bytes that a version must have for that; ``None`` is 5 MB.
        """
        self._source_path = source_path
        self._source_folder = source_folder
        self._dest_path = dest_path
        self._dest_folder = dest_folder
        self._now_millis = now_millis
        self._keep_days = keep_days
        self._newer_file_mode = newer_file_mode
        self._compare_threshold = compare_threshold
        self._compare_version_mode = compare_version_mode
        self._encryption_settings_provider = encryption_settings_provider
        self._upload_mode = upload_mode
        self._absolute_minimum_part_size = absolute_minimum_part_size

    @classmethod
    def files_are_different(
        cls,
        source_path: AbstractPath,
        dest_path: AbstractPath,
        compare_threshold: int | None = None,
        compare_version_mode: CompareVersionMode = CompareVersionMode.MODTIME,
        newer_file_mode: NewerFileSyncMode = NewerFileSyncMode.RAISE_ERROR,
    ) -> bool:
        """Whether the source is to replace the destination; both are there.

        :param source_path: the file at the source.
        :param dest_path: the file at the destination.
        :param compare_threshold: milliseconds, or bytes, that do not count as a difference; ``None`` is 0.
        :param compare_version_mode: whether times or sizes are compared, or nothing.
        :param newer_file_mode: what happens where the destination is newer.
        :raises DestFileNewer: the destination is newer, and ``newer_file_mode`` is ``RAISE_ERROR``.
        :raises InvalidArgument: ``compare_version_mode`` is none.
        """
        differ, reason = compare(source_path, dest_path, compare_version_mode, compare_threshold or 0)
        if reason is not Reason.SOURCE_OLDER:
            return differ
        if newer_file_mode is NewerFileSyncMode.REPLACE:
            return True
        if newer_file_mode is NewerFileSyncMode.SKIP:
            return False
        raise DestFileNewer(dest_path, source_path, cls.DESTINATION_PREFIX, cls.SOURCE_PREFIX)

    @classmethod
    def is_up_to_date(
        cls,
        source_path: AbstractPath,
        dest_path: AbstractPath,
        compare_threshold: int,
        compare_version_mode: CompareVersionMode,
        newer_file_mode: NewerFileSyncMode,
    ) -> bool:
        """Whether a policy, which need not be made to know it, would have nothing to do.

        The parameters are those of :meth:`files_are_different`.

        :raises DestFileNewer: see :meth:`files_are_different`.
        """
        if not source_path.is_visible() or not dest_path.is_visible():
            return False
        if cls._REMOVES_OLD_VERSIONS and len(cast("B2Path", dest_path).all_versions) > 1:
            return False
        return not cls.files_are_different(
            source_path, dest_path, compare_threshold, compare_version_mode, newer_file_mode
        )

    def get_all_actions(self) -> Iterator[AbstractAction]:
        """Yield the actions, a transfer first.

        :raises DestFileNewer: see :meth:`files_are_different`.
        """
        transferred = self._should_transfer()
        if transferred:
            action = self._make_transfer_action()
            action.reason = self._transfer_reason()
            yield action
        yield from self._get_hide_delete_actions(transferred)

    @abstractmethod
    def _make_transfer_action(self) -> AbstractAction:
        """Return what makes the destination like the source, which is there."""

    def _get_hide_delete_actions(self, transferred: bool) -> Iterable[AbstractAction]:
        """Return what else is to be done."""
        return ()

    def _should_transfer(self) -> bool:
        source, dest = self._source_path, self._dest_path
        if source is None or not source.is_visible():
            return False
        if dest is None or not dest.is_visible():
            return True
        return self.files_are_different(
            source, dest, self._compare_threshold, self._compare_version_mode, self._newer_file_mode
        )

    def _transfer_reason(self) -> Reason | None:
        if self._dest_path is None:
            return Reason.NOT_AT_DESTINATION
        if not self._dest_path.is_visible():
            return Reason.HIDDEN_AT_DESTINATION
        source = cast("AbstractPath", self._source_path)
        differ, reason = compare(source, self._dest_path, self._compare_version_mode, self._compare_threshold or 0)
        if reason is Reason.SOURCE_OLDER:
            return Reason.REPLACED_THOUGH_OLDER
        return reason if differ else None  # a subclass may tell files apart by something else

    def _full_source_path(self) -> str:
        path: str = self._source_folder.make_full_path(cast("AbstractPath", self._source_path).relative_path)
        return path

    def _full_dest_path(self) -> str:
        path = cast("AbstractPath", self._source_path or self._dest_path)
        full: str = self._dest_folder.make_full_path(path.relative_path)
        return full

    # --- what is removed at a destination in a bucket ---

    def _delete_actions(self, transferred: bool) -> Iterable[AbstractAction]:
        dest = cast("B2Path | None", self._dest_path)
        return make_b2_delete_actions(self._source_path, dest, self._dest_folder, transferred)

    def _keep_days_actions(self, transferred: bool) -> Iterable[AbstractAction]:
        dest, keep_days = cast("B2Path | None", self._dest_path), cast("float", self._keep_days)
        return make_b2_keep_days_actions(
            self._source_path, dest, self._dest_folder, transferred, keep_days, self._now_millis
        )


class UpPolicy(AbstractFileSyncPolicy):
    """From a local folder to a bucket; what is only in the bucket stays."""

    DESTINATION_PREFIX: ClassVar[Any] = "b2://"
    SOURCE_PREFIX: ClassVar[Any] = "local://"

    def _make_transfer_action(self) -> AbstractAction:
        source = cast("AbstractPath", self._source_path)
        about = (
            self._full_source_path(),
            source.relative_path,
            self._full_dest_path(),
            source.mod_time,
            source.size or 0,
            self._encryption_settings_provider,
        )
        dest = self._dest_path
        if self._upload_mode is UploadMode.INCREMENTAL and dest is not None and dest.is_visible():
            version = cast("B2Path", dest).selected_version
            return B2IncrementalUploadAction(*about, version, self._absolute_minimum_part_size)
        return B2UploadAction(*about)


class UpAndDeletePolicy(UpPolicy):
    """From a local folder to a bucket; what is only in the bucket, and old versions, are deleted."""

    _REMOVES_OLD_VERSIONS: ClassVar[bool] = True

    def _get_hide_delete_actions(self, transferred: bool) -> Iterable[AbstractAction]:
        return self._delete_actions(transferred)


class UpAndKeepDaysPolicy(UpPolicy):
    """From a local folder to a bucket; what is only in the bucket is hidden, and deleted some days later."""

    _REMOVES_OLD_VERSIONS: ClassVar[bool] = True

    def _get_hide_delete_actions(self, transferred: bool) -> Iterable[AbstractAction]:
        return self._keep_days_actions(transferred)


class DownPolicy(AbstractFileSyncPolicy):
    """From a bucket to a local folder; what is only in the folder stays."""

    DESTINATION_PREFIX: ClassVar[Any] = "local://"
    SOURCE_PREFIX: ClassVar[Any] = "b2://"

    def _make_transfer_action(self) -> AbstractAction:
        return B2DownloadAction(
            cast("B2Path", self._source_path),
            self._full_source_path(),
            self._full_dest_path(),
            self._encryption_settings_provider,
            root=root_of(self._dest_folder),
        )


class DownAndDeletePolicy(DownPolicy):
    """From a bucket to a local folder; what is only in the folder is deleted."""

    def _get_hide_delete_actions(self, transferred: bool) -> Iterable[AbstractAction]:
        absence = why_absent(self._source_path)
        if self._dest_path is None or absence is None:
            return
        path = self._dest_folder.make_full_path(self._dest_path.relative_path)
        action = LocalDeleteAction(self._dest_path.relative_path, path, root=root_of(self._dest_folder))
        action.reason = absence
        yield action


class DownAndKeepDaysPolicy(DownPolicy):
    """The same as :class:`DownPolicy`: local files have no versions."""


class CopyPolicy(AbstractFileSyncPolicy):
    """From one bucket to another; what is only in the second stays."""

    DESTINATION_PREFIX: ClassVar[Any] = "b2://"
    SOURCE_PREFIX: ClassVar[Any] = "b2://"

    def _make_transfer_action(self) -> AbstractAction:
        return B2CopyAction(
            self._full_source_path(),
            cast("B2Path", self._source_path),
            self._full_dest_path(),
            self._source_folder.bucket,
            self._dest_folder.bucket,
            self._encryption_settings_provider,
        )


class CopyAndDeletePolicy(CopyPolicy):
    """From one bucket to another; what is only in the second, and old versions, are deleted there."""

    _REMOVES_OLD_VERSIONS: ClassVar[bool] = True

    def _get_hide_delete_actions(self, transferred: bool) -> Iterable[AbstractAction]:
        return self._delete_actions(transferred)


class CopyAndKeepDaysPolicy(CopyPolicy):
    """From one bucket to another; what is only in the second is hidden there, and deleted some days later."""

    _REMOVES_OLD_VERSIONS: ClassVar[bool] = True

    def _get_hide_delete_actions(self, transferred: bool) -> Iterable[AbstractAction]:
        return self._keep_days_actions(transferred)
