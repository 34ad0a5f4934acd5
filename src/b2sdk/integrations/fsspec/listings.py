"""What was seen of an account lately, and folders that were made though the service has none.

It says only what is there: what is not in here has to be looked for. What was requested before a change, and arrives
after it, is not kept.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import NamedTuple, Protocol
from weakref import WeakSet

from b2sdk.fork import PerProcess, new_lock, reset_after_fork
from b2sdk.integrations.fsspec.entries import Entry
from b2sdk.integrations.fsspec.paths import folders_above, is_bucket, parent_of, shown

GLANCE_SECONDS = 2.0
"""For how long what was seen of a single file is known: pandas asks five times for one, DuckDB ten times."""
MADE_FOLDER_SECONDS = 300.0


class Keeping(NamedTuple):
    """How an instance wants listings to be kept."""

    is_wanted: bool = True
    seconds: float | None = 10.0
    """``None`` is for ever."""
    most: int | None = None
    """Folders that are kept; ``None`` is all."""


class _Kept(NamedTuple):
    at: float
    entries: list[Entry]
    by_name: dict[str, Entry]

    @classmethod
    def now(cls, entries: list[Entry]) -> _Kept:
        # Of a file and a folder with one name, the file comes first, and so is the last one here.
        return cls(time.monotonic(), entries, {entry["name"]: entry for entry in reversed(entries)})


class Opened(Protocol):
    """A file that is open, until it is closed."""

    @property
    def closed(self) -> bool: ...


class _Glance(NamedTuple):
    at: float
    entry: Entry
    files: WeakSet[Opened]
    """Those that were opened of this version."""

    def is_fresh(self, now: float) -> bool:
        """Whether it was a moment ago, or a file is open."""
        return now - self.at <= GLANCE_SECONDS or any(not file.closed for file in list(self.files))


class Listings:
    """Shared by the threads of a process. What it returns is not to be changed."""

    def __init__(self) -> None:
        self._lock = PerProcess(new_lock)
        self._made: dict[str, float] = {}
        self._forget_what_was_seen()
        reset_after_fork(self._forget_what_was_seen)

    def _forget_what_was_seen(self) -> None:
        self._changes = 0
        self._folders: dict[str, _Kept] = {}
        """The longest ago first."""
        self._glances: dict[str, _Glance] = {}

    # --- what was seen ---

    def begin(self) -> int:
        """Return what shows later whether anything has changed since."""
        return self._changes

    def keep(self, folders: Mapping[str, list[Entry]], since: int, keeping: Keeping) -> None:
        """Keep folders that were listed completely."""
        if not keeping.is_wanted:
            return
        now = time.monotonic()
        with self._lock():
            if since != self._changes:
                return
            for path, entries in folders.items():
                self._folders.pop(path, None)
                self._folders[path] = _Kept.now(entries)
            for path in list(self._folders):
                is_old = keeping.seconds is not None and now - self._folders[path].at > keeping.seconds
                if not is_old and (keeping.most is None or len(self._folders) <= keeping.most):
                    break
                del self._folders[path]

    def glance(self, path: str, entry: Entry, since: int, keeping: Keeping) -> None:
        """Keep what was seen of one file or folder, for a moment, or until the files that are open are closed."""
        if not keeping.is_wanted:
            return
        now = time.monotonic()
        with self._lock():
            if since != self._changes:
                return
            self._glances.pop(path, None)
            self._glances[path] = _Glance(now, entry, WeakSet())
            for old in list(self._glances):
                if now - self._glances[old].at <= GLANCE_SECONDS:
                    break
                if not self._glances[old].is_fresh(now):
                    del self._glances[old]

    def hold(self, path: str, entry: Entry, file: Opened) -> None:
        """Keep what was seen of a file for as long as one is open, but not longer than an instance wants."""
        with self._lock():
            glance = self._glances.get(path)
            if glance is not None and glance.entry.get("fileId") == entry["fileId"]:
                glance.files.add(file)

    def find_folder(self, path: str, keeping: Keeping) -> list[Entry] | None:
        """Return the entries of a folder, or ``None`` if they are not known."""
        kept = self._find_kept(path, keeping)
        return None if kept is None else kept.entries

    def _find_kept(self, path: str, keeping: Keeping) -> _Kept | None:
        kept = self._folders.get(path)
        if kept is None or not keeping.is_wanted:
            return None
        is_old = keeping.seconds is not None and time.monotonic() - kept.at > keeping.seconds
        return None if is_old else kept

    def find(self, path: str, keeping: Keeping) -> Entry | None:
        """Return what is known of a file or folder; a file, if both have this path."""
        glance = self._find_glance(path, keeping)
        if glance is not None:
            return glance.entry
        kept = self._find_kept(parent_of(path), keeping) if path else None
        return None if kept is None else kept.by_name.get(shown(path))

    def _find_glance(self, path: str, keeping: Keeping) -> _Glance | None:
        glance = self._glances.get(path) if keeping.is_wanted else None
        if glance is None:
            return None
        now = time.monotonic()
        is_old = keeping.seconds is not None and now - glance.at > max(keeping.seconds, GLANCE_SECONDS)
        return glance if glance.is_fresh(now) and not is_old else None

    def forget(self, path: str, *, with_below: bool = False) -> None:
        """Know nothing any more of a path and the folders that it is in, and if so wanted of what is below."""
        with self._lock():
            self._changes += 1
            known = {path, *folders_above(path)}
            if with_below:
                known.update(one for one in (*self._folders, *self._glances) if one.startswith(f"{path}/"))
            for one in known:
                self._folders.pop(one, None)
                self._glances.pop(one, None)

    def forget_all(self) -> None:
        with self._lock():
            changes = self._changes
            self._forget_what_was_seen()
            self._changes = changes + 1

    # --- folders without files ---

    def make(self, path: str) -> None:
        """Remember a folder, and those that it is in."""
        now = time.monotonic()
        with self._lock():
            self._made = {made: at for made, at in self._made.items() if now - at <= MADE_FOLDER_SECONDS}
            self._made.update((folder, now) for folder in (path, *folders_above(path)) if not is_bucket(folder))

    def is_made(self, path: str) -> bool:
        at = self._made.get(path)
        return at is not None and time.monotonic() - at <= MADE_FOLDER_SECONDS

    def unmake(self, path: str, *, with_parents: bool = False) -> bool:
        """Remember a folder and what is below no more; return whether it was remembered."""
        was_made = self.is_made(path)
        with self._lock():
            for made in [made for made in self._made if made == path or made.startswith(f"{path}/")]:
                del self._made[made]
            for made in folders_above(path) if with_parents else ():
                self._made.pop(made, None)
        return was_made
