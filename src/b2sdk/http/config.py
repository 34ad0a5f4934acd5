"""The choices a program makes about HTTP, as values.

What belongs here is what is decided before the first request. Nothing here opens a connection, and the raw API
class is carried without being known.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from b2sdk.http.rates import UNLIMITED, Rates
from b2sdk.http.retry import RetryPolicy
from b2sdk.lazy import LazyModule

if TYPE_CHECKING:
    import requests
else:
    requests = LazyModule("requests")


class Timeouts(NamedTuple):
    """Seconds of silence before a request is given up. ``None`` leaves one to the class constants of ``B2Http``.

    None of them bounds a whole request: a body that keeps moving, however slowly, does not time out.
    """

    connect: float | None = None
    """Until a connection stands, for each address of the host (``CONNECTION_TIMEOUT``, 46)."""
    read: float | None = None
    """Until the response begins, and between two blocks of it (``TIMEOUT`` and ``TIMEOUT_FOR_UPLOAD``, 128)."""
    write: float | None = None
    """For a block of 256 KiB of the request's body to leave; where it is not given, as ``connect``."""
    slow_call: float | None = None
    """Until the response to a JSON call begins; copies within the service are such (``TIMEOUT_FOR_COPY``, 1200)."""


def check_timeouts(timeouts: Timeouts) -> None:
    """Refuse what are no times to wait for.

    :raises TypeError: they are no :class:`Timeouts`, or one of them is no number.
    :raises ValueError: names the one that is not above 0.
    """
    if not isinstance(timeouts, Timeouts):
        raise TypeError(f"Timeouts are needed, not {type(timeouts).__name__}")
    for name, seconds in timeouts._asdict().items():
        if seconds is not None:
            check_seconds(name, seconds)


def check_seconds(name: str, seconds: object) -> None:
    """Refuse what is no time to wait for.

    :raises TypeError: it is no number.
    :raises ValueError: it is not above 0, or not finite.
    """
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)):
        raise TypeError(f"{name} must be a number of seconds, not {type(seconds).__name__}")
    if not 0 < seconds < math.inf:
        raise ValueError(f"{name} must be above 0 and finite, not {seconds}")


AS_THE_CLASS = Timeouts()
"""All of them as the class constants say."""


class B2HttpApiConfig:
    """How to speak HTTP, and which raw API class to speak it with.

    ``http_session_factory`` is called once per :class:`~b2sdk.http.client.B2Http`, without arguments; what it returns
    is shared by all threads. ``None`` stands for ``requests.Session``, which is imported when it is asked for. Unless
    ``decode_content``, the adapters mounted on it are replaced by one that hands bodies over as they were stored, so
    that lengths and hashes of compressed objects match.

    ``plain_transport`` lets requests, urllib3 and `http.client` do everything, without :mod:`b2sdk.http.transport`, to
    find out whether that causes a problem. The environment variable ``B2SDK_PLAIN_TRANSPORT``, unless empty or ``0``,
    does the same for all clients that open their session while it is set.

    ``user_agent_append`` is added to the user agent after one space. ``timeouts`` and ``retry_policy`` hold for every
    request of the client, and ``rates`` for all of them together.

    :raises TypeError: a timeout is no number, or the rates are no :class:`~b2sdk.http.rates.Rates`.
    :raises ValueError: a timeout is not above 0, or not finite.
    """

    DEFAULT_RAW_API_CLASS: ClassVar[type[Any]]
    """Set by :mod:`b2sdk.raw_api.http`, which stands above this package."""

    def __init__(
        self,
        http_session_factory: Callable[[], requests.Session] | None = None,
        install_clock_skew_hook: bool = True,
        user_agent_append: str | None = None,
        _raw_api_class: Callable[[Any], Any] | None = None,
        decode_content: bool = False,
        *,
        timeouts: Timeouts = AS_THE_CLASS,
        retry_policy: RetryPolicy | None = None,
        plain_transport: bool = False,
        rates: Rates = UNLIMITED,
    ) -> None:
        self._http_session_factory = http_session_factory
        self.install_clock_skew_hook = install_clock_skew_hook
        self.user_agent_append = user_agent_append
        self.decode_content = decode_content
        check_timeouts(timeouts)
        if not isinstance(rates, Rates):
            raise TypeError(f"rates must be Rates, not {type(rates).__name__}")
        self.timeouts = timeouts
        self.rates = rates
        self.retry_policy = retry_policy
        self.plain_transport = plain_transport
        self._raw_api_class = _raw_api_class

    @property
    def http_session_factory(self) -> Callable[[], requests.Session]:
        """The callable that creates the session; by default :class:`requests.Session`."""
        return self._http_session_factory or requests.Session

    @http_session_factory.setter
    def http_session_factory(self, http_session_factory: Callable[[], requests.Session]) -> None:
        self._http_session_factory = http_session_factory

    @property
    def raw_api_class(self) -> Callable[[Any], Any]:
        """What the session instantiates with one :class:`~b2sdk.http.client.B2Http`."""
        # Looked up late: the default instance below exists before the class that it stands for.
        return self._raw_api_class or self.DEFAULT_RAW_API_CLASS

    @raw_api_class.setter
    def raw_api_class(self, raw_api_class: Callable[[Any], Any]) -> None:
        self._raw_api_class = raw_api_class


DEFAULT_HTTP_API_CONFIG = B2HttpApiConfig()
