from __future__ import annotations

import pytest
import requests
from hypothesis import given, strategies as st
from urllib3.connectionpool import HTTPConnectionPool
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
from b2sdk.http.errors import translated


class SysCallError(Exception):
    """Looks like that of pyOpenSSL."""


def aborted(reason: object) -> Exception:
    return requests.ConnectionError(ProtocolError("Connection aborted.", reason))


def not_connected(reason: str) -> Exception:
    return requests.ConnectionError(MaxRetryError(HTTPConnectionPool("service.test"), "/", OSError(reason)))


@pytest.mark.parametrize(
    ("foreign", "ours"),
    [
        (not_connected("[Errno 8] nodename nor servname provided, or not known"), UnknownHost),
        (not_connected("[Errno -2] Name or service not known"), B2ConnectionError),
        (not_connected("[Errno 111] Connection refused"), B2ConnectionError),
        (aborted(TimeoutError("timed out")), B2RequestTimeout),
        (aborted(BrokenPipeError(32, "Broken pipe")), BrokenPipe),
        (aborted(OSError("Broken pipe")), BrokenPipe),
        (aborted(ConnectionResetError(104, "Connection reset by peer")), B2ConnectionError),
        (requests.ConnectionError(ProtocolError("no reason")), B2ConnectionError),
        (requests.ConnectionError(), B2ConnectionError),
        (requests.ConnectTimeout("slow"), B2ConnectionError),
        (requests.exceptions.SSLError("certificate"), B2ConnectionError),
        (requests.exceptions.ProxyError("proxy"), B2ConnectionError),
        (requests.exceptions.ChunkedEncodingError("IncompleteRead"), B2ConnectionError),
        (requests.ReadTimeout("silent"), B2RequestTimeout),
        (requests.Timeout("silent"), B2RequestTimeout),
        (SysCallError(104, "ECONNRESET"), ConnectionReset),
        (SysCallError(32, "EPIPE"), UnknownError),
        (requests.TooManyRedirects("30"), UnknownError),
        (requests.exceptions.InvalidURL("no"), UnknownError),
        (KeyError("hook"), UnknownError),
    ],
)
def test_each_failure_has_its_class(foreign: Exception, ours: type[B2Error]) -> None:
    assert type(translated(foreign)) is ours


def test_the_text_of_a_failure_is_kept() -> None:
    assert str(translated(requests.ReadTimeout("silent for 128 s"))) == "Request timeout: silent for 128 s"
    assert str(translated(KeyError("hook"))) == "Unknown error: KeyError('hook')"


@given(st.from_type(Exception).filter(lambda error: not isinstance(error, B2Error)))
def test_nothing_comes_through_untyped(foreign: Exception) -> None:
    assert isinstance(translated(foreign), B2Error)


def test_a_download_authorization_in_the_url_is_not_told() -> None:
    error = translated(
        requests.ConnectionError("failed with url: /file/b/x?a=1&Authorization=3_se-cret_token&b=2 (no)")
    )
    assert str(error) == "Connection error: failed with url: /file/b/x?a=1&Authorization=******&b=2 (no)"


@pytest.mark.parametrize(
    "foreign",
    [
        requests.exceptions.InvalidHeader("reserved character in header value: 'token\\n'"),
        UnicodeEncodeError("latin-1", "token€", 5, 6, "ordinal not in range(256)"),
    ],
)
def test_the_value_of_a_header_that_cannot_be_sent_is_not_told(foreign: Exception) -> None:
    assert str(translated(foreign)) == f"Unknown error: {type(foreign).__name__}"
