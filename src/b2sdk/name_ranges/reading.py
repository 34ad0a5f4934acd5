"""Pages that are read by several workers at once, as a flow.

Whether a worker is a thread or a task is not known here.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator, Callable, Coroutine
from functools import partial
from itertools import takewhile
from types import TracebackType
from typing import Any, NamedTuple, Protocol

from b2sdk.exception import UnexpectedCloudBehaviour
from b2sdk.lazy_page import Entries, decode_entries_lazily
from b2sdk.name_ranges.plan import NameRanges, PageRequest, Place, Reading
from b2sdk.paging import Page
from b2sdk.values.name_range import ALL_NAMES, NameRange

BYTES_PER_WORKER = 6_000_000
"""How many bytes the pages that are under way or wait for those before them may take, for each worker."""
FEWEST_BYTES = 8 * BYTES_PER_WORKER
_BYTES_OF_A_DECODED_ENTRY = 2500


class Worker(Protocol):
    """A flow that runs beside its caller."""

    async def cancel(self) -> None:
        """Cancel the flow, and wait for its end."""


class Condition(Protocol):
    """A lock, and what waits for a change of what is locked; see :class:`asyncio.Condition`."""

    async def __aenter__(self) -> Any: ...
    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None, /
    ) -> Any: ...
    async def wait(self) -> object: ...
    def notify_all(self) -> None: ...


class Workers(NamedTuple):
    """What reads pages at the same time."""

    begin: Callable[[Callable[[], Coroutine[Any, Any, None]]], Worker]
    """Begins a flow beside its caller, in a copy of the caller's context."""
    condition: Callable[[], Condition]
    most: int
    """How many there may be."""


class PagesInRanges:
    """The pages of one listing, which are read in several ranges of names."""

    def __init__(
        self,
        fetch: Callable[[PageRequest], Coroutine[Any, Any, Page]],
        following: Callable[[Page], Place | None],
        prefix: str,
        page_size: int | None,
        workers: Workers,
        names: NameRange = ALL_NAMES,
        last_name: Callable[[], str | None] | None = None,
    ) -> None:
        """Nothing is requested yet.

        :param fetch: requests a page.
        :param following: checks a page, and returns where the next one begins.
        :param prefix: what all names begin with.
        :param page_size: the most entries that a request asks for; ``None`` is what the service does by default.
        :param names: which of them are read.
        :param last_name: returns the last name in the page that was yielded before. With this, pages are yielded as
            they come, but those with versions of one name after each other; without, in the order of names.
        """
        self._fetch = fetch
        self._following = following
        self._last_name = last_name
        most_bytes = max(FEWEST_BYTES, BYTES_PER_WORKER * workers.most)
        self._ranges: NameRanges[Page] = NameRanges(
            prefix, page_size, workers.most, most_bytes, names, in_order=last_name is None
        )
        self._workers = workers
        self._running: list[Worker] = []
        self._idle = 0
        self._requests: deque[PageRequest] = deque()
        """What new workers begin with."""
        self._changed = workers.condition()
        self._failure: BaseException | None = None
        self._is_closed = False

    async def pages(self) -> AsyncGenerator[list[Page], None]:
        """Yield each page in a list of its own, so that nothing else keeps it.

        What a worker raises is raised when no page is left that has come before. At the end no worker is running.
        """
        try:
            while (pages := await self._next()) is not None:
                yield pages
                del pages
        finally:
            async with self._changed:
                self._is_closed = True
                self._changed.notify_all()
            for worker in self._running:
                await worker.cancel()

    async def _next(self) -> list[Page] | None:
        last_name = None if self._last_name is None else self._last_name()
        async with self._changed:
            while True:
                page = self._ranges.release(last_name)
                self._changed.notify_all()  # there is room for another, or one that has to come next
                if page is not None:
                    self._add_workers()
                    return [page]
                if self._failure is not None:
                    raise self._failure
                if self._ranges.is_over:
                    return None
                self._add_workers()
                await self._changed.wait()

    def _add_workers(self) -> None:
        while self._failure is None and not self._idle and len(self._running) < self._workers.most:
            request = self._ranges.next_request()
            if request is None:
                return
            self._requests.append(request)
            self._running.append(self._workers.begin(self._work))

    async def _work(self) -> None:
        try:
            while (request := await self._next_request()) is not None:
                with decode_entries_lazily():
                    page = await self._fetch(request)
                async with self._changed:
                    self._take(request, page)
                    self._changed.notify_all()
                del page
        except BaseException as error:
            async with self._changed:
                if self._failure is None:
                    self._failure = error
                self._changed.notify_all()
            if not isinstance(error, Exception):
                raise

    async def _next_request(self) -> PageRequest | None:
        async with self._changed:
            while not self._is_closed and self._failure is None:
                request = self._requests.popleft() if self._requests else self._ranges.next_request()
                if request is not None:
                    return request
                self._idle += 1
                try:
                    await self._changed.wait()
                finally:
                    self._idle -= 1
        return None

    def _take(self, request: PageRequest, page: Page) -> None:
        following = self._following(page)
        entries = page["files"]
        is_lazy = isinstance(entries, Entries)
        entry = entries.first() if is_lazy else next(iter(entries), None)
        first = None if entry is None else _name(entry)
        for name in (first, following and following[0]):
            if name is not None and (name < request.start[0] or not name.startswith(request.prefix)):
                # Taken for what was asked for, it would be yielded twice, and in its place what is there would be not.
                raise UnexpectedCloudBehaviour("a page of a listing has names that were not asked for")
        returned = wanted = entries.about() if is_lazy else len(entries)
        size = entries.size if is_lazy else returned * _BYTES_OF_A_DECODED_ENTRY
        end = request.end
        if end is not None and (following is None or following[0] >= end):
            wanted = entries.about_before(end) if is_lazy else sum(1 for entry in entries if _is_before(end, entry))
            # They are not decoded before they are used: until then, they take a quarter of the memory.
            page = {**page, "files": takewhile(partial(_is_before, end), entries)}
        self._ranges.take(request, page, Reading(first, returned, wanted, following, size))


def _is_before(end: str, entry: Any) -> bool:
    return _name(entry) < end


def _name(entry: Any) -> str:
    name = entry.get("fileName") if isinstance(entry, dict) else None
    if not isinstance(name, str):
        raise UnexpectedCloudBehaviour("an entry of a listing came without the name of a file")
    return name
