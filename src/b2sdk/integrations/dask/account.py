"""The client of a worker: made there, of a recipe that travels without secrets, and kept for all tasks."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from distributed import get_worker

from b2sdk.v3 import B2Api, InMemoryAccountInfo
from b2sdk.values.credentials import DEFAULT_REALM, credentials_in

if TYPE_CHECKING:
    from b2sdk.integrations.shared_account_info import SharedAccountInfo

    WorkerPlugin = object  # untyped where it is defined
else:
    from distributed import WorkerPlugin

_SCHEMES_OF_REDIS = ("redis", "rediss", "unix")


@dataclass(frozen=True)
class ApiFromEnvironment:
    """Makes the client of a worker of what the environment of the worker says; only the name of a variable travels.

    If that variable is set, its value is a URL of Redis, or one of SQLAlchemy: all workers share the authorization and
    the upload URLs that are stored there. If there is also a key, as :meth:`B2Api.authorize_from_environment` reads it,
    and the store has no authorization with it, the first worker authorizes. Without the variable, each worker process
    authorizes for itself.
    """

    account_info: str = "B2_ACCOUNT_INFO_URL"

    def __call__(self) -> B2Api:
        """Make the client, and authorize it unless the store has an authorization.

        :raises MissingAccountData: the environment has neither a store nor a key.
        :raises B2Error: it cannot be authorized.
        """
        url = os.environ.get(self.account_info)
        info = _shared_account_info(url) if url else InMemoryAccountInfo()
        api = B2Api(info)
        try:
            if isinstance(info, InMemoryAccountInfo):
                api.authorize_from_environment()
            else:
                _authorize_unless_others_have(api, info)
        except BaseException:
            close_client(api)
            raise
        return api


def close_client(api: B2Api) -> None:
    """Close a client, and the connections of its account info to a store."""
    api.close()
    if not isinstance(api.account_info, InMemoryAccountInfo):
        close = getattr(api.account_info, "close", None)
        if close is not None:
            close()


def _authorize_unless_others_have(api: B2Api, info: SharedAccountInfo) -> None:
    credentials = credentials_in(os.environ)
    if credentials is not None:
        with info.renewing():
            if not info.is_same_key(credentials.key_id, credentials.realm or DEFAULT_REALM):
                api.authorize_from_environment()


def _shared_account_info(url: str) -> SharedAccountInfo:
    if url.partition(":")[0] in _SCHEMES_OF_REDIS:
        from b2sdk.integrations.redis import RedisAccountInfo  # noqa: PLC0415  # another extra

        return RedisAccountInfo(url)
    from b2sdk.integrations.sql import SqlAccountInfo  # noqa: PLC0415  # another extra

    return SqlAccountInfo(url)


class ClientOfWorker(WorkerPlugin):
    """Keeps the client of one worker: made when the first task needs it, closed when the worker ends."""

    def __init__(self, name: str, make_api: Callable[[], B2Api]) -> None:
        self.name = name
        self._make_api = make_api

    def setup(self, worker: Any) -> None:
        """Begin on a worker."""
        self._lock = threading.Lock()
        self._api: B2Api | None = None

    def teardown(self, worker: Any) -> None:
        """End on a worker."""
        with self._lock:
            api, self._api = self._api, None
        if api is not None:
            close_client(api)

    def api(self) -> B2Api:
        """Return the client."""
        with self._lock:
            if self._api is None:
                self._api = self._make_api()
            return self._api


def api_of_worker(name: str) -> B2Api:
    """Return the client that a plugin keeps on the worker that runs this task."""
    plugin: ClientOfWorker = get_worker().plugins[name]
    return plugin.api()
