"""Which policy decides about the files of a sync."""

from __future__ import annotations

from typing import Any

from b2sdk.scan.folder import AnyFolder
from b2sdk.scan.path import AbstractPath
from b2sdk.sync.encryption_provider import AbstractSyncEncryptionSettingsProvider
from b2sdk.sync.modes import CompareVersionMode, NewerFileSyncMode
from b2sdk.sync.policy import (
    AbstractFileSyncPolicy,
    CopyAndDeletePolicy,
    CopyAndKeepDaysPolicy,
    CopyPolicy,
    DownAndDeletePolicy,
    DownAndKeepDaysPolicy,
    DownPolicy,
    UpAndDeletePolicy,
    UpAndKeepDaysPolicy,
    UpPolicy,
)
from b2sdk.transfer.source import UploadMode

# Where to -> what stays, what is deleted, what is deleted after some days.
_CLASSES: dict[str, tuple[type[AbstractFileSyncPolicy], ...]] = {
    "local-to-b2": (UpPolicy, UpAndDeletePolicy, UpAndKeepDaysPolicy),
    "b2-to-local": (DownPolicy, DownAndDeletePolicy, DownAndKeepDaysPolicy),
    "b2-to-b2": (CopyPolicy, CopyAndDeletePolicy, CopyAndKeepDaysPolicy),
}


class SyncPolicyManager:
    """Makes the policy for each file. A subclass may choose other classes, or make other objects."""

    def __init__(self) -> None:
        self.policies: dict[str, Any] = {}
        """Nothing; for subclasses that keep theirs here."""

    def get_policy(
        self,
        sync_type: str,
        source_path: AbstractPath | None,
        source_folder: AnyFolder,
        dest_path: AbstractPath | None,
        dest_folder: AnyFolder,
        now_millis: int,
        delete: bool,
        keep_days: float | None,
        newer_file_mode: NewerFileSyncMode,
        compare_threshold: int | None,
        compare_version_mode: CompareVersionMode,
        encryption_settings_provider: AbstractSyncEncryptionSettingsProvider,
        upload_mode: UploadMode,
        absolute_minimum_part_size: int | None,
    ) -> AbstractFileSyncPolicy:
        """Return a policy for one file; called for each file that is at the source or the destination.

        :param sync_type: ``local-to-b2``, ``b2-to-local`` or ``b2-to-b2``.
        :param delete: whether what is not at the source is deleted at the destination.

        The other parameters are those of :class:`~b2sdk.sync.policy.AbstractFileSyncPolicy`.

        :raises NotImplementedError: there is no such kind of sync.
        """
        policy_class = self.get_policy_class(sync_type, delete, keep_days)
        return policy_class(
            source_path,
            source_folder,
            dest_path,
            dest_folder,
            now_millis,
            keep_days,
            newer_file_mode,
            compare_threshold,
            compare_version_mode,
            encryption_settings_provider,
            upload_mode,
            absolute_minimum_part_size,
        )

    def get_policy_class(self, sync_type: str, delete: bool, keep_days: float | None) -> type[AbstractFileSyncPolicy]:
        """Return the class for ``local-to-b2``, ``b2-to-local`` or ``b2-to-b2``; ``delete`` wins over ``keep_days``.

        :raises NotImplementedError: there is no such kind of sync.
        """
        classes = _CLASSES.get(sync_type)
        if classes is None:
            raise NotImplementedError(f"invalid sync type: {sync_type}, keep_days: {keep_days}, delete: {delete}")
        plain, deleting, keeping_days = classes
        if delete:
            return deleting
        return keeping_days if keep_days else plain


POLICY_MANAGER = SyncPolicyManager()
