"""Listings of a bucket as generators: pages are followed, and folders are made of the names.

Folders are no thing of the service's; a name is in a folder when it has a ``/`` after the folder's own name.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from b2sdk.exception import UnexpectedCloudBehaviour
from b2sdk.file_version import FileVersion, FileVersionFactory
from b2sdk.session import B2Session
from b2sdk.values.filter import Filter, FilterMatcher

Page = Mapping[str, Any]
_CHARACTER_AFTER_SLASH = "0"
_WILDCARD = re.compile(r"[*?\[]")


@dataclass(frozen=True)
class Lister:
    """The listings of one bucket."""

    session: B2Session
    bucket_id: str
    factory: FileVersionFactory

    def versions_of(self, file_name: str, fetch_count: int | None) -> Iterator[FileVersion]:
        """Yield the versions of exactly this name, newest first, asking for ``fetch_count`` at a time."""
        fetch = self._page_of_versions(fetch_count, prefix=file_name)
        for page in _pages(fetch, file_name):
            for version in self._versions_on(page):
                if version.file_name != file_name:
                    return
                yield version

    def files_and_folders(
        self,
        prefix: str,
        wanted: Callable[[str], bool],
        latest_only: bool,
        recursive: bool,
        fetch_count: int | None,
    ) -> Iterator[tuple[FileVersion, str | None]]:
        """Yield ``(version, None)`` for each file, and ``(first version inside, folder)`` once for each folder."""
        page_of = self._page_of_names if latest_only else self._page_of_versions
        fetch = page_of(fetch_count, prefix)
        folder: str | None = None
        start: tuple[str, str | None] = prefix, None
        while True:
            page = fetch(*start)
            in_folder = False
            for version in self._versions_on(page):
                if not version.file_name.startswith(prefix):
                    return
                if not wanted(version.file_name):
                    continue
                name, slash, _ = version.file_name[len(prefix) :].partition("/")
                in_folder = bool(slash) and not recursive
                if not in_folder:
                    yield version, None
                elif prefix + name != folder:
                    folder = prefix + name
                    yield version, folder + "/"
            if page.get("nextFileName") is None:
                return
            next_name: str = page["nextFileName"]
            if in_folder and folder is not None:
                # Nothing more of this folder is to be told, so the rest of it need not be listed.
                next_name = max(next_name, folder + _CHARACTER_AFTER_SLASH)
            start = next_name, page.get("nextFileId")

    def _page_of_names(self, fetch_count: int | None, prefix: str) -> Callable[[str, str | None], Page]:
        return lambda name, _id: self.session.list_file_names(self.bucket_id, name, fetch_count, prefix)

    def _page_of_versions(self, fetch_count: int | None, prefix: str) -> Callable[[str, str | None], Page]:
        return lambda name, id_: self.session.list_file_versions(self.bucket_id, name, id_, fetch_count, prefix)

    def _versions_on(self, page: Page) -> Iterator[FileVersion]:
        try:
            files = page["files"]
        except KeyError as error:
            raise UnexpectedCloudBehaviour("a page of a listing came without its files") from error
        return map(self.factory.from_api_response, files)


def _pages(fetch: Callable[[str, str | None], Page], start_name: str) -> Iterator[Page]:
    start: tuple[str, str | None] | None = (start_name, None)
    while start is not None:
        page = fetch(*start)
        yield page
        # A page may be empty and yet not the last, even if it names the same start again.
        start = None if page.get("nextFileName") is None else (page["nextFileName"], page.get("nextFileId"))


def folder_prefix(path: str) -> str:
    """Return what the names in a folder start with; the root is the empty path."""
    return path if not path or path.endswith("/") else path + "/"


def wildcard_prefix(pattern: str) -> str:
    """Return the folder that everything a shell pattern matches is in; a pattern without wildcards is itself."""
    wildcard = _WILDCARD.search(pattern)
    return pattern if wildcard is None else pattern[: wildcard.start()].rpartition("/")[0]


def matcher(pattern: str | None, filters: Sequence[Filter]) -> Callable[[str], bool]:
    """Return whether a name matches the shell pattern, if there is one, and passes the filters."""
    passes = FilterMatcher(filters).match
    if pattern is None:
        return passes
    return lambda name: fnmatch.fnmatchcase(name, pattern) and passes(name)
