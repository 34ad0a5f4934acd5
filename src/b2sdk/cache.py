"""Bucket name to id and back, so that a bucket can be used by its name without asking the service each time.

A cache answers from what it was told and never asks anyone. A bucket that was deleted elsewhere stays in it until the
whole cache is replaced.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable

from typing_extensions import override

from b2sdk.account_info.abstract import AbstractAccountInfo, NamedBucket


class AbstractCache(ABC):
    """What a session remembers of bucket names. Called from several threads at once."""

    def clear(self) -> None:
        """Forget all buckets."""
        self.set_bucket_name_cache(())

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
    def save_bucket(self, bucket: NamedBucket) -> None:
        """Remember one bucket."""

    @abstractmethod
    def set_bucket_name_cache(self, buckets: Iterable[NamedBucket]) -> None:
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
    def save_bucket(self, bucket: NamedBucket) -> None:
        pass

    @override
    def set_bucket_name_cache(self, buckets: Iterable[NamedBucket]) -> None:
        pass


class InMemoryCache(AbstractCache):
    """Remembers for as long as the object lives."""

    def __init__(self) -> None:
        self.name_id_map: dict[str, str] = {}
        self.bucket_name: str | None = None
        """The answer to :meth:`get_bucket_name_or_none_from_allowed`; set by whoever knows it."""

    @override
    def get_bucket_id_or_none_from_bucket_name(self, name: str) -> str | None:
        return self.name_id_map.get(name)

    @override
    def get_bucket_name_or_none_from_allowed(self) -> str | None:
        return self.bucket_name

    @override
    def get_bucket_name_or_none_from_bucket_id(self, bucket_id: str) -> str | None:
        return next((name for name, id_ in list(self.name_id_map.items()) if id_ == bucket_id), None)

    @override
    def list_bucket_names_ids(self) -> list[tuple[str, str]]:
        """Return the remembered buckets as ``(name, id)``, sorted."""
        return sorted(self.name_id_map.items())

    @override
    def save_bucket(self, bucket: NamedBucket) -> None:
        self.name_id_map[bucket.name] = bucket.id_

    @override
    def set_bucket_name_cache(self, buckets: Iterable[NamedBucket]) -> None:
        self.name_id_map = {bucket.name: bucket.id_ for bucket in buckets}


class AuthInfoCache(AbstractCache):
    """Remembers in an account info, beside the authorization; with a SQLite file that is across processes."""

    def __init__(self, info: AbstractAccountInfo) -> None:
        self.info = info

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
    def save_bucket(self, bucket: NamedBucket) -> None:
        self.info.save_bucket(bucket)

    @override
    def set_bucket_name_cache(self, buckets: Iterable[NamedBucket]) -> None:
        self.info.refresh_entire_bucket_name_cache((bucket.name, bucket.id_) for bucket in buckets)
