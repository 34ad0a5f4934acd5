"""Failures of a transport in an event loop -> the errors of this package, as a table; see :mod:`b2sdk.http.errors`."""

from __future__ import annotations

import asyncio

from b2sdk.aio.connections import TunnelRefused, Unreachable
from b2sdk.aio.head import UnsendableHeader
from b2sdk.exception import B2ConnectionError, B2Error, B2RequestTimeout, BrokenPipe, ConnectionImpossible, UnknownError
from b2sdk.http.errors import (
    Translation,
    a_header_is_wrong,
    described_as,
    first_match,
    instance_of,
    is_matter_of_configuration,
    without_text,
)

_PROXY_REFUSES = range(400, 408)


def translate(error: Exception) -> B2Error:
    """Return (not raise) the error for whatever foreign exception came out of sending a request."""
    return first_match(error, _TRANSLATIONS)


def _is_without_hope(error: Exception) -> bool:
    if isinstance(error, TunnelRefused):
        return error.status in _PROXY_REFUSES
    return isinstance(error, ConnectionError) and is_matter_of_configuration(error)


_TRANSLATIONS: tuple[Translation, ...] = (
    (_is_without_hope, described_as(ConnectionImpossible)),
    # A connect timeout is both, and no connection is what it means.
    (instance_of(Unreachable), described_as(B2ConnectionError)),
    (instance_of(TimeoutError, asyncio.TimeoutError), described_as(B2RequestTimeout)),
    (instance_of(BrokenPipeError), without_text(BrokenPipe)),
    (instance_of(ConnectionError), described_as(B2ConnectionError)),
    (instance_of(UnsendableHeader, UnicodeEncodeError), a_header_is_wrong),
    (instance_of(Exception), described_as(UnknownError, repr)),
)
"""The first match counts."""
