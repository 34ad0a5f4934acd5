"""Names that people and code generators write for others, and what they are answered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar


class Misnamed:
    """Answers a wrong attribute with the right one, where the mistake is a known one."""

    __slots__ = ()

    MEANT: ClassVar[Mapping[str, str]] = {}
    """What is meant by a name that does not exist. Slips of the pen are left to Python, which knows them itself."""

    # Type checkers would take a class that has this method for one that has every attribute.
    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            told = f"{type(self).__name__!r} object has no attribute {name!r}"
            meant = self.MEANT.get(name)
            if meant is None:
                raise AttributeError(told, name=name, obj=self)
            raise AttributeError(f"{told}. Did you mean: {meant!r}?")
