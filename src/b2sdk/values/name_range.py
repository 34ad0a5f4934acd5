"""A range of names, in the order in which the service lists them: that of the bytes of their UTF-8."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import takewhile


@dataclass(frozen=True, slots=True)
class NameRange:
    """The names from ``start``, which is included, up to ``end``, which is not; without limits it has all names.

    Names are ordered by the bytes of their UTF-8, as the service orders them, which is the order of ``str``.

    :raises TypeError: a limit is no text.
    :raises ValueError: the range is empty, or a limit is no valid Unicode.
    """

    start: str = ""
    end: str | None = None
    """The first name behind the range; ``None`` is no limit."""

    def __post_init__(self) -> None:
        for name, limit in (("start", self.start), ("end", self.end)):
            if limit is None and name == "end":
                continue
            if not isinstance(limit, str):
                raise TypeError(f"{name} must be str, not {type(limit).__name__}")
            try:
                limit.encode()
            except UnicodeEncodeError as error:
                raise ValueError(f"{name} must be valid Unicode: {limit!r}") from error
        if self.end is not None and self.start >= self.end:
            raise ValueError(f"a range of names must end behind its start: {self.start!r} to {self.end!r}")

    def __contains__(self, name: str) -> bool:
        return name >= self.start and not self.is_behind(name)

    def is_behind(self, name: str) -> bool:
        """Whether the range ends before a name."""
        return self.end is not None and name >= self.end

    @property
    def is_whole(self) -> bool:
        """Whether it has all names."""
        return not self.start and self.end is None

    @property
    def prefix(self) -> str:
        """What all names in the range begin with, as far as its limits tell."""
        pairs = takewhile(lambda pair: pair[0] == pair[1], zip(self.start, self.end or "", strict=False))
        return "".join(character for character, _ in pairs)

    def below(self, prefix: str) -> NameRange:
        """Return the range of the same names behind a prefix; without ``end``, it has what follows these, too."""
        return NameRange(prefix + self.start, None if self.end is None else prefix + self.end)

    def may_contain_prefix(self, prefix: str) -> bool:
        """Whether there are names in the range that begin with a prefix."""
        return not self.is_behind(prefix) and (prefix >= self.start or self.start.startswith(prefix))

    def divide(self, *names: str) -> list[NameRange]:
        """Divide the range at some names, each of which begins a part; those that are not inside divide nothing."""
        points = sorted({name for name in names if name in self and name != self.start})
        return [NameRange(*limits) for limits in zip([self.start, *points], [*points, self.end], strict=True)]


ALL_NAMES = NameRange()
