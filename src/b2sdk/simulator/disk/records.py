"""What there is in the cloud as records of JSON, and back.

What belongs here is the form in which things are written down. Where records are kept, and when, is not known here.
A thing that belongs to another is a record of its own, in which the other is named by its id.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, Final

from b2sdk.simulator.cloud.content import Blob, Content, JoinedBlob, MemoryBlob, SliceBlob
from b2sdk.simulator.cloud.model import (
    Account,
    Bucket,
    Computer,
    DefaultRetention,
    DownloadAuthorization,
    Encryption,
    FileVersion,
    Group,
    Key,
    Part,
    Retention,
    Thing,
    Token,
)
from b2sdk.simulator.cloud.storage import FileBlob

Record = dict[str, Any]
Adopt = Callable[[Path, int], Blob]
"""Returns the blob of a file by its name and its size."""

_RECORDS_OF_THEIR_OWN: Final[Mapping[type, frozenset[str]]] = {
    Account: frozenset({"master_key", "keys"}),
    Bucket: frozenset({"versions", "unfinished"}),
    FileVersion: frozenset({"parts"}),
}


def written(thing: Thing) -> str:
    """Return a thing as JSON."""
    left_out = _RECORDS_OF_THEIR_OWN.get(type(thing), frozenset())
    record = {field.name: getattr(thing, field.name) for field in fields(thing) if field.name not in left_out}
    return json.dumps(record, default=_plain, separators=(",", ":"))


def _plain(value: Any) -> Any:
    if isinstance(value, Key):
        return value.key_id
    if isinstance(value, Content):
        return {"blob": _blob_record(value.blob), "sha1": value.sha1, "md5": value.md5}
    return dict(value) if isinstance(value, Mapping) else asdict(value)


def _blob_record(blob: Blob) -> Record:
    if isinstance(blob, FileBlob):
        return {"file": blob.path.name, "size": blob.size}
    if isinstance(blob, SliceBlob):
        return {"whole": _blob_record(blob.whole), "start": blob.start, "end": blob.end}
    if isinstance(blob, JoinedBlob):
        return {"pieces": [_blob_record(piece) for piece in blob.pieces]}
    if isinstance(blob, MemoryBlob):
        return {"bytes": base64.b64encode(blob.content).decode()}
    raise TypeError(f"{type(blob).__name__} cannot be written down")


def _blob(record: Record, adopt: Adopt) -> Blob:
    if "file" in record:
        return adopt(Path(record["file"]), record["size"])
    if "whole" in record:
        return SliceBlob(_blob(record["whole"], adopt), record["start"], record["end"])
    if "pieces" in record:
        return JoinedBlob([_blob(piece, adopt) for piece in record["pieces"]])
    return MemoryBlob(base64.b64decode(record["bytes"]))


def _content(record: Record, adopt: Adopt) -> Content:
    return Content(_blob(record["blob"], adopt), record["sha1"], record["md5"])


def key(record: Record) -> Key:
    """Return the key that was written."""
    bucket_ids = record["bucket_ids"]
    return Key(
        **{
            **record,
            "capabilities": tuple(record["capabilities"]),
            "bucket_ids": None if bucket_ids is None else tuple(bucket_ids),
            "needs_v4": record.get("needs_v4", len(bucket_ids or ()) > 1),  # which older records do not say
        }
    )


def account(record: Record, master_key: Key, keys: dict[str, Key]) -> Account:
    """Return the account that was written, with its keys."""
    return Account(**{**record, "master_key": master_key, "keys": keys, "suites": tuple(record["suites"])})


def group(record: Record) -> Group:
    """Return the group that was written."""
    return Group(**{**record, "products": tuple(record["products"])})


def computer(record: Record) -> Computer:
    """Return the computer that was written."""
    return Computer(**record)


def token(record: Record, owner: Key) -> Token:
    """Return the token of ``owner`` that was written."""
    return Token(**{**record, "key": owner})


def authorization(record: Record, owner: Key) -> DownloadAuthorization:
    """Return the download authorization of ``owner`` that was written."""
    return DownloadAuthorization(**{**record, "key": owner})


def bucket(record: Record) -> Bucket:
    """Return the bucket that was written, with nothing in it."""
    return Bucket(
        **{
            **record,
            "encryption": Encryption(**record["encryption"]),
            "default_retention": DefaultRetention(**record["default_retention"]),
            "options": tuple(record["options"]),
        }
    )


def version(record: Record, adopt: Adopt) -> FileVersion:
    """Return the file version that was written, without parts."""
    return FileVersion(
        **{
            **record,
            "content": _content(record["content"], adopt),
            "encryption": Encryption(**record["encryption"]),
            "retention": Retention(**record["retention"]),
        }
    )


def part(record: Record, adopt: Adopt) -> Part:
    """Return the part that was written."""
    content, encryption = _content(record["content"], adopt), Encryption(**record["encryption"])
    return Part(**{**record, "content": content, "encryption": encryption})
