"""What the service promises of its responses: a table of their shapes (B2 Native API documentation, v3 and v4).

What a field means is known where a value is made of it; here is only what it may be.
"""

from __future__ import annotations

from collections import UserList
from typing import Final

from b2sdk.protocol_constants import EARLIEST_TIME, LATEST_TIME
from b2sdk.values.shape import ANYTHING, FLAG, ID, TEXT, Kind, Shape, list_of, map_of, one_of, whole_number

LARGEST_COUNT: Final = 2**63 - 1

TIME: Final = whole_number("a time in milliseconds since the epoch", EARLIEST_TIME, LATEST_TIME)
COUNT: Final = whole_number("a whole number, not negative", 0, LARGEST_COUNT)
POSITIVE: Final = whole_number("a positive whole number", 1, LARGEST_COUNT)
OBJECT: Final = map_of(ANYTHING)
TEXTS: Final = list_of(TEXT)
TEXT_MAP: Final = map_of(TEXT)


def _readable(value: Kind) -> Shape:
    """Return the shape of a value that is only shown to keys which may see it."""
    return Shape("a value for some keys", {"isClientAuthorizedToRead": FLAG}, {"value": value})


# --- the account and its keys ---

_ALLOWED_BUCKET = Shape("a bucket of the key", {"id": ID, "name": TEXT.or_null()})
_ALLOWED = Shape(
    "what the key may do",
    {
        "buckets": list_of(_ALLOWED_BUCKET).or_null(),
        "capabilities": TEXTS,
        "namePrefix": TEXT.or_null(),
    },
)
_URLS_AND_SIZES: Final = {
    "apiUrl": TEXT,
    "downloadUrl": TEXT,
    "s3ApiUrl": TEXT,
    "recommendedPartSize": POSITIVE,
    "absoluteMinimumPartSize": POSITIVE,
}
STORAGE_API: Final = Shape("an authorization", {**_URLS_AND_SIZES, "allowed": _ALLOWED})
STORAGE_API_OF_V3: Final = Shape(
    "an authorization",
    {
        **_URLS_AND_SIZES,
        "bucketId": ID.or_null(),
        "bucketName": TEXT.or_null(),
        "capabilities": TEXTS,
        "namePrefix": TEXT.or_null(),
    },
)
AUTHORIZATION: Final = Shape(
    "an authorization",
    {
        "accountId": ID,
        "authorizationToken": TEXT,
        "apiInfo": Shape("the suites of an account", {"storageApi": OBJECT}, {"groupsApi": OBJECT}),
    },
    {"applicationKeyExpirationTimestamp": TIME},
)
APPLICATION_KEY: Final = Shape(
    "an application key",
    {"keyName": TEXT, "applicationKeyId": ID, "capabilities": TEXTS, "accountId": ID},
    {"expirationTimestamp": TIME, "bucketIds": list_of(ID), "bucketId": ID, "namePrefix": TEXT, "options": TEXTS},
)
CREATED_KEY: Final = Shape("a new application key", {"applicationKey": TEXT})
PAGE_OF_KEYS: Final = Shape(
    "a listing of application keys", {"keys": list_of(OBJECT), "nextApplicationKeyId": TEXT.or_null()}
)

# --- buckets ---

_ENCRYPTION = Shape("an encryption", {}, {"mode": TEXT, "algorithm": TEXT})
_PERIOD = Shape("a period", {"duration": COUNT, "unit": one_of("days or years", ("days", "years"))})
_FILE_LOCK = Shape(
    "a file lock",
    {"defaultRetention": Shape("a retention", {"mode": TEXT.or_null()}, {"period": _PERIOD})},
    {"isFileLockEnabled": FLAG},
)
_REPLICATION_RULE = Shape(
    "a replication rule",
    {},
    {
        "destinationBucketId": TEXT,
        "fileNamePrefix": TEXT,
        "includeExistingFiles": FLAG,
        "isEnabled": FLAG,
        "priority": COUNT,
        "replicationRuleName": TEXT,
    },
)
_REPLICATION = Shape(
    "a replication",
    {},
    {
        "asReplicationSource": Shape(
            "the source of a replication",
            {},
            {"replicationRules": list_of(_REPLICATION_RULE), "sourceApplicationKeyId": TEXT},
        ),
        "asReplicationDestination": Shape(
            "the destination of a replication", {}, {"sourceToDestinationKeyMapping": TEXT_MAP}
        ),
    },
)
BUCKET: Final = Shape(
    "a bucket",
    {
        "bucketId": ID,
        "bucketName": TEXT,
        "bucketType": TEXT.or_null(),
        "bucketInfo": TEXT_MAP,
        "corsRules": list_of(OBJECT),
        "lifecycleRules": list_of(OBJECT),
        "revision": COUNT,
        "options": TEXTS,
        "fileLockConfiguration": _readable(_FILE_LOCK),
    },
    {
        "defaultServerSideEncryption": Shape("an encryption", {}, {"value": _ENCRYPTION}),
        "replicationConfiguration": Shape("a replication", {}, {"value": _REPLICATION}),
    },
)
BUCKETS: Final = Shape("a listing of buckets", {"buckets": list_of(OBJECT)})
NOTIFICATION_RULES: Final = Shape(
    "the notification rules of a bucket",
    {
        "eventNotificationRules": list_of(
            Shape(
                "a notification rule",
                {"name": TEXT},
                {
                    "eventTypes": TEXTS,
                    "isEnabled": FLAG,
                    "isSuspended": FLAG,
                    "objectNamePrefix": TEXT,
                    "suspensionReason": TEXT,
                    "targetConfiguration": OBJECT,
                },
            )
        )
    },
)
DOWNLOAD_AUTHORIZATION: Final = Shape("a download authorization", {"authorizationToken": TEXT})
UPLOAD_URL: Final = Shape("an upload URL", {"uploadUrl": TEXT, "authorizationToken": TEXT})

# --- files ---

_RETENTION = Shape("a retention", {"mode": TEXT.or_null()}, {"retainUntilTimestamp": TIME})
_LOCK: Final = {"fileRetention": _readable(_RETENTION), "legalHold": _readable(TEXT)}
FILE_LOCK: Final = Shape("the lock of a file version", {}, _LOCK)
FILE_VERSION: Final = Shape(
    "a file version",
    {"fileId": TEXT, "fileName": TEXT, "accountId": TEXT, "bucketId": TEXT, "action": TEXT},
    {
        "size": COUNT,
        "contentLength": COUNT,
        "contentType": TEXT,
        "contentSha1": TEXT,
        "contentMd5": TEXT,
        "fileInfo": TEXT_MAP,
        "uploadTimestamp": TIME,
        "replicationStatus": TEXT,
        "serverSideEncryption": _ENCRYPTION,
        **_LOCK,
    },
)
FILE_ID_AND_NAME: Final = Shape("a deleted file version", {"fileId": TEXT, "fileName": TEXT})
RETENTION: Final = Shape("the retention of a file version", {"fileRetention": _RETENTION})
LEGAL_HOLD: Final = Shape("the legal hold of a file version", {"legalHold": TEXT.or_null()})
PAGE_OF_FILES: Final = Shape(
    "a page of a listing",
    {
        "files": Kind(
            "a list", lambda value: isinstance(value, (list, tuple, UserList))
        ),  # its entries are read one by one
        "nextFileName": TEXT.or_null(),
    },
    {"nextFileId": TEXT},
)

# --- large files ---

UNFINISHED_FILE: Final = Shape(
    "an unfinished large file",
    {
        "fileId": TEXT,
        "fileName": TEXT,
        "accountId": ID,
        "bucketId": ID,
        "contentType": TEXT.or_null(),
        "fileInfo": TEXT_MAP.or_null(),
    },
    {"uploadTimestamp": TIME, "serverSideEncryption": _ENCRYPTION, **_LOCK},
)
PAGE_OF_UNFINISHED_FILES: Final = Shape(
    "a listing of unfinished large files", {"files": list_of(OBJECT), "nextFileId": TEXT.or_null()}
)
PART: Final = Shape(
    "a part", {"fileId": TEXT, "partNumber": POSITIVE, "contentLength": COUNT, "contentSha1": TEXT.or_null()}
)
PAGE_OF_PARTS: Final = Shape("a listing of parts", {"parts": list_of(PART), "nextPartNumber": POSITIVE.or_null()})
MADE_PART: Final = Shape("a part", {"contentSha1": TEXT})
COPIED_PART: Final = Shape("a copied part", {"contentLength": COUNT, "contentSha1": TEXT})
STORED_CONTENT: Final = Shape("what was stored", {}, {"contentSha1": TEXT})
