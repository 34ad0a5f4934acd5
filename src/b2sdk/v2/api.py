"""The account in the dialect v3: other argument orders, and keys for one bucket at most."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from typing_extensions import override

from b2sdk import api, exception
from b2sdk.account_info.abstract import AbstractAccountInfo as _AnyAccountInfo
from b2sdk.application_key import ApplicationKey as _AnyKey, CreatedKey as _AnyCreatedKey
from b2sdk.bucket import Bucket as _AnyBucket
from b2sdk.cache import AbstractCache
from b2sdk.exception import RestrictedBucketMissing
from b2sdk.http.config import B2HttpApiConfig
from b2sdk.v2.application_key import ApplicationKey, FullApplicationKey
from b2sdk.v2.bucket import Bucket, BucketFactory
from b2sdk.v2.exception import BucketIdNotFound, RestrictedBucket
from b2sdk.v2.file_version import FileVersionFactory
from b2sdk.v2.raw_api import API_VERSION, DEFAULT_HTTP_API_CONFIG
from b2sdk.v2.session import B2Session


class B2Api(api.B2Api):
    API_VERSION: ClassVar[str] = API_VERSION
    SESSION_CLASS: ClassVar[Callable[..., B2Session]] = B2Session
    BUCKET_CLASS: ClassVar[type[_AnyBucket]] = Bucket
    FILE_VERSION_FACTORY_CLASS: ClassVar[Callable[..., FileVersionFactory]] = FileVersionFactory
    BUCKET_FACTORY_CLASS: Any = BucketFactory
    APPLICATION_KEY_CLASS: ClassVar[type[_AnyKey]] = ApplicationKey
    FULL_APPLICATION_KEY_CLASS: ClassVar[type[_AnyCreatedKey]] = FullApplicationKey

    @override
    def __init__(
        self,
        account_info: _AnyAccountInfo | None = None,
        cache: AbstractCache | None = None,
        max_upload_workers: int | None = 10,
        max_copy_workers: int | None = 10,
        api_config: B2HttpApiConfig = DEFAULT_HTTP_API_CONFIG,
        max_download_workers: int | None = None,
        save_to_buffer_size: int | None = None,
        check_download_hash: bool = True,
        max_download_streams_per_file: int | None = None,
    ) -> None:
        super().__init__(
            account_info,
            cache,
            max_upload_workers,
            max_copy_workers,
            api_config,
            max_download_workers,
            save_to_buffer_size,
            check_download_hash,
            max_download_streams_per_file,
        )

    @override
    def authorize_account(  # type: ignore[override]  # the realm comes first and has no default
        self, realm: str, application_key_id: str, application_key: str
    ) -> None:
        """Exchange the key for a token; see v3's, which has the realm last."""
        super().authorize_account(application_key_id, application_key, realm)

    @override
    def _remember_allowed_buckets(self) -> None:
        allowed = self.account_info.get_allowed()
        if allowed["bucketId"] is None:
            return
        if allowed["bucketName"] is None:
            raise RestrictedBucketMissing
        self.cache.save_bucket(self.BUCKET_CLASS(self, allowed["bucketId"], name=allowed["bucketName"]))

    @override
    def get_bucket_by_id(self, bucket_id: str) -> _AnyBucket:
        try:
            return super().get_bucket_by_id(bucket_id)
        except exception.BucketIdNotFound as error:
            raise BucketIdNotFound(bucket_id).in_place_of(error) from error

    @override
    def _check_bucket_restrictions(self, key: str, value: str | None) -> None:
        allowed_value = self.account_info.get_allowed()["bucketName" if key == "name" else "bucketId"]
        if allowed_value is not None and value != allowed_value:
            raise RestrictedBucket(allowed_value)

    @override
    def create_key(  # type: ignore[override]  # `bucket_id` in place of `bucket_ids`
        self,
        capabilities: list[str],
        key_name: str,
        valid_duration_seconds: int | None = None,
        bucket_id: str | None = None,
        name_prefix: str | None = None,
    ) -> FullApplicationKey:
        """Create an application key, restricted to one bucket if ``bucket_id`` is given."""
        answer = self.session.create_key(
            self.get_account_id(),
            capabilities,
            key_name,
            valid_duration_seconds,
            bucket_id,  # type: ignore[arg-type]  # what the session of this surface takes
            name_prefix,
        )
        key: FullApplicationKey = self._created_key(answer, capabilities, key_name)
        return key
