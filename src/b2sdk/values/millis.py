"""Times in milliseconds since the epoch, distinguished from those in other units."""

from __future__ import annotations

from typing import Final

_LEAST_SECONDS: Final = 10**9
_MOST_SECONDS: Final = 10**10
_MOST_MILLISECONDS: Final = 10**14


def other_unit_of(time: float) -> str | None:
    """Return the unit in which a time seems to be that should be in milliseconds; ``None`` if it may be in those.

    From 10^9 to 10^10 it is taken for seconds: they are those of the years 2001 to 2286, and as milliseconds a time in
    the spring of 1970. From 10^14, a time in the year 5138, it is taken for microseconds or nanoseconds.
    """
    if _LEAST_SECONDS <= time < _MOST_SECONDS:
        return "seconds"
    return "microseconds or nanoseconds" if time >= _MOST_MILLISECONDS else None
