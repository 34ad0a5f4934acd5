"""What the storages of one account share in a process: the client, its connections, and the buckets."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import nullcontext
from typing import Any, NamedTuple
from weakref import WeakValueDictionary

from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from b2sdk.account_info.abstract import SharedRenewal
from b2sdk.exception import Unauthorized
from b2sdk.fork import PerProcess, new_lock, new_rlock
from b2sdk.integrations.django.options import wrong
from b2sdk.v3 import AbstractAccountInfo, B2Api, B2HttpApiConfig, Bucket, InMemoryAccountInfo

KEY_ID_VARIABLE = "B2_APPLICATION_KEY_ID"
KEY_VARIABLE = "B2_APPLICATION_KEY"


class Access(NamedTuple):
    """How an account is reached. Accesses that are equal share one client."""

    key_id: str | None
    key: str | None
    realm: str | None
    account_info: Any
    api: Any
    timeouts: Any
    retry_policy: Any
    parallel_uploads: int

    def __repr__(self) -> str:
        return f"Access(key_id={self.key_id!r}, realm={self.realm!r})"  # no secret is shown

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Access:
        """Take what the options of a storage say; without a key, that of the environment, unless there is an account.

        :raises ImproperlyConfigured: there is no key, or half of one in the environment.
        """
        access = cls(**{name: options[name] for name in cls._fields})
        if access.key or access.api is not None:
            return access
        key_id, key = os.environ.get(KEY_ID_VARIABLE) or None, os.environ.get(KEY_VARIABLE) or None
        if access.account_info is not None and not (key_id and key):
            return access
        if key is None or key_id is None:
            raise ImproperlyConfigured(
                "a B2 storage needs an application key: the options 'key_id' and 'key', or the environment variables "
                f"{KEY_ID_VARIABLE} and {KEY_VARIABLE}"
            )
        return access._replace(key_id=key_id, key=key)

    def make_client(self) -> B2Api:
        """Make a client; no request is made.

        :raises ImproperlyConfigured: what an option leads to is none of its kind.
        """
        if self.api is not None:
            api: B2Api = _made("api", self.api, B2Api)
            return api
        info = InMemoryAccountInfo() if self.account_info is None else None
        waiting: dict[str, Any] = {} if self.timeouts is None else {"timeouts": self.timeouts}
        return B2Api(
            info or _made("account_info", self.account_info, AbstractAccountInfo),
            api_config=B2HttpApiConfig(retry_policy=self.retry_policy, **waiting),
            max_upload_workers=self.parallel_uploads,
        )


def _made(option: str, value: Any, kind: type[Any]) -> Any:
    """Return what an option is, or leads to, or makes.

    :raises ImproperlyConfigured: it is none of its kind.
    """
    found = value
    if isinstance(found, str):
        try:
            found = import_string(found)
        except ImportError as error:
            raise wrong(option, f"leads nowhere: {error}") from error
    if not isinstance(found, kind) and callable(found):
        found = found()
    if not isinstance(found, kind):
        raise wrong(option, f"is, leads to or makes no {kind.__name__}, but {type(found).__name__}")
    return found


class SharedClient:
    """An account, for as long as a storage uses it."""

    def __init__(self, access: Access) -> None:
        self.access = access
        self._lock = PerProcess(new_rlock)
        self._api: B2Api | None = None
        self._buckets: dict[str, Bucket] = {}

    def get_api(self) -> B2Api:
        """Return the client; the first call makes it and authorizes it, unless the account info is authorized already.

        :raises B2Error: it cannot be authorized.
        :raises ImproperlyConfigured: what an option leads to is none of its kind.
        """
        if self._api is None:
            with self._lock():
                if self._api is None:
                    api = self.access.make_client()
                    self._authorize(api)
                    self._api = api
        return self._api

    def _authorize(self, api: B2Api) -> None:
        key_id, key, realm = self.access.key_id, self.access.key, self.access.realm or "production"
        info = api.account_info
        if self.access.api is not None or key_id is None or key is None or info.is_same_key(key_id, realm):
            return
        with info.renewing() if isinstance(info, SharedRenewal) else nullcontext():
            if not info.is_same_key(key_id, realm):  # another process may have been faster
                api.authorize_account(key_id, key, realm=realm)

    def get_bucket(self, name: str) -> Bucket:
        """Return a bucket, of which perhaps only name and id are known.

        :raises NonExistentBucket, B2Error:
        """
        bucket = self._buckets.get(name)
        if bucket is None:
            bucket = self._buckets[name] = self.get_api().get_bucket_by_name(name)
        return bucket

    def is_public(self, name: str) -> bool:
        """Whether everyone may download from a bucket; the service is asked once.

        :raises ImproperlyConfigured: the key may not find out.
        """
        bucket = self.get_bucket(name)
        if bucket.type_ is None:
            try:
                bucket = bucket.get_fresh_state()
            except Unauthorized as error:
                raise wrong(
                    "signed_urls", f"is needed, as the key may not find out whether the bucket {name} is public"
                ) from error
            self._buckets[name] = bucket
        return bucket.type_ == "allPublic"

    def close(self) -> None:
        """Close the connections; used after all, it has new ones."""
        if self._api is not None:
            self._api.close()


_clients: WeakValueDictionary[Access, SharedClient] = WeakValueDictionary()
_turn = PerProcess(new_lock)


def share_client(access: Access) -> SharedClient:
    """Return the client of this process for an access."""
    with _turn():
        client = _clients.get(access)
        if client is None:
            client = _clients[access] = SharedClient(access)
        return client
