"""The endpoints over a wire that records what is sent and returns the responses of the test."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from typing import Any, NamedTuple

import pytest
from typing_extensions import override

from b2sdk.exception import B2Error
from b2sdk.interfaces import Readable
from b2sdk.raw_api.endpoints import AbstractRawApi
from b2sdk.raw_api.primitives import STORAGE, Download, Explanation, Headers, Manner
from b2sdk.values.json import JsonObject


class JsonCall(NamedTuple):
    method: str
    url: str
    authorization: str
    params: Mapping[str, Any]


class RecordingRawApi(AbstractRawApi):
    def __init__(self) -> None:
        self.calls: list[JsonCall] = []
        self.uploads: list[tuple[str, Headers, Readable]] = []
        self.downloads: list[tuple[str, Headers]] = []
        self.heads: list[tuple[str, Headers]] = []
        self.answer: Any = {"an": "answer"}
        self.refusal: B2Error | None = None

    def _respond(self, explain: Explanation | None = None) -> Any:
        if self.refusal is None:
            return self.answer
        if explain is None or (explained := explain(self.refusal)) is None:
            raise self.refusal
        raise explained from self.refusal

    @override
    def _api(
        self,
        base_url: str,
        endpoint: str,
        authorization: str,
        params: Mapping[str, object],
        *,
        method: str = "POST",
        version: str | None = None,
        read: Callable[[JsonObject], object] | None = None,
        explain: Explanation | None = None,
        manner: Manner = STORAGE,
    ) -> Any:
        self.calls.append(JsonCall(method, base_url + self._path_of(endpoint, version), authorization, params))
        response = self._respond(explain)
        return response if read is None else read(response)

    @override
    def _post_body(self, url: str, headers: Headers, body: Readable) -> JsonObject:
        self.uploads.append((url, headers, body))
        response: JsonObject = self._respond()
        return response

    @override
    def _open_download(self, url: str, headers: Headers, *, explain: Explanation) -> Download:
        self.downloads.append((url, headers))
        return nullcontext(self._respond(explain))

    @override
    def _head(
        self, url: str, headers: Headers, *, download: Callable[[], Download], explain: Explanation
    ) -> Mapping[str, str]:
        self.heads.append((url, headers))
        response: Mapping[str, str] = self._respond(explain)
        return response


@pytest.fixture
def raw() -> RecordingRawApi:
    return RecordingRawApi()
