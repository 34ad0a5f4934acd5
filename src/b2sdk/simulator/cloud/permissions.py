"""Who may call what: the capability that each call needs, and the buckets and names that a key is confined to.

What belongs here is the law of capabilities as the service's documentation gives it. It knows nothing of how a call
is carried out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from b2sdk.protocol_constants import ALL_CAPABILITIES
from b2sdk.simulator.cloud.model import Bucket, Key, Suite
from b2sdk.simulator.cloud.refusals import unauthorized

CAPABILITY_OF_CALL: Final[Mapping[str, str | None]] = {
    "b2_authorize_account": None,
    "b2_cancel_large_file": "writeFiles",
    "b2_copy_file": "writeFiles",
    "b2_copy_part": "writeFiles",
    "b2_create_bucket": "writeBuckets",
    "b2_create_key": "writeKeys",
    "b2_delete_bucket": "deleteBuckets",
    "b2_delete_file_version": "deleteFiles",
    "b2_delete_key": "deleteKeys",
    "b2_download_file_by_id": None,
    "b2_download_file_by_name": None,
    "b2_finish_large_file": "writeFiles",
    "b2_get_bucket_notification_rules": "readBucketNotifications",
    "b2_get_download_authorization": "shareFiles",
    "b2_get_file_info": "readFiles",
    "b2_get_upload_part_url": "writeFiles",
    "b2_get_upload_url": "writeFiles",
    "b2_hide_file": "writeFiles",
    "b2_list_buckets": "listBuckets",
    "b2_list_file_names": "listFiles",
    "b2_list_file_versions": "listFiles",
    "b2_list_keys": "listKeys",
    "b2_list_parts": "writeFiles",
    "b2_list_unfinished_large_files": "listFiles",
    "b2_set_bucket_notification_rules": "writeBucketNotifications",
    "b2_start_large_file": "writeFiles",
    "b2_update_bucket": "writeBuckets",
    "b2_update_file_legal_hold": None,
    "b2_update_file_retention": None,
}
"""``None`` where the call itself decides: downloads of public buckets need nothing, the two updates of a file's
locks refuse in words of their own."""
SUITE_OF_CALL: Final[Mapping[str, Suite]] = {
    "b2_create_group_member": "groupsApi",
    "b2_eject_group_member": "groupsApi",
    "b2_list_group_members": "groupsApi",
    "b2_list_groups": "groupsApi",
    "b2_reserve_trial_create_account": "groupsApi",
    "bz_delete_computer": "backupApi",
    "bz_list_computers": "backupApi",
}
"""The calls of partners: they need a master key of an account with the suite, and no capability."""
PHONE_CALLS: Final = frozenset({"b2_eject_group_member", "b2_reserve_trial_create_account"})
"""Those of them that nobody may make who has no phone; the call that creates a member says so in words of its own."""
CALLS: Final = frozenset({*CAPABILITY_OF_CALL, *SUITE_OF_CALL, "b2_upload_file", "b2_upload_part"})
"""Every call, also those that an upload URL is for, whose token says enough."""

KNOWN_CAPABILITIES: Final = frozenset(
    [
        *ALL_CAPABILITIES,
        "readBucketLifecycleRules",
        "readBucketLogging",
        "writeBucketLifecycleRules",
        "writeBucketLogging",
    ]
)
ACCOUNT_CAPABILITIES: Final = frozenset({"listKeys", "writeKeys", "deleteKeys", "deleteBuckets"})
"""What a key that is confined to buckets cannot have."""


def require(key: Key, *capabilities: str) -> None:
    """Refuse with 401 ``unauthorized`` when the key lacks one of them."""
    if not set(capabilities) <= set(key.capabilities):
        raise unauthorized()


def require_bucket(key: Key, bucket_id: str) -> None:
    """Refuse with 401 ``unauthorized`` when the key is confined to other buckets."""
    if key.bucket_ids is not None and bucket_id not in key.bucket_ids:
        raise unauthorized()


def require_account(key: Key, account_id: str) -> None:
    """Refuse with 401 ``unauthorized`` when the call names another account than the key's."""
    if account_id != key.account_id:
        raise unauthorized()


def require_name(key: Key, name: str) -> None:
    """Refuse with 401 ``unauthorized`` when a file name, or a prefix, lies outside the key's name prefix."""
    if key.name_prefix is not None and not name.startswith(key.name_prefix):
        raise unauthorized()


def require_readable(key: Key, bucket: Bucket) -> None:
    """Refuse when the key may not read files of the bucket; those of a public bucket everyone may read."""
    if bucket.bucket_type != "allPublic":
        require(key, "readFiles")
        require_bucket(key, bucket.bucket_id)
