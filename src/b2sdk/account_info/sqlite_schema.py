"""The tables of the account-info file, and how files of every age are brought up to date.

Everything here is SQL on a connection that someone else opened. The tables and the numbers of the upgrades are a
format shared with other versions of this library, which open the same files: they never change, new ones are added.

A file that has the tables but is not account info is reported as SQLite reports a file that is no database at all,
with a plain :class:`sqlite3.DatabaseError`.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping
from typing import Any

_UPDATE_DONE = "CREATE TABLE IF NOT EXISTS update_done (update_number INT NOT NULL)"
_BUCKET = "CREATE TABLE IF NOT EXISTS bucket (bucket_name TEXT NOT NULL, bucket_id TEXT NOT NULL)"
_BUCKET_UPLOAD_URL = (  # never filled, but versions that empty it still open the file
    "CREATE TABLE IF NOT EXISTS bucket_upload_url "
    "(bucket_id TEXT NOT NULL, upload_url TEXT NOT NULL, upload_auth_token TEXT NOT NULL)"
)
_FIRST_ACCOUNT = """
    CREATE TABLE IF NOT EXISTS account (
        account_id TEXT NOT NULL,
        application_key TEXT NOT NULL,
        account_auth_token TEXT NOT NULL,
        api_url TEXT NOT NULL,
        download_url TEXT NOT NULL,
        minimum_part_size INT NOT NULL,
        realm TEXT NOT NULL
    )
"""
_ACCOUNT_WITH_TWO_PART_SIZES = """
    CREATE TABLE tmp_account (
        account_id TEXT NOT NULL,
        application_key TEXT NOT NULL,
        account_auth_token TEXT NOT NULL,
        api_url TEXT NOT NULL,
        download_url TEXT NOT NULL,
        absolute_minimum_part_size INT NOT NULL,
        recommended_part_size INT NOT NULL,
        realm TEXT NOT NULL,
        allowed TEXT,
        account_id_or_app_key_id TEXT,
        s3_api_url TEXT
    )
"""
_TABLES = frozenset({"update_done", "account", "bucket", "bucket_upload_url"})
_COLUMNS_AT_ALL_TIMES = frozenset(
    {"account_id", "application_key", "account_auth_token", "api_url", "download_url", "realm"}
)

Upgrade = Callable[[sqlite3.Connection], object]


def _adding(column: str) -> Upgrade:
    return lambda connection: connection.execute(f"ALTER TABLE account ADD COLUMN {column} TEXT")


def _tell_part_sizes_apart(connection: sqlite3.Connection) -> None:
    connection.execute(_ACCOUNT_WITH_TWO_PART_SIZES)
    connection.execute("""
        INSERT INTO tmp_account
        SELECT account_id, application_key, account_auth_token, api_url, download_url,
               5000000, minimum_part_size, realm, allowed, account_id_or_app_key_id, s3_api_url
        FROM account
    """)
    connection.execute("DROP TABLE account")
    connection.execute("ALTER TABLE tmp_account RENAME TO account")


def _allow_several_buckets(connection: sqlite3.Connection) -> None:
    row = connection.execute("SELECT allowed FROM account").fetchone()
    if row is None or row[0] is None:
        return
    try:
        allowed = with_buckets(json.loads(row[0]))
    except (KeyError, ValueError) as error:
        raise sqlite3.DatabaseError("the column `allowed` is not what any version wrote") from error
    connection.execute("UPDATE account SET allowed = ?", (json.dumps(allowed),))


def with_buckets(allowed: dict[str, Any]) -> dict[str, Any]:
    """Return restrictions in the form of several buckets, which older programs that share the file do not write."""
    if "buckets" in allowed:
        return allowed
    bucket_id, bucket_name = allowed.pop("bucketId"), allowed.pop("bucketName", None)
    return {**allowed, "buckets": None if bucket_id is None else [{"id": bucket_id, "name": bucket_name}]}


UPGRADES: Mapping[int, Upgrade] = {
    1: _adding("allowed"),
    2: _adding("account_id_or_app_key_id"),
    3: _adding("s3_api_url"),
    4: _tell_part_sizes_apart,
    5: _allow_several_buckets,
    6: _allow_several_buckets,  # some versions wrote the old form into files that had upgrade 5
}
"""Number, as recorded in ``update_done``, to what it does."""


def is_set_up(connection: sqlite3.Connection, last_upgrade: int) -> bool:
    """Whether the tables are there and the upgrades up to ``last_upgrade`` done; later ones may be done as well."""
    return _tables(connection) >= _TABLES and not _pending(connection, last_upgrade)


def set_up(connection: sqlite3.Connection, last_upgrade: int) -> None:
    """Create what is missing and run the upgrades that are due, in a transaction that the caller has started.

    :raises sqlite3.DatabaseError: the file holds something else; nothing was changed.
    """
    if not _is_account_info(connection):
        raise sqlite3.DatabaseError("the database is not an account-info file")
    create_first_schema(connection)
    for number in _pending(connection, last_upgrade):
        UPGRADES[number](connection)
        connection.execute("INSERT INTO update_done VALUES (?)", (number,))


def create_first_schema(connection: sqlite3.Connection) -> None:
    """Create the tables, as far as they are missing, in the form that no upgrade has touched."""
    for statement in (_UPDATE_DONE, _FIRST_ACCOUNT, _BUCKET, _BUCKET_UPLOAD_URL):
        connection.execute(statement)


def insert_first_account(connection: sqlite3.Connection, row: Mapping[str, Any]) -> None:
    """Insert the account into tables that no upgrade has touched; ``row`` has a value per column, and may have more."""
    connection.execute(
        """
        INSERT INTO account (account_id, application_key, account_auth_token, api_url, download_url,
                             minimum_part_size, realm)
        VALUES (:account_id, :application_key, :account_auth_token, :api_url, :download_url,
                :minimum_part_size, :realm)
        """,
        row,
    )


def _is_account_info(connection: sqlite3.Connection) -> bool:
    columns = {name for _, name, *_ in connection.execute("PRAGMA table_info(account)")}
    return columns >= _COLUMNS_AT_ALL_TIMES if columns else _tables(connection) <= _TABLES


def _tables(connection: sqlite3.Connection) -> set[str]:
    return {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def _pending(connection: sqlite3.Connection, last_upgrade: int) -> list[int]:
    done = {number for (number,) in connection.execute("SELECT update_number FROM update_done")}
    return [number for number in UPGRADES if number <= last_upgrade and number not in done]
