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
from mmap import mmap
from typing import Any

from typing_extensions import Self

from b2sdk.exception import InvalidJsonResponse

_wanted: ContextVar[bool] = ContextVar("b2sdk-entries-one-at-a-time", default=False)
_BEGINNING = re.compile(rb'[ \t\r\n]*\{[ \t\r\n]*"files"[ \t\r\n]*:[ \t\r\n]*\[[ \t\r\n]*')
_BEHIND_THE_ARRAY = re.compile(rb'\][ \t\r\n]*(?:,[ \t\r\n]*"|\})')
_BEHIND_AN_ENTRY = re.compile(r"[ \t\r\n]*(?:,[ \t\r\n]*(?![ \t\r\n]|\Z)|\Z)")
_FILE_ID = b'"fileId"'
_FILE_NAME = re.compile(rb'"fileName"[ \t\r\n]*:[ \t\r\n]*("(?:[^"\\]|\\.)*")')
_FIRST_MEMBER = re.compile(r'\{[ \t\r\n]*"[^"\\]*"')
_SPACE = " \t\r\n"
_AT_ONCE = 1 << 14
"""Characters that are decoded at once, about: a call for each entry takes a fourth of the time that decoding takes."""
_CANNOT_DECODE = (ValueError, RecursionError)
_BEGINNING_SIZE = 4096
"""Bytes that have the first entry, if it is no unusual one."""
_PIECE = 2**18
"""Bytes that are copied at once. Were they more, the allocator would keep such blocks for each thread."""
Content = bytes | mmap
"""A response; in mapped memory, nothing is left of it when it is no longer used."""


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

    _content: Content = b""
    _start = _end = 0
    _data: list[Any] | None = None
    _count: int | None = None
    """How many ids there are, once they were counted."""

    @classmethod
    def of_json(cls, content: Content, start: int, end: int) -> Self:
        """Return the entries that are in ``content[start:end]``, between the brackets of an array."""
        self = cls.__new__(cls)
        self._content, self._start, self._end = content, start, end
        return self

    @property
    def data(self) -> list[Any]:
        """All entries, decoded."""
        if self._data is None:
            self._data, self._content = list(self._decode()), b""
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
        if self._data is not None:
            return len(self._data)
        if self._count is None:
            self._count = _count_ids(self._content, self._start, self._end)
        return self._count

    def about_before(self, name: str) -> int:
        """Return how many entries with lower names there are, which come first; they are not decoded for this."""
        if self._data is not None:
            return sum(1 for entry in self._data if entry["fileName"] < name)
        low, high = self._start, self._end
        while low < high:
            middle = (low + high) // 2
            found = _FILE_NAME.search(self._content, middle, self._end)
            if found is None or found.start() >= high or json.loads(found[1]) >= name:
                high = middle
            else:
                low = found.end()
        return _count_ids(self._content, self._start, low)

    def first(self) -> Any:
        """Return the first entry, without which nothing else is decoded; ``None`` if there is none.

        :raises InvalidJsonResponse: it is no JSON.
        """
        if self._data is None and self._start + _BEGINNING_SIZE < self._end:
            beginning = self._content[self._start : self._start + _BEGINNING_SIZE]
            with contextlib.suppress(*_CANNOT_DECODE):
                return json.JSONDecoder().raw_decode(beginning.decode(errors="replace"))[0]
        return next(iter(self), None)

    @property
    def size(self) -> int:
        """How many bytes of memory are taken by the entries, as long as they are not decoded."""
        return len(self._content)

    def __copy__(self) -> Entries:
        return self.copy()

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.data,)

    def _decode(self) -> Iterator[Any]:
        return _decode(self._content, self._start, self._end)


def _decode(content: Content, position: int, end: int) -> Iterator[Any]:
    size = _PIECE
    while position < end:
        piece = _Piece(content[position : min(position + size, end)], position + size >= end)
        yield from piece.entries()
        position += piece.used
        size = _PIECE if piece.used else 2 * size  # for an entry that is longer


class _Piece:
    """Some of the entries, the last of which may be incomplete."""

    def __init__(self, content: bytes, is_last: bool) -> None:
        self._content = content
        self._is_last = is_last
        self.used = 0
        """How many bytes there are before what follows the entries that are complete."""

    def entries(self) -> Iterator[Any]:
        """Yield those that are complete.

        :raises InvalidJsonResponse: what comes next is no JSON.
        """
        text, is_whole = self._text()
        decode, separator, position, end = json.JSONDecoder().raw_decode, _BEHIND_AN_ENTRY.match, 0, len(text)
        while position < end:
            try:
                entry, behind_it = decode(text, position)
            except _CANNOT_DECODE:
                break
            behind = separator(text, behind_it)
            if behind is None or (behind.end() == end and not is_whole):
                break
            yield entry
            first_member = _FIRST_MEMBER.match(text, position) if type(entry) is dict else None
            position = behind.end()
            if first_member is not None:
                # In JSON this is in no string, as a quote in a string has a backslash before it.
                for entries, behind_them in _decode_alike(text, position, is_whole, behind[0], first_member[0]):
                    yield from entries
                    position = behind_them
        self.used = position if text.isascii() else len(_encoded(text[:position]))
        if self._is_last and self.used < len(self._content):
            raise InvalidJsonResponse(self._content)

    def _text(self) -> tuple[str, bool]:
        """Return what can be decoded, and whether it is all, up to the end."""
        try:
            return _decoded(self._content), self._is_last
        except UnicodeDecodeError as error:
            return _decoded(self._content[: error.start]), False


def _decode_alike(
    text: str, position: int, is_whole: bool, separator: str, beginning: str
) -> Iterator[tuple[list[Any], int]]:
    """Yield entries, and where the next one begins, as long as they begin like this and have this between them."""
    decode, border, end = json.JSONDecoder().decode, separator + beginning, len(text)
    while text.startswith(beginning, position):
        behind = text.find(border, position + _AT_ONCE, min(position + 2 * _AT_ONCE, end))
        if behind < 0:
            behind = end if is_whole else text.rfind(border, position + 1)
            if behind < 0 or end > position + 2 * _AT_ONCE:
                return
        try:
            entries = decode(f"[{text[position:behind]}]")
        except _CANNOT_DECODE:
            return
        position = end if behind == end else behind + len(separator)
        yield entries, position


def _decoded(content: bytes) -> str:
    return content.decode("utf-8", "surrogatepass")  # as `json.loads` does


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _count_ids(content: Content, start: int, end: int) -> int:
    behind = len(_FILE_ID) - 1
    return sum(
        content[piece : min(piece + _PIECE + behind, end)].count(_FILE_ID) for piece in range(start, end, _PIECE)
    )


def are_entries_wanted() -> bool:
    """Whether a page that is asked for now is to have :class:`Entries`."""
    return _wanted.get()


def page_with_entries(content: Content) -> dict[str, Any] | None:
    """Return a response as a page, if its entries are wanted one at a time and it is laid out like a page.

    Any other layout is left to be decoded at once. So the result is the same as if everything were decoded at once,
    and invalid JSON is an error here, too.
    """
    beginning = _BEGINNING.match(content) if _wanted.get() else None
    if beginning is None:
        return None
    try:
        end = _end_of_array(content, beginning.end())
        # Were this bracket in a string, what follows would begin in that string, and have one quote too many.
        rest = None if end is None else _members(_decoded(content[end + 1 :]).lstrip(_SPACE))
    except _CANNOT_DECODE:
        return None
    if end is None or rest is None or "files" in rest:
        return None
    return {"files": Entries.of_json(content, beginning.end(), end), **rest}


def _end_of_array(content: Content, start: int) -> int | None:
    """Return where the array closes that begins at ``start``, if there is but one bracket that can close it."""
    last = content.rfind(b"]", start, len(content))  # without limits, mapped memory begins where it was read up to
    while last >= start and not _BEHIND_THE_ARRAY.match(content, last):
        last = content.rfind(b"]", start, last)
    first = content.find(b"]", start)
    while 0 <= first < last:
        if _BEHIND_THE_ARRAY.match(content, first):
            return None
        first = content.find(b"]", first + 1)
    return last if last >= start else None


def _members(text: str) -> dict[str, Any] | None:
    """Decode what follows the first member of an object, up to its end; ``None`` if it is not laid out like that."""
    if text.startswith("}"):
        members: dict[str, Any] = json.loads("{" + text)
        return members
    return json.loads("{" + text[1:]) or None if text.startswith(",") else None
