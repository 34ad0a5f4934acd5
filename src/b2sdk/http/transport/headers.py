"""Headers of a request that are checked and written once, for all that requests, urllib3 and `http.client` would check.

What belongs here is how the lines of a head come about. Where they go it must not know.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from requests.structures import CaseInsensitiveDict

from b2sdk.http.transport.head import FIELD_NAME

# A line that requests, urllib3 and http.client all take as it is, so that none needs to look at it again. A value does
# not begin with "@": urllib3 has one that means that the header is not to be sent.
_LINE = rf"{FIELD_NAME}: [!-?A-~](?:[ -~]*[!-~])?"
_are_usual = re.compile(rf"{_LINE}(?:\r\n{_LINE})*").fullmatch
_NEEDED = {"accept-encoding", "user-agent"}
"""What urllib3 and `http.client` would add."""


class WrittenHeaders(CaseInsensitiveDict[str]):
    """Headers with the lines that they are sent as; a change drops the lines."""

    lines: bytes | None = None

    def __setitem__(self, key: str, value: str) -> None:
        self.lines = None
        super().__setitem__(key, value)

    def __delitem__(self, key: str) -> None:
        self.lines = None
        super().__delitem__(key)


def merge(headers: Mapping[str, Any], others: Mapping[str, Any]) -> dict[str, Any]:
    """Return the headers of a session, and of one request in their place."""
    # Where this is the class of requests, its items are found without a call for each.
    store = vars(headers).get("_store") if type(headers) is CaseInsensitiveDict else None
    return {**(headers if store is None else dict(store.values())), **others}


def case_insensitive(fields: list[tuple[str, str]]) -> CaseInsensitiveDict[str]:
    """Return headers as requests has them, of names each of which is there once."""
    headers: CaseInsensitiveDict[str] = CaseInsensitiveDict()
    vars(headers)["_store"] = OrderedDict((field[0].lower(), field) for field in fields)
    return headers


def written(headers: Mapping[str, Any]) -> WrittenHeaders | None:
    """Return the headers with their lines, or ``None`` where each of them has to be checked."""
    try:
        lines = "\r\n".join(map(": ".join, headers.items()))
    except TypeError:
        return None  # one is not text
    store = OrderedDict(zip(map(str.lower, headers), headers.items(), strict=True))
    if len(store) != len(headers) or not store.keys() >= _NEEDED or lines.count("\r\n") != len(headers) - 1:
        return None
    if not _are_usual(lines) or "host" in store or "transfer-encoding" in store:
        return None
    result = WrittenHeaders()
    vars(result).update(_store=store, lines=lines.encode("ascii"))
    return result
