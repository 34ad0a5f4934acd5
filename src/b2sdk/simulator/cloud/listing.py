"""Listings of file names, file versions and unfinished large files, page by page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from operator import attrgetter
from typing import NamedTuple

from b2sdk.simulator.cloud import permissions
from b2sdk.simulator.cloud.model import Bucket, Dialect, FileVersion, Key
from b2sdk.simulator.cloud.refusals import Refusal, bad_request
from b2sdk.simulator.cloud.state import State
from b2sdk.simulator.cloud.versions import Folder, Way


class Page(NamedTuple):
    """Some entries, and where the next page begins: both ``None`` when there is none."""

    entries: Sequence[Folder | FileVersion]
    next_name: str | None = None
    next_id: str | None = None


_NOWHERE = Way(prefix="\0")  # no name has that character


def _current_upload(versions: Sequence[FileVersion]) -> Sequence[FileVersion]:
    for version in versions:
        if version.action == "upload":
            return (version,)
        if version.action == "hide":
            break
    return ()


def _all(versions: Sequence[FileVersion]) -> Sequence[FileVersion]:
    return versions


def _page(entries: Sequence[Folder | FileVersion], limit: int) -> Page:
    if len(entries) <= limit:
        return Page(entries)
    following = entries[limit]
    next_id = None if isinstance(following, Folder) else following.file_id
    return Page(entries[:limit], following.name, next_id)


class Listing:
    """The ways to find out what a bucket holds."""

    def __init__(self, state: State) -> None:
        self._state = state

    def _scope(self, caller: Key, dialect: Dialect, bucket: Bucket, way: Way) -> Way:
        permissions.require_bucket(caller, bucket.bucket_id)
        allowed = caller.name_prefix
        if allowed is None or way.prefix.startswith(allowed):
            return way
        if dialect > 1:
            permissions.require_name(caller, way.prefix)
        # Version 1 shows what is allowed of what was asked for.
        return replace(way, within=allowed) if allowed.startswith(way.prefix) else _NOWHERE

    def names(self, caller: Key, dialect: Dialect, bucket: Bucket, way: Way, limit: int) -> Page:
        """Return the names whose newest version is an upload, each with that version."""
        scope = self._scope(caller, dialect, bucket, way)
        return _page(list(islice(bucket.versions.walk(scope, _current_upload), limit + 1)), limit)

    def versions(
        self, caller: Key, dialect: Dialect, bucket: Bucket, way: Way, start_id: str | None, limit: int
    ) -> Page:
        """Return every version, unfinished large files included, by name and newest first."""
        scope = self._scope(caller, dialect, bucket, way)
        if start_id is None:
            entries = bucket.versions.walk(scope, _all)
        else:
            self._check_start(way, start_id)
            entries = bucket.versions.walk_from_version(scope, start_id, _all)
        return _page(list(islice(entries, limit + 1)), limit)

    def _check_start(self, way: Way, start_id: str) -> None:
        if not way.start:
            raise bad_request("startFileId needs startFileName")
        if not self._state.ids.is_file_id(start_id):
            raise Refusal("invalid_file_id", "Invalid startFileId")

    def unfinished(self, caller: Key, bucket: Bucket, prefix: str, start_id: str | None, limit: int) -> Page:
        """Return large files that are not finished, oldest start first."""
        permissions.require_bucket(caller, bucket.bucket_id)
        if self._state.policy.strict_prefixes:
            permissions.require_name(caller, prefix)
        files = [file for file in bucket.unfinished.values() if file.name.startswith(prefix)]
        first = self._order_of(bucket, start_id)
        found = [file for file in sorted(files, key=attrgetter("order")) if first is None or file.order >= first]
        return _page(found, limit)

    def _order_of(self, bucket: Bucket, start_id: str | None) -> tuple[int, int] | None:
        """Return where a page begins, also when the large file there has been cancelled meanwhile."""
        if start_id is None:
            return None
        start = bucket.unfinished.get(start_id) or self._state.files.get(start_id)
        if start is None and not self._state.ids.is_file_id(start_id):
            raise Refusal("invalid_file_id", "Invalid startFileId")
        return bucket.versions.departed_order(start_id) if start is None else start.order
