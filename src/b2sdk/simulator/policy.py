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
    strict_names: bool = False
    """Whether file names may not begin or end with ``/``, contain ``//`` or a segment above 250 bytes."""
