"""The headers that an upload brings and those that a download carries.

What belongs here is their meaning in terms of the model, both ways, from the service's documentation.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from b2sdk.protocol_constants import FILE_INFO_HEADER_PREFIX, HEX_DIGITS_AT_END
from b2sdk.simulator.cloud.downloads import Download, RequestedRange
from b2sdk.simulator.cloud.files import AUTOMATIC_CONTENT_TYPE, NewVersion
from b2sdk.simulator.cloud.model import FileVersion
from b2sdk.simulator.cloud.names import INFO_HEADERS, percent_encode
from b2sdk.simulator.cloud.policy import Policy
from b2sdk.simulator.cloud.refusals import bad_request
from b2sdk.simulator.protocol import settings
from b2sdk.simulator.protocol.fields import Fields
from b2sdk.simulator.protocol.headers import Headers, check_encoded, percent_decode

SHA1_DIGITS: Final = 40
_SHA1 = re.compile(r"[0-9a-fA-F]{40}")
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
_INFO_PREFIX: Final = FILE_INFO_HEADER_PREFIX.lower()
_DO_NOT_VERIFY: Final = "do_not_verify"
_FORBIDDEN_ON_UPLOAD: Final = (
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-location",
    "content-range",
    "expires",
)
OVERRIDES: Final[Mapping[str, str]] = {
    "b2ContentDisposition": "Content-Disposition",
    "b2ContentLanguage": "Content-Language",
    "b2Expires": "Expires",
    "b2CacheControl": "Cache-Control",
    "b2ContentEncoding": "Content-Encoding",
    "b2ContentType": "Content-Type",
}
"""Query parameter of a download to the response header that it sets."""


@dataclass(frozen=True)
class DeclaredBody:
    """What the headers of an upload say about its body."""

    length: int
    """Bytes, those of a trailing SHA-1 included."""
    sha1: str
    """40 hex digits, ``hex_digits_at_end`` or ``do_not_verify``."""

    @property
    def trailer_size(self) -> int:
        """How many bytes after the content are its SHA-1."""
        return SHA1_DIGITS if self.sha1 == HEX_DIGITS_AT_END else 0

    @property
    def is_verified(self) -> bool:
        """Whether the uploader says what the SHA-1 must be."""
        return self.sha1 != _DO_NOT_VERIFY

    def accepts(self, sha1: str, trailer: bytes) -> bool:
        """Return whether content with this SHA-1 is what was declared."""
        expected = trailer.decode("ascii", "replace") if self.trailer_size else self.sha1
        return not self.is_verified or expected.lower() == sha1


def is_sha1(text: str) -> bool:
    """Return whether a text is a SHA-1 in hex digits."""
    return _SHA1.fullmatch(text) is not None


def require_header(headers: Headers, name: str) -> str:
    """Return the value of a header that must be there."""
    value = headers.get(name.lower())
    if value is None:
        raise bad_request(f"Missing header: {name}")
    return value


def read_body(headers: Headers, largest: int) -> DeclaredBody:
    """Return what the headers say about the body; refuse one of unknown length, or above ``largest`` bytes."""
    require_header(headers, "Content-Length")
    length = Fields({"Content-Length": headers["content-length"]}, textual=True).integer("Content-Length", 0)
    sha1 = require_header(headers, "X-Bz-Content-Sha1")
    if sha1 not in (HEX_DIGITS_AT_END, _DO_NOT_VERIFY) and not is_sha1(sha1):
        raise bad_request(f"X-Bz-Content-Sha1 must be 40 hex digits, {HEX_DIGITS_AT_END} or {_DO_NOT_VERIFY}")
    body = DeclaredBody(length, sha1)
    if length < body.trailer_size:
        raise bad_request(f"Content-Length is less than the {SHA1_DIGITS} digits at the end")
    if length - body.trailer_size > largest:
        raise bad_request(f"Content-Length is more than {largest} bytes")
    return body


def read_part_number(headers: Headers) -> int:
    """Return the number of a part."""
    number = require_header(headers, "X-Bz-Part-Number")
    return Fields({"X-Bz-Part-Number": number}, textual=True).integer("X-Bz-Part-Number")


def read_new_version(headers: Headers, policy: Policy) -> NewVersion:
    """Return what the headers of ``b2_upload_file`` ask for; the policy may refuse what is not percent-encoded."""
    if found := [name for name in _FORBIDDEN_ON_UPLOAD if name in headers]:
        raise bad_request(f"Header not allowed: {found[0]}")
    name, info = (
        require_header(headers, "X-Bz-File-Name"),
        [field for field in headers if field.startswith(_INFO_PREFIX)],
    )
    if policy.strict_encoding:
        check_encoded(name)
        for field in info:
            check_encoded(headers[field])
    timestamp = Fields({"X-Bz-Custom-Upload-Timestamp": headers.get("x-bz-custom-upload-timestamp")}, textual=True)
    return NewVersion(
        name=percent_decode(name, "X-Bz-File-Name"),
        content_type=require_header(headers, "Content-Type"),
        info={field[len(_INFO_PREFIX) :]: percent_decode(headers[field], field) for field in info},
        encryption=settings.read_encryption_headers(headers, policy),
        retention=settings.read_retention_headers(headers, policy),
        legal_hold=settings.read_legal_hold(headers.get("x-bz-file-legal-hold")),
        timestamp=timestamp.optional_integer("X-Bz-Custom-Upload-Timestamp", 0),
    )


def read_range(text: str | None) -> RequestedRange | None:
    """Return the range that a header or a field asks for; ``None`` for all: absent, malformed, or several ranges."""
    found = _RANGE.fullmatch(text.strip()) if text else None
    if found is None or found.groups() == ("", ""):
        return None
    first, last = (int(digits) if digits else None for digits in found.groups())
    is_backwards = first is not None and last is not None and last < first
    return None if is_backwards else RequestedRange(first, last)


def read_overrides(parameters: Mapping[str, str]) -> dict[str, str]:
    """Return the response headers that a download asks for, by query parameter."""
    asked = {name: value for name, value in parameters.items() if name in OVERRIDES}
    for name, value in asked.items():
        if not value.isprintable():
            raise bad_request(f"{name} must not contain control characters")
    return asked


def download_headers(download: Download, asked: Mapping[str, str]) -> dict[str, str]:
    """Return the headers of a download, except ``Content-Range`` and the length, which depend on the range."""
    version = download.version
    headers = {
        "Accept-Ranges": "bytes",
        "Content-Type": version.content_type or AUTOMATIC_CONTENT_TYPE,
        "X-Bz-Content-Sha1": version.sha1 or "none",
        "X-Bz-File-Id": version.file_id,
        "X-Bz-File-Name": percent_encode(version.name),
        "X-Bz-Upload-Timestamp": str(version.timestamp),
    }
    for name, value in download.bucket.info.items():
        if name.lower() == "cache-control":
            headers["Cache-Control"] = value
    headers.update(_info_headers(version))
    headers.update(encryption_headers(version))
    if download.bucket.file_lock:
        headers.update(_lock_headers(download))
    if version.replication_status is not None:
        headers["X-Bz-Replication-Status"] = version.replication_status
    headers.update((OVERRIDES[name], value) for name, value in asked.items())
    return headers


def _info_headers(version: FileVersion) -> dict[str, str]:
    # Clients take the names of file info from the headers as they come, so these are in lower case.
    return {
        INFO_HEADERS.get(name, _INFO_PREFIX + name): value if name in INFO_HEADERS else percent_encode(value)
        for name, value in version.info.items()
    }


def encryption_headers(version: FileVersion) -> dict[str, str]:
    """Return how a download says that its content is encrypted; a customer's key by its MD5."""
    setting = version.encryption
    if setting.mode == "SSE-B2":
        return {"X-Bz-Server-Side-Encryption": "AES256"}
    if setting.key_md5 is None:
        return {}
    return {
        "X-Bz-Server-Side-Encryption-Customer-Algorithm": "AES256",
        "X-Bz-Server-Side-Encryption-Customer-Key-Md5": setting.key_md5,
    }


def _lock_headers(download: Download) -> dict[str, str]:
    retention, legal_hold = download.version.retention, download.version.legal_hold
    values = {
        ("readFileRetentions", "X-Bz-File-Retention-Mode"): retention.mode,
        ("readFileRetentions", "X-Bz-File-Retention-Retain-Until-Timestamp"): retention.until,
        ("readFileLegalHolds", "X-Bz-File-Legal-Hold"): legal_hold,
    }
    capabilities = () if download.reader is None else download.reader.capabilities
    headers = {
        name: str(value)
        for (capability, name), value in values.items()
        if capability in capabilities and value is not None
    }
    if hidden := [name for capability, name in values if capability not in capabilities]:
        headers["X-Bz-Client-Unauthorized-To-Read"] = ",".join(hidden)
    return headers
