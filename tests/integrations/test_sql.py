from __future__ import annotations

import logging
import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata, produce_migrations
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.operations.ops import ModifyTableOps, OpContainer
from sqlalchemy import Engine, MetaData, create_engine, inspect, make_url, text
from sqlalchemy.exc import DBAPIError
from tests.integrations.stores import url_of

from b2sdk.integrations import sql
from b2sdk.integrations.account_store import AccountStoreUnavailable
from b2sdk.integrations.sql import SqlAccountInfo
from b2sdk.integrations.sql_tables import AccountTablesMissing, account_tables, create_account_tables

DATABASES = ["postgresql", "mariadb", "sqlite"]


@pytest.fixture(params=DATABASES)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    on_sqlite = request.param == "sqlite"
    engine = create_engine(f"sqlite:///{tmp_path / 'application.sqlite'}" if on_sqlite else url_of(request.param))
    yield engine
    engine.dispose()


@pytest.fixture
def prefix(engine: Engine) -> Iterator[str]:
    """Return a prefix for tables, which are dropped after the test."""
    prefix = f"t{secrets.token_hex(6)}_"
    yield prefix
    metadata = MetaData()
    account_tables(metadata, prefix=prefix)
    metadata.drop_all(engine)


@contextmanager
def migrations(engine: Engine, metadata: MetaData, prefix: str) -> Iterator[MigrationContext]:
    """Give what Alembic works with, looking at our tables only."""

    def is_ours(name: str | None, kind: str, _parents: Any) -> bool:
        return kind != "table" or bool(name and name.startswith(prefix))

    with engine.begin() as connection:
        yield MigrationContext.configure(
            connection, opts={"target_metadata": metadata, "include_name": is_ours, "compare_type": True}
        )


def test_alembic_generates_the_tables_and_then_finds_nothing_to_do(
    engine: Engine, prefix: str, auth: dict[str, Any]
) -> None:
    metadata = MetaData()
    account_tables(metadata, prefix=prefix)
    with migrations(engine, metadata, prefix) as context:
        generated = produce_migrations(context, metadata).upgrade_ops
        assert generated is not None
        apply(generated, Operations(context))
    with migrations(engine, metadata, prefix) as context:
        assert compare_metadata(context, metadata) == []
    info = SqlAccountInfo(engine, table_prefix=prefix)
    info.set_auth_data(**auth)
    assert info.get_account_auth_token() == "secret-token"


def apply(container: OpContainer, operations: Operations) -> None:
    for operation in container.ops:
        if isinstance(operation, ModifyTableOps):
            apply(operation, operations)
        else:
            operations.invoke(operation)


def test_tables_are_created_when_they_are_asked_for_only(engine: Engine, prefix: str, auth: dict[str, Any]) -> None:
    info = SqlAccountInfo(engine, table_prefix=prefix)
    remedy = rf"create_account_tables\(engine, prefix='{prefix}'\)"
    for on_outage in ("raise", "memory"):
        info = SqlAccountInfo(engine, table_prefix=prefix, on_outage=on_outage)
        with pytest.raises(AccountTablesMissing, match=remedy) as caught:
            info.set_auth_data(**auth)
        assert isinstance(caught.value.__cause__, DBAPIError)
        assert "secret" not in f"{caught.value} {caught.value.__cause__}"
        for use in (info.get_account_auth_token, info.list_bucket_names_ids, info.clear):
            with pytest.raises(AccountTablesMissing):
                use()
    assert not inspect(engine).has_table(f"{prefix}account")
    for _ in range(2):
        create_account_tables(engine, prefix=prefix)
    info.set_auth_data(**auth)


def test_a_prefix_separates_applications(engine: Engine, prefix: str, auth: dict[str, Any]) -> None:
    other = f"{prefix}other_"
    for each in (prefix, other):
        create_account_tables(engine, prefix=each)
    SqlAccountInfo(engine, table_prefix=prefix).set_auth_data(**auth)
    assert not SqlAccountInfo(engine, table_prefix=other).is_same_key(auth["application_key_id"], auth["realm"])
    metadata = MetaData()
    account_tables(metadata, prefix=other)
    metadata.drop_all(engine)


def test_secrets_are_not_in_the_log_of_statements(
    engine: Engine, prefix: str, auth: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    create_account_tables(engine, prefix=prefix)
    info = SqlAccountInfo(engine, table_prefix=prefix)
    with caplog.at_level(logging.INFO, logger="sqlalchemy.engine"):
        info.set_auth_data(**auth)
        info.put_bucket_upload_url("1", "url", "secret-upload-token")
        info.take_bucket_upload_url("1")
    assert f"UPDATE {prefix}account" in caplog.text
    assert f"INSERT INTO {prefix}upload_url" in caplog.text
    assert "secret" not in caplog.text


def test_what_could_not_be_written_is_not_in_the_error(engine: Engine, prefix: str, auth: dict[str, Any]) -> None:
    create_account_tables(engine, prefix=prefix)
    info = SqlAccountInfo(engine, table_prefix=prefix)
    info.set_auth_data(**auth)
    with engine.begin() as connection:
        connection.execute(text(f"ALTER TABLE {prefix}account RENAME TO {prefix}moved"))
    with pytest.raises(AccountTablesMissing) as caught:
        info.set_auth_data(**auth)
    with engine.begin() as connection:
        connection.execute(text(f"ALTER TABLE {prefix}moved RENAME TO {prefix}account"))
    assert "secret" not in f"{caught.value} {caught.value.__cause__}"


def test_rows_of_the_past_are_removed(engine: Engine, prefix: str, auth: dict[str, Any]) -> None:
    create_account_tables(engine, prefix=prefix)
    info = SqlAccountInfo(engine, table_prefix=prefix)
    for _ in range(3):
        info.set_auth_data(**auth)
        info.put_bucket_upload_url("1", "url", "token")
    with engine.begin() as connection:
        rows = connection.execute(text(f"SELECT count(*) FROM {prefix}upload_url")).scalar()  # noqa: S608  # our prefix
    assert rows == 1


def test_a_row_that_a_program_deleted_is_made_again(engine: Engine, prefix: str, auth: dict[str, Any]) -> None:
    create_account_tables(engine, prefix=prefix)
    info = SqlAccountInfo(engine, table_prefix=prefix)
    for _ in range(2):
        info.set_auth_data(**auth)
        assert info.get_account_auth_token() == "secret-token"
        with engine.begin() as connection:
            connection.execute(text(f"DELETE FROM {prefix}account"))  # noqa: S608  # our prefix
        assert not info.is_same_key(auth["application_key_id"], auth["realm"])


@pytest.mark.parametrize("url", ["postgresql+psycopg://root@127.0.0.1:1/test", "mariadb+pymysql://root@127.0.0.1:1/x"])
def test_a_server_that_is_not_there_is_reported_as_such(url: str, auth: dict[str, Any]) -> None:
    info = SqlAccountInfo(create_engine(url))
    with pytest.raises(AccountStoreUnavailable, match="OperationalError"):
        info.get_account_auth_token()
    in_memory = SqlAccountInfo(create_engine(url), on_outage="memory")
    in_memory.set_auth_data(**auth)
    assert in_memory.get_account_auth_token() == "secret-token"


@pytest.mark.parametrize(
    ("engine", "who", "kill"),
    [
        ("postgresql", "SELECT pg_backend_pid()", "SELECT pg_terminate_backend({})"),
        ("mariadb", "SELECT CONNECTION_ID()", "KILL CONNECTION {}"),
    ],
    indirect=["engine"],
)
def test_a_connection_that_the_server_closed_is_an_outage_and_then_replaced(
    engine: Engine, prefix: str, auth: dict[str, Any], who: str, kill: str
) -> None:
    create_account_tables(engine, prefix=prefix)
    info = SqlAccountInfo(engine, table_prefix=prefix)
    info.set_auth_data(**auth)
    with engine.connect() as connection:
        pooled = connection.execute(text(who)).scalar_one()
    other = create_engine(engine.url)
    with other.begin() as connection:
        connection.execute(text(kill.format(pooled)))
    other.dispose()
    with pytest.raises(AccountStoreUnavailable):
        info.get_account_auth_token()
    assert info.get_account_auth_token() == "secret-token"


@pytest.mark.parametrize("prefix", ["", "1b2_", "b2-", "b2_; DROP", "x" * 31])
def test_a_prefix_is_a_plain_word(prefix: str) -> None:
    with pytest.raises(ValueError, match="not a prefix"):
        account_tables(MetaData(), prefix=prefix)


def test_a_database_that_was_never_tried_is_refused() -> None:
    engine = create_engine("sqlite://")
    engine.dialect.name = "oracle"
    with pytest.raises(ValueError, match="oracle is not supported"):
        SqlAccountInfo(engine)


@pytest.mark.parametrize("engine", ["postgresql", "mariadb"], indirect=True)
@pytest.mark.parametrize("level", ["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"])
def test_writers_do_not_stop_each_other_whatever_the_application_isolates(
    engine: Engine, prefix: str, level: str, auth: dict[str, Any]
) -> None:
    create_account_tables(engine, prefix=prefix)
    info = SqlAccountInfo(engine.execution_options(isolation_level=level), table_prefix=prefix)

    def write(worker: int) -> None:
        for number in range(8):
            info.set_auth_data(**{**auth, "auth_token": f"{worker} {number}"})
            info.save_bucket(SimpleNamespace(name=f"bucket-{worker}", id_=f"{worker} {number}"))
            info.put_bucket_upload_url("1", f"{worker} {number}", "token")
            info.take_bucket_upload_url("1")

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(write, range(4)))
    assert sorted(info.list_bucket_names_ids()) == [(f"bucket-{worker}", f"{worker} 7") for worker in range(4)]


# --- what it is made with ---


def test_an_engine_may_be_a_url(tmp_path: Path, auth: dict[str, Any]) -> None:
    url = f"sqlite:///{tmp_path / 'application.sqlite'}"
    create_account_tables(url)
    for form in (url, make_url(url)):
        info = SqlAccountInfo(form)
        info.set_auth_data(**auth)
        for _ in range(2):
            assert info.get_account_auth_token() == "secret-token"
            info.close()


def test_an_engine_that_was_given_is_not_disposed_of(tmp_path: Path, auth: dict[str, Any]) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'application.sqlite'}")
    create_account_tables(engine)
    info = SqlAccountInfo(engine)
    info.set_auth_data(**auth)
    pool = engine.pool
    info.close()
    assert engine.pool is pool
    engine.dispose()


@pytest.mark.parametrize("url", ["", "application.sqlite", "secret-password@host"])
def test_what_is_no_url_is_reported_without_its_password(url: str) -> None:
    for make in (SqlAccountInfo, create_account_tables):
        with pytest.raises(ValueError, match="not a URL of SQLAlchemy") as caught:
            make(url)
        assert "secret" not in f"{caught.value} {caught.value.__context__}"


@pytest.mark.parametrize("engine", [None, 7, object()])
def test_what_is_no_engine_is_reported(engine: Any) -> None:
    for make in (SqlAccountInfo, create_account_tables):
        with pytest.raises(TypeError, match="not a SQLAlchemy Engine, nor a URL"):
            make(engine)


def test_an_asynchronous_driver_is_reported() -> None:
    engine = create_engine("sqlite://")
    engine.dialect.is_async = True
    with pytest.raises(ValueError, match="asynchronous driver"):
        SqlAccountInfo(engine)


# --- what is kept ---


def test_rows_do_not_grow_with_the_uploads(engine: Engine, prefix: str, auth: dict[str, Any]) -> None:
    create_account_tables(engine, prefix=prefix)
    info = SqlAccountInfo(engine, table_prefix=prefix)
    info.set_auth_data(**auth)
    for number in range(30):
        url, token = info.take_bucket_upload_url("1")
        info.put_bucket_upload_url("1", url or "url", token or "token")
        info.put_large_file_upload_url(f"file {number}", "url", "token")
        info.clear_large_file_upload_urls(f"file {number}")
    with engine.begin() as connection:
        rows = connection.execute(text(f"SELECT count(*) FROM {prefix}upload_url")).scalar()  # noqa: S608  # our prefix
    assert rows == 1


def test_rows_of_the_past_are_removed_however_many_they_are(
    engine: Engine, prefix: str, auth: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sql, "_DELETED_AT_ONCE", 3)
    create_account_tables(engine, prefix=prefix)
    info = SqlAccountInfo(engine, table_prefix=prefix)
    info.set_auth_data(**auth)
    for target in "12":
        for number in range(7):
            info.put_bucket_upload_url(target, f"url {number}", "token")
    info.clear_bucket_upload_data("1")
    assert info.take_bucket_upload_url("1") == (None, None)
    assert info.take_bucket_upload_url("2") != (None, None)
    info.set_auth_data(**auth)
    with engine.begin() as connection:
        rows = connection.execute(text(f"SELECT count(*) FROM {prefix}upload_url")).scalar()  # noqa: S608  # our prefix
    assert rows == 0
