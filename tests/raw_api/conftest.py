"""The endpoints over a wire that writes down what is sent and answers what it is told to."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import pytest

from b2sdk.raw_api.endpoints import AbstractRawApi
from b2sdk.raw_api.wire import Headers, JsonCall, Readable


class RecordingRawApi(AbstractRawApi):
    def __init__(self) -> None:
        self.calls: list[JsonCall] = []
        self.uploads: list[tuple[str, Headers, Readable]] = []
        self.downloads: list[tuple[str, Headers]] = []
        self.heads: list[tuple[str, Headers]] = []
        self.answer: Any = {"an": "answer"}
        self.refusal: Exception | None = None

    def _told(self) -> Any:
        if self.refusal is not None:
            raise self.refusal
        return self.answer

    def _call_json(self, call: JsonCall) -> Any:
        self.calls.append(call)
        return self._told()

    def _post_body(self, url: str, headers: Headers, body: Readable) -> Any:
        self.uploads.append((url, headers, body))
        return self._told()

    def _open_download(self, url: str, headers: Headers) -> AbstractContextManager[Any]:
        self.downloads.append((url, headers))
        return nullcontext(self._told())

    def _head(self, url: str, headers: Headers) -> Mapping[str, Any]:
        self.heads.append((url, headers))
        told: Mapping[str, Any] = self._told()
        return told


@pytest.fixture
def raw() -> RecordingRawApi:
    return RecordingRawApi()
