"""Heads of responses, taken apart at once.

`http.client` reads a head line by line and gives it to the parser of e-mails: a fifth of what a small call costs. What
belongs here recognizes heads that have nothing unusual; all others go the inherited way.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from http.client import HTTPMessage, HTTPResponse
from io import BufferedReader
from typing import Any

FIELD_NAME = r"[!#-'*+.0-9A-Z^-z|~-]+"
"""What RFC 9110 calls a token."""
_HEAD = re.compile(rf"HTTP/1\.1 ([2-5][0-9][0-9]) ([ -~]*)\r\n((?:{FIELD_NAME}:[\t -~]*\r\n)+)\r\n".encode("ascii"))
_FIELD = re.compile(r"([^:]+):[\t ]*([^\r]*)\r\n")
_LENGTH = re.compile(r"[0-9]{1,18}")
_WITHOUT_BODY = (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)


class DirectResponse(HTTPResponse):
    """A response on a connection of :mod:`b2sdk.http.transport.connection`."""

    code: int
    status: int
    reason: str
    version: int
    chunked: bool
    will_close: bool
    length: int | None
    fields: list[tuple[str, str]] | None = None
    """Names and values, where the head is as usual: each name is in it once."""

    _message: HTTPMessage | None = None

    @property
    def headers(self) -> Any:
        """The ``HTTPMessage``, made on first use; ``None`` before the head is read."""
        if self._message is None and self.fields is not None:
            self._message = _message_of(self.fields)
        return self._message

    @headers.setter
    def headers(self, message: HTTPMessage | None) -> None:
        self._message = message

    msg = headers

    def begin(self, **limits: int) -> None:
        """Read the head, and find out how many bytes follow it; newer Pythons may pass limits."""
        stream: Any = self.fp
        is_usual = not limits and not self.debuglevel and isinstance(stream, BufferedReader)
        if not (is_usual and self._begin_as_usual(stream)):
            super().begin(**limits)

    def _begin_as_usual(self, stream: BufferedReader) -> bool:
        """Read a head that came in one piece and tells the length of the body; leave any other where it is."""
        head = _HEAD.match(stream.peek())
        if head is None:
            return False
        fields: list[tuple[str, str]] = _FIELD.findall(head[3].decode("ascii"))
        values = {name.lower(): value for name, value in reversed(fields)}  # the first counts
        length = values.get("content-length")
        if length is None or not _LENGTH.fullmatch(length) or "transfer-encoding" in values:
            return False
        stream.read(head.end())
        self.code = self.status = int(head[1])
        self.reason = head[2].decode("ascii").strip()
        self.version = 11
        if len(values) == len(fields):
            self.fields = fields
        else:
            self._message = _message_of(fields)
        self.chunked = False
        self.will_close = "close" in values.get("connection", "").lower()
        is_without_body = self._method == "HEAD" or self.status in _WITHOUT_BODY  # type: ignore[attr-defined]
        self.length = 0 if is_without_body else int(length)
        return True


def _message_of(fields: list[tuple[str, str]]) -> HTTPMessage:
    message = HTTPMessage()
    for name, value in fields:
        message.set_raw(name, value)
    return message
