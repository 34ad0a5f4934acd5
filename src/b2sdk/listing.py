"""Listings of a bucket as generators: pages are followed, and folders are made of the names.

Folders are no thing of the service's; a name is in a folder when it has a ``/`` after the folder's own name.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import chain
from typing import Protocol

from b2sdk.exception import UnexpectedCloudBehaviour
from b2sdk.file_version import FileVersion, FileVersionFactory
from b2sdk.lazy_page import decode_entries_lazily
from b2sdk.paging import Course, Page
from b2sdk.session import B2Session
from b2sdk.values.filter import Filter, FilterMatcher
from b2sdk.values.responses import PAGE_OF_FILES

Place = tuple[str, "str | None"]
"""The name, and the id where there are several of a name, with which a page begins."""
Fetch = Callable[[Place], Page]
"""Asks for the page that begins at a place, and checks it."""
_CHARACTER_AFTER_SLASH = "0"
_WILDCARD = re.compile(r"[*?\[]")


class PageOnItsWay(Protocol):
    """A page that was requested."""

    def cancel(self) -> None:
        """Cancel the request, as nobody wants the page."""

    def result(self) -> Page:
        """Return it, or raise what the request raised."""


Ahead = Callable[[Callable[[], Page]], PageOnItsWay]
"""Begins to fetch a page while its caller continues."""


def check_listing(fetch_count: int | None, with_wildcard: bool = False, recursive: bool = False) -> None:
    """Refuse a listing that makes no sense.

    :raises ValueError: ``with_wildcard`` without ``recursive``, or ``fetch_count`` is not positive.
    """
    if fetch_count is not None and fetch_count <= 0:
        raise ValueError("unsupported fetch_count value")
    if with_wildcard and not recursive:
        raise ValueError("with_wildcard requires recursive to be turned on as well")


class Lister:
    """The listings of one bucket."""

    def __init__(self, session: B2Session, bucket_id: str, factory: FileVersionFactory) -> None:
        self._session = session
        self._bucket_id = bucket_id
        self._factory = factory

    def versions_of(self, file_name: str, fetch_count: int | None) -> Iterator[FileVersion]:
        """Yield the versions of exactly this name, newest first, requesting ``fetch_count`` at a time."""
        fetch = self._page_of_versions(fetch_count, prefix=file_name)
        for page in _pages(fetch, file_name):
            for version in self._versions_on(page):
                if version.file_name != file_name:
                    return
                yield version

    def files_and_folders(
        self,
        prefix: str,
        wanted: Callable[[str], bool] | None,
        latest_only: bool,
        recursive: bool,
        fetch_count: int | None,
        *,
        ahead: Ahead | None = None,
    ) -> Iterator[tuple[FileVersion, str | None]]:
        """Yield ``(version, None)`` for each file, and ``(first version inside, folder)`` once for each folder.

        With ``ahead``, a recursive listing fetches each page while the one before is used. Where the next page begins
        when folders are yielded is known only at the end of the one before.
        """
        page_of = self._page_of_names if latest_only else self._page_of_versions
        fetch = page_of(fetch_count, prefix)
        if recursive:
            pages = _pages(fetch, prefix) if ahead is None else _pages_ahead(fetch, prefix, ahead)
            return self._files(pages, prefix, wanted)
        return self._files_and_folders(fetch, prefix, wanted)

    def _files(
        self, pages: Iterator[Page], prefix: str, wanted: Callable[[str], bool] | None
    ) -> Iterator[tuple[FileVersion, str | None]]:
        # No page is kept while the next one is fetched, which is when there is most in memory.
        for version in chain.from_iterable(map(self._versions_on, pages)):
            if not version.file_name.startswith(prefix):
                return
            if wanted is None or wanted(version.file_name):
                yield version, None

    def _files_and_folders(
        self, fetch: Fetch, prefix: str, wanted: Callable[[str], bool] | None
    ) -> Iterator[tuple[FileVersion, str | None]]:
        folder: str | None = None
        start: Place | None = (prefix, None)
        course = _course(prefix)
        while start is not None:
            page = fetch(start)
            start, has_entries = _start_behind(page), bool(page["files"])
            versions = self._versions_on(page)
            del page
            in_folder = False
            for version in versions:
                if not version.file_name.startswith(prefix):
                    return
                if wanted is not None and not wanted(version.file_name):
                    continue
                name, slash, _ = version.file_name[len(prefix) :].partition("/")
                in_folder = bool(slash)
                if not in_folder:
                    yield version, None
                elif prefix + name != folder:
                    folder = prefix + name
                    yield version, folder + "/"
            if start is not None and in_folder and folder is not None:
                # Nothing more of this folder is to be yielded, so the rest of it need not be listed.
                behind = folder + _CHARACTER_AFTER_SLASH
                start = start if start[0] >= behind else (behind, None)
            if start is not None:
                course.advance(start, has_entries)

    def _page_of_names(self, fetch_count: int | None, prefix: str) -> Fetch:
        @decode_entries_lazily()
        def fetch(start: Place) -> Page:
            return _check_page(self._session.list_file_names(self._bucket_id, start[0], fetch_count, prefix))

        return fetch

    def _page_of_versions(self, fetch_count: int | None, prefix: str) -> Fetch:
        @decode_entries_lazily()
        def fetch(start: Place) -> Page:
            page = _check_page(self._session.list_file_versions(self._bucket_id, *start, fetch_count, prefix))
            if page["nextFileName"] is not None and "nextFileId" not in page:
                raise UnexpectedCloudBehaviour("a page of versions does not say with which of a name the next begins")
            return page

        return fetch

    def _versions_on(self, page: Page) -> Iterator[FileVersion]:
        return map(self._factory.from_api_response, page["files"])


def _pages(fetch: Fetch, start_name: str) -> Iterator[Page]:
    start: Place | None = (start_name, None)
    course = _course(start_name)
    while start is not None:
        page = [fetch(start)]
        start = _next_start(page[0], course)
        yield page.pop()


def _pages_ahead(fetch: Fetch, start_name: str, ahead: Ahead) -> Iterator[Page]:
    course = _course(start_name)
    page = [fetch((start_name, None))]
    while (start := _next_start(page[0], course)) is not None:
        following = ahead(partial(fetch, start))
        try:
            yield page.pop()
        except BaseException:  # also for who stops here: nothing is left running
            following.cancel()
            raise
        page.append(following.result())
        del following  # it has the page too
    yield page.pop()


def _course(start_name: str) -> Course[Place]:
    return Course((start_name, None))


def _check_page(page: Page) -> Page:
    PAGE_OF_FILES.check(page)
    return page


def _next_start(page: Page, course: Course[Place]) -> Place | None:
    start = _start_behind(page)
    return None if start is None else course.advance(start, has_entries=bool(page["files"]))


def _start_behind(page: Page) -> Place | None:
    name = page["nextFileName"]
    return None if name is None else (name, page.get("nextFileId"))


def folder_prefix(path: str) -> str:
    """Return what the names in a folder start with; the root is the empty path."""
    return path if not path or path.endswith("/") else path + "/"


def wildcard_prefix(pattern: str) -> str:
    """Return the folder that everything a shell pattern matches is in; a pattern without wildcards is itself."""
    wildcard = _WILDCARD.search(pattern)
    return pattern if wildcard is None else pattern[: wildcard.start()].rpartition("/")[0]


def matcher(pattern: str | None, filters: Sequence[Filter]) -> Callable[[str], bool] | None:
    """Return what says whether a name matches the shell pattern and the filters; ``None`` if there are neither."""
    if pattern is None and not filters:
        return None
    passes = FilterMatcher(filters).match
    if pattern is None:
        return passes
    return lambda name: fnmatch.fnmatchcase(name, pattern) and passes(name)
