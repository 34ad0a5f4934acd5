"""B2's own words as data: capabilities, event types, realms, header names.

What belongs here is what the service fixes and several rooms must spell alike. The facts are those of the B2
Native API documentation. Nothing here is computed, and nothing of this package is imported.
"""

from __future__ import annotations

from typing import Final, Literal

REALM_URLS: dict[str, str] = {
    "production": "https://api.backblazeb2.com",
    "staging": "https://api.backblaze.net",
    "dev": "http://api.backblazeb2.xyz:8180",
}
"""Realm name to the URL that answers ``b2_authorize_account``. Read at call time, so entries may be replaced."""

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

FILE_INFO_HEADER_PREFIX: Final = "X-Bz-Info-"
HEX_DIGITS_AT_END: Final = "hex_digits_at_end"
"""``X-Bz-Content-Sha1`` value that announces 40 hex digits after the content."""
UNVERIFIED_SHA1_PREFIX: Final = "unverified:"
"""What the service puts before a SHA-1 that it did not compare with one given by the uploader."""

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
