"""Names that people write by mistake, and which one is suggested to them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, NoReturn


class Misnamed:
    """Raises an error that suggests the right attribute for a wrong one, where the mistake is a common one."""

    __slots__ = ()

    MEANT: ClassVar[Mapping[str, str]] = {}
    """What is meant by a name that does not exist. Slips of the pen are left to Python, which knows them itself."""

    # Type checkers would take a class that has this method for one that has every attribute.
    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> NoReturn:
            text = f"{type(self).__name__!r} object has no attribute {name!r}"
            meant = self.MEANT.get(name)
            if meant is None:
                raise AttributeError(text, name=name, obj=self)
            raise AttributeError(f"{text}. Did you mean: {meant!r}?")
