"""Names as numbers: how far one is from another, and which name is so far behind one.

The service orders names by the bytes of their UTF-8, which is the order of code points, and that of ``str``. A name is
read as the digits of a number, each of which counts only the characters that are to be expected at its position: those
that were seen there, and their kind. So names of digits are as far apart as their numbers are.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from itertools import takewhile
from math import inf
from typing import NamedTuple

_LAST_CHARACTER = "\U0010ffff"
_SURROGATES = range(0xD800, 0xE000)
_ASCII_END = 0x80
_SCRIPTS = (_ASCII_END, 0x2000, 0x2E80, 0xA000, _SURROGATES.start, _SURROGATES.stop, 0x10000, 0x110000)
"""Where kinds of characters outside of ASCII begin: alphabets, symbols, Chinese with the Japanese syllables, Korean and
others, forms for compatibility, and what is not in the basic plane."""
_KINDS = ("0123456789", "abcdef", "ghijklmnopqrstuvwxyz", "ABCDEF", "GHIJKLMNOPQRSTUVWXYZ")
"""The first letters of the alphabet are a kind of their own because of hexadecimal numbers."""
_KIND_OF = {character: (ord(kind[0]), len(kind)) for kind in _KINDS for character in kind}
_LONGEST = 256
"""Characters of a name that count."""
_PRECISION = 4
"""How many characters behind the first difference of two names count in their distance."""


def first_behind(prefix: str) -> str | None:
    """Return the name behind all that begin with a prefix; ``None`` if nothing is behind them."""
    shortened = prefix.rstrip(_LAST_CHARACTER)
    if not shortened:
        return None
    following = ord(shortened[-1]) + 1
    return shortened[:-1] + chr(_SURROGATES.stop if following in _SURROGATES else following)


def prefixes(name: str, shortest: str) -> Iterator[str]:
    """Yield what a name begins with, from longer than ``shortest``, with which it begins, to all of it."""
    for end in range(len(shortest) + 1, len(name) + 1):
        yield name[:end]


class Span(NamedTuple):
    """A stretch of names that was seen."""

    first: str
    last: str
    """The first name behind it."""
    entries: int
    """How many entries there were in it."""


class Scale:
    """What is known of the characters of names."""

    def __init__(self) -> None:
        self._digits: list[_Digit] = []

    def learn(self, name: str) -> None:
        """Learn which characters there are at each position of a name."""
        digits = self._digits
        for position, character in enumerate(name[:_LONGEST]):
            if position == len(digits):
                digits.append(_Digit())
            digits[position].learn(character)

    def estimate(self, span: Span, start: str, end: str) -> float:
        """Estimate how many entries there are from ``start`` up to ``end``, were they as dense there as in ``span``.

        Infinity stands for more than a number can be.
        """
        length = self._length(span, start)
        width = self._number(span.last, length) - self._number(span.first, length)
        distance = self._number(end, length) - self._number(start, length)
        try:
            return span.entries * max(0, distance) / max(1, width)
        except OverflowError:
            return inf

    def point(self, span: Span, start: str, count: int) -> str | None:
        """Return a name that has about ``count`` entries between it and ``start``, which is before it.

        It is as short as it can be with at least half as many. ``None`` if there is no such name, or none is known.
        """
        length = self._length(span, start)
        place = self._number(start, length)
        width = max(1, self._number(span.last, length) - self._number(span.first, length))
        name = self._name(place + max(1, width * count // max(1, span.entries)), length)
        above = self._name(place + max(1, width * count // max(1, span.entries) // 2), length)
        if name is None or above is None or name <= start:
            return None
        above = max(above, start)
        return next((prefix for prefix in prefixes(name, "") if prefix > above), name)

    def _length(self, span: Span, start: str) -> int:
        common = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(span.first, span.last, strict=False)))
        return max(1, min(common + _PRECISION, len(self._digits), _LONGEST))

    def _number(self, name: str, length: int) -> int:
        number = 0
        for position, digit in enumerate(self._digits[:length]):
            number = number * digit.base + (digit.value(name[position]) if position < len(name) else 0)
        return number

    def _name(self, number: int, length: int) -> str | None:
        characters: list[str] = []
        for digit in reversed(self._digits[:length]):
            number, value = divmod(number, digit.base)
            characters.append(digit.character(value))
        return None if number else "".join(reversed(characters))


class _Digit:
    """The characters to be expected at one position, as a digit of a number. A name that has ended has zeros."""

    def __init__(self) -> None:
        self._starts: list[int] = []
        """Where the ranges of characters begin, in order."""
        self._sizes: list[int] = []
        self.base = 0

    def learn(self, character: str) -> None:
        code = ord(character)
        if code < _ASCII_END:
            start, size = _KIND_OF.get(character, (code, 1))
        else:
            script = bisect_right(_SCRIPTS, code)
            start, size = _SCRIPTS[script - 1], _SCRIPTS[script] - _SCRIPTS[script - 1]
        place = bisect_right(self._starts, start)
        if not place or self._starts[place - 1] != start:
            self._starts.insert(place, start)
            self._sizes.insert(place, size)
            self.base += size

    def value(self, character: str) -> int:
        """Return how many values are before a character; of one that is not expected, those before its place."""
        code = ord(character)
        place = bisect_right(self._starts, code)
        if not place:
            return 0
        return sum(self._sizes[: place - 1]) + min(code - self._starts[place - 1], self._sizes[place - 1])

    def character(self, value: int) -> str:
        for start, size in zip(self._starts, self._sizes, strict=True):
            if value < size:
                return chr(start + value)
            value -= size
        raise ValueError(f"there are only {self.base} characters")
