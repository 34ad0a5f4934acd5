"""What the names of the surfaces of an installed b2sdk are, and what their members take, as JSON; run as a program.

Recorded are kinds, parameters with their defaults, ancestors that are public or of Python, and values that are plain.
A surface that is built on another one is recorded as its differences from it.
"""

from __future__ import annotations

import enum
import functools
import importlib
import inspect
import json
import pkgutil
import sys
import types
from collections.abc import Iterator
from typing import Any, Union, get_args, get_origin

SURFACES = ("v3", "v2", "v1", "v0")
PARTS = ("", ".exception")
"""The modules whose names are recorded; those of ``testing`` need more than b2sdk."""
VOLATILE = {"VERSION", "USER_AGENT", "STDOUT_FILEPATH"}
PLAIN = (str, int, float, bool, bytes, type(None))
SPECIAL = ("__call__", "__enter__", "__exit__", "__getitem__")
COMPARED_BY_NAME = ("__eq__", "__iter__", "__len__", "__ne__", "__repr__", "__str__")
PREFIXES: dict[Any, str] = {
    inspect.Parameter.VAR_POSITIONAL: "*",
    inspect.Parameter.VAR_KEYWORD: "**",
    inspect.Parameter.KEYWORD_ONLY: "only ",
}


def is_ours(value: Any) -> bool:
    return str(getattr(value, "__module__", "")).partition(".")[0] == "b2sdk"


def shown(value: Any) -> str:
    """Return a default or a constant as text: itself if it is plain, else what it is."""
    if isinstance(value, enum.Enum):
        return str(value)
    if isinstance(value, PLAIN):
        return repr(value)
    if isinstance(value, (list, tuple)):
        return f"{type(value).__name__}({', '.join(map(shown, value))})"
    if isinstance(value, dict):
        return "{" + ", ".join(sorted(f"{shown(key)}: {shown(member)}" for key, member in value.items())) + "}"
    if get_origin(value) is Union:
        return "<a Union>"  # whose class has another name since Python 3.14
    return f"<{value.__name__}>" if isinstance(value, type) else f"<a {type(value).__name__}>"


def parameters(function: Any, *, drops_first: bool = False) -> list[str] | None:
    try:
        found = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return None
    return [
        PREFIXES.get(one.kind, "") + one.name + ("" if one.default is one.empty else f"={shown(one.default)}")
        for one in (found[1:] if drops_first else found)
    ]


def member(static: Any) -> Any:
    """Return the parameters of what is called, the value of what is plain, or that it is data."""
    if isinstance(static, (staticmethod, classmethod)):
        function = static.__func__
        if isinstance(function, type):
            return shown(function)
        return parameters(function, drops_first=isinstance(static, classmethod))
    if isinstance(static, (property, functools.cached_property, types.MemberDescriptorType)):
        return "data"
    if inspect.isroutine(static) or hasattr(static, "__wrapped__"):
        return parameters(static, drops_first=True)
    return shown(static)


def members(cls: type) -> Iterator[tuple[str, Any]]:
    for name in dir(cls):
        owner = next((base for base in cls.__mro__ if name in vars(base)), None)
        if owner is None or not is_ours(owner):
            continue
        if name in COMPARED_BY_NAME:
            yield name, "special"
        elif name.isupper() and isinstance(getattr(cls, name), type):  # perhaps imported when it is asked for
            yield name, shown(getattr(cls, name))
        elif name in SPECIAL or not name.startswith("_"):
            yield name, member(inspect.getattr_static(cls, name))


def described_class(cls: Any, public: dict[Any, str]) -> dict[str, Any]:
    ancestors = (base for base in cls.__mro__[1:] if base in public or not is_ours(base))
    told: dict[str, Any] = {"is": sorted(public.get(base, base.__name__) for base in ancestors)}
    told["()"] = parameters(cls)
    return {**told, **dict(members(cls))}


def described(name: str, value: Any, public: dict[Any, str]) -> Any:
    if name in VOLATILE:
        return type(value).__name__
    if isinstance(value, type):
        if issubclass(value, dict):
            return sorted(value.__annotations__)
        if issubclass(value, enum.Enum):
            return {one.name: shown(one.value) for one in value}
        return described_class(value, public)
    if inspect.isroutine(value):
        return parameters(value)
    choices = get_args(value)
    return sorted(choices) if choices and all(isinstance(one, str) for one in choices) else shown(value)


def names(module: str) -> dict[str, Any]:
    found = vars(importlib.import_module(f"b2sdk.{module}"))
    return {
        name: value
        for name, value in sorted(found.items())
        if not name.startswith("_") and name != "annotations" and not isinstance(value, types.ModuleType)
        # What a module imported from Python for itself is no name of its own.
        if is_ours(value) or not hasattr(value, "__module__") or name.isupper()
    }


def surface(version: str) -> dict[str, Any]:
    """Return the record of each name of a surface, its exceptions as ``exception.NAME``."""
    by_part = {part: names(version + part) for part in PARTS}
    public = {value: name for found in by_part.values() for name, value in found.items() if isinstance(value, type)}
    return {
        f"{part}.{name}".removeprefix("."): described(name, value, public)
        for part, found in by_part.items()
        for name, value in found.items()
    }


def modules() -> dict[str, list[str]]:
    """Return the modules below the surfaces, with the classes and functions that are defined in them."""
    found: dict[str, list[str]] = {}
    for version in SURFACES:
        package = importlib.import_module(f"b2sdk.{version}")
        for module in pkgutil.walk_packages(package.__path__, f"b2sdk.{version}."):
            path = module.name.removeprefix("b2sdk.")
            known = {} if path.endswith("testing") else names(path)
            found[path] = [name for name, value in known.items() if getattr(value, "__module__", "") == module.name]
    return found


def as_differences(surfaces: dict[str, dict[str, Any]]) -> Iterator[tuple[str, str, Any]]:
    """Yield surface, name and its record, unless the surface before has the same; ``None`` if it no longer has it."""
    before: dict[str, Any] = {}
    for version, found in surfaces.items():
        for name in sorted({*found, *before}):
            if name not in found or found[name] != before.get(name):
                yield version, name, found.get(name)
        before = found


def read(record: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the surfaces of which the differences are given."""
    surfaces: dict[str, dict[str, Any]] = {}
    before: dict[str, Any] = {}
    for version, changes in record.items():
        before = {name: told for name, told in {**before, **changes}.items() if told is not None}
        surfaces[version] = before
    return surfaces


def line(name: str, told: Any) -> str:
    return f"{json.dumps(name)}: {json.dumps(told, sort_keys=True)}"


if __name__ == "__main__":
    blocks: dict[str, list[str]] = {version: [] for version in SURFACES}
    for version, name, told in as_differences({version: surface(version) for version in SURFACES}):
        blocks[version].append(line(name, told))
    blocks["modules"] = [line(path, found) for path, found in modules().items()]
    told_blocks = (f"{json.dumps(block)}: {{\n" + ",\n".join(lines) + "}" for block, lines in blocks.items())
    sys.stdout.write("{" + ",\n".join(told_blocks) + "}\n")
