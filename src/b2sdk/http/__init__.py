"""HTTP towards the service: one client that sends, retries, calls hooks, and raises this package's errors.

What belongs here holds for any endpoint. What the endpoints are, and what tokens and B2 headers mean, it must not know.
"""

from __future__ import annotations

from b2sdk.http.client import B2Http
from b2sdk.http.config import DEFAULT_HTTP_API_CONFIG, B2HttpApiConfig, Timeouts
from b2sdk.http.hooks import ClockSkewHook, HttpCallback, Retry
from b2sdk.http.overrides import patience
from b2sdk.http.rates import Rates
from b2sdk.http.response import ResponseContextManager
from b2sdk.http.retry import RetryPolicy
from b2sdk.http.warning_filter import UrllibWarningFilter

__all__ = [
    "DEFAULT_HTTP_API_CONFIG",
    "B2Http",
    "B2HttpApiConfig",
    "ClockSkewHook",
    "HttpCallback",
    "Rates",
    "ResponseContextManager",
    "Retry",
    "RetryPolicy",
    "Timeouts",
    "UrllibWarningFilter",
    "patience",
]
