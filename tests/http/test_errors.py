from __future__ import annotations

import ssl

import pytest
import requests
import urllib3.exceptions
from hypothesis import given, strategies as st
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.exceptions import MaxRetryError, ProtocolError
from urllib3.util.ssl_match_hostname import CertificateError

from b2sdk.exception import (
    B2ConnectionError,
    B2Error,
    B2RequestTimeout,
    BrokenPipe,
    ConnectionImpossible,
    ConnectionReset,
    UnknownError,
    UnknownHost,
)
from b2sdk.http.errors import quotes_a_secret, translate


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
    assert type(translate(foreign)) is ours


def test_the_text_of_a_failure_is_kept() -> None:
    assert str(translate(requests.ReadTimeout("silent for 128 s"))) == "Request timeout: silent for 128 s"
    assert str(translate(KeyError("hook"))) == "Unknown error: KeyError('hook')"


@given(st.from_type(Exception).filter(lambda error: not isinstance(error, B2Error)))
def test_nothing_comes_through_untyped(foreign: Exception) -> None:
    assert isinstance(translate(foreign), B2Error)


def test_a_download_authorization_in_the_url_is_not_told() -> None:
    error = translate(requests.ConnectionError("failed with url: /file/b/x?a=1&Authorization=3_se-cret_token&b=2 (no)"))
    assert str(error) == "Connection error: failed with url: /file/b/x?a=1&Authorization=******&b=2 (no)"


@pytest.mark.parametrize(
    "foreign",
    [
        requests.exceptions.InvalidHeader("reserved character in header value: 'token\\n'"),
        UnicodeEncodeError("latin-1", "token€", 5, 6, "ordinal not in range(256)"),
        ValueError("Invalid header value b'token\\n'"),
    ],
)
def test_the_value_of_a_header_that_cannot_be_sent_is_not_told(foreign: Exception) -> None:
    assert str(translate(foreign)) == "Unknown error: a header of the request cannot be sent as it is"
    assert quotes_a_secret(foreign, {"authorization": "token\n"})


# --- errors that would come again ---


def with_reason(reason: str) -> ssl.SSLError:
    error = ssl.SSLError(1, f"[SSL: {reason}] words")
    error.reason = reason
    return error


def no_tls(reason: Exception) -> Exception:
    pool = HTTPConnectionPool("service.test")
    return requests.exceptions.SSLError(MaxRetryError(pool, "/", urllib3.exceptions.SSLError(reason)))


def no_tunnel(status: str) -> Exception:
    refusal = OSError(f"Tunnel connection failed: {status}")
    proxy_error = urllib3.exceptions.ProxyError("Unable to connect to proxy", refusal)
    return requests.exceptions.ProxyError(MaxRetryError(HTTPConnectionPool("service.test"), "/", proxy_error))


@pytest.mark.parametrize(
    "foreign",
    [
        no_tls(with_reason("CERTIFICATE_VERIFY_FAILED")),
        no_tls(with_reason("WRONG_VERSION_NUMBER")),
        no_tls(with_reason("SSLV3_ALERT_HANDSHAKE_FAILURE")),
        no_tls(with_reason("TLSV1_ALERT_PROTOCOL_VERSION")),
        no_tls(with_reason("TLSV13_ALERT_CERTIFICATE_REQUIRED")),
        no_tls(CertificateError("hostname 'a' doesn't match 'b'")),
        no_tunnel("407 Proxy Authentication Required"),
        no_tunnel("403 Forbidden"),
    ],
    ids=str,
)
def test_what_another_attempt_would_not_cure_is_not_tried_again(foreign: Exception) -> None:
    error = translate(foreign)
    assert isinstance(error, ConnectionImpossible)
    assert "service.test" in str(error)
    assert not error.should_retry_http()
    assert not error.should_retry_upload()


@pytest.mark.parametrize(
    "foreign",
    [
        no_tls(ssl.SSLEOFError(8, "[SSL: UNEXPECTED_EOF_WHILE_READING] EOF occurred in violation of protocol")),
        no_tls(ssl.SSLZeroReturnError(6, "TLS/SSL connection has been closed (EOF)")),
        no_tls(with_reason("DECRYPTION_FAILED_OR_BAD_RECORD_MAC")),
        no_tls(TimeoutError("_ssl.c:989: The handshake operation timed out")),
        no_tunnel("502 Bad Gateway"),
        no_tunnel("429 Too Many Requests"),
        not_connected("[Errno 111] Connection refused"),
    ],
    ids=str,
)
def test_a_connection_that_breaks_while_it_is_made_may_be_better_the_next_time(foreign: Exception) -> None:
    error = translate(foreign)
    assert type(error) is B2ConnectionError
    assert error.should_retry_http()


# --- secrets in foreign errors ---


@pytest.mark.parametrize("headers", [{}, {"authorization": "secret-token"}])
def test_an_authorization_in_a_url_is_found_in_what_an_error_came_of(headers: dict[str, str]) -> None:
    pool = HTTPConnectionPool("service.test")
    failed = requests.ConnectionError(MaxRetryError(pool, "/file/b/x?Authorization=3_secret", OSError("no")))
    assert quotes_a_secret(failed, headers)
    outer = OSError("no")
    outer.__context__ = failed
    assert quotes_a_secret(outer, headers)
    assert not quotes_a_secret(not_connected("no"), headers)


@pytest.mark.parametrize("name", ["Authorization", "X-Bz-Server-Side-Encryption-Customer-Key", "Proxy-Authorization"])
def test_a_quoted_token_is_found_however_it_is_escaped(name: str) -> None:
    headers = {name: "c2VjcmV0IHRva2Vu\n"}
    assert quotes_a_secret(ValueError(repr(headers)), headers)
    assert quotes_a_secret(requests.ConnectionError(ValueError(f"{headers[name]!r} is bad")), headers)
    assert not quotes_a_secret(ValueError("something else"), headers)
    assert not quotes_a_secret(ValueError("name and value"), {"X-Bz-Info-name": "value"})
