"""What the sessions of the noxfile divide among Pythons is all there is, whichever of them are installed."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parent.parent
FILES = {path.relative_to(ROOT / "tests").as_posix() for path in (ROOT / "tests").rglob("test_*.py")}


@pytest.fixture(scope="module")
def noxfile() -> Iterator[ModuleType]:
    """Yield the noxfile as nox imports it, which is once: it registers its sessions."""
    spec = spec_from_file_location("noxfile", ROOT / "noxfile.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        spec.loader.exec_module(module)
        yield module


def run_by(noxfile: ModuleType, python: str, installed: Collection[str]) -> set[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(noxfile, "is_installed", installed.__contains__)
        left_out = noxfile.paths_to_leave_out(python)
    return {file for file in FILES if not any(f"{file}/".startswith(f"{path}/") for path in left_out)}


@pytest.mark.parametrize("missing", [set(), {"3.10"}, {"3.15"}, {"3.12", "3.14"}, {"3.10", "3.13", "3.15"}, None])
def test_the_pythons_that_are_installed_run_all_files_between_them(
    noxfile: ModuleType, missing: set[str] | None
) -> None:
    own, pythons = noxfile.OWN_PYTHON, set(noxfile.PYTHONS)
    installed = {own} if missing is None else pythons - missing | {own}
    assert set.union(*(run_by(noxfile, python, installed) for python in installed)) == FILES


def test_what_takes_long_is_not_run_by_each_python(noxfile: ModuleType) -> None:
    pythons = noxfile.PYTHONS
    runs = [run_by(noxfile, python, pythons) for python in pythons]
    for file in ("faults/test_matrix.py", "hostile/test_mutated_responses.py", "test_architecture.py"):
        assert sum(file in run for run in runs) == 1
    assert sum("aio/test_http.py" in run for run in runs) == 2
    assert sum("flows/test_ls.py" in run for run in runs) == 1
    assert sum("test_session.py" in run for run in runs) == len(pythons)


def test_what_is_left_out_exists(noxfile: ModuleType) -> None:
    named = [*noxfile.PROOFS, *noxfile.READERS, *noxfile.AT_BOTH_ENDS, *noxfile.AT_THE_OLDEST]
    assert [name for name in named if not (ROOT / "tests" / name).exists()] == []
