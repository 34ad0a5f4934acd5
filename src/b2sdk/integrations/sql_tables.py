"""The tables of an account info in an SQL database, for migrations and for statements. Needs the extra ``sql``."""

from __future__ import annotations

import re
from dataclasses import dataclass

try:
    from sqlalchemy import (
        URL,
        BigInteger,
        Column,
        Engine,
        Index,
        Integer,
        MetaData,
        String,
        Table,
        Text,
        create_engine,
        exc,
        make_url,
    )
    from sqlalchemy.dialects import mysql
    from sqlalchemy.types import TypeEngine
except ImportError as _error:
    raise ImportError(
        "account state in SQL databases needs SQLAlchemy 2: pip install 'b2sdk-ng[sql]'", name=_error.name
    ) from _error

from b2sdk.exception import AccountInfoError

DEFAULT_PREFIX = "b2_"
_MYSQL = ("mysql", "mariadb")
_PREFIX = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,29}")


def _key() -> TypeEngine[str]:
    # Ids and names of buckets are told apart by case, which MySQL by itself does not do.
    return String(255).with_variant(mysql.VARCHAR(255, collation="utf8mb4_bin"), *_MYSQL)


def _payload() -> TypeEngine[str]:
    return Text().with_variant(mysql.MEDIUMTEXT(), *_MYSQL)


@dataclass(frozen=True)
class AccountTables:
    """``account`` has one row or none, ``bucket`` one for each name, ``upload_url`` one for each URL that is free."""

    account: Table
    bucket: Table
    upload_url: Table


class AccountTablesMissing(AccountInfoError):
    """The database can be reached, but has no tables for the account state; nothing makes up for that.

    What the driver raised is the cause.
    """

    def __init__(self, prefix: str, schema: str | None) -> None:
        super().__init__()
        self._prefix, self._schema = prefix, schema

    def __str__(self) -> str:
        options = "" if self._prefix == DEFAULT_PREFIX else f", prefix={self._prefix!r}"
        options += "" if self._schema is None else f", schema={self._schema!r}"
        return (
            f"The database has no tables for the account state: call create_account_tables(engine{options}) of"
            " b2sdk.integrations.sql_tables once, or add account_tables(metadata) to your migrations"
        )


def account_tables(metadata: MetaData, *, prefix: str = DEFAULT_PREFIX) -> AccountTables:
    """Add the tables to ``metadata``, such as that from which Alembic generates migrations.

    They are in the schema of the metadata. Tables with another prefix belong to another account info.

    :raises ValueError: the prefix is not 1 to 30 ASCII letters, digits and ``_``, or begins with a digit.
    """
    if not _PREFIX.fullmatch(prefix):
        raise ValueError(f"not a prefix for names of tables: {prefix!r}")
    account = Table(
        f"{prefix}account",
        metadata,
        Column("id", Integer, primary_key=True, autoincrement=False),  # always 1
        Column("generation", String(32), nullable=False),
        Column("payload", _payload()),
        Column("lock_holder", String(32), nullable=False),
        Column("locked_until", BigInteger, nullable=False),
    )
    bucket = Table(
        f"{prefix}bucket",
        metadata,
        Column("name", _key(), primary_key=True),
        Column("bucket_id", _key(), nullable=False),
        Index(f"{prefix}bucket_by_id", "bucket_id"),
    )
    upload_url = Table(
        f"{prefix}upload_url",
        metadata,
        Column("id", String(32), primary_key=True),
        Column("target", _key(), nullable=False),
        Column("generation", String(32), nullable=False),
        Column("expires_at", BigInteger, nullable=False),
        Column("payload", _payload(), nullable=False),
        Index(f"{prefix}upload_url_by_target", "target", "expires_at"),
    )
    return AccountTables(account, bucket, upload_url)


def create_account_tables(
    engine: Engine | URL | str, *, prefix: str = DEFAULT_PREFIX, schema: str | None = None
) -> None:
    """Create the tables that are missing: once, when the application is installed, if no migration does it.

    :param engine: what the account info is made with.
    :raises ValueError: as :func:`account_tables` and :func:`engine_of`.
    :raises TypeError: as :func:`engine_of`.
    """
    metadata = MetaData(schema=schema)
    account_tables(metadata, prefix=prefix)
    used = engine_of(engine)
    metadata.create_all(used)
    if used is not engine:
        used.dispose()


def engine_of(engine: Engine | URL | str) -> Engine:
    """Return the engine, or one for the URL: it looks whether a connection is still alive before it uses it.

    :raises ValueError: the text is no URL; or the URL, or the engine, is for an asynchronous driver.
    :raises TypeError: it is something else.
    """
    if isinstance(engine, str | URL):
        engine = create_engine(_url(engine), pool_pre_ping=True, hide_parameters=True)
    elif not isinstance(engine, Engine):
        raise TypeError(f"not a SQLAlchemy Engine, nor a URL: {type(engine).__name__}")
    if engine.dialect.is_async:
        raise ValueError(f"{engine.dialect.driver} is an asynchronous driver; account infos need another one")
    return engine


def _url(url: URL | str) -> URL:
    try:
        return make_url(url)
    except exc.ArgumentError:
        pass  # it may have quoted a password
    raise ValueError("not a URL of SQLAlchemy, which looks like dialect+driver://user:password@host/database")
