"""What is said where the library of a store is not installed."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("module", "library", "extra"),
    [
        ("b2sdk.integrations.sql", "sqlalchemy", "sql"),
        ("b2sdk.integrations.sql_tables", "sqlalchemy", "sql"),
        ("b2sdk.integrations.redis", "redis", "redis"),
        ("b2sdk.integrations.fsspec", "fsspec", "fsspec"),
        ("b2sdk.integrations.django", "django", "django"),
        ("b2sdk.integrations.dask", "distributed", "dask"),
    ],
)
def test_a_missing_library_is_reported_with_the_extra_that_brings_it(module: str, library: str, extra: str) -> None:
    program = f"import sys; sys.modules['{library}'] = None; import {module}"
    finished = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert finished.returncode == 1
    assert f"pip install 'b2sdk-ng[{extra}]'" in finished.stderr.splitlines()[-1]
