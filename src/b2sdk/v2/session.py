"""A session for keys that are restricted to one bucket at most."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from typing_extensions import override

from b2sdk import session
from b2sdk.account_info.abstract import AbstractAccountInfo as _AnyAccountInfo
from b2sdk.cache import AbstractCache, DummyCache
from b2sdk.http.config import B2HttpApiConfig
from b2sdk.lazy import Later
from b2sdk.session import account_call
from b2sdk.v2.b2http import B2Http
from b2sdk.v2.older_arguments import WithOlderArguments
from b2sdk.v2.raw_api import DEFAULT_HTTP_API_CONFIG, AbstractRawApi
from b2sdk.values.authorization import Allowed, allowed_from_v3


class B2Session(session.B2Session):
    SQLITE_ACCOUNT_INFO_CLASS: ClassVar[Any] = Later("b2sdk.v2.sqlite_account_info", "SqliteAccountInfo")
    B2HTTP_CLASS: ClassVar[Callable[..., B2Http]] = B2Http

    @override
    def __init__(
        self,
        account_info: _AnyAccountInfo | None = None,
        cache: AbstractCache | None = None,
        api_config: B2HttpApiConfig = DEFAULT_HTTP_API_CONFIG,
    ) -> None:
        super().__init__(account_info, cache, api_config)

    @override
    def _default_cache(self, account_info: _AnyAccountInfo | None) -> tuple[AbstractCache, _AnyAccountInfo]:
        # An account info of the caller's own is not used as a cache unless the caller says so.
        return super()._default_cache(None) if account_info is None else (DummyCache(), account_info)

    @override
    def _read_allowed(self, storage_api: Mapping[str, object]) -> Allowed:
        return allowed_from_v3(storage_api)

    @override
    def _bucket_restrictions(self, allowed: Allowed) -> Sequence[str]:
        return [] if allowed["bucketName"] is None else [f"restricted to bucket '{allowed['bucketName']}'"]

    if not TYPE_CHECKING:  # the inherited types leave the older arguments out
        upload_file = WithOlderArguments(session.B2Session.upload_file)

    @account_call(AbstractRawApi.create_key)
    def create_key(self) -> None: ...  # type: ignore[override]  # `bucket_id` in place of `bucket_ids`
