"""Which file names of a listing are wanted."""

from __future__ import annotations

import enum
import fnmatch
from collections.abc import Sequence
from dataclasses import dataclass

from typing_extensions import Self


class FilterType(enum.Enum):
    """What a match means."""

    INCLUDE = "include"
    EXCLUDE = "exclude"


@dataclass
class Filter:
    """A shell pattern over the whole name, case-sensitive; ``*`` matches ``/`` too."""

    type: FilterType
    pattern: str

    @classmethod
    def include(cls, pattern: str) -> Self:
        """Return a filter that includes names that match a pattern."""
        return cls(type=FilterType.INCLUDE, pattern=pattern)

    @classmethod
    def exclude(cls, pattern: str) -> Self:
        """Return a filter that excludes names that match a pattern."""
        return cls(type=FilterType.EXCLUDE, pattern=pattern)


class FilterMatcher:
    """A sequence of filters: the last that matches decides.

    A name that none matches is wanted, unless there are only filters that include.
    """

    def __init__(self, filters: Sequence[Filter]) -> None:
        self._filters = list(filters)
        self._by_default = not filters or any(one.type is FilterType.EXCLUDE for one in filters)

    def match(self, name: str) -> bool:
        """Whether the name is wanted."""
        for one in reversed(self._filters):
            if fnmatch.fnmatchcase(name, one.pattern):
                return one.type is FilterType.INCLUDE
        return self._by_default
