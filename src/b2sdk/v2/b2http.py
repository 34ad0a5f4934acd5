"""HTTP as before, raising the older form of one exception."""

from __future__ import annotations

import inspect
from typing import Any

from typing_extensions import override

from b2sdk import exception
from b2sdk.http import client
from b2sdk.http.config import B2HttpApiConfig
from b2sdk.v2.exception import BucketIdNotFound
from b2sdk.v2.raw_api import DEFAULT_HTTP_API_CONFIG


class B2Http(client.B2Http):
    @override
    def __init__(self, api_config: B2HttpApiConfig = DEFAULT_HTTP_API_CONFIG) -> None:
        super().__init__(api_config)

    @override
    def request(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().request(*args, **kwargs)
        except exception.BucketIdNotFound as error:
            raise BucketIdNotFound(error.bucket_id).in_place_of(error) from error

    request.__signature__ = inspect.signature(client.B2Http.request)  # type: ignore[attr-defined]  # inspect reads it
