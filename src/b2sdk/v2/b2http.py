"""HTTP as before, raising the older form of one exception."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from b2sdk import exception
from b2sdk.http import client
from b2sdk.http.config import B2HttpApiConfig
from b2sdk.v2.api_config import DEFAULT_HTTP_API_CONFIG
from b2sdk.v2.exception import BucketIdNotFound


class B2Http(client.B2Http):
    @override
    def __init__(self, api_config: B2HttpApiConfig = DEFAULT_HTTP_API_CONFIG) -> None:
        super().__init__(api_config)

    if not TYPE_CHECKING:  # its types are those that it inherits

        def request(self, *args: Any, **kwargs: Any) -> Any:
            try:
                return super().request(*args, **kwargs)
            except exception.BucketIdNotFound as error:
                raise BucketIdNotFound(error.bucket_id).in_place_of(error) from error

        request.__signature__ = inspect.signature(client.B2Http.request)  # inspect reads it
