"""The one client of a process for each way to reach an account, for as long as something uses it.

Storages and filesystems are made often, and each of them would have connections of its own, and authorize again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from typing import Any, Generic, NamedTuple, TypeVar
from weakref import WeakValueDictionary

from b2sdk.account_info.abstract import SharedRenewal
from b2sdk.fork import PerProcess, new_lock, new_rlock
from b2sdk.v3 import AbstractAccountInfo, B2Api, B2HttpApiConfig

_ClientT = TypeVar("_ClientT", bound="SharedClient")


class Access(NamedTuple):
    """How an account is reached. Accesses that are equal share one client."""

    key_id: str | None
    key: str | None
    realm: str | None
    account_info: Any
    api: Any
    timeouts: Any
    retry_policy: Any
    workers: tuple[tuple[str, int], ...]
    """The numbers of threads of the client, by the names of their parameters."""

    def __repr__(self) -> str:
        return f"Access(key_id={self.key_id!r}, realm={self.realm!r})"  # no secret is shown

    @classmethod
    def of(cls, options: Mapping[str, Any], **workers: int) -> Access:
        """Take the options of these names."""
        return cls(**{name: options[name] for name in cls._fields[:-1]}, workers=tuple(workers.items()))


class SharedClient:
    """A client that is made and authorized when it is first needed."""

    def __init__(self, access: Access) -> None:
        self.access = access
        self._lock = PerProcess(new_rlock)
        self._api: B2Api | None = None

    def get_api(self) -> B2Api:
        """Return the client; the first call authorizes it, unless the account info is authorized with its key already.

        :raises B2Error: it cannot be authorized.
        """
        if self._api is None:
            with self._lock():
                if self._api is None:
                    api = self._make_client()
                    self._authorize(api)
                    self._api = api
        return self._api

    def close(self) -> None:
        """Close the connections; used after all, it has new ones."""
        if self._api is not None:
            self._api.close()

    def _make_client(self) -> B2Api:
        """Make a client; no request is made."""
        access = self.access
        if access.api is not None:
            return self._api_of(access.api)
        waiting: dict[str, Any] = {} if access.timeouts is None else {"timeouts": access.timeouts}
        return B2Api(
            self._account_info_of(access.account_info),
            api_config=B2HttpApiConfig(retry_policy=access.retry_policy, **waiting),
            **dict(access.workers),  # type: ignore[arg-type]  # all of them are numbers
        )

    def _api_of(self, api: Any) -> B2Api:
        """Return the client that an option means."""
        found: B2Api = api
        return found

    def _account_info_of(self, account_info: Any) -> AbstractAccountInfo:
        """Return the account info that an option means, ``None`` included."""
        raise NotImplementedError

    def _authorize(self, api: B2Api) -> None:
        key_id, key, realm = self.access.key_id, self.access.key, self.access.realm or "production"
        info = api.account_info
        if self.access.api is not None or key_id is None or key is None or info.is_same_key(key_id, realm):
            return
        with info.renewing() if isinstance(info, SharedRenewal) else nullcontext():
            if not info.is_same_key(key_id, realm):  # another process may have been faster
                api.authorize_account(key_id, key, realm=realm)


class Shared(Generic[_ClientT]):
    """The clients of this process, by their accesses; those that nothing uses any more are forgotten."""

    def __init__(self, make: Callable[[Access], _ClientT]) -> None:
        self._make = make
        self._known: WeakValueDictionary[Access, _ClientT] = WeakValueDictionary()
        self._turn = PerProcess(new_lock)

    def find(self, access: Access) -> _ClientT:
        """Return the client for an access."""
        with self._turn():
            client = self._known.get(access)
            if client is None:
                client = self._known[access] = self._make(access)
            return client

    def all(self) -> list[_ClientT]:
        with self._turn():
            return list(self._known.values())
