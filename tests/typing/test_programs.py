"""What users write: type checkers find no fault with it, except where it is wrong; and it does what it is to do.

The type checkers are those of ``nox -s types``; where they are not installed, the programs are run only.
"""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

import b2sdk

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SURFACES = sorted(path.name for path in Path(b2sdk.__file__).parent.glob("v[0-9]"))
PROGRAMS = sorted(path.stem for path in HERE.glob("program_of_*.py"))


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_runs(name: str, tmp_path: Path) -> None:
    importlib.import_module(f"tests.typing.{name}").main(tmp_path)


def test_each_surface_has_a_program() -> None:
    assert [f"program_of_{surface}" for surface in ["aio", *SURFACES]] == PROGRAMS


@pytest.mark.parametrize("checker", ["mypy", "pyright"])
def test_a_type_checker_has_nothing_to_say(checker: str) -> None:
    pytest.importorskip(checker)
    status, told = run(checker, str(HERE))
    assert status == 0, told


# Where stubtest differs with what a declaration means.
MEANT_SO = re.compile(
    r""""__arg0"\ differs\ from\ runtime\ parameter\ "self"  # of `parameters_of`: it is given by position in any case
    | (inherited|older_uploads)\ failed\ to\ import  # they are for type checkers only
    | __all__\ is\ not\ present  # it is made of the stub
    | upload_file(_headers)?\ is\ inconsistent,\ stub\ (parameter\ .*\ has\ a\ default|does\ not\ have\ \*args)
      # each of its two forms, of which stubtest makes one
    | pytestmark\ is\ not\ present  # for pytest
    | DestFileNewer-redefinition  # v0 imports all exceptions, and has that one in a form that differs in its text only
    | OfThisSurface  # for type checkers another class than for programs
    """,
    re.VERBOSE,
)


def test_what_type_checkers_are_told_is_there_when_a_program_runs() -> None:
    pytest.importorskip("mypy")
    options = ["--concise", "--ignore-positional-only", "--mypy-config-file", "pyproject.toml"]
    _status, told = run("mypy.stubtest", *options, *(f"b2sdk.{surface}" for surface in SURFACES))
    lines = told.splitlines()
    assert len(lines) > 10, "nothing was compared"
    assert [line for line in lines if not MEANT_SO.search(line)] == []


def run(checker: str, *arguments: str) -> tuple[int, str]:
    command = [sys.executable, "-m", checker, *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr
