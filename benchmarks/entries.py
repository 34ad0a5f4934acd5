"""What the service of the benchmarks says of files and buckets, as JSON."""

from __future__ import annotations

import json
from typing import Any, Final

Json = dict[str, Any]

ACCOUNT: Final = "b2b2b2b2b2b2"


def file_entry(bucket: str, name: str, file_id: str, size: int, sha1: str | None, info: dict[str, str]) -> Json:
    return {
        "accountId": ACCOUNT,
        "action": "upload",
        "bucketId": bucket,
        "contentLength": size,
        "contentMd5": None,
        "contentSha1": sha1,
        "contentType": "application/octet-stream",
        "fileId": file_id,
        "fileInfo": info,
        "fileName": name,
        "fileRetention": {"isClientAuthorizedToRead": True, "value": {"mode": None, "retainUntilTimestamp": None}},
        "legalHold": {"isClientAuthorizedToRead": True, "value": None},
        "replicationStatus": None,
        "serverSideEncryption": {"algorithm": None, "mode": None},
        "size": size,
        "uploadTimestamp": 1_500_000_000_000,
    }


def bucket_entry(bucket: str) -> Json:
    return {
        "accountId": ACCOUNT,
        "bucketId": bucket,
        "bucketInfo": {},
        "bucketName": bucket,
        "bucketType": "allPrivate",
        "corsRules": [],
        "defaultServerSideEncryption": {"isClientAuthorizedToRead": True, "value": {"algorithm": None, "mode": None}},
        "fileLockConfiguration": {
            "isClientAuthorizedToRead": True,
            "value": {"defaultRetention": {"mode": None, "period": None}, "isFileLockEnabled": False},
        },
        "lifecycleRules": [],
        "options": [],
        "replicationConfiguration": {"isClientAuthorizedToRead": True, "value": None},
        "revision": 1,
    }


def encoded(answer: Json) -> bytes:
    return json.dumps(answer, separators=(",", ":")).encode()
