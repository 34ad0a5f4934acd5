"""The choices a program makes about HTTP, as values.

What belongs here is what is decided before the first request. Nothing here opens a connection, and the raw API
class is carried without being known.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, NamedTuple

import requests

from b2sdk.http.retry import RetryPolicy


class Timeouts(NamedTuple):
    """Seconds of silence before a request is given up. ``None`` leaves one to the class constants of ``B2Http``.

    None of them bounds a whole request: a body that keeps moving, however slowly, does not time out.
    """

    connect: float | None = None
    """Until a connection stands, for each address of the host (``CONNECTION_TIMEOUT``, 46)."""
    read: float | None = None
    """Until the answer begins, and between two blocks of it (``TIMEOUT`` and ``TIMEOUT_FOR_UPLOAD``, 128)."""
    write: float | None = None
    """For a block of 256 KiB of the request's body to leave; where it is not given, as ``connect``."""
    slow_call: float | None = None
    """Until the answer to a JSON call begins; copies within the service are such (``TIMEOUT_FOR_COPY``, 1200)."""


AS_THE_CLASS = Timeouts()
"""All of them as the class constants say."""


class B2HttpApiConfig:
    """How to speak HTTP, and which raw API class to speak it with.

    ``http_session_factory`` is called once per :class:`~b2sdk.http.client.B2Http`, without arguments; what it returns
    is shared by all threads. Unless ``decode_content``, the adapters mounted on it are replaced by one that hands
    bodies over as they were stored, so that lengths and hashes of compressed objects match.

    ``user_agent_append`` is added to the user agent after one space. ``timeouts`` and ``retry_policy`` hold for every
    request of the client.
    """

    DEFAULT_RAW_API_CLASS: ClassVar[type[Any]]
    """Set by :mod:`b2sdk.raw_api.http`, which stands above this package."""

    def __init__(
        self,
        http_session_factory: Callable[[], requests.Session] = requests.Session,
        install_clock_skew_hook: bool = True,
        user_agent_append: str | None = None,
        _raw_api_class: Callable[[Any], Any] | None = None,
        decode_content: bool = False,
        *,
        timeouts: Timeouts = AS_THE_CLASS,
        retry_policy: RetryPolicy | None = None,
    ) -> None:
        self.http_session_factory = http_session_factory
        self.install_clock_skew_hook = install_clock_skew_hook
        self.user_agent_append = user_agent_append
        self.decode_content = decode_content
        self.timeouts = timeouts
        self.retry_policy = retry_policy
        self._raw_api_class = _raw_api_class

    @property
    def raw_api_class(self) -> Callable[[Any], Any]:
        """What the session instantiates with one :class:`~b2sdk.http.client.B2Http`."""
        # Looked up late: the default instance below exists before the class that it stands for.
        return self._raw_api_class or self.DEFAULT_RAW_API_CLASS

    @raw_api_class.setter
    def raw_api_class(self, raw_api_class: Callable[[Any], Any]) -> None:
        self._raw_api_class = raw_api_class


DEFAULT_HTTP_API_CONFIG = B2HttpApiConfig()
