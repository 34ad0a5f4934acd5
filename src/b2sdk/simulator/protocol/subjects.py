"""What an exchange was about, as the journal has it: in which bucket, which file, which bytes of it.

What belongs here is how that is found in a request, also in one that was refused; what is not there, or makes no sense,
is left out. Nothing here refuses anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from b2sdk.simulator.cloud.model import UploadLease
from b2sdk.simulator.cloud.refusals import Refusal
from b2sdk.simulator.cloud.state import State
from b2sdk.simulator.protocol.faults import Subject
from b2sdk.simulator.protocol.headers import percent_decode, query_of
from b2sdk.simulator.protocol.messages import RequestHead
from b2sdk.simulator.protocol.transfers import parse_file_path

_APIS: Final = ("/b2api/", "/api/backup/")
_LONGEST: Final = 1024
"""Characters of a text that are recorded; no name that is allowed has more."""


def version_of(path: str) -> str | None:
    """Return the version of the API that a path names, such as ``v4``."""
    return next((path[len(api) :][:2] for api in _APIS if path.startswith(f"{api}v")), None)


def of_upload(state: State, lease: UploadLease, head: RequestHead) -> Subject:
    """Return what a request to an upload URL was about."""
    bucket = _bucket_name(state, lease.bucket_id)
    if lease.file_id is not None:
        large_file = state.files.get(lease.file_id)
        return _subject(bucket, None if large_file is None else large_file.name)
    try:
        return _subject(bucket, percent_decode(head.headers.get("x-bz-file-name", ""), "") or None)
    except Refusal:
        return _subject(bucket, None)


def of_download(state: State, endpoint: str, known: Mapping[str, str] | None, head: RequestHead) -> Subject:
    """Return what the request for a download was about; its parameters are those of the query unless they are known."""
    range_ = head.headers.get("range")
    try:
        if endpoint == "b2_download_file_by_id":
            return of_fields(state, {**(query_of(head.target) if known is None else known), "range": range_})
        return _subject(*parse_file_path(head.path), range_)
    except Refusal:
        return _subject(None, None, range_)


def of_fields(state: State, fields: Mapping[str, Any]) -> Subject:
    """Return what a call with these parameters is about; a copy is about what it makes."""
    file_id, bucket_id, bucket_name, name, range_ = (
        _first_text(fields, *names)
        for names in (
            ("largeFileId", "fileId", "sourceFileId"),
            ("destinationBucketId", "bucketId"),
            ("bucketName",),
            ("fileName",),
            ("range",),
        )
    )
    version = state.files.get(file_id or "")
    if version is not None:
        bucket_id, name = bucket_id or version.bucket_id, name or version.name
    return _subject(_bucket_name(state, bucket_id) or bucket_name, name, range_)


def _first_text(fields: Mapping[str, Any], *names: str) -> str | None:
    return next((value for name in names if isinstance(value := fields.get(name), str) and value), None)


def _bucket_name(state: State, bucket_id: str | None) -> str | None:
    bucket = state.buckets.get(bucket_id or "")
    return None if bucket is None else bucket.name


def _subject(bucket: str | None, name: str | None, range_: str | None = None) -> Subject:
    return Subject(bucket and bucket[:_LONGEST], name and name[:_LONGEST], range_ and range_[:_LONGEST])
