"""HTTP that is set up by arguments, from before there was a configuration."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from typing_extensions import override

from b2sdk.v2 import b2http as v2
from b2sdk.v2.api_config import B2HttpApiConfig

if TYPE_CHECKING:
    import requests


class _RequestsModule(Protocol):
    @property
    def Session(self) -> Callable[[], requests.Session]: ...  # noqa: N802  # what it is called there


class B2Http(v2.B2Http):
    TIMEOUT: float = 1200

    @override
    def __init__(
        self,
        requests_module: _RequestsModule | None = None,
        install_clock_skew_hook: bool = True,
        user_agent_append: str | None = None,
    ) -> None:
        """``requests_module`` is what is used in place of ``requests``: its ``Session`` is called once."""
        super().__init__(
            B2HttpApiConfig(
                None if requests_module is None else requests_module.Session,
                install_clock_skew_hook,
                user_agent_append,
            )
        )
