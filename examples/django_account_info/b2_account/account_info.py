"""B2 account state in the database of a Django project: for web workers, task workers and commands alike.

    info = DjangoAccountInfo()
    api = B2Api(info)
    with info.renewing():
        if not info.is_same_key(KEY_ID, "production"):
            api.authorize_account(KEY_ID, KEY)

What to learn from it for other databases:

- It has a connection of its own, by the alias ``b2_account``. In the transaction of a request, a rollback would put an
  upload URL back that is in use.
- What is taken is deleted and committed before it is used. If the process dies, it is lost, and that is right.
- A row is locked while a process authorizes. If the process dies, its connection breaks, and the lock is released.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from django.db import close_old_connections, connections, transaction

from b2_account.models import Authorization, BucketName, UploadUrl
from b2sdk.account_info.abstract import SharedRenewal
from b2sdk.v3 import AbstractAccountInfo
from b2sdk.v3.exception import MissingAccountData

_FIELDS = (
    "account_id",
    "auth_token",
    "api_url",
    "download_url",
    "recommended_part_size",
    "absolute_minimum_part_size",
    "application_key",
    "realm",
    "s3_api_url",
    "allowed",
    "application_key_id",
)


class NamedBucket(Protocol):
    """What is read of a bucket."""

    @property
    def name(self) -> Any: ...

    @property
    def id_(self) -> str: ...


class DjangoAccountInfo(AbstractAccountInfo, SharedRenewal):
    """Shares one authorization and one pool of upload URLs among all who use the database."""

    def __init__(self, using: str = "b2_account") -> None:
        self._using = using

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """Begin a transaction, in which readers of this thread are, too, while it authorizes."""
        if not connections[self._using].in_atomic_block:
            close_old_connections()  # a server that was restarted has closed them
        with transaction.atomic(using=self._using):
            yield

    def _lock(self) -> Authorization:
        """Wait until nobody else changes anything, and keep others waiting until the transaction ends."""
        rows = Authorization.objects.using(self._using)
        rows.bulk_create([Authorization(data=None)], ignore_conflicts=True)
        row: Authorization = rows.select_for_update().get()
        return row

    @contextmanager
    def renewing(self, rejected_token: str | None = None) -> Iterator[None]:
        with self._transaction():
            self._lock()
            yield

    def clear(self) -> None:
        with self._transaction():
            self._replace(None)
            BucketName.objects.using(self._using).all().delete()

    # --- the authorization ---

    def _set_auth_data(self, *values: Any) -> None:
        with self._transaction():
            self._replace(dict(zip(_FIELDS, values, strict=True)))

    def _replace(self, data: dict[str, Any] | None) -> None:
        row = self._lock()
        row.data = data
        row.save(using=self._using)
        UploadUrl.objects.using(self._using).all().delete()

    def _value(self, name: str) -> Any:
        with self._transaction():
            row = Authorization.objects.using(self._using).first()
        if row is None or row.data is None:
            raise MissingAccountData(name)  # the SDK takes this, and only this, as "not authorized yet"
        return row.data[name]

    def get_account_id(self) -> str:
        return str(self._value("account_id"))

    def get_account_auth_token(self) -> str:
        return str(self._value("auth_token"))

    def get_api_url(self) -> str:
        return str(self._value("api_url"))

    def get_download_url(self) -> str:
        return str(self._value("download_url"))

    def get_recommended_part_size(self) -> int:
        return int(self._value("recommended_part_size"))

    def get_absolute_minimum_part_size(self) -> int:
        return int(self._value("absolute_minimum_part_size"))

    def get_application_key(self) -> str:
        return str(self._value("application_key"))

    def get_realm(self) -> str:
        return str(self._value("realm"))

    def get_s3_api_url(self) -> str:
        return str(self._value("s3_api_url"))

    def get_allowed(self) -> dict[str, Any]:
        return dict(self._value("allowed"))

    def get_application_key_id(self) -> str:
        return str(self._value("application_key_id"))

    # --- names of buckets ---

    def list_bucket_names_ids(self) -> list[tuple[str, str]]:
        with self._transaction():
            return list(BucketName.objects.using(self._using).values_list("name", "bucket_id"))

    def refresh_entire_bucket_name_cache(self, name_id_iterable: Iterable[tuple[str, str]]) -> None:
        buckets = [BucketName(name=name, bucket_id=id_) for name, id_ in dict(name_id_iterable).items()]
        with self._transaction():
            self._lock()
            BucketName.objects.using(self._using).all().delete()
            BucketName.objects.using(self._using).bulk_create(buckets)

    def save_bucket(self, bucket: NamedBucket) -> None:
        with self._transaction():
            self._lock()
            BucketName.objects.using(self._using).update_or_create(name=bucket.name, defaults={"bucket_id": bucket.id_})

    def remove_bucket_name(self, bucket_name: str) -> None:
        with self._transaction():
            self._lock()
            BucketName.objects.using(self._using).filter(name=bucket_name).delete()

    def get_bucket_id_or_none_from_bucket_name(self, bucket_name: str) -> str | None:
        with self._transaction():
            bucket = BucketName.objects.using(self._using).filter(name=bucket_name).first()
        return bucket.bucket_id if bucket else None

    def get_bucket_name_or_none_from_bucket_id(self, bucket_id: str) -> str | None:
        with self._transaction():
            bucket = BucketName.objects.using(self._using).filter(bucket_id=bucket_id).first()
        return bucket.name if bucket else None

    # --- upload URLs ---

    def _take(self, target: str) -> tuple[str, str] | tuple[None, None]:
        with self._transaction():
            # Locked rows are being taken by others: there is no point in waiting for them.
            free = UploadUrl.objects.using(self._using).select_for_update(skip_locked=True)
            found = free.filter(target=target).order_by("-id").first()
            if found is None:
                return None, None
            found.delete()
        return found.url, found.token

    def _put(self, target: str, url: str, token: str) -> None:
        with self._transaction():
            UploadUrl.objects.using(self._using).create(target=target, url=url, token=token)

    def _drop(self, target: str) -> None:
        with self._transaction():
            UploadUrl.objects.using(self._using).filter(target=target).delete()

    def take_bucket_upload_url(self, bucket_id: str) -> tuple[str, str] | tuple[None, None]:
        return self._take(f"files:{bucket_id}")

    def put_bucket_upload_url(self, bucket_id: str, upload_url: str, upload_auth_token: str) -> None:
        self._put(f"files:{bucket_id}", upload_url, upload_auth_token)

    def clear_bucket_upload_data(self, bucket_id: str) -> None:
        self._drop(f"files:{bucket_id}")

    def take_large_file_upload_url(self, file_id: str) -> tuple[str, str] | tuple[None, None]:
        return self._take(f"parts:{file_id}")

    def put_large_file_upload_url(self, file_id: str, upload_url: str, upload_auth_token: str) -> None:
        self._put(f"parts:{file_id}", upload_url, upload_auth_token)

    def clear_large_file_upload_urls(self, file_id: str) -> None:
        self._drop(f"parts:{file_id}")


_of_the_parent: list[Any] = []


def _begin_in_child() -> None:
    """Forget the connections that a forked process has inherited, without closing them: the parent uses them."""
    for connection in connections.all(initialized_only=True):
        _of_the_parent.append(connection.connection)
        connection.connection = None
        connection.in_atomic_block = False


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_in_child)
