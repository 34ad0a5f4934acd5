"""The account in the dialect v3: other argument orders, and keys for one bucket at most."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, ClassVar

from typing_extensions import override

from b2sdk import api, exception
from b2sdk.cache import AbstractCache
from b2sdk.docstrings import documented
from b2sdk.exception import RestrictedBucketMissing
from b2sdk.http.config import B2HttpApiConfig
from b2sdk.transfer.services import Services
from b2sdk.v2.account_info import AbstractAccountInfo
from b2sdk.v2.api_config import DEFAULT_HTTP_API_CONFIG
from b2sdk.v2.application_key import ApplicationKey, FullApplicationKey
from b2sdk.v2.bucket import Bucket, BucketFactory
from b2sdk.v2.exception import BucketIdNotFound, RestrictedBucket
from b2sdk.v2.file_version import FileVersion, FileVersionFactory
from b2sdk.v2.raw_api import API_VERSION, AbstractRawApi
from b2sdk.v2.session import B2Session
from b2sdk.values.argument import arguments_checked

if TYPE_CHECKING:
    from b2sdk.v2.inherited import parameters_of

__all__ = ["B2Api", "Services"]


@documented
class B2Api(api.B2Api):
    API_VERSION: ClassVar[str] = API_VERSION
    SESSION_CLASS: ClassVar[Callable[..., B2Session]] = B2Session
    BUCKET_CLASS: ClassVar[type[Bucket]] = Bucket
    FILE_VERSION_FACTORY_CLASS: ClassVar[Callable[..., FileVersionFactory]] = FileVersionFactory
    BUCKET_FACTORY_CLASS: type[BucketFactory] = BucketFactory
    APPLICATION_KEY_CLASS: ClassVar[type[ApplicationKey]] = ApplicationKey
    FULL_APPLICATION_KEY_CLASS: ClassVar[type[FullApplicationKey]] = FullApplicationKey

    if TYPE_CHECKING:  # what is inherited returns the classes of this surface
        session: B2Session
        file_version_factory: FileVersionFactory

        @property
        @override
        def account_info(self) -> AbstractAccountInfo: ...
        @property
        @override
        def raw_api(self) -> AbstractRawApi: ...
        @parameters_of(api.B2Api.create_bucket)
        def create_bucket(self) -> Bucket: ...
        @parameters_of(api.B2Api.list_buckets)
        def list_buckets(self) -> list[Bucket]: ...  # type: ignore[override]  # a list of a subclass
        @parameters_of(api.B2Api.get_bucket_by_name)
        def get_bucket_by_name(self) -> Bucket: ...
        @parameters_of(api.B2Api.get_file_info)
        def get_file_info(self) -> FileVersion: ...
        @parameters_of(api.B2Api.delete_key)
        def delete_key(self) -> ApplicationKey: ...
        @parameters_of(api.B2Api.delete_key_by_id)
        def delete_key_by_id(self) -> ApplicationKey: ...
        @parameters_of(api.B2Api.list_keys)
        def list_keys(self) -> Iterator[ApplicationKey]: ...
        @parameters_of(api.B2Api.get_key)
        def get_key(self) -> ApplicationKey | None: ...

    @override
    def __init__(
        self,
        account_info: AbstractAccountInfo | None = None,
        cache: AbstractCache | None = None,
        max_upload_workers: int | None = 10,
        max_copy_workers: int | None = 10,
        api_config: B2HttpApiConfig = DEFAULT_HTTP_API_CONFIG,
        max_download_workers: int | None = None,
        save_to_buffer_size: int | None = None,
        check_download_hash: bool = True,
        max_download_streams_per_file: int | None = None,
    ) -> None:
        """Make a client; no request is made."""
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
        """Exchange the key for a token and store what the service says about the account.

        :param application_key_id: the account id stands for the master key.
        :raises RestrictedBucketMissing: the bucket that the key is restricted to no longer exists. The account is
            authorized all the same.
        :raises Unauthorized: the key is wrong, or has ended.
        """
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
    def get_bucket_by_id(self, bucket_id: str) -> Bucket:
        try:
            return super().get_bucket_by_id(bucket_id)  # type: ignore[return-value]  # one of this surface
        except exception.BucketIdNotFound as error:
            raise BucketIdNotFound(bucket_id).in_place_of(error) from error

    @override
    def _check_bucket_restrictions(self, key: str, value: str | None) -> None:
        allowed_value = self.account_info.get_allowed()["bucketName" if key == "name" else "bucketId"]
        if allowed_value is not None and value != allowed_value:
            raise RestrictedBucket(allowed_value)

    @override
    @arguments_checked
    def create_key(  # type: ignore[override]  # `bucket_id` in place of `bucket_ids`
        self,
        capabilities: list[str],
        key_name: str,
        valid_duration_seconds: int | None = None,
        bucket_id: str | None = None,
        name_prefix: str | None = None,
    ) -> FullApplicationKey:
        """Create an application key, restricted to one bucket if ``bucket_id`` is given.

        :param bucket_id: the id of the bucket that the key is restricted to; ``None`` is all.
        """
        api.check_restriction(None if bucket_id is None else [bucket_id])
        response = self.session.create_key(
            self.get_account_id(),
            capabilities,
            key_name,
            valid_duration_seconds,
            bucket_id,
            name_prefix,
        )
        key: FullApplicationKey = self._created_key(response, capabilities, key_name)
        return key
