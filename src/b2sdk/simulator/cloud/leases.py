"""Upload URLs: given out, taken for one upload at a time, given back."""

from __future__ import annotations

import hmac

from b2sdk.protocol_constants import CONCURRENT_UPLOADS
from b2sdk.simulator.cloud import permissions
from b2sdk.simulator.cloud.model import Bucket, FileVersion, Token, UploadLease
from b2sdk.simulator.cloud.refusals import Refusal
from b2sdk.simulator.cloud.state import State


class Leases:
    """The upload URLs with their tokens."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._made = 0

    def for_files(self, caller: Token, bucket: Bucket, endpoint: str) -> UploadLease:
        """Give out an upload URL for files of a bucket; its path begins like ``endpoint`` where that matters."""
        return self._open(caller, bucket.bucket_id, None, endpoint)

    def for_parts(self, caller: Token, large_file: FileVersion, endpoint: str) -> UploadLease:
        """Give out an upload URL for parts of an unfinished large file."""
        permissions.require_bucket(caller.key, large_file.bucket_id)
        return self._open(caller, large_file.bucket_id, large_file.file_id, endpoint)

    def _open(self, caller: Token, bucket_id: str, file_id: str | None, endpoint: str) -> UploadLease:
        path, token = self._state.ids.upload_lease(endpoint, file_id or bucket_id, caller.text)
        self._made += 1
        lease = UploadLease(
            lease_id=f"lease-{self._made}",
            path=path,
            token=token,
            key=caller.key,
            bucket_id=bucket_id,
            file_id=file_id,
            expires_at=self._state.clock.now() + self._state.policy.token_lifetime,
        )
        self._state.leases[path] = lease
        return lease

    def find(self, path: str) -> UploadLease | None:
        """Return the upload URL with this path, if it was ever given out."""
        return self._state.leases.get(path)

    def take(self, lease: UploadLease, token: str) -> None:
        """Begin an upload; refuse a wrong or dead token with 401, a second upload at a time with 400."""
        if not hmac.compare_digest(token.encode(), lease.token.encode()) or lease.dead or lease.key.deleted:
            raise Refusal("bad_auth_token", "Invalid authorization token")
        if lease.expires_at <= self._state.clock.now():
            raise Refusal("expired_auth_token", "Authorization token has expired")
        if lease.busy:
            raise Refusal("auth_token_limit", f"{CONCURRENT_UPLOADS} {lease.token}")
        lease.busy = True

    def give_back(self, lease: UploadLease, *, status: int | None) -> None:
        """End an upload whose response has ``status``, or that got none (``None``).

        The service is done with a URL after a response of 401, 408 or 5xx, and after an upload whose connection broke.
        """
        lease.busy = False
        if status is None or status in (401, 408) or status >= 500:
            lease.dead = True
