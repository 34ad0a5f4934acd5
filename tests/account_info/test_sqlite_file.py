from __future__ import annotations

import gc
import os
import pickle
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import NOBODY

from b2sdk.account_info import sqlite_file
from b2sdk.account_info.sqlite_file import SqliteFile
from b2sdk.account_info.sqlite_schema import UPGRADES
from b2sdk.exception import CorruptAccountInfo
from b2sdk.testing.children import Child

LATEST = max(UPGRADES)

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "info"


@pytest.fixture
def file(path: Path) -> Iterator[SqliteFile]:
    file = SqliteFile(str(path), LATEST)
    yield file
    file.close()


def rights(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def buckets(file: SqliteFile) -> list[Any]:
    with file as connection:
        return connection.execute("SELECT * FROM bucket").fetchall()


def add_bucket(file: SqliteFile, name: str) -> None:
    with file.transaction() as connection:
        connection.execute("INSERT INTO bucket VALUES (?, ?)", (name, name))


# --- rights and kinds of files -----------------------------------------------------------------------------------


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o777])
def test_a_new_file_is_the_owners_alone_whatever_the_umask(file: SqliteFile, path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        add_bucket(file, "photos")
    finally:
        os.umask(before)
    assert rights(path) == 0o600


@pytest.mark.parametrize(("wide", "narrow"), [(0o644, 0o600), (0o666, 0o600), (0o444, 0o400), (0o600, 0o600)])
def test_an_existing_file_is_closed_to_others(file: SqliteFile, path: Path, wide: int, narrow: int) -> None:
    path.touch()
    path.chmod(wide)
    assert buckets(file) == []
    assert rights(path) == narrow


def test_a_file_of_someone_else_keeps_its_rights(as_user: Path) -> None:
    foreign = as_user / "info"
    with closing(SqliteFile(str(foreign), LATEST)) as file:
        assert buckets(file) == []
    foreign.chmod(0o644)
    if os.getuid() != 0:
        pytest.skip("only root can give a file away")
    os.seteuid(0)
    os.chown(foreign, 0, 0)
    os.seteuid(NOBODY)
    with closing(SqliteFile(str(foreign), LATEST)) as file:
        assert buckets(file) == []
    assert rights(foreign) == 0o644


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may close the files of others")
def test_root_closes_a_file_of_someone_else_to_others(file: SqliteFile, path: Path) -> None:
    path.touch()
    path.chmod(0o664)
    os.chown(path, 12345, 12345)
    with file:
        pass
    assert (stat.S_IMODE(path.stat().st_mode), path.stat().st_uid) == (0o600, 12345)


@pytest.mark.parametrize("mode", [0o777, 0o1777, 0o755])
def test_whatever_holds_the_key_is_the_owners_alone_whatever_the_directory(
    file: SqliteFile, path: Path, mode: int
) -> None:
    path.parent.chmod(mode)
    umask = os.umask(0)
    try:
        with file.transaction() as connection:
            connection.execute("INSERT INTO bucket VALUES ('name', 'id')")
            modes = {entry.name: rights(entry) for entry in path.parent.iterdir()}
    finally:
        os.umask(umask)
    assert modes == {path.name: 0o600, f"{path.name}-journal": 0o600}


def test_a_symlink_to_nothing_yet_is_followed(path: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(path)
    with closing(SqliteFile(str(link), LATEST)) as file:
        add_bucket(file, "photos")
    assert rights(path) == 0o600


@pytest.mark.parametrize("name", ["a?mode=memory", "a#b", "100%41", "it's", "ż", ":memory:"])
def test_a_name_is_taken_as_it_is(tmp_path: Path, name: str) -> None:
    with closing(SqliteFile(str(tmp_path / name), LATEST)) as file:
        add_bucket(file, "photos")
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_folder_is_called_a_folder(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError):
        buckets(SqliteFile(str(tmp_path), LATEST))


@pytest.mark.parametrize("name", ["", "missing/info"])
def test_a_path_to_nowhere_is_not_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileNotFoundError):
        buckets(SqliteFile(name, LATEST))


def test_an_unreadable_file_is_a_matter_of_permissions(as_user: Path) -> None:
    path = as_user / "info"
    path.touch(0o000)
    with pytest.raises(PermissionError):
        buckets(SqliteFile(str(path), LATEST))


def test_a_read_only_file_can_be_read_and_refuses_writes(as_user: Path) -> None:
    path = as_user / "info"
    with closing(SqliteFile(str(path), LATEST)) as file:
        add_bucket(file, "photos")
    path.chmod(0o400)
    with closing(SqliteFile(str(path), LATEST)) as file:
        assert buckets(file) == [("photos", "photos")]
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            add_bucket(file, "videos")


@pytest.mark.parametrize("content", [b"{}", b"garbage" * 1000, b"SQLite format 3\0" + b"\xff" * 4096])
def test_what_is_no_database_is_corrupt_and_stays_as_it_is(file: SqliteFile, path: Path, content: bytes) -> None:
    path.write_bytes(content)
    for _ in range(2):
        with pytest.raises(CorruptAccountInfo) as corrupt:
            buckets(file)
        assert corrupt.value.file_name == str(path)
    assert path.read_bytes() == content
    assert list(path.parent.iterdir()) == [path]


def test_a_database_of_another_program_is_corrupt_and_stays_as_it_is(file: SqliteFile, path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE notes (text)")
    content = path.read_bytes()
    with pytest.raises(CorruptAccountInfo):
        buckets(file)
    assert path.read_bytes() == content


def test_damage_that_shows_later_is_corrupt_too(file: SqliteFile, path: Path) -> None:
    add_bucket(file, "photos")
    path.write_bytes(b"garbage" * 1000)
    with pytest.raises(CorruptAccountInfo):
        buckets(file)


# --- locks -------------------------------------------------------------------------------------------------------


def test_a_locked_file_is_called_locked_at_opening_reading_and_writing(
    file: SqliteFile, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_file, "BUSY_TIMEOUT_SECONDS", 0.02)
    add_bucket(file, "photos")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        for use in (buckets, lambda file: add_bucket(file, "videos")):
            with pytest.raises(sqlite3.OperationalError, match="database is locked"):
                use(file)
            with pytest.raises(sqlite3.OperationalError, match="database is locked"):
                use(SqliteFile(str(path), LATEST))
    assert buckets(file) == [("photos", "photos")]


def test_opening_a_file_keeps_the_lock_that_this_process_has_on_it(file: SqliteFile, path: Path) -> None:
    intruder = f"import sqlite3; sqlite3.connect({str(path)!r}, timeout=0).execute('BEGIN IMMEDIATE')"
    with file.transaction(), closing(SqliteFile(str(path), LATEST)) as second:
        assert buckets(second) == []
        refused = subprocess.run([sys.executable, "-c", intruder], capture_output=True, text=True, check=False)
    assert "database is locked" in refused.stderr


def test_a_failed_transaction_leaves_the_old_state_and_no_lock(file: SqliteFile) -> None:
    add_bucket(file, "photos")

    def delete_and_fail() -> None:
        with file.transaction() as connection:
            connection.execute("DELETE FROM bucket")
            raise KeyError

    with pytest.raises(KeyError):
        delete_and_fail()
    add_bucket(file, "videos")
    assert buckets(file) == [("photos", "photos"), ("videos", "videos")]


def test_many_threads_share_the_file(file: SqliteFile, path: Path, handles: Callable[[Path], int]) -> None:
    with ThreadPoolExecutor(50) as threads:
        list(threads.map(lambda number: add_bucket(file, str(number)), range(50)))
        assert len(buckets(file)) == 50
        assert handles(path) == 1


# --- stamps ------------------------------------------------------------------------------------------------------

SECOND = 10**9


def has_reliable_stamp(file: SqliteFile) -> bool:
    stamp = file.stamp()
    with file as connection:
        connection.execute("PRAGMA data_version")
        return stamp is not None and file.is_reliable(stamp)


def age(path: Path, nanoseconds: int) -> None:
    """Let the last write seem to be so long ago."""
    then = time.time_ns() - nanoseconds
    os.utime(path, ns=(then, then))


@pytest.mark.skipif(sys.platform == "win32", reason="stamps are not used on Windows")
@pytest.mark.parametrize("nanoseconds", [SECOND // 2 + 1, 10 * SECOND + 1, 10**6 * SECOND])
def test_a_stamp_is_reliable_when_the_last_write_is_over(file: SqliteFile, path: Path, nanoseconds: int) -> None:
    add_bucket(file, "photos")
    age(path, nanoseconds)
    assert has_reliable_stamp(file)
    before = file.stamp()
    add_bucket(file, "videos")
    assert not has_reliable_stamp(file)
    assert file.stamp() != before


@pytest.mark.parametrize("nanoseconds", [SECOND // 100, -SECOND, -3600 * SECOND])
def test_a_stamp_of_this_moment_or_of_the_future_is_not_reliable(
    file: SqliteFile, path: Path, nanoseconds: int
) -> None:
    buckets(file)
    age(path, nanoseconds)
    assert not has_reliable_stamp(file)


def test_a_whole_second_is_taken_for_the_time_of_a_file_system_that_has_no_others(file: SqliteFile, path: Path) -> None:
    buckets(file)
    now = time.time_ns() // SECOND * SECOND
    os.utime(path, ns=(now - 2 * SECOND, now - 2 * SECOND))
    assert not has_reliable_stamp(file)
    os.utime(path, ns=(now - 2 * SECOND + 1, now - 2 * SECOND + 1))
    assert has_reliable_stamp(file) == (sys.platform != "win32")


def test_there_is_no_reliable_stamp_where_writes_go_to_another_file(file: SqliteFile, path: Path) -> None:
    buckets(file)
    with closing(sqlite3.connect(path)) as other:
        other.execute("PRAGMA journal_mode = WAL")
    age(path, 3600 * SECOND)
    assert not has_reliable_stamp(file)


def test_there_is_no_stamp_of_a_missing_file_and_none_of_a_closed_one_is_reliable(file: SqliteFile, path: Path) -> None:
    assert file.stamp() is None
    add_bucket(file, "photos")
    age(path, 3600 * SECOND)
    stamp = file.stamp()
    file.close()
    assert stamp is not None
    assert not file.is_reliable(stamp)


# --- life of the connection --------------------------------------------------------------------------------------


def test_nothing_is_open_before_use_and_after_close(
    file: SqliteFile, path: Path, handles: Callable[[Path], int]
) -> None:
    path.touch()
    assert handles(path) == 0
    buckets(file)
    assert handles(path) == 1
    file.close()
    file.close()
    assert handles(path) == 0


def test_a_closed_file_opens_again_where_it_was(
    file: SqliteFile, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    relative = SqliteFile(path.name, LATEST)
    add_bucket(relative, "photos")
    relative.close()
    monkeypatch.chdir("/")
    assert buckets(relative) == buckets(file) == [("photos", "photos")]
    relative.close()


def test_a_file_that_was_removed_while_closed_is_made_again(file: SqliteFile, path: Path) -> None:
    add_bucket(file, "photos")
    file.close()
    path.unlink()
    assert buckets(file) == []
    assert rights(path) == 0o600


def test_a_forgotten_object_closes_its_connection(path: Path, handles: Callable[[Path], int]) -> None:
    file = SqliteFile(str(path), LATEST)
    buckets(file)
    del file
    gc.collect()
    assert handles(path) == 0


def test_a_pickled_copy_opens_the_same_file(file: SqliteFile) -> None:
    add_bucket(file, "photos")
    copied = pickle.loads(pickle.dumps(file))  # noqa: S301  # made here
    assert buckets(copied) == [("photos", "photos")]
    copied.close()


# --- forks -------------------------------------------------------------------------------------------------------


def test_no_connection_crosses_a_fork(
    file: SqliteFile,
    path: Path,
    handles: Callable[[Path], int],
    in_child: Callable[[Callable[[], Any]], Any],
) -> None:
    add_bucket(file, "photos")

    def of_child() -> Any:
        inherited = handles(path)
        add_bucket(file, "videos")
        return inherited, len(buckets(file))

    assert Child(of_child).result() == [0, 2]
    assert len(buckets(file)) == 2


def test_a_child_opens_the_file_again(
    file: SqliteFile, path: Path, in_child: Callable[[Callable[[], Any]], Any]
) -> None:
    add_bucket(file, "photos")
    with file as inherited:
        pass

    def of_child() -> Any:
        with file as connection:
            is_inherited = connection is inherited
        add_bucket(file, "videos")
        file.close()
        return is_inherited, len(buckets(file))

    assert in_child(of_child) == [False, 2]
    assert len(buckets(file)) == 2


IN_A_TRANSACTION_OF_ANOTHER_THREAD = """
import ctypes, os, sqlite3, sys, threading
from b2sdk.account_info.sqlite_file import SqliteFile
from b2sdk.fork import in_this_process

path, latest, use = sys.argv[1], int(sys.argv[2]), sys.argv[3]
file = SqliteFile(path, latest)

def begin():
    global connection
    connection = file.__enter__()
    connection.execute("PRAGMA cache_size = 1")  # so that some is in the file before it is committed
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany("INSERT INTO bucket VALUES (?, ?)", ((n, "x" * 1000) for n in range(1000)))

def names(file):
    with file as connection:
        return connection.execute("SELECT count(*) FROM bucket").fetchone()[0]

# It ends without leaving, as Python need not survive a fork in C amid threads that run.
beginning = threading.Thread(target=begin)
beginning.start()
beginning.join()
child = ctypes.PyDLL(None).fork()
if child == 0:
    if use == "noticed":
        in_this_process(file)
    elif use == "used":
        for each in (file, file, SqliteFile(path, latest)):
            try:
                names(each)
            except sqlite3.OperationalError as error:
                print(error)
    sys.exit()  # what is open here is finalized
assert os.waitpid(child, 0)[1] == 0
connection.execute("COMMIT")
print(connection.execute("PRAGMA integrity_check").fetchone()[0], names(SqliteFile(path, latest)))
"""


@needs_fork
@pytest.mark.parametrize("use", ["not used", "noticed", "used"])
def test_a_child_forked_in_c_amid_a_transaction_leaves_the_file_alone(path: Path, use: str) -> None:
    command = [sys.executable, "-c", IN_A_TRANSACTION_OF_ANOTHER_THREAD, str(path), str(LATEST), use]
    ended = subprocess.run(command, check=True, capture_output=True, text=True)
    told = "this process was forked in C while another thread used the file\n" if use == "used" else ""
    assert (ended.stdout, ended.stderr) == (told * 3 + "ok 1000\n", "")


def test_a_fork_waits_for_the_transactions_of_other_threads(file: SqliteFile) -> None:
    inside, go_on = threading.Event(), threading.Event()

    def write() -> None:
        with file.transaction() as connection:
            connection.execute("INSERT INTO bucket VALUES ('photos', '1')")
            inside.set()
            go_on.wait()
            connection.execute("INSERT INTO bucket VALUES ('videos', '2')")

    with ThreadPoolExecutor(1) as threads:
        threads.submit(write)
        inside.wait()
        threading.Timer(0.1, go_on.set).start()
        assert Child(lambda: len(buckets(file))).result() == 2
