"""A range of bytes with inclusive ends, as HTTP counts them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

from typing_extensions import Self

_HEADER = re.compile(r"(?:bytes[ =])?(?P<start>\d+)-(?P<end>\d+)(?:/(?:(?P<size>\d+)|\*))?")


@dataclass(frozen=True, order=True, slots=True)
class Range:
    """Bytes ``start`` to ``end``, both included. ``Range(1, 0)`` is the empty one.

    :raises AssertionError: the ends are negative or in the wrong order.
    """

    start: int
    end: int

    def __post_init__(self) -> None:
        if not (0 <= self.start <= self.end or (self.start, self.end) == (1, 0)):
            raise AssertionError(f"Invalid range: {self}")

    @classmethod
    def from_header(cls, raw_range_header: str) -> Self:
        """Read ``bytes=0-11``, ``bytes 0-11/100`` or ``0-11``.

        :raises ValueError: the text is none of these.
        """
        return cls.from_header_with_size(raw_range_header)[0]

    @classmethod
    def from_header_with_size(cls, raw_range_header: str) -> tuple[Self, int | None]:
        """Like :meth:`from_header`, with the total size after the slash; ``None`` when it is missing or ``*``."""
        found = _HEADER.fullmatch(raw_range_header)
        if not found:
            raise ValueError(f"Invalid range header: {raw_range_header}")
        size = found["size"]
        return cls(int(found["start"]), int(found["end"])), None if size is None else int(size)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.start}, {self.end})"

    def size(self) -> int:
        """Return the number of bytes."""
        return self.end - self.start + 1

    def as_tuple(self) -> tuple[int, int]:
        """Return the first and the last byte, both included."""
        return self.start, self.end

    def subrange(self, sub_start: int, sub_end: int) -> Range:
        """Return a part of this range; the arguments count from its start.

        :raises AssertionError: the part does not lie inside.
        """
        if not 0 <= sub_start <= sub_end < self.size():
            raise AssertionError(f"Range({sub_start}, {sub_end}) is not inside {self}")
        return self.__class__(self.start + sub_start, self.start + sub_end)


EMPTY_RANGE = Range(1, 0)


class InvalidBounds(ValueError, AssertionError):
    """The bounds of a range are negative, or in the wrong order."""


class LastBytes(NamedTuple):
    """The end of a file, of whatever size; where the ends of a range are expected, it stands for them."""

    start: int
    """How many bytes, as a negative number, as in a slice."""
    end: int = -1


def range_header(bounds: tuple[int, int]) -> str:
    """``bytes=a-b``, as requests and copies name a range; ``bytes=-n`` for the last ones.

    :raises InvalidBounds: the bounds are negative or in the wrong order.
    """
    start, end = bounds
    if isinstance(bounds, LastBytes) and start < 0:
        return f"bytes={start}"
    if not 0 <= start <= end:
        raise InvalidBounds(f"Invalid range: {bounds}")
    return f"bytes={start}-{end}"
