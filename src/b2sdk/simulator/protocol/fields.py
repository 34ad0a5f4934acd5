"""Reading the parameters of a call, which may be wrong in any way.

What belongs here is types and ranges: each method returns what was asked for or refuses with 400 and says which
field is at fault. ``null`` is absent, fields nobody asks for are ignored. It knows no call.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Collection, Mapping
from typing import Any, NoReturn

from b2sdk.simulator.cloud.refusals import Refusal, bad_request

_LARGEST = 2**63 - 1
_INTEGER = re.compile(r"-?[0-9]{1,19}")


def _reject_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is out of range")
    return number


def parse_json(body: bytes) -> Any:
    """Return the JSON value in ``body``; nothing at all counts as an empty object."""
    try:
        text = body.decode()
        value = json.loads(text, parse_constant=_reject_constant, parse_float=_finite) if text.strip() else {}
        if "\\" in text:
            json.dumps(value, ensure_ascii=False).encode()  # finds halves of surrogate pairs
    except (ValueError, RecursionError) as error:
        raise bad_request("The request body is not valid JSON in UTF-8") from error
    return value


def parse_object(body: bytes) -> dict[str, Any]:
    """Return the JSON object in ``body``; nothing at all counts as an empty one."""
    value = parse_json(body)
    if not isinstance(value, dict):
        raise bad_request("The request body must be a JSON object")
    return value


class Fields:
    """The parameters of one call, or the fields of an object inside them."""

    def __init__(
        self, values: Mapping[str, Any], *, textual: bool = False, within: str = "", whole_numbers: bool = True
    ) -> None:
        """``textual`` parameters come from a query string, where numbers and lists are spelled as text.

        Without ``whole_numbers``, a fraction where an integer is needed is dropped instead of refused.
        """
        self.values = values
        self._textual = textual
        self._within = within
        self._whole_numbers = whole_numbers

    def _inner(self, values: Mapping[str, Any], name: str) -> Fields:
        return Fields(values, within=f"{self._within}{name}.", whole_numbers=self._whole_numbers)

    def _refuse(self, name: str, expected: str) -> Refusal:
        return bad_request(f"{self._within}{name} must be {expected}")

    def check_known(self, names: Collection[str]) -> None:
        """Refuse fields that are not among ``names``; calls of the service ignore them instead."""
        if unknown := sorted(set(self.values) - set(names)):
            raise bad_request(f"{self._within}{unknown[0]} is not known, only {', '.join(names)}")

    def raw(self, name: str) -> Any:
        """Return the value as it was parsed; ``None`` when absent."""
        value = self.values.get(name)
        if self._textual and isinstance(value, str) and value[:1] in ("{", "["):
            return parse_object(b'{"value": %s}' % value.encode())["value"]
        return value

    def optional_text(self, name: str) -> str | None:
        """Return a string, or ``None`` when absent."""
        value = self.values.get(name)
        if value is not None and not isinstance(value, str):
            raise self._refuse(name, "a string")
        return value

    def text(self, name: str) -> str:
        """Return a string that must be there."""
        value = self.optional_text(name)
        if value is None:
            raise bad_request(f"{self._within}{name} is required")
        return value

    def optional_choice(self, name: str, choices: Collection[str]) -> str | None:
        """Return one of the ``choices``, or ``None`` when absent."""
        value = self.optional_text(name)
        if value is not None and value not in choices:
            raise self._refuse(name, f"one of {', '.join(sorted(choices))}")
        return value

    def choice(self, name: str, choices: Collection[str]) -> str:
        """Return one of the ``choices``, which must be there."""
        self.text(name)
        return self.optional_choice(name, choices) or ""

    def optional_integer(
        self, name: str, low: int = -_LARGEST, high: int = _LARGEST, code: str = "bad_request"
    ) -> int | None:
        """Return an integer from ``low`` to ``high``, or ``None`` when absent; refuse others with ``code``."""
        value = self.values.get(name)
        if value is None:
            return None
        if self._textual and isinstance(value, str) and _INTEGER.fullmatch(value):
            value = int(value)
        if isinstance(value, float) and not self._whole_numbers:
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool):
            raise self._refuse(name, "an integer")
        if not low <= value <= high:
            raise Refusal(code, f"{self._within}{name} out of range: {value}" if abs(value) <= _LARGEST else name)
        return value

    def integer(self, name: str, low: int = -_LARGEST, high: int = _LARGEST) -> int:
        """Return an integer from ``low`` to ``high`` that must be there."""
        value = self.optional_integer(name, low, high)
        if value is None:
            raise bad_request(f"{self._within}{name} is required")
        return value

    def flag(self, name: str) -> bool | None:
        """Return a boolean, or ``None`` when absent."""
        value = self.values.get(name)
        if self._textual and value in ("true", "false"):
            return bool(value == "true")
        if value is not None and not isinstance(value, bool):
            raise self._refuse(name, "a boolean")
        return value

    def optional_strings(self, name: str) -> list[str] | None:
        """Return a list of strings, or ``None`` when absent. A query may also separate them by commas."""
        value = self.raw(name)
        if self._textual and isinstance(value, str):
            value = value.split(",")
        if value is None:
            return None
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self._refuse(name, "a list of strings")
        return value

    def strings(self, name: str) -> list[str]:
        """Return a list of strings that must be there."""
        value = self.optional_strings(name)
        if value is None:
            raise bad_request(f"{self._within}{name} is required")
        return value

    def optional_string_map(self, name: str) -> dict[str, str] | None:
        """Return an object whose values are strings, or ``None`` when absent."""
        value = self.raw(name)
        if value is None:
            return None
        if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
            raise self._refuse(name, "an object whose values are strings")
        return value

    def optional_object(self, name: str) -> Fields | None:
        """Return the fields of an object, or ``None`` when absent."""
        value = self.raw(name)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise self._refuse(name, "an object")
        return self._inner(value, name)

    def object(self, name: str) -> Fields:
        """Return the fields of an object that must be there."""
        value = self.optional_object(name)
        if value is None:
            raise bad_request(f"{self._within}{name} is required")
        return value

    def optional_objects(self, name: str) -> list[Fields] | None:
        """Return the fields of each object in a list, or ``None`` when absent."""
        value = self.raw(name)
        if value is None:
            return None
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise self._refuse(name, "a list of objects")
        return [self._inner(item, f"{name}[{number}]") for number, item in enumerate(value)]
