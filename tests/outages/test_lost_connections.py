"""A database that closes a connection at any moment of its use: a restart, a proxy, an operator."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, NullPool, create_engine, event, text
from tests.integrations.stores import Make, sql_account_infos, url_of
from tests.outages.conftest import Fleet, info_of, recover, upload_amid
from tests.outages.servers import wait_until

from b2sdk.integrations.account_store import AccountStoreUnavailable
from b2sdk.integrations.shared_account_info import OnOutage, SharedAccountInfo

IDS = {"postgresql": "SELECT pg_backend_pid()", "mariadb": "SELECT CONNECTION_ID()"}
KILL = {"postgresql": "SELECT pg_terminate_backend({})", "mariadb": "KILL CONNECTION {}"}
ALIVE = {
    "postgresql": "SELECT count(*) FROM pg_stat_activity WHERE pid = {}",
    "mariadb": "SELECT count(*) FROM information_schema.processlist WHERE id = {}",
}


class Operator:
    """Ends connections of an engine, at a moment of their use, once it is armed."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._ids: dict[Any, int] = {}
        self._own = create_engine(engine.url, isolation_level="AUTOCOMMIT", poolclass=NullPool).connect()
        self._moment: str | None = None
        self._skip = 0
        self.has_killed = False
        event.listen(engine, "connect", self._note_id)
        event.listen(engine, "checkout", lambda raw, _record, _proxy: self._meet("taken from the pool", raw))
        event.listen(engine, "begin", lambda connection: self._meet("begun", raw_of(connection)))
        event.listen(engine, "after_cursor_execute", self._executed)
        event.listen(engine, "commit", lambda connection: self._meet("before the commit", raw_of(connection)))
        event.listen(engine, "reset", self._reset)
        event.listen(engine, "checkin", self._checked_in)

    def arm(self, moment: str, skip: int = 0) -> None:
        """Kill at that moment, when it has passed so many times."""
        self._moment, self._skip, self.has_killed = moment, skip, False

    def _note_id(self, raw: Any, record: Any) -> None:
        cursor = raw.cursor()
        cursor.execute(IDS[self._name])
        self._ids[raw] = cursor.fetchone()[0]
        cursor.close()
        raw.rollback()

    @property
    def _name(self) -> str:
        return self._engine.dialect.name

    def _executed(self, connection: Connection, *_about: object) -> None:
        self._meet("a statement was executed", raw_of(connection))

    def _reset(self, raw: Any, record: Any, state: Any) -> None:
        rollback = raw.rollback

        def roll_back() -> None:
            rollback()
            del raw.rollback
            self._meet("rolled back to be given back", raw)

        if self._moment == "rolled back to be given back":
            raw.rollback = roll_back

    def _checked_in(self, raw: Any, _record: Any) -> None:
        if raw is not None:
            self._meet("back in the pool", raw)

    def _meet(self, moment: str, raw: Any) -> None:
        if moment != self._moment:
            return
        if self._skip:
            self._skip -= 1
            return
        self._moment = None
        self.has_killed = True
        self._own.execute(text(KILL[self._name].format(self._ids[raw])))
        wait_until(
            lambda: not self._own.execute(text(ALIVE[self._name].format(self._ids[raw]))).scalar(), "still there"
        )

    def close(self) -> None:
        self._own.close()


MOMENTS = [
    "taken from the pool",
    "begun",
    "a statement was executed",
    "before the commit",
    "rolled back to be given back",
    "back in the pool",
]


def raw_of(connection: Connection) -> Any:
    return connection.connection.dbapi_connection


@pytest.fixture(params=["postgresql", "mariadb"])
def url(request: pytest.FixtureRequest) -> str:
    return url_of(request.param)


@pytest.fixture
def make(url: str) -> Iterator[Make]:
    with sql_account_infos(url) as make:
        yield make


def engine_of(info: SharedAccountInfo) -> Engine:
    engine: Engine = info._store._engine  # type: ignore[attr-defined]  # of SqlStore
    return engine


def renew(info: SharedAccountInfo) -> None:
    with info.renewing("another token"):
        pass


BUCKET = SimpleNamespace(name="photos", id_="1")
OPERATIONS: dict[str, Callable[[SharedAccountInfo], object]] = {
    "get_account_auth_token": lambda info: info.get_account_auth_token(),
    "renewing": renew,
    "save_bucket": lambda info: info.save_bucket(BUCKET),
    "refresh_entire_bucket_name_cache": lambda info: info.refresh_entire_bucket_name_cache([("photos", "1")]),
    "list_bucket_names_ids": lambda info: info.list_bucket_names_ids(),
    "get_bucket_id": lambda info: info.get_bucket_id_or_none_from_bucket_name("photos"),
    "take_bucket_upload_url": lambda info: info.take_bucket_upload_url("1"),
    "put_bucket_upload_url": lambda info: info.put_bucket_upload_url("1", "another url", "token"),
    "clear_bucket_upload_data": lambda info: info.clear_bucket_upload_data("1"),
}
PLACES = 15
"""Of the pool of an engine."""
OFFERS = ("put_bucket_upload_url", "clear_bucket_upload_data")


@contextmanager
def operator_of(info: SharedAccountInfo) -> Iterator[Operator]:
    engine = engine_of(info)
    operator = Operator(engine)
    engine.dispose()  # it knows the connections that are opened from now on
    yield operator
    operator.close()


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("on_outage", ["raise", "memory"])
def test_a_connection_that_is_lost_is_an_outage_of_one_call_at_most(
    make: Make, auth: dict[str, Any], moment: str, on_outage: OnOutage
) -> None:
    info = make(on_outage=on_outage)
    info.set_auth_data(**auth)
    info.save_bucket(BUCKET)
    info.put_bucket_upload_url("1", "url", "token")
    with operator_of(info) as operator:
        for name, operation in OPERATIONS.items():
            recover(info)
            operator.arm(moment)
            if on_outage == "memory" or name in OFFERS:
                operation(info)
            else:
                with suppress(AccountStoreUnavailable):
                    operation(info)
            assert operator.has_killed, name
            assert recover(info) == "secret-token"


@pytest.mark.parametrize("moment", ["taken from the pool", "rolled back to be given back"])
@pytest.mark.parametrize("isolation_level", ["READ COMMITTED", "AUTOCOMMIT"])
def test_no_place_in_the_pool_is_lost(make: Make, auth: dict[str, Any], moment: str, isolation_level: str) -> None:
    info = make()
    info.set_auth_data(**auth)
    engine = engine_of(info)
    engine.update_execution_options(isolation_level=isolation_level)
    with operator_of(info) as operator:
        for _ in range(PLACES + 1):
            operator.arm(moment)
            with suppress(AccountStoreUnavailable):
                info.get_account_auth_token()
            assert operator.has_killed
            assert recover(info) == "secret-token"


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("on_outage", ["raise", "memory"])
def test_an_upload_whose_url_is_being_given_back_has_succeeded(fleet: Fleet, moment: str, on_outage: OnOutage) -> None:
    bucket = fleet.member(on_outage)
    with operator_of(info_of(bucket)) as operator:
        upload_amid(fleet, bucket, lambda: operator.arm(moment))
        assert operator.has_killed
