"""Who says how each file of a sync is encrypted, with two parameters under their older names."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from typing_extensions import override

from b2sdk.bucket import Bucket as _AnyBucket
from b2sdk.file_version import FileVersion
from b2sdk.sync import encryption_provider
from b2sdk.v1.bucket import Bucket
from b2sdk.v1.file_version import FileVersionInfo
from b2sdk.v1.sync.file import version_info_of
from b2sdk.values.encryption import EncryptionSetting


class AbstractSyncEncryptionSettingsProvider(encryption_provider.AbstractSyncEncryptionSettingsProvider):
    @abstractmethod
    @override
    def get_source_setting_for_copy(
        self, bucket: Bucket, source_file_version_info: FileVersionInfo
    ) -> EncryptionSetting | None:
        """Return how a version that is to be copied is encrypted. ``bucket`` is where it is."""

    @abstractmethod
    @override
    def get_destination_setting_for_copy(
        self,
        bucket: Bucket,
        dest_b2_file_name: str,
        source_file_version_info: FileVersionInfo,
        target_file_info: dict[str, str] | None = None,
    ) -> EncryptionSetting | None:
        """Return how the copy is to be stored. ``bucket`` is where it will be."""

    @abstractmethod
    @override
    def get_setting_for_download(self, bucket: Bucket, file_version_info: FileVersionInfo) -> EncryptionSetting | None:
        """Return how a version that is to be downloaded is encrypted."""


class SyncEncryptionSettingsProviderWrapper(encryption_provider.AbstractSyncEncryptionSettingsProvider):
    """Asks a provider of v1 what a sync asks today."""

    def __init__(self, provider: Any) -> None:
        self.provider: Any = provider

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.provider!r})"

    @override
    def get_setting_for_upload(
        self, bucket: _AnyBucket, b2_file_name: str, file_info: dict[str, str] | None, length: int
    ) -> EncryptionSetting | None:
        setting: EncryptionSetting | None = self.provider.get_setting_for_upload(
            bucket=bucket, b2_file_name=b2_file_name, file_info=file_info, length=length
        )
        return setting

    @override
    def get_source_setting_for_copy(
        self, bucket: _AnyBucket, source_file_version: FileVersion
    ) -> EncryptionSetting | None:
        setting: EncryptionSetting | None = self.provider.get_source_setting_for_copy(
            bucket=bucket, source_file_version_info=version_info_of(source_file_version)
        )
        return setting

    @override
    def get_destination_setting_for_copy(
        self,
        bucket: _AnyBucket,
        dest_b2_file_name: str,
        source_file_version: FileVersion,
        target_file_info: dict[str, str] | None = None,
    ) -> EncryptionSetting | None:
        setting: EncryptionSetting | None = self.provider.get_destination_setting_for_copy(
            bucket=bucket,
            dest_b2_file_name=dest_b2_file_name,
            source_file_version_info=version_info_of(source_file_version),
            target_file_info=target_file_info,
        )
        return setting

    @override
    def get_setting_for_download(self, bucket: _AnyBucket, file_version: FileVersion) -> EncryptionSetting | None:
        setting: EncryptionSetting | None = self.provider.get_setting_for_download(
            bucket=bucket, file_version_info=version_info_of(file_version)
        )
        return setting


def wrap_if_necessary(provider: Any) -> encryption_provider.AbstractSyncEncryptionSettingsProvider:
    """Return what a sync can ask: a provider of v1 in a wrapper, and so any object that is no provider by class."""
    if isinstance(provider, encryption_provider.AbstractSyncEncryptionSettingsProvider) and not isinstance(
        provider, AbstractSyncEncryptionSettingsProvider
    ):
        return provider
    return SyncEncryptionSettingsProviderWrapper(provider)
