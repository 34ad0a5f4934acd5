"""Which URLs may receive a master key and its tokens.

What belongs here compares URLs; it opens none. A token of a master key opens all that an account has, so it goes only
to hosts of the service that gave it out.
"""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from b2sdk.exception import InvalidArgument
from b2sdk.exception.partner import UntrustedUrl

_FAMILIES: Final = (frozenset({"backblazeb2.com", "backblaze.com"}), frozenset({"backblaze.net"}))
"""The domains of each deployment: production, staging."""
_PLAIN_URL: Final = re.compile(r"(https?)://[A-Za-z0-9.:\[\]-]+(/[A-Za-z0-9._~/-]*)?", re.ASCII)
"""Neither a user nor a query, and nothing that two parsers may read in two ways."""


class _Place(NamedTuple):
    scheme: str
    host: str

    @property
    def is_loopback(self) -> bool:
        if self.host == "localhost":
            return True
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return False

    def is_under(self, domain: str) -> bool:
        return self.host == domain or self.host.endswith(f".{domain}")


def _place_of(url: str) -> _Place | None:
    if not _PLAIN_URL.fullmatch(url):
        return None
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return _Place(parts.scheme, parts.hostname) if parts.hostname else None


def _domains_of(realm: _Place) -> frozenset[str]:
    known = (family for family in _FAMILIES if any(map(realm.is_under, family)))
    return next(known, frozenset({realm.host.removeprefix("api.")}))


def check_realm(url: str, *, trust_realm: bool) -> None:
    """Refuse a realm that is not known to be the service, unless the program trusts it.

    :raises InvalidArgument: it is no URL, or one of another host, or without TLS. It may be a key, given in the wrong
        place, so it is not repeated.
    """
    place = _place_of(url)
    if place is None:
        raise InvalidArgument("realm", "is neither the name of a known realm nor a URL of a service")
    is_of_service = place.scheme == "https" and any(map(place.is_under, frozenset().union(*_FAMILIES)))
    if not (trust_realm or is_of_service or place.is_loopback):
        raise InvalidArgument("realm", "is not a host of the service; with trust_realm=True it receives the key")


def trusted_url(realm: str, url: str) -> str:
    """Return the URL of an API without a slash at its end, if a service that was authorized at ``realm`` has it.

    :raises UntrustedUrl: it may be a stranger's.
    """
    place, own = _place_of(url), _place_of(realm)
    if place is None or own is None or not _is_own(place, own):
        raise UntrustedUrl("the service named a URL for an API that is not under its own domain")
    return url.rstrip("/")


def _is_own(place: _Place, realm: _Place) -> bool:
    if place.scheme == "http" and realm.scheme == "https":
        return False
    if realm.is_loopback:
        return place.is_loopback
    if place.scheme == "http":
        return place.host == realm.host
    return any(map(place.is_under, _domains_of(realm)))
