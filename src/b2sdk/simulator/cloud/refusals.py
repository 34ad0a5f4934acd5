"""The one way in which the cloud refuses a call.

What belongs here is the refusal as a value. It knows nothing of what was asked, nor of how a response is carried. Codes
and statuses are in :mod:`b2sdk.protocol_constants`; texts that are quoted verbatim elsewhere are those of the B2
documentation and of recorded responses of the service.
"""

from __future__ import annotations

from collections.abc import Mapping

from b2sdk.protocol_constants import STATUS_OF_CODE


class Refusal(Exception):
    """The service's response to a call that it does not carry out."""

    def __init__(
        self,
        code: str,
        message: str = "",
        *,
        status: int | None = None,
        headers: Mapping[str, str] | None = None,
        page: str | None = None,
    ) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.status: int = STATUS_OF_CODE[code] if status is None else status
        self.headers: Mapping[str, str] = headers or {}
        self.page = page
        """HTML that is sent instead of the JSON."""


def bad_request(message: str) -> Refusal:
    """Return the refusal that most malformed requests meet."""
    return Refusal("bad_request", message)


def unauthorized() -> Refusal:
    """Return the refusal of a valid token that does not allow the call; the service gives no message with it."""
    return Refusal("unauthorized")
