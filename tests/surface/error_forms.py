"""What the error classes of an installed b2sdk are made with and tell, as JSON; run as a program."""

from __future__ import annotations

import importlib
import inspect
import json
import sys
import types
from typing import Any

MODULES = ("v3.exception", "v2.exception", "_internal.exception")
VALUES: dict[str, Any] = {
    "clock_skew_seconds": -700.4,
    "content": b'{"a": 1} and more',
    "content_length": 5,
    "bytes_read": 3,
    "dest_path": types.SimpleNamespace(relative_path="d", mod_time=2),
    "exception_info_list": [ValueError("first"), ValueError("second")],
    "file_size": 4,
    "limit": 2,
    "max_allowed_size": 8,
    "range_": (3, 9),
    "retry_after_seconds": 7,
    "size": 9,
    "source_path": types.SimpleNamespace(relative_path="s", mod_time=1),
    "token": "a token that is long",
}
"""What the parameters of constructors get; others, their name."""


def classes() -> dict[str, type[Exception]]:
    found: dict[str, type[Exception]] = {}
    for path in MODULES:
        module = importlib.import_module(f"b2sdk.{path}")
        for cls in (getattr(module, name) for name in dir(module)):
            if isinstance(cls, type) and issubclass(cls, Exception) and cls.__module__.startswith("b2sdk"):
                surface = "v2." if cls.__module__.startswith("b2sdk.v2") else ""
                found[surface + cls.__name__] = cls
    return found


def forms(cls: type[Exception]) -> list[list[Any]]:
    """Return what to call the class with: nothing, what it needs, and all that it takes."""
    parameters = list(inspect.signature(cls).parameters.values())
    if any(parameter.kind is parameter.VAR_POSITIONAL for parameter in parameters):
        return [[], ["one"], ["one", 2]]
    positional = [parameter for parameter in parameters if parameter.kind is parameter.POSITIONAL_OR_KEYWORD]
    needed = [parameter for parameter in positional if parameter.default is parameter.empty]
    counts = sorted({len(needed), len(positional)})
    return [[VALUES.get(parameter.name, parameter.name) for parameter in positional[:count]] for count in counts]


def told(error: Any) -> dict[str, Any]:
    attributes = {}
    for name in dir(error):
        value = getattr(error, name)
        if name.startswith("should_"):
            attributes[name] = repr(value())
        elif not name.startswith("_") and name != "args" and not callable(value):
            attributes[name] = repr(value)
    return {
        "args": repr(error.args),
        "str": str(error),
        "repr": repr(error),
        "attributes": attributes,
    }


def described() -> dict[str, Any]:
    return {
        name: {
            "module": cls.__module__,
            "bases": [base.__name__ for base in cls.__mro__],
            "forms": [told(cls(*arguments)) for arguments in forms(cls)],
        }
        for name, cls in sorted(classes().items())
    }


if __name__ == "__main__":
    lines = (f"{json.dumps(name)}: {json.dumps(value)}" for name, value in described().items())
    sys.stdout.write("{" + ",\n".join(lines) + "}\n")
