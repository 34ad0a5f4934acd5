"""The filesystem is registered, but nothing of the package is imported before a program uses it."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import sys
import fsspec
import pandas as pd

def is_imported():
    return any(name.split(".")[0] == "b2sdk" for name in sys.modules)

pd.DataFrame({"number": [1]}).to_csv("memory://table.csv")
assert len(pd.read_csv("memory://table.csv")) == 1
assert "b2" in fsspec.available_protocols()
assert not is_imported(), [name for name in sys.modules if name.startswith("b2sdk")]
fsspec.open("b2://bucket/name")
assert is_imported()
"""


def test_the_package_is_imported_with_its_first_url() -> None:
    ended = subprocess.run([sys.executable, "-c", PROGRAM], stderr=subprocess.PIPE, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
