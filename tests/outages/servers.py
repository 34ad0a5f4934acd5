"""Servers of the tests' own, on ports of their own, which may be stopped, starved and misused.

They come from the packages of the system. Where a program is missing the test is skipped, on CI it fails.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import random
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.integrations.stores import is_there, missing

STARTING_SECONDS = 60
ENDING_SECONDS = 10
SYSTEM_PATHS = ("/usr/sbin", "/usr/local/sbin", "/sbin")
LOOPBACK = "127.0.0.1"


def program(name: str, package: str, *folders: str) -> str:
    """Return the path of a program of that Debian package."""
    path = os.pathsep.join([os.environ.get("PATH", ""), *SYSTEM_PATHS, *folders])
    found = shutil.which(name, path=path)
    if found is None:
        missing(f"no {name}: install the package {package}")
    return found


def postgresql_program(name: str) -> str:
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: float(folder.parent.name))
    return program(name, "postgresql", *(str(folder) for folder in reversed(folders)))


def free_port() -> int:
    """Return a port that is free, as is the one 10,000 above, on which nodes of a cluster talk.

    Both are below those that systems give to outgoing connections, which may take one between this look and its use.
    """
    while True:
        port = random.randrange(10_000, 20_000)
        if not any(is_there(f"//{LOOPBACK}:{each}") for each in (port, port + 10_000)):
            return port


def wait_until(is_so: Callable[[], bool], what: str, seconds: float = STARTING_SECONDS) -> None:
    until = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < until, what
        time.sleep(0.02)


@contextmanager
def folder_of(user: str | None) -> Iterator[Path]:
    """Give a folder that this user may write to, below none that he may not enter."""
    folder = Path(tempfile.mkdtemp(prefix="b2sdk-outage-"))
    if user is not None:
        found = pwd.getpwnam(user)
        os.chown(folder, found.pw_uid, found.pw_gid)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def somebody(user: str) -> str | None:
    """Return the user as whom to run a server that root may not run, or ``None`` if this process is not root."""
    return user if os.geteuid() == 0 else None


class Server:
    """A process that listens on a port; it may be stopped and started again with what it has in its folder."""

    def __init__(
        self,
        command: list[str],
        port: int,
        folder: Path,
        *,
        user: str | None = None,
        stopped_by: int = signal.SIGTERM,
        is_ready: list[str] | None = None,
    ) -> None:
        """Start nothing yet.

        :param is_ready: the command that tells whether it serves, where it is not enough that it listens.
        """
        self.port = port
        self.folder = folder
        self.log = folder / f"log-{port}"
        self._command, self._user, self._stopped_by = command, user, stopped_by
        self._is_ready = is_ready
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *settings: str) -> None:
        """Start the process, and wait until it listens."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*self._command, *settings],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                user=self._user,
                group=None if self._user is None else pwd.getpwnam(self._user).pw_gid,
                extra_groups=None if self._user is None else [],
            )
        wait_until(self._listens, f"{self._command[0]} does not start")

    def _listens(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, f"{self._command} ended:\n{self.log.read_text()}"
        if not is_there(f"//{LOOPBACK}:{self.port}"):
            return False
        return (
            self._is_ready is None or subprocess.run(self._is_ready, capture_output=True, check=False).returncode == 0
        )

    def stop(self, by: int | None = None) -> None:
        """End the process by a signal, or by force if it takes its time for that, as a service manager does.

        MariaDB may wait for a client that connects while it shuts down.
        """
        if self._process is not None:
            self._process.send_signal(self._stopped_by if by is None else by)
            try:
                self._process.wait(ENDING_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(STARTING_SECONDS)
            self._process = None

    def signal(self, number: int) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def restart(self) -> None:
        self.stop()
        self.start()


@contextmanager
def running(server: Server) -> Iterator[Server]:
    server.start()
    try:
        yield server
    finally:
        with contextlib.suppress(ProcessLookupError):
            server.signal(signal.SIGCONT) if server._process else None
        server.stop(signal.SIGKILL)


def initialize(command: list[str], user: str | None) -> None:
    done = subprocess.run(
        command,
        user=user,
        group=None if user is None else pwd.getpwnam(user).pw_gid,
        extra_groups=None if user is None else [],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"


@contextmanager
def postgresql(*settings: str) -> Iterator[Server]:
    """Give a server with the database ``postgres`` and the superuser ``root``."""
    initdb, postgres = postgresql_program("initdb"), postgresql_program("postgres")
    user = somebody("postgres")
    with folder_of(user) as folder:
        data = folder / "data"
        initialize(
            [initdb, "-D", str(data), "-U", "root", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"], user
        )
        port = free_port()
        options = [
            f"listen_addresses={LOOPBACK}",
            "unix_socket_directories=",
            "fsync=off",
            *settings,
        ]
        command = [postgres, "-D", str(data), "-p", str(port)]
        ready = [postgresql_program("pg_isready"), "-q", "-h", LOOPBACK, "-p", str(port)]
        for option in options:
            command += ["-c", option]
        with running(Server(command, port, folder, user=user, stopped_by=signal.SIGINT, is_ready=ready)) as server:
            yield server


@contextmanager
def pgbouncer(server: Server, *settings: str) -> Iterator[Server]:
    """Give a pool of few connections to a PostgreSQL server, which are handed out by transaction."""
    path = program("pgbouncer", "pgbouncer")
    user = somebody("postgres")
    with folder_of(user) as folder:
        port = free_port()
        configuration = folder / "pgbouncer.ini"
        configuration.write_text(
            "\n".join(
                [
                    "[databases]",
                    f"postgres = host={LOOPBACK} port={server.port} user=root pool_size=3",
                    "[pgbouncer]",
                    f"listen_addr = {LOOPBACK}",
                    f"listen_port = {port}",
                    "unix_socket_dir =",
                    "auth_type = any",
                    "admin_users = root",
                    "pool_mode = transaction",
                    *settings,
                ]
            )
        )
        with running(
            Server([path, "-q", str(configuration)], port, folder, user=user, stopped_by=signal.SIGINT)
        ) as pool:
            yield pool


@contextmanager
def mariadb(*settings: str) -> Iterator[Server]:
    """Give a server with the database ``test`` and the user ``root``, who needs no password."""
    install = program("mariadb-install-db", "mariadb-server")
    mariadbd = program("mariadbd", "mariadb-server")
    user = somebody("mysql")
    with folder_of(user) as folder:
        data = folder / "data"
        initialize(
            [
                install,
                "--no-defaults",
                f"--datadir={data}",
                "--auth-root-authentication-method=normal",
                "--skip-name-resolve",
            ],
            user,
        )
        port = free_port()
        command = [
            mariadbd,
            "--no-defaults",
            f"--datadir={data}",
            f"--port={port}",
            f"--socket={folder / 'socket'}",
            f"--bind-address={LOOPBACK}",
            "--innodb-flush-log-at-trx-commit=2",
            "--innodb-buffer-pool-size=16M",
            "--skip-name-resolve",
            *settings,
        ]
        with running(Server(command, port, folder, user=user)) as server:
            yield server


@contextmanager
def redis(*settings: str) -> Iterator[Server]:
    """Give a server; each setting is as on its command line, ``--save 60 1`` say."""
    path = program("redis-server", "redis-server")
    with folder_of(None) as folder:
        port = free_port()
        command = [path, "--port", str(port), "--bind", LOOPBACK, "--dir", str(folder), "--save", ""]
        for setting in settings:
            command += setting.split()
        with running(Server(command, port, folder)) as server:
            yield server


@contextmanager
def sentinel(master: Server, name: str) -> Iterator[Server]:
    """Give a Sentinel that alone decides when the master is down, and soon."""
    path = program("redis-server", "redis-server")
    with folder_of(None) as folder:
        port = free_port()
        configuration = folder / "sentinel.conf"
        configuration.write_text(
            f"port {port}\nbind {LOOPBACK}\ndir {folder}\n"
            f"sentinel monitor {name} {LOOPBACK} {master.port} 1\n"
            f"sentinel down-after-milliseconds {name} 500\n"
            f"sentinel failover-timeout {name} 2000\n"
        )
        with running(Server([path, str(configuration), "--sentinel"], port, folder)) as server:
            yield server
