"""What reads annotations while a program runs (pydantic, typer, documentation tools) can read all public ones."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import typing
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest

PACKAGES = ["b2sdk.simulator", "b2sdk.integrations", "b2sdk.testing"]
MODULES = [
    *(f"b2sdk.{version}{part}" for version in ("v0", "v1", "v2", "v3") for part in ("", ".exception", ".testing")),
    *PACKAGES,
    *(
        f"{package}.{module.name}"
        for package in PACKAGES
        for module in pkgutil.iter_modules(importlib.import_module(package).__path__)
        if module.name != "__main__"
    ),
]


def public_names(module: ModuleType) -> list[str]:
    names: list[str] | None = getattr(module, "__all__", None)
    return [name for name in vars(module) if not name.startswith("_")] if names is None else names


def is_ours(value: Any) -> bool:
    return str(getattr(value, "__module__", "")).startswith("b2sdk")


def callables_of(cls: type, path: str) -> Iterator[tuple[str, Callable[..., Any]]]:
    for name in dir(cls):
        attribute: Any = inspect.getattr_static(cls, name)
        attribute = attribute.fget if isinstance(attribute, property) else getattr(attribute, "__func__", attribute)
        is_public = not name.startswith("_") or (name.startswith("__") and name.endswith("__"))
        if is_public and inspect.isfunction(attribute) and is_ours(attribute):
            yield f"{path}.{name}", attribute


def annotated(module: ModuleType) -> Iterator[tuple[str, Any]]:
    for name in public_names(module):
        value = getattr(module, name)
        if is_ours(value) and (inspect.isclass(value) or inspect.isfunction(value)):
            yield name, value
            if inspect.isclass(value):
                yield from callables_of(value, name)


def failure(value: Any) -> str | None:
    try:
        typing.get_type_hints(value)
    except Exception as error:  # noqa: BLE001  # reported by the test
        return f"{type(error).__name__}: {error}"
    return None


@pytest.mark.parametrize("name", MODULES)
def test_the_annotations_of_everything_public_can_be_read(name: str) -> None:
    found = dict(annotated(importlib.import_module(name)))
    assert {path: wrong for path, value in found.items() if (wrong := failure(value))} == {}


def test_the_surfaces_have_much_that_is_annotated() -> None:
    for name in ("b2sdk.v0", "b2sdk.v1", "b2sdk.v2", "b2sdk.v3"):
        assert len(dict(annotated(importlib.import_module(name)))) > 800
