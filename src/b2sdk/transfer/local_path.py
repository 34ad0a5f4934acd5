"""What a local path is: standard output, a FIFO, too long for Windows, or no name that the system takes."""

from __future__ import annotations

import ntpath
import os
import re
import stat
import sys
from pathlib import Path

STDOUT_FILEPATH = Path("CON" if sys.platform == "win32" else "/dev/stdout")
_CANNOT_RESOLVE = (OSError, RuntimeError)  # before Python 3.13 a loop of links is a RuntimeError


def mode_of(path: str | Path) -> int:
    """Return the mode of what is there, a link not followed; 0 where there is nothing, or nobody can look."""
    try:
        return os.lstat(path).st_mode
    except OSError:
        return 0


_KINDS = {
    stat.S_IFIFO: "a FIFO",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFDIR: "a directory",
    stat.S_IFLNK: "a link",
    stat.S_IFREG: "a file",
}


def kind_of(mode: int) -> str:
    """Return what a thing of that mode is, for people to read."""
    return _KINDS.get(stat.S_IFMT(mode), "something else")


def points_to_fifo(path: Path) -> bool:
    """Whether the path, links followed, is a FIFO; not if it cannot be looked at."""
    try:
        return path.resolve().is_fifo()
    except _CANNOT_RESOLVE:
        return False


def points_to_stdout(path: Path) -> bool:
    """Whether the path, links followed, is standard output; not if it cannot be looked at."""
    try:
        return path == STDOUT_FILEPATH or path.resolve() == STDOUT_FILEPATH.resolve()
    except _CANNOT_RESOLVE:
        return False


_LONG_PATH_PREFIX = "\\\\?\\"
_WINDOWS_DEVICES = frozenset(
    [
        "CON",
        "PRN",
        "AUX",
        "NUL",
        "CONIN$",
        "CONOUT$",
        *(f"{port}{n}" for port in ("COM", "LPT") for n in "123456789¹²³"),
    ]
)
_REFUSED_BY_WINDOWS = re.compile(r'[\x00-\x1f<>:"\\|?*]')


def fix_windows_path_limit(path: str, *, platform: str = sys.platform) -> str:
    r"""Write an absolute path as Windows takes it at any length: with ``\\?\`` before it. Elsewhere it stays.

    :param platform: that of the path, as ``sys.platform`` names it.
    """
    if platform != "win32" or path.startswith(_LONG_PATH_PREFIX):
        return path
    path = path.replace("/", "\\")  # behind the prefix Windows takes a slash for part of a name
    if path.startswith("\\\\"):
        return f"{_LONG_PATH_PREFIX}UNC{path[1:]}"
    return _LONG_PATH_PREFIX + path if ntpath.isabs(path) else path


def without_windows_prefix(path: str) -> str:
    r"""Return a path as people write it, without the ``\\?\``."""
    if path.startswith(f"{_LONG_PATH_PREFIX}UNC\\"):
        return "\\" + path[len(_LONG_PATH_PREFIX) + 3 :]
    return path.removeprefix(_LONG_PATH_PREFIX)


def problem_as_local_name(relative_path: str, *, platform: str = sys.platform) -> str | None:
    """Return why there cannot be a file of that name, written with slashes, on the platform; ``None`` if there can.

    Windows keeps some names for devices, whatever their extension, and drops dots and spaces at the end of a name, so
    that one file would be taken for another.
    """
    if "\0" in relative_path:
        return "a name on this system cannot contain NUL"
    if platform != "win32":
        return None
    for name in relative_path.split("/"):
        if refused := _REFUSED_BY_WINDOWS.search(name):
            return f"a name on Windows cannot contain {refused[0]!r}"
        if name.endswith((".", " ")):
            return "a name on Windows cannot end with a dot or a space"
        if name.partition(".")[0].rstrip(" ").upper() in _WINDOWS_DEVICES:
            return "Windows keeps the name for a device"
    return None
