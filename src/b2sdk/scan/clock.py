"""The time as modification times are written."""

from __future__ import annotations

import time

from b2sdk.exception import InvalidArgument
from b2sdk.values.millis import other_unit_of


def current_time_millis() -> int:
    """Return the milliseconds since the epoch."""
    return round(time.time() * 1000)


def check_millis(parameter: str, millis: float) -> None:
    """Refuse a present time in seconds, microseconds or nanoseconds, where milliseconds are meant.

    :raises InvalidArgument: it seems to be one; see :func:`~b2sdk.values.millis.other_unit_of`.
    """
    if (unit := other_unit_of(millis)) is not None:
        raise InvalidArgument(parameter, f"must be milliseconds since the epoch; {millis} looks like {unit}")
