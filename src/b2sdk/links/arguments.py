"""What a link may be made of: for how long it is good, the file that it names, and where it leads.

What belongs here looks at what a program gives, before anything is sent. No text of an error quotes a URL.
"""

from __future__ import annotations

import ipaddress
from urllib.parse import SplitResult, urlsplit

from b2sdk.protocol_constants import LONGEST_AUTHORIZATION


def checked_seconds(seconds: float) -> int:
    """Return for how many seconds a link is good.

    :raises ValueError: it is not a whole number from 1 to 604800, which is a week.
    """
    if not 1 <= seconds <= LONGEST_AUTHORIZATION or seconds != int(seconds):
        raise ValueError(f"a link is good for 1 to {LONGEST_AUTHORIZATION} whole seconds, not {seconds}")
    return int(seconds)


def check_linked_name(file_name: str) -> None:
    """Refuse a name that a URL cannot lead to.

    :raises ValueError: it is empty or no valid Unicode, or one of its segments is ``.`` or ``..``, which browsers and
        libraries resolve, so that the URL would be that of another file.
    """
    if not file_name:
        raise ValueError("the name of the file is empty")
    try:
        file_name.encode()
    except UnicodeEncodeError as error:
        raise ValueError(f"the name {file_name!r} is not valid Unicode") from error
    if "." in file_name and not {".", ".."}.isdisjoint(file_name.split("/")):
        raise ValueError(f"no URL leads to the name {file_name!r}, as '.' and '..' have a meaning in URLs")


def checked_base(url: str, argument: str) -> SplitResult:
    """Return the parts of the URL of a host, without a slash at the end of its path.

    :raises ValueError: it is not ``https`` (``http`` will do for this machine), names no host, or has more than a path.
    """
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError:
        parts, host = SplitResult("", "", "", "", ""), None
    is_plain = (
        "@" not in parts.netloc and not parts.query and not parts.fragment and url.isascii() and url.isprintable()
    )
    if (
        not host
        or not is_plain
        or " " in url
        or not (parts.scheme == "https" or _is_on_this_machine(parts.scheme, host))
    ):
        raise ValueError(f"{argument} has to be https:// and a host, perhaps with a path")
    return parts._replace(path=parts.path.rstrip("/"))


def _is_on_this_machine(scheme: str, host: str) -> bool:
    if scheme != "http":
        return False
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
