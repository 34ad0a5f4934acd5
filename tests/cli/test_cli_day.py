"""The `b2` command line, which others wrote, does a day's work on the service over HTTP, on top of this package."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from b2sdk.simulator import ApiFault, Policy, SimulatorServer
from b2sdk.version import VERSION

B2 = os.environ.get("B2SDK_CLI")

pytestmark = pytest.mark.skipif(
    B2 is None, reason="B2SDK_CLI does not name a b2 command on top of this package: nox -s cli"
)

Command = Callable[..., str]


class Failed(Exception):
    """The command ended with an error; the text is what it printed."""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


@pytest.fixture
def command(home: Path, tmp_path: Path) -> Command:
    """Run the command in an empty directory and return what it printed."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("B2_", "XDG_", "PYTHON"))}
    environment = {**kept, "HOME": str(home), "B2_ACCOUNT_INFO": str(home / "account"), "PYTHONUTF8": "1"}

    def run(*arguments: str | Path) -> str:
        done = subprocess.run(
            [B2 or "", *map(str, arguments)],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        if done.returncode:
            raise Failed(done.stdout + done.stderr)
        assert "Traceback" not in done.stderr
        return done.stdout

    return run


@pytest.fixture
def b2(command: Command, service: SimulatorServer) -> Command:
    """Run the command, authorized, where a bucket is."""
    command("account", "authorize", "--environment", service.url, service.key_id, service.key)
    command("bucket", "create", "my-bucket", "allPrivate")
    return command


def listed(b2: Command, *arguments: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(b2("ls", "--json", "-r", *arguments, "b2://my-bucket"))
    return found


def names(b2: Command, *arguments: str) -> list[str]:
    return [entry["fileName"] for entry in listed(b2, *arguments)]


def test_the_version_is_that_of_this_package(command: Command) -> None:
    assert f"(b2sdk version {VERSION})" in command("version")


def test_the_license_is_reported(command: Command) -> None:
    assert command("license").lstrip().startswith("b2 license:")


def test_an_account_comes_and_goes(command: Command, service: SimulatorServer, home: Path) -> None:
    command("account", "authorize", "--environment", service.url, service.key_id, service.key)
    assert (home / "account").stat().st_mode & 0o077 == 0
    assert json.loads(command("account", "get"))["applicationKeyId"] == service.key_id
    command("account", "clear")
    with pytest.raises(Failed, match="account authorize"):
        command("bucket", "list")
    with pytest.raises(Failed, match="unable to authorize"):
        command("account", "authorize", "--environment", service.url, service.key_id, "wrong")


def test_buckets(b2: Command) -> None:
    rule = {"daysFromHidingToDeleting": 3, "daysFromUploadingToHiding": None, "fileNamePrefix": "logs/"}
    b2(
        "bucket",
        "update",
        "my-bucket",
        "allPublic",
        "--lifecycle-rule",
        json.dumps(rule),
        "--bucket-info",
        '{"a": "b"}',
    )
    b2("bucket", "update", "my-bucket", "--default-server-side-encryption", "SSE-B2")
    bucket = json.loads(b2("bucket", "get", "my-bucket"))
    assert (bucket["bucketType"], bucket["bucketInfo"]) == ("allPublic", {"a": "b"})
    assert bucket["lifecycleRules"][0]["daysFromHidingToDeleting"] == 3
    assert bucket["defaultServerSideEncryption"]["mode"] == "SSE-B2"
    b2("bucket", "create", "another-bucket", "allPrivate", "--file-lock-enabled")
    assert [line.split()[-1] for line in b2("bucket", "list").splitlines()] == ["another-bucket", "my-bucket"]
    b2("bucket", "delete", "another-bucket")
    assert "another-bucket" not in b2("bucket", "list")
    with pytest.raises(Failed, match="Bucket name is already in use"):
        b2("bucket", "create", "my-bucket", "allPrivate")


def test_files(b2: Command, tmp_path: Path) -> None:
    (tmp_path / "small").write_bytes(b"hello\n")
    b2(
        "file",
        "upload",
        "--no-progress",
        "--info",
        "k=v",
        "--content-type",
        "text/plain",
        "my-bucket",
        "small",
        "dir/ü x",
    )
    assert b2("file", "cat", "b2://my-bucket/dir/ü x") == "hello\n"
    info = json.loads(b2("file", "info", "b2://my-bucket/dir/ü x"))
    assert (info["size"], info["contentType"], info["fileInfo"]["k"]) == (6, "text/plain", "v")
    b2("file", "hide", "b2://my-bucket/dir/ü x")
    assert names(b2) == []
    assert [entry["action"] for entry in listed(b2, "--versions")] == ["hide", "upload"]
    b2("file", "unhide", "b2://my-bucket/dir/ü x")
    b2("file", "server-side-copy", f"b2id://{info['fileId']}", "b2://my-bucket/copy")
    assert names(b2) == ["copy", "dir/ü x"]
    assert b2("file", "url", "b2://my-bucket/copy").strip().endswith("/file/my-bucket/copy")
    b2("rm", "--no-progress", "b2://my-bucket/copy")
    b2("rm", "--no-progress", "-r", "--versions", "b2://my-bucket")
    assert names(b2, "--versions") == []
    with pytest.raises(Failed, match="File not present: gone"):
        b2("file", "cat", "b2://my-bucket/gone")


def test_a_large_file(command: Command, tmp_path: Path) -> None:
    content = os.urandom(12_000_000)
    with SimulatorServer(policy=Policy(recommended_part_size=5_000_000)) as service:
        command("account", "authorize", "--environment", service.url, service.key_id, service.key)
        command("bucket", "create", "my-bucket", "allPrivate")
        (tmp_path / "large").write_bytes(content)
        service.faults.add(ApiFault(endpoint="b2_upload_part", status=503, code="service_unavailable", count=2))
        command("file", "upload", "--no-progress", "my-bucket", "large", "large")
        command("file", "download", "--no-progress", "b2://my-bucket/large", "got")
        parts = sum(entry.endpoint == "b2_upload_part" for entry in service.journal.entries)
    assert (tmp_path / "got").read_bytes() == content
    assert parts == 2 + 2, "two parts, and two that were sent again"


def tree(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_sync_both_ways(b2: Command, tmp_path: Path) -> None:
    source = tmp_path / "source"
    (source / "sub").mkdir(parents=True)
    for name in ("sub/1", "sub/2", "sub-3", "ü"):
        (source / name).write_text(name, encoding="utf-8")
    up = ("sync", "--no-progress", "source", "b2://my-bucket/tree")
    assert sorted(b2(*up).splitlines()) == ["upload 'ü'", "upload sub-3", "upload sub/1", "upload sub/2"]
    assert b2(*up) == ""
    b2("sync", "--no-progress", "b2://my-bucket/tree", "back")
    assert tree(tmp_path / "back") == tree(source)

    (source / "sub/1").unlink()
    (source / "sub/2").write_text("changed", encoding="utf-8")
    assert sorted(
        b2("sync", "--no-progress", "--delete", "--replace-newer", "source", "b2://my-bucket/tree").splitlines()
    ) == [
        "delete sub/1 ",
        "delete sub/2 (old version)",
        "upload sub/2",
    ]
    down = ("sync", "--no-progress", "--delete", "b2://my-bucket/tree", "back")
    assert sorted(b2(*down[:1], "--dry-run", *down[1:]).splitlines()) == ["delete sub/1", "dnload sub/2"]
    assert tree(tmp_path / "back") != tree(source)
    b2(*down)
    assert tree(tmp_path / "back") == tree(source)

    b2("bucket", "create", "another-bucket", "allPrivate")
    b2("sync", "--no-progress", "b2://my-bucket/tree", "b2://another-bucket")
    b2("sync", "--no-progress", "b2://another-bucket", "again")
    assert tree(tmp_path / "again") == tree(source)


def test_keys(b2: Command, service: SimulatorServer) -> None:
    key_id, key = b2("key", "create", "--bucket", "my-bucket", "my-key", "listBuckets,listFiles,readFiles").split()
    assert key_id in b2("key", "list", "-l")
    b2("account", "authorize", "--environment", service.url, key_id, key)
    assert names(b2) == []
    with pytest.raises(Failed, match="capabilities"):
        b2("file", "upload", "--no-progress", "my-bucket", Path(__file__), "file")
    b2("account", "authorize", "--environment", service.url, service.key_id, service.key)
    b2("key", "delete", key_id)
    assert "my-key" not in b2("key", "list")


def test_notification_rules(b2: Command) -> None:
    rule = ("bucket", "notification-rule")
    url = "https://127.0.0.1:9/hook"
    b2(*rule, "create", "b2://my-bucket", "my-rule", "--webhook-url", url, "--event-type", "b2:ObjectCreated:*")
    assert "my-rule" in b2(*rule, "list", "b2://my-bucket")
    b2(*rule, "disable", "b2://my-bucket", "my-rule")
    (found,) = json.loads(b2(*rule, "list", "--json", "b2://my-bucket"))
    assert (found["isEnabled"], found["targetConfiguration"]["url"]) == (False, url)
    b2(*rule, "delete", "b2://my-bucket", "my-rule")
    assert "my-rule" not in b2(*rule, "list", "b2://my-bucket")


def test_replication(b2: Command, tmp_path: Path) -> None:
    b2("bucket", "create", "another-bucket", "allPrivate")
    b2("replication", "setup", "my-bucket", "another-bucket")
    (tmp_path / "file").write_bytes(b"content")
    b2("file", "upload", "--no-progress", "my-bucket", "file", "file")
    (rule,) = json.loads(b2("bucket", "get", "my-bucket"))["replication"]["asReplicationSource"]["replicationRules"]
    assert (rule["replicationRuleName"], rule["isEnabled"]) == ("another-bucket", True)
    assert "source" in b2("replication", "status", "my-bucket")
    b2("replication", "pause", "my-bucket", "another-bucket")
    b2("replication", "delete", "my-bucket", "another-bucket")
    source = json.loads(b2("bucket", "get", "my-bucket"))["replication"]["asReplicationSource"]
    assert source["replicationRules"] == []
