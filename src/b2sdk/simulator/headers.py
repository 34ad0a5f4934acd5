"""How text travels in headers, paths and queries.

What belongs here is percent-encoding and case, for both directions. It knows no header by meaning.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import parse_qsl, quote, unquote_to_bytes

from b2sdk.simulator.refusals import bad_request

Headers = Mapping[str, str]
"""Header fields of a request, with names in lower case."""


def lower_case(fields: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return header fields by name in lower case; several of one name are joined by a comma."""
    headers: dict[str, str] = {}
    for name, value in fields:
        key = name.lower()
        headers[key] = f"{headers[key]},{value}" if key in headers else value
    return headers


def encoded(text: str) -> str:
    """Percent-encode a file name or an info value as the service documents it.

    ``+`` is always encoded, since clients differ in whether they read it as a space.
    """
    return quote(text, safe="._-/~!$'()*;=:@")


def decoded(text: str, what: str) -> str:
    """Undo percent-encoding in a header, where ``+`` may stand for a space; refuse what is not UTF-8."""
    return decoded_path(text.replace("+", " "), what)


def decoded_path(text: str, what: str) -> str:
    """Undo percent-encoding in a path, where ``+`` is a plus; refuse what is not UTF-8."""
    try:
        return unquote_to_bytes(text).decode()
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
