"""Listings of the service as folders with their entries."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from b2sdk.bucket import list_below
from b2sdk.exception import UnexpectedCloudBehaviour
from b2sdk.integrations.fsspec.entries import Entry, file_entry, folder_entry
from b2sdk.integrations.fsspec.paths import folder_prefix, split_path
from b2sdk.v3 import LIST_FILE_NAMES_MAX_LIMIT, B2Api, Bucket, FileVersion

_AFTER_SLASH = "0"
UNFINISHED = "start"
JsonObject = dict[str, Any]

Tree = dict[str, list[Entry]]
"""Folders by path, with their entries, sorted."""


def prefix_of_key(api: B2Api) -> str:
    """Return what names must begin with for the key to see them."""
    return api.account_info.get_allowed().get("namePrefix") or ""


def list_tree(
    bucket: Bucket, folder: str, stem: str = "", *, count: int = LIST_FILE_NAMES_MAX_LIMIT, workers: int = 1
) -> Iterator[FileVersion]:
    """Yield the newest version of each name below a folder whose next characters are ``stem``, unless it is hidden.

    :param count: entries of a page.
    :param workers: in how many ranges of names at most they are listed at once; then they come in any order.
    """
    prefix = _prefix_for_key(bucket.api, folder_prefix(folder) + stem)
    return list_below(bucket, prefix, fetch_count=count, workers=workers)


def list_names(bucket: Bucket, folder: str, stem: str = "") -> Iterator[FileVersion]:
    """Yield the newest version of each name in a folder whose next characters are ``stem``, unless it is hidden.

    Some of each folder below are among them: the rest of one is passed over where it fills a page.
    """
    session = bucket.api.session
    prefix = _prefix_for_key(bucket.api, folder_prefix(folder) + stem)

    def fetch(start: str | None, _: str | None) -> JsonObject:
        return session.list_file_names(bucket.id_, start, LIST_FILE_NAMES_MAX_LIMIT, prefix)

    return _list(bucket, folder, fetch)


def list_versions(bucket: Bucket, folder: str) -> Iterator[FileVersion]:
    """Yield all versions of each name in a folder, newest first, and some of each folder below.

    Hide markers are among them, but no large file that is unfinished.
    """
    session = bucket.api.session
    prefix = _prefix_for_key(bucket.api, folder_prefix(folder))

    def fetch(start: str | None, start_id: str | None) -> JsonObject:
        return session.list_file_versions(bucket.id_, start, start_id, LIST_FILE_NAMES_MAX_LIMIT, prefix)

    for version in _list(bucket, folder, fetch):
        if version.action != UNFINISHED:
            yield version


def _prefix_for_key(api: B2Api, prefix: str) -> str:
    """Return what is asked for in place of a prefix: a key may not ask for more than it sees."""
    of_key = prefix_of_key(api)
    return of_key if of_key.startswith(prefix) else prefix


def _list(bucket: Bucket, folder: str, fetch: Callable[[str | None, str | None], JsonObject]) -> Iterator[FileVersion]:
    factory, level = bucket.api.file_version_factory, folder_prefix(folder)
    start: str | None = None
    start_id: str | None = None
    while True:
        page = fetch(start, start_id)
        name = ""
        for described in page["files"]:
            version = factory.from_api_response(described)
            name = version.file_name
            yield version
        following: str | None = page["nextFileName"]
        following_id: str | None = page.get("nextFileId")
        if following is None:
            return
        if start is not None and (following < start or (following, following_id) == (start, start_id)):
            raise UnexpectedCloudBehaviour("a listing does not go on")
        behind = _behind_folder(level, name)
        start, start_id = (behind, None) if behind > following else (following, following_id)


def _behind_folder(level: str, name: str) -> str:
    """Return where the names go on behind the folder of this level that a name is in."""
    folder, slash, _ = name[len(level) :].partition("/")
    return level + folder + _AFTER_SLASH if slash else ""


def make_tree(folder: str, versions: Iterable[FileVersion], *, is_folded: bool) -> Tree:
    """Return a folder and those below, unless there are none; with ``is_folded`` only itself.

    A name that ends in ``/`` stands for the folder before it.
    """
    bucket_name, prefix = split_path(folder)[0], folder_prefix(folder)
    found: dict[str, dict[tuple[str, bool], Entry]] = {}
    for version in versions:
        path = folder
        *above, last = version.file_name[len(prefix) :].split("/")
        for segment in above[:1] if is_folded else above:
            below = f"{path}/{segment}"
            entries = found.setdefault(path, {})
            if (below, True) not in entries:
                entries[below, True] = folder_entry(below)
            path = below
        if above and is_folded:
            continue
        entries = found.setdefault(path, {})
        if last:
            entries[f"{path}/{last}", False] = file_entry(bucket_name, version)
    return {path: [entries[key] for key in sorted(entries)] for path, entries in found.items()}


def version_entries(folder: str, versions: Iterable[FileVersion]) -> list[Entry]:
    """Return the entries of a folder, one for each version, sorted by name, and the newest first."""
    bucket_name, prefix = split_path(folder)[0], folder_prefix(folder)
    entries: list[Entry] = []
    below: dict[str, Entry] = {}
    for version in versions:
        segment, slash, _ = version.file_name[len(prefix) :].partition("/")
        if slash:
            path = f"{folder}/{segment}"
            below.setdefault(path, folder_entry(path))
        elif segment:
            entries.append(file_entry(bucket_name, version))
    return sorted([*entries, *below.values()], key=lambda entry: str(entry["name"]))
