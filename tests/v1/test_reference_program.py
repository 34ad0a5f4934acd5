"""The recorded results of b2sdk 2.13 are those that it returns."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

PYTHON = os.environ.get("B2SDK_REFERENCE_PYTHON")


@pytest.mark.skipif(
    PYTHON is None, reason="B2SDK_REFERENCE_PYTHON does not name an interpreter that has b2sdk 2.13: nox -s reference"
)
def test_the_record_is_what_the_reference_returns() -> None:
    # Isolated, so that the interpreter does not find the b2sdk of the one that runs the tests.
    command = [PYTHON or "", "-I", str(Path(__file__).with_name("program.py"))]
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    recorded = Path(__file__).parents[1] / "data" / "results-of-v1.json"
    assert json.loads(done.stdout) == json.loads(recorded.read_text())
