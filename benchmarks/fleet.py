"""A fleet of processes that share their account state through a store, while some of them die.

    python benchmarks/fleet.py [--files N] [--processes N] [--kill-every SECONDS | --die-after N] [--json] [URL ...]

On each store, processes upload small files to a local service, which refuses a second upload at a time with one
upload URL, as B2 does. Every second one process is killed and another one uploads the files that were not
acknowledged. In the middle the token expires. With ``--die-after`` each process kills itself instead, in the middle of
an upload. It is an error if a process fails, or if a file that was acknowledged is not there once.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from b2sdk.v3 import B2Api, DoNothingProgressListener, InMemoryAccountInfo

# What not all processes need is imported where it is used: they do little else than start.
if TYPE_CHECKING:
    from b2sdk.integrations.shared_account_info import SharedAccountInfo
    from b2sdk.simulator import SimulatorServer

STORES = [
    "postgresql+psycopg://root@127.0.0.1:5432/test",
    "mariadb+pymysql://root@127.0.0.1:3306/test",
    "redis://127.0.0.1:6379/0",
]
DAY_MS = 24 * 60 * 60 * 1000
BUCKET = "bucket-of-the-fleet"


@dataclass(frozen=True)
class Job:
    """What one process does: upload the files of its slot that are not acknowledged yet."""

    store: str
    prefix: str
    realm: str
    key_id: str
    key: str
    slot: int
    processes: int
    files: int
    acknowledged: str
    """Path of the file where each upload is recorded when the service has responded."""
    die_after: int | None
    """The number of files after which the process dies."""


def account_info_of(store: str, prefix: str) -> SharedAccountInfo:
    if store.startswith("redis"):
        from b2sdk.integrations.redis import RedisAccountInfo

        return RedisAccountInfo(store, key_prefix=prefix)
    from b2sdk.integrations.sql import SqlAccountInfo

    return SqlAccountInfo(store, table_prefix=prefix)


def prepare(store: str, prefix: str) -> None:
    if not store.startswith("redis"):
        from sqlalchemy import create_engine

        from b2sdk.integrations.sql_tables import create_account_tables

        engine = create_engine(store)
        create_account_tables(engine, prefix=prefix)
        engine.dispose()


def clean_up(store: str, prefix: str) -> None:
    if store.startswith("redis"):
        from redis import Redis

        client = Redis.from_url(store)
        for key in client.scan_iter(f"{{{prefix}}}:*"):
            client.delete(key)
    else:
        from sqlalchemy import MetaData, create_engine

        from b2sdk.integrations.sql_tables import account_tables

        metadata = MetaData()
        account_tables(metadata, prefix=prefix)
        engine = create_engine(store)
        metadata.drop_all(engine)
        engine.dispose()


def acknowledged(path: Path) -> dict[str, str]:
    """Return what was recorded there, names of files and their ids, without a line that the process died in."""
    lines = path.read_text().splitlines(keepends=True) if path.exists() else []
    return dict(line.split() for line in lines if line.endswith("\n"))


def work(job: Job) -> None:
    info = account_info_of(job.store, job.prefix)
    with B2Api(info) as api, Path(job.acknowledged).open("a") as notes:
        with info.renewing():
            if not info.is_same_key(job.key_id, job.realm):
                api.authorize_account(job.key_id, job.key, realm=job.realm)
        bucket = api.get_bucket_by_name(BUCKET)
        done = acknowledged(Path(job.acknowledged))
        names = [f"file-{number}" for number in range(job.slot, job.files, job.processes)]
        for count, name in enumerate(name for name in names if name not in done):
            listener = Death() if count == job.die_after else None
            version = bucket.upload_bytes(f"content of {name}".encode(), name, progress_listener=listener)
            notes.write(f"{name} {version.id_}\n")
            notes.flush()


class Death(DoNothingProgressListener):
    """Comes when content is being sent."""

    def bytes_completed(self, byte_count: int) -> None:
        os.kill(os.getpid(), signal.SIGKILL)


@dataclass(frozen=True)
class Worker:
    """A process, and how many bytes of notes its slot had when it began."""

    process: subprocess.Popen[bytes]
    noted_before: int


class Fleet:
    """The processes, one for each slot."""

    def __init__(self, jobs: list[Job]) -> None:
        self.killed = 0
        self._running = {job: self._start(job) for job in jobs}

    def _start(self, job: Job) -> Worker:
        process = subprocess.Popen([sys.executable, __file__, "--work", json.dumps(asdict(job))])
        return Worker(process, _size(job.acknowledged))

    def is_done(self) -> bool:
        """Forget those that have done their work, and tell whether all have."""
        for job, worker in list(self._running.items()):
            if worker.process.poll() is not None:
                self._ended(job, worker.process.returncode)
        return not self._running

    def _ended(self, job: Job, status: int) -> None:
        if status == -signal.SIGKILL:
            self.killed += 1
            self._running[job] = self._start(job)
        elif status != 0:
            raise RuntimeError(f"process {job.slot} failed")
        else:
            del self._running[job]

    def kill_one(self) -> bool:
        """Kill a process that has done something since it began, and start another one in its place."""
        busy = [job for job, worker in self._running.items() if _size(job.acknowledged) > worker.noted_before]
        if not busy:
            return False
        job = random.choice(busy)
        process = self._running[job].process
        process.kill()
        self._ended(job, process.wait())  # it may have been done before
        return True

    def stop(self) -> None:
        for worker in self._running.values():
            worker.process.kill()
            worker.process.wait()


def _size(path: str) -> int:
    return Path(path).stat().st_size if Path(path).exists() else 0


def run(store: str, files: int, processes: int, kill_every: float, die_after: int | None) -> dict[str, Any]:
    """Let a fleet do its work on one store, and return what can be said about it."""
    from b2sdk.simulator import SimulatorServer

    prefix = f"fleet{secrets.token_hex(4)}_"
    prepare(store, prefix)
    try:
        with SimulatorServer() as service, tempfile.TemporaryDirectory() as folder, B2Api(InMemoryAccountInfo()) as api:
            api.authorize_account(service.key_id, service.key, realm=service.url)
            bucket = api.create_bucket(BUCKET, "allPrivate")
            before = len(service.journal.entries)
            notes = [Path(folder, str(slot)) for slot in range(processes)]
            account = (service.url, service.key_id, service.key)
            fleet = Fleet(
                [
                    Job(store, prefix, *account, slot, processes, files, str(path), die_after)
                    for slot, path in enumerate(notes)
                ]
            )
            start = time.monotonic()
            try:
                supervise(fleet, service, files, kill_every)
            finally:
                fleet.stop()
            seconds = time.monotonic() - start
            entries = service.journal.entries[before:]
            told = {name: id_ for path in notes for name, id_ in acknowledged(path).items()}
            stored = [(version.file_name, version.id_) for version, _ in bucket.ls(latest_only=False, recursive=True)]
    finally:
        clean_up(store, prefix)
    calls = Counter(entry.endpoint for entry in entries)
    uploads = [entry for entry in entries if entry.endpoint == "b2_upload_file"]
    counted = Counter(stored)
    return {
        "store": store.split(":", maxsplit=1)[0],
        "seconds": round(seconds, 1),
        "killed": fleet.killed,
        "acknowledged": len(told),
        "acknowledged_not_stored_once": sum(counted[item] != 1 for item in told.items()),
        "stored_not_acknowledged": len(stored) - len(told),
        "refused_uploads": sum(entry.status not in (200, 401, None) for entry in uploads),
        "uploads_after_expiry": sum(entry.status == 401 for entry in uploads),
        "authorizations": calls["b2_authorize_account"],
        "upload_urls": sum(entry.endpoint == "b2_get_upload_url" and entry.status == 200 for entry in entries),
        "calls_per_file": round(len(entries) / files, 3),
    }


def supervise(fleet: Fleet, service: SimulatorServer, files: int, kill_every: float) -> None:
    """Kill a process now and then until all is done; let the token expire when half of it is."""
    next_kill, expired = time.monotonic() + kill_every, False
    while not fleet.is_done():
        time.sleep(0.02)
        if not expired and sum(entry.endpoint == "b2_upload_file" for entry in service.journal.entries) > files // 2:
            service.clock.advance(DAY_MS)
            expired = True
        if time.monotonic() >= next_kill and fleet.kill_one():
            next_kill = time.monotonic() + kill_every


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("stores", metavar="URL", nargs="*", default=STORES, help="SQLAlchemy or Redis URLs")
    parser.add_argument("--files", type=int, default=5000)
    parser.add_argument("--processes", type=int, default=16)
    parser.add_argument("--kill-every", type=float, default=1.0, metavar="SECONDS")
    parser.add_argument("--die-after", type=int, metavar="N", help="files; then nobody is killed")
    parser.add_argument("--json", action="store_true", help="print one JSON object per store")
    parser.add_argument("--work", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.work:
        work(Job(**json.loads(arguments.work)))
        return
    for store in arguments.stores:
        kill_every = math.inf if arguments.die_after else arguments.kill_every
        result = run(store, arguments.files, arguments.processes, kill_every, arguments.die_after)
        print(
            json.dumps(result) if arguments.json else "\n".join(f"{name:<30}{value}" for name, value in result.items())
        )


if __name__ == "__main__":
    main()
