"""What failures of aiohttp become."""

from __future__ import annotations

import asyncio
import socket
import ssl
from typing import Any

import aiohttp
import pytest
import yarl
from aiohttp.client_reqrep import ConnectionKey
from hypothesis import given, strategies as st
from multidict import CIMultiDict, CIMultiDictProxy
from tests.http.test_secrets import SECRET, everything_shown

from b2sdk.aio.errors import quotes_a_secret, translate
from b2sdk.exception import (
    B2ConnectionError,
    B2Error,
    B2RequestTimeout,
    BrokenPipe,
    ConnectionImpossible,
    UnknownError,
)

KEY = ConnectionKey("service.test", 443, is_ssl=True, ssl=True, proxy=None, proxy_auth=None, proxy_headers_hash=None)


def tls(reason: str) -> ssl.SSLError:
    error = ssl.SSLError(1, f"[SSL: {reason}] no")
    error.reason = reason
    return error


def request(secret: str = "") -> aiohttp.RequestInfo:
    url = yarl.URL(f"http://service.test/file?Authorization={secret}")
    return aiohttp.RequestInfo(url, "GET", CIMultiDictProxy(CIMultiDict({"Proxy-Authorization": secret})), url)


def refused_by_proxy(status: int) -> Exception:
    return aiohttp.ClientHttpProxyError(request(), (), status=status, message="no")


@pytest.mark.parametrize(
    ("foreign", "ours"),
    [
        (aiohttp.ClientConnectorError(KEY, OSError(111, "Connection refused")), B2ConnectionError),
        (aiohttp.ClientConnectorError(KEY, socket.gaierror(-3, "Temporary failure")), B2ConnectionError),
        (
            aiohttp.ClientConnectorCertificateError(KEY, ssl.SSLCertVerificationError("no")),
            ConnectionImpossible,
        ),
        (aiohttp.ClientConnectorSSLError(KEY, tls("WRONG_VERSION_NUMBER")), ConnectionImpossible),
        (aiohttp.ClientConnectorSSLError(KEY, tls("BAD_RECORD_MAC")), B2ConnectionError),
        (aiohttp.ConnectionTimeoutError("slow"), B2ConnectionError),
        (aiohttp.SocketTimeoutError("silent"), B2RequestTimeout),
        (asyncio.TimeoutError(), B2RequestTimeout),
        (TimeoutError("timed out"), B2RequestTimeout),
        (aiohttp.ServerDisconnectedError(), B2ConnectionError),
        (aiohttp.ClientOSError(104, "Connection reset by peer"), B2ConnectionError),
        (aiohttp.ClientOSError(32, "Broken pipe"), BrokenPipe),
        (BrokenPipeError(32, "Broken pipe"), BrokenPipe),
        (ConnectionResetError(104, "Connection reset by peer"), B2ConnectionError),
        (aiohttp.ClientConnectionResetError("Cannot write to closing transport"), B2ConnectionError),
        (aiohttp.ClientPayloadError("Response payload is not completed"), B2ConnectionError),
        (refused_by_proxy(403), ConnectionImpossible),
        (refused_by_proxy(407), ConnectionImpossible),
        (refused_by_proxy(502), B2ConnectionError),
        (aiohttp.ClientResponseError(request(), (), status=400, message="Bad\n status line"), B2ConnectionError),
        (ValueError("Newline or carriage return detected in headers"), UnknownError),
        (aiohttp.InvalidURL("no"), UnknownError),
        (KeyError("hook"), UnknownError),
    ],
    ids=repr,
)
def test_each_failure_has_its_class(foreign: Exception, ours: type[B2Error]) -> None:
    assert type(translate(foreign)) is ours


def test_what_is_no_http_is_shown_on_one_line() -> None:
    error = translate(aiohttp.ClientResponseError(request(SECRET), (), status=400, message="Bad\n\n  status"))
    assert str(error) == "Connection error: Bad status"


@given(st.from_type(Exception).filter(lambda error: not isinstance(error, B2Error)))
def test_nothing_comes_through_untyped(foreign: Exception) -> None:
    assert isinstance(translate(foreign), B2Error)


@pytest.mark.parametrize("cls", [aiohttp.ClientResponseError, aiohttp.ClientHttpProxyError])
def test_what_shows_all_headers_is_no_cause(cls: Any) -> None:
    failure = cls(request(SECRET), (), status=407, message="no")
    assert SECRET in repr(failure), "otherwise it might be told"
    assert quotes_a_secret(failure, {})
    assert SECRET not in everything_shown(translate(failure))
