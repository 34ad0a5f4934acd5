"""PostgreSQL that is restarted, starved, or turned into a replica while account state is used."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any

import psycopg
import pytest
from tests.integrations.stores import Make, sql_account_infos
from tests.outages.conftest import Fleet, meet_outage, upload_through
from tests.outages.servers import LOOPBACK, Server, postgresql

from b2sdk.integrations.shared_account_info import OnOutage


def url_of(server: Server) -> str:
    return f"postgresql+psycopg://root@{LOOPBACK}:{server.port}/postgres"


@pytest.fixture(scope="module")
def _server() -> Iterator[Server]:
    with postgresql("max_connections=20", "superuser_reserved_connections=3") as server:
        yield server


@pytest.fixture
def server(_server: Server) -> Server:
    return _server


@pytest.fixture
def make(server: Server) -> Iterator[Make]:
    with sql_account_infos(url_of(server)) as make:
        yield make


# --- outages that last ---


def connect(server: Server) -> psycopg.Connection[Any]:
    """Connect as a user whom no outage that a server setting causes concerns."""
    return psycopg.connect(
        host=LOOPBACK,
        port=server.port,
        user="root",
        dbname="postgres",
        autocommit=True,
        options="-c statement_timeout=0 -c default_transaction_read_only=off",
    )


def end_connections(connection: psycopg.Connection[Any]) -> None:
    connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")


@contextmanager
def stopped(server: Server) -> Iterator[None]:
    server.stop()
    yield
    server.start()


@contextmanager
def crashed(server: Server) -> Iterator[None]:
    server.stop(signal.SIGQUIT)
    yield
    server.start()


@contextmanager
def shutting_down(server: Server) -> Iterator[None]:
    """It waits for a connection that is in use."""
    with connect(server) as in_use:
        end_connections(in_use)
        server.signal(signal.SIGTERM)
        yield
    server.stop()
    server.start()


@contextmanager
def replica(server: Server) -> Iterator[None]:
    """A replica has taken over the address, as during a slow failover."""
    signs = server.folder / "data" / "standby.signal"
    server.stop()
    signs.touch()
    server.start()
    yield
    server.stop()
    signs.unlink()
    server.start()


@contextmanager
def altered(server: Server, setting: str, value: str) -> Iterator[None]:
    for change in (f"SET {setting} = {value}", f"RESET {setting}"):
        with connect(server) as connection:
            connection.execute(f"ALTER SYSTEM {change}")
            connection.execute("SELECT pg_reload_conf()")
            end_connections(connection)
        if change.startswith("SET"):
            yield


@contextmanager
def read_only(server: Server) -> Iterator[None]:
    with altered(server, "default_transaction_read_only", "on"):
        yield


@contextmanager
def locked(server: Server) -> Iterator[None]:
    with altered(server, "statement_timeout", "50"), connect(server) as holder, holder.transaction():
        names = holder.execute("SELECT tablename FROM pg_tables WHERE tablename ~ '^t[0-9a-f]{12}_'").fetchall()
        for (name,) in names:
            holder.execute(f"LOCK TABLE {name}")
        yield


@contextmanager
def all_connections_taken(server: Server) -> Iterator[None]:
    with ExitStack() as taken:
        end_connections(taken.enter_context(connect(server)))
        with contextlib.suppress(psycopg.OperationalError):
            while True:
                taken.enter_context(connect(server))
        yield


OUTAGES: list[tuple[Callable[[Server], AbstractContextManager[None]], str]] = [
    (stopped, "Connection refused"),
    (crashed, "Connection refused"),
    (shutting_down, "the database system is shutting down"),
    (replica, "read-only transaction"),
    (read_only, "read-only transaction"),
    (locked, "statement timeout"),
    (all_connections_taken, "too many clients"),
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


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGQUIT])
def test_a_restart_amid_uploads_fails_none(fleet: Fleet, server: Server, by: int) -> None:
    def restart() -> None:
        for _ in range(2):
            server.stop(by)
            server.start()

    upload_through(fleet, restart)
