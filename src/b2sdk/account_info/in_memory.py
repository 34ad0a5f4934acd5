"""Account state in the memory of the process: gone when it ends."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from typing_extensions import override

from b2sdk.account_info.abstract import AnyBucket
from b2sdk.account_info.auth_data import AuthData
from b2sdk.account_info.auth_data_keeper import AuthDataKeeper


class InMemoryAccountInfo(AuthDataKeeper):
    """Keeps everything in attributes. Bucket names survive another authorization; :meth:`clear` drops them.

    No lock is needed: each method reads or replaces one value, or does one operation of a dict.
    """

    def __init__(self, *args: Any, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self._forget()

    def _forget(self) -> None:
        self._auth_data: AuthData | None = None
        self._ids_by_name: dict[str, str] = {}

    @override
    def clear(self) -> None:
        super().clear()
        self._forget()

    @override
    def _load_auth_data(self) -> AuthData | None:
        return self._auth_data

    @override
    def _store_auth_data(self, auth_data: AuthData) -> None:
        self._auth_data = auth_data

    @override
    def list_bucket_names_ids(self) -> list[tuple[str, str]]:
        ids = self._ids_by_name
        # Not the items: while Python up to 3.11 makes the pairs, it may collect garbage, and other threads get a turn.
        return [(name, id_) for name in list(ids) if (id_ := ids.get(name)) is not None]

    @override
    def refresh_entire_bucket_name_cache(self, name_id_iterable: Iterable[tuple[str, str]]) -> None:
        self._ids_by_name = dict(name_id_iterable)

    @override
    def remove_bucket_name(self, bucket_name: str) -> None:
        self._ids_by_name.pop(bucket_name, None)

    @override
    def save_bucket(self, bucket: AnyBucket) -> None:
        self._ids_by_name[bucket.name] = bucket.id_

    @override
    def get_bucket_id_or_none_from_bucket_name(self, bucket_name: str) -> str | None:
        return self._ids_by_name.get(bucket_name)

    @override
    def get_bucket_name_or_none_from_bucket_id(self, bucket_id: str) -> str | None:
        return next((name for name, id_ in self.list_bucket_names_ids() if id_ == bucket_id), None)
