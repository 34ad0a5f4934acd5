"""Actions that make a file at the destination: uploads, downloads, copies."""

from __future__ import annotations

import os
import stat
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, ClassVar

from b2sdk.bucket import Bucket
from b2sdk.costs import Costs
from b2sdk.exception import DestinationError, DestinationIsADirectory
from b2sdk.file_version import FileVersion
from b2sdk.protocol_constants import SRC_LAST_MODIFIED_MILLIS
from b2sdk.scan.path import B2Path
from b2sdk.sync.action import ActionSteps, SharedAction
from b2sdk.sync.encryption_provider import AbstractSyncEncryptionSettingsProvider
from b2sdk.sync.local_tree import make_directory
from b2sdk.sync.report import SyncReport, report_transfer
from b2sdk.text import on_one_line, printed_name
from b2sdk.transfer.limits import PartLimits
from b2sdk.transfer.local_file import check_name_length
from b2sdk.transfer.local_path import kind_of, mode_of
from b2sdk.transfer.part import CopyPart
from b2sdk.transfer.partial_file import PartialFile
from b2sdk.transfer.plan import plan
from b2sdk.transfer.source import CopySource, OutboundTransferSource, UploadSourceLocalFile
from b2sdk.transfer.write_intent import WriteIntent


def costs_of(sources: Iterable[OutboundTransferSource], limits: PartLimits) -> Costs:
    """Return what is requested to make a file of sources that follow each other; upload URLs are left out."""
    parts = plan(WriteIntent.wrap_sources_iterator(sources), limits).parts
    upload, copy = ("b2_upload_part", "b2_copy_part") if len(parts) > 1 else ("b2_upload_file", "b2_copy_file")
    counts: Counter[str] = Counter()
    up = down = copied = 0
    if len(parts) > 1:
        counts.update(["b2_list_unfinished_large_files", "b2_start_large_file", "b2_finish_large_file"])
    for part in parts:
        if isinstance(part, CopyPart):
            counts[copy] += 1
            copied += part.length
            continue
        counts[upload] += 1
        up += part.length
        fetched = [piece.length for piece in part.pieces if piece.is_copy]
        counts["b2_download_file_by_id"] += len(fetched)
        down += sum(fetched)
    return Costs({name: count for name, count in counts.items() if count}, 0, up, down, copied)


class B2UploadAction(SharedAction):
    """Uploads a local file, with its modification time."""

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
        """Say what goes where.

        :param local_full_path: the local file.
        :param relative_name: its path below the folders that are synced, with ``/``.
        :param b2_file_name: its name in the bucket.
        :param mod_time_millis: its modification time, in milliseconds since the epoch.
        :param size: bytes, for progress.
        :param encryption_settings_provider: says how the file is encrypted.
        """
        self.local_full_path = local_full_path
        self.relative_name = relative_name
        self.b2_file_name = b2_file_name
        self.mod_time_millis = mod_time_millis
        self.size = size
        self.encryption_settings_provider = encryption_settings_provider
        self.large_file_sha1: str | None = None

    def get_bytes(self) -> int:
        return self.size

    def expect(self, limits: PartLimits) -> Costs:
        return costs_of(self.get_all_sources(), limits)

    def get_all_sources(self) -> list[OutboundTransferSource]:
        """Return what the new file is made of."""
        return [UploadSourceLocalFile(self.local_full_path)]

    async def perform(self, steps: ActionSteps, bucket: Any, reporter: SyncReport | None) -> None:
        file_info = {SRC_LAST_MODIFIED_MILLIS: str(self.mod_time_millis)}
        encryption = self.encryption_settings_provider.get_setting_for_upload(
            bucket=bucket, b2_file_name=self.b2_file_name, file_info=file_info, length=self.size
        )
        sources = await steps.read(self.get_all_sources)
        self._set_keys(sources, bucket)
        with report_transfer(reporter) as listener:
            await steps.request(
                bucket.concatenate,
                sources,
                self.b2_file_name,
                progress_listener=listener,
                file_info=file_info,
                encryption=encryption,
                large_file_sha1=self.large_file_sha1,
            )

    def _set_keys(self, sources: list[OutboundTransferSource], bucket: Any) -> None:
        """Set the keys with which stored sources are read."""

    def do_report(self, bucket: Bucket, reporter: SyncReport | None) -> None:
        self._report_line(reporter, f"upload {printed_name(self.relative_name)}")

    def __str__(self) -> str:
        return on_one_line(f"b2_upload({self.local_full_path}, {self.b2_file_name}, {self.mod_time_millis})")


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
        """Say what goes where; the first parameters are those of :class:`B2UploadAction`.

        :param file_version: the version in the bucket; ``None`` uploads all.
        :param absolute_minimum_part_size: bytes that the version must have, as it becomes a part; ``None`` is 5 MB.
        """
        super().__init__(
            local_full_path, relative_name, b2_file_name, mod_time_millis, size, encryption_settings_provider
        )
        self.file_version = file_version
        self.absolute_minimum_part_size = absolute_minimum_part_size

    def get_all_sources(self) -> list[OutboundTransferSource]:
        """Return what the new file is made of; if that is more than one source, also set the SHA-1 of the whole."""
        source = UploadSourceLocalFile(self.local_full_path)
        sources = source.get_incremental_sources(self.file_version, self.absolute_minimum_part_size)
        if len(sources) > 1:
            self.large_file_sha1: str | None = source.get_content_sha1()
        return sources

    def _set_keys(self, sources: list[OutboundTransferSource], bucket: Any) -> None:
        for source in sources:
            if isinstance(source, CopySource) and self.file_version is not None:
                # A listing does not tell the customer key that is needed to read the version.
                source.encryption = (
                    self.encryption_settings_provider.get_source_setting_for_copy(
                        bucket=bucket, source_file_version=self.file_version
                    )
                    or source.encryption
                )


class B2DownloadAction(SharedAction):
    """Downloads a file version; the local file is replaced only by the whole, verified content.

    What has arrived of a download that failed is kept beside it, and resumed the next time.
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

        :param source_path: the file in the bucket, of which the selected version is downloaded.
        :param b2_file_name: its name in the bucket.
        :param local_full_path: the local path.
        :param encryption_settings_provider: says how the version is encrypted.
        :param root: the directory that the file has to be in. Where a link leads out of it, ``UnsupportedFilename`` is
            raised.
        """
        self.source_path = source_path
        self.relative_name: str = source_path.relative_path
        self.b2_file_name = b2_file_name
        self.local_full_path = local_full_path
        self.encryption_settings_provider = encryption_settings_provider
        self._root = root

    def get_bytes(self) -> int:
        return self.source_path.size or 0

    def expect(self, limits: PartLimits) -> Costs:
        # In one stream, as it can be resumed.
        return Costs({"b2_download_file_by_id": 1}, bytes_down=self.get_bytes())

    def _ensure_directory_existence(self) -> None:
        make_directory(self._root, Path(self.local_full_path).parent)

    async def perform(self, steps: ActionSteps, bucket: Any, reporter: SyncReport | None) -> None:
        path = Path(self.local_full_path)
        saved = await steps.write(self._prepare, path)
        version = self.source_path.selected_version
        encryption = self.encryption_settings_provider.get_setting_for_download(bucket=bucket, file_version=version)
        with report_transfer(reporter) as listener:
            downloaded = await steps.request(
                bucket.download_file_by_id, version.id_, progress_listener=listener, encryption=encryption
            )
            await steps.request(downloaded.save_to, saved, resume=True)
            if saved != path:
                await steps.write(saved.replace, path)

    def _prepare(self, path: Path) -> Path:
        """Make the directory, and return where to save: beside a link, else at the path, where a file is or nothing."""
        self._ensure_directory_existence()
        mode = mode_of(path)
        is_link = stat.S_ISLNK(mode)
        if stat.S_ISDIR(mode) or (is_link and os.path.isdir(path)):  # noqa: PTH112  # silent where nobody may look
            raise DestinationIsADirectory(f"is a directory: {on_one_line(str(path))}")
        if mode and not is_link and not stat.S_ISREG(mode):
            raise DestinationError(f"{str(path)!r} is {kind_of(mode)}, not a file")
        if not mode:
            check_name_length(path)
        # A link is replaced, not written through: it may lead out of the target, or to another file of this sync.
        return PartialFile.beside(path).path if is_link else path

    def do_report(self, bucket: Bucket, reporter: SyncReport | None) -> None:
        self._report_line(reporter, f"dnload {printed_name(self.relative_name)}")

    def __str__(self) -> str:
        return on_one_line(
            f"b2_download({self.b2_file_name}, {self.source_path.selected_version.id_}, {self.local_full_path}, "
            f"{self.source_path.mod_time})"
        )


class B2CopyAction(SharedAction):
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
        """Say what goes where.

        :param b2_file_name: name of the source.
        :param source_path: the source, of which the selected version is copied.
        :param dest_b2_file_name: name of the copy.
        :param source_bucket: where the source is.
        :param destination_bucket: where the copy goes.
        :param encryption_settings_provider: says how both are encrypted.
        """
        self.b2_file_name = b2_file_name
        self.source_path = source_path
        self.relative_name: str = source_path.relative_path
        self.dest_b2_file_name = dest_b2_file_name
        self.source_bucket = source_bucket
        self.destination_bucket = destination_bucket
        self.encryption_settings_provider = encryption_settings_provider

    def get_bytes(self) -> int:
        return self.source_path.size or 0

    def expect(self, limits: PartLimits) -> Costs:
        size = self.get_bytes()
        if not size:
            return Costs({"b2_copy_file": 1})
        return costs_of([CopySource(self.source_path.selected_version.id_, offset=0, length=size)], limits)

    async def perform(self, steps: ActionSteps, bucket: Any, reporter: SyncReport | None) -> None:
        version, provider = self.source_path.selected_version, self.encryption_settings_provider
        source_encryption = provider.get_source_setting_for_copy(bucket=self.source_bucket, source_file_version=version)
        destination_encryption = provider.get_destination_setting_for_copy(
            bucket=self.destination_bucket, source_file_version=version, dest_b2_file_name=self.dest_b2_file_name
        )
        with report_transfer(reporter) as listener:
            await steps.request(
                bucket.copy,
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
        self._report_line(reporter, f"copy {printed_name(self.relative_name)}")

    def __str__(self) -> str:
        return on_one_line(
            f"b2_copy({self.b2_file_name}, {self.source_path.selected_version.id_}, {self.dest_b2_file_name}, "
            f"{self.source_path.mod_time})"
        )
