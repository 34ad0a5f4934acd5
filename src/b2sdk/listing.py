"""Listings of a bucket as flows: pages are followed, and folders are made of the names.

Folders are no thing of the service's; a name is in a folder when it has a ``/`` after the folder's own name. Whether
who lists blocks or waits in an event loop is not known here.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator, Sequence
from contextlib import aclosing
from functools import partial
from itertools import chain, repeat
from operator import itemgetter
from typing import Any, Generic, Protocol, TypeVar

from b2sdk.exception import UnexpectedCloudBehaviour
from b2sdk.file_version import FileVersion, FileVersionFactory
from b2sdk.lazy_page import decode_entries_lazily
from b2sdk.name_ranges.plan import PageRequest
from b2sdk.name_ranges.reading import PagesInRanges, Workers
from b2sdk.paging import Course, Page
from b2sdk.values.filter import Filter, FilterMatcher
from b2sdk.values.name_range import ALL_NAMES, NameRange
from b2sdk.values.responses import PAGE_OF_FILES

T = TypeVar("T")
Place = tuple[str, "str | None"]
"""The name, and the id where there are several of a name, with which a page begins."""
Request = Coroutine[Any, Any, Page]
Entry = tuple[FileVersion, "str | None"]
"""``(version, None)`` for a file, and ``(first version inside, folder)`` for a folder."""
_VERSION: Callable[[Entry], FileVersion] = itemgetter(0)
_CHARACTER_AFTER_SLASH = "0"
_WILDCARD = re.compile(r"[*?\[]")


class PageOnItsWay(Protocol):
    """A page that was requested."""

    async def cancel(self) -> None:
        """Cancel the request, as nobody wants the page, and wait for its end."""

    async def result(self) -> Page:
        """Return it, or raise what the request raised."""


Ahead = Callable[[Callable[[], Request]], PageOnItsWay]
"""Begins a request while its caller continues, in a copy of the caller's context."""


def _check(fetch_count: int | None, workers: Workers | None = None) -> None:
    if fetch_count is not None and fetch_count <= 0:
        raise ValueError("unsupported fetch_count value")
    if workers is not None and workers.most <= 0:
        raise ValueError("workers must be positive")


class Lister:
    """The listings of one bucket. They are asynchronous generators of batches, each of what one page has.

    A batch is decoded while it is iterated, and is used up before the next one is asked for.
    """

    def __init__(
        self,
        list_file_names: Callable[..., Request],
        list_file_versions: Callable[..., Request],
        bucket_id: str,
        factory: FileVersionFactory,
    ) -> None:
        """``list_file_names`` and ``list_file_versions`` are those of a session, as steps."""
        self._list_file_names = list_file_names
        self._list_file_versions = list_file_versions
        self._bucket_id = bucket_id
        self._factory = factory

    async def ls(
        self,
        path: str,
        latest_only: bool,
        recursive: bool,
        fetch_count: int | None,
        with_wildcard: bool,
        filters: Sequence[Filter],
        ahead: Ahead | None = None,
        workers: Workers | None = None,
        names: NameRange = ALL_NAMES,
        in_order: bool = True,
    ) -> AsyncGenerator[Iterator[Entry], None]:
        """Yield what ``Bucket.ls`` yields, which describes the parameters.

        With ``ahead``, a recursive listing fetches each page while the one before is used. Where the next page begins
        when folders are yielded is known only at the end of the one before. With ``workers``, it is read in several
        ranges of names at once instead.

        :raises ValueError: ``with_wildcard`` or ``names`` without ``recursive``, or ``fetch_count`` or the number of
            workers is not positive.
        """
        _check(fetch_count, workers)
        if with_wildcard and not recursive:
            raise ValueError("with_wildcard requires recursive to be turned on as well")
        if not (names.is_whole or recursive):
            raise ValueError("names requires recursive to be turned on as well")
        if path and not with_wildcard and not path.endswith("/"):
            is_file = False
            async with aclosing(self._versions_of(path, 1 if latest_only else fetch_count)) as batches:
                async for versions in batches:
                    newest = next(versions, None)
                    if newest is None:
                        continue
                    is_file = True
                    if path not in names:
                        break
                    if latest_only:
                        if newest.action == "upload":
                            yield iter([(newest, None)])
                        break
                    yield zip(chain([newest], versions), repeat(None))
            if is_file:
                return
        prefix = wildcard_prefix(path) if with_wildcard else folder_prefix(path)
        if not names.may_contain_prefix(prefix):
            return
        prefix = max(prefix, names.prefix, key=len)
        matches = matcher(path if with_wildcard else None, filters)
        if recursive:
            wanted = _Files(prefix, matches, names.end)
            listing = self._list_all(wanted, prefix, latest_only, fetch_count, ahead, workers, names, in_order=in_order)
        else:
            listing = self._list(_FilesAndFolders(prefix, matches, names.end), prefix, latest_only, fetch_count)
        async with aclosing(listing) as found:
            async for entries in found:
                yield entries

    async def below(
        self, prefix: str, latest_only: bool, fetch_count: int | None, workers: Workers
    ) -> AsyncGenerator[Iterator[FileVersion], None]:
        """Yield the versions of all names that begin with ``prefix``; several workers yield them as they come.

        :raises ValueError: ``fetch_count`` or the number of workers is not positive.
        """
        _check(fetch_count, workers)
        wanted = _Files(prefix, None, None)
        listing = self._list_all(wanted, prefix, latest_only, fetch_count, None, workers, ALL_NAMES, in_order=False)
        async with aclosing(listing) as found:
            async for entries in found:
                yield map(_VERSION, entries)

    async def versions_of(self, file_name: str, fetch_count: int | None) -> AsyncGenerator[Iterator[FileVersion], None]:
        """Yield the versions of exactly this name, newest first, requesting ``fetch_count`` at a time.

        :raises ValueError: ``fetch_count`` is not positive.
        """
        _check(fetch_count)
        async with aclosing(self._versions_of(file_name, fetch_count)) as batches:
            async for versions in batches:
                yield versions

    def _versions_of(self, file_name: str, fetch_count: int | None) -> AsyncGenerator[Iterator[FileVersion], None]:
        return self._list(_VersionsOfOneName(file_name), file_name, latest_only=False, fetch_count=fetch_count)

    def _endpoint(self, latest_only: bool) -> tuple[Callable[..., Request], int]:
        """Return what requests a page, and how many items of a place it takes: the name; where there are several of
        a name, the id too.
        """
        if latest_only:
            return partial(self._list_file_names, self._bucket_id), 1
        return partial(self._list_file_versions, self._bucket_id), 2

    async def _list(
        self,
        wanted: _Wanted[T],
        prefix: str,
        latest_only: bool,
        fetch_count: int | None,
        ahead: Ahead | None = None,
        names: NameRange = ALL_NAMES,
    ) -> AsyncGenerator[Iterator[T], None]:
        endpoint, length = self._endpoint(latest_only)
        request = partial(endpoint, max_file_count=fetch_count, prefix=prefix)
        first = (max(prefix, names.start), None)
        course: Course[Place] = Course(first)
        start: Place | None = first
        following: PageOnItsWay | None = None
        try:
            while start is not None:
                with decode_entries_lazily():
                    # In a list, so that no page is kept while the next one is fetched: then there is most in memory.
                    page = [await (request(*start[:length]) if following is None else following.result())]
                following = None  # it has the page too
                start = _start_behind(page[0], latest_only)
                if start is not None and names.is_behind(start[0]):
                    start = None
                has_entries = bool(page[0]["files"])
                if ahead is not None and start is not None:
                    start = course.advance(start, has_entries)
                    with decode_entries_lazily():
                        following = ahead(partial(request, *start[:length]))
                yield wanted.on(map(self._factory.from_api_response, page.pop()["files"]))
                if wanted.are_over:
                    return
                if ahead is None and start is not None:
                    start = course.advance(wanted.start(start), has_entries)
        finally:
            if following is not None:
                await following.cancel()

    def _list_all(
        self,
        wanted: _Files,
        prefix: str,
        latest_only: bool,
        fetch_count: int | None,
        ahead: Ahead | None,
        workers: Workers | None,
        names: NameRange,
        *,
        in_order: bool,
    ) -> AsyncGenerator[Iterator[Entry], None]:
        if workers is None or workers.most == 1:
            return self._list(wanted, prefix, latest_only, fetch_count, ahead, names)
        return self._list_in_ranges(wanted, prefix, latest_only, fetch_count, workers, names, in_order)

    async def _list_in_ranges(
        self,
        wanted: _Files,
        prefix: str,
        latest_only: bool,
        fetch_count: int | None,
        workers: Workers,
        names: NameRange,
        in_order: bool,
    ) -> AsyncGenerator[Iterator[Entry], None]:
        endpoint, length = self._endpoint(latest_only)

        def fetch(request: PageRequest) -> Request:
            return endpoint(*request.start[:length], max_file_count=request.count, prefix=request.prefix)

        following = partial(_start_behind, latest_only=latest_only)
        last_name = None if in_order else lambda: wanted.last_name
        pages = PagesInRanges(fetch, following, prefix, fetch_count, workers, names, last_name)
        async with aclosing(pages.pages()) as found:
            async for page in found:
                yield wanted.on(map(self._factory.from_api_response, page.pop()["files"]))
                if wanted.are_over:  # by a name that does not begin with the prefix; others are in ranges to come
                    raise UnexpectedCloudBehaviour("a page of a listing has names that were not asked for")


def _start_behind(page: Page, latest_only: bool) -> Place | None:
    """Check a page, and return where the next one begins."""
    PAGE_OF_FILES.check(page)
    name = page["nextFileName"]
    if name is not None and not latest_only and "nextFileId" not in page:
        raise UnexpectedCloudBehaviour("a page of versions does not say with which of a name the next begins")
    return None if name is None else (name, page.get("nextFileId"))


class _Wanted(Generic[T]):
    """What of the versions of a listing is wanted."""

    are_over = False
    """Whether nothing more is wanted, whatever follows."""

    def on(self, versions: Iterator[FileVersion]) -> Iterator[T]:
        """Yield what is wanted of the versions on a page."""
        raise NotImplementedError

    def start(self, place: Place) -> Place:
        """Return where the next page begins, which the service says is ``place``."""
        return place


class _VersionsOfOneName(_Wanted[FileVersion]):
    def __init__(self, file_name: str) -> None:
        self._file_name = file_name

    def on(self, versions: Iterator[FileVersion]) -> Iterator[FileVersion]:
        for version in versions:
            if version.file_name != self._file_name:
                self.are_over = True
                return
            yield version


class _Files(_Wanted[Entry]):
    last_name: str | None = None
    """The last name in the page before, if that has been used up."""

    def __init__(self, prefix: str, matches: Callable[[str], bool] | None, end: str | None) -> None:
        self._prefix = prefix
        self._matches = matches
        self._end = end
        """The first name that is not wanted, if there is one."""

    def on(self, versions: Iterator[FileVersion]) -> Iterator[Entry]:
        prefix, matches, end = self._prefix, self._matches, self._end
        version: FileVersion | None = None
        for version in versions:
            if not version.file_name.startswith(prefix) or (end is not None and version.file_name >= end):
                self.are_over = True
                return
            if matches is None or matches(version.file_name):
                yield version, None
        self.last_name = None if version is None else version.file_name


class _FilesAndFolders(_Files):
    _folder: str | None = None
    """The last that was yielded."""
    _is_inside = False
    """Whether the last version that matches is in it."""

    def on(self, versions: Iterator[FileVersion]) -> Iterator[Entry]:
        self._is_inside = False
        for version, _ in super().on(versions):
            name, slash, _ = version.file_name[len(self._prefix) :].partition("/")
            self._is_inside = bool(slash)
            if not slash:
                yield version, None
            elif self._prefix + name != self._folder:
                self._folder = self._prefix + name
                yield version, self._folder + "/"

    def start(self, place: Place) -> Place:
        if not self._is_inside or self._folder is None:
            return place
        # Nothing more of this folder is to be yielded, so the rest of it need not be listed.
        behind = self._folder + _CHARACTER_AFTER_SLASH
        return place if place[0] >= behind else (behind, None)


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
