"""Keep the B2 authorization in the database that the application has anyway.

Every worker of the application then shares one authorization and one list of bucket names: only the first one, and
whichever finds the token expired, calls ``b2_authorize_account``.

    info = DatabaseAccountInfo("application.sqlite")
    api = B2Api(info, cache=AuthInfoCache(info))
    if not info.is_same_key(KEY_ID, "production"):
        api.authorize_account("production", KEY_ID, KEY)

Upload URLs stay in the memory of each worker, as they must not be used by two at once; `UrlPoolAccountInfo` sees to
that. With another database, only the SQL changes.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from typing import Any, Protocol

from b2sdk.v2 import UrlPoolAccountInfo
from b2sdk.v2.exception import MissingAccountData

TABLES = """
    CREATE TABLE IF NOT EXISTS b2_authorization (id INTEGER PRIMARY KEY CHECK (id = 1), data TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS b2_bucket (id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE);
"""


class NamedBucket(Protocol):
    """What is read of a bucket."""

    @property
    def name(self) -> str: ...

    @property
    def id_(self) -> str: ...


class DatabaseAccountInfo(UrlPoolAccountInfo):
    """The authorization is one row, so that it is replaced as a whole; the values in it are one JSON text."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self._path = path
        with self._transaction() as database:
            database.executescript(TABLES)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._path)) as database, database:
            yield database

    def _one(self, query: str, *values: str) -> Any | None:
        with self._transaction() as database:
            row = database.execute(query, values).fetchone()
        return row[0] if row else None

    def _write(self, statement: str, *values: str) -> None:
        with self._transaction() as database:
            database.execute(statement, values)

    def clear(self) -> None:
        super().clear()
        with self._transaction() as database:
            database.execute("DELETE FROM b2_authorization")
            database.execute("DELETE FROM b2_bucket")

    # --- the authorization ---------------------------------------------------------------------------------------

    def _set_auth_data(
        self,
        account_id: str,
        auth_token: str,
        api_url: str,
        download_url: str,
        recommended_part_size: int,
        absolute_minimum_part_size: int,
        application_key: str,
        realm: str,
        s3_api_url: str,
        allowed: dict[str, Any],
        application_key_id: str,
    ) -> None:
        data = {
            "account_id": account_id,
            "auth_token": auth_token,
            "api_url": api_url,
            "download_url": download_url,
            "recommended_part_size": recommended_part_size,
            "absolute_minimum_part_size": absolute_minimum_part_size,
            "application_key": application_key,
            "realm": realm,
            "s3_api_url": s3_api_url,
            "allowed": allowed,
            "application_key_id": application_key_id,
        }
        self._write("INSERT OR REPLACE INTO b2_authorization VALUES (1, ?)", json.dumps(data))

    def _value(self, name: str) -> Any:
        data = self._one("SELECT data FROM b2_authorization")
        if data is None:
            raise MissingAccountData(name)  # the SDK takes this, and only this, as "not authorized yet"
        return json.loads(data)[name]

    def get_account_id(self) -> str:
        return str(self._value("account_id"))

    def get_account_auth_token(self) -> str:
        return str(self._value("auth_token"))

    def get_api_url(self) -> str:
        return str(self._value("api_url"))

    def get_download_url(self) -> str:
        return str(self._value("download_url"))

    def get_recommended_part_size(self) -> int:
        return int(self._value("recommended_part_size"))

    def get_absolute_minimum_part_size(self) -> int:
        return int(self._value("absolute_minimum_part_size"))

    def get_application_key(self) -> str:
        return str(self._value("application_key"))

    def get_realm(self) -> str:
        return str(self._value("realm"))

    def get_s3_api_url(self) -> str:
        return str(self._value("s3_api_url"))

    def get_allowed(self) -> dict[str, Any]:
        return dict(self._value("allowed"))

    def get_application_key_id(self) -> str:
        return str(self._value("application_key_id"))

    # --- names of buckets ----------------------------------------------------------------------------------------

    def list_bucket_names_ids(self) -> list[tuple[str, str]]:
        with self._transaction() as database:
            return database.execute("SELECT name, id FROM b2_bucket").fetchall()

    def refresh_entire_bucket_name_cache(self, name_id_iterable: Iterable[tuple[str, str]]) -> None:
        pairs = list(name_id_iterable)
        with self._transaction() as database:
            database.execute("DELETE FROM b2_bucket")
            database.executemany("INSERT INTO b2_bucket (name, id) VALUES (?, ?)", pairs)

    def save_bucket(self, bucket: NamedBucket) -> None:
        self._write("INSERT OR REPLACE INTO b2_bucket (name, id) VALUES (?, ?)", bucket.name, bucket.id_)

    def remove_bucket_name(self, bucket_name: str) -> None:
        self._write("DELETE FROM b2_bucket WHERE name = ?", bucket_name)

    def get_bucket_id_or_none_from_bucket_name(self, bucket_name: str) -> str | None:
        return self._one("SELECT id FROM b2_bucket WHERE name = ?", bucket_name)

    def get_bucket_name_or_none_from_bucket_id(self, bucket_id: str) -> str | None:
        return self._one("SELECT name FROM b2_bucket WHERE id = ?", bucket_id)
