from __future__ import annotations

import importlib
import pickle
import traceback
from types import ModuleType

import pytest

import b2sdk
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


@pytest.mark.parametrize("name", ["b2sdk.v2", "b2sdk.v3", "b2sdk.v2.exception", "b2sdk.v3.exception"])
def test_a_star_import_gives_every_name(name: str) -> None:
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


# An instance, and a class whose constructor takes another argument.
NO_SUBCLASSES = {"DEFAULT_HTTP_API_CONFIG", "FullApplicationKey"}


@pytest.mark.parametrize("name", sorted((OLDER_IN_V2 - NO_SUBCLASSES) & public(b2sdk.v3)))
def test_what_is_older_is_a_subclass_so_that_both_may_be_mixed(name: str) -> None:
    assert issubclass(getattr(b2sdk.v2, name), getattr(b2sdk.v3, name))


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
