"""Failures of aiohttp -> the errors of this package, as a table; see :mod:`b2sdk.http.errors`."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Mapping
from typing import Final

import aiohttp

from b2sdk.exception import B2ConnectionError, B2Error, B2RequestTimeout, BrokenPipe, ConnectionImpossible, UnknownError
from b2sdk.http import errors
from b2sdk.http.errors import (
    Translation,
    a_header_is_wrong,
    described_as,
    first_match,
    instance_of,
    is_matter_of_configuration,
    without_text,
)

_PROXY_REFUSES: Final = range(400, 408)


def translate(error: Exception) -> B2Error:
    """Return (not raise) the error for whatever foreign exception came out of sending a request."""
    return first_match(error, _TRANSLATIONS)


def quotes_a_secret(error: Exception, headers: Mapping[str, str]) -> bool:
    """Whether a failure shows a token or a key of a request with these headers, or the password of a proxy.

    That of a response shows all headers in its representation.
    """
    return isinstance(error, aiohttp.ClientResponseError) or errors.quotes_a_secret(error, headers)


def _is_without_hope(error: Exception) -> bool:
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return error.status in _PROXY_REFUSES
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return True
    return isinstance(error, aiohttp.ClientError | OSError) and is_matter_of_configuration(error)


def _is_broken_pipe(error: Exception) -> bool:
    return isinstance(error, BrokenPipeError) or getattr(error, "errno", None) == errno.EPIPE


def _message(error: object) -> str:
    return " ".join(str(getattr(error, "message", "")).split())


def _is_about_a_header(error: Exception) -> bool:
    return isinstance(error, UnicodeEncodeError) or (type(error) is ValueError and "in headers" in str(error))


_TRANSLATIONS: tuple[Translation, ...] = (
    (_is_without_hope, described_as(ConnectionImpossible)),
    # What came is no HTTP.
    (instance_of(aiohttp.ClientResponseError), described_as(B2ConnectionError, _message)),
    # A connect timeout is both, and no connection is what it means.
    (instance_of(aiohttp.ConnectionTimeoutError), described_as(B2ConnectionError)),
    (instance_of(TimeoutError, asyncio.TimeoutError, aiohttp.ServerTimeoutError), described_as(B2RequestTimeout)),
    (_is_broken_pipe, without_text(BrokenPipe)),
    (instance_of(aiohttp.ClientConnectionError), described_as(B2ConnectionError)),
    # The connection broke inside the response.
    (instance_of(aiohttp.ClientPayloadError, ConnectionError), described_as(B2ConnectionError)),
    (_is_about_a_header, a_header_is_wrong),
    (instance_of(Exception), described_as(UnknownError, repr)),
)
"""The first match counts."""
