"""What is known of a file or folder, as fsspec has it: dictionaries, the same whatever they were made of."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from b2sdk.integrations.fsspec.paths import shown, split_path, split_version
from b2sdk.v3 import B2Api, DownloadVersion, EncryptionMode, EncryptionSetting, FileVersion
from b2sdk.values.byte_range import EMPTY_RANGE, Range

Entry = dict[str, Any]
"""``name``, ``size`` and ``type``; of files also ``mtime``, ``created``, ``fileId``, ``contentType``, ``contentSha1``
and ``fileInfo``, and ``contentEncoding`` if there is one. A hide marker has the type ``other``, and ``action``."""
HIDES = "hide"
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_OF_HEADERS = "b2-"
"""How file info begins that says with which headers a file is downloaded; a HEAD request does not list it."""


def file_entry(bucket_name: str, version: FileVersion | DownloadVersion) -> Entry:
    """Describe a version of a file."""
    entry: Entry = {
        "name": f"{bucket_name}/{version.file_name}",
        "size": version.size or 0,
        "type": "file",
        "mtime": version.mod_time_millis / 1000,
        "created": _EPOCH + timedelta(milliseconds=version.upload_timestamp),
        "fileId": version.id_,
        "contentType": version.content_type,
        "contentSha1": version.get_content_sha1(),
        "fileInfo": {
            name.lower(): value for name, value in version.file_info.items() if not name.startswith(_OF_HEADERS)
        },
    }
    if version.content_encoding:
        entry["contentEncoding"] = version.content_encoding
    if isinstance(version, FileVersion) and version.action == HIDES:
        entry.update(type="other", action=HIDES)
    return entry


def version_of_entry(api: B2Api, entry: Entry) -> DownloadVersion:
    """Return what an entry describes, as far as it is needed to read it; no request is made."""
    size = entry["size"]
    return DownloadVersion(
        api,
        id_=entry["fileId"],
        file_name=split_path(split_version(entry["name"])[0])[1],
        size=size,
        content_type=entry["contentType"],
        content_sha1=entry["contentSha1"],
        file_info=dict(entry["fileInfo"]),
        upload_timestamp=round(entry["created"].timestamp() * 1000),
        server_side_encryption=EncryptionSetting(EncryptionMode.UNKNOWN),
        range_=Range(0, size - 1) if size else EMPTY_RANGE,
        content_disposition=None,
        content_length=size,
        content_language=None,
        expires=None,
        cache_control=None,
        content_encoding=entry.get("contentEncoding"),
    )


def folder_entry(path: str) -> Entry:
    """Describe a folder, a bucket, or with an empty path the list of buckets."""
    return {"name": shown(path), "size": 0, "type": "directory"}


def is_folder(entry: Entry) -> bool:
    return bool(entry["type"] == "directory")


def copied(entry: Entry) -> Entry:
    """Return a copy, as callers change what they get."""
    copy = dict(entry)
    if "fileInfo" in copy:
        copy["fileInfo"] = dict(copy["fileInfo"])
    return copy
