"""The numbers and switches by which one deployment of the service differs from another.

What belongs here is what a test may want smaller, stricter or older than the service of today. Facts that are the
same everywhere stay where they are applied.
"""

from __future__ import annotations

from dataclasses import dataclass

from b2sdk.simulator.clock import DAY_MS
from b2sdk.vocabulary import BUCKET_NAME_LENGTH_RANGE


@dataclass(frozen=True, kw_only=True)
class Policy:
    """What this deployment allows. Sizes are bytes, durations milliseconds."""

    minimum_part_size: int = 5_000_000
    """Every part but the last must have it; checked when the large file is finished."""
    recommended_part_size: int = 100_000_000
    minimum_parts: int = 2
    maximum_part_size: int = 5_000_000_000
    maximum_upload_size: int = 5_000_000_000
    maximum_copy_size: int = 5_000_000_000
    maximum_buckets: int = 100
    token_lifetime: int = DAY_MS
    """How long account and upload tokens are valid."""
    encrypted_by_default: bool = True
    """Whether a new bucket encrypts with SSE-B2 unasked, as the service does since 2026."""
    custom_timestamps: bool = True
    """Whether the account may choose upload timestamps, which the service enables on request."""
    lifecycle: bool = True
    """Whether lifecycle rules are applied, which makes sense where timestamps tell the time."""
    bucket_name_lengths: tuple[int, int] = BUCKET_NAME_LENGTH_RANGE
    """The least and the greatest number of characters in the name of a bucket."""
    loopback_webhooks: bool = False
    """Whether event notification rules may name webhooks on this machine that speak plain HTTP."""
    undersized_parts: bool = False
    """Whether parts before the last may have less than ``minimum_part_size``."""
    hides_unknown_names: bool = False
    """Whether a name may be hidden that has no versions, or is hidden already."""
    deletes_full_buckets: bool = False
    """Whether a bucket may be deleted with what is left in it."""
    checks_keys: bool = True
    """Whether a new key must have known capabilities, and buckets that exist."""
    checks_rules: bool = True
    """Whether a bucket's rules (CORS, lifecycle, notifications) must make sense; if not, they are kept as they come."""
    replicates: bool = True
    """Whether replication rules are carried out."""
    strict_locks: bool = True
    """Whether retention and legal hold need a bucket with file lock and a moment to come, retention yields only to a
    bypass, buckets give theirs to new versions, and a legal hold prevents deletion. If not, a version is kept from
    deletion by its own retention alone, whose end then counts seconds instead of milliseconds."""
    strict_prefixes: bool = True
    """Whether a key with a name prefix may list unfinished large files only under that prefix."""
    strict_names: bool = False
    """Whether file names may not begin or end with ``/``, contain ``//`` or a segment above 250 bytes."""
