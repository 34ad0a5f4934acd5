"""What JSON text can stand for, and how the bodies of requests are written."""

from __future__ import annotations

import json
import operator
from collections.abc import Collection, Mapping
from typing import Any, Final, TypeAlias, Union

JSON: TypeAlias = Union[dict[str, "JSON"], list["JSON"], str, int, float, bool, None]  # noqa: UP007  # `|` refuses text

JsonObject: TypeAlias = dict[str, Any]
"""An object of a request or a response, whose members the shapes of :mod:`b2sdk.values.responses` tell."""


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Collection) and not isinstance(value, bytes | bytearray):
        return list(value)
    if hasattr(value, "__index__"):
        return operator.index(value)
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


_encode: Final = json.JSONEncoder(default=_plain).encode


def encode_params(params: Mapping[str, object] | list[Mapping[str, object]]) -> bytes:
    """Return the body of a request: mappings of all classes are objects, collections are arrays.

    :raises TypeError: there is something that JSON has nothing for.
    """
    return _encode(params).encode("ascii")
