"""Who says how each file of a sync is encrypted."""

from __future__ import annotations

from abc import ABCMeta, abstractmethod
from collections.abc import Mapping
from typing import Any

from b2sdk.bucket import Bucket
from b2sdk.file_version import FileVersion
from b2sdk.values.encryption import EncryptionSetting

_Settings = Mapping[str, EncryptionSetting | None]


class AbstractSyncEncryptionSettingsProvider(metaclass=ABCMeta):
    """Asked once for each transfer, with keyword arguments, from any thread. ``None`` leaves it to the service."""

    @abstractmethod
    def get_setting_for_upload(
        self, bucket: Bucket, b2_file_name: str, file_info: dict[str, str] | None, length: int
    ) -> EncryptionSetting | None:
        """Return how a file of ``length`` bytes is to be stored. ``file_info`` is what it is stored with."""

    @abstractmethod
    def get_source_setting_for_copy(self, bucket: Bucket, source_file_version: FileVersion) -> EncryptionSetting | None:
        """Return how a version that is to be copied is encrypted. ``bucket`` is where it is."""

    @abstractmethod
    def get_destination_setting_for_copy(
        self,
        bucket: Bucket,
        dest_b2_file_name: str,
        source_file_version: FileVersion,
        target_file_info: dict[str, str] | None = None,
    ) -> EncryptionSetting | None:
        """Return how the copy is to be stored. ``bucket`` is where it will be."""

    @abstractmethod
    def get_setting_for_download(self, bucket: Bucket, file_version: FileVersion) -> EncryptionSetting | None:
        """Return how a version that is to be downloaded is encrypted."""


class ServerDefaultSyncEncryptionSettingsProvider(AbstractSyncEncryptionSettingsProvider):
    """Leaves everything to the service and to the defaults of the buckets."""

    def get_setting_for_upload(self, *args: Any, **kwargs: Any) -> None:
        return None

    def get_source_setting_for_copy(self, *args: Any, **kwargs: Any) -> None:
        return None

    def get_destination_setting_for_copy(self, *args: Any, **kwargs: Any) -> None:
        return None

    def get_setting_for_download(self, *args: Any, **kwargs: Any) -> None:
        return None


SERVER_DEFAULT_SYNC_ENCRYPTION_SETTINGS_PROVIDER = ServerDefaultSyncEncryptionSettingsProvider()


class BasicSyncEncryptionSettingsProvider(AbstractSyncEncryptionSettingsProvider):
    """One setting for everything that is read from a bucket, and one for everything that is written to it.

    Both are mappings from the bucket's name; a bucket that is not in them is left to the service.
    """

    def __init__(
        self,
        read_bucket_settings: _Settings,
        write_bucket_settings: _Settings,
    ) -> None:
        self.read_bucket_settings = read_bucket_settings
        self.write_bucket_settings = write_bucket_settings

    def __repr__(self) -> str:
        return f"<{type(self).__name__}:{self.read_bucket_settings}, {self.write_bucket_settings}>"

    def get_setting_for_upload(self, bucket: Bucket, *args: Any, **kwargs: Any) -> EncryptionSetting | None:
        return _setting_of(bucket, self.write_bucket_settings)

    def get_source_setting_for_copy(self, bucket: Bucket, *args: Any, **kwargs: Any) -> EncryptionSetting | None:
        return _setting_of(bucket, self.read_bucket_settings)

    def get_destination_setting_for_copy(self, bucket: Bucket, *args: Any, **kwargs: Any) -> EncryptionSetting | None:
        return _setting_of(bucket, self.write_bucket_settings)

    def get_setting_for_download(self, bucket: Bucket, *args: Any, **kwargs: Any) -> EncryptionSetting | None:
        return _setting_of(bucket, self.read_bucket_settings)


def _setting_of(bucket: Bucket, settings: _Settings) -> EncryptionSetting | None:
    return None if bucket.name is None else settings.get(bucket.name)
