"""Failures of the transport -> the errors of this package, as a table.

What belongs here is knowledge of how requests, urllib3 and the socket layer report trouble. What the service itself
answers is not a failure of the transport.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

import requests
from urllib3.exceptions import MaxRetryError, ProtocolError

from b2sdk.exception import (
    B2ConnectionError,
    B2Error,
    B2RequestTimeout,
    BrokenPipe,
    ConnectionReset,
    UnknownError,
    UnknownHost,
)

_Matches: TypeAlias = Callable[[Exception], bool]
_Becomes: TypeAlias = Callable[[Exception], B2Error]

QUOTING_HEADERS = (requests.exceptions.InvalidHeader, UnicodeEncodeError)
"""A header cannot be sent, and the exception quotes its value, which may be a token or a key."""


def translated(error: Exception) -> B2Error:
    """Return (not raise) the error for whatever foreign exception came out of sending a request."""
    return next(becomes(error) for matches, becomes in _TRANSLATIONS if matches(error))


def _is(*classes: type[Exception]) -> _Matches:
    return lambda error: isinstance(error, classes)


def _is_unresolved_host(error: Exception) -> bool:
    # BSD and macOS say so for good. Elsewhere a failed look-up may pass, and stays a connection error, to be retried.
    return isinstance(_wrapped(error), MaxRetryError) and "nodename nor servname provided, or not known" in str(error)


def _is_aborted_by_timeout(error: Exception) -> bool:
    return isinstance(_reason_of_abort(error), TimeoutError)


def _is_aborted_by_broken_pipe(error: Exception) -> bool:
    reason = _reason_of_abort(error)
    return isinstance(reason, BrokenPipeError) or "Broken pipe" in str(reason)


def _is_reset_of_pyopenssl(error: Exception) -> bool:
    # Known by its text, because pyOpenSSL need not be installed.
    return repr(error).startswith("SysCallError") and "ECONNRESET" in repr(error)


def _wrapped(error: Exception) -> object:
    return error.args[0] if isinstance(error, requests.ConnectionError) and error.args else None


def _reason_of_abort(error: Exception) -> object:
    # An established connection that breaks is ProtocolError("Connection aborted.", reason).
    aborted = _wrapped(error)
    return aborted.args[1] if isinstance(aborted, ProtocolError) and len(aborted.args) > 1 else None


def _plain(cls: type[B2Error]) -> _Becomes:
    return lambda _: cls()


def _told_by(cls: type[B2Error], text: Callable[[object], str] = str) -> _Becomes:
    return lambda error: cls(_without_token(text(error)))


def _without_token(text: str) -> str:
    """Urllib3 quotes the URL that failed, and a download URL may carry its authorization."""
    return re.sub(r"(?i)(\bauthorization=)[^&\s)'\"]+", r"\1******", text)


_TRANSLATIONS: tuple[tuple[_Matches, _Becomes], ...] = (
    (_is_unresolved_host, _plain(UnknownHost)),
    (_is_aborted_by_timeout, _told_by(B2RequestTimeout)),
    (_is_aborted_by_broken_pipe, _plain(BrokenPipe)),
    # A connect timeout is both, and no connection is what it means.
    (_is(requests.ConnectionError), _told_by(B2ConnectionError)),
    # The connection broke inside the answer.
    (_is(requests.exceptions.ChunkedEncodingError), _told_by(B2ConnectionError)),
    (_is(requests.Timeout), _told_by(B2RequestTimeout)),
    (_is_reset_of_pyopenssl, _plain(ConnectionReset)),
    (_is(*QUOTING_HEADERS), _told_by(UnknownError, lambda error: type(error).__name__)),
    (_is(Exception), _told_by(UnknownError, repr)),
)
"""The first match counts."""
