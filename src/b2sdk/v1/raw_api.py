"""The raw API under the name that it had when there was one only."""

from __future__ import annotations

from b2sdk.v2.raw_api import B2RawHTTPApi

B2RawApi = B2RawHTTPApi
