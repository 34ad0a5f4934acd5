from __future__ import annotations

import ast
import importlib
import pickle
import traceback
from pathlib import Path
from types import ModuleType

import pytest

import b2sdk
import b2sdk.v0
import b2sdk.v1
import b2sdk.v2.exception
import b2sdk.v3.exception
from b2sdk.version import PYTHON_VERSION, USER_AGENT, VERSION

# What v2 has in an older form; everything else is the very same object on both surfaces.
OLDER_IN_V2 = {
    "AbstractAccountInfo",
    "AbstractRawApi",
    "ApplicationKey",
    "B2Api",
    "B2Http",
    "B2HttpApiConfig",
    "B2RawHTTPApi",
    "B2Session",
    "BaseApplicationKey",
    "Bucket",
    "BucketFactory",
    "DEFAULT_HTTP_API_CONFIG",
    "FileVersion",
    "FileVersionFactory",
    "FullApplicationKey",
    "InMemoryAccountInfo",
    "KeySimulator",
    "RawSimulator",
    "BucketSimulator",
    "ReplicationSetupHelper",
    "SqliteAccountInfo",
    "StubAccountInfo",
    "UrlPoolAccountInfo",
    "rename_argument",
    "rename_function",
}


def public(module: ModuleType) -> set[str]:
    return {
        name for name, value in vars(module).items() if not name.startswith("_") and not isinstance(value, ModuleType)
    }


@pytest.mark.parametrize("part", ["", ".exception"])
@pytest.mark.parametrize("version", ["v0", "v1", "v2", "v3"])
def test_a_star_import_gives_every_name(version: str, part: str) -> None:
    name = f"b2sdk.{version}{part}"
    namespace: dict[str, object] = {}
    exec(f"from {name} import *", namespace)  # noqa: S102  # there is no other way to see what it gives
    names = public(importlib.import_module(name)) - {"annotations"}
    assert names <= namespace.keys()
    assert len(names) > 80


def test_both_surfaces_have_the_same_names() -> None:
    assert public(b2sdk.v3) <= public(b2sdk.v2)


def test_what_is_not_older_is_the_same_object() -> None:
    different = {name for name in public(b2sdk.v3) if getattr(b2sdk.v2, name) is not getattr(b2sdk.v3, name)}
    assert different <= OLDER_IN_V2


@pytest.mark.parametrize("surface", [b2sdk.v2, b2sdk.v3], ids=["v2", "v3"])
def test_type_checkers_take_every_name_for_a_public_one(surface: ModuleType) -> None:
    """In a stub, a name that is imported is for the stub alone unless it is imported as itself."""
    stub = Path(str(surface.__file__)).with_suffix(".pyi").read_text(encoding="utf-8")
    imported = [name for node in ast.walk(ast.parse(stub)) if isinstance(node, ast.ImportFrom) for name in node.names]
    assert {name.asname for name in imported} == set(surface.__all__)
    assert [name.name for name in imported if name.asname != name.name] == []


# An instance, and a class whose constructor takes another argument.
NO_SUBCLASSES = {"DEFAULT_HTTP_API_CONFIG", "FullApplicationKey"}


@pytest.mark.parametrize("name", sorted((OLDER_IN_V2 - NO_SUBCLASSES) & public(b2sdk.v3)))
def test_what_is_older_is_a_subclass_so_that_both_may_be_mixed(name: str) -> None:
    assert issubclass(getattr(b2sdk.v2, name), getattr(b2sdk.v3, name))


# In v1 it is what a program's rules for syncs are asked about; what v2 calls so is `FileVersionInfo` there.
NOT_OF_V2 = {"FileVersion"}


def test_what_is_older_in_v1_is_a_subclass_of_that_of_v2() -> None:
    older = {
        name
        for name in public(b2sdk.v2)
        if isinstance(getattr(b2sdk.v2, name), type) and getattr(b2sdk.v1, name) is not getattr(b2sdk.v2, name)
    }
    assert len(older) == 20
    assert {name for name in older if not issubclass(getattr(b2sdk.v1, name), getattr(b2sdk.v2, name))} == NOT_OF_V2


def test_v0_is_made_of_v1() -> None:
    differing = {name for name in public(b2sdk.v1) if getattr(b2sdk.v0, name) is not getattr(b2sdk.v1, name)}
    assert all(issubclass(getattr(b2sdk.v0, name), getattr(b2sdk.v1, name)) for name in differing)
    assert public(b2sdk.v0) - public(b2sdk.v1) == {"make_folder_sync_actions", "sync_folders"}


@pytest.mark.parametrize("version", ["v0", "v1", "v2", "v3"])
def test_every_attribute_of_a_class_can_be_had_from_the_class(version: str) -> None:
    """As `inspect`, `help` and the mocks of a program's tests have them."""
    surface = importlib.import_module(f"b2sdk.{version}")
    classes = [found for name in public(surface) if isinstance(found := getattr(surface, name), type)]
    missing = [(cls.__name__, name) for cls in classes for name in dir(cls) if not hasattr(cls, name)]
    assert [name for name in missing if name[1] != "__abstractmethods__"] == []


def test_exceptions_of_one_surface_are_caught_by_the_other() -> None:
    assert issubclass(b2sdk.v2.exception.BucketIdNotFound, b2sdk.v3.exception.BucketIdNotFound)
    assert b2sdk.v2.exception.FileNotPresent is b2sdk.v3.exception.FileNotPresent


def test_the_version_is_three_numbers() -> None:
    assert b2sdk.__version__ == VERSION
    assert [part.isdecimal() for part in VERSION.split(".")] == [True] * 3
    assert f"backblaze-b2/{VERSION} python/{PYTHON_VERSION}" == USER_AGENT


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("b2sdk._internal.exception", "FileNotPresent"),
        ("b2sdk._internal.account_info.exception", "MissingAccountData"),
        ("b2sdk._internal.scan.exception", "InvalidArgument"),
        ("b2sdk._internal.sync.exception", "IncompleteSync"),
        ("b2sdk._internal.raw_simulator", "RawSimulator"),
        ("b2sdk._internal.session", "B2Session"),
        ("b2sdk._internal.progress", "AbstractProgressListener"),
        ("b2sdk._internal.transfer.outbound.upload_source", "UploadSourceBytes"),
        ("b2sdk.account_info.upload_url_pool", "UploadUrlPool"),
    ],
)
def test_the_paths_that_programs_import_exist(path: str, name: str) -> None:
    found = getattr(importlib.import_module(path), name)
    assert found is getattr(b2sdk.v3, name, None) or found is getattr(b2sdk.v3.exception, name)


def test_tracebacks_show_the_path_that_programs_match() -> None:
    error = b2sdk.v3.exception.BadRequest("message", "code")
    assert traceback.format_exception_only(error) == ["b2sdk._internal.exception.BadRequest: message (code)\n"]


def test_errors_cross_process_boundaries() -> None:
    error = b2sdk.v3.exception.FileNotPresent("bucket", "file")
    again = pickle.loads(pickle.dumps(error))  # noqa: S301  # our own
    assert type(again) is type(error)
    assert (str(again), again.bucket_name) == (str(error), "bucket")


@pytest.mark.parametrize("surface", [b2sdk.v0, b2sdk.v1], ids=["v0", "v1"])
def test_the_oldest_surfaces_have_modules_of_v2(surface: ModuleType) -> None:
    names = [
        "api_config",
        "application_key",
        "large_file",
        "raw_simulator",
        "transfer",
        "utils",
        "version_utils",
    ]
    assert {name: getattr(surface, name).__name__ for name in names} == {name: f"b2sdk.v2.{name}" for name in names}
    assert {*surface.__all__} >= {*names}
