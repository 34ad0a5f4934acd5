"""Listings of the service as folders with their entries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from b2sdk.exception import UnexpectedCloudBehaviour
from b2sdk.integrations.fsspec.entries import Entry, file_entry, folder_entry
from b2sdk.integrations.fsspec.paths import folder_prefix, split_path
from b2sdk.v3 import LIST_FILE_NAMES_MAX_LIMIT, B2Api, Bucket, FileVersion

_AFTER_SLASH = "0"

Tree = dict[str, list[Entry]]
"""Folders by path, with their entries, sorted."""


def prefix_of_key(api: B2Api) -> str:
    """Return what names must begin with for the key to see them."""
    return api.account_info.get_allowed().get("namePrefix") or ""


def list_names(
    bucket: Bucket, folder: str, stem: str = "", *, is_folded: bool, count: int = LIST_FILE_NAMES_MAX_LIMIT
) -> Iterator[FileVersion]:
    """Yield the newest version of each name in a folder whose next characters are ``stem``, unless it is hidden.

    With ``is_folded`` some of each folder below are enough: the rest of one is passed over where it fills a page.

    :param count: entries of a page.
    """
    api, level = bucket.api, folder_prefix(folder)
    prefix, of_key = level + stem, prefix_of_key(api)
    if of_key.startswith(prefix):
        prefix = of_key  # a key may not ask for more than it sees
    start = None
    while True:
        page = api.session.list_file_names(bucket.id_, start, count, prefix)
        name = ""
        for described in page["files"]:
            version = api.file_version_factory.from_api_response(described)
            name = version.file_name
            yield version
        following: str | None = page["nextFileName"]
        if following is None:
            return
        if start is not None and following <= start:
            raise UnexpectedCloudBehaviour("a listing does not go on")
        start = max(following, _behind_folder(level, name)) if is_folded else following


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
