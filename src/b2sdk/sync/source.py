"""The source of a sync, watched while it is scanned: whether anything is in it, and whether all of it was seen.

What is not at the source is removed from the destination, so it has to be certain that it is not there.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import aclosing
from itertools import chain
from typing import Any

from b2sdk.scan.events import (
    EntrySkipped,
    Reporter,
    ScanListener,
    SkipReason,
    hears_of_all,
    report_skipped,
)
from b2sdk.scan.folder import AnyFolder
from b2sdk.scan.pairs import Batches
from b2sdk.sync.local_tree import root_of

_UNSEEN = (SkipReason.NO_PERMISSION, SkipReason.NOT_ACCESSIBLE)


class WatchedSource:
    """What the scan of a folder finds and skips. The folder is scanned once."""

    def __init__(self, folder: AnyFolder) -> None:
        self._folder = folder
        self._unnameable: list[str] = []
        """What is there under a name that no upload may have; other clients may have uploaded it."""
        self.is_empty: bool = False
        """Whether the scan has ended, and found nothing."""
        self.unseen: str | None = None
        """What could not be looked at first; from there on nobody knows what else is missing in the scan."""
        self.is_reported: bool = False
        """Whether that has been reported."""

    def listener(self, reporter: Reporter | None) -> ScanListener:
        """Return what the scan reports to, which passes it on to the reporter."""
        return _Watch(self, reporter)

    async def watch(self, batches: Batches, outside: Callable[[], Batches] | None = None) -> Batches:
        """Yield the files that the scan finds.

        :param outside: lists the whole folder, if the scan is of a range of names.
        """
        is_empty = True
        async with aclosing(batches):
            async for files in batches:
                first = next(files, None)
                if first is not None:
                    is_empty = False
                    yield chain((first,), files)
        if is_empty and outside is not None:
            async with aclosing(outside()) as all_batches:
                async for files in all_batches:
                    if next(files, None) is not None:
                        is_empty = False
                        break
        self.is_empty = is_empty

    def url(self) -> str:
        """Return where in a bucket it is, as people write it."""
        return f"b2://{self._folder.bucket.name}/{self._folder.make_full_path('')}"

    def lacks(self, relative_path: str) -> bool:
        """Whether it is certain that there is no such file, of which the scan has found none."""
        return self.unseen is None and not any(
            relative_path == name or relative_path.startswith(name + "/") for name in self._unnameable
        )

    def record(self, event: EntrySkipped) -> None:
        """Record what the scan skipped."""
        if event.reason in _UNSEEN:
            self.unseen = self.unseen or event.path
        elif event.reason is SkipReason.INVALID_NAME:
            self._unnameable.append(event.path[len(root_of(self._folder) or "") :].lstrip("/"))


class _Watch(ScanListener):
    """Receives what the scan of the source skips, and passes it on."""

    def __init__(self, source: WatchedSource, reporter: Reporter | None) -> None:
        self._source = source
        self._reporter = reporter
        self.hears_of_all = hears_of_all(reporter)

    def skipped(self, event: EntrySkipped) -> None:
        self._source.record(event)
        report_skipped(self._reporter, event.path, event.reason, event.detail)

    def close(self) -> None:
        if self._reporter is not None:
            self._reporter.close()

    def __getattr__(self, name: str) -> Any:
        # A folder of a program's own may know more of its reporter.
        return getattr(self._reporter, name)
