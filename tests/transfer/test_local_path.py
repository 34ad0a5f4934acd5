from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from b2sdk.transfer.local_path import (
    STDOUT_FILEPATH,
    fix_windows_path_limit,
    points_to_fifo,
    points_to_stdout,
    problem_as_local_name,
    without_windows_prefix,
)


@pytest.mark.skipif(sys.platform == "win32", reason="there are no FIFOs")
def test_a_fifo_is_one_through_links_too(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "link").symlink_to("fifo")
    (tmp_path / "loop").symlink_to("loop")
    assert points_to_fifo(tmp_path / "fifo")
    assert points_to_fifo(tmp_path / "link")
    assert not points_to_fifo(tmp_path)
    assert not points_to_fifo(tmp_path / "loop")


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights on Windows")
def test_standard_output_is_itself_through_links_too(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(STDOUT_FILEPATH)
    assert points_to_stdout(STDOUT_FILEPATH)
    assert points_to_stdout(tmp_path / "link")
    assert not points_to_stdout(tmp_path)


# --- long paths on Windows ---


@pytest.mark.parametrize(
    ("path", "fixed"),
    [
        ("C:\\a\\b", "\\\\?\\C:\\a\\b"),
        ("C:/a/b", "\\\\?\\C:\\a\\b"),
        ("\\\\server\\share\\a", "\\\\?\\UNC\\server\\share\\a"),
        ("\\\\?\\C:\\a", "\\\\?\\C:\\a"),
        ("a\\b", "a\\b"),
    ],
)
def test_an_absolute_path_on_windows_may_have_any_length(path: str, fixed: str) -> None:
    assert fix_windows_path_limit(path, platform="win32") == fixed
    assert without_windows_prefix(fixed) == path.replace("/", "\\").removeprefix("\\\\?\\")


@pytest.mark.parametrize("path", ["C:\\a", "\\\\server\\share", "/a/b", "a", ""])
def test_a_path_elsewhere_stays(path: str) -> None:
    assert fix_windows_path_limit(path, platform="linux") == path
    assert without_windows_prefix(path) == path


# --- names ---

DEVICE = "Windows keeps the name for a device"
END = "a name on Windows cannot end with a dot or a space"
ON_WINDOWS = [
    ("CON", DEVICE),
    ("nul", DEVICE),
    ("a/Aux/b", DEVICE),
    ("NUL.txt", DEVICE),
    ("nul.tar.gz", DEVICE),
    ("COM1", DEVICE),
    ("LPT9.log", DEVICE),
    ("com\u00b9", DEVICE),
    ("con .txt", DEVICE),
    ("a.", END),
    ("a /b", END),
    ("...", END),
    ("a:b", "a name on Windows cannot contain ':'"),
    ("a/b?c", "a name on Windows cannot contain '?'"),
    ("a\\b", "a name on Windows cannot contain '\\\\'"),
    ("a\x07", "a name on Windows cannot contain '\\x07'"),
]


@pytest.mark.parametrize(("name", "problem"), ON_WINDOWS)
def test_windows_does_not_take_every_name(name: str, problem: str) -> None:
    assert problem_as_local_name(name, platform="win32") == problem
    assert problem_as_local_name(name, platform="linux") is None


@pytest.mark.parametrize("name", ["CONSOLE", "COM10", "COM0", "LPT", "my.nul", "a.b/c d", ".a", " a", "\u00e9", "a/b"])
def test_names_that_look_like_those_of_devices_are_fine(name: str) -> None:
    assert problem_as_local_name(name, platform="win32") is None


@pytest.mark.parametrize("platform", ["win32", "linux", "darwin"])
def test_no_system_takes_nul(platform: str) -> None:
    assert problem_as_local_name("a\0b", platform=platform) == "a name on this system cannot contain NUL"
