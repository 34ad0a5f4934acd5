"""What the service says of a bucket, as the values that a bucket has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from b2sdk.exception import UnexpectedCloudBehaviour, UnrecognizedBucketType
from b2sdk.values.encryption import EncryptionSettingFactory
from b2sdk.values.file_lock import FileLockConfiguration
from b2sdk.values.replication import ReplicationConfigurationFactory

CorsRules: TypeAlias = Any
"""Which web pages may use a bucket: a list of dictionaries with the service's names.

Programs that are typed for b2sdk, which declares a dictionary, and overrides of theirs, are not to be found wrong.
"""


def read_bucket(bucket_dict: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a bucket is made with, by the names of the parameters.

    :raises UnrecognizedBucketType: the type is ``null``.
    :raises UnexpectedCloudBehaviour: the default encryption is missing.
    """
    if bucket_dict["bucketType"] is None:
        raise UnrecognizedBucketType(bucket_dict["bucketType"])
    if "defaultServerSideEncryption" not in bucket_dict:
        raise UnexpectedCloudBehaviour("server did not provide `defaultServerSideEncryption`")
    file_lock = FileLockConfiguration.from_bucket_dict(bucket_dict)
    return {
        "id_": bucket_dict["bucketId"],
        "name": bucket_dict["bucketName"],
        "type_": bucket_dict["bucketType"],
        "bucket_info": bucket_dict["bucketInfo"],
        "cors_rules": bucket_dict["corsRules"],
        "lifecycle_rules": bucket_dict["lifecycleRules"],
        "revision": bucket_dict["revision"],
        "bucket_dict": bucket_dict,
        "options_set": set(bucket_dict["options"]),
        "default_server_side_encryption": EncryptionSettingFactory.from_bucket_dict(bucket_dict),
        "default_retention": file_lock.default_retention,
        "is_file_lock_enabled": file_lock.is_file_lock_enabled,
        "replication": ReplicationConfigurationFactory.from_bucket_dict(bucket_dict).value,
    }
