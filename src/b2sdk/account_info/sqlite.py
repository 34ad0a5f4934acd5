"""Account state in a SQLite file, shared by the programs of one user; the default of the SDK.

What the statements read and write is here; files, locks and forks are `sqlite_file`'s, tables `sqlite_schema`'s, and
where the file lives is `location`'s.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from typing_extensions import override

from b2sdk.account_info import sqlite_schema
from b2sdk.account_info.abstract import AnyBucket
from b2sdk.account_info.auth_data import UNRESTRICTED, AuthData
from b2sdk.account_info.auth_data_keeper import AuthDataKeeper
from b2sdk.account_info.location import account_info_path, config_home
from b2sdk.account_info.sqlite_file import SqliteFile, Stamp

_SELECT_ACCOUNT = """
    SELECT account_id, account_auth_token, api_url, download_url, recommended_part_size, absolute_minimum_part_size,
           application_key, realm, s3_api_url, allowed, account_id_or_app_key_id
    FROM account
"""
_INSERT_ACCOUNT = """
    INSERT INTO account (account_id, account_auth_token, api_url, download_url, recommended_part_size,
                         absolute_minimum_part_size, application_key, realm, s3_api_url, allowed,
                         account_id_or_app_key_id)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_EMPTIED_TOGETHER = ("account", "bucket", "bucket_upload_url")

_Row = tuple[Any, ...]


class _Loaded(NamedTuple):
    """What was read from the file, and what shows whether a process has written since."""

    stamp: Stamp | None
    """The file's; ``None`` while it cannot be relied on."""
    connection: sqlite3.Connection
    version: int
    """The connection's count of others' changes."""
    auth_data: AuthData | None


class SqliteAccountInfo(AuthDataKeeper):
    """Keeps everything but upload URLs in a file, which any number of threads and processes may share.

    The file has mode 0600, since it holds the application key. Opening it raises what
    :class:`~b2sdk.account_info.sqlite_file.SqliteFile` lists, and so does each method: above all a
    :class:`sqlite3.OperationalError` when another process has the file locked for too long. That is never reported as
    missing data, which would send the user to authorize again. Storing an authorization empties the remembered bucket
    names.

    On a network file system, what another host writes is seen as late as that host's change of the file's times: on NFS
    by default up to a minute. For several hosts there are account infos in a database.

    The object may be pickled, and used on after a ``fork``; it takes its file along, but no upload URLs.
    """

    def __init__(
        self,
        file_name: str | os.PathLike[str] | None = None,
        last_upgrade_to_run: int | None = None,
        profile: str | None = None,
    ) -> None:
        """Open the file, which is created or brought up to date if need be.

        :param file_name: see :func:`~b2sdk.account_info.location.account_info_path`, as for ``profile``
        :param last_upgrade_to_run: leave the tables as an older version would; for tests
        """
        super().__init__()
        self.filename: str = self.get_user_account_info_path(file_name=file_name, profile=profile)
        latest = max(sqlite_schema.UPGRADES)
        self._file = SqliteFile(self.filename, latest if last_upgrade_to_run is None else last_upgrade_to_run)
        self._loaded: _Loaded | None = None
        with self._file:
            pass  # a bad file is reported here, not at the first request

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_loaded": None}  # credentials stay in the file

    @classmethod
    def get_user_account_info_path(
        cls, file_name: str | os.PathLike[str] | None = None, profile: str | None = None
    ) -> str:
        """Return the path as :func:`~b2sdk.account_info.location.account_info_path` does."""
        return account_info_path(file_name=file_name, profile=profile)

    def close(self) -> None:
        """Close the file. The object stays usable: the next use opens the file again."""
        self._file.close()

    @override
    def clear(self) -> None:
        super().clear()
        with self._replacing_everything():
            pass  # by nothing

    @override
    def _load_auth_data(self) -> AuthData | None:
        loaded = self._loaded
        if loaded is not None and loaded.stamp is not None and loaded.stamp == self._file.stamp():
            return loaded.auth_data  # a fifth of what asking SQLite takes, and each request asks several times
        with self._file as connection:
            stamp = self._file.stamp()
            version = connection.execute("PRAGMA data_version").fetchone()[0]
            loaded = self._loaded
            if loaded is not None and loaded.connection is connection and loaded.version == version:
                auth_data = loaded.auth_data
            else:
                row = connection.execute(_SELECT_ACCOUNT).fetchone()
                auth_data = None if row is None else _auth_data(row)
            is_reliable = stamp is not None and self._file.is_reliable(stamp)
            self._loaded = _Loaded(stamp if is_reliable else None, connection, version, auth_data)
        return auth_data

    @override
    def _store_auth_data(self, auth_data: AuthData) -> None:
        with self._replacing_everything() as connection:
            connection.execute(_INSERT_ACCOUNT, _row(auth_data))

    def set_auth_data_with_schema_0_for_test(
        self,
        account_id: str,
        auth_token: str,
        api_url: str,
        download_url: str,
        minimum_part_size: int,
        application_key: str,
        realm: str,
    ) -> None:
        """Store what the oldest versions did; works on a file opened with ``last_upgrade_to_run`` below 4."""
        with self._replacing_everything() as connection:
            sqlite_schema.insert_first_account(
                connection,
                {
                    "account_id": account_id,
                    "application_key": application_key,
                    "account_auth_token": auth_token,
                    "api_url": api_url,
                    "download_url": download_url,
                    "minimum_part_size": minimum_part_size,
                    "realm": realm,
                },
            )

    def _get_connection(self) -> sqlite3.Connection:
        """Return the connection, on which each statement is a transaction; tests of programs look at the tables."""
        with self._file as connection:
            return connection

    @classmethod
    def _get_xdg_config_path(cls) -> str | None:
        """Return the configuration folder; tests of programs ask where files go."""
        return config_home()

    @contextmanager
    def _replacing_everything(self) -> Iterator[sqlite3.Connection]:
        with self._file.transaction() as connection:
            self._loaded = None  # of what this connection writes it does not tell itself
            for table in _EMPTIED_TOGETHER:
                connection.execute(f"DELETE FROM {table}")  # noqa: S608  # the names are those above
            yield connection

    @override
    def list_bucket_names_ids(self) -> list[tuple[str, str]]:
        with self._file as connection:
            return connection.execute("SELECT bucket_name, bucket_id FROM bucket").fetchall()

    @override
    def refresh_entire_bucket_name_cache(self, name_id_iterable: Iterable[tuple[str, str]]) -> None:
        pairs = list(name_id_iterable)  # a generator may take its time, and the file is locked below
        with self._file.transaction() as connection:
            connection.execute("DELETE FROM bucket")
            connection.executemany("INSERT INTO bucket (bucket_name, bucket_id) VALUES (?, ?)", pairs)

    @override
    def remove_bucket_name(self, bucket_name: str) -> None:
        with self._file.transaction() as connection:
            connection.execute("DELETE FROM bucket WHERE bucket_name = ?", (bucket_name,))

    @override
    def save_bucket(self, bucket: AnyBucket) -> None:
        """Remember the bucket; another name that its id had is forgotten, and another id that its name had."""
        with self._file.transaction() as connection:
            connection.execute("DELETE FROM bucket WHERE bucket_id = ? OR bucket_name = ?", (bucket.id_, bucket.name))
            connection.execute("INSERT INTO bucket (bucket_name, bucket_id) VALUES (?, ?)", (bucket.name, bucket.id_))

    @override
    def get_bucket_id_or_none_from_bucket_name(self, bucket_name: str) -> str | None:
        return self._first("SELECT bucket_id FROM bucket WHERE bucket_name = ?", bucket_name)

    @override
    def get_bucket_name_or_none_from_bucket_id(self, bucket_id: str) -> str | None:
        return self._first("SELECT bucket_name FROM bucket WHERE bucket_id = ?", bucket_id)

    def _first(self, statement: str, wanted: str) -> str | None:
        with self._file as connection:
            row: tuple[str] | None = connection.execute(statement, (wanted,)).fetchone()
        return None if row is None else row[0]


def _row(auth_data: AuthData) -> _Row:
    *before, allowed, application_key_id = auth_data
    return (*before, json.dumps(allowed), application_key_id)


def _auth_data(row: _Row) -> AuthData:
    """Read a row, in which an account that an old version stored has no values in the columns added since."""
    *always_there, s3_api_url, allowed, application_key_id = row
    values: _Row = (
        *always_there,
        s3_api_url or "",
        UNRESTRICTED if allowed is None else sqlite_schema.with_buckets(json.loads(allowed)),
        application_key_id or row[0],
    )
    return AuthData(*values)
