"""Buckets as before: ``ls`` takes its path for a folder, and uploads take two older arguments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, TypedDict, overload

from typing_extensions import Unpack, override

from b2sdk import bucket, exception
from b2sdk.docstrings import documented
from b2sdk.listing import folder_prefix
from b2sdk.protocol_constants import LIST_FILE_NAMES_MAX_LIMIT
from b2sdk.v2.exception import BucketIdNotFound
from b2sdk.v2.file_version import FileVersion, FileVersionFactory
from b2sdk.v2.older_arguments import WithOlderArguments
from b2sdk.values.argument import arguments_checked
from b2sdk.values.filter import Filter
from b2sdk.values.name_range import NameRange

if TYPE_CHECKING:
    import os

    from typing_extensions import Buffer

    from b2sdk.v2.api import B2Api
    from b2sdk.v2.inherited import parameters_of
    from b2sdk.v2.older_uploads import UploadOfBytes, UploadOfLocalFile


class _Listing(TypedDict, total=False):
    prefetch: bool
    workers: int
    names: NameRange
    in_order: bool


@documented
class Bucket(bucket.Bucket):
    FILE_VERSION_FACTORY_CLASS: ClassVar[type[FileVersionFactory]] = FileVersionFactory

    if TYPE_CHECKING:  # what is inherited returns the classes of this surface
        api: B2Api

        @parameters_of(bucket.Bucket.set_info)
        def set_info(self) -> Bucket: ...
        @parameters_of(bucket.Bucket.set_type)
        def set_type(self) -> Bucket: ...
        @parameters_of(bucket.Bucket.update)
        def update(self) -> Bucket: ...
        @parameters_of(bucket.Bucket.get_file_info_by_id)
        def get_file_info_by_id(self) -> FileVersion: ...
        @parameters_of(bucket.Bucket.list_file_versions)
        def list_file_versions(self) -> Iterator[FileVersion]: ...
        @parameters_of(bucket.Bucket.upload)
        def upload(self) -> FileVersion: ...
        @parameters_of(bucket.Bucket.upload_unbound_stream)
        def upload_unbound_stream(self) -> FileVersion: ...
        @parameters_of(bucket.Bucket.create_file)
        def create_file(self) -> FileVersion: ...
        @parameters_of(bucket.Bucket.create_file_stream)
        def create_file_stream(self) -> FileVersion: ...
        @parameters_of(bucket.Bucket.concatenate)
        def concatenate(self) -> FileVersion: ...
        @parameters_of(bucket.Bucket.concatenate_stream)
        def concatenate_stream(self) -> FileVersion: ...
        @parameters_of(bucket.Bucket.copy)
        def copy(self) -> FileVersion: ...
        @parameters_of(bucket.Bucket.hide_file)
        def hide_file(self) -> FileVersion: ...

        @overload
        @parameters_of(bucket.Bucket.upload_bytes)
        def upload_bytes(self) -> FileVersion: ...
        @overload
        def upload_bytes(
            self,
            data_bytes: Buffer,
            file_name: str,
            content_type: str | None = None,
            **about: Unpack[UploadOfBytes],
        ) -> FileVersion: ...
        def upload_bytes(self, *args: object, **kwargs: object) -> FileVersion: ...

        @overload
        @parameters_of(bucket.Bucket.upload_local_file)
        def upload_local_file(self) -> FileVersion: ...
        @overload
        def upload_local_file(
            self,
            local_file: str | os.PathLike[str],
            file_name: str,
            content_type: str | None = None,
            **about: Unpack[UploadOfLocalFile],
        ) -> FileVersion: ...
        def upload_local_file(self, *args: object, **kwargs: object) -> FileVersion: ...

    else:
        upload_bytes = WithOlderArguments(bucket.Bucket.upload_bytes, keeps_cache_control=True)
        upload_local_file = WithOlderArguments(bucket.Bucket.upload_local_file, keeps_cache_control=True)

    @override
    def get_fresh_state(self) -> Bucket:
        try:
            return super().get_fresh_state()  # type: ignore[return-value]  # one of this surface
        except exception.BucketIdNotFound as error:
            raise BucketIdNotFound(self.id_).in_place_of(error) from error

    @override
    @arguments_checked
    def ls(
        self,
        folder_to_list: str = "",
        latest_only: bool = True,
        recursive: bool = False,
        fetch_count: int | None = LIST_FILE_NAMES_MAX_LIMIT,
        with_wildcard: bool = False,
        filters: Sequence[Filter] = (),
        folder_to_list_can_be_a_file: bool = False,
        **kwargs: Unpack[_Listing],
    ) -> Iterator[tuple[FileVersion, str | None]]:
        """Like v3's, but the path is a folder unless ``folder_to_list_can_be_a_file``.

        :param folder_to_list: a folder; the empty name is the whole bucket.
        :param latest_only: the newest visible version of each file, instead of all versions and hide markers.
        :param recursive: the files in all folders below, instead of the folders.
        :param with_wildcard: whether the path is a pattern, which needs ``recursive``.
        :param filters: which of the files are yielded, a sequence of :class:`Filter`; without any, all are.
        :param folder_to_list_can_be_a_file: whether the path of a file gives that file alone.
        """
        if not folder_to_list_can_be_a_file and not with_wildcard:
            folder_to_list = folder_prefix(folder_to_list)
        options = (folder_to_list, latest_only, recursive, fetch_count, with_wildcard, filters)
        return super().ls(*options, **kwargs)  # type: ignore[return-value]  # versions of this surface


class BucketFactory(bucket.BucketFactory):
    BUCKET_CLASS: ClassVar[type[Bucket]] = Bucket

    if TYPE_CHECKING:  # what is inherited returns the classes of this surface

        @classmethod
        @override
        def from_api_response(  # type: ignore[override]  # a list of a subclass
            cls, api: bucket.BucketApi, response: Mapping[str, Any]
        ) -> list[Bucket]: ...
        @classmethod
        @override
        def from_api_bucket_dict(cls, api: bucket.BucketApi, bucket_dict: Mapping[str, Any]) -> Bucket: ...
