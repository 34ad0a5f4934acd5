"""The windows in which files of this filesystem are read, as a cache for those of any other, called ``window``."""

from __future__ import annotations

from collections.abc import Callable

from fsspec.caching import register_cache

from b2sdk.integrations.fsspec.untyped import BaseCache
from b2sdk.transfer.reader import Gathered, ReadAhead

WINDOW = "window"
"""The cache type of files that are read in windows."""


class WindowCache(BaseCache):
    """Fetches what :class:`~b2sdk.transfer.reader.ReadAhead` chooses, whatever ``blocksize`` is; keeps one window."""

    name = WINDOW
    hit_count: int
    miss_count: int
    total_requested_bytes: int

    def __init__(self, blocksize: int, fetcher: Callable[[int, int], bytes], size: int) -> None:
        super().__init__(blocksize, fetcher, size)
        self._ahead = ReadAhead(size)

    def _fetch(self, start: int | None, stop: int | None) -> bytes:
        place = start or 0
        end = self.size if stop is None else min(stop, self.size)
        if place >= end:
            return b""
        content = Gathered(end - place)
        missing = self._ahead.fill(place, end, content.put)
        if missing is None:
            self.hit_count += 1
        else:
            self.miss_count += 1
            fetched = self.fetcher(missing.chosen.start, missing.chosen.end + 1)
            self.total_requested_bytes += len(fetched)
            missing.put(0, fetched)
            missing.finish()
        return content.getvalue()


register_cache(WindowCache, clobber=True)  # the module may be imported again
