"""The raw API in the dialect v3: keys for one bucket at most, and two older ways to say things about an upload."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from typing_extensions import override

from b2sdk.http.config import B2HttpApiConfig as _B2HttpApiConfig
from b2sdk.raw_api import endpoints, http
from b2sdk.raw_api.endpoints import Answer
from b2sdk.v2.older_arguments import WithOlderArguments

API_VERSION = "v3"


class SingleBucketKeys(endpoints.AbstractRawApi):
    """What sets the dialect v3 apart, whatever it travels over."""

    API_VERSION: str = API_VERSION

    @override
    def create_key(  # type: ignore[override]  # `bucket_id` stands where the newer dialect has `bucket_ids`
        self,
        api_url: str,
        account_auth_token: str,
        account_id: str,
        capabilities: list[str],
        key_name: str,
        valid_duration_seconds: int | None,
        bucket_id: str | None,
        name_prefix: str | None,
    ) -> Answer:
        return self._api(
            api_url,
            "b2_create_key",
            account_auth_token,
            {
                "accountId": account_id,
                "capabilities": capabilities,
                "keyName": key_name,
                "validDurationInSeconds": valid_duration_seconds,
                "bucketId": bucket_id,
                "namePrefix": name_prefix,
            },
        )


class AbstractRawApi(SingleBucketKeys):
    if not TYPE_CHECKING:  # the inherited types leave the older arguments out
        get_upload_file_headers = WithOlderArguments(endpoints.AbstractRawApi.get_upload_file_headers)
        upload_file = WithOlderArguments(endpoints.AbstractRawApi.upload_file)


class B2RawHTTPApi(SingleBucketKeys, http.B2RawHTTPApi):
    if not TYPE_CHECKING:  # the inherited types leave the older arguments out
        get_upload_file_headers = WithOlderArguments(http.B2RawHTTPApi.get_upload_file_headers)
        upload_file = WithOlderArguments(http.B2RawHTTPApi.upload_file)


class B2HttpApiConfig(_B2HttpApiConfig):
    DEFAULT_RAW_API_CLASS: ClassVar[type[Any]] = B2RawHTTPApi


DEFAULT_HTTP_API_CONFIG = B2HttpApiConfig()
