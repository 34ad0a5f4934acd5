"""Files of b2sdk among ours: what is noticed, and said, in each way in which that happens."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import b2sdk

SOURCE = Path(b2sdk.__file__).parent
OVERWRITTEN = '__version__ = VERSION = "2.13.1"\n'


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Return a directory in which this package is installed."""
    shutil.copytree(SOURCE, tmp_path / "b2sdk")
    shutil.copy(SOURCE.with_suffix(".py"), tmp_path)
    return tmp_path


def said(site: Path, statement: str, *options: str) -> str:
    """Run the statement where this package is in `site`, and return what that printed as errors, or warnings."""
    environment = {**os.environ, "PYTHONPATH": str(site)}
    command = [sys.executable, *options, "-c", statement]
    return subprocess.run(command, env=environment, cwd=site, capture_output=True, text=True, check=False).stderr


def warning(site: Path) -> str:
    return f"RuntimeWarning: b2sdk and b2sdk-ng are installed over each other in {str(site / 'b2sdk')!r}"


@pytest.mark.parametrize("statement", ["import b2sdk", "from b2sdk.v3 import *", "import b2sdk.simulator"])
def test_nothing_is_said_where_all_is_right(site: Path, statement: str) -> None:
    assert said(site, statement, "-W", "error") == ""


@pytest.mark.parametrize("statement", ["import b2sdk", "from b2sdk.v2 import B2Api", "import b2sdk.v3, b2sdk.lazy"])
def test_files_of_b2sdk_beside_ours_are_noticed(site: Path, statement: str) -> None:
    (site / "b2sdk" / "v2" / "_compat.py").touch()

    printed = said(site, statement)

    assert printed.count("RuntimeWarning") == 1
    assert f"<string>:1: {warning(site)}" in printed


@pytest.mark.parametrize(
    "statement",
    [
        "import b2sdk.v3",
        "import b2sdk.v2",
        "from b2sdk.simulator import RawSimulator",
        "import b2sdk.integrations.pytest_plugin",
    ],
)
def test_that_the_package_around_ours_is_that_of_b2sdk_is_noticed(site: Path, statement: str) -> None:
    (site / "b2sdk" / "v2" / "_compat.py").touch()
    (site / "b2sdk" / "__init__.py").write_text(OVERWRITTEN)

    printed = said(site, statement)

    assert printed.count("RuntimeWarning") == 1
    assert warning(site) in printed


def test_the_remedy_can_still_be_built_there(site: Path) -> None:
    (site / "b2sdk" / "v2" / "_compat.py").touch()
    (site / "b2sdk" / "__init__.py").write_text(OVERWRITTEN)

    assert said(site, "from b2sdk.metapackage import main; main(['wheels'])") == ""
    assert list((site / "wheels").iterdir())


@pytest.mark.parametrize("statement", ["import b2sdk", "from b2sdk.v3 import B2Api", "import b2sdk.simulator"])
def test_files_that_uninstalling_b2sdk_took_away_are_missed(site: Path, statement: str) -> None:
    for shared in ("__init__.py", "version.py", "v2/__init__.py", "v3/__init__.py"):
        (site / "b2sdk" / shared).unlink()

    last = said(site, statement).splitlines()[-1]

    assert last.startswith("ImportError: files of b2sdk-ng are missing: uninstalling b2sdk has removed those")
    assert last.endswith("pip install --force-reinstall --no-deps b2sdk-ng")
