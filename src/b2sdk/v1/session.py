"""A session whose raw API the program may have made itself, and whose account info has one part size."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from typing_extensions import override

from b2sdk.cache import AbstractCache
from b2sdk.exception import InvalidArgument
from b2sdk.http.client import B2Http as _AnyHttp
from b2sdk.http.config import B2HttpApiConfig as _AnyConfig
from b2sdk.lazy import LazyAttribute
from b2sdk.protocol_constants import REALM_URLS
from b2sdk.raw_api.endpoints import AbstractRawApi
from b2sdk.v1.account_info import AbstractAccountInfo
from b2sdk.v2 import session as v2
from b2sdk.v2.api_config import DEFAULT_HTTP_API_CONFIG, B2HttpApiConfig
from b2sdk.values.authorization import Authorization


class GivenRawApi(B2HttpApiConfig):
    """The configuration that stands for a raw API which is there already."""

    def __init__(self, raw_api: AbstractRawApi) -> None:
        super().__init__(_raw_api_class=lambda _: raw_api)
        self.raw_api = raw_api


def configuration(raw_api: AbstractRawApi | None, api_config: _AnyConfig | None) -> _AnyConfig:
    """Return the configuration that the two arguments of v1 stand for.

    :raises InvalidArgument: both are given.
    """
    if raw_api is None:
        return DEFAULT_HTTP_API_CONFIG if api_config is None else api_config
    if api_config is not None:
        raise InvalidArgument("raw_api,api_config", "Provide at most one of: raw_api, api_config")
    return GivenRawApi(raw_api)


class B2Session(v2.B2Session):
    SQLITE_ACCOUNT_INFO_CLASS: ClassVar[Any] = LazyAttribute("b2sdk.v1.sqlite_account_info", "SqliteAccountInfo")

    @override
    def __init__(
        self,
        account_info: AbstractAccountInfo | None = None,
        cache: AbstractCache | None = None,
        raw_api: AbstractRawApi | None = None,
        api_config: _AnyConfig | None = None,
    ) -> None:
        """Speak through ``raw_api``, or one that is made by ``api_config``.

        :raises InvalidArgument: both are given.
        """
        super().__init__(account_info, cache, configuration(raw_api, api_config))

    @override
    def _open_http(self, api_config: _AnyConfig) -> _AnyHttp:
        given = getattr(api_config.raw_api, "b2_http", None) if isinstance(api_config, GivenRawApi) else None
        return given if isinstance(given, _AnyHttp) else super()._open_http(api_config)

    @override
    def _realm_urls(self) -> Mapping[str, str]:
        # An account info of a later surface has none of its own.
        urls: Mapping[str, str] = getattr(self.account_info, "REALM_URLS", REALM_URLS)
        return urls

    @override
    def _part_sizes(self, authorization: Authorization) -> dict[str, int]:
        return {"minimum_part_size": authorization.recommended_part_size}
