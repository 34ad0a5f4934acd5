"""Several processes with one file."""

from __future__ import annotations

import json
import multiprocessing
import os
import sqlite3
import subprocess
import sys
import time
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


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_writers_that_are_killed_leave_a_file_that_opens(tmp_path: Path, auth: dict[str, Any]) -> None:
    kills = 5000 if os.environ.get("B2SDK_LONG_TESTS") else 500
    path = tmp_path / "info"
    seen: set[str | None] = set()
    # Forked from one process that has everything imported, a writer costs milliseconds.
    context: Any = multiprocessing.get_context("fork")
    for number in range(kills):
        told, telling = context.Pipe(duplex=False)
        writer = context.Process(target=write_for_ever, args=(path, auth, number * 10**6, telling))
        writer.start()
        for _ in range(1 + number % 2):
            told.recv()
        time.sleep((number % 10) / 2000)
        writer.kill()
        writer.join()
        told.close()
        telling.close()
        with closing(SqliteAccountInfo(path)) as info:
            state = info._load_auth_data()
        assert state is None or state.auth_token[6:] == state.api_url[4:]
        seen.add(None if state is None else state.auth_token)
    assert len(seen) >= kills // 2  # every other one was let write before it was killed


def write_for_ever(path: Path, auth: dict[str, Any], version: int, telling: Any) -> None:
    info = SqliteAccountInfo(path)
    telling.send("open")
    while True:
        info.set_auth_data(**{**auth, "auth_token": f"token {version}", "api_url": f"api {version}"})
        if version % 10**6 == 0:
            telling.send("written")
        version += 1


def change_and_look(path: Path, auth: dict[str, Any], who: int, operations: int) -> None:
    with closing(SqliteAccountInfo(path)) as info:
        for number in range(operations // 2):
            told = f"{who} {number}"
            info.set_auth_data(**{**auth, "auth_token": f"token {told}", "api_url": f"api {told}"})
            state = info._load_auth_data()
            assert state is not None
            assert state.auth_token[6:] == state.api_url[4:]


@pytest.mark.skipif(sys.platform == "win32", reason="needs fork")
def test_two_processes_share_a_file_for_many_operations(tmp_path: Path, auth: dict[str, Any]) -> None:
    operations = 10_000
    path = tmp_path / "info"
    context: Any = multiprocessing.get_context("fork")
    both = [context.Process(target=change_and_look, args=(path, auth, who, operations // 2)) for who in range(2)]
    for process in both:
        process.start()
    for process in both:
        process.join()
    assert [process.exitcode for process in both] == [0, 0]
