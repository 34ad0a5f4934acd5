"""The open account-info file: who may read it, one connection, transactions, and what happens at a fork.

This module knows files and SQLite; what the rows mean is the business of others.

One connection serves all threads of the process, one at a time: statements take microseconds, and threads with
connections of their own would fight each other for the lock of the file.

SQLite needs eight system calls to find out whether another process has written. The stamp of the file needs one, where
it is reliable (:meth:`SqliteFile.is_reliable`).

A connection must not cross a fork (https://www.sqlite.org/howtocorrupt.html, 2.6), not even to be closed by the child,
and a thread that is inside SQLite at that moment would leave its mutexes locked for the child. So a fork waits for the
current statement or transaction, and finds every connection closed. Parent and child open the file again on next use.

A fork in C, of which Python's hooks know nothing, does not wait. The child leaves the connection to its parent then.
If it was in use at that moment, SQLite would take the locks of the parent for the child's, so the child cannot use the
file.
"""

from __future__ import annotations

import errno
import os
import sqlite3
import stat
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any
from weakref import WeakSet, finalize

from b2sdk.account_info import sqlite_schema
from b2sdk.account_info.json_file import replace_json_file
from b2sdk.exception import CorruptAccountInfo
from b2sdk.fork import PerProcess, in_this_process, leave_to_parent, new_lock, new_rlock, reset_after_fork

BUSY_TIMEOUT_SECONDS = 30.0
"""How long to wait for another process that has the file locked; then SQLite's "database is locked" is raised."""

_OWNER_ONLY = 0o600
_SECOND = 10**9
_STAMP_STEP = _SECOND // 10
"""Nanoseconds in which two writes may leave the same time: ten times what a kernel or a file system takes."""
_COARSE_STAMP_STEP = 4 * _SECOND
"""The same where times have a resolution of seconds; FAT has only even ones."""

Stamp = tuple[int, int, int, int]
_NOT_OUR_DATABASE = sqlite3.DatabaseError
"""This very class is about the file; its subclasses are about a statement or the moment, such as a lock."""


class SqliteFile:
    """A context manager: inside, this thread alone uses the connection that it is given.

    Opening happens on first use, creates the file (mode 0600, whatever the umask) and its tables if need be, and brings
    an older file up to date.

    :raises CorruptAccountInfo: the file is not a database, or not one of this kind; it is left as it is.
    :raises OSError: the file cannot be read or created, in the class that says why.
    :raises sqlite3.OperationalError: the file is locked for longer than :data:`BUSY_TIMEOUT_SECONDS`, is to be written
        but read-only, or the disk is full; or this process was forked in C while another thread used the file.
    """

    def __init__(self, filename: str, last_upgrade: int) -> None:
        self._filename = filename
        # Resolved now, as neither a later chdir nor a symlink that points to nothing yet may matter.
        self._path = os.path.realpath(filename) if filename else ""
        self._last_upgrade = last_upgrade
        self._connection: sqlite3.Connection | None = None
        self._lock = threading.RLock()
        with _forking():
            _files.add(self)
        reset_after_fork(self._begin_in_child)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._path, self._last_upgrade)

    def __enter__(self) -> sqlite3.Connection:
        in_this_process(self)
        self._lock.acquire()
        try:
            return self._connection or self._open()
        except BaseException as error:
            self.__exit__(type(error), error, error.__traceback__)
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._lock.release()
        if kind is _NOT_OUR_DATABASE:
            raise CorruptAccountInfo(self._filename) from error

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Give a connection on which all happens or nothing; other processes read the old state until the end."""
        with self as connection, connection:
            connection.execute("BEGIN IMMEDIATE")
            yield connection

    def stamp(self) -> Stamp | None:
        """Return what a write changes unless it is so soon after another that times are the same; ``None``: no file."""
        try:
            found = os.stat(self._path)  # noqa: PTH116  # Path.stat takes twice as long
        except OSError:
            return None
        return found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino

    def is_reliable(self, stamp: Stamp) -> bool:
        """Tell whether every write since the stamp was taken shows in the next one; asked inside, after a statement.

        Not where the last write is too recent to tell it from another, where writes go to another file (WAL; SQLite
        knows that when it has read), and not on Windows, which may set times only when a file is closed.
        """
        step = _STAMP_STEP if stamp[0] % _SECOND else _COARSE_STAMP_STEP
        if self._connection is None or sys.platform == "win32" or stamp[0] > time.time_ns() - step:
            return False
        (mode,) = self._connection.execute("PRAGMA journal_mode").fetchone()
        return bool(mode != "wal")

    def close(self) -> None:
        """Close the connection; the next use opens another one."""
        in_this_process(self)
        with self._lock:
            if self._connection is not None:
                self._finalizer()
                self._connection = None

    def _begin_in_child(self) -> None:
        if not self._lock.acquire(blocking=False):
            _torn.add(self._path)
        if self._connection is not None:
            self._finalizer.detach()
            leave_to_parent(self._connection)
        self._connection = None
        self._lock = threading.RLock()

    def _open(self) -> sqlite3.Connection:
        if self._path in _torn:
            raise sqlite3.OperationalError("this process was forked in C while another thread used the file")
        with _creating():
            _create_or_check(self._path)
        if not _is_database(self._path) and not replace_json_file(self._path):
            raise CorruptAccountInfo(self._filename)
        connection = _connect(self._path, "mode=rw")  # by itself SQLite creates files that others can read
        try:
            self._set_up(connection)
        except BaseException:
            connection.close()
            raise
        self._finalizer = finalize(self, _close, connection, os.getpid())
        self._connection = connection
        return connection

    def _set_up(self, connection: sqlite3.Connection) -> None:
        if sqlite_schema.is_set_up(connection, self._last_upgrade):
            return
        with connection:
            connection.execute("BEGIN IMMEDIATE")
            sqlite_schema.set_up(connection, self._last_upgrade)  # looks again: another process may have done it


def _create_or_check(path: str) -> None:
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, _OWNER_ONLY))
    except FileExistsError:
        _check(path)
    else:
        Path(path).chmod(_OWNER_ONLY)  # a umask can take rights of the owner


def _check(path: str) -> None:
    # SQLite has one vague error for all of these, and would only raise it later.
    found = os.stat(path)  # noqa: PTH116  # beside os.access
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
    if not os.access(path, os.R_OK, effective_ids=os.access in os.supports_effective_ids):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
    rights = stat.S_IMODE(found.st_mode)
    if sys.platform != "win32" and rights & ~stat.S_IRWXU and os.geteuid() in (found.st_uid, 0):
        with suppress(OSError):  # some file systems know no rights
            Path(path).chmod(rights & stat.S_IRWXU)


def _connect(path: str, options: str) -> sqlite3.Connection:
    return sqlite3.connect(
        f"{Path(path).as_uri()}?{options}",
        uri=True,
        timeout=BUSY_TIMEOUT_SECONDS,
        isolation_level=None,
        check_same_thread=False,
    )


def _is_database(path: str) -> bool:
    # "immutable" leaves alone the journal beside the file: it may belong to the database by which another process has
    # replaced a JSON file by now. Python's own open() would not do, as closing drops SQLite's locks.
    with closing(_connect(path, "mode=ro&immutable=1")) as connection:
        try:
            connection.execute("PRAGMA schema_version")
        except sqlite3.DatabaseError:
            return False
    return True


def _close(connection: sqlite3.Connection, opened_by: int) -> None:
    if os.getpid() == opened_by:
        connection.close()
    else:  # a child that has not used the file ends
        leave_to_parent(connection)


_files: WeakSet[SqliteFile] = WeakSet()
_torn: set[str] = set()
_forking = PerProcess(new_rlock)
_held: PerProcess[list[threading.RLock]] = PerProcess(list)
_creating = PerProcess(new_lock)
"""Closing a file releases every lock that this process has on it, those of SQLite included (POSIX). So the file that is
created is closed before another thread can open it."""


def _stop_for_fork() -> None:
    _hold(_forking())
    for file in list(_files):
        _hold(file._lock)  # noqa: SLF001  # the hooks act for the class
        file.close()


def _hold(lock: threading.RLock) -> None:
    lock.acquire()
    _held().append(lock)


def _go_on() -> None:
    held = _held()
    while held:
        held.pop().release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_stop_for_fork, after_in_parent=_go_on)  # those of the child are new
