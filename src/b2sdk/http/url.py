"""What is taken of a URL: its host, by which connections are looked up, and which may be shown."""

from __future__ import annotations

import re

_HOST = re.compile(r"[^/?#]*(?://[^/?#]*)?")


def host_of(url: str) -> str:
    """Return the scheme, host and port that a URL begins with, as they are written there."""
    found = _HOST.match(url)
    return found[0] if found else ""


def shown_host(url: str) -> str:
    """Return what of a URL may be shown anywhere: its host, without a password that stands before it."""
    return re.sub(r"//[^/]*@", "//", host_of(url))
