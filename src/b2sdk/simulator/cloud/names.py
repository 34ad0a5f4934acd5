"""What files, buckets, keys and file info may be called.

What belongs here is the form of names, from the service's documentation. Whether a name is taken, or allowed to a
key, is decided elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

from b2sdk.protocol_constants import KEY_NAME
from b2sdk.simulator.cloud.policy import Policy
from b2sdk.simulator.cloud.refusals import Refusal, bad_request

UNENCODED_CHARACTERS: Final = "._-/~!$'()*;=:@"
"""What the service leaves as it is, besides letters and digits, and takes so."""
_BUCKET_NAME = re.compile(r"[A-Za-z0-9-]*")
_INFO_NAME = re.compile(r"[A-Za-z0-9\-_.`~!#$%^&*'|+,]{1,50}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_BUCKET_INFO_NAME = re.compile(r"[A-Za-z0-9_-]{1,50}")

INFO_HEADERS: Final[Mapping[str, str]] = {
    "b2-content-disposition": "Content-Disposition",
    "b2-content-language": "Content-Language",
    "b2-expires": "Expires",
    "b2-cache-control": "Cache-Control",
    "b2-content-encoding": "Content-Encoding",
}
"""File info that is sent as a header of its own with a download."""

HEADER_BUDGET: Final = 7000
SECURED_HEADER_BUDGET: Final = 2048
"""Bytes that name and info of a file may take together, and what remains when it is encrypted or can be locked."""


def check_file_name(name: str, policy: Policy) -> None:
    """Refuse what cannot be the name of a file."""
    if not name:
        raise bad_request("File names must contain at least one character")
    if len(name.encode()) > 1024:
        raise bad_request("File names must not be longer than 1024 bytes in UTF-8")
    if found := _CONTROL.search(name):
        raise bad_request(f"File names must not contain the character with code {ord(found.group())}")
    if policy.strict_names:
        _check_segments(name)


def _check_segments(name: str) -> None:
    if name.startswith("/") or name.endswith("/") or "//" in name:
        raise bad_request("File names must not begin or end with '/' nor contain '//'")
    if any(len(segment.encode()) > 250 for segment in name.split("/")):
        raise bad_request("File name segments must not be longer than 250 bytes in UTF-8")


def check_bucket_name(name: str, policy: Policy) -> None:
    """Refuse what cannot be the name of a bucket."""
    shortest, longest = policy.bucket_name_lengths
    is_reserved = policy.checks_rules and name.lower().startswith("b2-")
    if not shortest <= len(name) <= longest or not _BUCKET_NAME.fullmatch(name) or is_reserved:
        raise bad_request(f"illegal bucket name: {name}")


def check_bucket_info(info: Mapping[str, str]) -> None:
    """Refuse bucket info with too many entries or with keys that could not be header names."""
    if len(info) > 10:
        raise bad_request("bucketInfo must not have more than 10 entries")
    for name, value in info.items():
        if not _BUCKET_INFO_NAME.fullmatch(name):
            raise bad_request(f"bucketInfo has an illegal name: {name[:60]!r}")
        if len(value.encode()) > 2048 or _CONTROL.search(value):
            raise bad_request(f"bucketInfo value too long, or with control characters: {name}")


def check_key_name(name: str) -> None:
    """Refuse what cannot be the name of an application key."""
    if not KEY_NAME.fullmatch(name):
        raise Refusal("bad_json", f"illegal key name: {name}")


def check_info(info: Mapping[str, str]) -> None:
    """Refuse file info with names that are not allowed, or reserved."""
    for name, value in info.items():
        if not _INFO_NAME.fullmatch(name):
            raise bad_request(f"File info has an illegal name: {name[:60]!r}")
        if name.lower().startswith("b2-") and name.lower() not in INFO_HEADERS:
            raise bad_request(f"File info names beginning with 'b2-' are reserved: {name}")
        if name.lower() in INFO_HEADERS and _CONTROL.search(value):
            raise bad_request(f"File info has a control character: {name}")


def check_content_type(content_type: str) -> None:
    """Refuse what could not be sent as the header of a download."""
    if not content_type or len(content_type) > 256 or _CONTROL.search(content_type):
        raise bad_request("The content type must have 1 to 256 characters, and no control characters")


def check_header_budget(name: str, info: Mapping[str, str], *, secured: bool) -> None:
    """Refuse a name and info that would not fit into the headers of a download."""
    budget = SECURED_HEADER_BUDGET if secured else HEADER_BUDGET
    size = len(percent_encode(name)) + sum(len(key) + len(percent_encode(value)) for key, value in info.items())
    if size > budget:
        raise bad_request(f"File name and file info are {size} bytes together, more than {budget}")


def percent_encode(text: str) -> str:
    """Percent-encode a file name or an info value as the service documents it.

    ``+`` is always encoded, since clients differ in whether they read it as a space.
    """
    return quote(text, safe=UNENCODED_CHARACTERS)
