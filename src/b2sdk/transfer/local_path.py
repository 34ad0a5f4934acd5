"""What a local path is: standard output, a FIFO, or too long for Windows."""

from __future__ import annotations

import sys
from pathlib import Path

STDOUT_FILEPATH = Path("CON" if sys.platform == "win32" else "/dev/stdout")


def points_to_fifo(path: Path) -> bool:
    """Whether the path, links followed, is a FIFO; not if it cannot be looked at."""
    try:
        return path.resolve().is_fifo()
    except OSError:
        return False


def points_to_stdout(path: Path) -> bool:
    """Whether the path, links followed, is standard output; not if it cannot be looked at."""
    try:
        return path == STDOUT_FILEPATH or path.resolve() == STDOUT_FILEPATH.resolve()
    except OSError:
        return False
