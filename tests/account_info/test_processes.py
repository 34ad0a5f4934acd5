"""Several processes with one file."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest
from tests.account_info.conftest import OLD_ACCOUNT

from b2sdk.account_info.sqlite import SqliteAccountInfo
from b2sdk.account_info.sqlite_schema import create_first_schema, insert_first_account

PROCESSES = 16
ROUNDS = 12

OPENER = """
import sys
from b2sdk.account_info.sqlite import SqliteAccountInfo
print("ready", flush=True)
for line in sys.stdin:
    try:
        info = SqliteAccountInfo(line.rstrip())
        print(info.get_account_id(), flush=True)
        info.close()
    except Exception as error:
        print(repr(error), flush=True)
"""


def old_database(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        create_first_schema(connection)
        insert_first_account(connection, OLD_ACCOUNT)


def old_json(path: Path) -> None:
    path.write_text(json.dumps(OLD_ACCOUNT))


@pytest.fixture
def openers() -> Iterator[list[subprocess.Popen[str]]]:
    with ExitStack() as stack:
        processes = [
            stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", OPENER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
                )
            )
            for _ in range(PROCESSES)
        ]
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        yield processes


def answers(openers: list[subprocess.Popen[str]], path: Path) -> list[str]:
    for opener in openers:
        assert opener.stdin is not None
        opener.stdin.write(f"{path}\n")
        opener.stdin.flush()
    return [opener.stdout.readline().rstrip() for opener in openers if opener.stdout is not None]


def test_an_old_file_can_be_opened_by_many_at_once(openers: list[subprocess.Popen[str]], tmp_path: Path) -> None:
    told: list[str] = []
    for number in range(ROUNDS):
        path = tmp_path / str(number)
        make = old_json if number % 4 == 3 else old_database
        make(path)
        told += answers(openers, path)
    assert told == ["aabbcc"] * PROCESSES * ROUNDS


def test_readers_see_either_the_old_or_the_new_state(tmp_path: Path, auth: dict[str, Any]) -> None:
    def versioned(version: int) -> dict[str, Any]:
        return {**auth, "auth_token": f"token {version}", "api_url": f"api {version}"}

    def write() -> None:
        with closing(SqliteAccountInfo(tmp_path / "info")) as info:
            for version in range(1, 20):
                info.set_auth_data(**versioned(version))

    seen = []
    with closing(SqliteAccountInfo(tmp_path / "info")) as info, ThreadPoolExecutor(1) as threads:
        info.set_auth_data(**versioned(0))
        writing = threads.submit(write)
        while not writing.done():
            seen.append(info._load_auth_data())
    assert seen
    assert all(state is not None and state.auth_token[6:] == state.api_url[4:] for state in seen)
