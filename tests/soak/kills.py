"""Processes that are killed while they write local files: files with final names are complete, nothing piles up.

``python -m tests.soak --kills 200`` kills so many of each kind.
"""

from __future__ import annotations

import itertools
import json
import multiprocessing
import os
import random
import signal
import sqlite3
import stat
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from b2sdk.scan.parse import parse_folder
from b2sdk.simulator import SimulatorServer
from b2sdk.sync.modes import KeepOrDeleteMode
from b2sdk.sync.synchronizer import Synchronizer
from b2sdk.transfer.partial_file import is_partial_download
from b2sdk.v3 import B2Api, InMemoryAccountInfo, SqliteAccountInfo

SIZE = 6_000_000
"""Bytes of a large file; a few dozen milliseconds on the way."""
SMALL = 50_000
FILES = 24
OLD_ACCOUNT = {
    "account_id": "aabbcc",
    "application_key": "a key",
    "account_auth_token": "a token",
    "api_url": "api",
    "download_url": "download",
    "minimum_part_size": 77,
    "realm": "production",
}


class Broken(AssertionError):
    """Something is there that must not be."""


def content(version: int, size: int = SIZE) -> bytes:
    """Return bytes all of which tell the version."""
    block = b"%015d\n" % version
    return block * (size // len(block))


def version_of(found: bytes, size: int = SIZE) -> int:
    version = int(found[:15] or -1)
    if found != content(version, size):
        raise Broken("a file with its final name is not whole")
    return version


class Kills:
    """Kills with random numbers of their own, and counts what was met."""

    def __init__(self, server: SimulatorServer, seed: int, directory: Path) -> None:
        self.random = random.Random(seed)
        self.server = server
        self.directory = directory
        self.counts: Counter[str] = Counter()
        self.most_left = 0
        """Bytes in partial files, at most, that were there at a time."""
        self.api = B2Api(InMemoryAccountInfo())
        self.api.authorize_account(server.key_id, server.key, realm=server.url)
        self.bucket = self.api.create_bucket("the-bucket", "allPrivate")
        self._context: Any = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload([__name__, "b2sdk.v3"])

    def close(self) -> None:
        self.api.close()

    def run(self, kills: int) -> None:
        """Kill so many of each kind."""
        for kind in (self.downloads, self.syncs, self.account_files, self.upgrades):
            folder = self.directory / kind.__name__
            folder.mkdir()
            kind(folder, kills)

    @contextmanager
    def _killed(self, kind: str, target: Callable[..., None], *arguments: object, within: float) -> Iterator[None]:
        """Begin, look at what there is while it runs, and kill it within so many seconds."""
        told, telling = self._context.Pipe(duplex=False)
        child = self._context.Process(target=target, args=(telling, *arguments))
        child.start()
        told.recv()
        yield
        time.sleep(self.random.random() * within)
        child.kill()
        child.join()
        told.close()
        telling.close()
        self.counts[f"{kind} {'killed' if child.exitcode == -signal.SIGKILL else 'done before'}"] += 1

    def _look(self, folder: Path, is_ours: Callable[[Path], bool]) -> None:
        """Check that each file is complete, or a partial download."""
        left = 0
        for path in folder.rglob("*"):
            if is_partial_download(path.name):
                left += path.stat().st_size
            elif path.is_file() and not is_ours(path):
                raise Broken(f"what is {path.name}?")
        self.most_left = max(self.most_left, left)
        self.counts["kills that left something"] += left > 0

    def downloads(self, folder: Path, kills: int) -> None:
        """Kill downloads to one path, now and then two at once, of versions that change, with and without resume."""
        path = folder / "file"

        def is_ours(found: Path) -> bool:
            return found == path and version_of(found.read_bytes()) >= 0

        for number in range(kills):
            if number % 3 == 0:
                self.bucket.upload_bytes(content(number), "file")
            arguments = self.server.url, self.server.key_id, self.server.key, path, self.random.random() < 0.5
            with self._killed("download", download, *arguments, within=0.2):
                if number % 5 == 0:
                    with self._killed("download", download, *arguments, within=0.2):
                        pass
            self._look(folder, is_ours)
            if number % 10 == 9:
                self.bucket.download_file_by_name("file").save_to(path, resume=self.random.random() < 0.5)
                self._expect(folder, {path})
        self.bucket.download_file_by_name("file").save_to(path)
        self._expect(folder, {path})

    def syncs(self, folder: Path, kills: int) -> None:
        """Kill syncs down, with DELETE, of files that change."""
        dest = folder / "dest"
        names = {f"d{number % 3}/f{number:02}" for number in range(FILES)}

        def is_ours(found: Path) -> bool:
            relative = found.relative_to(dest).as_posix()
            return relative in names and version_of(found.read_bytes(), SMALL) >= 0

        for number in range(kills):
            changed = names if number == 0 else self.random.sample(sorted(names), 8)
            for name in sorted(changed):
                millis = str(1_500_000_000_000 + number)
                about = {"src_last_modified_millis": millis}
                self.bucket.upload_bytes(content(number, SMALL), f"synced/{name}", file_info=about)
            arguments = self.server.url, self.server.key_id, self.server.key, dest
            with self._killed("sync", sync, *arguments, within=0.3):
                pass
            self._look(folder, is_ours)
        synchronize(self.api, dest)
        self._expect(dest, {dest / name for name in names})

    def account_files(self, folder: Path, kills: int) -> None:
        """Kill what writes account state, in a directory that anybody may look into."""
        folder.chmod(0o777)
        path = folder / "info"
        for number in range(kills):
            with self._killed("account file", write_account, path, number, within=0.01):
                pass
            self._check_account(folder, path)

    def upgrades(self, folder: Path, kills: int) -> None:
        """Kill the upgrade of an old account file to a database."""
        path = folder / "info"
        for _ in range(kills):
            path.write_text(json.dumps(OLD_ACCOUNT))
            path.chmod(0o600)
            with self._killed("upgrade", upgrade_account, path, within=0.01):
                pass
            self._check_account(folder, path)
            with closing(SqliteAccountInfo(path)) as info:
                if info.get_account_id() != "aabbcc":
                    raise Broken("the account is lost")
            self._expect(folder, {path})

    def _check_account(self, folder: Path, path: Path) -> None:
        for entry in folder.iterdir():
            if stat.S_IMODE(entry.stat().st_mode) != 0o600:
                raise Broken(f"others may read {entry.name}")
        with closing(SqliteAccountInfo(path)):
            pass  # it opens
        with closing(sqlite3.connect(path)) as connection:
            if connection.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
                raise Broken("the account file is damaged")

    def _expect(self, folder: Path, expected: set[Path]) -> None:
        found = {path for path in folder.rglob("*") if path.is_file()}
        if found != expected:
            raise Broken(f"left behind: {sorted(str(path) for path in found ^ expected)}")

    def report(self) -> str:
        counts = "\n".join(f"{count:6} {what}" for what, count in sorted(self.counts.items()))
        return f"{counts}\n{self.most_left:6} bytes were left at most"


def download(telling: Connection, url: str, key_id: str, key: str, path: Path, resume: bool) -> None:
    with B2Api(InMemoryAccountInfo()) as api:
        api.authorize_account(key_id, key, realm=url)
        bucket = api.get_bucket_by_name("the-bucket")
        telling.send("begins")
        while True:
            bucket.download_file_by_name("file").save_to(path, resume=resume)


def sync(telling: Connection, url: str, key_id: str, key: str, dest: Path) -> None:
    with B2Api(InMemoryAccountInfo()) as api:
        api.authorize_account(key_id, key, realm=url)
        telling.send("begins")
        while True:
            synchronize(api, dest)
            for path in dest.rglob("f*"):
                os.utime(path, (1, 1))  # so that it is downloaded again


def synchronize(api: B2Api, dest: Path) -> None:
    synchronizer = Synchronizer(3, keep_days_or_delete=KeepOrDeleteMode.DELETE)
    source = parse_folder("b2://the-bucket/synced", api)
    synchronizer.sync_folders(source, parse_folder(str(dest), api), round(time.time() * 1000), None)


def write_account(telling: Connection, path: Path, number: int) -> None:
    telling.send("begins")
    info = SqliteAccountInfo(path)
    for version in itertools.count(number * 1000):
        info.refresh_entire_bucket_name_cache([(f"name {version} {n}", f"id {version} {n}") for n in range(20)])


def upgrade_account(telling: Connection, path: Path) -> None:
    telling.send("begins")
    SqliteAccountInfo(path).close()
