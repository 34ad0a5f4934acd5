"""Which addresses are this machine's own, and reached by nobody else."""

from __future__ import annotations

from urllib.parse import urlsplit


def is_loopback(host: str) -> bool:
    """Return whether ``host``, a name or an address, is this machine itself. Names are not looked up."""
    import ipaddress  # noqa: PLC0415  # takes 2 ms, which the simulator in the process does not need

    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def is_loopback_url(url: str) -> bool:
    """Return whether a URL of HTTP, with or without TLS, leads to this machine itself."""
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and is_loopback(parts.hostname or "")
    except ValueError:
        return False
