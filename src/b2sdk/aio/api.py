"""The account in an event loop: authorization, buckets, keys, and whatever is addressed by a file id alone.

What is decided about them is decided in :mod:`b2sdk.api`; what belongs here awaits.
"""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Callable, Coroutine
from types import TracebackType
from typing import Any, ClassVar, TypeVar

from typing_extensions import Self

from b2sdk import api
from b2sdk.account_info.abstract import AbstractAccountInfo
from b2sdk.aio.bucket import Bucket, BucketFactory
from b2sdk.aio.downloads import DownloadedFile, request_version
from b2sdk.aio.file_version import DownloadVersion, DownloadVersionFactory, FileVersion, FileVersionFactory
from b2sdk.aio.limits import Limits
from b2sdk.aio.listings import first_of, items, list_parts
from b2sdk.aio.making import FileMaker
from b2sdk.aio.session import AsyncSession
from b2sdk.aio.verbs import verb
from b2sdk.api import Account, check_name_or_id, check_restriction, id_of, read_legal_hold, read_retention, the_same_key
from b2sdk.application_key import ApplicationKey, FullApplicationKey
from b2sdk.bucket import find_by_id, find_by_name
from b2sdk.cache import AbstractCache
from b2sdk.file_version import FileIdAndName, check_identity
from b2sdk.http.config import DEFAULT_HTTP_API_CONFIG, B2HttpApiConfig
from b2sdk.paging import KEYS, pages
from b2sdk.raw_api.endpoints import AbstractRawApi, download_url_by_id
from b2sdk.transfer.large_file import Part
from b2sdk.values.credentials import credentials_needed_in
from b2sdk.values.file_lock import FileRetentionSetting, LegalHold

_R = TypeVar("_R")


class B2Api(Account):
    """An account of the service, for the event loop in which it is used first.

    The verbs are those of :class:`b2sdk.v3.B2Api`, and are awaited; listings are asynchronous generators. Leave it with
    ``async with`` or :meth:`close`; it cannot be used afterwards.
    """

    BUCKET_CLASS: ClassVar[type[Bucket]] = Bucket
    BUCKET_FACTORY_CLASS: type[BucketFactory] = BucketFactory
    FILE_VERSION_FACTORY_CLASS: ClassVar[Callable[..., FileVersionFactory]] = FileVersionFactory
    DOWNLOAD_VERSION_FACTORY_CLASS: ClassVar[Callable[..., DownloadVersionFactory]] = DownloadVersionFactory

    session: AsyncSession

    def __init__(
        self,
        account_info: AbstractAccountInfo | None = None,
        cache: AbstractCache | None = None,
        *,
        api_config: B2HttpApiConfig = DEFAULT_HTTP_API_CONFIG,
        check_download_hash: bool = True,
        max_download_streams_per_file: int | None = None,
        limits: Limits | None = None,
    ) -> None:
        """Make a client; no request is made.

        :param account_info: where the state of the account is kept; ``None`` keeps it in memory. One that blocks is
            asked in a thread.
        :param cache: where names and ids of buckets are remembered; ``None`` uses the account info.
        :param api_config: how requests are made; see ``B2HttpApiConfig``.
        :param check_download_hash: whether the SHA-1 of downloads is compared.
        :param max_download_streams_per_file: how many ranges of one file are downloaded at a time; ``None`` leaves it
            to the limits.
        :param limits: how much is done, and held in memory, at a time; ``None`` is ``Limits()``.
        :raises ValueError: the configuration has a session of requests, which an event loop cannot use.
        """
        self.session: AsyncSession = AsyncSession(account_info, cache, api_config, limits)
        self.api_config = api_config
        self.check_download_hash = check_download_hash
        self.max_download_streams_per_file = max_download_streams_per_file
        self.file_version_factory: FileVersionFactory = self.FILE_VERSION_FACTORY_CLASS(self)
        self.download_version_factory: DownloadVersionFactory = self.DOWNLOAD_VERSION_FACTORY_CLASS(self)
        self.file_maker: FileMaker = FileMaker(self)

    @property
    def raw_api(self) -> AbstractRawApi:
        """The endpoints that the session calls."""
        return self.session.raw_api

    async def close(self) -> None:
        """Close the connections. What is on its way fails, and the client cannot be used again."""
        await self.session.close()

    async def __aenter__(self) -> Self:
        self.session.http.check_loop()
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: TracebackType | None
    ) -> None:
        await self.close()

    async def _call_for_account(self, endpoint: Callable[..., _R], *args: Any, **kwargs: Any) -> _R:
        """Call an endpoint that takes the account first."""
        return await self.session.call(endpoint, await self.get_account_id(), *args, **kwargs)

    # --- authorization ---

    @verb(api.B2Api.authorize_automatically)
    async def authorize_automatically(self) -> bool:
        return await self.session.authorize_automatically()

    @verb(api.B2Api.authorize_account)
    async def authorize_account(self, application_key_id: str, application_key: str, realm: str = "production") -> None:
        await self.session.authorize_account(realm, application_key_id, application_key)
        await self.session.ask(self._remember_allowed_buckets)

    @verb(api.B2Api.authorize_from_environment)
    async def authorize_from_environment(self) -> None:
        await self.authorize_account(**credentials_needed_in(os.environ).as_arguments())

    @verb(api.B2Api.get_account_id)
    async def get_account_id(self) -> str:
        return await self.session.ask(self.account_info.get_account_id)

    # --- buckets ---

    @verb(api.B2Api.create_bucket)
    async def create_bucket(self, name: str, bucket_type: str, *args: Any, **kwargs: Any) -> Bucket:
        response = await self._call_for_account(AbstractRawApi.create_bucket, name, bucket_type, *args, **kwargs)
        bucket: Bucket = await self.session.ask(self._created_bucket, response, name, bucket_type)
        return bucket

    async def delete_bucket(self, bucket: Bucket) -> None:
        """Delete an empty bucket; see :meth:`b2sdk.v3.B2Api.delete_bucket`, which tells the errors.

        :param bucket: the bucket, or anything else with its ``id_``.
        """
        await self._call_for_account(AbstractRawApi.delete_bucket, id_of("bucket", bucket))

    @verb(api.B2Api.list_buckets)
    async def list_buckets(
        self, bucket_name: str | None = None, bucket_id: str | None = None, *, use_cache: bool = False
    ) -> list[Bucket]:
        check_name_or_id(bucket_name, bucket_id)
        if bucket_id is not None:
            await self.check_bucket_id_restrictions(bucket_id)
        else:
            await self.check_bucket_name_restrictions(bucket_name)
        if use_cache and (cached := await self.session.ask(self._cached_buckets, bucket_name, bucket_id)):
            return cached
        response = await self._call_for_account(
            AbstractRawApi.list_buckets, bucket_name=bucket_name, bucket_id=bucket_id
        )
        are_all = bucket_name is None and bucket_id is None
        return await self.session.ask(self._listed_buckets, response, are_all=are_all)

    @verb(api.B2Api.get_bucket_by_id)
    async def get_bucket_by_id(self, bucket_id: str) -> Bucket:
        await self.check_bucket_id_restrictions(bucket_id)
        known: Bucket | None = await self.session.ask(self._known_by_id, bucket_id)
        return known or find_by_id(await self.list_buckets(bucket_id=bucket_id), bucket_id)

    @verb(api.B2Api.get_bucket_by_name)
    async def get_bucket_by_name(self, bucket_name: str) -> Bucket:
        await self.check_bucket_name_restrictions(bucket_name)
        known: Bucket | None = await self.session.ask(self._known_by_name, bucket_name)
        return known or find_by_name(await self.list_buckets(bucket_name=bucket_name), bucket_name)

    @verb(api.B2Api.check_bucket_name_restrictions)
    async def check_bucket_name_restrictions(self, bucket_name: str | None) -> None:
        await self.session.ask(self._check_bucket_restrictions, "name", bucket_name)

    @verb(api.B2Api.check_bucket_id_restrictions)
    async def check_bucket_id_restrictions(self, bucket_id: str | None) -> None:
        await self.session.ask(self._check_bucket_restrictions, "id", bucket_id)

    # --- keys ---

    @verb(api.B2Api.create_key)
    async def create_key(
        self,
        capabilities: list[str],
        key_name: str,
        valid_duration_seconds: int | None = None,
        bucket_ids: list[str] | None = None,
        name_prefix: str | None = None,
    ) -> FullApplicationKey:
        check_restriction(bucket_ids)
        response = await self._call_for_account(
            AbstractRawApi.create_key, capabilities, key_name, valid_duration_seconds, bucket_ids, name_prefix
        )
        key: FullApplicationKey = self._created_key(response, capabilities, key_name)
        return key

    @verb(api.B2Api.delete_key)
    async def delete_key(self, application_key: FullApplicationKey) -> ApplicationKey:
        return await self.delete_key_by_id(id_of("application_key", application_key))

    @verb(api.B2Api.delete_key_by_id)
    async def delete_key_by_id(self, application_key_id: str) -> ApplicationKey:
        response = await self.session.call(AbstractRawApi.delete_key, application_key_id)
        return self.APPLICATION_KEY_CLASS.from_api_response(response)

    @verb(api.B2Api.list_keys)
    def list_keys(self, start_application_key_id: str | None = None) -> AsyncGenerator[ApplicationKey, None]:
        def fetch(start: str | None) -> Coroutine[Any, Any, dict[str, Any]]:
            return self._call_for_account(
                AbstractRawApi.list_keys, max_key_count=self.DEFAULT_LIST_KEY_COUNT, start_application_key_id=start
            )

        return items(pages(fetch, start_application_key_id, KEYS, self.APPLICATION_KEY_CLASS.from_api_response))

    @verb(api.B2Api.get_key)
    async def get_key(self, key_id: str) -> ApplicationKey | None:
        return the_same_key(key_id, await first_of(self.list_keys(key_id)))

    # --- files by id ---

    @verb(api.B2Api.download_file_by_id)
    async def download_file_by_id(self, file_id: str, *args: Any, **kwargs: Any) -> DownloadedFile:
        url = await self.get_download_url_for_fileid(file_id)
        return await request_version(self, file_id, url, *args, **kwargs)

    @verb(api.B2Api.get_file_info)
    async def get_file_info(self, file_id: str) -> FileVersion:
        response = await self.session.call(AbstractRawApi.get_file_info_by_id, file_id)
        version = self.file_version_factory.from_api_response(response)
        check_identity(version, id_=file_id)
        return version

    @verb(api.B2Api.get_file_info_by_name)
    async def get_file_info_by_name(self, bucket_name: str, file_name: str) -> DownloadVersion:
        bucket = await self.get_bucket_by_name(bucket_name)
        return await bucket.get_file_info_by_name(file_name)

    @verb(api.B2Api.delete_file_version)
    async def delete_file_version(self, *args: Any, **kwargs: Any) -> FileIdAndName:
        response = await self.session.call(AbstractRawApi.delete_file_version, *args, **kwargs)
        return FileIdAndName.from_cancel_or_delete_response(response)

    @verb(api.B2Api.list_parts)
    def list_parts(self, *args: Any, **kwargs: Any) -> AsyncGenerator[Part, None]:
        return list_parts(self.session, *args, **kwargs)

    @verb(api.B2Api.cancel_large_file)
    async def cancel_large_file(self, file_id: str) -> FileIdAndName:
        response = await self.session.call(AbstractRawApi.cancel_large_file, file_id)
        return FileIdAndName.from_cancel_or_delete_response(response)

    @verb(api.B2Api.update_file_legal_hold)
    async def update_file_legal_hold(self, *args: Any, **kwargs: Any) -> LegalHold:
        return read_legal_hold(await self.session.call(AbstractRawApi.update_file_legal_hold, *args, **kwargs))

    @verb(api.B2Api.update_file_retention)
    async def update_file_retention(self, *args: Any, **kwargs: Any) -> FileRetentionSetting:
        return read_retention(await self.session.call(AbstractRawApi.update_file_retention, *args, **kwargs))

    @verb(api.B2Api.get_download_url_for_fileid)
    async def get_download_url_for_fileid(self, file_id: str) -> str:
        download_url = await self.session.ask(self.account_info.get_download_url)
        return download_url_by_id(download_url, self.API_VERSION, file_id)

    @verb(api.B2Api.get_download_url_for_file_name)
    async def get_download_url_for_file_name(self, bucket_name: str, file_name: str) -> str:
        await self.check_bucket_name_restrictions(bucket_name)
        download_url = await self.session.ask(self.account_info.get_download_url)
        return self.raw_api.get_download_url_by_name(download_url, bucket_name, file_name)
