"""Copies within the cloud, of whole files and of ranges, into files and into parts.

A copy is decided, then read and hashed, then stored: the middle step may take long and needs no lock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from b2sdk.protocol_constants import COPY_SOURCE_TOO_BIG
from b2sdk.simulator.cloud import encryption, permissions
from b2sdk.simulator.cloud.content import Content, SliceBlob, digest_blob
from b2sdk.simulator.cloud.downloads import RequestedRange, resolve_range
from b2sdk.simulator.cloud.files import AUTOMATIC_CONTENT_TYPE, Files, NewVersion
from b2sdk.simulator.cloud.large_files import LargeFiles
from b2sdk.simulator.cloud.model import Bucket, Encryption, FileVersion, Key, Part
from b2sdk.simulator.cloud.policy import Policy
from b2sdk.simulator.cloud.refusals import Refusal, bad_request
from b2sdk.simulator.cloud.state import State


@dataclass(frozen=True, kw_only=True)
class Source:
    """Which bytes are to be copied."""

    file_id: str
    range_: RequestedRange | None = None
    encryption: Encryption | None = None


class Excerpt(NamedTuple):
    """The content, or the range of it, that a copy takes."""

    version: FileVersion
    start: int
    end: int

    def content(self) -> Content:
        """Return the bytes with their digests, which are computed unless they are known."""
        whole = self.version.content
        if self.end - self.start == whole.size and whole.sha1:
            return whole
        return digest_blob(SliceBlob(whole.blob, self.start, self.end))


class FileCopy(NamedTuple):
    """A copy into a file, ready to be performed."""

    excerpt: Excerpt
    bucket: Bucket
    resolved: NewVersion


class PartCopy(NamedTuple):
    """A copy into a part, ready to be performed."""

    excerpt: Excerpt
    large_file: FileVersion
    number: int


class Copies:
    """Copies within the cloud."""

    def __init__(self, state: State, files: Files, large_files: LargeFiles) -> None:
        self._state = state
        self._files = files
        self._large_files = large_files

    def _excerpt(self, caller: Key, source: Source) -> Excerpt:
        version = self._state.own_file(source.file_id, caller.account_id)
        bucket = self._state.buckets[version.bucket_id]
        permissions.require_readable(caller, bucket)
        permissions.require_name(caller, version.name)
        if version.action != "upload":
            raise Refusal("not_found", f"file_state_none: {source.file_id}")
        encryption.check_readable(version.encryption, source.encryption)
        start, end = resolve_range(source.range_, version.content.size)
        if end - start > self._state.policy.maximum_copy_size:
            raise Refusal("source_too_large", f"{COPY_SOURCE_TOO_BIG} {end - start}")
        return Excerpt(version, start, end)

    def decide_file(
        self, caller: Key, source: Source, bucket_id: str | None, new: NewVersion, *, replace_metadata: bool
    ) -> FileCopy:
        """Check a copy into a file. Locks are never carried over; content type and info are, unless replaced."""
        excerpt = self._excerpt(caller, source)
        bucket = self._state.bucket(bucket_id or excerpt.version.bucket_id, caller.account_id)
        if not replace_metadata:
            content_type = excerpt.version.content_type or AUTOMATIC_CONTENT_TYPE
            new = replace(new, content_type=content_type, info=excerpt.version.info)
        return FileCopy(excerpt, bucket, self._files.resolve(caller, bucket, new))

    def store_file(self, copy: FileCopy, content: Content) -> FileVersion:
        """Add the copied content as a version."""
        if copy.bucket.bucket_id not in self._state.buckets:
            raise Refusal("bad_bucket_id", f"Bucket {copy.bucket.bucket_id} does not exist")
        return self._files.add(copy.bucket, copy.resolved, content, event_type="b2:ObjectCreated:Copy")

    def decide_part(
        self, caller: Key, source: Source, large_file_id: str, number: int, requested: Encryption | None
    ) -> PartCopy:
        """Check a copy into a part."""
        large_file = self._large_files.find(caller, large_file_id)
        self._large_files.check_part(large_file_id, caller.account_id, number, requested)
        return PartCopy(self._excerpt(caller, source), large_file, number)

    def store_part(self, copy: PartCopy, content: Content) -> Part:
        """Add the copied content as a part."""
        return self._large_files.add_part(copy.large_file, copy.number, content)


def check_directive(
    directive: str | None, content_type: str | None, info: Mapping[str, str] | None, policy: Policy
) -> bool:
    """Return whether metadata is replaced; refuse metadata that does not go with the directive, or ignore it."""
    if directive == "REPLACE":
        if content_type is None:
            raise bad_request("contentType is required when metadataDirective is REPLACE")
        return True
    if policy.checks_files and (content_type is not None or info is not None):
        raise bad_request("contentType and fileInfo are only allowed when metadataDirective is REPLACE")
    return False
