"""Heads of messages, as far as they have nothing unusual: written, and taken apart, at once.

What belongs here reads and writes text, and knows no connection. What is unusual is left to the caller.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final, NamedTuple

FIELD_NAME: Final = r"[!#-'*+.0-9A-Z^-z|~-]+"
"""What RFC 9110 calls a token."""
# A line that requests, urllib3 and http.client all take as it is, so that none needs to look at it again. A value does
# not begin with "@": urllib3 has one that means that the header is not to be sent.
_LINE = rf"{FIELD_NAME}: [!-?A-~](?:[ -~]*[!-~])?"
_are_usual = re.compile(rf"{_LINE}(?:\r\n{_LINE})*").fullmatch
_HEAD = re.compile(rf"HTTP/1\.1 ([2-5][0-9][0-9]) ([ -~]*)\r\n((?:{FIELD_NAME}:[\t -~]*\r\n)+)\r\n".encode("ascii"))
_FIELD = re.compile(r"([^:]+):[\t ]*([^\r]*)\r\n")
_LENGTH = re.compile(r"[0-9]{1,18}")
_WITHOUT_BODY = (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)


class UsualHead(NamedTuple):
    """The head of a response that tells the length of its body."""

    status: int
    reason: str
    fields: list[tuple[str, str]]
    """Names and values, as they came."""
    values: dict[str, str]
    """The values by lower-case names; the first of a name counts."""
    length: int
    """Bytes that follow."""
    will_close: bool
    size: int
    """Bytes of the head."""


def usual_head(data: bytes, method: str) -> UsualHead | None:
    """Take apart a head that data begins with, and that came in one piece; return ``None`` for any other."""
    head = _HEAD.match(data)
    if head is None:
        return None
    fields: list[tuple[str, str]] = _FIELD.findall(head[3].decode("ascii"))
    values = {name.lower(): value for name, value in reversed(fields)}
    length = values.get("content-length")
    if length is None or not _LENGTH.fullmatch(length) or "transfer-encoding" in values:
        return None
    status = int(head[1])
    return UsualHead(
        status,
        head[2].decode("ascii").strip(),
        fields,
        values,
        0 if is_without_body(status, method) else int(length),
        "close" in values.get("connection", "").lower(),
        head.end(),
    )


def is_without_body(status: int, method: str) -> bool:
    """Whether nothing follows a head, whatever it says."""
    return method == "HEAD" or status in _WITHOUT_BODY


def usual_lines(headers: Mapping[str, Any]) -> str | None:
    """Return headers as the lines that they are sent as; ``None`` where each of them has to be checked."""
    try:
        lines = "\r\n".join(map(": ".join, headers.items()))
    except TypeError:
        return None  # one is not text
    return lines if lines.count("\r\n") == len(headers) - 1 and _are_usual(lines) else None
