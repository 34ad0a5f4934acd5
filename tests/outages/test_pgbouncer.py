"""PostgreSQL behind PgBouncer in transaction mode, which gives each transaction another connection of the server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager

import psycopg
import pytest
from tests.integrations.stores import Make, sql_account_infos
from tests.outages.conftest import Fleet, meet_outage
from tests.outages.servers import LOOPBACK, Server, pgbouncer, postgresql, wait_until
from tests.outages.test_lost_connections import engine_of

from b2sdk.integrations.shared_account_info import OnOutage, SharedAccountInfo

MEMBERS = 4
UPLOADS = 15
"""Psycopg prepares what it is asked for the sixth time."""


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with postgresql() as server:
        yield server


@pytest.fixture(scope="module")
def pool(server: Server) -> Iterator[Server]:
    with pgbouncer(server, "query_wait_timeout = 1", "server_login_retry = 0") as pool:
        yield pool


def url_of(pool: Server) -> str:
    return f"postgresql+psycopg://root@{LOOPBACK}:{pool.port}/postgres"


@pytest.fixture
def make(pool: Server) -> Iterator[Make]:
    with sql_account_infos(url_of(pool)) as make:
        yield make


def test_no_statement_is_prepared(fleet: Fleet, server: Server) -> None:
    """One that another has prepared under that name would be executed in its place."""
    buckets = [fleet.member() for _ in range(MEMBERS)]

    def upload(member: int) -> None:
        for number in range(UPLOADS):
            buckets[member].upload_bytes(b"content", f"{member} {number}")

    with ThreadPoolExecutor(MEMBERS) as threads:
        list(threads.map(upload, range(MEMBERS)))
    assert all(fleet.stored(f"{member} {number}") == 1 for member in range(MEMBERS) for number in range(UPLOADS))


def test_the_application_may_prepare_its_statements_as_before(make: Make) -> None:
    engine = engine_of(make())
    with engine.connect() as connection:
        before = threshold_of(connection)
    SharedAccountInfo.list_bucket_names_ids(make())
    with engine.connect() as connection:
        assert threshold_of(connection) == before is not None


def threshold_of(connection: object) -> int | None:
    raw: psycopg.Connection[object] = connection.connection.dbapi_connection  # type: ignore[attr-defined]
    return raw.prepare_threshold


@contextmanager
def gone(_server: Server, pool: Server) -> Iterator[None]:
    pool.stop()
    yield
    pool.start()


@contextmanager
def server_gone(server: Server, pool: Server) -> Iterator[None]:
    server.stop()
    yield
    server.start()
    wait_until(lambda: is_usable(pool), "the pool does not notice that the server is back")


def is_usable(pool: Server) -> bool:
    try:
        with psycopg.connect(host=LOOPBACK, port=pool.port, user="root", dbname="postgres") as connection:
            connection.execute("SELECT 1")  # to connect to the pool does not take a server
    except psycopg.OperationalError:
        return False
    return True


@contextmanager
def paused(_server: Server, pool: Server) -> Iterator[None]:
    """As an operator does to restart the server; a waiting client is disconnected after ``query_wait_timeout``."""
    with administrator(pool) as console:
        console.execute("PAUSE")
        yield
        console.execute("RESUME")


@contextmanager
def disabled(_server: Server, pool: Server) -> Iterator[None]:
    with administrator(pool) as console:
        console.execute("DISABLE postgres")
        console.execute("KILL postgres")
        yield
        console.execute("RESUME postgres")
        console.execute("ENABLE postgres")


def administrator(pool: Server) -> psycopg.Connection[tuple[object, ...]]:
    # Its console understands simple statements only.
    return psycopg.connect(
        host=LOOPBACK,
        port=pool.port,
        user="root",
        dbname="pgbouncer",
        autocommit=True,
        cursor_factory=psycopg.ClientCursor,
    )


OUTAGES: list[tuple[Callable[[Server, Server], AbstractContextManager[None]], str]] = [
    (gone, "Connection refused"),
    (server_gone, "OperationalError"),
    (paused, "query_wait_timeout"),
    (disabled, "is disabled"),
]


@pytest.mark.parametrize(("outage", "text"), OUTAGES)
@pytest.mark.parametrize("on_outage", ["raise", "memory"])
def test_an_outage_is_reported_or_bridged_and_fails_no_upload(
    fleet: Fleet,
    server: Server,
    pool: Server,
    outage: Callable[[Server, Server], AbstractContextManager[None]],
    text: str,
    on_outage: OnOutage,
) -> None:
    meet_outage(fleet, on_outage, outage(server, pool), text)
