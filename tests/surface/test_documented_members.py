"""Every public name, and every public member of a public class, has a docstring."""

from __future__ import annotations

import functools
import importlib
import inspect
import types
from collections.abc import Iterator
from typing import Any

import pytest

PACKAGES = [
    "b2sdk.integrations",
    "b2sdk.integrations.account_store",
    "b2sdk.integrations.redis",
    "b2sdk.integrations.shared_account_info",
    "b2sdk.integrations.sql",
    "b2sdk.integrations.sql_tables",
    "b2sdk.links",
    "b2sdk.simulator",
    "b2sdk.testing",
    "b2sdk.testing.account_info",
    "b2sdk.testing.account_state",
    "b2sdk.testing.bucket_manager",
    "b2sdk.testing.shared_account_info",
    "b2sdk.v3",
    "b2sdk.v3.exception",
    "b2sdk.v3.testing",
]

_MEMBERS = (types.FunctionType, classmethod, staticmethod, property, functools.cached_property)


def is_documented_elsewhere(name: str) -> bool:
    """Whether a name is private, or that of a constant, or of a test, whose name says what it shows."""
    return name.startswith(("_", "test_")) or name.isupper()


def is_ours(value: Any) -> bool:
    return str(getattr(value, "__module__", "")).partition(".")[0] == "b2sdk"


def public_names(package: str) -> Iterator[tuple[str, Any]]:
    module = importlib.import_module(package)
    for name in getattr(module, "__all__", dir(module)):
        value = getattr(module, name)
        if not is_documented_elsewhere(name) and is_ours(value):
            yield f"{value.__module__}.{getattr(value, '__qualname__', name)}", value


def public_members(owner: type) -> Iterator[tuple[str, str | None]]:
    """Yield the path of each member with its docstring, or that of the one which it overrides."""
    for base in filter(is_ours, owner.__mro__):
        for name, member in vars(base).items():
            if not is_documented_elsewhere(name) and isinstance(member, _MEMBERS):
                documented = (vars(each)[name] for each in owner.__mro__ if name in vars(each))
                yield (
                    f"{base.__module__}.{base.__qualname__}.{name}",
                    next(filter(None, map(inspect.getdoc, documented)), None),
                )


def undocumented(package: str) -> set[str]:
    missing = set()
    for path, value in public_names(package):
        if isinstance(value, type):
            missing |= {member for member, text in public_members(value) if not text}
        if (isinstance(value, type) or callable(value)) and not vars(value).get("__doc__", value.__doc__):
            missing.add(path)
    return missing


@pytest.mark.parametrize("package", PACKAGES)
def test_what_is_public_has_a_docstring(package: str) -> None:
    assert undocumented(package) == set()
