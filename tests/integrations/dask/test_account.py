"""The client of a worker. What travels has no secret in it."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import Mock

import pytest
from sqlalchemy import create_engine

from b2sdk.exception import MissingAccountData, Unauthorized
from b2sdk.integrations.dask import ApiFromEnvironment
from b2sdk.integrations.dask.account import ClientOfWorker, close_client
from b2sdk.integrations.redis import RedisAccountInfo
from b2sdk.integrations.sql import SqlAccountInfo
from b2sdk.integrations.sql_tables import create_account_tables
from b2sdk.simulator import SimulatorServer
from b2sdk.v3 import B2Api, InMemoryAccountInfo

VARIABLES = ("B2_ACCOUNT_INFO_URL", "B2_APPLICATION_KEY_ID", "B2_APPLICATION_KEY", "B2_ENVIRONMENT")


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)


@pytest.fixture
def key(service: SimulatorServer, monkeypatch: pytest.MonkeyPatch) -> str:
    """Have a key in the environment."""
    for variable, value in zip(VARIABLES[1:], (service.key_id, service.key, service.url), strict=True):
        monkeypatch.setenv(variable, value)
    return service.key


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Have a store in the environment."""
    url = f"sqlite:///{tmp_path}/store.sqlite"
    engine = create_engine(url)
    create_account_tables(engine)
    engine.dispose()
    monkeypatch.setenv("B2_ACCOUNT_INFO_URL", url)
    return url


@contextmanager
def closing_client(api: B2Api) -> Iterator[B2Api]:
    yield api
    close_client(api)


def authorizations(service: SimulatorServer) -> int:
    return [entry.endpoint for entry in service.journal.entries].count("b2_authorize_account")


def test_with_a_key_each_process_authorizes_for_itself(service: SimulatorServer, key: str) -> None:
    for _ in range(2):
        with closing_client(ApiFromEnvironment()()) as api:
            assert type(api.account_info) is InMemoryAccountInfo
            assert api.list_buckets() == []
    assert authorizations(service) == 2


def test_with_a_store_one_authorizes_for_all(service: SimulatorServer, key: str, store: str) -> None:
    for _ in range(2):
        with closing_client(ApiFromEnvironment()()) as api:
            assert type(api.account_info) is SqlAccountInfo
            assert api.list_buckets() == []
    assert authorizations(service) == 1


def test_with_an_authorization_in_the_store_workers_need_no_key(
    service: SimulatorServer, key: str, store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    close_client(ApiFromEnvironment()())
    for variable in VARIABLES[1:]:
        monkeypatch.delenv(variable)
    with closing_client(ApiFromEnvironment()()) as api:
        assert api.list_buckets() == []
    assert authorizations(service) == 1


@pytest.mark.parametrize("scheme", ["redis", "rediss"])
def test_a_store_may_be_redis(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORE", f"{scheme}://nowhere.invalid/0")
    with closing_client(ApiFromEnvironment(account_info="STORE")()) as api:
        assert type(api.account_info) is RedisAccountInfo


def test_an_environment_without_an_account_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(MissingAccountData, match="B2_APPLICATION_KEY_ID and B2_APPLICATION_KEY must be set"):
        ApiFromEnvironment()()


def test_only_names_of_variables_travel(key: str, store: str) -> None:
    plugin = ClientOfWorker("name", ApiFromEnvironment())
    for travelling in (repr(ApiFromEnvironment()), repr(vars(plugin)), str(pickle.dumps(plugin))):
        assert key not in travelling
        assert store not in travelling
    assert "B2_ACCOUNT_INFO_URL" in repr(ApiFromEnvironment())


def test_a_client_is_made_once_when_it_is_needed_and_closed_with_its_worker() -> None:
    make = Mock()
    plugin = ClientOfWorker("name", make)
    plugin.setup(Mock())
    plugin.teardown(Mock())
    make.assert_not_called()
    assert plugin.api() is plugin.api() is make.return_value
    make.assert_called_once_with()
    plugin.teardown(Mock())
    plugin.teardown(Mock())
    assert isinstance(make.return_value.close, Mock)
    make.return_value.close.assert_called_once_with()


def test_a_client_that_cannot_be_authorized_is_closed(
    service: SimulatorServer, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = Mock()
    monkeypatch.setattr(B2Api, "close", closed)
    monkeypatch.setenv("B2_APPLICATION_KEY", "wrong")
    with pytest.raises(Unauthorized):
        ApiFromEnvironment()()
    closed.assert_called_once_with()
