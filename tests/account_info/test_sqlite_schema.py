from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, strategies as st
from tests.account_info.conftest import OLD_ACCOUNT

from b2sdk.account_info import sqlite_schema
from b2sdk.account_info.sqlite_schema import UPGRADES, is_set_up, set_up

LATEST = max(UPGRADES)
COLUMNS = [
    ("account_id", "TEXT", 1),
    ("application_key", "TEXT", 1),
    ("account_auth_token", "TEXT", 1),
    ("api_url", "TEXT", 1),
    ("download_url", "TEXT", 1),
    ("absolute_minimum_part_size", "INT", 1),
    ("recommended_part_size", "INT", 1),
    ("realm", "TEXT", 1),
    ("allowed", "TEXT", 0),
    ("account_id_or_app_key_id", "TEXT", 0),
    ("s3_api_url", "TEXT", 0),
]

ids = st.none() | st.text(min_size=1)


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    yield connection
    connection.close()


def account(connection: sqlite3.Connection) -> dict[str, Any]:
    cursor = connection.execute("SELECT * FROM account")
    return dict(zip((column[0] for column in cursor.description), cursor.fetchone(), strict=True))


def upgrades_done(connection: sqlite3.Connection) -> list[int]:
    return [number for (number,) in connection.execute("SELECT update_number FROM update_done")]


@pytest.mark.parametrize("level", range(LATEST + 1))
def test_every_level_ends_in_the_same_tables(connection: sqlite3.Connection, level: int) -> None:
    set_up(connection, level)
    set_up(connection, LATEST)
    columns = connection.execute("SELECT name, type, [notnull] FROM pragma_table_info('account')").fetchall()
    assert columns == COLUMNS
    assert upgrades_done(connection) == [1, 2, 3, 4, 5, 6]
    assert sqlite_schema._tables(connection) == {"update_done", "account", "bucket", "bucket_upload_url"}


def test_a_file_ahead_of_what_is_asked_for_stays_as_it_is(connection: sqlite3.Connection) -> None:
    set_up(connection, LATEST)
    assert is_set_up(connection, 2)
    set_up(connection, 2)
    assert upgrades_done(connection) == [1, 2, 3, 4, 5, 6]


def test_an_upgrade_of_a_later_version_does_no_harm(connection: sqlite3.Connection) -> None:
    set_up(connection, LATEST)
    connection.execute("INSERT INTO update_done VALUES (7)")
    connection.execute("ALTER TABLE account ADD COLUMN later TEXT")
    assert is_set_up(connection, LATEST)


@pytest.mark.parametrize("level", range(4))
def test_an_account_of_before_the_split_keeps_its_part_size(connection: sqlite3.Connection, level: int) -> None:
    set_up(connection, level)
    sqlite_schema.insert_first_account(connection, OLD_ACCOUNT)
    set_up(connection, LATEST)
    kept = {name: value for name, value in OLD_ACCOUNT.items() if name != "minimum_part_size"}
    assert account(connection) == {
        **kept,
        "recommended_part_size": 77,
        "absolute_minimum_part_size": 5_000_000,
        "allowed": None,
        "account_id_or_app_key_id": None,
        "s3_api_url": None,
    }


def with_allowed(connection: sqlite3.Connection, level: int, allowed: str) -> None:
    set_up(connection, 0)
    sqlite_schema.insert_first_account(connection, OLD_ACCOUNT)
    set_up(connection, level)
    connection.execute("UPDATE account SET allowed = ?", (allowed,))


@given(level=st.integers(1, 5), bucket_id=ids, name=ids, prefix=st.none() | st.text() | st.just("it's"))
def test_the_single_bucket_form_becomes_the_form_of_several(
    level: int, bucket_id: str | None, name: str | None, prefix: str | None
) -> None:
    old = {"bucketId": bucket_id, "bucketName": name, "capabilities": ["readFiles"], "namePrefix": prefix}
    connection = sqlite3.connect(":memory:", isolation_level=None)
    with_allowed(connection, level, json.dumps(old))
    set_up(connection, LATEST)
    buckets = None if bucket_id is None else [{"id": bucket_id, "name": name}]
    assert json.loads(account(connection)["allowed"]) == {
        "buckets": buckets,
        "capabilities": ["readFiles"],
        "namePrefix": prefix,
    }
    connection.close()


def test_the_form_of_several_buckets_is_left_alone(connection: sqlite3.Connection) -> None:
    new = {"buckets": [{"id": "1", "name": "a"}, {"id": "2", "name": "b"}], "capabilities": [], "namePrefix": None}
    with_allowed(connection, 4, json.dumps(new))
    set_up(connection, LATEST)
    assert json.loads(account(connection)["allowed"]) == new


@pytest.mark.parametrize("text", ["{", "{}"])
def test_restrictions_that_no_version_wrote_are_refused(connection: sqlite3.Connection, text: str) -> None:
    with_allowed(connection, 4, text)
    with pytest.raises(sqlite3.DatabaseError, match="allowed"):
        set_up(connection, LATEST)


@pytest.mark.parametrize("foreign", ["CREATE TABLE notes (text)", "CREATE TABLE account (name)"])
def test_a_database_of_something_else_is_refused_and_not_touched(connection: sqlite3.Connection, foreign: str) -> None:
    connection.execute(foreign)
    before = list(connection.iterdump())
    with pytest.raises(sqlite3.DatabaseError, match="not an account-info file"):
        set_up(connection, LATEST)
    assert list(connection.iterdump()) == before


def test_tables_that_a_crash_left_out_are_created(connection: sqlite3.Connection) -> None:
    connection.execute("CREATE TABLE update_done (update_number INT NOT NULL)")
    assert not is_set_up(connection, LATEST)
    set_up(connection, LATEST)
    assert is_set_up(connection, LATEST)
