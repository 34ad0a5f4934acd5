"""Server-side encryption: what a request asks for, what a bucket gives unasked, who may read.

What belongs here is the rules of chapter "server-side encryption" of the B2 documentation. Nothing is encrypted:
the simulator only behaves as if.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac

from b2sdk.simulator.fields import Fields
from b2sdk.simulator.headers import Headers
from b2sdk.simulator.model import SSE_B2, UNENCRYPTED, Bucket, Encryption
from b2sdk.simulator.policy import Policy
from b2sdk.simulator.refusals import Refusal, bad_request

_SSE_HEADER = "x-bz-server-side-encryption"
_CUSTOMER_HEADERS = tuple(f"{_SSE_HEADER}-customer-{part}" for part in ("algorithm", "key", "key-md5"))
_KEY_NEEDED = (
    "The object was stored using a form of Server Side Encryption. "
    "The correct parameters must be provided to retrieve the object."
)


def from_headers(headers: Headers) -> Encryption | None:
    """Return what the headers of an upload or a download ask for; ``None`` when they say nothing."""
    customer = [headers.get(name) for name in _CUSTOMER_HEADERS]
    managed = headers.get(_SSE_HEADER)
    if managed is not None:
        if any(customer):
            raise bad_request("SSE-B2 and SSE-C headers exclude each other")
        _check_algorithm(managed)
        return SSE_B2
    return _with_customer_key(*customer) if any(customer) else None


def from_fields(fields: Fields | None) -> Encryption | None:
    """Return what a JSON object asks for; ``None`` when it is absent, ``UNENCRYPTED`` when its mode is."""
    if fields is None:
        return None
    mode = fields.optional_choice("mode", ("SSE-B2", "SSE-C", "none"))
    if mode is None or mode == "none":
        return UNENCRYPTED
    if mode == "SSE-C":
        return _with_customer_key(*map(fields.optional_text, ("algorithm", "customerKey", "customerKeyMd5")))
    _check_algorithm(fields.optional_text("algorithm"))
    return SSE_B2


def _check_algorithm(algorithm: str | None) -> None:
    if algorithm != "AES256":
        raise bad_request("The encryption algorithm must be AES256")


def _with_customer_key(algorithm: str | None, key: str | None, key_md5: str | None) -> Encryption:
    if key is None or key_md5 is None:
        raise bad_request("SSE-C needs algorithm, customer key and MD5 of the customer key")
    _check_algorithm(algorithm)
    try:
        secret, digest = base64.b64decode(key, validate=True), base64.b64decode(key_md5, validate=True)
    except (binascii.Error, ValueError) as error:
        raise bad_request("The customer key and its MD5 must be in base64") from error
    if len(secret) != 32:
        raise bad_request("The customer key must have 32 bytes")
    if not hmac.compare_digest(hashlib.md5(secret, usedforsecurity=False).digest(), digest):
        raise bad_request("The MD5 of the customer key does not match the key")
    return Encryption("SSE-C", base64.b64encode(digest).decode())


def bucket_default(requested: Encryption | None, policy: Policy) -> Encryption:
    """Return the default of a bucket for which ``requested`` was asked; nothing asked is the service's default."""
    if requested is not None and requested.mode == "SSE-C":
        raise bad_request("A bucket cannot encrypt by default with a customer key")
    if requested is None or requested.mode is None:
        return SSE_B2 if policy.encrypted_by_default else UNENCRYPTED
    return requested


def of_new_version(requested: Encryption | None, bucket: Bucket) -> Encryption:
    """Return how a new version is encrypted: as asked, else as the bucket does by default."""
    return bucket.encryption if requested is None or requested.mode is None else requested


def check_same(requested: Encryption | None, of_file: Encryption) -> None:
    """Refuse a part that does not bring the customer key with which its large file was started."""
    given = requested.key_md5 if requested is not None else None
    if given != of_file.key_md5:
        raise bad_request("Every part needs the same customer key as the start of its large file")


def check_readable(stored: Encryption, given: Encryption | None) -> None:
    """Refuse to read what is encrypted with a customer key without that key, and to use a key where none belongs."""
    given_md5 = given.key_md5 if given is not None else None
    if stored.key_md5 is None and given_md5 is not None:
        raise bad_request("The object is not encrypted with a customer key")
    if stored.key_md5 is not None and given_md5 is None:
        raise bad_request(_KEY_NEEDED)
    if stored.key_md5 != given_md5:
        raise Refusal("access_denied", "The provided customer-managed encryption key is wrong.")
