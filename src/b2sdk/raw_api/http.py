"""The endpoints over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

from typing_extensions import override

from b2sdk.exception import B2Error, InvalidArgument
from b2sdk.http.client import B2Http
from b2sdk.http.config import DEFAULT_HTTP_API_CONFIG, B2HttpApiConfig
from b2sdk.http.response import IN_JSON, json_of
from b2sdk.http.rules import RequestRules
from b2sdk.interfaces import Readable
from b2sdk.protocol_constants import KEY_NAME
from b2sdk.raw_api.endpoints import AbstractRawApi
from b2sdk.raw_api.explanations import is_without_words
from b2sdk.raw_api.primitives import STORAGE, Download, Explanation, Headers, Manner
from b2sdk.values.json import JsonObject

# Who imports the configuration from here gets one that knows its default.
__all__ = ["DEFAULT_HTTP_API_CONFIG", "B2HttpApiConfig", "B2RawHTTPApi"]


class OverHttp(AbstractRawApi):
    """The endpoints of a service that is somewhere else, whichever way it is reached."""

    @override
    def authorize_account(self, realm_url: str, application_key_id: str, application_key: str) -> JsonObject:
        """Authorize.

        :raises InvalidArgument: the realm is neither a known name nor a URL. It may be a key, given in the wrong place,
            so it is not repeated.
        """
        if not realm_url.startswith(("https://", "http://")):
            raise InvalidArgument("realm", "is neither the name of a known realm nor a URL")
        return super().authorize_account(realm_url, application_key_id, application_key)

    @override
    def _check_key_name(self, name: str) -> None:
        if not KEY_NAME.fullmatch(name):
            raise InvalidArgument("key_name", f"must have 1 to 100 letters, digits and hyphens, unlike {name!r}")


def prepare_call(
    rules: RequestRules, manner: Manner, method: str, headers: Headers, params: Mapping[str, object]
) -> tuple[Headers, bytes | None, int]:
    """Return the headers and the body of a call that is not one of storage, and how often it is sent."""
    attempts = 1 if manner.once else rules.TRY_COUNT_OTHER
    if method == "GET":
        return {**headers, **IN_JSON}, None, attempts
    return {**headers, "Content-Type": "application/json", **IN_JSON}, manner.body_of(params), attempts


class B2RawHTTPApi(OverHttp):
    """Speaks to the service through a :class:`~b2sdk.http.client.B2Http`."""

    def __init__(self, b2_http: B2Http) -> None:
        self.b2_http = b2_http

    @override
    def _api(
        self,
        base_url: str,
        endpoint: str,
        authorization: str,
        params: Mapping[str, object],
        *,
        method: Literal["POST", "GET"] = "POST",
        version: str | None = None,
        read: Callable[[JsonObject], object] | None = None,
        explain: Explanation | None = None,
        manner: Manner = STORAGE,
    ) -> Any:
        url, headers = base_url + self._path_of(endpoint, version, manner), {"Authorization": authorization}
        try:
            if manner is not STORAGE:
                response = self._call_in_manner(manner, method, url, headers, params)
            elif method == "GET":
                attempts = self.b2_http.TRY_COUNT_OTHER
                response = self.b2_http.request_content_return_json(
                    "GET", url, headers, try_count=attempts, params=dict(params)
                )
            else:
                response = self.b2_http.post_json_return_json(url, headers, dict(params))
        except B2Error as error:
            if explain is None or (explained := explain(error)) is None:
                raise
            raise explained from error
        return response if read is None else read(response)

    def _call_in_manner(
        self, manner: Manner, method: str, url: str, headers: Headers, params: Mapping[str, object]
    ) -> Any:
        http = self.b2_http
        headers, body, attempts = prepare_call(http, manner, method, headers, params)
        patient = http.timeout_of_slow_call()
        response = http.request(method, url, headers, body, attempts, dict(params), _timeout=patient)
        return json_of(response, manner.object_in)

    @override
    def _post_body(self, url: str, headers: Headers, body: Readable) -> JsonObject:
        # requests takes a stream without content for one of unknown length, and announces chunks beside the length.
        content = body if headers["Content-Length"] != "0" else body.read()
        return json_of(self.b2_http.request("POST", url, {**headers, **IN_JSON}, content, try_count=1))

    @override
    def _open_download(self, url: str, headers: Headers, *, explain: Explanation) -> Download:
        try:
            return self.b2_http.get_content(url, headers)
        except B2Error as error:
            if (explained := explain(error)) is None:
                raise
            raise explained from error

    @override
    def _head(
        self, url: str, headers: Headers, *, download: Callable[[], Download], explain: Explanation
    ) -> Mapping[str, str]:
        try:
            try:
                return self.b2_http.head_content(url, headers).headers
            except B2Error as error:
                if not is_without_words(error):
                    raise
            with download() as response:
                response.close()
                found: Mapping[str, str] = response.headers
                return found
        except B2Error as error:
            if (explained := explain(error)) is None:
                raise
            raise explained from error


# The configuration is below the raw API and creates one when a client is built; this is what it creates by default.
B2HttpApiConfig.DEFAULT_RAW_API_CLASS = B2RawHTTPApi
