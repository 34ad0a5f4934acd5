from __future__ import annotations

import io
import string
from http.client import HTTPException, HTTPResponse
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given, strategies as st

from b2sdk.http.transport.head import DirectResponse

if TYPE_CHECKING:
    from collections.abc import Iterable


class Socket:
    """Holds what a service sent."""

    def __init__(self, *pieces: bytes, sees_ahead: bool = True) -> None:
        self.file: Any = io.BufferedReader(Pieces(pieces)) if sees_ahead else io.BytesIO(b"".join(pieces))

    def makefile(self, _mode: str) -> Any:
        return self.file


class Pieces(io.RawIOBase):
    """A connection on which bytes arrive in pieces."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = list(pieces)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        piece = self._pieces.pop(0) if self._pieces else b""
        buffer[: len(piece)] = piece
        return len(piece)


def read(kind: type[HTTPResponse], sent: Socket, method: str = "GET") -> Any:
    """Return all properties of a response, or the kind of error."""
    answer: Any = kind(sent, method=method)  # type: ignore[arg-type]
    try:
        answer.begin()
        told = (answer.status, answer.code, answer.reason, answer.version, answer.msg.items())
        return (
            *told,
            answer.chunked,
            answer.will_close,
            answer.length,
            answer.getheader("Content-Length"),
            answer.read(),
        )
    except (HTTPException, OverflowError) as error:
        return type(error)


first_lines = st.sampled_from([
    "HTTP/1.1 200 OK", "HTTP/1.1 204 No Content", "HTTP/1.1 304 ", "HTTP/1.1 503", "HTTP/1.0 200 OK",
    "HTTP/1.1 100 Continue", "no HTTP",
])  # fmt: skip
names = st.sampled_from(
    ["Content-Length", "content-type", "Connection", "Transfer-Encoding", "X-Bz-Info-a", "Keep-Alive"]
)
values = st.sampled_from(["", "3", "close", "keep-alive", "chunked", "-1", "9" * 20, " \t", "a: b", "é"]) | st.text(
    string.printable, max_size=6
)
fields_of_heads = st.lists(st.tuples(names, st.sampled_from([":", ": ", ":\t"]), values), max_size=4)


@given(first_lines, fields_of_heads, st.sampled_from(["GET", "HEAD"]))
@example("HTTP/1.1 200 OK", [("Content-Length", ": ", "3")], "GET")
@example("HTTP/1.1 200 OK", [("Content-Length", ": ", "3"), ("Content-Length", ": ", "4")], "GET")
@example("HTTP/1.1 200 OK", [("Content-Length", ": ", "3"), ("X-Folded", ": ", "a\r\n b")], "GET")
@example("HTTP/1.1 200 OK", [("Content-Length", ": ", "3"), ("Connection", ": ", "Close")], "GET")
@example("HTTP/1.1 304 ", [("Content-Length", ": ", "3")], "GET")
def test_a_head_is_what_http_client_makes_of_it(first: str, fields: list[tuple[str, str, str]], method: str) -> None:
    head = "".join(f"{line}\r\n" for line in [first, *("".join(field) for field in fields)])
    sent = head.encode("latin-1") + b"\r\nabcdef"
    assert read(DirectResponse, Socket(sent), method) == read(HTTPResponse, Socket(sent), method)


HEAD = b"HTTP/1.1 206 Partial\r\nDate: now\r\nContent-Length: 2\r\n\r\n"


def test_a_head_in_one_piece_is_not_given_to_the_parser_of_mails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(HTTPResponse, "begin")
    assert read(DirectResponse, Socket(HEAD, b"ab"))[-1] == b"ab"


@pytest.mark.parametrize("length", range(len(HEAD)))
def test_a_head_may_come_in_pieces(length: int) -> None:
    assert read(DirectResponse, Socket(HEAD[:length] or HEAD[:1], HEAD[length or 1 :], b"ab"))[-1] == b"ab"


def test_other_streams_may_be_unable_to_look_ahead() -> None:
    assert read(DirectResponse, Socket(HEAD, b"ab", sees_ahead=False))[-1] == b"ab"
