"""What failures of a transport in an event loop become."""

from __future__ import annotations

import asyncio
import socket
import ssl

import pytest
import requests
from hypothesis import given, strategies as st

from b2sdk.aio.connection import BrokenConnection
from b2sdk.aio.connections import TunnelRefused, Unreachable
from b2sdk.aio.errors import translate
from b2sdk.aio.head import UnsendableHeader
from b2sdk.exception import (
    B2ConnectionError,
    B2Error,
    B2RequestTimeout,
    BrokenPipe,
    ConnectionImpossible,
    UnknownError,
)


def tls(reason: str) -> ssl.SSLError:
    error = ssl.SSLError(1, f"[SSL: {reason}] no")
    error.reason = reason
    return error


def unreachable(cause: Exception) -> Exception:
    error = Unreachable(f"no connection to service.test:443: {cause}")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("foreign", "ours"),
    [
        (unreachable(OSError(111, "Connection refused")), B2ConnectionError),
        (unreachable(socket.gaierror(-3, "Temporary failure")), B2ConnectionError),
        (unreachable(tls("CERTIFICATE_VERIFY_FAILED")), ConnectionImpossible),
        (unreachable(tls("WRONG_VERSION_NUMBER")), ConnectionImpossible),
        (unreachable(tls("BAD_RECORD_MAC")), B2ConnectionError),
        (unreachable(asyncio.TimeoutError()), B2ConnectionError),
        (asyncio.TimeoutError(), B2RequestTimeout),
        (TimeoutError("timed out"), B2RequestTimeout),
        (BrokenConnection("the other end has closed the connection"), B2ConnectionError),
        (BrokenPipeError(32, "Broken pipe"), BrokenPipe),
        (ConnectionResetError(104, "Connection reset by peer"), B2ConnectionError),
        (TunnelRefused(403), ConnectionImpossible),
        (TunnelRefused(407), ConnectionImpossible),
        (TunnelRefused(502), B2ConnectionError),
        (UnsendableHeader("a header of the request is wrong"), UnknownError),
        (OSError(5, "the disk is broken"), UnknownError),
        (requests.exceptions.InvalidURL("no"), UnknownError),
        (KeyError("hook"), UnknownError),
    ],
    ids=repr,
)
def test_each_failure_has_its_class(foreign: Exception, ours: type[B2Error]) -> None:
    assert type(translate(foreign)) is ours


@given(st.from_type(Exception).filter(lambda error: not isinstance(error, B2Error)))
def test_nothing_comes_through_untyped(foreign: Exception) -> None:
    assert isinstance(translate(foreign), B2Error)
