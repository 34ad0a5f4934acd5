"""What the filesystems of one account share in a process: the client, its connections, and what was seen lately.

fsspec keeps filesystems for ever, and one for each thread that works with an event loop; so they are thin.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, NamedTuple
from weakref import WeakSet, WeakValueDictionary

from b2sdk.fork import PerProcess, new_lock
from b2sdk.integrations.fsspec.listings import Listings
from b2sdk.v3 import AbstractAccountInfo, B2Api, B2HttpApiConfig, InMemoryAccountInfo, SqliteAccountInfo

KEY_ID_VARIABLE = "B2_APPLICATION_KEY_ID"
KEY_VARIABLE = "B2_APPLICATION_KEY"


class Access(NamedTuple):
    """How an account is reached. Accesses that are equal share one client."""

    key_id: str | None
    key: str | None
    realm: str | None
    account_info: AbstractAccountInfo | None
    api: B2Api | None
    timeouts: Any
    retry_policy: Any
    workers: int

    def __repr__(self) -> str:
        return f"Access(key_id={self.key_id!r}, realm={self.realm!r})"  # no secret is shown

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Access:
        """Take what the options of a filesystem say; where they name no key, the environment does.

        :raises ValueError: there is a key without its id, or an id without its key.
        """
        key_id, key = options["key_id"], options["key"]
        if options["api"] is None and options["account_info"] is None:
            key_id = key_id or (None if key else os.environ.get(KEY_ID_VARIABLE) or None)
            key = key or (os.environ.get(KEY_VARIABLE) or None if key_id else None)
        if bool(key_id) != bool(key):
            missing = "key" if key_id else "key_id"
            raise ValueError(f"an application key has two parts: {missing} is missing")
        return cls(**{**{name: options[name] for name in cls._fields}, "key_id": key_id, "key": key})

    def make_client(self) -> B2Api:
        """Make a client; no request is made."""
        if self.api is not None:
            return self.api
        account_info = self.account_info
        if account_info is None:
            account_info = SqliteAccountInfo() if self.key is None else InMemoryAccountInfo()
        waiting: dict[str, Any] = {} if self.timeouts is None else {"timeouts": self.timeouts}
        return B2Api(
            account_info,
            api_config=B2HttpApiConfig(retry_policy=self.retry_policy, **waiting),
            max_upload_workers=self.workers,
            max_copy_workers=self.workers,
            max_download_workers=self.workers,
        )


class Use:
    """That a filesystem uses an account, or has not ended it."""


class SharedAccount:
    """An account, for as long as a filesystem uses it."""

    def __init__(self, access: Access) -> None:
        self.access = access
        self.listings: Listings = Listings()
        self._client = access.make_client()
        self._lock = PerProcess(new_lock)
        self._is_authorized = access.key is None
        self._uses: WeakSet[Use] = WeakSet()

    def get_client(self) -> B2Api:
        """Return the client; the first call authorizes it.

        :raises B2Error: it cannot be authorized.
        """
        if not self._is_authorized:
            with self._lock():
                self._authorize()
        return self._client

    def _authorize(self) -> None:
        access = self.access
        if not self._is_authorized and access.key_id is not None and access.key is not None:
            self._client.authorize_account(access.key_id, access.key, realm=access.realm or "production")
            self._is_authorized = True

    def begin_use(self) -> Use:
        """Return what a filesystem holds for as long as it uses this."""
        use = Use()
        self._uses.add(use)
        return use

    def end_use(self, use: Use) -> None:
        """Close the connections if no other filesystem uses this; used after all, it has new ones."""
        self._uses.discard(use)
        if not self._uses and self.access.api is None:
            self._client.close()


_accounts: WeakValueDictionary[Access, SharedAccount] = WeakValueDictionary()
_turn = PerProcess(new_lock)


def share_account(access: Access) -> SharedAccount:
    """Return the account of this process for an access."""
    with _turn():
        account = _accounts.get(access)
        if account is None:
            account = _accounts[access] = SharedAccount(access)
        return account


def forget_everywhere(path: str, *, with_below: bool = False) -> None:
    """Let every account of this process know that a path has changed: others may see the same buckets by other keys."""
    with _turn():
        accounts = list(_accounts.values())
    for account in accounts:
        account.listings.forget(path, with_below=with_below)
        account.listings.unmake(path, with_parents=True)
