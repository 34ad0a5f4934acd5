"""What sends the requests of a client: the shorter way below requests, or requests as it is.

The shorter way is :mod:`b2sdk.http.transport`. Where it is turned off, it is not imported.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from b2sdk.http.exchange import PlainSender, RequestSender
from b2sdk.lazy import LazyModule

if TYPE_CHECKING:
    import requests

    from b2sdk.http.config import B2HttpApiConfig
    from b2sdk.http.transport import exchange as direct
else:
    direct = LazyModule("b2sdk.http.transport.exchange")

PLAIN_TRANSPORT_ENV_VAR = "B2SDK_PLAIN_TRANSPORT"


def open_sender(config: B2HttpApiConfig) -> RequestSender:
    """Open the session that all threads share."""
    return PlainSender(config) if is_plain(config) else direct.open_sender(config)


def send_through(session: requests.Session, config: B2HttpApiConfig) -> RequestSender:
    """Return what sends through a session that the program provides instead of ours."""
    return RequestSender(session) if is_plain(config) else direct.DirectSender(session)


def is_plain(config: B2HttpApiConfig) -> bool:
    """Whether requests, urllib3 and `http.client` are to do all that they can do."""
    return config.plain_transport or os.environ.get(PLAIN_TRANSPORT_ENV_VAR, "") not in {"", "0"}
