"""What the header ``X-Bz-Test-Mode`` does.

The service fails at random; here every third upload fails and every token expires after ten calls, so that a test that
passes once passes always.
"""

from __future__ import annotations

from itertools import count
from typing import Final

from b2sdk.simulator.cloud.caps import STORAGE_CALLS
from b2sdk.simulator.cloud.refusals import Refusal
from b2sdk.simulator.protocol.headers import Headers

FAILING_UPLOADS: Final = 3
"""One upload in so many fails."""
CALLS_OF_EXPIRING_TOKEN: Final = 10


class ServiceTestMode:
    """The state of the modes, which goes on from call to call."""

    def __init__(self) -> None:
        self._uploads = count(1)

    def check(self, endpoint: str, headers: Headers) -> None:
        """Refuse a call that is to fail."""
        modes = headers.get("x-bz-test-mode")
        if modes is None:
            return
        if "force_cap_exceeded" in modes and endpoint in STORAGE_CALLS:
            raise Refusal("storage_cap_exceeded", "Usage cap exceeded.")
        is_upload = endpoint in ("b2_upload_file", "b2_upload_part")
        if "fail_some_uploads" in modes and is_upload and next(self._uploads) % FAILING_UPLOADS == 0:
            raise Refusal("service_unavailable", "c001_v0001000_t0000 is too busy")

    def calls_of_new_token(self, headers: Headers) -> int | None:
        """Return after how many calls a token that is given out now expires; ``None`` for in its own time."""
        expires = "expire_some_account_authorization_tokens" in headers.get("x-bz-test-mode", "")
        return CALLS_OF_EXPIRING_TOKEN if expires else None
