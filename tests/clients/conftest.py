"""Clients of other authors, which ask for the real service, and reach the simulator by its proxy."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from b2sdk.simulator import SimulatorServer
from b2sdk.v3 import B2Api, Bucket, InMemoryAccountInfo


class Client:
    """Runs programs in an environment that has only a proxy, a trusted certificate and a home directory."""

    def __init__(self, server: SimulatorServer, programs: Path, home: Path) -> None:
        self.server = server
        self.programs = programs
        self.home = home
        trusted = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")
        self.environment: Mapping[str, str] = {
            **{name: value for name, value in os.environ.items() if name.lower() != "no_proxy"},
            **dict.fromkeys(trusted, str(server.ca_file)),
            "HTTPS_PROXY": server.proxy_url or "",
            "HOME": str(home),
            "NODE_PATH": str(programs / "node_modules"),
        }

    def run(self, *command: str | Path, **environment: str) -> str:
        """Run a command and return what it prints; fail with that if it fails."""
        done = subprocess.run(
            command,
            cwd=self.home,
            env={**self.environment, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout


class Tree(NamedTuple):
    """A directory, and what is in it."""

    path: Path
    contents: Mapping[str, bytes]

    def holds_too(self, path: Path) -> bool:
        """Return whether another directory has the same files."""
        found = {str(file.relative_to(path)): file.read_bytes() for file in path.rglob("*") if file.is_file()}
        return found == self.contents


@pytest.fixture(scope="session")
def programs() -> Path:
    """Return where the clients are installed."""
    if "B2SDK_CLIENTS" not in os.environ:
        pytest.skip("clients of other authors are not installed: nox -s clients")
    return Path(os.environ["B2SDK_CLIENTS"])


@pytest.fixture
def server() -> Iterator[SimulatorServer]:
    with SimulatorServer(tls=True, proxy_port=0) as running:
        yield running


@pytest.fixture
def client(server: SimulatorServer, programs: Path, tmp_path: Path) -> Iterator[Client]:
    """Let programs work; that the service had no failure of its own is seen at the end."""
    home = tmp_path / "home"
    home.mkdir()
    yield Client(server, programs, home)
    assert [entry for entry in server.journal.entries if entry.status is None or entry.status >= 500] == []


@pytest.fixture
def tree(client: Client) -> Tree:
    """Return a directory to be backed up, in the home."""
    contents = {"small.txt": b"small", "empty": b"", "sub folder/é+%20.bin": os.urandom(3_000_000)}
    path = client.home / "tree"
    for name, content in contents.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(content)
    return Tree(path, contents)


@pytest.fixture
def bucket(client: Client, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    """Return a bucket for clients that make none."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(client.server.ca_file))
    with B2Api(InMemoryAccountInfo()) as api:
        api.authorize_account(client.server.key_id, client.server.key, realm=client.server.url)
        yield api.create_bucket("made-for-others", "allPrivate")
