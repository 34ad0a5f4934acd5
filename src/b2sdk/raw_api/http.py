"""The endpoints over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any

from typing_extensions import override

from b2sdk.exception import InvalidArgument
from b2sdk.http.client import B2Http
from b2sdk.http.config import DEFAULT_HTTP_API_CONFIG, B2HttpApiConfig
from b2sdk.raw_api.endpoints import AbstractRawApi, Answer
from b2sdk.raw_api.wire import Headers, JsonCall, Readable

# Who imports the configuration from here gets one that knows its default.
__all__ = ["DEFAULT_HTTP_API_CONFIG", "B2HttpApiConfig", "B2RawHTTPApi"]


class B2RawHTTPApi(AbstractRawApi):
    """Speaks to the service through a :class:`~b2sdk.http.client.B2Http`."""

    def __init__(self, b2_http: B2Http) -> None:
        self.b2_http = b2_http

    @override
    def authorize_account(self, realm_url: str, application_key_id: str, application_key: str) -> Answer:
        """Authorize.

        :raises InvalidArgument: the realm is neither a known name nor a URL. It may be a key, given in the wrong place,
            so it is not repeated.
        """
        if not realm_url.startswith(("https://", "http://")):
            raise InvalidArgument("realm", "is neither the name of a known realm nor a URL")
        return super().authorize_account(realm_url, application_key_id, application_key)

    def _call_json(self, call: JsonCall) -> Any:
        headers = {"Authorization": call.authorization}
        if call.method == "GET":
            attempts = self.b2_http.TRY_COUNT_OTHER
            return self.b2_http.request_content_return_json(
                "GET", call.url, headers, try_count=attempts, params=dict(call.params)
            )
        return self.b2_http.post_json_return_json(call.url, headers, dict(call.params))

    def _post_body(self, url: str, headers: Headers, body: Readable) -> Any:
        return self.b2_http.post_content_return_json(url, headers, body, try_count=1)

    def _open_download(self, url: str, headers: Headers) -> AbstractContextManager[Any]:
        return self.b2_http.get_content(url, headers)

    def _head(self, url: str, headers: Headers) -> Mapping[str, Any]:
        return self.b2_http.head_content(url, headers).headers


# The configuration is below the raw API and creates one when a client is built; this is what it creates by default.
B2HttpApiConfig.DEFAULT_RAW_API_CLASS = B2RawHTTPApi
