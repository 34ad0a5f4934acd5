"""B2's own words as data: capabilities, event types, realms, header names, error codes.

What belongs here is what the service fixes and several rooms must spell alike. The facts are those of the B2
Native API documentation. Nothing here is computed, and nothing of this package is imported.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, Literal

REALM_URLS: dict[str, str] = {
    "production": "https://api.backblazeb2.com",
    "staging": "https://api.backblaze.net",
    "dev": "http://api.backblazeb2.xyz:8180",
}
"""Realm name to the base URL for ``b2_authorize_account``. Read at call time, so entries may be replaced."""

ALL_CAPABILITIES: list[str] = [
    "listKeys",
    "writeKeys",
    "deleteKeys",
    "listBuckets",
    "listAllBucketNames",
    "readBuckets",
    "writeBuckets",
    "deleteBuckets",
    "readBucketEncryption",
    "writeBucketEncryption",
    "readBucketRetentions",
    "writeBucketRetentions",
    "readFileRetentions",
    "writeFileRetentions",
    "readFileLegalHolds",
    "writeFileLegalHolds",
    "readBucketReplications",
    "writeBucketReplications",
    "bypassGovernance",
    "listFiles",
    "readFiles",
    "shareFiles",
    "writeFiles",
    "deleteFiles",
    "readBucketNotifications",
    "writeBucketNotifications",
]
"""Every capability that may be asked for in ``b2_create_key``, in the order of the service's documentation."""

PUBLIC_BUCKET: Final = "allPublic"
"""The type of a bucket whose files anyone can download."""
LONGEST_AUTHORIZATION: Final = 604_800
"""Seconds for which files can be shared, which is a week."""

EVENT_TYPE = Literal[
    "b2:ObjectCreated:*",
    "b2:ObjectCreated:Upload",
    "b2:ObjectCreated:MultipartUpload",
    "b2:ObjectCreated:Copy",
    "b2:ObjectCreated:Replica",
    "b2:ObjectCreated:MultipartReplica",
    "b2:ObjectDeleted:*",
    "b2:ObjectDeleted:Delete",
    "b2:ObjectDeleted:LifecycleRule",
    "b2:HideMarkerCreated:*",
    "b2:HideMarkerCreated:Hide",
    "b2:HideMarkerCreated:LifecycleRule",
]
"""The event types an event notification rule may name."""

EVENT_SIGNATURE_HEADER: Final = "X-Bz-Event-Notification-Signature"
"""Which header of an event notification signs its body."""

AUTO_CONTENT_TYPE: Final = "b2/x-auto"
"""Asks the service to tell the content type from the extension of the name."""
FILE_INFO_HEADER_PREFIX: Final = "X-Bz-Info-"
HEX_DIGITS_AT_END: Final = "hex_digits_at_end"
"""``X-Bz-Content-Sha1`` value that announces 40 hex digits after the content."""
UNVERIFIED_SHA1_PREFIX: Final = "unverified:"
"""What the service puts before a SHA-1 that it did not compare with one given by the uploader."""

EARLIEST_TIME: int = -62_135_596_800_000
LATEST_TIME: int = 253_402_300_799_999
"""What a time may be: the years 1 to 9999, which ``datetime`` has, in milliseconds since the epoch."""
SRC_LAST_MODIFIED_MILLIS: str = "src_last_modified_millis"
LARGE_FILE_SHA1: str = "large_file_sha1"
SSE_C_KEY_ID_FILE_INFO_KEY_NAME: str = "sse_c_key_id"

DEFAULT_MIN_PART_SIZE: int = 5_000_000
DEFAULT_RECOMMENDED_UPLOAD_PART_SIZE: int = 100_000_000
DEFAULT_MAX_PART_SIZE: int = 5_000_000_000
LIST_FILE_NAMES_MAX_LIMIT: int = 10_000

BUCKET_NAME_CHARS_UNIQ: str = "abcdefghijklmnopqrstuvwxyz0123456789-"
BUCKET_NAME_CHARS: str = BUCKET_NAME_CHARS_UNIQ
BUCKET_NAME_LENGTH_RANGE: tuple[int, int] = (6, 63)
KEY_NAME: Final = re.compile(r"[A-Za-z0-9-]{1,100}")
"""What an application key may be called: the documentation of ``b2_create_key``."""

STATUS_OF_CODE: Final[Mapping[str, int]] = {
    "already_hidden": 400,
    "auth_token_limit": 400,
    "bad_bucket_id": 400,
    "bad_bucket_name": 400,
    "bad_json": 400,
    "bad_request": 400,
    "bad_value": 400,
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
    "invalid_account_id": 400,
    "invalid_bucket_id": 400,
    "invalid_bucket_name": 400,
    "invalid_computer_id": 400,
    "invalid_file_id": 400,
    "metadata_exceeded": 400,
    "missing_part": 400,
    "no_such_file": 400,
    "non_json_response": 400,
    "out_of_range": 400,
    "part_sha1_mismatch": 400,
    "restricted_bucket_conflict": 400,
    "retain_until_timestamp_must_be_in_future": 400,
    "source_replication_conflict": 400,
    "source_too_large": 400,
    "too_many_buckets": 400,
    "bad_auth_token": 401,
    "email_not_verified": 401,
    "expired_auth_token": 401,
    "invalid_email": 401,
    "invalid_group_id": 401,
    "invalid_member_account_id": 401,
    "invalid_region": 401,
    "invalid_sms_phone": 401,
    "method_failure": 401,
    "no_payment_history": 401,
    "too_many_members": 401,
    "unauthorized": 401,
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
"""Error code to the HTTP status that the service sends it with: the documentation of the calls, and recorded responses.

It sends ``access_denied`` with 401 too, for a file that is locked. Most refusals of the partner API have 401, though
another token would not help."""
CONCURRENT_UPLOADS: Final = "more than one upload using auth token"
"""The start of the message about a second upload with an upload token that is in use; the token follows."""
COPY_SOURCE_TOO_BIG: Final = "Copy source too big:"
"""The start of the message about a source that is too large for one copy; its bytes follow."""

TRANSACTION_CLASS: Final[Mapping[str, Literal["A", "B", "C"]]] = {
    "b2_cancel_large_file": "A",
    "b2_delete_bucket": "A",
    "b2_delete_file_version": "A",
    "b2_delete_key": "A",
    "b2_finish_large_file": "A",
    "b2_get_upload_part_url": "A",
    "b2_get_upload_url": "A",
    "b2_hide_file": "A",
    "b2_start_large_file": "A",
    "b2_update_file_legal_hold": "A",
    "b2_update_file_retention": "A",
    "b2_upload_file": "A",
    "b2_upload_part": "A",
    "b2_download_file_by_id": "B",
    "b2_download_file_by_name": "B",
    "b2_get_file_info": "B",
    "b2_authorize_account": "C",
    "b2_copy_file": "C",
    "b2_copy_part": "C",
    "b2_create_bucket": "C",
    "b2_create_key": "C",
    "b2_get_bucket_notification_rules": "C",
    "b2_get_download_authorization": "C",
    "b2_list_buckets": "C",
    "b2_list_file_names": "C",
    "b2_list_file_versions": "C",
    "b2_list_keys": "C",
    "b2_list_parts": "C",
    "b2_list_unfinished_large_files": "C",
    "b2_set_bucket_notification_rules": "C",
    "b2_update_bucket": "C",
}
"""Endpoint to the class of its transactions; those of class A are free. A HEAD request is a download.

The calls for partners are left out, as the documentation has no class for them."""
ENTRIES_PER_TRANSACTION: int = 1000
"""A page of a listing with more entries is a transaction for each started thousand."""
ENTRIES_OF_PAGE: Final[Mapping[str, str]] = {
    "b2_list_file_names": "files",
    "b2_list_file_versions": "files",
    "b2_list_keys": "keys",
    "b2_list_parts": "parts",
}
"""Endpoint to where the entries of its pages are, which are counted as above."""
