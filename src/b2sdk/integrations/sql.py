"""Account state in the SQL database of the application, for all of its processes. Needs the extra ``sql``.

Statements here are such that PostgreSQL, MariaDB, MySQL and SQLite understand them alike, and transactions such that
the lowest usual isolation is enough. No connection is held while something else is waited for: applications have few.
"""

from __future__ import annotations

import logging
import os
import random
import secrets
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, ClassVar

# First, as it says which extra is missing.
from b2sdk.integrations.sql_tables import DEFAULT_PREFIX, AccountTablesMissing, account_tables, engine_of

# isort: split
from sqlalchemy import (
    URL,
    BigInteger,
    ColumnElement,
    Connection,
    Dialect,
    Engine,
    MetaData,
    Text,
    TypeDecorator,
    delete,
    exc,
    func,
    insert,
    select,
    type_coerce,
    update,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import FunctionElement
from typing_extensions import override

from b2sdk.fork import PerProcess, leave_to_parent, new_rlock
from b2sdk.integrations.account_store import NEVER_STORED, AccountStore, AccountStoreUnavailable, StoredState, StoredUrl
from b2sdk.integrations.shared_account_info import Cipher, OnOutage, SharedAccountInfo

if TYPE_CHECKING:
    from sqlalchemy import Select, Update
    from sqlalchemy.sql.compiler import SQLCompiler

logger: logging.Logger = logging.getLogger(__name__)

_CANDIDATES = 20
_DELETED_AT_ONCE = 1000
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
def _compile_unix_time(_element: _UnixTime, compiler: SQLCompiler, **_kwargs: object) -> str:
    return _UNIX_TIME[compiler.dialect.name]


class _Secret(str):
    """A text that SQLAlchemy does not show in logs and errors, where it shows parameters of a statement, or rows."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'******'"


class _SecretText(TypeDecorator[str]):
    """What is read is such a text. It is not the type of the columns, as then migrations would name it."""

    impl = Text
    cache_ok = True

    @override
    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else _Secret(value)


_MISSING_TABLE = ("42P01", "42S02", 1146)
"""The SQLSTATE of PostgreSQL and that of MySQL, and the number of MySQL."""
_OUTAGES = ("08", "25", "40", "53", "55", "57", "58")
"""Classes of SQLSTATE: connection, state of the transaction (a replica is read-only), conflict, resources, not in the
state for that, operator, system. Some drivers have one class of errors for all of them."""


def _code_of(error: BaseException | None) -> str | int | None:
    """Return the SQLSTATE that a driver reports, or the number of MySQL; SQLite has neither."""
    for name in ("sqlstate", "pgcode"):
        if code := getattr(error, name, None):
            return str(code)
    first = error.args[0] if error is not None and error.args else None
    if isinstance(first, dict):  # that of pg8000
        return str(first.get("C"))
    return first if isinstance(first, int) else None


def _without_values(error: exc.DBAPIError) -> Exception:
    """Return the error, or one like it where PostgreSQL adds to its message which row or parameters it was about."""
    driver: Any = error.orig
    report = getattr(driver, "diag", None)
    if report is None or not (report.message_detail or report.context):
        return error
    without = type(error)(
        None, None, type(driver)(report.message_primary), connection_invalidated=error.connection_invalidated
    )
    return without.with_traceback(error.__traceback__)


@contextmanager
def _without_prepared_statements(connection: Any) -> Iterator[None]:
    """Let psycopg prepare no statement of ours.

    What it has prepared on one connection of PgBouncer in transaction mode is something else on another, or nothing.
    """
    threshold = getattr(connection, "prepare_threshold", None)
    if threshold is None:
        yield
        return
    connection.prepare_threshold = None
    try:
        yield
    finally:
        connection.prepare_threshold = threshold


class SqlAccountInfo(SharedAccountInfo):
    """Shares the account state among all processes that use one database.

    The tables must be there: see :func:`~b2sdk.integrations.sql_tables.account_tables` and
    :func:`~b2sdk.integrations.sql_tables.create_account_tables`. If they are not, methods raise
    :class:`~b2sdk.integrations.sql_tables.AccountTablesMissing`, also with ``on_outage="memory"``.
    """

    def __init__(
        self,
        engine: Engine | URL | str,
        *,
        table_prefix: str = DEFAULT_PREFIX,
        schema: str | None = None,
        cipher: Cipher | None = None,
        on_outage: OnOutage = "raise",
    ) -> None:
        """Use the engine of the application, or make one for a URL, which :meth:`close` disposes of.

        Its pool is replaced in forked processes, as SQLAlchemy requires.

        :raises ValueError: the database is none of those above; or as ``engine_of``, ``account_tables`` and
            ``SharedAccountInfo``.
        :raises TypeError: as ``engine_of``.
        """
        super().__init__(SqlStore(engine, table_prefix, schema), cipher=cipher, on_outage=on_outage)


_inside_sqlite = PerProcess(new_rlock)
"""A thread that is inside SQLite at a fork would leave its mutexes locked for the child, so a fork waits for it."""
_held: PerProcess[list[threading.RLock]] = PerProcess(list)


def _stop_for_fork() -> None:
    lock = _inside_sqlite()
    lock.acquire()
    _held().append(lock)


def _go_on() -> None:
    _held().pop().release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_stop_for_fork, after_in_parent=_go_on)  # that of the child is new


class SqlStore(AccountStore):
    """The statements.

    Each writer of the row of the account or of the buckets starts by locking that row, so that there is no deadlock.
    Upload URLs are found without a lock, then deleted by their primary key: the process that deleted one may use it.
    """

    unavailable: ClassVar[tuple[type[Exception], ...]] = (
        exc.OperationalError,
        exc.InterfaceError,
        exc.InternalError,
        exc.TimeoutError,
    )

    def __init__(self, engine: Engine | URL | str, prefix: str = DEFAULT_PREFIX, schema: str | None = None) -> None:
        self._is_own = not isinstance(engine, Engine)
        engine = engine_of(engine)
        if engine.dialect.name not in _UNIX_TIME:
            raise ValueError(f"{engine.dialect.name} is not supported; {', '.join(_UNIX_TIME)} are")
        tables = account_tables(MetaData(schema=schema), prefix=prefix)
        on_sqlite = engine.dialect.name == "sqlite"
        # At higher levels, servers refuse what here just has to wait for another transaction.
        self._options = {} if on_sqlite else {"isolation_level": "READ COMMITTED"}
        self._engine = engine
        self._account, self._bucket, self._url = tables.account, tables.bucket, tables.upload_url
        self._is_the_account = self._account.c.id == 1
        self._names = prefix, schema
        self._guard: Callable[[], AbstractContextManager[Any]] = _inside_sqlite if on_sqlite else nullcontext

    @override
    def translate(self, error: Exception) -> Exception:
        if isinstance(error, exc.DBAPIError):
            shown = _without_values(error)
            if self._is_about_tables(error):
                missing = AccountTablesMissing(*self._names)
                missing.__cause__ = shown
                return missing
            return AccountStoreUnavailable.because_of(shown) if self._is_outage(error) else shown
        # What sets up a connection, or gives it back, is not translated by SQLAlchemy.
        is_outage = isinstance(error, (*self.unavailable, self._engine.dialect.loaded_dbapi.Error))
        return AccountStoreUnavailable.because_of(error) if is_outage else error

    def _is_about_tables(self, error: exc.DBAPIError) -> bool:
        code = _code_of(error.orig)
        return code in _MISSING_TABLE or (code is None and "no such table" in str(error.orig))

    def _is_outage(self, error: exc.DBAPIError) -> bool:
        code = _code_of(error.orig)
        return (
            isinstance(error, self.unavailable)
            or error.connection_invalidated
            or (isinstance(code, str) and code.startswith(_OUTAGES))
        )

    @override
    def close(self) -> None:
        if self._is_own:
            self._engine.dispose()

    @override
    def begin_in_child(self) -> None:
        leave_to_parent(self._engine.pool)  # its connections must not be closed here
        self._engine.dispose(close=False)

    @contextmanager
    def _begin(self) -> Iterator[Connection]:
        with self._guard(), self._connected() as connection:
            connection.execution_options(**self._options)
            with connection.begin():
                yield connection

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        connection = self._engine.connect()
        pooled = connection.connection
        try:
            with _without_prepared_statements(pooled.dbapi_connection):
                yield connection
        except self._engine.dialect.loaded_dbapi.Error as error:
            # What sets up a connection may be the first to notice that the server has closed it.
            connection.invalidate(error)
            raise
        finally:
            try:
                connection.close()
            except Exception as error:  # noqa: BLE001  # the driver's own
                # The transaction has ended by then, one way or the other. What has failed is to set the connection up
                # for the next one; without this, its place in the pool would be lost.
                logger.debug("a connection could not be given back (%s)", type(error).__name__)
                pooled.detach()
                pooled.close()

    # --- the authorization ---

    @override
    def load(self) -> StoredState:
        payload = type_coerce(self._account.c.payload, _SecretText())
        wanted = select(self._account.c.generation, payload, _UnixTime()).where(self._is_the_account)
        with self._begin() as connection:
            row = connection.execute(wanted).one_or_none()
            if row is None:
                return StoredState(NEVER_STORED, None, connection.execute(select(_UnixTime())).scalar_one())
        return StoredState(*row)

    @override
    def replace(self, generation: str, payload: str) -> None:
        with self._begin_locked() as connection:
            connection.execute(self._change(generation=generation, payload=_Secret(payload)))
        self._remove_stale_urls(generation)

    @override
    def clear(self, generation: str) -> None:
        with self._begin_locked() as connection:
            connection.execute(self._change(generation=generation, payload=None))
            connection.execute(delete(self._bucket))
        self._remove_stale_urls(generation)

    def _change(self, **values: object) -> Update:
        return update(self._account).where(self._is_the_account).values(**values)

    @contextmanager
    def _begin_locked(self) -> Iterator[Connection]:
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
            pass  # another process has made it

    # --- names of buckets ---

    @override
    def buckets(self) -> list[tuple[str, str]]:
        with self._begin() as connection:
            rows = connection.execute(select(self._bucket.c.name, self._bucket.c.bucket_id)).all()
        return [(row.name, row.bucket_id) for row in rows]

    @override
    def replace_buckets(self, pairs: Sequence[tuple[str, str]]) -> None:
        rows = [{"name": name, "bucket_id": id_} for name, id_ in pairs]
        with self._begin_locked() as connection:
            connection.execute(delete(self._bucket))
            if rows:
                connection.execute(insert(self._bucket), rows)

    @override
    def save_bucket(self, name: str, id_: str) -> None:
        columns = self._bucket.c
        with self._begin_locked() as connection:
            connection.execute(delete(self._bucket).where((columns.name == name) | (columns.bucket_id == id_)))
            connection.execute(insert(self._bucket).values(name=name, bucket_id=id_))

    @override
    def remove_bucket(self, name: str) -> None:
        with self._begin_locked() as connection:
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
            select(columns.id, type_coerce(columns.payload, _SecretText()).label("payload"))
            .add_columns(columns.generation, columns.expires_at)
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
        self._delete_found(self._url.c.target == target)

    def _remove_stale_urls(self, generation: str) -> None:
        self._delete_found(self._url.c.generation != generation)

    def _delete_found(self, condition: ColumnElement[bool]) -> None:
        found = select(self._url.c.id).where(condition).limit(_DELETED_AT_ONCE)
        while rows := self._rows(found):
            self._delete_urls([row.id for row in rows])
            if len(rows) < _DELETED_AT_ONCE:
                return

    def _rows(self, wanted: Select[Any]) -> list[Any]:
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
        with self._begin_locked() as connection:
            free = self._account.c.locked_until <= _UnixTime()
            taken = connection.execute(self._change(lock_holder=holder, locked_until=until).where(free))
            return taken.rowcount == 1

    @override
    def unlock(self, holder: str) -> None:
        with self._begin() as connection:
            connection.execute(self._change(**_FREE).where(self._account.c.lock_holder == holder))
