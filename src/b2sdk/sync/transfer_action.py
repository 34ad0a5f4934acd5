"""Actions that make a file at the destination: uploads, downloads, copies."""

from __future__ import annotations

import os
from pathlib import Path
from typing import ClassVar

from b2sdk.bucket import Bucket
from b2sdk.exception import DestinationIsADirectory
from b2sdk.file_version import FileVersion
from b2sdk.scan.path import B2Path
from b2sdk.sync.action import AbstractAction
from b2sdk.sync.encryption_provider import AbstractSyncEncryptionSettingsProvider
from b2sdk.sync.local_tree import make_directory
from b2sdk.sync.report import SyncReport, transfer_reported_to
from b2sdk.transfer.destination import PartialFile
from b2sdk.transfer.source import CopySource, OutboundTransferSource, UploadSourceLocalFile
from b2sdk.values.text import escape_control_chars, unprintable_to_hex
from b2sdk.vocabulary import SRC_LAST_MODIFIED_MILLIS


class B2UploadAction(AbstractAction):
    """Uploads a local file, with its time of modification."""

    kind: ClassVar[str] = "upload"
    is_transfer: ClassVar[bool] = True

    def __init__(
        self,
        local_full_path: str,
        relative_name: str,
        b2_file_name: str,
        mod_time_millis: int,
        size: int,
        encryption_settings_provider: AbstractSyncEncryptionSettingsProvider,
    ) -> None:
        self.local_full_path = local_full_path
        self.relative_name = relative_name
        self.b2_file_name = b2_file_name
        self.mod_time_millis = mod_time_millis
        self.size = size
        self.encryption_settings_provider = encryption_settings_provider
        self.large_file_sha1: str | None = None

    def get_bytes(self) -> int:
        return self.size

    def get_all_sources(self) -> list[OutboundTransferSource]:
        """Return what the new file is made of."""
        return [UploadSourceLocalFile(self.local_full_path)]

    def do_action(self, bucket: Bucket, reporter: SyncReport | None) -> None:
        file_info = {SRC_LAST_MODIFIED_MILLIS: str(self.mod_time_millis)}
        encryption = self.encryption_settings_provider.get_setting_for_upload(
            bucket=bucket, b2_file_name=self.b2_file_name, file_info=file_info, length=self.size
        )
        sources = self._sources_for(bucket)
        with transfer_reported_to(reporter) as listener:
            bucket.concatenate(
                sources,
                self.b2_file_name,
                progress_listener=listener,
                file_info=file_info,
                encryption=encryption,
                large_file_sha1=self.large_file_sha1,
            )

    def _sources_for(self, bucket: Bucket) -> list[OutboundTransferSource]:
        return self.get_all_sources()

    def do_report(self, bucket: Bucket, reporter: SyncReport | None) -> None:
        self._tell(reporter, f"upload {escape_control_chars(self.relative_name)}")

    def __str__(self) -> str:
        return f"b2_upload({self.local_full_path}, {self.b2_file_name}, {self.mod_time_millis})"


class B2IncrementalUploadAction(B2UploadAction):
    """Uploads what a local file has more than the version in the bucket, if that is its beginning; otherwise all."""

    kind: ClassVar[str] = "incremental upload"

    def __init__(
        self,
        local_full_path: str,
        relative_name: str,
        b2_file_name: str,
        mod_time_millis: int,
        size: int,
        encryption_settings_provider: AbstractSyncEncryptionSettingsProvider,
        file_version: FileVersion | None = None,
        absolute_minimum_part_size: int | None = None,
    ) -> None:
        super().__init__(
            local_full_path, relative_name, b2_file_name, mod_time_millis, size, encryption_settings_provider
        )
        self.file_version = file_version
        self.absolute_minimum_part_size = absolute_minimum_part_size

    def get_all_sources(self) -> list[OutboundTransferSource]:
        """Return what the new file is made of; if that is more than one source, also note the SHA-1 of the whole."""
        source = UploadSourceLocalFile(self.local_full_path)
        sources = source.get_incremental_sources(self.file_version, self.absolute_minimum_part_size)
        if len(sources) > 1:
            self.large_file_sha1: str | None = source.get_content_sha1()
        return sources

    def _sources_for(self, bucket: Bucket) -> list[OutboundTransferSource]:
        sources = self.get_all_sources()
        for source in sources:
            if isinstance(source, CopySource) and self.file_version is not None:
                # A listing does not tell the customer key that is needed to read the version.
                source.encryption = (
                    self.encryption_settings_provider.get_source_setting_for_copy(
                        bucket=bucket, source_file_version=self.file_version
                    )
                    or source.encryption
                )
        return sources


class B2DownloadAction(AbstractAction):
    """Downloads a file version; the local file is replaced only by the whole, verified content.

    What has arrived of a download that failed is kept beside it, and gone on with the next time.
    """

    kind: ClassVar[str] = "download"
    is_transfer: ClassVar[bool] = True

    def __init__(
        self,
        source_path: B2Path,
        b2_file_name: str,
        local_full_path: str,
        encryption_settings_provider: AbstractSyncEncryptionSettingsProvider,
        *,
        root: str | None = None,
    ) -> None:
        """Say what goes where.

        :param root: where to stay. A path in a directory that a link leads out of it is ``UnsupportedFilename``.
        """
        self.source_path = source_path
        self.relative_name: str = source_path.relative_path
        self.b2_file_name = b2_file_name
        self.local_full_path = local_full_path
        self.encryption_settings_provider = encryption_settings_provider
        self._root = root

    def get_bytes(self) -> int:
        return self.source_path.size or 0

    def _ensure_directory_existence(self) -> None:
        make_directory(self._root, Path(self.local_full_path).parent)

    def do_action(self, bucket: Bucket, reporter: SyncReport | None) -> None:
        self._ensure_directory_existence()
        path = Path(self.local_full_path)
        if os.path.isdir(path):  # noqa: PTH112  # which says no, on any Python, where nobody may look
            raise DestinationIsADirectory(f"is a directory: {path}")
        version = self.source_path.selected_version
        encryption = self.encryption_settings_provider.get_setting_for_download(bucket=bucket, file_version=version)
        with transfer_reported_to(reporter) as listener:
            downloaded = bucket.download_file_by_id(version.id_, progress_listener=listener, encryption=encryption)
            if os.path.islink(path):  # noqa: PTH114  # the same
                # It is replaced, not written through: it may lead out of the target, or to another file of this sync.
                beside = PartialFile.beside(path, version.id_).path
                downloaded.save_to(beside, resume=True)
                beside.replace(path)
            else:
                downloaded.save_to(path, resume=True)

    def do_report(self, bucket: Bucket, reporter: SyncReport | None) -> None:
        self._tell(reporter, f"dnload {unprintable_to_hex(self.source_path.relative_path)}")

    def __str__(self) -> str:
        return (
            f"b2_download({self.b2_file_name}, {self.source_path.selected_version.id_}, {self.local_full_path}, "
            f"{self.source_path.mod_time})"
        )


class B2CopyAction(AbstractAction):
    """Copies a file version within the service, with its metadata."""

    kind: ClassVar[str] = "copy"
    is_transfer: ClassVar[bool] = True

    def __init__(
        self,
        b2_file_name: str,
        source_path: B2Path,
        dest_b2_file_name: str,
        source_bucket: Bucket,
        destination_bucket: Bucket,
        encryption_settings_provider: AbstractSyncEncryptionSettingsProvider,
    ) -> None:
        self.b2_file_name = b2_file_name
        self.source_path = source_path
        self.relative_name: str = source_path.relative_path
        self.dest_b2_file_name = dest_b2_file_name
        self.source_bucket = source_bucket
        self.destination_bucket = destination_bucket
        self.encryption_settings_provider = encryption_settings_provider

    def get_bytes(self) -> int:
        return self.source_path.size or 0

    def do_action(self, bucket: Bucket, reporter: SyncReport | None) -> None:
        version, provider = self.source_path.selected_version, self.encryption_settings_provider
        source_encryption = provider.get_source_setting_for_copy(bucket=self.source_bucket, source_file_version=version)
        destination_encryption = provider.get_destination_setting_for_copy(
            bucket=self.destination_bucket, source_file_version=version, dest_b2_file_name=self.dest_b2_file_name
        )
        with transfer_reported_to(reporter) as listener:
            bucket.copy(
                version.id_,
                self.dest_b2_file_name,
                length=self.source_path.size,
                progress_listener=listener,
                destination_encryption=destination_encryption,
                source_encryption=source_encryption,
                source_file_info=version.file_info,
                source_content_type=version.content_type,
            )

    def do_report(self, bucket: Bucket, reporter: SyncReport | None) -> None:
        self._tell(reporter, f"copy {unprintable_to_hex(self.source_path.relative_path)}")

    def __str__(self) -> str:
        return (
            f"b2_copy({self.b2_file_name}, {self.source_path.selected_version.id_}, {self.dest_b2_file_name}, "
            f"{self.source_path.mod_time})"
        )
