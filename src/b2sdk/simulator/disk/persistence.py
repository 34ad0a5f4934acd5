"""The cloud on disk: what has been acknowledged is there again after a restart, also after ``kill -9``.

What belongs here is when records are written. A cloud that is followed tells what changes; :meth:`Ledger.commit`
writes all that has changed since the last time in one transaction, which is there as a whole or not at all, and
a front end sends its response after that. Records are in an SQLite database, bodies in files beside it, synced before
the record that names them is, and removed after it is gone. The rules of the cloud know nothing of this.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from b2sdk.protocol_constants import EVENT_TYPE
from b2sdk.simulator.cloud.cloud import Cloud
from b2sdk.simulator.cloud.ids import ServiceIds
from b2sdk.simulator.cloud.model import (
    Account,
    Bucket,
    Computer,
    DownloadAuthorization,
    FileVersion,
    Group,
    Key,
    Thing,
    Token,
)
from b2sdk.simulator.disk import records
from b2sdk.simulator.disk.bodies import BodyDirectory
from b2sdk.simulator.disk.restoring import restore

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS things (
    kind TEXT NOT NULL, id TEXT NOT NULL, number INTEGER NOT NULL, record TEXT NOT NULL,
    PRIMARY KEY (kind, id, number)
) WITHOUT ROWID
"""
_FORMAT: Final = 1
"""What ``PRAGMA user_version`` says of databases that this module can read."""

Place = tuple[str, str, int]
"""Kind, id and, for parts, number: where the record of a thing is."""

_COUNTERS: Final[Place] = ("counters", "", 0)


def _place_of(thing: Thing) -> Place:
    if isinstance(thing, Account):
        return ("account", thing.account_id, 0)
    if isinstance(thing, Key):
        return ("key", thing.key_id, 0)
    if isinstance(thing, Token):
        return ("token", thing.text, 0)
    if isinstance(thing, DownloadAuthorization):
        return ("authorization", thing.text, 0)
    if isinstance(thing, Bucket):
        return ("bucket", thing.bucket_id, 0)
    if isinstance(thing, FileVersion):
        return ("file", thing.file_id, 0)
    if isinstance(thing, Group):
        return ("group", thing.group_id, 0)
    if isinstance(thing, Computer):
        return ("computer", thing.computer_id, 0)
    return ("part", thing.file_id, thing.number)


@dataclass(frozen=True)
class Batch:
    """What one transaction writes."""

    up_to: int
    """How many changes there had been when it was put together."""
    ahead: int
    starts_over: bool
    records: Mapping[Place, str]
    gone: list[Place]
    without_parts: list[str]
    """The ids of files that are not unfinished large files."""
    unused: list[Path]
    """Bodies that nothing refers to once this is written."""


class Ledger:
    """The records of one cloud, in a directory that no other process may use meanwhile."""

    def __init__(self, directory: Path) -> None:
        """Open the directory, which is made if need be.

        :raises ValueError: another process uses it, or a later version of this program has written it.
        """
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)  # keys are in it
        self.storage: BodyDirectory = BodyDirectory(directory / "bodies")
        self.ids: ServiceIds = ServiceIds()
        self._connection = _open(directory / "records.sqlite")
        self._writing = threading.Lock()
        self._changed: set[Place] = set()
        self._starts_over = False
        self._recorded = 0
        self._on_disk = 0
        self._ahead_on_disk = 0
        """By how much the clock ran ahead when it was written last, in milliseconds."""
        self._cloud: Cloud | None = None
        self.is_closed: bool = False
        """Whether the directory may be another's by now."""

    # --- reading ---

    def follow(self, cloud: Cloud) -> None:
        """Fill an empty cloud with what is there, and record what changes in it from then on."""
        self._cloud = cloud
        with cloud.lock:
            restore(cloud.state, self._records, self.storage.restore)
            self._read_counters(cloud)
            _forget_expired_tokens(cloud)
            for kind in ("token", "authorization"):  # which removes the records of those that are not there any more
                self._changed.update((kind, record["text"], 0) for record in self._records(kind))
        self.storage.sweep()
        cloud.state.observers.append(self)

    def follow_afresh(self, cloud: Cloud) -> None:
        """Forget all that was, and follow another cloud, empty so far."""
        with cloud.lock:
            self._cloud = cloud
            self._changed.clear()
            self._starts_over = True
            cloud.state.observers.append(self)
            self._record(_COUNTERS)

    def _records(self, kind: str) -> Iterator[records.Record]:
        rows = self._connection.execute("SELECT record FROM things WHERE kind = ? ORDER BY id, number", (kind,))
        return (json.loads(row[0]) for row in rows)

    def _read_counters(self, cloud: Cloud) -> None:
        for counters in self._records(_COUNTERS[0]):
            cloud.clock.advance(counters["ahead"])
            cloud.lifecycle.day = counters["lifecycle_day"]
            cloud.state.sequence = counters["sequence"]
            self.ids.issued = counters["issued"]
            waiting = [(cloud.state.files.get(file_id), rules) for file_id, rules in counters["to_replicate"]]
            cloud.state.to_replicate.extend((version, rules) for version, rules in waiting if version is not None)

    # --- writing ---

    def on_change(self, thing: Thing) -> None:
        """Mark that the record of a thing is to be written or removed."""
        self._record(_place_of(thing))

    def on_event(self, event_type: EVENT_TYPE, bucket: Bucket, version: FileVersion) -> None:
        """Events leave no record of their own."""

    def _record(self, place: Place) -> None:
        self._changed.add(place)
        self._recorded += 1

    @property
    def is_behind(self) -> bool:
        """Whether something has changed that is not on disk yet, or a file is there that nothing refers to."""
        is_early = self._cloud is not None and self._cloud.clock.ahead != self._ahead_on_disk
        return self._on_disk < self._recorded or is_early or self.storage.has_unused

    def commit(self) -> None:
        """Write what has changed, and return when all changes before this call are on disk.

        :raises OSError: it could not be written; it is tried again with the next commit.
        """
        with self._writing:
            if self._cloud is None or not self.is_behind:
                return
            batch = self._batch(self._cloud)
            try:
                self.storage.sync()
                self._write(batch)
            except (OSError, sqlite3.Error) as error:
                with self._cloud.lock:
                    self._changed.update(batch.records, batch.gone)
                    self._starts_over |= batch.starts_over
                raise OSError(f"the records could not be written: {error}") from error
            self._on_disk, self._ahead_on_disk = batch.up_to, batch.ahead
            self.storage.remove(batch.unused)

    def _batch(self, cloud: Cloud) -> Batch:
        with cloud.lock:
            changed, self._changed = self._changed, set()
            current = {place: self._current(cloud, place) for place in changed}
            written = {place: records.written(thing) for place, thing in current.items() if thing is not None}
            written[_COUNTERS] = self._counters(cloud)
            batch = Batch(
                self._recorded,
                cloud.clock.ahead,
                self._starts_over,
                written,
                [place for place in changed if place not in written],
                [place[1] for place, thing in current.items() if place[0] == "file" and not _is_unfinished(thing)],
                self.storage.unused(),
            )
            self._starts_over = False
            return batch

    def _current(self, cloud: Cloud, place: Place) -> Thing | None:
        kind, name, number = place
        state = cloud.state
        if kind == "part":
            large_file = state.files.get(name)
            return None if large_file is None else large_file.parts.get(number)
        tables: Mapping[str, Mapping[str, Thing]] = {
            "account": state.accounts,
            "key": state.keys,
            "token": state.tokens,
            "authorization": state.download_authorizations,
            "bucket": state.buckets,
            "file": state.files,
            "group": state.groups,
            "computer": state.computers,
        }
        return tables[kind].get(name) if kind in tables else None

    def _counters(self, cloud: Cloud) -> str:
        return json.dumps(
            {
                "ahead": cloud.clock.ahead,
                "lifecycle_day": cloud.lifecycle.day,
                "sequence": cloud.state.sequence,
                "issued": self.ids.issued,
                "to_replicate": [(version.file_id, rules) for version, rules in cloud.state.to_replicate],
            }
        )

    def _write(self, batch: Batch) -> None:
        with self._connection as connection:
            connection.execute("BEGIN IMMEDIATE")
            if batch.starts_over:
                connection.execute("DELETE FROM things")
            connection.executemany(
                "DELETE FROM things WHERE kind = 'part' AND id = ?", [(file_id,) for file_id in batch.without_parts]
            )
            connection.executemany("DELETE FROM things WHERE kind = ? AND id = ? AND number = ?", batch.gone)
            connection.executemany(
                "INSERT OR REPLACE INTO things VALUES (?, ?, ?, ?)",
                [(*place, record) for place, record in batch.records.items()],
            )

    def close(self) -> None:
        """Write what has changed, and let go of the directory; does nothing when called again."""
        if self.is_closed:
            return
        try:
            self.commit()
        finally:
            self.is_closed = True
            self._connection.close()


def _forget_expired_tokens(cloud: Cloud) -> None:
    state, now = cloud.state, cloud.clock.now()
    state.tokens = {text: token for text, token in state.tokens.items() if token.expires_at > now}
    state.download_authorizations = {
        text: authorization
        for text, authorization in state.download_authorizations.items()
        if authorization.expires_at > now
    }


def _is_unfinished(thing: Thing | None) -> bool:
    return isinstance(thing, FileVersion) and thing.action == "start"


def _open(path: Path) -> sqlite3.Connection:
    with contextlib.ExitStack() as stack:
        try:
            # The ledger's lock, not the thread, keeps two transactions apart.
            connection = sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)
            stack.callback(connection.close)
            found = _prepare(connection)
        except sqlite3.Error as error:
            raise ValueError(f"{path} cannot be used, perhaps another simulator uses it: {error}") from error
        if found > _FORMAT:
            raise ValueError(f"{path} was written by a later version of the simulator")
        stack.pop_all()
        return connection


def _prepare(connection: sqlite3.Connection) -> int:
    """Take the database for this process alone; return the format of what is in it."""
    for statement in ("locking_mode = EXCLUSIVE", "journal_mode = WAL", "synchronous = FULL"):
        connection.execute(f"PRAGMA {statement}")
    found = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if found <= _FORMAT:
        connection.execute(_SCHEMA)
        connection.execute(f"PRAGMA user_version = {_FORMAT}")
    return found
