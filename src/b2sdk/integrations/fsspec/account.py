"""What the filesystems of one account share in a process: the client, its connections, and what was seen lately.

fsspec keeps filesystems for ever, and one for each thread that works with an event loop; so they are thin.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any
from weakref import WeakSet

from b2sdk.integrations.fsspec.listings import Listings
from b2sdk.integrations.shared_client import Access, Shared, SharedClient
from b2sdk.v3 import AbstractAccountInfo, InMemoryAccountInfo, SqliteAccountInfo
from b2sdk.values.credentials import KEY_ID_VARIABLE, KEY_VARIABLE, REALM_VARIABLE


def access_of(options: Mapping[str, Any], workers: int) -> Access:
    """Take what the options of a filesystem say; where they name no key, the environment does.

    :raises ValueError: there is a key without its id, or an id without its key.
    """
    access = Access.of(options, max_upload_workers=workers, max_copy_workers=workers, max_download_workers=workers)
    key_id, key, realm = access.key_id, access.key, access.realm
    if access.api is None and access.account_info is None:
        if not (key_id or key):
            key_id, realm = os.environ.get(KEY_ID_VARIABLE), realm or os.environ.get(REALM_VARIABLE)
        key = key or (os.environ.get(KEY_VARIABLE) if key_id else None)
    if bool(key_id) != bool(key):
        missing = "key" if key_id else "key_id"
        raise ValueError(f"an application key has two parts: {missing} is missing")
    return access._replace(key_id=key_id or None, key=key or None, realm=realm or None)


class Use:
    """That a filesystem uses an account, or has not ended it."""


class SharedAccount(SharedClient):
    """An account, for as long as a filesystem uses it."""

    def __init__(self, access: Access) -> None:
        super().__init__(access)
        self.listings: Listings = Listings()
        self._uses: WeakSet[Use] = WeakSet()

    def begin_use(self) -> Use:
        """Return what a filesystem holds for as long as it uses this."""
        use = Use()
        self._uses.add(use)
        return use

    def end_use(self, use: Use) -> None:
        """Close the connections if no other filesystem uses this; used after all, it has new ones."""
        self._uses.discard(use)
        if not self._uses and self.access.api is None:
            self.close()

    def _account_info_of(self, account_info: Any) -> AbstractAccountInfo:
        if account_info is not None:
            given: AbstractAccountInfo = account_info
            return given
        return SqliteAccountInfo() if self.access.key is None else InMemoryAccountInfo()


ACCOUNTS: Shared[SharedAccount] = Shared(SharedAccount)


def forget_everywhere(path: str, *, with_below: bool = False) -> None:
    """Let every account of this process know that a path has changed: others may see the same buckets by other keys."""
    for account in ACCOUNTS.all():
        account.listings.forget(path, with_below=with_below)
        account.listings.unmake(path, with_parents=True)
