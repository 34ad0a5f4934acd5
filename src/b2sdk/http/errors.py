"""Failures of the transport -> the errors of this package, as a table.

What belongs here is knowledge of how requests, urllib3 and the socket layer report failures. A response of the service
is not a failure of the transport.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeAlias

import requests
from urllib3.exceptions import MaxRetryError, NewConnectionError, ProtocolError
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

_Matches: TypeAlias = Callable[[Exception], bool]
_Becomes: TypeAlias = Callable[[Exception], B2Error]
Translation: TypeAlias = tuple[_Matches, _Becomes]
"""Which failures a row of a table is about, and what they become."""

_FINAL_REASONS = frozenset(
    (
        "CERTIFICATE_VERIFY_FAILED",
        "WRONG_VERSION_NUMBER",
        "WRONG_SSL_VERSION",
        "UNKNOWN_PROTOCOL",
        "UNSUPPORTED_PROTOCOL",
        "NO_PROTOCOLS_AVAILABLE",
        "VERSION_TOO_LOW",
        "HTTP_REQUEST",
        "HTTPS_PROXY_REQUEST",
        "NO_SHARED_CIPHER",
        "NO_CIPHERS_AVAILABLE",
        "UNSAFE_LEGACY_RENEGOTIATION_DISABLED",
        "CA_KEY_TOO_SMALL",
        "CA_MD_TOO_WEAK",
        "EE_KEY_TOO_SMALL",
        "DH_KEY_TOO_SMALL",
        "SSLV3_ALERT_HANDSHAKE_FAILURE",
        "SSLV3_ALERT_NO_CERTIFICATE",
        "SSLV3_ALERT_BAD_CERTIFICATE",
        "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE",
        "SSLV3_ALERT_CERTIFICATE_REVOKED",
        "SSLV3_ALERT_CERTIFICATE_EXPIRED",
        "SSLV3_ALERT_CERTIFICATE_UNKNOWN",
        "TLSV1_ALERT_UNKNOWN_CA",
        "TLSV1_ALERT_ACCESS_DENIED",
        "TLSV1_ALERT_PROTOCOL_VERSION",
        "TLSV1_ALERT_INSUFFICIENT_SECURITY",
        "TLSV1_UNRECOGNIZED_NAME",
        "TLSV13_ALERT_CERTIFICATE_REQUIRED",
    )
)
"""Why OpenSSL says that there is no TLS where that is a matter of configuration. A connection that breaks, or what
arrives broken, may be better the next time."""
_AUTHORIZATION = re.compile(r"(?i)(\b(?:authorization|x-amz-signature)=)[^&\s)'\"]+")
_IS_TUNNEL_REFUSED = re.compile(r"Tunnel connection failed: 40[0-7]\b").search
_SECRET_HEADERS = ("authorization", "customer-key")


def translate(error: Exception) -> B2Error:
    """Return (not raise) the error for whatever foreign exception came out of sending a request."""
    return first_match(error, _TRANSLATIONS)


def first_match(error: Exception, table: Iterable[Translation]) -> B2Error:
    """Return what the first row of a table that matches makes of an error; the last one matches all."""
    return next(becomes(error) for matches, becomes in table if matches(error))


def quotes_a_secret(error: BaseException, headers: Mapping[str, str]) -> bool:
    """Whether the exception, or one that it came of, quotes a token or a key of a request with these headers.

    Some versions of requests, and `http.client`, quote a header that cannot be sent; urllib3 quotes the URL.
    """
    secrets = [
        piece
        for name, value in headers.items()
        if name.lower().endswith(_SECRET_HEADERS) and isinstance(value, str)
        for piece in re.findall(r"[\w+/=-]{4,}", value, re.ASCII)  # of what a quotation leaves as it is
    ]
    texts = [f"{one} {one!r}" for one in _and_causes(error)]
    return any(_AUTHORIZATION.search(text) or any(piece in text for piece in secrets) for text in texts)


def was_never_sent(error: BaseException) -> bool:
    """Whether a request failed before anything of it was sent: no connection could be made."""
    return any(isinstance(cause, NewConnectionError | ConnectionRefusedError) for cause in _and_causes(error))


def without_token(text: str) -> str:
    """Return a text that may quote a URL, as urllib3 does, without the authorization that a download URL may carry."""
    return _AUTHORIZATION.sub(r"\1******", text)


def _and_causes(error: BaseException | None, depth: int = 5) -> Iterator[BaseException]:
    if error is not None and depth:
        yield error
        yield from _and_causes(error.__cause__, depth - 1)
        yield from _and_causes(error.__context__, depth - 1)
        for inner in (*error.args, getattr(error, "reason", None)):  # where urllib3 has it
            if isinstance(inner, BaseException):
                yield from _and_causes(inner, depth - 1)


def instance_of(*classes: type[Exception]) -> _Matches:
    """Match the errors of some classes."""
    return lambda error: isinstance(error, classes)


def _is_unresolved_host(error: Exception) -> bool:
    # BSD and macOS say so for good. Elsewhere a failed look-up may pass, and stays a connection error, to be retried.
    return isinstance(_wrapped(error), MaxRetryError) and "nodename nor servname provided, or not known" in str(error)


def _is_about_a_header(error: Exception) -> bool:
    is_refused = type(error) is ValueError and str(error).startswith("Invalid header ")  # by `http.client`
    return is_refused or isinstance(error, requests.exceptions.InvalidHeader | UnicodeEncodeError)


def _is_without_hope(error: Exception) -> bool:
    return isinstance(error, requests.ConnectionError) and is_matter_of_configuration(error)


def is_matter_of_configuration(error: BaseException) -> bool:
    """Whether a connection failed, or one of the causes did, for a reason that another attempt finds as it is."""
    return any(map(_is_configured_so, _and_causes(error)))


def _is_configured_so(error: BaseException) -> bool:
    if isinstance(error, ssl.SSLError):
        return getattr(error, "reason", None) in _FINAL_REASONS  # one that was not made by OpenSSL may have none
    return isinstance(error, CertificateError) or _IS_TUNNEL_REFUSED(str(error)) is not None


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


def without_text(cls: type[B2Error]) -> _Becomes:
    """Make an error that says nothing besides what its class does."""
    return lambda _: cls()


def described_as(cls: type[B2Error], text: Callable[[object], str] = str) -> _Becomes:
    """Make an error with the text of the failure."""
    return lambda error: cls(without_token(text(error)))


def a_header_is_wrong(_error: Exception) -> B2Error:
    # What it is the error quotes, which may be a token.
    return UnknownError("a header of the request cannot be sent as it is")


_TRANSLATIONS: tuple[Translation, ...] = (
    (_is_unresolved_host, without_text(UnknownHost)),
    (_is_without_hope, described_as(ConnectionImpossible)),
    (_is_aborted_by_timeout, described_as(B2RequestTimeout)),
    (_is_aborted_by_broken_pipe, without_text(BrokenPipe)),
    # A connect timeout is both, and no connection is what it means.
    (instance_of(requests.ConnectionError), described_as(B2ConnectionError)),
    # The connection broke inside the response.
    (instance_of(requests.exceptions.ChunkedEncodingError), described_as(B2ConnectionError)),
    (instance_of(requests.Timeout), described_as(B2RequestTimeout)),
    (_is_reset_of_pyopenssl, without_text(ConnectionReset)),
    (_is_about_a_header, a_header_is_wrong),
    (instance_of(Exception), described_as(UnknownError, repr)),
)
"""The first match counts."""
