"""What the tests of scans share: a listener that writes down, and a tree whose rights count."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from b2sdk.scan.events import EntrySkipped, ScanListener

NOBODY = 65534


class Listener(ScanListener):
    """Writes down what is skipped."""

    def __init__(self) -> None:
        self.events: list[EntrySkipped] = []
        self.closed = 0

    def skipped(self, event: EntrySkipped) -> None:
        self.events.append(event)

    def close(self) -> None:
        self.closed += 1

    def below(self, root: Path) -> list[tuple[str, str]]:
        """Return what was skipped below a local folder: relative paths and the names of the reasons."""
        return [(os.path.relpath(event.path, root), event.reason.name) for event in self.events]


@pytest.fixture
def listener() -> Listener:
    return Listener()


@contextlib.contextmanager
def _as_an_ordinary_user() -> Iterator[None]:
    """Do without the rights of root, who may read everything."""
    if os.geteuid() != 0:
        yield
        return
    os.setresuid(NOBODY, NOBODY, 0)
    try:
        yield
    finally:
        os.setresuid(0, 0, 0)


@pytest.fixture
def as_an_ordinary_user() -> Callable[[], AbstractContextManager[None]]:
    if not hasattr(os, "setresuid"):
        pytest.skip("the rights of this system are not those of POSIX")
    return _as_an_ordinary_user


@pytest.fixture
def guarded_tree() -> Iterator[Path]:
    """Return a directory that an ordinary user gets to; those of pytest are closed to others."""
    root = Path(tempfile.mkdtemp())
    root.chmod(0o755)
    yield root
    for directory, _, _ in os.walk(root):
        Path(directory).chmod(0o755)
    shutil.rmtree(root)
