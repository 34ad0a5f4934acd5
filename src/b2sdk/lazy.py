"""Names that are imported when they are first used: those of the surfaces, what few programs need, and requests.

The list of a surface's names is the package's stub, ``__init__.pyi``: type checkers read it, and so does this module,
so that what they say and what a program gets cannot differ. In a stub, ``from module import Name as Name`` is a public
name.
"""

from __future__ import annotations

import importlib
import os
import re
import sys
from functools import cached_property
from types import ModuleType
from typing import Any

if not hasattr(sys.modules["b2sdk"], "__distribution__"):  # the package around this module is that of b2sdk
    import b2sdk.mixture  # noqa: F401

_IMPORT = re.compile(r"^from (\S+) import (?:\(([^)]*)\)|(.*))$", re.MULTILINE)
_NAME = re.compile(r"(\w+) as (\w+)")


def make_lazy(package: str) -> None:
    """Let a package, which calls this in its ``__init__``, have the names that are in its stub."""
    module = sys.modules[package]
    spec: Any = module.__spec__
    path = os.path.join(spec.submodule_search_locations[0], "__init__.pyi")  # noqa: PTH118  # pathlib costs 2 ms
    stub = spec.loader.get_data(path).decode()  # from an archive, where the package is in one
    origins = {
        name: (origin, original)
        for origin, several, one in _IMPORT.findall(stub)
        for original, name in _NAME.findall(several or one)
    }
    module.__class__ = _LazyPackage
    module.__all__ = list(origins)  # type: ignore[attr-defined]
    module._origins = origins  # type: ignore[attr-defined]  # noqa: SLF001  # a module is not made by its class


class LazyAttribute(cached_property[Any]):
    """A property of a class and its instances that is imported when it is asked for; a subclass may have another."""

    def __init__(self, module: str, name: str) -> None:
        super().__init__(lambda _: getattr(importlib.import_module(module), name))

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        return self.func(owner)


class LazyModule:
    """Stands for a module that is imported when one of its attributes is used.

    For type checkers the name is that of the module: it is imported where ``TYPE_CHECKING`` is set, and this is in the
    other branch.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:
        """Return what the module has of that name; the next time it is found without this method."""
        value: Any = getattr(importlib.import_module(self._name), name)
        setattr(self, name, value)
        return value


def requests_exception() -> Any:
    """Return the class of what requests raises; nothing, for an ``except``, where it has not been imported."""
    return getattr(sys.modules.get("requests"), "RequestException", ())


def _submodule(package: str, name: str) -> ModuleType | None:
    """Import a module that a program uses as an attribute only: where a surface imports everything, it is one."""
    if name.startswith("_"):
        return None
    try:
        return importlib.import_module(f"{package}.{name}")
    except ImportError:  # also of what the module needs, which says so when it is imported itself
        return None


class _LazyPackage(ModuleType):
    _origins: dict[str, tuple[str, str]]

    def __getattr__(self, name: str) -> Any:
        """Import the name; the next time it is found without this method."""
        if name not in self._origins:
            if (module := _submodule(self.__name__, name)) is not None:
                return module
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}{self._suggestion(name)}")
        origin, original = self._origins[name]
        if origin == self.__name__:
            value: Any = importlib.import_module(f"{origin}.{original}")
        else:
            value = getattr(importlib.import_module(origin), original)
        setattr(self, name, value)
        return value

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self._origins})

    @property
    def __dict__(self) -> dict[str, Any]:  # type: ignore[override]
        """All names, imported: what ``vars()`` and tools that look into a module expect."""
        for name in self._origins:
            getattr(self, name)
        return super().__dict__

    def _suggestion(self, name: str) -> str:
        if name.startswith("__"):
            return ""  # asked by tools, of every module
        import difflib  # noqa: PLC0415  # for who makes a mistake only

        by_lower = {known.lower(): known for known in self._origins}
        close = difflib.get_close_matches(name.lower(), by_lower, n=1, cutoff=0.75)
        return f". Did you mean: {by_lower[close[0]]!r}?" if close else ""
