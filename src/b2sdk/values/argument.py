"""What an argument may be: the annotation of its parameter says so, and others are refused before anything is sent.

The kinds are one table. What is not in it is left to the code that uses the value.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set as AbstractSet
from datetime import datetime
from itertools import chain
from types import NoneType
from typing import Any, Final, NamedTuple, SupportsIndex, TypeVar

from b2sdk.values.encryption import EncryptionSetting
from b2sdk.values.file_lock import BucketRetentionSetting, FileRetentionSetting, LegalHold
from b2sdk.values.filter import Filter
from b2sdk.values.name_range import NameRange
from b2sdk.values.replication import ReplicationConfiguration


class _Kind(NamedTuple):
    """The classes of a value, and of what is in it."""

    classes: tuple[type, ...]
    items: type | None = None
    length: int | None = None
    numbers: tuple[int, ...] = ()
    """Which are taken too, though ``int`` is none of the classes."""

    def has(self, value: object) -> bool:
        if not isinstance(value, self.classes):
            return type(value) is int and value in self.numbers
        items: Any = value
        if self.length is not None and len(items) != self.length:
            return False
        return self.items is None or all(isinstance(item, self.items) for item in items)


_KINDS: Final[Mapping[str, _Kind]] = {
    "None": _Kind((NoneType,)),
    "bool": _Kind((bool, NoneType), numbers=(0, 1)),  # null is what it is without
    "datetime": _Kind((datetime,)),
    "dict[str, str]": _Kind((dict, Mapping)),
    "Mapping[str, str]": _Kind((dict, Mapping)),
    "float": _Kind((int, float)),
    "int": _Kind((int, float, SupportsIndex)),  # what is computed of a duration is a float, and the same in JSON
    "list[LifecycleRule]": _Kind((list, tuple), Mapping),
    "list[str]": _Kind((list, tuple, AbstractSet), str),  # not an iterator, which a second attempt would find empty
    "Sequence[Filter]": _Kind((Sequence,), Filter),
    "str": _Kind((str,)),
    "tuple[int, int]": _Kind((list, tuple), SupportsIndex, 2),
    **{
        cls.__name__: _Kind((cls,))
        for cls in (
            BucketRetentionSetting,
            EncryptionSetting,
            FileRetentionSetting,
            LegalHold,
            NameRange,
            ReplicationConfiguration,
        )
    },
}
"""By the text of an annotation, or of what it is a union of."""

_Function = TypeVar("_Function", bound=Callable[..., Any])


class _Parameter(NamedTuple):
    name: str
    annotation: str
    kinds: tuple[_Kind, ...]
    classes: tuple[type, ...]
    """Of which a value needs no further look."""

    @classmethod
    def of(cls, parameter: inspect.Parameter) -> _Parameter:
        annotation = str(parameter.annotation)
        members = annotation.split(" | ")[::-1]  # None, which is what most are, comes first
        kinds = tuple(_KINDS[member] for member in members if member in _KINDS)
        if len(kinds) < len(members):
            return cls(parameter.name, annotation, (), (object,))
        plain = (kind.classes for kind in kinds if kind.items is None)
        return cls(parameter.name, annotation, kinds, tuple(chain.from_iterable(plain)))

    def look(self, value: object) -> None:
        if not any(kind.has(value) for kind in self.kinds):
            raise TypeError(f"{self.name} must be {self.annotation}, not {_describe(value)}")


def _describe(value: object) -> str:
    name = type(value).__name__
    if isinstance(value, (list, tuple)):
        return f"{name} of {', '.join(type(item).__name__ for item in value[:3]) or 'nothing'}"
    return name


class Parameters:
    """The parameters of a function, in their order."""

    def __init__(self, read: Callable[[], Iterable[inspect.Parameter]]) -> None:
        """``read`` is called at the first check: a program calls few of all functions."""
        self._read = read
        self._right: set[tuple[object, ...]] = set()

    @functools.cached_property
    def _in_order(self) -> list[_Parameter]:
        return [_Parameter.of(parameter) for parameter in self._read()]

    def check(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
        """Let arguments pass; that there are too many, or unknown ones, is for the call itself to say.

        :raises TypeError: one is of another kind than its parameter. The text has no value, as that may be a secret.
        """
        # Classes that were right together will be again: one look-up instead of one for each argument.
        classes = (*map(type, args), *kwargs, *map(type, kwargs.values()))
        if classes in self._right:
            return
        given = [*zip(self._in_order, args, strict=False)]
        by_name = {parameter.name: parameter for parameter in self._in_order}
        given += [(by_name[name], value) for name, value in kwargs.items() if name in by_name]
        need_a_look = [(parameter, value) for parameter, value in given if not isinstance(value, parameter.classes)]
        for parameter, value in need_a_look:
            parameter.look(value)
        # A lazy object is of its own class, and says that it is of another, which the next one need not be.
        is_as_it_says = all(issubclass(type(value), parameter.classes) for parameter, value in given)
        if is_as_it_says and len(self._right) < _MOST_REMEMBERED:
            self._right.add(classes)


_MOST_REMEMBERED: Final = 32
"""A program that makes a class for each call must not fill the memory."""


def arguments_checked(function: _Function) -> _Function:
    """Compare the arguments with the annotations before each call; flags go by their truth, as in any program."""
    parameters = Parameters(functools.partial(_without_flags, function))

    @functools.wraps(function)
    def call(*args: object, **kwargs: object) -> object:
        parameters.check(args, kwargs)
        return function(*args, **kwargs)

    return call  # type: ignore[return-value]  # the same, seen from outside


def _without_flags(function: Callable[..., Any]) -> Iterator[inspect.Parameter]:
    for parameter in inspect.signature(function).parameters.values():
        yield parameter.replace(annotation=parameter.empty) if parameter.annotation == "bool" else parameter
