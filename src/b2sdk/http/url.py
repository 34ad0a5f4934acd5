"""What is taken of a URL: its host, by which connections are looked up, and which may be shown; and how it is sent."""

from __future__ import annotations

import re

_HOST = re.compile(r"[^/?#]*(?://[^/?#]*)?")
_CHARACTERS = r"(?:[!$&'()*+,/0-9:;=@A-Za-z._~-]|%[0-9A-Fa-f]{2})*"
_is_quoted = re.compile(rf"https?://[0-9A-Za-z.-]+(?::[0-9]+)?/{_CHARACTERS}(?:\?{_CHARACTERS})?").fullmatch


def host_of(url: str) -> str:
    """Return the scheme, host and port that a URL begins with, as they are written there."""
    found = _HOST.match(url)
    return found[0] if found else ""


def shown_host(url: str) -> str:
    """Return what of a URL may be shown anywhere: its host, without a password that stands before it."""
    return re.sub(r"//[^/]*@", "//", host_of(url))


def is_quoted(url: str) -> bool:
    """Whether a URL can be sent as it is, as all can that the service gives; requests has to look at any other."""
    return _is_quoted(url) is not None
