"""The endpoints over an :class:`~b2sdk.aio.http.AsyncHttp`. Each returns an awaitable."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Literal, TypeVar

from typing_extensions import override

from b2sdk.aio.http import AsyncHttp
from b2sdk.exception import B2Error
from b2sdk.http.response import json_of
from b2sdk.raw_api.explanations import is_without_words
from b2sdk.raw_api.http import OverHttp, prepare_call
from b2sdk.raw_api.primitives import STORAGE, Explanation, Headers, Manner
from b2sdk.values.json import JsonObject

_R = TypeVar("_R")


class AsyncRawApi(OverHttp):
    """Speaks to the service in an event loop."""

    def __init__(self, http: AsyncHttp) -> None:
        self.http = http

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
        read: Callable[[JsonObject], Any] | None = None,
        explain: Explanation | None = None,
        manner: Manner = STORAGE,
    ) -> Any:
        url, headers = base_url + self._path_of(endpoint, version, manner), {"Authorization": authorization}
        if manner is not STORAGE:
            response = self._call_in_manner(manner, method, url, headers, params)
        else:
            send = self.http.get_json if method == "GET" else self.http.post_json
            response = send(url, headers, dict(params))
        return _explained(_read(response, read), explain)

    async def _call_in_manner(
        self, manner: Manner, method: str, url: str, headers: Headers, params: Mapping[str, object]
    ) -> JsonObject:
        headers, body, attempts = prepare_call(self.http, manner, method, headers, params)
        patient = self.http.timeout_of_slow_call()
        response = await self.http.request(method, url, headers, body, attempts, dict(params), read_timeout=patient)
        return json_of(response, manner.object_in)

    @override
    def _post_body(self, url: str, headers: Headers, body: Any) -> Any:
        return self.http.post_content(url, headers, body)

    @override
    def _open_download(self, url: str, headers: Headers, *, explain: Explanation) -> Any:
        attempts = self.http.TRY_COUNT_DOWNLOAD
        return _explained(self.http.request("GET", url, headers, try_count=attempts, stream=True), explain)

    @override
    def _head(self, url: str, headers: Headers, *, download: Callable[[], Any], explain: Explanation) -> Any:
        return _explained(self._look(url, headers, download), explain)

    async def _look(self, url: str, headers: Headers, download: Callable[[], Any]) -> Mapping[str, str]:
        try:
            return (await self.http.request("HEAD", url, headers, try_count=self.http.TRY_COUNT_HEAD)).headers
        except B2Error as error:
            if not is_without_words(error):
                raise
        response = await download()
        response.close()
        found: Mapping[str, str] = response.headers
        return found


async def _read(response: Awaitable[JsonObject], read: Callable[[JsonObject], _R] | None) -> JsonObject | _R:
    found = await response
    return found if read is None else read(found)


async def _explained(call: Awaitable[_R], explain: Explanation | None) -> _R:
    try:
        return await call
    except B2Error as error:
        if explain is None or (explained := explain(error)) is None:
            raise
        raise explained from error
