"""Servers that fork workers from a process with a client that has worked already: the real ones, over HTTP.

Each row of the table in docs/reliability.md is a test here.
"""

from __future__ import annotations

import contextlib
import http.client
import importlib.util
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.processes.client import KINDS, Told
from tests.processes.conftest import Shared

from b2sdk.simulator import WireFault

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
PATIENCE = 60
"""Seconds after which a server is taken to hang."""
WORKERS = 4
AT_ONCE = 8
REQUESTS = 32
A_DAY_AND_AN_HOUR = 25 * 3600 * 1000

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="these servers fork"),
    pytest.mark.skipif(
        not os.environ.get("B2SDK_SERVERS")
        and not all(map(importlib.util.find_spec, ("celery", "gevent", "gunicorn"))),
        reason="the servers are not installed: nox -s servers",
    ),
]

UWSGI = [f"{BIN}/uwsgi", "--master", "--die-on-term", "--need-app", "--module", "tests.processes.wsgi_app"]
GUNICORN = [f"{BIN}/gunicorn", "--no-control-socket", "tests.processes.wsgi_app:application", "--workers", f"{WORKERS}"]
SERVERS = {
    "uWSGI": [*UWSGI, "--processes", f"{WORKERS}"],
    "uWSGI, threads": [*UWSGI, "--processes", f"{WORKERS}", "--threads", "4"],
    "uWSGI, workers that are replaced": [*UWSGI, "--processes", f"{WORKERS}", "--max-requests", "5"],
    "uWSGI, lazy apps": [*UWSGI, "--processes", f"{WORKERS}", "--lazy-apps"],
    "gunicorn": [*GUNICORN],
    "gunicorn, preloaded": [*GUNICORN, "--preload"],
    "gunicorn, threads, preloaded": [*GUNICORN, "--preload", "-k", "gthread", "--threads", "4"],
    "gunicorn, gevent": [*GUNICORN, "-k", "gevent"],
    "gunicorn, gevent, preloaded": [*GUNICORN, "--preload", "-k", "gevent"],
    "gunicorn, gevent, preloaded, patched first": [
        *[*GUNICORN, "--preload", "-k", "gevent"],
        *["--config", "tests/processes/gunicorn_gevent.py"],
    ],
    "gunicorn, preloaded, workers that are replaced": [*GUNICORN, "--preload", "--max-requests", "5"],
}


POOLS = ("prefork", "threads", "gevent")
"""Of Celery."""


class OverSocket(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=PATIENCE)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(PATIENCE)
        self.sock.connect(self._path)


class Server:
    """A server that listens on a socket of the file system."""

    def __init__(self, path: str) -> None:
        self._path = path

    def ask(self, name: str) -> Told:
        with contextlib.closing(OverSocket(self._path)) as connection:
            connection.request("GET", f"/{name}")
            told: Told = json.loads(connection.getresponse().read())
            return told

    def ask_all_workers(self, names: Iterable[str]) -> list[Told]:
        """Ask at least `REQUESTS` times, and until each worker has had work."""
        deadline = time.monotonic() + PATIENCE
        told: list[Told] = []
        with ThreadPoolExecutor(AT_ONCE) as callers:
            while len(told) < REQUESTS or len({each["process"] for each in told}) < WORKERS:
                assert time.monotonic() < deadline, "some workers are given no work"
                told += callers.map(self.ask, itertools.islice(names, AT_ONCE))
        return told


@contextlib.contextmanager
def running(command: list[str], environment: Mapping[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server, and end it as who operates one does; what is left of it then fails the test."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **environment, "PYTHONPATH": str(ROOT)},
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        yield process
        process.terminate()
        process.wait(PATIENCE)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:  # paths of sockets must be short
        yield Path(folder)


def environment(shared: Shared, kind: str, folder: Path) -> dict[str, str]:
    url, key_id, key = shared.arguments()
    told = {"URL": url, "KEY_ID": key_id, "KEY": key, "KIND": kind, "PATH": f"{folder}/info", "FOLDER": f"{folder}"}
    return {f"SERVED_{name}": value for name, value in told.items()}


def is_listening(path: str) -> bool:
    with socket.socket(socket.AF_UNIX) as connection:
        try:
            connection.connect(path)
        except OSError:
            return False
        return True


@contextlib.contextmanager
def serving(name: str, variables: Mapping[str, str], folder: Path) -> Iterator[Server]:
    path, log = f"{folder}/socket", folder / "log"
    place = ["--bind", f"unix:{path}"]
    if name.startswith("uWSGI"):
        place = ["--http-socket", path]
    with running([*SERVERS[name], *place], variables, log) as process:
        deadline = time.monotonic() + PATIENCE
        while not is_listening(path):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.02)
        yield Server(path)


def assert_works_and_renews_its_token(shared: Shared, server: Server, *, urls_are_shared: bool) -> None:
    names = map(str, itertools.count())
    told = server.ask_all_workers(names)
    shared.assert_right(told, urls_are_shared=urls_are_shared)
    shared.service.clock.advance(A_DAY_AND_AN_HOUR)
    shared.service.faults.add(WireFault(kind="stall", endpoint="b2_authorize_account", seconds=0.2, count=2))
    shared.service.journal.clear()
    told_since = server.ask_all_workers(names)
    entries = shared.service.journal.entries
    renewals = sum(entry.endpoint == "b2_authorize_account" and entry.status == 200 for entry in entries)
    # Workers with an account of their own also renew it when an upload URL is refused, which is as old.
    assert renewals == 1 or (renewals > 1 and not urls_are_shared)
    shared.assert_right([*told, *told_since], urls_are_shared=urls_are_shared)


@pytest.mark.parametrize("name", SERVERS)
def test_workers_share_nothing_but_the_account(shared: Shared, name: str, folder: Path) -> None:
    with serving(name, environment(shared, "memory", folder), folder) as server:
        assert_works_and_renews_its_token(shared, server, urls_are_shared=False)


@pytest.mark.parametrize("kind", KINDS[1:])
@pytest.mark.parametrize("name", ["uWSGI, threads", "gunicorn, gevent, preloaded"])
def test_workers_share_a_stored_account(shared: Shared, name: str, kind: str, folder: Path) -> None:
    with serving(name, environment(shared, kind, folder), folder) as server:
        assert_works_and_renews_its_token(shared, server, urls_are_shared=kind == "sql")


@pytest.mark.parametrize("name", ["uWSGI", "gunicorn, preloaded", "gunicorn, gevent, preloaded, patched first"])
def test_workers_share_no_connection_over_tls(shared_over_tls: Shared, name: str, folder: Path) -> None:
    with serving(name, environment(shared_over_tls, "memory", folder), folder) as server:
        assert_works_and_renews_its_token(shared_over_tls, server, urls_are_shared=False)


@pytest.mark.parametrize("pool", POOLS)
def test_workers_of_celery_share_nothing_but_the_account(shared: Shared, pool: str, folder: Path) -> None:
    module = "tests.processes.celery_app"
    options = ["--pool", pool, "--concurrency", f"{WORKERS}", "--max-tasks-per-child", "5"]
    command = [f"{BIN}/celery", "-A", module, "worker", *options, "--without-gossip", "--without-mingle"]
    variables = environment(shared, "memory", folder)
    names = [str(number) for number in range(REQUESTS)]
    told: list[Told] = []
    with running(command, variables, folder / "log"):
        for some in (names[::2], names[1::2]):
            sender = subprocess.run(
                [sys.executable, "-m", module, *some],
                cwd=ROOT,
                env={**os.environ, **variables},
                capture_output=True,
                text=True,
                timeout=PATIENCE,
                check=False,
            )
            assert sender.returncode == 0, sender.stderr + (folder / "log").read_text()
            told += json.loads(sender.stdout)
            shared.service.clock.advance(A_DAY_AND_AN_HOUR)
    shared.assert_right(told)
    assert len(told) == REQUESTS
    assert len({each["process"] for each in told}) >= (WORKERS if pool == "prefork" else 1)
