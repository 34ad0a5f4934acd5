"""Heads of requests, and what arrives in pieces: heads of responses, and chunks of bodies.

What is usual is taken apart by :mod:`b2sdk.http.head`, as for the client that blocks, and all else by `http.client`,
which that falls back to, too.
"""

from __future__ import annotations

import io
import re
from collections.abc import ItemsView, Iterator, Mapping
from http.client import HTTPException, HTTPResponse
from typing import Any, Final, NamedTuple, TypeAlias

from typing_extensions import override

from b2sdk.http.head import FIELD_NAME, usual_head, usual_lines

_LONGEST: Final = 256 * 1024
"""Bytes of a head, and of what announces a chunk."""
_BEGINNING: Final = b"HTTP/1."
_END: Final = re.compile(rb"\n\r?\n")
_INTERIM: Final = re.compile(rb"HTTP/1\.[01] 1(?!01)[0-9][0-9]\b")
_SWITCHED: Final = 101
_SIZE: Final = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;.*)?")


_is_name = re.compile(FIELD_NAME).fullmatch
_is_broken = re.compile("[\r\n\0]").search


class NoHttp(Exception):
    """What came is no HTTP."""


class UnsendableHeader(ValueError):
    """A header cannot be sent as it is. It is not said here, as it may be a secret."""


def request_head(method: str, target: str, host: str, headers: Mapping[str, str]) -> bytes:
    """Return the head of a request.

    :raises UnsendableHeader:
    :raises UnicodeEncodeError: one is not Latin-1.
    """
    named = {"Host": host, **headers}
    lines = usual_lines(named)
    if lines is None:
        for name, value in named.items():
            is_text: bool = isinstance(value, str)
            if not is_text or _is_name(name) is None or _is_broken(value) is not None:
                raise UnsendableHeader("a header of the request is wrong")
        lines = "\r\n".join(map(": ".join, named.items()))
    return f"{method} {target} HTTP/1.1\r\n{lines}\r\n\r\n".encode("latin-1")


class Headers(Mapping[str, str]):
    """Headers, which are found in any case. The first of a name counts."""

    def __init__(self, fields: list[tuple[str, str]], values: Mapping[str, str]) -> None:
        """``values`` are those of the fields by lower-case names."""
        self._fields = fields
        self._values = values

    @override
    def __getitem__(self, name: str) -> str:
        return self._values[name.lower()]

    @override
    def get(self, name: str, default: Any = None) -> Any:
        return self._values.get(name.lower(), default)

    @override
    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._values

    @override
    def __iter__(self) -> Iterator[str]:
        return iter(self._named())

    @override
    def __len__(self) -> int:
        return len(self._values)

    @override
    def items(self) -> ItemsView[str, str]:
        return self._named().items()

    def _named(self) -> dict[str, str]:
        if len(self._fields) == len(self._values):
            return dict(self._fields)
        names: dict[str, str] = {}
        for name, _ in self._fields:
            names.setdefault(name.lower(), name)
        return {name: self._values[lower] for lower, name in names.items()}

    def __repr__(self) -> str:
        return repr(self._named())


class Chunks:
    """The chunks of a body, taken apart. The last one is followed by nothing, or by more headers, which are dropped."""

    _MOST_TRAILERS: Final = 100

    def __init__(self) -> None:
        self.is_over: bool = False
        self.surplus: bytes = b""
        """What came after the end."""
        self._held = b""
        self._left = 0
        self._is_at_end_of_chunk = False
        self._trailers: int | None = None

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield the content of what has arrived.

        :raises NoHttp: it is made of no chunks.
        """
        data, self._held = self._held + data, b""
        place = 0
        while place < len(data) and not self.is_over:
            if self._left:
                piece = data[place : place + self._left]
                place += len(piece)
                self._left -= len(piece)
                yield piece
                continue
            end = data.find(b"\n", place)
            if end < 0:
                self._held = data[place:]
                if len(self._held) > _LONGEST:
                    raise NoHttp("what announces a chunk is too long")
                return
            self._look_at(data[place:end].removesuffix(b"\r"))
            place = end + 1
        self.surplus = data[place:]

    def _look_at(self, line: bytes) -> None:
        if self._trailers is not None:
            self._trailers += 1
            self.is_over = not line
            if self._trailers > self._MOST_TRAILERS:
                raise NoHttp("more headers follow a body than any has")
        elif self._is_at_end_of_chunk:
            if line:
                raise NoHttp("a chunk is longer than it says")
            self._is_at_end_of_chunk = False
        else:
            size = _SIZE.fullmatch(line)
            if size is None:
                raise NoHttp("a chunk has no size")
            self._left = int(size[1], 16)
            self._is_at_end_of_chunk = self._left > 0
            if not self._left:
                self._trailers = 0


Body: TypeAlias = int | Chunks | None
"""How a body comes: so many bytes, in chunks, or all until the connection is closed."""


class Head(NamedTuple):
    """The head of a response."""

    status: int
    headers: Headers
    body: Body
    will_close: bool
    """Whether nothing more comes on the connection after the body."""


def next_head(data: bytes, method: str) -> tuple[Head | None, bytes]:
    """Take the head off what has come in response to a request.

    :return: the head and what follows it; ``None`` and what has come as long as that is no whole head.
    :raises NoHttp: it is none.
    """
    while True:
        usual = usual_head(data, method)
        if usual is not None:
            _check_length(usual.fields, usual.values)
            head = Head(usual.status, Headers(usual.fields, usual.values), usual.length, usual.will_close)
            return head, data[usual.size :]
        if not data.startswith(_BEGINNING[: len(data)]):
            raise NoHttp(f"a response begins with {data[:40]!r}")
        if (end := _END.search(data)) is None:
            if len(data) > _LONGEST:
                raise NoHttp("the head of a response is too long")
            return None, data
        if _INTERIM.match(data) is None:
            return _unusual_head(data[: end.end()], method), data[end.end() :]
        data = data[end.end() :]


class _Received:
    """A head as `http.client` takes one from a socket."""

    def __init__(self, head: bytes) -> None:
        self._head = head

    def makefile(self, _mode: str) -> io.BytesIO:
        return io.BytesIO(self._head)


def _unusual_head(data: bytes, method: str) -> Head:
    received: Any = _Received(data)
    response: Any = HTTPResponse(received, method=method)
    try:
        response.begin()
    except (HTTPException, ValueError, OverflowError) as error:
        raise NoHttp(f"the head of a response is wrong: {type(error).__name__}") from None
    fields = [(name, value) for name, value in response.msg.items()]
    values = {name.lower(): value for name, value in reversed(fields)}
    _check_length(fields, values)
    if method == "CONNECT" and response.status // 100 == 2:
        return Head(response.status, Headers(fields, values), 0, will_close=False)
    body: Body = Chunks() if response.chunked else response.length
    # What says its length in two ways may mean another one to what stands between.
    is_odd = response.status == _SWITCHED or (
        "transfer-encoding" in values and ("content-length" in values or not response.chunked)
    )
    return Head(response.status, Headers(fields, values), body, bool(response.will_close or is_odd))


def _check_length(fields: list[tuple[str, str]], values: Mapping[str, str]) -> None:
    if len(values) < len(fields) and len({value for name, value in fields if name.lower() == "content-length"}) > 1:
        raise NoHttp("a response has more than one length")
