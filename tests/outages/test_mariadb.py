"""MariaDB that is restarted, starved, or made read-only while account state is used."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any

import pymysql  # type: ignore[import-untyped]  # its types are a package of their own
import pytest
from tests.integrations.stores import Make, sql_account_infos
from tests.outages.conftest import Fleet, meet_outage, upload_through
from tests.outages.servers import LOOPBACK, Server, mariadb

from b2sdk.integrations.shared_account_info import OnOutage

APPLICATION = "application"
"""Root may do some things also when nobody may."""


def connect(server: Server, user: str = "root") -> Any:
    return pymysql.connect(host=LOOPBACK, port=server.port, user=user, database="test", autocommit=True)


def execute(connection: Any, *statements: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
        return list(cursor.fetchall())


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with mariadb("--max-connections=10", "--extra-max-connections=1") as server:
        with contextlib.closing(pymysql.connect(host=LOOPBACK, port=server.port, user="root")) as root:
            execute(
                root,
                "CREATE DATABASE IF NOT EXISTS test",
                f"CREATE USER {APPLICATION}@'{LOOPBACK}'",
                f"GRANT ALL ON test.* TO {APPLICATION}@'{LOOPBACK}'",
            )
        yield server


@pytest.fixture
def make(server: Server) -> Iterator[Make]:
    # A server that is shutting down may take a connection, and never say a word on it.
    timeouts = "connect_timeout=3&read_timeout=3&write_timeout=3"
    with sql_account_infos(f"mariadb+pymysql://{APPLICATION}@{LOOPBACK}:{server.port}/test?{timeouts}") as make:
        yield make


def end_connections(connection: Any) -> None:
    for (id_,) in execute(
        connection,
        f"SELECT id FROM information_schema.processlist WHERE user = '{APPLICATION}'",  # noqa: S608  # ours
    ):
        with contextlib.suppress(pymysql.MySQLError):
            execute(connection, f"KILL {id_}")


@contextmanager
def stopped(server: Server) -> Iterator[None]:
    server.stop()
    yield
    server.start()


@contextmanager
def crashed(server: Server) -> Iterator[None]:
    server.stop(signal.SIGKILL)
    yield
    server.start()


@contextmanager
def altered(server: Server, name: str, value: str) -> Iterator[None]:
    with contextlib.closing(connect(server)) as root:
        ((before,),) = execute(root, f"SELECT @@GLOBAL.{name}")
        execute(root, f"SET GLOBAL {name} = {value}")
        end_connections(root)
        yield
        execute(root, f"SET GLOBAL {name} = {before}")
        end_connections(root)


@contextmanager
def read_only(server: Server) -> Iterator[None]:
    with altered(server, "read_only", "1"):
        yield


@contextmanager
def locked(server: Server, timeout: str) -> Iterator[None]:
    with altered(server, timeout, "1"), contextlib.closing(connect(server)) as root:
        tables = execute(root, "SELECT table_name FROM information_schema.tables WHERE table_schema = 'test'")
        root.begin()
        for (table,) in tables:
            execute(root, f"SELECT * FROM {table} FOR UPDATE")  # noqa: S608  # ours
        if timeout != "innodb_lock_wait_timeout":
            execute(root, "LOCK TABLES " + ", ".join(f"{table} WRITE" for (table,) in tables))
        yield
        root.rollback()
        execute(root, "UNLOCK TABLES")


@contextmanager
def rows_locked(server: Server) -> Iterator[None]:
    with locked(server, "innodb_lock_wait_timeout"):
        yield


@contextmanager
def tables_locked(server: Server) -> Iterator[None]:
    with locked(server, "lock_wait_timeout"):
        yield


@contextmanager
def all_connections_taken(server: Server) -> Iterator[None]:
    with contextlib.closing(connect(server)) as root, ExitStack() as taken:
        end_connections(root)
        with contextlib.suppress(pymysql.MySQLError):
            while True:
                taken.enter_context(contextlib.closing(connect(server, APPLICATION)))
        yield


@contextmanager
def password_changed(server: Server) -> Iterator[None]:
    with contextlib.closing(connect(server)) as root:
        execute(root, f"ALTER USER {APPLICATION}@'{LOOPBACK}' IDENTIFIED BY 'another'")
        end_connections(root)
        yield
        execute(root, f"ALTER USER {APPLICATION}@'{LOOPBACK}' IDENTIFIED BY ''")


OUTAGES: list[tuple[Callable[[Server], AbstractContextManager[None]], str]] = [
    (stopped, "2003"),
    (crashed, "2003"),
    (read_only, "1290"),
    (rows_locked, "1205"),
    (tables_locked, "1205"),
    (all_connections_taken, "1040"),
    (password_changed, "1045"),
]


@pytest.mark.parametrize(("outage", "text"), OUTAGES)
@pytest.mark.parametrize("on_outage", ["raise", "memory"])
def test_an_outage_is_reported_or_bridged_and_fails_no_upload(
    fleet: Fleet,
    server: Server,
    outage: Callable[[Server], AbstractContextManager[None]],
    text: str,
    on_outage: OnOutage,
) -> None:
    meet_outage(fleet, on_outage, outage(server), text)


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGKILL])
def test_a_restart_amid_uploads_fails_none(fleet: Fleet, server: Server, by: int) -> None:
    def restart() -> None:
        for _ in range(2):
            server.stop(by)
            server.start()

    upload_through(fleet, restart)
