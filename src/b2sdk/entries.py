"""Pages of a listing whose entries are decoded one at a time.

Decoded at once, the entries of a page take four times the memory of the answer, and a third of the time of a listing
goes into making room for them and looking for garbage among them. What belongs here knows how the JSON of a page is
laid out; what an entry means it must not know.
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
_BEHIND_AN_ENTRY = re.compile(r"[ \t\r\n]*(?:,[ \t\r\n]*(?![\] \t\r\n])|(?=\]))")
_CANNOT_DECODE = (ValueError, RecursionError)


@contextlib.contextmanager
def one_at_a_time() -> Iterator[None]:
    """Let pages that are asked for in the block have :class:`Entries`, where they come as JSON."""
    token = _wanted.set(True)
    try:
        yield
    finally:
        _wanted.reset(token)


class Entries(UserList[Any]):
    """A list of entries that are decoded while it is iterated. Whatever else is done with it decodes all of them."""

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
            self._data, self._text = list(self._decoded()), ""
        return self._data

    @data.setter
    def data(self, data: list[Any]) -> None:
        self._data = data

    def __iter__(self) -> Iterator[Any]:
        """Iterate.

        :raises InvalidJsonResponse: what comes next is no JSON.
        """
        return self._decoded() if self._data is None else iter(self._data)

    def __copy__(self) -> Entries:
        return self.copy()

    def _decoded(self) -> Iterator[Any]:
        return _decoded(self._text, self._start, self._end)


def _decoded(text: str, position: int, end: int) -> Iterator[Any]:
    decode, separator = json.JSONDecoder().raw_decode, _BEHIND_AN_ENTRY.match
    while position < end:
        try:
            entry, position = decode(text, position)
        except _CANNOT_DECODE:
            break
        behind = separator(text, position)
        if behind is None:
            break
        yield entry
        position = behind.end()
    if position != end:
        raise InvalidJsonResponse(text.encode())


def page_with_entries(content: bytes) -> dict[str, Any] | None:
    """Return the page that an answer is, if its entries are wanted one at a time and it is laid out like a page.

    Whatever is laid out in another way is left to be decoded at once.
    """
    beginning = _BEGINNING.match(content) if _wanted.get() else None
    if beginning is None:
        return None
    try:
        text = content.decode()
        end = text.rindex("]")
        # Were this bracket in a string, what follows would begin in that string, and have one quote too many.
        rest = json.loads("{" + text[end + 1 :].lstrip(" \t\r\n").removeprefix(","))
    except _CANNOT_DECODE:
        return None
    return None if "files" in rest else {"files": Entries.of_json(text, beginning.end(), end), **rest}
