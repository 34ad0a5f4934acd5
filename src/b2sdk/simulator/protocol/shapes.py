"""What accounts, keys, buckets, files and parts look like in JSON, in each dialect.

What belongs here is fields and their spelling. Which things are shown is decided before; that a key may not read a
field is applied here, since the field is then still there, only without its value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from b2sdk.simulator.cloud.model import (
    Bucket,
    DefaultRetention,
    Dialect,
    Encryption,
    FileVersion,
    Key,
    Part,
    Retention,
    Suite,
    Token,
)
from b2sdk.simulator.cloud.policy import Policy
from b2sdk.simulator.cloud.versions import Folder
from b2sdk.values.json import JsonObject


@dataclass(frozen=True)
class Addresses:
    """The origins (``http://host:port``) in responses, as the caller sees them."""

    api: str
    download: str
    s3: str
    upload: str

    @classmethod
    def at(cls, origin: str) -> Addresses:
        """Return the addresses of a service that is all in one place."""
        return cls(origin, origin, origin, origin)


def authorization(
    token: Token,
    account_id: str,
    buckets: Mapping[str, Bucket],
    addresses: Addresses,
    policy: Policy,
    dialect: Dialect,
    suites: Sequence[Suite] = (),
) -> JsonObject:
    """Return the response of ``b2_authorize_account``; ``suites`` are what the key may use besides storage."""
    key = token.key
    names = {bucket_id: buckets[bucket_id].name if bucket_id in buckets else None for bucket_id in key.bucket_ids or ()}
    urls: JsonObject = {
        "absoluteMinimumPartSize": policy.minimum_part_size,
        "apiUrl": addresses.api,
        "downloadUrl": addresses.download,
        "recommendedPartSize": policy.recommended_part_size,
        "s3ApiUrl": addresses.s3,
    }
    answer: JsonObject = {"accountId": account_id, "authorizationToken": token.text}
    if dialect >= 3:
        scope = _scope_of_several(key, names) if dialect == 4 else _scope_of_one(key, names)
        allowed = {"allowed": scope} if dialect == 4 else {**scope, "infoType": "storageApi"}
        answer["apiInfo"] = {"storageApi": {**urls, **allowed}, **_suites(suites, addresses)}
        answer["applicationKeyExpirationTimestamp"] = key.expires_at
        return answer
    allowed_of_one = _scope_of_one(key, names)
    if dialect == 1:
        answer["minimumPartSize"] = policy.recommended_part_size
    return {**answer, **urls, "allowed": allowed_of_one}


def _suites(suites: Sequence[Suite], addresses: Addresses) -> JsonObject:
    return {suite: {"capabilities": ["all"], f"{suite}Url": addresses.api, "infoType": suite} for suite in suites}


def _scope_of_several(key: Key, names: Mapping[str, str | None]) -> JsonObject:
    buckets = None if key.bucket_ids is None else [{"id": bucket_id, "name": name} for bucket_id, name in names.items()]
    return {"buckets": buckets, "capabilities": list(key.capabilities), "namePrefix": key.name_prefix}


def _scope_of_one(key: Key, names: Mapping[str, str | None]) -> JsonObject:
    bucket_id, name = next(iter(names.items()), (None, None))
    return {
        "bucketId": bucket_id,
        "bucketName": name,
        "capabilities": list(key.capabilities),
        "namePrefix": key.name_prefix,
    }


def application_key(key: Key, dialect: Dialect) -> JsonObject:
    """Return a key without its secret."""
    shape: JsonObject = {
        "accountId": key.account_id,
        "applicationKeyId": key.key_id,
        "capabilities": list(key.capabilities),
        "expirationTimestamp": key.expires_at,
        "keyName": key.name,
        "namePrefix": key.name_prefix,
        "options": ["s3"],
    }
    if dialect == 4:
        shape["bucketIds"] = None if key.bucket_ids is None else list(key.bucket_ids)
    else:
        shape["bucketId"] = None if key.bucket_ids is None else key.bucket_ids[0]
    return shape


def readable(key: Key, capability: str, value: object) -> JsonObject:
    """Return a value that only keys with ``capability`` may see, or that it may not be seen."""
    allowed = capability in key.capabilities
    return {"isClientAuthorizedToRead": allowed, "value": value if allowed else None}


def encryption(setting: Encryption) -> JsonObject:
    """Return an encryption without the customer's key."""
    return {"algorithm": None if setting.mode is None else "AES256", "mode": setting.mode}


def retention(setting: Retention) -> JsonObject:
    """Return the retention of a file version."""
    return {"mode": setting.mode, "retainUntilTimestamp": setting.until}


def _default_retention(setting: DefaultRetention) -> JsonObject:
    period = None if setting.mode is None else {"duration": setting.duration, "unit": setting.unit}
    return {"mode": setting.mode, "period": period}


def bucket(shown: Bucket, key: Key) -> JsonObject:
    """Return a bucket as this key may see it."""
    lock = {"defaultRetention": _default_retention(shown.default_retention), "isFileLockEnabled": shown.file_lock}
    return {
        "accountId": shown.account_id,
        "bucketId": shown.bucket_id,
        "bucketInfo": shown.info,
        "bucketName": shown.name,
        "bucketType": shown.bucket_type,
        "corsRules": shown.cors_rules,
        "defaultServerSideEncryption": readable(key, "readBucketEncryption", encryption(shown.encryption)),
        "fileLockConfiguration": readable(key, "readBucketRetentions", lock),
        "lifecycleRules": shown.lifecycle_rules,
        "options": list(shown.options),
        "replicationConfiguration": readable(key, "readBucketReplications", shown.replication),
        "revision": shown.revision,
    }


def file_version(version: FileVersion, key: Key, dialect: Dialect) -> JsonObject:
    """Return a file version of any kind as this key may see it."""
    size = version.content.size
    shape: JsonObject = {
        "accountId": version.account_id,
        "action": version.action,
        "bucketId": version.bucket_id,
        "contentLength": size,
        "contentMd5": version.md5,
        "contentSha1": version.sha1,
        "contentType": version.content_type,
        "fileId": version.file_id,
        "fileInfo": version.info,
        "fileName": version.name,
        "uploadTimestamp": version.timestamp,
    }
    if dialect == 1:
        shape["size"] = size
    if version.action == "hide":
        if dialect == 1:
            shape["contentType"] = None
        return shape
    shape["fileRetention"] = readable(key, "readFileRetentions", retention(version.retention))
    shape["legalHold"] = readable(key, "readFileLegalHolds", version.legal_hold)
    shape["serverSideEncryption"] = encryption(version.encryption)
    if version.replication_status is not None:
        shape["replicationStatus"] = version.replication_status
    return shape


_NOT_IN_START_OF_V1 = ("action", "contentLength", "contentSha1", "size")


def started_file(version: FileVersion, key: Key, dialect: Dialect) -> JsonObject:
    """Return an unfinished large file as its own calls show it, which in version 1 is less than listings do."""
    shape = file_version(version, key, dialect)
    if dialect == 1:
        for name in _NOT_IN_START_OF_V1:
            del shape[name]
    return shape


def folder(shown: Folder, of: Bucket, dialect: Dialect) -> JsonObject:
    """Return a folder between the files of a listing."""
    shape: JsonObject = {
        "accountId": of.account_id,
        "action": "folder",
        "bucketId": of.bucket_id,
        "contentLength": 0,
        "contentMd5": None,
        "contentSha1": None,
        "contentType": None,
        "fileId": None,
        "fileInfo": {},
        "fileName": shown.name,
        "uploadTimestamp": 0,
    }
    return {**shape, "size": 0} if dialect == 1 else shape


def part(shown: Part) -> JsonObject:
    """Return a part of a large file."""
    return {
        "contentLength": shown.content.size,
        "contentMd5": shown.content.md5,
        "contentSha1": shown.sha1,
        "fileId": shown.file_id,
        "partNumber": shown.number,
        "serverSideEncryption": encryption(shown.encryption),
        "uploadTimestamp": shown.timestamp,
    }
