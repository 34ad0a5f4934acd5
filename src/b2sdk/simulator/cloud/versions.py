"""The names of one bucket in order, and the versions of each, newest first.

What belongs here is the order and the ways through it: by page, by prefix, by folder. It knows only that a version
has a name, an id and a place in time, and nothing of what a version is or who may see it. Names are ordered by code
point, which is the order of their UTF-8 bytes.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar


class Versioned(Protocol):
    """What can be put in order."""

    @property
    def file_id(self) -> str:
        """Its id, unique in the bucket."""

    @property
    def name(self) -> str:
        """Its file name."""

    @property
    def order(self) -> tuple[int, int]:
        """Its place among the versions of the name; greater is newer."""


V = TypeVar("V", bound=Versioned)


@dataclass(frozen=True, slots=True)
class Folder:
    """Everything that shares a name up to and including a delimiter."""

    name: str


@dataclass(frozen=True, slots=True)
class Way:
    """Which names to walk through: from ``start`` on, below ``prefix``, folded into folders at ``delimiter``.

    ``within`` is a longer prefix, outside which nothing is listed; folders are those that there are without it.
    """

    start: str = ""
    prefix: str = ""
    delimiter: str = ""
    within: str = ""

    def folder_of(self, name: str) -> str | None:
        """Return the name of the folder that hides ``name``, if one does."""
        if not self.delimiter:
            return None
        cut = name.find(self.delimiter, len(self.prefix))
        return None if cut < 0 else name[: cut + len(self.delimiter)]


class Versions(Generic[V]):
    """Versions by name, kept in order so that a page costs what it shows, not what the bucket holds."""

    def __init__(self) -> None:
        self._names: list[str] = []
        self._by_name: dict[str, list[V]] = {}
        self._departed: dict[str, tuple[str, tuple[int, int]]] = {}

    def __bool__(self) -> bool:
        return bool(self._names)

    def __iter__(self) -> Iterator[V]:
        for name in list(self._names):
            yield from list(self._by_name[name])

    def of(self, name: str) -> Sequence[V]:
        """Return the versions of ``name``, newest first."""
        return self._by_name.get(name, ())

    def add(self, version: V) -> None:
        """Put a version in its place."""
        versions = self._by_name.get(version.name)
        if versions is None:
            self._by_name[version.name] = [version]
            insort(self._names, version.name)
            return
        place = 0
        while place < len(versions) and versions[place].order > version.order:
            place += 1
        versions.insert(place, version)

    def remove(self, version: V) -> None:
        """Take a version out; its place is remembered, so that a page may still begin there."""
        versions = self._by_name[version.name]
        versions.remove(version)
        self._departed[version.file_id] = (version.name, version.order)
        if not versions:
            del self._by_name[version.name]
            del self._names[bisect_left(self._names, version.name)]

    def departed_order(self, file_id: str) -> tuple[int, int] | None:
        """Return the place of a version that was here once; ``None`` if none with this id was."""
        return self._departed[file_id][1] if file_id in self._departed else None

    def walk(self, way: Way, pick: Callable[[Sequence[V]], Sequence[V]]) -> Iterator[Folder | V]:
        """Yield what ``pick`` shows of each name on the way; a folder once, if ``pick`` shows anything of it."""
        prefix = way.within or way.prefix
        place = bisect_left(self._names, max(way.start, prefix))
        while place < len(self._names) and (name := self._names[place]).startswith(prefix):
            shown = pick(self._by_name[name])
            folder = way.folder_of(name) if shown else None
            if folder is None:
                yield from shown
                place += 1
            else:
                yield Folder(folder)
                length = len(folder)
                place = bisect_right(self._names, folder, place, key=lambda other: other[:length])

    def walk_from_version(
        self, way: Way, file_id: str, pick: Callable[[Sequence[V]], Sequence[V]]
    ) -> Iterator[Folder | V]:
        """Yield like :meth:`walk`, leaving out the versions of the first name that come before ``file_id``.

        When that version is gone, the walk begins with the first one after its place. An id that was never here
        leaves nothing out.
        """
        first = self._place_of(way.start, file_id)

        def is_passed(entry: Folder | V) -> bool:
            return (
                not isinstance(entry, Folder) and entry.name == way.start and first is not None and entry.order > first
            )

        return (entry for entry in self.walk(way, pick) if not is_passed(entry))

    def _place_of(self, name: str, file_id: str) -> tuple[int, int] | None:
        for version in self.of(name):
            if version.file_id == file_id:
                return version.order
        departed_name, order = self._departed.get(file_id, (None, None))
        return order if departed_name == name else None
