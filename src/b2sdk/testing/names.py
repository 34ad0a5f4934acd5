"""Names of buckets that tell test buckets from others, and one test run from another."""

from __future__ import annotations

import hashlib
import os
import platform
import random
import secrets
import time

from b2sdk.protocol_constants import BUCKET_NAME_CHARS_UNIQ

GENERAL_BUCKET_NAME_PREFIX: str = "sdktst"
"""What the names of all test buckets start with. Any test run removes old buckets with such names."""
BUCKET_NAME_LENGTH: int = 63
"""As long as names may be, so that nobody else has the same."""


def _seed() -> str:
    """Return 16 hex digits that no other process has, even one that began at the same time."""
    workflow = os.environ.get("WORKFLOW_ID") or secrets.token_hex(8)
    parts = (workflow, platform.node(), str(time.time_ns()), os.environ.get("PYTEST_XDIST_WORKER", ""))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


RNG_SEED: str = _seed()
RNG: random.Random = random.Random(RNG_SEED)  # noqa: S311  # names need not be secret
"""Where the random parts of names come from."""
RNG_COUNTER: int = 0
"""Kept for programs that import it; nothing is counted."""


def random_token(length: int, chars: str = BUCKET_NAME_CHARS_UNIQ) -> str:
    """Return random letters and digits."""
    return "".join(RNG.choice(chars) for _ in range(length))


def get_bucket_name_prefix(rnd_len: int = 8, prefix: str = GENERAL_BUCKET_NAME_PREFIX) -> str:
    """Return a prefix for the buckets of one test run: ``prefix`` and so many random characters.

    :raises ValueError: no random character would be in it, so every run would have the same.
    """
    if rnd_len < 1:
        raise ValueError(f"rnd_len must be positive, not {rnd_len}")
    return prefix + random_token(rnd_len)
