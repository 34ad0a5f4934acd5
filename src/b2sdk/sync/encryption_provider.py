"""Which encryption each file of a sync has."""

from __future__ import annotations

from abc import ABCMeta, abstractmethod
from collections.abc import Mapping
from typing import Any

from b2sdk.bucket import AnyBucket, Bucket
from b2sdk.file_version import AnyFileVersion
from b2sdk.values.encryption import EncryptionSetting

_Settings = Mapping[str, EncryptionSetting | None]


class AbstractSyncEncryptionSettingsProvider(metaclass=ABCMeta):
    """Says how each file is encrypted. Called once for each transfer, with keyword arguments, from any thread.

    A method that returns ``None`` leaves it to the service.
    """

    @abstractmethod
    def get_setting_for_upload(
        self, bucket: AnyBucket, b2_file_name: str, file_info: dict[str, str] | None, length: int
    ) -> EncryptionSetting | None:
        """Return how a file that is uploaded is to be stored.

        :param bucket: where it will be.
        :param b2_file_name: its name there.
        :param file_info: what it is stored with.
        :param length: bytes.
        """

    @abstractmethod
    def get_source_setting_for_copy(
        self, bucket: AnyBucket, source_file_version: AnyFileVersion
    ) -> EncryptionSetting | None:
        """Return how a version that is copied is encrypted.

        :param bucket: where the version is.
        :param source_file_version: the version.
        """

    @abstractmethod
    def get_destination_setting_for_copy(
        self,
        bucket: AnyBucket,
        dest_b2_file_name: str,
        source_file_version: AnyFileVersion,
        target_file_info: dict[str, str] | None = None,
    ) -> EncryptionSetting | None:
        """Return how a copy is to be stored.

        :param bucket: where it will be.
        :param dest_b2_file_name: its name there.
        :param source_file_version: the version that is copied.
        :param target_file_info: what the copy is stored with, if that is not what the source has.
        """

    @abstractmethod
    def get_setting_for_download(self, bucket: AnyBucket, file_version: AnyFileVersion) -> EncryptionSetting | None:
        """Return how a version that is downloaded is encrypted.

        :param bucket: where the version is.
        :param file_version: the version.
        """


class ServerDefaultSyncEncryptionSettingsProvider(AbstractSyncEncryptionSettingsProvider):
    """Leaves everything to the service and to the defaults of the buckets."""

    def get_setting_for_upload(self, *args: object, **kwargs: object) -> None:
        return None

    def get_source_setting_for_copy(self, *args: object, **kwargs: object) -> None:
        return None

    def get_destination_setting_for_copy(self, *args: object, **kwargs: object) -> None:
        return None

    def get_setting_for_download(self, *args: object, **kwargs: object) -> None:
        return None


SERVER_DEFAULT_SYNC_ENCRYPTION_SETTINGS_PROVIDER = ServerDefaultSyncEncryptionSettingsProvider()


class BasicSyncEncryptionSettingsProvider(AbstractSyncEncryptionSettingsProvider):
    """One setting for what is read from a bucket, and one for what is written to it."""

    def __init__(
        self,
        read_bucket_settings: _Settings,
        write_bucket_settings: _Settings,
    ) -> None:
        """Set them by the names of buckets; what is not there is left to the service.

        :param read_bucket_settings: settings of sources of copies and of downloads.
        :param write_bucket_settings: settings of uploads and of destinations of copies.
        """
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
