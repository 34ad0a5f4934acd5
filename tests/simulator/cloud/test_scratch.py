from __future__ import annotations

import gc
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from b2sdk.simulator import SimulatorServer
from b2sdk.simulator.cloud.scratch import ScratchDirectory, sweep

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="directories cannot be locked there")

HOLD = """
import sys
from b2sdk.simulator.cloud.scratch import ScratchDirectory
held = ScratchDirectory()
(held.path / "content").write_bytes(b"content")
print(held.path, flush=True)
sys.stdin.read()
"""
FORK = """
import os
from b2sdk.simulator.cloud.scratch import ScratchDirectory
held = ScratchDirectory()
child = os.fork()
if child:
    os.waitpid(child, 0)
    print(held.path.exists())
"""


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files go, of this process and of those that it starts."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path


def holding() -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", HOLD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_what_a_killed_process_left_is_removed_by_the_next_and_what_another_uses_is_not(directory: Path) -> None:
    with holding() as killed, holding() as living:
        assert killed.stdout is not None
        assert living.stdout is not None
        left, used = (Path(process.stdout.readline().rstrip()) for process in (killed, living) if process.stdout)
        killed.send_signal(signal.SIGKILL)
        killed.wait()
        assert (left / "content").exists()
        own = ScratchDirectory()
        assert set(directory.iterdir()) == {used, own.path}
        assert (used / "content").read_bytes() == b"content"
        living.communicate()
    assert set(directory.iterdir()) == {own.path}
    own.remove()


def test_a_server_begins_by_removing_what_killed_ones_left(directory: Path) -> None:
    with holding() as killed:
        assert killed.stdout is not None
        left = Path(killed.stdout.readline().rstrip())
        killed.kill()
    with SimulatorServer():
        assert not left.exists()


def test_a_directory_goes_with_the_last_reference_and_only_once(directory: Path) -> None:
    scratch = ScratchDirectory()
    (scratch.path / "content").write_bytes(b"content")
    scratch.remove()
    scratch.remove()
    assert list(directory.iterdir()) == []
    scratch = ScratchDirectory()
    assert scratch.path.stat().st_mode & 0o777 == 0o700
    del scratch
    gc.collect()
    assert list(directory.iterdir()) == []


def test_a_fork_that_ends_leaves_it_to_the_process_that_made_it(directory: Path) -> None:
    finished = subprocess.run([sys.executable, "-c", FORK], check=True, capture_output=True, text=True)
    assert finished.stdout == "True\n"
    assert list(directory.iterdir()) == []


def test_only_directories_are_swept_and_no_link_is_followed(
    directory: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "content").write_bytes(b"content")
    (directory / "b2sdk-simulator-link").symlink_to(elsewhere)
    (directory / "b2sdk-simulator-file").write_bytes(b"content")
    (directory / "b2sdk-simulator-left").mkdir()
    (directory / "another-left").mkdir()
    sweep()
    assert (elsewhere / "content").exists()
    assert {path.name for path in directory.iterdir()} == {
        "another-left",
        "b2sdk-simulator-file",
        "b2sdk-simulator-link",
    }


def test_a_directory_that_is_swept_before_it_is_locked_is_made_again(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import fcntl  # noqa: PLC0415  # only POSIX has it

    lock = fcntl.flock
    swept: list[Path] = []

    def late(descriptor: int, operation: int) -> None:
        if not swept and not operation & fcntl.LOCK_NB:
            swept.extend(directory.iterdir())
            sweep()
        lock(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", late)
    scratch = ScratchDirectory()
    assert len(swept) == 1
    assert list(directory.iterdir()) == [scratch.path]
    scratch.remove()


def test_a_directory_that_is_swept_before_it_is_opened_is_made_again(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = tempfile.mkdtemp
    swept: list[str] = []

    def make_and_sweep(*args: Any, **kwargs: Any) -> str:
        made: str = make(*args, **kwargs)
        if not swept:
            swept.append(made)
            Path(made).rmdir()
        return made

    monkeypatch.setattr(tempfile, "mkdtemp", make_and_sweep)
    scratch = ScratchDirectory()
    assert scratch.path.is_dir()
    assert str(scratch.path) not in swept
    scratch.remove()
