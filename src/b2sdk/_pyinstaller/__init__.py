"""Where PyInstaller finds what it must know of this package to put it into a program's bundle."""

from __future__ import annotations

from pathlib import Path


def get_hook_dirs() -> list[str]:
    """Return the directories of the hooks; PyInstaller asks for them through an entry point."""
    return [str(Path(__file__).parent)]
