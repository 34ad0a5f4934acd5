"""Server-side encryption: how new versions are encrypted, and who may read them.

What belongs here is the rules of chapter "server-side encryption" of the B2 documentation. Nothing is encrypted:
the simulator only behaves as if.
"""

from __future__ import annotations

from b2sdk.simulator.cloud.model import SSE_B2, UNENCRYPTED, Bucket, Encryption
from b2sdk.simulator.cloud.policy import Policy
from b2sdk.simulator.cloud.refusals import Refusal, bad_request

_KEY_NEEDED = (
    "The object was stored using a form of Server Side Encryption. "
    "The correct parameters must be provided to retrieve the object."
)


def bucket_default(requested: Encryption | None, policy: Policy) -> Encryption:
    """Return the default of a bucket for which ``requested`` was asked; nothing asked is the service's default."""
    if requested is not None and requested.mode == "SSE-C":
        raise bad_request("A bucket cannot encrypt by default with a customer key")
    if requested is None or requested.mode is None:
        return SSE_B2 if policy.encrypted_by_default else UNENCRYPTED
    return requested


def for_new_version(requested: Encryption | None, bucket: Bucket) -> Encryption:
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
