"""The account-info file of the first versions, which was JSON: recognised, and replaced by a database.

The database that replaces it has the first schema; it is upgraded when it is opened.
"""

from __future__ import annotations

import json
import os
import sqlite3
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from b2sdk.account_info import sqlite_schema

if sys.platform != "win32":
    import fcntl

_SQLITE_MAGIC = b"SQLite format 3\0"
_KEYS = frozenset(
    {
        "account_id",
        "application_key",
        "account_auth_token",
        "api_url",
        "download_url",
        "minimum_part_size",
        "realm",
    }
)


def replace_json_file(filename: str) -> bool:
    """Replace a JSON file by a database, atomically and with mode 0600.

    Return whether a database is there now, which is also so when another process was faster. A file that is neither
    is left alone.
    """
    with _alone_with(filename):
        content = Path(filename).read_bytes()
        if content.startswith(_SQLITE_MAGIC):
            return True
        account = _account_of(content)
        if account is None:
            return False
        _replace_with_database(filename, account)
        return True


@contextmanager
def _alone_with(filename: str) -> Iterator[None]:
    # Replacing must happen once: a database that is in use when it is replaced leaves its journal to the next one.
    if sys.platform == "win32":  # where a file that is in use cannot be replaced
        yield
        return
    with Path(filename).open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _account_of(content: bytes) -> Mapping[str, Any] | None:
    try:
        account = json.loads(content.decode())
    except ValueError:
        return None
    return account if isinstance(account, dict) and account.keys() >= _KEYS else None


def _replace_with_database(filename: str, account: Mapping[str, Any]) -> None:
    # Built beside the file and moved over it: a reader sees one or the other, and a crash loses nothing.
    scratch = _scratch_beside(filename)
    _remove(scratch)  # what a process has left that was killed here; both hold the key
    try:
        os.close(os.open(scratch, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        with closing(sqlite3.connect(scratch)) as connection, connection:
            sqlite_schema.create_first_schema(connection)
            sqlite_schema.insert_first_account(connection, account)
        Path(scratch).replace(filename)
    except BaseException:
        _remove(scratch)
        raise


def _scratch_beside(filename: str) -> str:
    folder, name = os.path.split(filename)
    # Where nobody is alone with the file, each has a name of its own.
    owner = f".{os.getpid()}" if sys.platform == "win32" else ""
    return os.path.join(folder, f".{name}{owner}.b2new")  # noqa: PTH118  # paths are strings here


def _remove(scratch: str) -> None:
    for suffix in ("-journal", ""):
        Path(scratch + suffix).unlink(missing_ok=True)
