"""Heads of responses, taken apart at once.

`http.client` reads a head line by line and gives it to the parser of e-mails: a fifth of what a small call costs. What
belongs here recognizes heads that have nothing unusual; all others go the inherited way.
"""

from __future__ import annotations

from http.client import HTTPMessage, HTTPResponse
from io import BufferedReader
from typing import Any

from b2sdk.http.head import usual_head


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
        head = usual_head(stream.peek(), self._method)  # type: ignore[attr-defined]
        if head is None:
            return False
        stream.read(head.size)
        self.code = self.status = head.status
        self.reason = head.reason
        self.version = 11
        if len(head.values) == len(head.fields):
            self.fields = head.fields
        else:
            self._message = _message_of(head.fields)
        self.chunked = False
        self.will_close = head.will_close
        self.length = head.length
        return True


def _message_of(fields: list[tuple[str, str]]) -> HTTPMessage:
    message = HTTPMessage()
    for name, value in fields:
        message.set_raw(name, value)
    return message
