"""The one way in which the cloud says no, and which HTTP status belongs to which of its codes.

What belongs here is the vocabulary of refusal, as data. It knows nothing of what was asked, nor of how an answer is
carried. Codes, statuses and the texts quoted verbatim elsewhere are those of the B2 documentation and of recorded
answers of the service.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

STATUS_OF_CODE: Final[Mapping[str, int]] = {
    "already_hidden": 400,
    "auth_token_limit": 400,
    "bad_bucket_id": 400,
    "bad_json": 400,
    "bad_request": 400,
    "bucket_missing_file_lock": 400,
    "cannot_delete_non_empty_bucket": 400,
    "custom_timestamp_not_allowed": 400,
    "duplicate_bucket_name": 400,
    "event_type_categories": 400,
    "event_type_invalid": 400,
    "event_type_overlap": 400,
    "event_types_empty": 400,
    "file_lock_conflict": 400,
    "file_not_present": 400,
    "invalid_bucket_id": 400,
    "invalid_file_id": 400,
    "missing_part": 400,
    "no_such_file": 400,
    "out_of_range": 400,
    "part_sha1_mismatch": 400,
    "restricted_bucket_conflict": 400,
    "retain_until_timestamp_must_be_in_future": 400,
    "source_replication_conflict": 400,
    "source_too_large": 400,
    "too_many_buckets": 400,
    "bad_auth_token": 401,
    "expired_auth_token": 401,
    "unauthorized": 401,
    "unsupported": 401,
    "access_denied": 403,
    "download_cap_exceeded": 403,
    "storage_cap_exceeded": 403,
    "transaction_cap_exceeded": 403,
    "not_found": 404,
    "method_not_allowed": 405,
    "conflict": 409,
    "range_not_satisfiable": 416,
    "internal_error": 500,
    "service_unavailable": 503,
}
"""Code to status. The service sends ``access_denied`` with 401 too, for locked files: say so with ``status``."""


class Refusal(Exception):
    """The service's answer to a call that it does not carry out."""

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
