"""Pages of a listing whose entries are decoded when they are reached.

Decoded at once, the entries of a page take four times the memory of the response, and their allocation and garbage
collection take a third of the time of a listing. This module knows how the JSON of a page is laid out, not what an
entry means.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections import UserList
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any

from typing_extensions import Self

from b2sdk.exception import InvalidJsonResponse

_wanted: ContextVar[bool] = ContextVar("b2sdk-entries-one-at-a-time", default=False)
_BEGINNING = re.compile(rb'[ \t\r\n]*\{[ \t\r\n]*"files"[ \t\r\n]*:[ \t\r\n]*\[[ \t\r\n]*')
_BEHIND_THE_ARRAY = re.compile(r'\][ \t\r\n]*(?:,[ \t\r\n]*"|\})')
_BEHIND_AN_ENTRY = re.compile(r"[ \t\r\n]*(?:,[ \t\r\n]*(?![\] \t\r\n])|(?=\]))")
_FIRST_MEMBER = re.compile(r'\{[ \t\r\n]*"[^"\\]*"')
_SPACE = " \t\r\n"
_AT_ONCE = 1 << 14
"""Characters that are decoded at once, about: a call for each entry takes a fourth of the time that decoding takes."""
_CANNOT_DECODE = (ValueError, RecursionError)


@contextlib.contextmanager
def decode_entries_lazily() -> Iterator[None]:
    """Let pages that are asked for in the block have :class:`Entries`, where they come as JSON."""
    token = _wanted.set(True)
    try:
        yield
    finally:
        _wanted.reset(token)


class Entries(UserList[Any]):
    """A list of entries that are decoded, some at a time, while it is iterated. Whatever else is done with it decodes
    all of them.
    """

    _text = ""
    _start = _end = 0
    _data: list[Any] | None = None

    @classmethod
    def of_json(cls, text: str, start: int, end: int) -> Self:
        """Return the entries that are in ``text[start:end]``, between the brackets of an array."""
        self = cls.__new__(cls)
        self._text, self._start, self._end = text, start, end
        return self

    @property
    def data(self) -> list[Any]:
        """All entries, decoded."""
        if self._data is None:
            self._data, self._text = list(self._decode()), ""
        return self._data

    @data.setter
    def data(self, data: list[Any]) -> None:
        self._data = data

    def __iter__(self) -> Iterator[Any]:
        """Iterate.

        :raises InvalidJsonResponse: what comes next is no JSON.
        """
        return self._decode() if self._data is None else iter(self._data)

    def __bool__(self) -> bool:
        """Whether there are entries, which are not decoded for this."""
        return self._start < self._end if self._data is None else bool(self._data)

    def about(self) -> int:
        """Return how many entries there are; those that are not decoded are not for this, but their ids are counted."""
        return self._text.count('"fileId"', self._start, self._end) if self._data is None else len(self._data)

    def __copy__(self) -> Entries:
        return self.copy()

    def _decode(self) -> Iterator[Any]:
        return _decode(self._text, self._start, self._end)


def _decode(text: str, position: int, end: int) -> Iterator[Any]:
    decode, separator = json.JSONDecoder().raw_decode, _BEHIND_AN_ENTRY.match
    while position < end:
        try:
            entry, behind_it = decode(text, position)
        except _CANNOT_DECODE:
            break
        behind = separator(text, behind_it)
        if behind is None:
            break
        yield entry
        first_member = _FIRST_MEMBER.match(text, position) if type(entry) is dict else None
        position = behind.end()
        if first_member is not None:
            # In JSON this is in no string, as a quote in a string has a backslash before it.
            for entries, behind_them in _decode_alike(text, position, end, behind[0], first_member[0]):
                yield from entries
                position = behind_them
    if position != end:
        raise InvalidJsonResponse(text.encode())


def _decode_alike(
    text: str, position: int, end: int, separator: str, beginning: str
) -> Iterator[tuple[list[Any], int]]:
    """Yield entries, and where the next one begins, as long as they begin like this and have this between them."""
    decode, border = json.JSONDecoder().decode, separator + beginning
    while text.startswith(beginning, position):
        behind = text.find(border, position + _AT_ONCE, min(position + 2 * _AT_ONCE, end))
        if behind < 0:
            behind = end
            if end > position + 2 * _AT_ONCE:
                return
        try:
            entries = decode(f"[{text[position:behind]}]")
        except _CANNOT_DECODE:
            return
        position = end if behind == end else behind + len(separator)
        yield entries, position


def page_with_entries(content: bytes) -> dict[str, Any] | None:
    """Return a response as a page, if its entries are wanted one at a time and it is laid out like a page.

    Any other layout is left to be decoded at once. So the result is the same as if everything were decoded at once,
    and invalid JSON is an error here, too.
    """
    beginning = _BEGINNING.match(content) if _wanted.get() else None
    if beginning is None:
        return None
    try:
        text = content.decode()
        end = _end_of_array(text, beginning.end())
        # Were this bracket in a string, what follows would begin in that string, and have one quote too many.
        rest = None if end is None else _members(text[end + 1 :].lstrip(_SPACE))
    except _CANNOT_DECODE:
        return None
    if end is None or rest is None or "files" in rest:
        return None
    return {"files": Entries.of_json(text, beginning.end(), end), **rest}


def _end_of_array(text: str, start: int) -> int | None:
    """Return where the array closes that begins at ``start``, if there is but one bracket that can close it."""
    last = text.rfind("]")
    while last >= start and not _BEHIND_THE_ARRAY.match(text, last):
        last = text.rfind("]", start, last)
    first = text.find("]", start)
    while 0 <= first < last:
        if _BEHIND_THE_ARRAY.match(text, first):
            return None
        first = text.find("]", first + 1)
    return last if last >= start else None


def _members(text: str) -> dict[str, Any] | None:
    """Decode what follows the first member of an object, up to its end; ``None`` if it is not laid out like that."""
    if text.startswith("}"):
        members: dict[str, Any] = json.loads("{" + text)
        return members
    return json.loads("{" + text[1:]) or None if text.startswith(",") else None
