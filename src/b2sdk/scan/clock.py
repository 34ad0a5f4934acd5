"""The time as modification times are written."""

from __future__ import annotations

import time


def current_time_millis() -> int:
    """Return the milliseconds since the epoch."""
    return round(time.time() * 1000)
