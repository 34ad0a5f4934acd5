"""The stores that tests of shared account infos run on, each with a corner of its own on a real server."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

import pytest
from redis import Redis, RedisCluster
from sqlalchemy import Engine, MetaData, NullPool, create_engine

from b2sdk.integrations.redis import RedisAccountInfo
from b2sdk.integrations.shared_account_info import SharedAccountInfo
from b2sdk.integrations.sql import SqlAccountInfo
from b2sdk.integrations.sql_tables import account_tables, create_account_tables

DEFAULT_URLS = {
    "postgresql": "postgresql+psycopg://root@127.0.0.1:5432/test",
    "mariadb": "mariadb+pymysql://root@127.0.0.1:3306/test",
    "redis": "redis://127.0.0.1:6379/0",
}
START = {
    "postgresql": "service postgresql start",
    "mariadb": "service mariadb start",
    "redis": "service redis-server start",
}
STARTING_SECONDS = 60
SERVERS = list(DEFAULT_URLS)
STORES = [*SERVERS, "sqlite"]

Make = Callable[..., SharedAccountInfo]


def variable_of(server: str) -> str:
    return f"B2SDK_TEST_{server.upper()}_URL"


def url_of(server: str) -> str:
    """Return where the server is. On CI it is started if need be; elsewhere, without it, the test is skipped."""
    url = os.environ.get(variable_of(server), DEFAULT_URLS[server])
    if is_there(url):
        return url
    told = f"no {server}: run `{START[server]}`, or say where it is with {variable_of(server)}"
    if not os.environ.get("CI"):
        missing(told)
    subprocess.run(START[server].split(), check=False)
    until = time.monotonic() + STARTING_SECONDS
    while not is_there(url):
        if time.monotonic() > until:
            missing(told)
        time.sleep(0.2)
    return url


def missing(told: str) -> NoReturn:
    """Skip the test, as there is no server; on CI let it fail."""
    if os.environ.get("CI"):
        pytest.fail(told)
    pytest.skip(told)


def is_there(url: str) -> bool:
    address = urlsplit(url)
    try:
        socket.create_connection((address.hostname or "127.0.0.1", address.port or 0), timeout=5).close()
    except OSError:
        return False
    return True


@contextmanager
def sql_account_infos(url: str) -> Iterator[Make]:
    """Give what makes account infos on tables of their own, each with an engine of its own."""
    prefix = f"t{secrets.token_hex(6)}_"
    own = create_engine(url, poolclass=NullPool)  # a test may have ended every connection
    engines: list[Engine] = []
    create_account_tables(own, prefix=prefix)

    def make(**options: Any) -> SharedAccountInfo:
        engine = create_engine(url)
        engines.append(engine)
        return SqlAccountInfo(engine, table_prefix=prefix, **options)

    yield make
    for engine in engines:
        engine.dispose()
    metadata = MetaData()
    account_tables(metadata, prefix=prefix)
    metadata.drop_all(own)


@contextmanager
def redis_account_infos(connect: Callable[[], Redis | RedisCluster]) -> Iterator[Make]:
    """Give what makes account infos on keys of their own, each with a client of its own."""
    prefix = f"test-{secrets.token_hex(6)}"
    clients: list[Any] = []

    def make(**options: Any) -> SharedAccountInfo:
        clients.append(connect())
        return RedisAccountInfo(clients[-1], key_prefix=prefix, **options)

    yield make
    own: Any = connect()
    for key in own.scan_iter(f"{{{prefix}}}:*"):
        own.delete(key)
    for client in (own, *clients):
        client.close()


@contextmanager
def account_infos_on(store: str, folder: Path) -> Iterator[Make]:
    """Give what makes account infos on one of :data:`STORES`; its keywords are those of the account info."""
    if store == "redis":
        url = url_of(store)
        with redis_account_infos(lambda: Redis.from_url(url)) as make:
            yield make
        return
    url = f"sqlite:///{folder / 'application.sqlite'}?timeout=60" if store == "sqlite" else url_of(store)
    with sql_account_infos(url) as make:
        yield make
