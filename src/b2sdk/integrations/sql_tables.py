"""The tables of an account info in an SQL database, for migrations and for statements. Needs the extra ``sql``."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlalchemy import BigInteger, Column, Engine, Index, Integer, MetaData, String, Table, Text
from sqlalchemy.dialects import mysql
from sqlalchemy.types import TypeEngine

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


def create_account_tables(engine: Engine, *, prefix: str = DEFAULT_PREFIX, schema: str | None = None) -> None:
    """Create the tables that are missing: once, when the application is installed, if no migration does it.

    :raises ValueError: as :func:`account_tables`.
    """
    metadata = MetaData(schema=schema)
    account_tables(metadata, prefix=prefix)
    metadata.create_all(engine)
