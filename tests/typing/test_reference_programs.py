"""The programs of the older surfaces are such that b2sdk 2.13 runs them too."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

PYTHON = os.environ.get("B2SDK_REFERENCE_PYTHON")
RUN = "import pathlib, runpy, sys; runpy.run_path(sys.argv[1])['main'](pathlib.Path(sys.argv[2]))"


@pytest.mark.skipif(
    PYTHON is None, reason="B2SDK_REFERENCE_PYTHON does not name an interpreter that has b2sdk 2.13: nox -s reference"
)
@pytest.mark.parametrize("surface", ["v0", "v1", "v2"])
def test_the_reference_runs_the_program(surface: str, tmp_path: Path) -> None:
    program = Path(__file__).with_name(f"program_of_{surface}.py")
    # Isolated, so that the interpreter does not find the b2sdk of the one that runs the tests.
    command = [PYTHON or "", "-I", "-c", RUN, str(program), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, check=False, text=True)
    assert done.returncode == 0, done.stderr
