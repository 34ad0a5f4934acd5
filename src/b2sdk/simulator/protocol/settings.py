"""How a new version or a bucket is to be encrypted and locked, as headers and JSON spell it.

What belongs here is the way from text to the values of the cloud, and back no further than to a refusal. Whether a
setting is allowed is decided by the rules.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from typing import Literal, cast

from b2sdk.simulator.cloud.file_lock import LegalHold
from b2sdk.simulator.cloud.model import NO_RETENTION, SSE_B2, UNENCRYPTED, DefaultRetention, Encryption, Retention
from b2sdk.simulator.cloud.policy import Policy
from b2sdk.simulator.cloud.refusals import bad_request
from b2sdk.simulator.protocol.fields import Fields
from b2sdk.simulator.protocol.headers import Headers

_SSE_HEADER = "x-bz-server-side-encryption"
_CUSTOMER_HEADERS = tuple(f"{_SSE_HEADER}-customer-{part}" for part in ("algorithm", "key", "key-md5"))
_MODES = ("governance", "compliance")
_MAXIMUM_DAYS = 3000
_NO_RETENTION = "None"
"""How a client spells in headers that there is none, which the service does not take."""

Mode = Literal["governance", "compliance"]


def read_encryption_headers(headers: Headers, policy: Policy) -> Encryption | None:
    """Return what the headers of an upload or a download ask for; ``None`` when they say nothing."""
    customer = [headers.get(name) for name in _CUSTOMER_HEADERS]
    managed = headers.get(_SSE_HEADER)
    if managed is not None:
        if any(customer):
            raise bad_request("SSE-B2 and SSE-C headers exclude each other")
        _check_algorithm(managed)
        return SSE_B2
    return _read_customer_key(policy, *customer) if any(customer) else None


def read_encryption(fields: Fields | None, policy: Policy) -> Encryption | None:
    """Return what a JSON object asks for; ``None`` when it is absent, ``UNENCRYPTED`` when its mode is."""
    if fields is None:
        return None
    mode = fields.optional_choice("mode", ("SSE-B2", "SSE-C", "none"))
    if mode is None or mode == "none":
        return UNENCRYPTED
    if mode == "SSE-C":
        return _read_customer_key(policy, *map(fields.optional_text, ("algorithm", "customerKey", "customerKeyMd5")))
    _check_algorithm(fields.optional_text("algorithm"))
    return SSE_B2


def _check_algorithm(algorithm: str | None) -> None:
    if algorithm != "AES256":
        raise bad_request("The encryption algorithm must be AES256")


def _read_customer_key(policy: Policy, algorithm: str | None, key: str | None, key_md5: str | None) -> Encryption:
    if key is None or key_md5 is None:
        raise bad_request("SSE-C needs algorithm, customer key and MD5 of the customer key")
    _check_algorithm(algorithm)
    try:
        secret, digest = base64.b64decode(key, validate=True), base64.b64decode(key_md5, validate=True)
    except (binascii.Error, ValueError) as error:
        raise bad_request("The customer key and its MD5 must be in base64") from error
    if policy.checks_customer_keys and len(secret) != 32:
        raise bad_request("The customer key must have 32 bytes")
    if not hmac.compare_digest(hashlib.md5(secret, usedforsecurity=False).digest(), digest):
        raise bad_request("The MD5 of the customer key does not match the key")
    return Encryption("SSE-C", base64.b64encode(digest).decode())


def read_retention_headers(headers: Headers, policy: Policy) -> Retention | None:
    """Return the retention that an upload asks for; ``None`` when it says nothing."""
    mode = headers.get("x-bz-file-retention-mode")
    until = headers.get("x-bz-file-retention-retain-until-timestamp")
    if mode == until == _NO_RETENTION and not policy.strict_locks:
        return NO_RETENTION
    return _read_retention_fields(Fields({"mode": mode, "retainUntilTimestamp": until}, textual=True))


def read_retention(fields: Fields | None) -> Retention | None:
    """Return the retention that a JSON object asks for; ``None`` when the object is absent."""
    if fields is None:
        return None
    text = fields.raw("retainUntilTimestamp")
    if isinstance(text, str):
        fields = Fields({"mode": fields.raw("mode"), "retainUntilTimestamp": text}, textual=True)
    return _read_retention_fields(fields) or NO_RETENTION


def _read_retention_fields(fields: Fields) -> Retention | None:
    mode = fields.optional_choice("mode", _MODES)
    until = fields.optional_integer("retainUntilTimestamp", 0)
    if (mode is None) != (until is None):
        raise bad_request("A retention needs both a mode and a retainUntilTimestamp")
    return None if mode is None else Retention(cast("Mode", mode), until)


def read_default_retention(fields: Fields | None, policy: Policy) -> DefaultRetention | None:
    """Return the default retention that a JSON object asks of a bucket; ``None`` when the object is absent."""
    if fields is None:
        return None
    mode, period = fields.optional_choice("mode", _MODES), fields.optional_object("period")
    if mode is None:
        return DefaultRetention()
    if period is None:
        raise bad_request("A default retention with a mode needs a period")
    unit = period.choice("unit", ("days", "years"))
    limit = _MAXIMUM_DAYS if unit == "days" else _MAXIMUM_DAYS // 365
    duration = period.integer("duration", 1, limit) if policy.strict_locks else period.integer("duration")
    return DefaultRetention(cast("Mode", mode), duration, cast("Literal['days', 'years']", unit))


def read_legal_hold(text: str | None) -> LegalHold | None:
    """Return a legal hold as spelled in headers and JSON; ``None`` when absent."""
    if text is not None and text not in ("on", "off"):
        raise bad_request("legalHold must be on or off")
    return cast("LegalHold | None", text)
