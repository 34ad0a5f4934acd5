"""A session for keys that are restricted to one bucket at most."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, overload

from typing_extensions import Unpack, override

from b2sdk import session
from b2sdk.account_info.abstract import AbstractAccountInfo as _AnyAccountInfo
from b2sdk.cache import AbstractCache, DummyCache
from b2sdk.http.config import B2HttpApiConfig
from b2sdk.lazy import LazyAttribute
from b2sdk.session import account_call
from b2sdk.v2.account_info import AbstractAccountInfo
from b2sdk.v2.api_config import DEFAULT_HTTP_API_CONFIG
from b2sdk.v2.b2http import B2Http
from b2sdk.v2.older_arguments import WithOlderArguments
from b2sdk.v2.raw_api import AbstractRawApi
from b2sdk.values.authorization import Allowed, allowed_from_v3
from b2sdk.values.json import JsonObject

if TYPE_CHECKING:
    from b2sdk.interfaces import Readable
    from b2sdk.v2.older_uploads import FileInfo, UploadToUrl
    from b2sdk.values.encryption import EncryptionSetting
    from b2sdk.values.file_lock import FileRetentionSetting, LegalHold


class B2Session(session.B2Session):
    SQLITE_ACCOUNT_INFO_CLASS: ClassVar[Any] = LazyAttribute("b2sdk.v2.sqlite_account_info", "SqliteAccountInfo")
    B2HTTP_CLASS: ClassVar[Callable[..., B2Http]] = B2Http

    @override
    def __init__(
        self,
        account_info: AbstractAccountInfo | None = None,
        cache: AbstractCache | None = None,
        api_config: B2HttpApiConfig = DEFAULT_HTTP_API_CONFIG,
    ) -> None:
        super().__init__(account_info, cache, api_config)

    @override
    def _default_cache(self, account_info: _AnyAccountInfo | None) -> tuple[AbstractCache, _AnyAccountInfo]:
        # An account info of the caller's own is not used as a cache unless the caller says so.
        return super()._default_cache(None) if account_info is None else (DummyCache(), account_info)

    @override
    def _read_allowed(self, storage_api: JsonObject) -> Allowed:
        return allowed_from_v3(storage_api)

    @override
    def _bucket_restrictions(self, allowed: Allowed) -> Sequence[str]:
        return [] if allowed["bucketName"] is None else [f"restricted to bucket '{allowed['bucketName']}'"]

    if TYPE_CHECKING:
        raw_api: AbstractRawApi
        account_info: AbstractAccountInfo

        @overload
        def upload_file(
            self,
            bucket_id: str,
            file_name: str,
            content_length: int,
            content_type: str,
            content_sha1: str,
            file_info: FileInfo,
            data_stream: Readable,
            server_side_encryption: EncryptionSetting | None = None,
            file_retention: FileRetentionSetting | None = None,
            legal_hold: LegalHold | None = None,
            custom_upload_timestamp: int | None = None,
            cache_control: str | None = None,
        ) -> JsonObject: ...
        @overload
        def upload_file(
            self,
            bucket_id: str,
            file_name: str,
            content_length: int,
            content_type: str,
            content_sha1: str,
            **about: Unpack[UploadToUrl],
        ) -> JsonObject: ...
        def upload_file(self, *args: object, **kwargs: object) -> JsonObject: ...

    else:
        upload_file = WithOlderArguments(session.B2Session.upload_file)

    @account_call(AbstractRawApi.create_key)
    def create_key(self) -> None: ...  # type: ignore[override]  # `bucket_id` in place of `bucket_ids`
