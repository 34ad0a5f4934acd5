from __future__ import annotations

import json
import os
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tests.account_info.conftest import OLD_ACCOUNT

import b2sdk.v2
from b2sdk.account_info import sqlite_file
from b2sdk.account_info.sqlite import SqliteAccountInfo
from b2sdk.exception import CorruptAccountInfo, MissingAccountData
from b2sdk.protocol_constants import ALL_CAPABILITIES

LONG_AGO = (12345, 12345)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "info"


@pytest.fixture
def info(path: Path) -> Iterator[SqliteAccountInfo]:
    with closing(SqliteAccountInfo(path)) as info:
        yield info


def rows(path: Path, table: str) -> list[Any]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608  # a table of these tests


@pytest.mark.parametrize("level", range(4))
def test_the_account_of_an_old_file_is_read(path: Path, level: int) -> None:
    with closing(SqliteAccountInfo(path, last_upgrade_to_run=level)) as old:
        old.set_auth_data_with_schema_0_for_test("aabbcc", "token", "api", "download", 77, "it's a key", "production")
    with closing(SqliteAccountInfo(path)) as info:
        assert info.get_application_key_id() == info.get_account_id() == "aabbcc"
        assert info.get_application_key() == "it's a key"
        assert info.get_recommended_part_size() == 77
        assert info.get_absolute_minimum_part_size() == 5_000_000
        assert info.get_s3_api_url() == ""
        assert info.get_allowed() == {"buckets": None, "capabilities": ALL_CAPABILITIES, "namePrefix": None}
        assert info.is_master_key()


def test_the_json_file_of_the_first_versions_is_read(path: Path) -> None:
    path.write_text(json.dumps(OLD_ACCOUNT))
    with closing(SqliteAccountInfo(path)) as info:
        assert info.get_account_auth_token() == "token"
        assert info.get_recommended_part_size() == 77


def test_a_file_is_shared(info: SqliteAccountInfo, path: Path, auth: dict[str, Any]) -> None:
    with closing(SqliteAccountInfo(path)) as other:
        info.set_auth_data(**auth)
        assert other.get_account_auth_token() == "secret-token"
        info.set_auth_data(**{**auth, "auth_token": "newer"})
        assert other.get_account_auth_token() == "newer"


@pytest.mark.parametrize(
    ("bucket_id", "buckets"), [("1", [{"id": "1", "name": "photos"}]), (None, None)], ids=["one bucket", "all buckets"]
)
def test_restrictions_that_an_older_program_stores_in_a_new_file_are_read(
    info: SqliteAccountInfo, path: Path, auth: dict[str, Any], bucket_id: str | None, buckets: Any
) -> None:
    info.set_auth_data(**auth)
    old: dict[str, Any] = {
        "bucketId": bucket_id,
        "bucketName": bucket_id and "photos",
        "capabilities": [],
        "namePrefix": None,
    }
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("UPDATE account SET allowed = ?", (json.dumps(old),))
    assert info.get_allowed() == {"buckets": buckets, "capabilities": [], "namePrefix": None}
    with closing(b2sdk.v2.SqliteAccountInfo(path)) as of_v2:
        assert of_v2.get_allowed() == old


@pytest.fixture
def old(info: SqliteAccountInfo, path: Path, auth: dict[str, Any]) -> SqliteAccountInfo:
    """Store an authorization in a file that seems not to have been written for a long time."""
    info.set_auth_data(**auth)
    os.utime(path, ns=LONG_AGO)
    return info


def token_number(number: int) -> str:
    return f"token-{number:04}"  # of one length, as the size of the file must not be what tells


def test_what_another_wrote_is_read_at_once_however_fast_they_follow(
    info: SqliteAccountInfo, path: Path, auth: dict[str, Any]
) -> None:
    with closing(SqliteAccountInfo(path)) as other:
        for number in range(100):
            other.set_auth_data(**auth | {"auth_token": token_number(number)})
            for _ in range(3):
                assert info.get_account_auth_token() == token_number(number)


@pytest.mark.parametrize("journal_mode", ["delete", "truncate", "persist", "wal"])
def test_what_another_wrote_is_read_at_once_when_the_file_was_old(
    info: SqliteAccountInfo, path: Path, auth: dict[str, Any], journal_mode: str
) -> None:
    info.set_auth_data(**auth)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        assert other.execute(f"PRAGMA journal_mode = {journal_mode}").fetchone() == (journal_mode,)
        for number in range(20):
            os.utime(path, ns=LONG_AGO)  # by which all these states look alike
            for _ in range(3):
                info.get_account_auth_token()
            other.execute("UPDATE account SET account_auth_token = ?", (token_number(number),))
            assert info.get_account_auth_token() == token_number(number)


def test_a_change_to_a_journal_that_hides_writes_is_noticed(old: SqliteAccountInfo, path: Path) -> None:
    assert old.get_account_auth_token() == "secret-token"
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA journal_mode = WAL")
        for number in range(20):
            other.execute("UPDATE account SET account_auth_token = ?", (token_number(number),))
            assert old.get_account_auth_token() == token_number(number)


@pytest.mark.skipif(sys.platform == "win32", reason="there SQLite is asked each time")
def test_of_a_file_that_nobody_writes_sqlite_is_asked_once(old: SqliteAccountInfo) -> None:
    statements: list[str] = []
    with old._file as connection:
        connection.set_trace_callback(statements.append)
    for _ in range(10):
        assert old.get_account_auth_token() == "secret-token"
        assert old.get_api_url() == "https://api.example.com"
    assert [statement.split()[0] for statement in statements] == ["PRAGMA", "SELECT", "PRAGMA"]


def test_a_removed_file_is_made_again_and_empty_after_close(old: SqliteAccountInfo, path: Path) -> None:
    assert old.get_account_auth_token() == "secret-token"
    old.close()
    path.unlink()
    with pytest.raises(MissingAccountData):
        old.get_account_auth_token()


def test_restrictions_are_stored_as_plain_json_text(info: SqliteAccountInfo, path: Path, auth: dict[str, Any]) -> None:
    info.set_auth_data(**auth)
    (account,) = rows(path, "account")
    assert json.dumps(auth["allowed"]) in account


def test_storing_an_authorization_empties_the_bucket_names(info: SqliteAccountInfo, auth: dict[str, Any]) -> None:
    info.save_bucket(SimpleNamespace(name="photos", id_="1"))
    info.set_auth_data(**auth)
    assert info.list_bucket_names_ids() == []


def test_an_authorization_that_cannot_be_stored_leaves_the_old_one_whole(
    info: SqliteAccountInfo, auth: dict[str, Any]
) -> None:
    info.set_auth_data(**auth)
    info.save_bucket(SimpleNamespace(name="photos", id_="1"))
    with pytest.raises(sqlite3.IntegrityError):
        info.set_auth_data(**{**auth, "auth_token": "newer", "realm": None})
    assert info.get_account_auth_token() == "secret-token"
    assert info.list_bucket_names_ids() == [("photos", "1")]


def test_clear_keeps_the_record_of_upgrades(info: SqliteAccountInfo, path: Path) -> None:
    info.clear()
    assert rows(path, "update_done") == [(1,), (2,), (3,), (4,), (5,), (6,)]


def test_a_renamed_bucket_loses_its_old_name(info: SqliteAccountInfo) -> None:
    info.save_bucket(SimpleNamespace(name="old", id_="1"))
    info.save_bucket(SimpleNamespace(name="new", id_="1"))
    assert info.list_bucket_names_ids() == [("new", "1")]


def test_a_bucket_that_was_created_again_has_its_new_id(info: SqliteAccountInfo) -> None:
    info.save_bucket(SimpleNamespace(name="photos", id_="1"))
    info.save_bucket(SimpleNamespace(name="photos", id_="2"))
    assert info.get_bucket_id_or_none_from_bucket_name("photos") == "2"
    assert info.list_bucket_names_ids() == [("photos", "2")]


def test_a_locked_file_is_not_taken_for_missing_data(
    path: Path, auth: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_file, "BUSY_TIMEOUT_SECONDS", 0.02)
    with closing(SqliteAccountInfo(path)) as info, closing(sqlite3.connect(path, isolation_level=None)) as other:
        info.set_auth_data(**auth)
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(sqlite3.OperationalError, match="database is locked"):
            info.get_account_id()
        with pytest.raises(sqlite3.OperationalError, match="database is locked"):
            info.is_same_key("001aabbcc0000000001", "production")


def test_what_is_wrong_with_the_file_is_reported_at_once(path: Path) -> None:
    path.write_text("garbage")
    with pytest.raises(CorruptAccountInfo, match="appears corrupted"):
        SqliteAccountInfo(path)


def test_the_object_is_usable_after_close(info: SqliteAccountInfo, auth: dict[str, Any]) -> None:
    info.set_auth_data(**auth)
    info.close()
    assert info.get_account_id() == "aabbcc"


def test_the_path_is_public_and_expanded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    with closing(SqliteAccountInfo("~/mine")) as info:
        assert info.filename == str(tmp_path / "mine") == SqliteAccountInfo.get_user_account_info_path("~/mine")


def test_a_profile_has_a_file_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("B2_ACCOUNT_INFO", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    with closing(SqliteAccountInfo(profile="me")) as info:
        assert info.filename == str(tmp_path / "b2" / "db-me.sqlite")


def test_no_secret_is_in_the_repr_or_in_a_pickle(info: SqliteAccountInfo, auth: dict[str, Any]) -> None:
    info.set_auth_data(**auth)
    assert info.get_account_auth_token() == "secret-token"
    shown = repr(info) + repr(info.__getstate__())
    assert "secret-token" not in shown
    assert "secret-key" not in shown
