"""What is known of a file or folder, as fsspec has it: dictionaries, the same whatever they were made of."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from b2sdk.integrations.fsspec.paths import shown
from b2sdk.v3 import DownloadVersion, FileVersion

Entry = dict[str, Any]
"""``name``, ``size`` and ``type``; of files also ``mtime``, ``created``, ``fileId``, ``contentType``, ``contentSha1``
and ``fileInfo``."""
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_OF_HEADERS = "b2-"
"""How file info begins that says with which headers a file is downloaded; a HEAD request does not list it."""


def file_entry(bucket_name: str, version: FileVersion | DownloadVersion) -> Entry:
    """Describe a version of a file."""
    return {
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
