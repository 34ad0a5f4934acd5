from __future__ import annotations

import json
import sqlite3
import stat
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from b2sdk.account_info.json_file import replace_json_file

OLD_FILE: dict[str, Any] = {
    "account_id": "aabbcc",
    "application_key": "it's a key",
    "account_auth_token": "token",
    "api_url": "api",
    "download_url": "download",
    "minimum_part_size": 77,
    "realm": "production",
    "bucket_names_to_ids": {"photos": "1"},
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "info"


def test_a_database_of_the_first_schema_takes_its_place(path: Path) -> None:
    path.write_text(json.dumps(OLD_FILE))
    assert replace_json_file(str(path))
    connection = sqlite3.connect(path)
    (row,) = connection.execute("SELECT * FROM account").fetchall()
    connection.close()
    assert row == ("aabbcc", "it's a key", "token", "api", "download", 77, "production")


def test_the_database_is_the_owners_alone_and_nothing_else_is_left(path: Path) -> None:
    path.write_text(json.dumps(OLD_FILE))
    path.chmod(0o644)
    replace_json_file(str(path))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("key", [key for key in OLD_FILE if key != "bucket_names_to_ids"])
def test_a_file_that_lacks_a_value_is_left_alone(path: Path, key: str) -> None:
    text = json.dumps({name: value for name, value in OLD_FILE.items() if name != key})
    path.write_text(text)
    assert not replace_json_file(str(path))
    assert path.read_text() == text


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"not json", b"[1]", b"null"])
def test_a_file_that_is_no_json_object_is_left_alone(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    assert not replace_json_file(str(path))
    assert path.read_bytes() == content


def test_a_database_that_another_process_put_there_is_left_alone(path: Path) -> None:
    content = b"SQLite format 3\0..."
    path.write_bytes(content)
    assert replace_json_file(str(path))
    assert path.read_bytes() == content


def test_a_failure_leaves_the_json_file_and_nothing_else(path: Path) -> None:
    path.write_text(json.dumps(OLD_FILE))
    failure = OSError("no space")
    with mock.patch.object(Path, "replace", side_effect=failure), pytest.raises(OSError, match="no space"):
        replace_json_file(str(path))
    assert json.loads(path.read_text()) == OLD_FILE
    assert list(path.parent.iterdir()) == [path]


def test_what_a_killed_process_left_is_removed(path: Path) -> None:
    path.write_text(json.dumps(OLD_FILE))
    with mock.patch.object(Path, "replace", side_effect=KeyboardInterrupt), mock.patch.object(Path, "unlink"):
        with pytest.raises(KeyboardInterrupt):
            replace_json_file(str(path))  # a killed process cleans nothing up
        (scratch,) = (entry for entry in path.parent.iterdir() if entry != path)
    scratch.with_name(scratch.name + "-journal").write_bytes(b"half a transaction")
    assert stat.S_IMODE(scratch.stat().st_mode) == 0o600
    assert replace_json_file(str(path))
    assert list(path.parent.iterdir()) == [path]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_link_in_the_place_of_the_new_file_is_not_written_through(path: Path, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"theirs")
    path.write_text(json.dumps(OLD_FILE))
    (tmp_path / ".info.b2new").symlink_to(victim)
    assert replace_json_file(str(path))
    assert victim.read_bytes() == b"theirs"
    assert not path.is_symlink()
