from __future__ import annotations

from typing import Any

import pytest

from b2sdk.exception import UnexpectedCloudBehaviour, UnrecognizedBucketType
from b2sdk.values.bucket import read_bucket
from b2sdk.values.encryption import SSE_B2_AES, EncryptionMode, EncryptionSetting
from b2sdk.values.file_lock import UNKNOWN_BUCKET_RETENTION
from b2sdk.values.replication import ReplicationConfiguration

SENT: dict[str, Any] = {
    "accountId": "account",
    "bucketId": "id",
    "bucketName": "name",
    "bucketType": "allPrivate",
    "bucketInfo": {"a": "b"},
    "corsRules": [],
    "lifecycleRules": [],
    "revision": 2,
    "options": ["s3"],
    "defaultServerSideEncryption": {
        "isClientAuthorizedToRead": True,
        "value": {"mode": "SSE-B2", "algorithm": "AES256"},
    },
    "fileLockConfiguration": {"isClientAuthorizedToRead": False, "value": None},
    "replicationConfiguration": {"isClientAuthorizedToRead": False, "value": None},
}


def test_a_bucket_is_read_from_what_the_service_sends() -> None:
    read = read_bucket(SENT)
    assert (read["id_"], read["name"], read["type_"], read["revision"]) == ("id", "name", "allPrivate", 2)
    assert (read["bucket_info"], read["options_set"], read["bucket_dict"]) == ({"a": "b"}, {"s3"}, SENT)
    assert read["default_server_side_encryption"] == SSE_B2_AES
    assert read["default_retention"] == UNKNOWN_BUCKET_RETENTION
    assert read["is_file_lock_enabled"] is None
    assert read["replication"] == ReplicationConfiguration()


def test_an_encryption_that_the_key_may_not_see_is_unknown() -> None:
    hidden = {**SENT, "defaultServerSideEncryption": {"isClientAuthorizedToRead": False, "value": None}}
    assert read_bucket(hidden)["default_server_side_encryption"] == EncryptionSetting(EncryptionMode.UNKNOWN)


def test_a_bucket_without_a_type_or_an_encryption_is_refused() -> None:
    with pytest.raises(UnrecognizedBucketType):
        read_bucket({**SENT, "bucketType": None})
    with pytest.raises(UnexpectedCloudBehaviour, match="did not provide"):
        read_bucket({name: value for name, value in SENT.items() if name != "defaultServerSideEncryption"})
