"""How text travels in headers, paths and queries.

What belongs here is how they are read: case, and what may be percent-encoded. It knows no header by meaning.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import parse_qsl, unquote_to_bytes

from b2sdk.simulator.cloud.names import UNENCODED_CHARACTERS
from b2sdk.simulator.cloud.refusals import bad_request

Headers = Mapping[str, str]
"""Header fields of a request, with names in lower case."""

_UNENCODED: Final = re.compile(rf"%(?![0-9A-Fa-f]{{2}})|[^A-Za-z0-9%+{re.escape(UNENCODED_CHARACTERS)}]")


def lower_case_names(fields: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return header fields by name in lower case; several of one name are joined by a comma."""
    headers: dict[str, str] = {}
    for name, value in fields:
        key = name.lower()
        headers[key] = f"{headers[key]},{value}" if key in headers else value
    return headers


def check_encoded(text: str) -> None:
    """Refuse text with a character that should have been percent-encoded."""
    if found := _UNENCODED.search(text):
        code = ord(found.group())
        raise bad_request(f"Bad character in percent-encoded string: {code} (0x{code:x})")


def check_target(path: str, target: str) -> None:
    """Refuse a path or a query behind it that is not percent-encoded, and parameters of a query without ``=``."""
    check_encoded(path)
    if len(path) == len(target):
        return
    for parameter in filter(None, target[len(path) + 1 :].split("&")):
        check_encoded(parameter)
        if "=" not in parameter:
            raise bad_request("Bad query string: a parameter has no '='")


def percent_decode(text: str, what: str) -> str:
    """Undo percent-encoding, where ``+`` may stand for a space; refuse what is not UTF-8."""
    if "%" not in text and "+" not in text and text.isascii():  # as most names are
        return text
    try:
        return unquote_to_bytes(text.replace("+", " ")).decode()
    except UnicodeError as error:
        raise bad_request(f"{what} is not percent-encoded UTF-8") from error


def query_of(target: str) -> dict[str, str]:
    """Return the parameters in the query of a request target; refuse what is not UTF-8."""
    _, _, query = target.partition("?")
    if not query:
        return {}
    try:
        return dict(parse_qsl(query, keep_blank_values=True, errors="strict", max_num_fields=1000))
    except ValueError as error:
        raise bad_request("The query is not percent-encoded UTF-8") from error
