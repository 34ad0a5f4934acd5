"""The quickstart as its user meets it: a command with an exit code, a summary, or one line that says what is wrong."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from b2sdk.simulator import SimulatorServer
from b2sdk.v3 import B2Api, InMemoryAccountInfo

SCRIPT = Path(__file__).parent.parent.parent / "examples" / "quickstart.py"

Completed = subprocess.CompletedProcess[str]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Return a directory with an empty file, nested files, and names beyond ASCII."""
    directory = tmp_path / "tree"
    contents = {
        "empty": b"",
        "nested/deep/file.bin": bytes(range(256)) * 1000,
        "nested/żółw 亀.txt": "naïve".encode(),
        "a b+c%20&d.txt": b"characters that URLs treat in their own way",
    }
    for name, content in contents.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return directory


@pytest.fixture
def quickstart(tmp_path: Path) -> Callable[..., Completed]:
    """Return what runs the script with arguments, and with environment variables by keyword."""

    def run(*arguments: str | Path, **variables: str) -> Completed:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("B2_")}
        return subprocess.run(
            [sys.executable, "-W", "error", SCRIPT, *arguments],
            env={**inherited, "HOME": str(tmp_path), **variables},
            cwd=tmp_path,
            capture_output=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )

    return run


@pytest.fixture
def at_service(quickstart: Callable[..., Completed], service: SimulatorServer) -> Callable[..., Completed]:
    """Return what runs the script against the service of the test, as the account that it has."""

    def run(*arguments: str | Path, key: str = service.key) -> Completed:
        return quickstart(
            *arguments, "--realm", service.url, B2_APPLICATION_KEY_ID=service.key_id, B2_APPLICATION_KEY=key
        )

    return run


@pytest.fixture
def api(service: SimulatorServer) -> Iterator[B2Api]:
    with B2Api(InMemoryAccountInfo()) as api:
        api.authorize_account(service.key_id, service.key, service.url)
        yield api


def steps_of(completed: Completed) -> dict[str, int]:
    """Return how many files each step of the summary had."""
    _, _, table = completed.stdout.partition("step  ")
    return {title: int(count) for title, count, _seconds in map(str.split, table.splitlines()[1:])}


def assert_refused(completed: Completed, reason: str) -> None:
    """Check that nothing but one line tells the user what is wrong."""
    assert completed.returncode == 1
    (line,) = completed.stderr.splitlines()
    assert line.startswith("quickstart: ")
    assert reason in line


def test_without_credentials_everything_happens_on_this_machine(
    quickstart: Callable[..., Completed], tree: Path
) -> None:
    completed = quickstart(tree)

    assert completed.returncode == 0, completed.stderr
    assert "Authorized at http://127.0.0.1:" in completed.stdout
    assert "all of them came back the same" in completed.stdout
    assert steps_of(completed) == {"uploaded": 4, "listed": 4, "downloaded": 4, "compared": 4}


def test_the_bucket_that_it_made_is_gone_afterwards(
    at_service: Callable[..., Completed], tree: Path, service: SimulatorServer, api: B2Api
) -> None:
    completed = at_service(tree)

    assert completed.returncode == 0, completed.stderr
    assert f"Authorized at {service.url}" in completed.stdout
    assert api.list_buckets() == []


def test_a_bucket_that_was_there_stays_with_what_was_in_it(
    at_service: Callable[..., Completed], tree: Path, api: B2Api
) -> None:
    bucket = api.create_bucket("already-here", "allPrivate")
    bucket.upload_bytes(b"mine", "mine.txt")

    completed = at_service(tree, "--bucket", "already-here")

    assert completed.returncode == 0, completed.stderr
    left = [version.file_name for version, _ in bucket.ls(latest_only=False, recursive=True)]
    assert left == ["mine.txt"]


def test_a_bucket_name_that_is_free_is_used_and_freed(
    at_service: Callable[..., Completed], tree: Path, api: B2Api
) -> None:
    completed = at_service(tree, "--bucket", "not-here-yet")

    assert completed.returncode == 0, completed.stderr
    assert api.list_buckets() == []


def test_a_wrong_key_is_reported_and_not_shown(at_service: Callable[..., Completed], tree: Path) -> None:
    completed = at_service(tree, key="a-wrong-but-secret-key")

    assert_refused(completed, "the application key was refused")
    assert "a-wrong-but-secret-key" not in completed.stdout + completed.stderr


def test_a_missing_directory_is_reported(quickstart: Callable[..., Completed], tmp_path: Path) -> None:
    assert_refused(quickstart(tmp_path / "missing"), "missing is not a directory")


def test_a_directory_without_files_is_reported(quickstart: Callable[..., Completed], tmp_path: Path) -> None:
    (tmp_path / "bare" / "nested").mkdir(parents=True)

    assert_refused(quickstart(tmp_path / "bare"), "there are no files in")


def test_a_bucket_name_of_another_account_is_reported(
    at_service: Callable[..., Completed], tree: Path, service: SimulatorServer
) -> None:
    other = service.cloud.keys.create_account().master_key
    with B2Api(InMemoryAccountInfo()) as api:
        api.authorize_account(other.key_id, other.secret, service.url)
        api.create_bucket("somebody-elses", "allPrivate")

    assert_refused(at_service(tree, "--bucket", "somebody-elses"), "somebody-elses is taken by another account")


@pytest.mark.parametrize("variable", ["B2_APPLICATION_KEY_ID", "B2_APPLICATION_KEY"])
def test_half_of_the_credentials_is_reported_and_not_shown(
    quickstart: Callable[..., Completed], tree: Path, variable: str
) -> None:
    completed = quickstart(tree, **{variable: "the-half-that-is-set"})

    assert_refused(completed, "set both B2_APPLICATION_KEY_ID and B2_APPLICATION_KEY, or neither")
    assert "the-half-that-is-set" not in completed.stdout + completed.stderr
