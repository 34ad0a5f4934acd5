"""Which requests are of a page that a browser shows, and of no business here.

What belongs here is how the simulator is kept from giving access to its machine. A browser carries requests of any
page to any address, loopback included, and shows the responses to a page whose name leads here by the DNS of its owner
(rebinding). What such a request would have asked for is not known here.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection
from typing import Final
from urllib.parse import urlsplit

from b2sdk.simulator.cloud.refusals import Refusal
from b2sdk.simulator.protocol.headers import Headers
from b2sdk.simulator.protocol.loopback import is_loopback

_SAME: Final = ("same-origin", "none")
"""What ``Sec-Fetch-Site`` says of a page of the same origin, and of what the user asked for without any page."""
SANDBOX: Final = "sandbox allow-downloads allow-forms allow-modals allow-popups allow-scripts"
"""A policy for pages that are stored here: their scripts run, as those of an origin that is nobody's."""


def opens_a_page(headers: Headers) -> bool:
    """Return whether a browser is going to show the response as a page, whose scripts it may run."""
    return headers.get("sec-fetch-mode") == "navigate"


def check_own_page(headers: Headers) -> None:
    """Refuse what a page of another origin sends: 403."""
    origin, site = headers.get("origin"), headers.get("sec-fetch-site")
    is_foreign = origin is not None and _netloc(origin) != headers.get("host", "").lower()
    if is_foreign or (site is not None and site not in _SAME):
        raise Refusal("cross_site", "A page of another origin has no business here", status=403)


def _netloc(origin: str) -> str | None:
    """Return host and port of an origin; ``None`` for what is none, such as ``null``."""
    try:
        return urlsplit(origin).netloc.lower() or None
    except ValueError:
        return None


class HostNames:
    """The names under which the simulator may be reached: none that a stranger's DNS could lead here."""

    def __init__(self, bound: str, names: Collection[str] = ()) -> None:
        """``bound`` is where the server listens; of further ``names``, the first label may be ``*`` for any."""
        self.is_local: bool = is_loopback(bound)
        """Whether nothing but this machine reaches the server."""
        self._names = {name.lower().removesuffix(".") for name in (bound, *names)}

    def check(self, headers: Headers) -> None:
        """Refuse a ``Host`` that is not known: 403. Who sends none is no browser."""
        if "host" in headers and not self.knows(headers["host"]):
            message = "Wrong host name for request: allow it with --allow-host, or use localhost"
            raise Refusal("wrong_host", message, status=403)

    def knows(self, host: str) -> bool:
        """Return whether a host, with or without a port, is the simulator."""
        name = _name_in(host)
        if name is None:
            return False
        if is_loopback(name) or name.endswith(".localhost") or name in self._names:
            return True
        if _is_address(name):  # which no DNS can rebind, but who listens at loopback is not reached by it either
            return not self.is_local
        _, dot, rest = name.partition(".")
        return bool(dot) and f"*.{rest}" in self._names


def _name_in(host: str) -> str | None:
    try:
        name = urlsplit(f"//{host}").hostname
    except ValueError:
        return None
    return None if name is None else name.removesuffix(".")


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
