"""Hooks around every attempt of every request.

What belongs here observes a request or stops it by raising.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from b2sdk.exception import B2Error, BadDateFormat, ClockSkew
from b2sdk.lazy import LazyModule

if TYPE_CHECKING:
    import requests
else:
    requests = LazyModule("requests")


@dataclass(frozen=True)
class Retry:
    """A request that failed and is about to be sent again."""

    method: str
    url: str
    """Without its query, which may carry a token; of an upload, which goes on to another URL, the name of the call."""
    attempt: int
    """Which one failed, counted from 1."""
    error: B2Error
    seconds: float
    """How long will be waited before the next one."""


class HttpCallback:
    """Base of the hooks: each does nothing. They are called per attempt, in the order they were added.

    A :class:`~b2sdk.exception.B2Error` that a hook raises is treated like one of the service, so one that may be
    retried is; :class:`~b2sdk.exception.B2HttpCallbackException` never is. Anything else becomes an
    :class:`~b2sdk.exception.UnknownError`.
    """

    def pre_request(self, method: str, url: str, headers: dict[str, str]) -> None:
        """Before sending; what is changed in ``headers`` is sent, in this attempt and the next ones."""

    def post_request(self, method: str, url: str, headers: dict[str, str], response: requests.Response) -> None:
        """After the head of a response of any status arrived; the body of a download is not read yet."""

    def on_retry(self, retry: Retry) -> None:
        """Before the wait that precedes another attempt."""


class ClockSkewHook(HttpCallback):
    """Refuses to continue with a local clock that is more than ten minutes off.

    Raises :class:`~b2sdk.exception.ClockSkew`, or :class:`~b2sdk.exception.BadDateFormat`. A response without a
    ``Date`` is accepted.
    """

    def post_request(self, method: str, url: str, headers: dict[str, str], response: requests.Response) -> None:
        date = response.headers.get("Date")
        if date is None:
            return
        skew = (datetime.now(timezone.utc) - _parse_date(date)).total_seconds()
        if abs(skew) > _MAX_CLOCK_SKEW_SECONDS:
            raise ClockSkew(skew)


_MAX_CLOCK_SKEW_SECONDS = 600
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# The one format of RFC 9110 that may be generated. `strptime` would read the names in the language of the locale.
_DATE = re.compile(
    rf"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (\d\d) ({'|'.join(_MONTHS)}) (\d{{4}}) (\d\d):(\d\d):(\d\d) GMT", re.ASCII
)


def _parse_date(text: str) -> datetime:
    found = _DATE.fullmatch(text)
    if found is None:
        raise BadDateFormat(text)
    day, month, year, hour, minute, second = found.groups()
    try:
        return datetime(
            int(year), _MONTHS.index(month) + 1, int(day), int(hour), int(minute), int(second), tzinfo=timezone.utc
        )
    except ValueError as error:
        raise BadDateFormat(text) from error
