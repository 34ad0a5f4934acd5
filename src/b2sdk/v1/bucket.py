"""Buckets of v1: downloads go to a destination, updates and copies return dictionaries, versions are those of v1."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, TypedDict, overload

from typing_extensions import Unpack, override

from b2sdk import bucket as latest
from b2sdk.docstrings import documented
from b2sdk.progress import AbstractProgressListener
from b2sdk.protocol_constants import LIST_FILE_NAMES_MAX_LIMIT
from b2sdk.raw_api.endpoints import MetadataDirectiveMode
from b2sdk.transfer.download import DownloadedFile
from b2sdk.transfer.download_description import get_stored_version
from b2sdk.transfer.large_file import UnfinishedLargeFile
from b2sdk.v1.download_dest import AbstractDownloadDestination, download_file_and_return_info_dict
from b2sdk.v1.file_version import (
    FileVersionInfo,
    FileVersionInfoFactory,
    file_version_info_from_download_version,
)
from b2sdk.v2 import bucket as v2
from b2sdk.values.bucket import CorsRules
from b2sdk.values.encryption import EncryptionSetting
from b2sdk.values.file_info import InfoOptions
from b2sdk.values.file_lock import BucketRetentionSetting, FileRetentionSetting, LegalHold
from b2sdk.values.file_name import validate_b2_file_name
from b2sdk.values.filter import Filter
from b2sdk.values.lifecycle import LifecycleRule
from b2sdk.values.name_range import NameRange
from b2sdk.values.replication import ReplicationConfiguration

if TYPE_CHECKING:
    import os

    from typing_extensions import Buffer

    from b2sdk.v1.api import B2Api
    from b2sdk.v2.inherited import parameters_of
    from b2sdk.v2.older_uploads import UploadOfBytes, UploadOfLocalFile


class _Listing(TypedDict, total=False):
    latest_only: bool
    with_wildcard: bool
    filters: Sequence[Filter]
    folder_to_list_can_be_a_file: bool
    prefetch: bool
    workers: int
    names: NameRange
    in_order: bool


@documented
class Bucket(v2.Bucket):
    FILE_VERSION_FACTORY: ClassVar[Callable[..., FileVersionInfoFactory]] = staticmethod(FileVersionInfoFactory)

    if TYPE_CHECKING:  # what is inherited returns the classes of this surface
        api: B2Api

        @parameters_of(v2.Bucket.get_fresh_state)
        def get_fresh_state(self) -> Bucket: ...
        @parameters_of(v2.Bucket.list_file_versions)
        def list_file_versions(self) -> Iterator[FileVersionInfo]: ...
        @parameters_of(v2.Bucket.upload)
        def upload(self) -> FileVersionInfo: ...
        @parameters_of(v2.Bucket.upload_unbound_stream)
        def upload_unbound_stream(self) -> FileVersionInfo: ...
        @parameters_of(v2.Bucket.create_file)
        def create_file(self) -> FileVersionInfo: ...
        @parameters_of(v2.Bucket.create_file_stream)
        def create_file_stream(self) -> FileVersionInfo: ...
        @parameters_of(v2.Bucket.concatenate)
        def concatenate(self) -> FileVersionInfo: ...
        @parameters_of(v2.Bucket.concatenate_stream)
        def concatenate_stream(self) -> FileVersionInfo: ...
        @parameters_of(v2.Bucket.copy)
        def copy(self) -> FileVersionInfo: ...
        @parameters_of(v2.Bucket.hide_file)
        def hide_file(self) -> FileVersionInfo: ...
        @parameters_of(latest.Bucket.cancel_large_file)
        def cancel_large_file(self) -> FileVersionInfo: ...  # type: ignore[override]  # a version that stands for it

        @overload
        @parameters_of(latest.Bucket.upload_bytes)
        def upload_bytes(self) -> FileVersionInfo: ...
        @overload
        def upload_bytes(
            self,
            data_bytes: Buffer,
            file_name: str,
            content_type: str | None = None,
            **about: Unpack[UploadOfBytes],
        ) -> FileVersionInfo: ...
        def upload_bytes(self, *args: object, **kwargs: object) -> FileVersionInfo: ...

        @overload
        @parameters_of(latest.Bucket.upload_local_file)
        def upload_local_file(self) -> FileVersionInfo: ...
        @overload
        def upload_local_file(
            self,
            local_file: str | os.PathLike[str],
            file_name: str,
            content_type: str | None = None,
            **about: Unpack[UploadOfLocalFile],
        ) -> FileVersionInfo: ...
        def upload_local_file(self, *args: object, **kwargs: object) -> FileVersionInfo: ...

    # --- the bucket itself ---

    @override
    def update(  # type: ignore[override]  # the response as it is
        self,
        bucket_type: str | None = None,
        bucket_info: dict[str, str] | None = None,
        cors_rules: CorsRules | None = None,
        lifecycle_rules: list[LifecycleRule] | None = None,
        if_revision_is: int | None = None,
        default_server_side_encryption: EncryptionSetting | None = None,
        default_retention: BucketRetentionSetting | None = None,
        is_file_lock_enabled: bool | None = None,
        *,
        replication: ReplicationConfiguration | None = None,
    ) -> dict[str, Any]:
        """Replace what is given and leave what is ``None``; return the bucket as the service describes it then.

        An empty value, ``bucket_info={}`` say, clears.

        :raises AssertionError: there is nothing to update.
        :raises Conflict: the revision is another one.
        """
        response: dict[str, Any] = self.api.session.update_bucket(
            self.api.account_info.get_account_id(),
            self.id_,
            bucket_type=bucket_type,
            bucket_info=bucket_info,
            cors_rules=cors_rules,
            lifecycle_rules=lifecycle_rules,
            if_revision_is=if_revision_is,
            default_server_side_encryption=default_server_side_encryption,
            default_retention=default_retention,
            replication=replication,
            is_file_lock_enabled=is_file_lock_enabled,
        )
        return response

    @override
    def set_info(  # type: ignore[override]  # as above
        self, new_bucket_info: dict[str, str], if_revision_is: int | None = None
    ) -> dict[str, Any]:
        """Replace the bucket info; see :meth:`update`.

        :param new_bucket_info: names and values that are kept with the bucket, up to 10; ``{}`` clears.
        """
        return self.update(bucket_info=new_bucket_info, if_revision_is=if_revision_is)

    @override
    def set_type(self, bucket_type: str) -> dict[str, Any]:  # type: ignore[override]  # as above
        """Make the bucket public or private; see :meth:`update`."""
        return self.update(bucket_type=bucket_type)

    # --- downloads ---

    @overload  # type: ignore[override]  # the destination takes the position of the listener
    def download_file_by_id(
        self,
        file_id: str,
        download_dest: None = None,
        progress_listener: AbstractProgressListener | None = None,
        range_: tuple[int, int] | None = None,
        encryption: EncryptionSetting | None = None,
    ) -> DownloadedFile: ...
    @overload
    def download_file_by_id(
        self,
        file_id: str,
        download_dest: AbstractDownloadDestination,
        progress_listener: AbstractProgressListener | None = None,
        range_: tuple[int, int] | None = None,
        encryption: EncryptionSetting | None = None,
    ) -> dict[str, Any]: ...
    @override
    def download_file_by_id(
        self,
        file_id: str,
        download_dest: AbstractDownloadDestination | None = None,
        progress_listener: AbstractProgressListener | None = None,
        range_: tuple[int, int] | None = None,
        encryption: EncryptionSetting | None = None,
    ) -> DownloadedFile | dict[str, Any]:
        """Download a version of a file to a destination; without one, return what is saved later.

        :raises InvalidRange, UnsatisfiableRange, SSECKeyError, B2Error:
        """
        file = super().download_file_by_id(file_id, progress_listener, range_, encryption)
        return file if download_dest is None else download_file_and_return_info_dict(file, download_dest, range_)

    @override
    def download_file_by_name(  # type: ignore[override]  # as above
        self,
        file_name: str,
        download_dest: AbstractDownloadDestination,
        progress_listener: AbstractProgressListener | None = None,
        range_: tuple[int, int] | None = None,
        encryption: EncryptionSetting | None = None,
    ) -> dict[str, Any]:
        """Download the newest version of a file to a destination.

        :param download_dest: where the content goes.
        :raises FileNotPresent: there is no such file, or it is hidden.
        :raises InvalidRange, UnsatisfiableRange, SSECKeyError, B2Error:
        """
        file = super().download_file_by_name(file_name, progress_listener, range_, encryption)
        return download_file_and_return_info_dict(file, download_dest, range_)

    # --- looking at files ---

    @override
    def get_file_info_by_id(self, file_id: str) -> FileVersionInfo:
        # That of the API is the service's JSON.
        return get_stored_version(self.api, file_id)  # type: ignore[return-value]  # one of this surface

    @override
    def get_file_info_by_name(self, file_name: str) -> FileVersionInfo:  # type: ignore[override]  # no headers
        return file_version_info_from_download_version(super().get_file_info_by_name(file_name))

    @override
    def ls(  # type: ignore[override]  # the second parameter says the contrary
        self,
        folder_to_list: str = "",
        show_versions: bool = False,
        recursive: bool = False,
        fetch_count: int | None = LIST_FILE_NAMES_MAX_LIMIT,
        **kwargs: Unpack[_Listing],
    ) -> Iterator[tuple[FileVersionInfo, str | None]]:
        """Like v2's, which says with ``latest_only`` the contrary of ``show_versions``. Either will do here.

        :param folder_to_list: a folder; the empty name is the whole bucket.
        :param show_versions: all versions and hide markers, instead of the newest visible version of each file.
        :param recursive: the files in all folders below, instead of the folders.
        """
        kwargs.setdefault("latest_only", not show_versions)
        found: Iterator[Any] = super().ls(folder_to_list, recursive=recursive, fetch_count=fetch_count, **kwargs)
        return found

    # --- making files ---

    def copy_file(
        self,
        file_id: str,
        new_file_name: str,
        bytes_range: tuple[int, int] | None = None,
        metadata_directive: MetadataDirectiveMode | None = None,
        content_type: str | None = None,
        file_info: dict[str, str] | None = None,
        destination_encryption: EncryptionSetting | None = None,
        source_encryption: EncryptionSetting | None = None,
        file_retention: FileRetentionSetting | None = None,
        legal_hold: LegalHold | None = None,
        cache_control: str | None = None,
    ) -> dict[str, Any]:
        """Copy a file, or a range of it, in one request; return what the service says. :meth:`copy` is for any size.

        :param file_id: the version that is copied.
        :param bytes_range: the offsets of the first and the last byte, both included; ``None`` is the whole file.
        :param metadata_directive: whether the copy keeps content type and file info of its source; ``None`` keeps.
        :param source_encryption: the customer key that the source is encrypted with; ``None`` where there is none.
        :raises InvalidMetadataDirective: content type and file info do not go with the directive.
        """
        validate_b2_file_name(new_file_name)
        response: dict[str, Any] = self.api.session.copy_file(
            file_id,
            new_file_name,
            bytes_range,
            metadata_directive,
            content_type,
            InfoOptions(file_info, cache_control).merge(),
            self.id_,
            destination_server_side_encryption=destination_encryption,
            source_server_side_encryption=source_encryption,
            file_retention=file_retention,
            legal_hold=legal_hold,
        )
        return response

    def start_large_file(
        self,
        file_name: str,
        content_type: str | None = None,
        file_info: dict[str, str] | None = None,
        file_retention: FileRetentionSetting | None = None,
        legal_hold: LegalHold | None = None,
        cache_control: str | None = None,
    ) -> UnfinishedLargeFile:
        """Start a large file; the caller uploads its parts and finishes it."""
        validate_b2_file_name(file_name)
        return self.api.services.large_file.start_large_file(
            self.id_,
            file_name,
            content_type,
            InfoOptions(file_info, cache_control).merge(),
            file_retention=file_retention,
            legal_hold=legal_hold,
        )


class BucketFactory(v2.BucketFactory):
    BUCKET_CLASS: ClassVar[type[Bucket]] = Bucket
