"""What the storages of one account share in a process: the client, its connections, and the buckets."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from b2sdk.exception import Unauthorized
from b2sdk.integrations.django.options import wrong
from b2sdk.integrations.shared_client import Access, Shared, SharedClient
from b2sdk.protocol_constants import PUBLIC_BUCKET
from b2sdk.v3 import AbstractAccountInfo, B2Api, Bucket, InMemoryAccountInfo
from b2sdk.values.credentials import KEY_ID_VARIABLE, KEY_VARIABLE, credentials_in


def access_of(options: Mapping[str, Any]) -> Access:
    """Take what the options of a storage say; without a key, that of the environment, unless there is an account.

    :raises ImproperlyConfigured: there is no key, or half of one in the environment.
    """
    access = Access.of(options, max_upload_workers=options["parallel_uploads"])
    if access.key or access.api is not None:
        return access
    credentials = credentials_in(os.environ)
    if credentials is not None:
        return access._replace(key_id=credentials.key_id, key=credentials.key, realm=access.realm or credentials.realm)
    if access.account_info is not None:
        return access
    raise ImproperlyConfigured(
        "a B2 storage needs an application key: the options 'key_id' and 'key', or the environment variables "
        f"{KEY_ID_VARIABLE} and {KEY_VARIABLE}"
    )


class Account(SharedClient):
    """An account, for as long as a storage uses it.

    Its client is made with what the options lead to.

    :raises ImproperlyConfigured: that is none of its kind.
    """

    def __init__(self, access: Access) -> None:
        super().__init__(access)
        self._buckets: dict[str, Bucket] = {}

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
        return bucket.type_ == PUBLIC_BUCKET

    def _api_of(self, api: Any) -> B2Api:
        found: B2Api = _made("api", api, B2Api)
        return found

    def _account_info_of(self, account_info: Any) -> AbstractAccountInfo:
        if account_info is None:
            return InMemoryAccountInfo()
        found: AbstractAccountInfo = _made("account_info", account_info, AbstractAccountInfo)
        return found


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


ACCOUNTS: Shared[Account] = Shared(Account)
