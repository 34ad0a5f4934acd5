"""The windows in which files of this filesystem are read, as a cache for those of any other, called ``window``."""

from __future__ import annotations

from collections.abc import Callable

from fsspec.caching import register_cache

from b2sdk.integrations.fsspec.untyped import BaseCache
from b2sdk.transfer.reader import ReadAhead

WINDOW = "window"
"""The cache type of files that are read in windows."""


class WindowCache(BaseCache):
    """Fetches what :class:`~b2sdk.transfer.reader.ReadAhead` chooses, whatever ``blocksize`` is; keeps one window."""

    name = WINDOW

    def __init__(self, blocksize: int, fetcher: Callable[[int, int], bytes], size: int) -> None:
        super().__init__(blocksize, fetcher, size)
        self._ahead = ReadAhead(size)

    def _fetch(self, start: int | None, stop: int | None) -> bytes:
        place = start or 0
        end = self.size if stop is None else min(stop, self.size)
        if place >= end:
            return b""
        found = bytes(self._ahead.window.find(place, end))
        missing = place + len(found)
        if missing == end:
            self.hit_count += 1
            return found
        self.miss_count += 1
        chosen = self._ahead.choose(missing, end)
        content = self.fetcher(chosen.start, chosen.end + 1)
        self.total_requested_bytes += len(content)
        if chosen.size() > end - missing:
            return found + self._ahead.keep(chosen.start, content).find(missing, end)
        self._ahead.pass_by(end)
        return found + content


register_cache(WindowCache, clobber=True)  # the module may be imported again
