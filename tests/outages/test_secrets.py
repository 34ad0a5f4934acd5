"""Nothing that a store, its driver or its server says tells a token or a key, with every logger at DEBUG."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from redis.crc import key_slot
from sqlalchemy import Engine, event, text
from tests.integrations.stores import STORES, account_infos_on, sql_account_infos, url_of
from tests.outages.servers import LOOPBACK, redis
from tests.outages.test_lost_connections import engine_of
from tests.outages.test_redis_cluster import Cluster, cluster, half_moved  # noqa: F401  # one is a fixture

from b2sdk.integrations.account_store import AccountStoreUnavailable
from b2sdk.integrations.redis import RedisAccountInfo
from b2sdk.integrations.shared_account_info import SharedAccountInfo
from b2sdk.integrations.sql import SqlAccountInfo

SECRETS = ("secret-token", "secret-key", "secret-upload-token")


@pytest.fixture
def everything(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """Log what any logger has to say."""
    levels = {}
    for name in ("", *logging.root.manager.loggerDict):
        logger = logging.getLogger(name or None)
        levels[logger] = logger.level
        logger.setLevel(logging.DEBUG)
    with caplog.at_level(logging.DEBUG):
        yield caplog
    for logger, level in levels.items():
        logger.setLevel(level)


def renew(info: SharedAccountInfo) -> None:
    with info.renewing("secret-token"):
        pass


OPERATIONS: dict[str, Callable[[SharedAccountInfo, dict[str, Any]], object]] = {
    "store": lambda info, auth: info.set_auth_data(**auth),
    "token": lambda info, _auth: info.get_account_auth_token(),
    "key": lambda info, _auth: info.get_application_key(),
    "put": lambda info, _auth: info.put_bucket_upload_url("1", "https://upload", "secret-upload-token"),
    "take": lambda info, _auth: info.take_bucket_upload_url("1"),
    "renew": lambda info, _auth: renew(info),
}
"""Those that have to do with secrets."""


def use(info: SharedAccountInfo, auth: dict[str, Any], *names: str) -> list[BaseException]:
    """Do these operations, or all, and return what was raised."""
    raised: list[BaseException] = []
    for name in names or OPERATIONS:
        try:
            OPERATIONS[name](info, auth)
        except Exception as error:  # noqa: BLE001  # whatever it is, it must not tell
            raised.append(error)
    return raised


def text_of(errors: list[BaseException]) -> str:
    """Return all that errors and those behind them tell."""
    texts = []
    for error in errors:
        seen: BaseException | None = error
        while seen is not None:
            texts += [str(seen), repr(seen), repr(seen.args)]
            texts.append("".join(traceback.format_exception_only(seen)))
            seen = seen.__cause__ or seen.__context__
    return "\n".join(texts)


def expect_no_secret(*texts: str) -> None:
    for each in texts:
        found = [secret for secret in SECRETS if secret in each]
        assert not found, [line for line in each.splitlines() if any(secret in line for secret in found)]


@pytest.mark.parametrize("store", STORES)
def test_what_is_logged_when_all_is_well(
    everything: pytest.LogCaptureFixture, store: str, auth: dict[str, Any], tmp_path: Path
) -> None:
    with account_infos_on(store, tmp_path) as make:
        info = make()
        if store != "redis":
            engine_of(info).echo = "debug"
        assert use(info, auth) == []
    assert store == "redis" or ("UPDATE t" in everything.text and "Row ('" in everything.text)
    expect_no_secret(everything.text)


def misbehave(raw: Any, _record: Any) -> None:
    """Let PostgreSQL tell the parameters of what fails."""
    raw.execute("SET log_parameter_max_length_on_error = -1")
    raw.execute("SET statement_timeout = 100")
    raw.commit()


@pytest.mark.parametrize("trouble", ["ADD CHECK (payload IS NULL)", "RENAME TO {}_moved", "RENAME generation TO moved"])
def test_what_postgresql_reports_of_tables_that_are_not_ours(
    everything: pytest.LogCaptureFixture, auth: dict[str, Any], trouble: str
) -> None:
    with sql_account_infos(url_of("postgresql")) as make:
        info = make()
        engine = engine_of(info)
        event.listen(engine, "connect", misbehave)
        table = info._store._account.name  # type: ignore[attr-defined]  # of SqlStore
        change(engine, f"ALTER TABLE {table} {trouble.format(table)}")
        raised = use(info, auth)
        change(engine, f"DROP TABLE IF EXISTS {table}, {table}_moved")
    assert raised
    expect_no_secret(everything.text, text_of(raised))


def change(engine: Engine, statement: str) -> None:
    with engine.begin() as connection:
        connection.execute(text(statement))


def test_what_postgresql_reports_of_a_statement_that_takes_too_long(
    everything: pytest.LogCaptureFixture, auth: dict[str, Any]
) -> None:
    with sql_account_infos(url_of("postgresql")) as make:
        info, other = make(), make()
        info.set_auth_data(**auth)
        event.listen(engine_of(other), "connect", misbehave)
        table = info._store._account.name  # type: ignore[attr-defined]  # of SqlStore
        with engine_of(info).begin() as connection:
            connection.execute(text(f"LOCK TABLE {table}"))
            raised = use(other, auth)
        seen = f"{raised[0].__cause__}"
    assert isinstance(raised[0], AccountStoreUnavailable)
    assert "statement timeout" in seen
    expect_no_secret(everything.text, text_of(raised))


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://root:secret-key@127.0.0.1:1/test",
        "mariadb+pymysql://root:secret-key@127.0.0.1:1/test",
        "redis://:secret-key@127.0.0.1:1/0",
    ],
)
def test_what_is_reported_of_a_server_that_is_not_there(
    everything: pytest.LogCaptureFixture, auth: dict[str, Any], url: str
) -> None:
    info = RedisAccountInfo(url) if url.startswith("redis") else SqlAccountInfo(url)
    raised = use(info, auth)
    info.close()
    assert raised
    assert all(isinstance(error, AccountStoreUnavailable) for error in raised)
    expect_no_secret(everything.text, text_of(raised), repr(info))


def test_what_redis_reports_of_a_command_that_it_does_not_know(
    everything: pytest.LogCaptureFixture, auth: dict[str, Any]
) -> None:
    with redis("--rename-command EVAL nothing") as server, Redis(host=LOOPBACK, port=server.port) as client:
        raised = use(RedisAccountInfo(client), auth)
    assert "unknown command" in str(raised[0])
    expect_no_secret(everything.text, text_of(raised))


def test_what_is_reported_of_a_slot_that_moves(
    everything: pytest.LogCaptureFixture,
    cluster: Cluster,  # noqa: F811  # the fixture
    auth: dict[str, Any],
) -> None:
    with cluster.connect() as client:
        info = RedisAccountInfo(client, key_prefix="moving")
        info.set_auth_data(**auth)
        source, target = cluster.owner_and_other(key_slot(b"moving"))
        with half_moved(cluster, key_slot(b"moving")):
            raised = use(info, auth, "store", "put", "take")
        raised += use(info, auth)
    assert source != target
    assert "TRYAGAIN" in everything.text
    expect_no_secret(everything.text, text_of(raised))
