"""Where the work on a range ends that is longer than it seemed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from typing_extensions import override

from b2sdk.name_ranges.division import SAMPLE_SIZE, PartSize, Sample, SampledEntry
from b2sdk.scan.pairs import Pair
from b2sdk.scan.path import AbstractPath, B2Path
from b2sdk.v3 import B2Folder, FileVersion
from b2sdk.values.name_range import NameRange


class RangeLimit:
    """Ends the work on a range at a name, before which there is as much as may be done."""

    def __init__(self, most: PartSize) -> None:
        self._most = most
        self._entries = 0
        self._size = 0
        self.end: str | None = None
        """The first name that is left; ``None`` if the range has not ended before its end."""

    def rest(self, names: NameRange) -> NameRange | None:
        """Return what of a range is behind the limit; ``None`` if nothing is."""
        return None if self.end is None else NameRange(self.end, names.end)

    def of(self, pairs: Iterator[Pair]) -> Iterator[Pair]:
        """Yield the pairs before the end."""
        for a, b in pairs:
            path = a if a is not None else b
            if path is not None and not self._admits(path.relative_path):
                return
            self._entries += max(_entries(a), _entries(b))
            self._size += (path and path.size) or 0
            yield a, b

    def of_versions(self, versions: Iterable[FileVersion], prefix: str) -> Iterator[FileVersion]:
        """Yield the versions before the end, which is never between those of one name; all names have the prefix."""
        last = None
        for version in versions:
            if version.file_name != last and not self._admits(version.file_name[len(prefix) :]):
                return
            last = version.file_name
            self._entries += 1
            self._size += version.size or 0
            yield version

    def _admits(self, name: str) -> bool:
        if self.end is None and (self._entries >= self._most.entries or self._size >= self._most.size):
            self.end = name
        return self.end is None


def _entries(path: AbstractPath | None) -> int:
    return len(path.all_versions) if isinstance(path, B2Path) else int(path is not None)


class RangeOfB2Folder(B2Folder):
    """A folder in a bucket, of which hardly anything is requested that is behind the end of the work."""

    @override
    def get_file_versions(self) -> Iterator[FileVersion]:
        return self._versions(prefetch=True)

    def sample(self) -> Sample:
        """Return the first versions in the range, which one request lists."""
        start = len(self.prefix)
        versions = islice(self._versions(prefetch=False), SAMPLE_SIZE)
        entries = [SampledEntry(version.file_name[start:], version.size or 0) for version in versions]
        return Sample(entries, len(entries) < SAMPLE_SIZE)

    def _versions(self, *, prefetch: bool) -> Iterator[FileVersion]:
        names = self.names.below(self.prefix)
        for version, _folder in self.bucket.ls(
            self.prefix, latest_only=False, recursive=True, fetch_count=SAMPLE_SIZE, prefetch=prefetch, names=names
        ):
            yield version
