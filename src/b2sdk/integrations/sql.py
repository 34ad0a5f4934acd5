"""Account state in the SQL database of the application, for all of its processes. Needs the extra ``sql``.

Statements here are such that PostgreSQL, MariaDB, MySQL and SQLite understand them alike, and transactions such that
the lowest usual isolation is enough. No connection is held while something else is waited for: applications have few.
"""

from __future__ import annotations

import os
import random
import secrets
import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, ClassVar

from sqlalchemy import BigInteger, Connection, Engine, MetaData, delete, exc, func, insert, select, update
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.pool import Pool
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.expression import FunctionElement
from typing_extensions import override

from b2sdk.integrations.account_store import NEVER_STORED, AccountStore, StoredState, StoredUrl
from b2sdk.integrations.shared_account_info import Cipher, OnOutage, SharedAccountInfo
from b2sdk.integrations.sql_tables import DEFAULT_PREFIX, account_tables

_CANDIDATES = 20
_STALE_AT_ONCE = 1000
_FREE = {"lock_holder": "", "locked_until": 0}
_NOTHING = {"id": 1, "generation": NEVER_STORED, "payload": None, **_FREE}


class _UnixTime(FunctionElement[int]):
    """Seconds since 1970, by the clock of the database. Time zones are different in each connection."""

    name = "b2_unix_time"
    type = BigInteger()
    inherit_cache = True


_UNIX_TIME = {
    "postgresql": "CAST(floor(extract(epoch FROM clock_timestamp())) AS BIGINT)",
    "mysql": "UNIX_TIMESTAMP()",
    "mariadb": "UNIX_TIMESTAMP()",
    "sqlite": "CAST((julianday('now') - 2440587.5) * 86400 AS INTEGER)",
}


@compiles(_UnixTime)
def _compile_unix_time(_element: _UnixTime, compiler: Any, **_kwargs: Any) -> str:
    return _UNIX_TIME[compiler.dialect.name]


class _Secret(str):
    """A text that is not told where SQLAlchemy shows the parameters of a statement: in logs and errors."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'******'"


class SqlAccountInfo(SharedAccountInfo):
    """Shares the account state among all processes that use one database.

    The tables must be there: see :func:`~b2sdk.integrations.sql_tables.account_tables` and
    :func:`~b2sdk.integrations.sql_tables.create_account_tables`. If they are not, methods raise SQLAlchemy's
    ``ProgrammingError``, or ``OperationalError`` as the cause of ``AccountStoreUnavailable`` on SQLite.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        table_prefix: str = DEFAULT_PREFIX,
        schema: str | None = None,
        cipher: Cipher | None = None,
        on_outage: OnOutage = "raise",
    ) -> None:
        """Use the engine of the application. Its pool is begun anew in forked processes, as SQLAlchemy asks for.

        :raises ValueError: the database is none of those above; or as ``account_tables`` and ``SharedAccountInfo``.
        """
        super().__init__(SqlStore(engine, table_prefix, schema), cipher=cipher, on_outage=on_outage)


_inside_sqlite = threading.RLock()
"""A thread that is inside SQLite at a fork would leave its mutexes locked for the child, so a fork waits for it."""

if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_inside_sqlite.acquire, after_in_parent=_inside_sqlite.release, after_in_child=_inside_sqlite.release
    )


class SqlStore(AccountStore):
    """The statements.

    Each writer of the row of the account or of the buckets begins by locking that row, so that none waits for another
    in a circle. Upload URLs are found without a lock, then deleted by their primary key: who deleted it has it.
    """

    unavailable: ClassVar[tuple[type[Exception], ...]] = (
        exc.OperationalError,
        exc.InterfaceError,
        exc.InternalError,
        exc.TimeoutError,
    )

    def __init__(self, engine: Engine, prefix: str = DEFAULT_PREFIX, schema: str | None = None) -> None:
        if engine.dialect.name not in _UNIX_TIME:
            raise ValueError(f"{engine.dialect.name} is not supported; {', '.join(_UNIX_TIME)} are")
        tables = account_tables(MetaData(schema=schema), prefix=prefix)
        on_sqlite = engine.dialect.name == "sqlite"
        # At higher levels, servers refuse what here just has to wait for another transaction.
        self._options = {} if on_sqlite else {"isolation_level": "READ COMMITTED"}
        self._engine = engine
        self._account, self._bucket, self._url = tables.account, tables.bucket, tables.upload_url
        self._is_the_account = self._account.c.id == 1
        self._inherited: list[Pool] = []
        self._guard: AbstractContextManager[Any] = _inside_sqlite if on_sqlite else nullcontext()

    @override
    def begin_in_child(self) -> None:
        self._inherited.append(self._engine.pool)  # the connections of the parent must not be closed here
        self._engine.dispose(close=False)

    @contextmanager
    def _begin(self) -> Iterator[Connection]:
        with self._guard, self._engine.connect() as connection:
            self._isolate(connection)
            with connection.begin():
                yield connection

    def _isolate(self, connection: Connection) -> None:
        try:
            connection.execution_options(**self._options)
        except Exception as error:
            # It may be the first to notice that the server has closed a pooled connection, and is not translated.
            if not isinstance(error, self._engine.dialect.loaded_dbapi.Error):
                raise
            connection.invalidate(error)
            raise exc.OperationalError(None, None, error) from error

    # --- the authorization ---

    @override
    def load(self) -> StoredState:
        wanted = select(self._account.c.generation, self._account.c.payload, _UnixTime()).where(self._is_the_account)
        with self._begin() as connection:
            row = connection.execute(wanted).one_or_none()
            if row is None:
                return StoredState(NEVER_STORED, None, connection.execute(select(_UnixTime())).scalar_one())
        return StoredState(*row)

    @override
    def replace(self, generation: str, payload: str) -> None:
        with self._locked() as connection:
            connection.execute(self._change(generation=generation, payload=_Secret(payload)))
        self._remove_stale_urls(generation)

    @override
    def clear(self, generation: str) -> None:
        with self._locked() as connection:
            connection.execute(self._change(generation=generation, payload=None))
            connection.execute(delete(self._bucket))
        self._remove_stale_urls(generation)

    def _change(self, **values: Any) -> Any:
        return update(self._account).where(self._is_the_account).values(**values)

    @contextmanager
    def _locked(self) -> Iterator[Connection]:
        """Begin a transaction with a write, which keeps others out in every database, also in SQLite."""
        while True:
            with self._begin() as connection:
                if connection.execute(self._change(id=1)).rowcount:
                    yield connection
                    return
            self._make_row()

    def _make_row(self) -> None:
        try:
            with self._begin() as connection:
                connection.execute(insert(self._account).values(_NOTHING))
        except exc.IntegrityError:
            pass  # somebody else has made it

    # --- names of buckets ---

    @override
    def buckets(self) -> list[tuple[str, str]]:
        with self._begin() as connection:
            rows = connection.execute(select(self._bucket.c.name, self._bucket.c.bucket_id)).all()
        return [(row.name, row.bucket_id) for row in rows]

    @override
    def replace_buckets(self, pairs: Sequence[tuple[str, str]]) -> None:
        rows = [{"name": name, "bucket_id": id_} for name, id_ in pairs]
        with self._locked() as connection:
            connection.execute(delete(self._bucket))
            if rows:
                connection.execute(insert(self._bucket), rows)

    @override
    def save_bucket(self, name: str, id_: str) -> None:
        columns = self._bucket.c
        with self._locked() as connection:
            connection.execute(delete(self._bucket).where((columns.name == name) | (columns.bucket_id == id_)))
            connection.execute(insert(self._bucket).values(name=name, bucket_id=id_))

    @override
    def remove_bucket(self, name: str) -> None:
        with self._locked() as connection:
            connection.execute(delete(self._bucket).where(self._bucket.c.name == name))

    @override
    def bucket_id(self, name: str) -> str | None:
        return self._first(self._bucket.c.bucket_id, self._bucket.c.name == name)

    @override
    def bucket_name(self, id_: str) -> str | None:
        return self._first(self._bucket.c.name, self._bucket.c.bucket_id == id_)

    def _first(self, wanted: ColumnElement[str], condition: ColumnElement[bool]) -> str | None:
        with self._begin() as connection:
            return connection.execute(select(wanted).where(condition).limit(1)).scalar()

    # --- upload URLs ---

    @override
    def take_url(self, target: str) -> StoredUrl | None:
        columns = self._url.c
        stored = select(self._account.c.generation).where(self._is_the_account).scalar_subquery()
        wanted = (
            select(columns.id, columns.payload, columns.generation, columns.expires_at)
            .where(columns.target == target, columns.expires_at > _UnixTime())
            .where(columns.generation == func.coalesce(stored, NEVER_STORED))
            .order_by(columns.expires_at.desc())
            .limit(_CANDIDATES)
        )
        while candidates := self._rows(wanted):
            random.shuffle(candidates)  # others are choosing, too
            for row in candidates:
                if self._delete_urls([row.id]):
                    return StoredUrl(row.payload, row.generation, row.expires_at)
        return None

    @override
    def put_url(self, target: str, url: StoredUrl) -> None:
        row = {
            "id": secrets.token_hex(16),
            "target": target,
            "generation": url.generation,
            "expires_at": url.expires_at,
            "payload": _Secret(url.payload),
        }
        with self._begin() as connection:
            connection.execute(insert(self._url).values(row))

    @override
    def drop_urls(self, target: str) -> None:
        self._delete_urls([row.id for row in self._rows(select(self._url.c.id).where(self._url.c.target == target))])

    def _remove_stale_urls(self, generation: str) -> None:
        columns = self._url.c
        stale = select(columns.id).where(columns.generation != generation).limit(_STALE_AT_ONCE)
        self._delete_urls([row.id for row in self._rows(stale)])

    def _rows(self, wanted: Any) -> list[Any]:
        with self._begin() as connection:
            return list(connection.execute(wanted).all())

    def _delete_urls(self, ids: Sequence[str]) -> int:
        # By the primary key alone: MySQL locks gaps otherwise, which ends in deadlocks with those who insert.
        if not ids:
            return 0
        with self._begin() as connection:
            return connection.execute(delete(self._url).where(self._url.c.id.in_(ids))).rowcount

    # --- who authorizes ---

    @override
    def try_lock(self, holder: str, seconds: int) -> bool:
        until = _UnixTime() + seconds
        with self._locked() as connection:
            free = self._account.c.locked_until <= _UnixTime()
            taken = connection.execute(self._change(lock_holder=holder, locked_until=until).where(free))
            return taken.rowcount == 1

    @override
    def unlock(self, holder: str) -> None:
        with self._begin() as connection:
            connection.execute(self._change(**_FREE).where(self._account.c.lock_holder == holder))
