"""Bucket name to id and back, so that a bucket can be used by its name without asking the service each time.

A cache returns what was stored in it and never calls the service. A bucket that another program has deleted stays in it
until the service says that there is none with its id, or the whole cache is replaced.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import NamedTuple

from typing_extensions import override

from b2sdk.account_info.abstract import AbstractAccountInfo, AnyBucket


class _Named(NamedTuple):
    name: str
    id_: str


class AbstractCache(ABC):
    """What a session remembers of bucket names. Called from several threads at once."""

    def clear(self) -> None:
        """Forget all buckets."""
        self.set_bucket_name_cache(())

    def forget_bucket(self, bucket_id: str) -> None:
        """Forget one bucket, if it is there."""
        if self.get_bucket_name_or_none_from_bucket_id(bucket_id) is not None:
            rest = [_Named(name, id_) for name, id_ in self.list_bucket_names_ids() if id_ != bucket_id]
            self.set_bucket_name_cache(rest)

    @abstractmethod
    def get_bucket_id_or_none_from_bucket_name(self, name: str) -> str | None:
        """Return the id, or ``None`` when the name is unknown; never an error for that."""

    @abstractmethod
    def get_bucket_name_or_none_from_allowed(self) -> str | None:
        """Return the name of the one bucket that the key is restricted to; ``None`` when there is no such bucket."""

    @abstractmethod
    def get_bucket_name_or_none_from_bucket_id(self, bucket_id: str) -> str | None:
        """Return the name, or ``None`` when the id is unknown; never an error for that."""

    @abstractmethod
    def list_bucket_names_ids(self) -> list[tuple[str, str]]:
        """Return the remembered buckets as ``(name, id)``."""

    @abstractmethod
    def save_bucket(self, bucket: AnyBucket) -> None:
        """Remember one bucket."""

    @abstractmethod
    def set_bucket_name_cache(self, buckets: Iterable[AnyBucket]) -> None:
        """Remember these buckets (objects with ``name`` and ``id_``, not pairs) and no others."""


class DummyCache(AbstractCache):
    """Remembers nothing, so that each name is looked up at the service."""

    @override
    def get_bucket_id_or_none_from_bucket_name(self, name: str) -> str | None:
        return None

    @override
    def get_bucket_name_or_none_from_allowed(self) -> str | None:
        return None

    @override
    def get_bucket_name_or_none_from_bucket_id(self, bucket_id: str) -> str | None:
        return None

    @override
    def list_bucket_names_ids(self) -> list[tuple[str, str]]:
        return []

    @override
    def save_bucket(self, bucket: AnyBucket) -> None:
        pass

    @override
    def set_bucket_name_cache(self, buckets: Iterable[AnyBucket]) -> None:
        pass


class InMemoryCache(AbstractCache):
    """Remembers for as long as the object lives."""

    def __init__(self) -> None:
        self.name_id_map: dict[str, str] = {}
        self.bucket_name: str | None = None
        """The result of :meth:`get_bucket_name_or_none_from_allowed`; set by the code that knows it."""

    @override
    def forget_bucket(self, bucket_id: str) -> None:
        for name, id_ in self.list_bucket_names_ids():
            if id_ == bucket_id:
                self.name_id_map.pop(name, None)

    @override
    def get_bucket_id_or_none_from_bucket_name(self, name: str) -> str | None:
        return self.name_id_map.get(name)

    @override
    def get_bucket_name_or_none_from_allowed(self) -> str | None:
        return self.bucket_name

    @override
    def get_bucket_name_or_none_from_bucket_id(self, bucket_id: str) -> str | None:
        return next((name for name, id_ in self.list_bucket_names_ids() if id_ == bucket_id), None)

    @override
    def list_bucket_names_ids(self) -> list[tuple[str, str]]:
        """Return the remembered buckets as ``(name, id)``, sorted."""
        ids = self.name_id_map
        # Not the items: while Python up to 3.11 makes the pairs, it may collect garbage, and other threads get a turn.
        return sorted((name, id_) for name in list(ids) if (id_ := ids.get(name)) is not None)

    @override
    def save_bucket(self, bucket: AnyBucket) -> None:
        self.name_id_map[bucket.name] = bucket.id_

    @override
    def set_bucket_name_cache(self, buckets: Iterable[AnyBucket]) -> None:
        self.name_id_map = {bucket.name: bucket.id_ for bucket in buckets}


class AuthInfoCache(AbstractCache):
    """Remembers in an account info, beside the authorization; with a SQLite file that is across processes."""

    def __init__(self, info: AbstractAccountInfo) -> None:
        self.info = info

    @override
    def forget_bucket(self, bucket_id: str) -> None:
        name = self.info.get_bucket_name_or_none_from_bucket_id(bucket_id)
        if name is not None:
            self.info.remove_bucket_name(name)

    @override
    def get_bucket_id_or_none_from_bucket_name(self, name: str) -> str | None:
        return self.info.get_bucket_id_or_none_from_bucket_name(name)

    @override
    def get_bucket_name_or_none_from_allowed(self) -> str | None:
        """Return the name of the one bucket that the key is restricted to; ``None`` when there is no such bucket.

        :raises MissingAccountData: nothing was stored in the account info yet.
        """
        allowed = self.info.get_allowed()
        if "bucketName" in allowed:  # the account infos of b2sdk.v2 name at most one bucket
            name: str | None = allowed["bucketName"]
            return name
        names: list[str | None] = [bucket["name"] for bucket in allowed["buckets"] or ()]
        return names[0] if len(names) == 1 else None

    @override
    def get_bucket_name_or_none_from_bucket_id(self, bucket_id: str) -> str | None:
        return self.info.get_bucket_name_or_none_from_bucket_id(bucket_id)

    @override
    def list_bucket_names_ids(self) -> list[tuple[str, str]]:
        return self.info.list_bucket_names_ids()

    @override
    def save_bucket(self, bucket: AnyBucket) -> None:
        self.info.save_bucket(bucket)

    @override
    def set_bucket_name_cache(self, buckets: Iterable[AnyBucket]) -> None:
        self.info.refresh_entire_bucket_name_cache((bucket.name, bucket.id_) for bucket in buckets)
