"""The one way in which responses of the service are read: each against its shape, before anything is made of it.

What is promised must be there, and each field must be of its kind. Fields that a shape does not name are not looked at,
as the service adds some now and then. What fails after the check, while a value is made of the fields, is the fault of
the response too, and ends in the same error. No text of an error shows a value: it may be a secret.

The shapes themselves are in :mod:`b2sdk.values.responses`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from b2sdk.exception import B2Error, UnexpectedCloudBehaviour

MALFORMED: Final = (LookupError, TypeError, ValueError, AttributeError, AssertionError, ArithmeticError, RecursionError)
"""How code fails that makes a value of fields that contradict each other."""


class Kind:
    """What a value of a field may be."""

    def __init__(self, name: str, fits: Callable[[Any], bool]) -> None:
        self.name = name
        self.fits = fits

    def complaint(self, _value: object) -> str:
        """Return what is wrong with a value that does not fit."""
        return f"is not {self.name}"

    def or_null(self) -> Kind:
        return Kind(f"{self.name} or null", lambda value: value is None or self.fits(value))


class Shape(Kind):
    """An object: the fields that it always has, and those that may be missing, which is the same as ``null``.

    A field that must be there and may be ``null`` is promised, and its kind is one ``or_null``.
    """

    def __init__(self, name: str, promised: Mapping[str, Kind], possible: Mapping[str, Kind] | None = None) -> None:
        """``name`` is what errors call the thing, ``a bucket`` say."""
        super().__init__(name, lambda value: self._problem(value) is None)
        self._promised = promised
        self._possible = possible or {}

    def check(self, response: object) -> None:
        """Refuse a response that is not what the protocol promises.

        :raises UnexpectedCloudBehaviour: names the field at fault.
        """
        problem = self._problem(response)
        if problem is not None:
            raise UnexpectedCloudBehaviour(f"{self.name} {problem}")

    def complaint(self, value: object) -> str:
        return self._problem(value) or super().complaint(value)

    @contextmanager
    def reading(self, response: object) -> Iterator[None]:
        """Check a response, then let the block make a value of it.

        :raises UnexpectedCloudBehaviour: it is not what the protocol promises, or its fields contradict each other.
        """
        self.check(response)
        try:
            yield
        except B2Error:
            raise
        except MALFORMED as error:
            raise self.contradiction(error) from error

    def contradiction(self, error: Exception) -> UnexpectedCloudBehaviour:
        """Return (not raise) the error for fields of which no value could be made."""
        return UnexpectedCloudBehaviour(f"{self.name} is not what the protocol promises: {type(error).__name__}")

    def _problem(self, response: object) -> str | None:
        if not isinstance(response, Mapping):
            return "is not an object"
        for name, kind in self._promised.items():
            if name not in response:
                return f"came without {name!r}"
            if not kind.fits(response[name]):
                return f"came with {name!r} that {kind.complaint(response[name])}"
        for name, kind in self._possible.items():
            value = response.get(name)
            if value is not None and not kind.fits(value):
                return f"came with {name!r} that {kind.complaint(value)}"
        return None


def is_text(value: object) -> bool:
    """Whether this is text. JSON can have more: halves of characters, which no file, header or URL can."""
    if not isinstance(value, str):
        return False
    if value.isascii():
        return True
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


TEXT: Final = Kind("text", is_text)
ID: Final = Kind("text that is not empty", lambda value: is_text(value) and value != "")
FLAG: Final = Kind("true or false", lambda value: isinstance(value, bool))
ANYTHING: Final = Kind("anything", lambda _value: True)


def whole_number(name: str, least: int, most: int) -> Kind:
    """Return the kind of whole numbers between two others, both included."""
    return Kind(name, lambda value: isinstance(value, int) and not isinstance(value, bool) and least <= value <= most)


def one_of(name: str, values: Collection[str]) -> Kind:
    """Return the kind of some texts."""
    return Kind(name, lambda value: isinstance(value, str) and value in values)


def list_of(kind: Kind) -> Kind:
    """Return the kind of lists. Programs that replace the service in process return other collections, too."""
    return Kind(
        f"a list, each {kind.name}",
        lambda value: isinstance(value, (list, tuple, set, frozenset)) and all(map(kind.fits, value)),
    )


def map_of(kind: Kind) -> Kind:
    """Return the kind of objects that have any fields, all of one kind."""
    return Kind(
        f"an object, each value {kind.name}",
        lambda value: isinstance(value, Mapping) and all(map(TEXT.fits, value)) and all(map(kind.fits, value.values())),
    )
