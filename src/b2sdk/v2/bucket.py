"""Buckets as before: ``ls`` takes its path for a folder, and uploads take two older arguments."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from typing_extensions import override

from b2sdk import bucket, exception
from b2sdk.file_version import FileVersion
from b2sdk.listing import folder_prefix
from b2sdk.v2.exception import BucketIdNotFound
from b2sdk.v2.file_version import FileVersionFactory
from b2sdk.v2.older_arguments import WithOlderArguments
from b2sdk.values.filter import Filter
from b2sdk.vocabulary import LIST_FILE_NAMES_MAX_LIMIT


class Bucket(bucket.Bucket):
    FILE_VERSION_FACTORY_CLASS: ClassVar[type[FileVersionFactory]] = FileVersionFactory

    if not TYPE_CHECKING:  # the inherited types leave the older arguments out
        upload_bytes = WithOlderArguments(bucket.Bucket.upload_bytes, keeps_cache_control=True)
        upload_local_file = WithOlderArguments(bucket.Bucket.upload_local_file, keeps_cache_control=True)

    @override
    def get_fresh_state(self) -> bucket.Bucket:
        try:
            return super().get_fresh_state()
        except exception.BucketIdNotFound as error:
            raise BucketIdNotFound(self.id_).in_place_of(error) from error

    @override
    def ls(  # type: ignore[override]  # the first parameter has its old name
        self,
        folder_to_list: str = "",
        latest_only: bool = True,
        recursive: bool = False,
        fetch_count: int | None = LIST_FILE_NAMES_MAX_LIMIT,
        with_wildcard: bool = False,
        filters: Sequence[Filter] = (),
        folder_to_list_can_be_a_file: bool = False,
        **kwargs: Any,
    ) -> Iterator[tuple[FileVersion, str | None]]:
        """Like v3's, but the path is a folder unless ``folder_to_list_can_be_a_file``."""
        if not folder_to_list_can_be_a_file and not with_wildcard:
            folder_to_list = folder_prefix(folder_to_list)
        return super().ls(folder_to_list, latest_only, recursive, fetch_count, with_wildcard, filters, **kwargs)


class BucketFactory(bucket.BucketFactory):
    BUCKET_CLASS: ClassVar[type[bucket.Bucket]] = Bucket
