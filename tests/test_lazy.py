from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import b2sdk.v0
import b2sdk.v1
import b2sdk.v2
import b2sdk.v3
from b2sdk.lazy import LazyModule


def run(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.strip()


@pytest.mark.parametrize("package", ["b2sdk.v0", "b2sdk.v1", "b2sdk.v2", "b2sdk.v3"])
def test_importing_a_surface_imports_hardly_anything(package: str) -> None:
    heavy = {"requests", "urllib3", "sqlite3", "tqdm", "ssl", "aiohttp", "b2sdk.api", "b2sdk.simulator"}
    imported = run(f"import sys, {package}; print(*sys.modules)").split()
    assert not heavy & set(imported)


@pytest.mark.parametrize("package", ["b2sdk.v0", "b2sdk.v1", "b2sdk.v2", "b2sdk.v3"])
def test_a_name_is_imported_when_it_is_used_and_stays(package: str) -> None:
    code = f"""
import sys, {package} as package
before = package.B2Api
type(package).__getattr__ = None
print(before is package.B2Api, 'b2sdk.api' in sys.modules)
"""
    assert run(code) == "True True"


@pytest.mark.parametrize("package", ["b2sdk.v0", "b2sdk.v1", "b2sdk.v2", "b2sdk.v3"])
def test_sqlite_is_imported_by_those_who_keep_accounts_in_it(
    package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("B2_ACCOUNT_INFO", str(tmp_path / "account"))
    program = f"import sys; from {package} import B2Api, InMemoryAccountInfo as Info; B2Api(Info())"
    assert run(f"{program}; print('sqlite3' in sys.modules)") == "False"
    assert run(f"{program}; B2Api(); print('sqlite3' in sys.modules)") == "True"


@pytest.mark.parametrize("package", ["b2sdk.v0", "b2sdk.v1", "b2sdk.v2", "b2sdk.v3"])
def test_requests_is_imported_with_the_first_client(package: str) -> None:
    program = f"import sys; from {package} import *; api = None"
    imported = "print({'requests', 'urllib3', 'ssl'} & set(sys.modules) == "
    assert run(f"{program}; {imported}set())") == "True"
    client = "B2Api(InMemoryAccountInfo())"
    assert run(f"{program}; {client}; {imported}{{'requests', 'urllib3', 'ssl'}})") == "True"


def test_a_module_that_is_imported_later_has_what_it_has() -> None:
    import json  # noqa: PLC0415  # only for the comparison

    later = LazyModule("json")
    assert later.JSONDecodeError is json.JSONDecodeError
    assert vars(later)["JSONDecodeError"] is json.JSONDecodeError  # found without asking from now on
    with pytest.raises(AttributeError, match="nothing_of_the_kind"):
        _ = later.nothing_of_the_kind
    with pytest.raises(ModuleNotFoundError):
        _ = LazyModule("no_such_module").name


@pytest.mark.parametrize("package", [b2sdk.v1, b2sdk.v2, b2sdk.v3])
def test_the_class_that_a_session_stores_accounts_with_is_known_and_may_be_another(package: ModuleType) -> None:
    assert package.B2Session.SQLITE_ACCOUNT_INFO_CLASS is package.SqliteAccountInfo
    another = type("Another", (package.B2Session,), {"SQLITE_ACCOUNT_INFO_CLASS": package.InMemoryAccountInfo})
    assert type(another().account_info) is package.InMemoryAccountInfo


def test_a_module_of_the_surface_is_there_without_an_import_of_its_own() -> None:
    assert run("import b2sdk.v3; print(b2sdk.v3.exception.B2Error.__name__)") == "B2Error"


@pytest.mark.parametrize("package", [b2sdk.v0, b2sdk.v1, b2sdk.v2, b2sdk.v3])
def test_those_who_look_into_the_module_see_every_name(package: ModuleType) -> None:
    assert set(package.__all__) <= vars(package).keys()
    assert set(package.__all__) <= set(dir(package))


@pytest.mark.parametrize("wrong", ["B2API", "b2api", "InMemoryAcountInfo", "uploadsourcebytes"])
def test_a_name_that_is_nearly_right_is_reported(wrong: str) -> None:
    right = {"b": "B2Api", "i": "InMemoryAccountInfo", "u": "UploadSourceBytes"}[wrong[0].lower()]
    with pytest.raises(AttributeError, match=f"no attribute '{wrong}'. Did you mean: '{right}'?"):
        getattr(b2sdk.v3, wrong)


@pytest.mark.parametrize("wrong", ["quaternion", "__wrapped__"])
def test_nothing_is_made_up_for_other_names(wrong: str) -> None:
    with pytest.raises(AttributeError, match=f"no attribute '{wrong}'$"):
        getattr(b2sdk.v3, wrong)
    assert not hasattr(b2sdk.v3, wrong)


def test_a_name_may_be_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(b2sdk.v3, "B2Api", "another")
    assert b2sdk.v3.B2Api == "another"  # type: ignore[comparison-overlap]
