"""The configuration of a client that speaks the dialect v3."""

from __future__ import annotations

from typing import Any, ClassVar

from b2sdk.http.config import B2HttpApiConfig as _B2HttpApiConfig
from b2sdk.v2.raw_api import B2RawHTTPApi


class B2HttpApiConfig(_B2HttpApiConfig):
    DEFAULT_RAW_API_CLASS: ClassVar[type[Any]] = B2RawHTTPApi


DEFAULT_HTTP_API_CONFIG = B2HttpApiConfig()
