"""An application key as tests of other programs see and change it."""

from __future__ import annotations

from collections.abc import Mapping

from typing_extensions import Self

from b2sdk.simulator.cloud.model import Key
from b2sdk.simulator.raw.model_attributes import ModelAttribute
from b2sdk.values.json import JsonObject


class KeySimulator:
    """A view of a key in the cloud, or of one of its own."""

    account_id: ModelAttribute[str] = ModelAttribute("account_id")
    name: ModelAttribute[str] = ModelAttribute("name")
    application_key_id: ModelAttribute[str] = ModelAttribute("key_id")
    key: ModelAttribute[str] = ModelAttribute("secret")
    capabilities: ModelAttribute[list[str]] = ModelAttribute("capabilities")
    expiration_timestamp_or_none: ModelAttribute[int | None] = ModelAttribute("expires_at")
    name_prefix_or_none: ModelAttribute[str | None] = ModelAttribute("name_prefix")

    def __init__(
        self,
        account_id: str,
        name: str,
        application_key_id: str,
        key: str,
        capabilities: list[str],
        expiration_timestamp_or_none: int | None,
        buckets_or_none: list[dict[str, str | None]] | None,
        name_prefix_or_none: str | None,
    ) -> None:
        """Buckets are given by ``id`` and ``name``, the time in milliseconds since 1970."""
        self.model: Key = Key(
            key_id=application_key_id,
            secret=key,
            account_id=account_id,
            name=name,
            capabilities=capabilities,
            name_prefix=name_prefix_or_none,
            expires_at=expiration_timestamp_or_none,
        )
        self.buckets_or_none = buckets_or_none

    @property
    def buckets_or_none(self) -> list[dict[str, str | None]] | None:
        """The buckets that the key is confined to."""
        return self._buckets

    @buckets_or_none.setter
    def buckets_or_none(self, buckets: list[dict[str, str | None]] | None) -> None:
        self._buckets = buckets
        self.model.bucket_ids = None if buckets is None else tuple(str(bucket["id"]) for bucket in buckets)

    @classmethod
    def of(cls, key: Key, bucket_names: Mapping[str, str]) -> Self:
        """Return a view of a key that the cloud has."""
        view = cls.__new__(cls)
        key.capabilities = list(key.capabilities)
        view.model, ids = key, key.bucket_ids
        view.buckets_or_none = None if ids is None else [{"id": id_, "name": bucket_names.get(id_)} for id_ in ids]
        return view

    def refresh_names(self, bucket_names: Mapping[str, str]) -> None:
        """Name the buckets as they are called now; ``None`` is the name of one that is gone."""
        for bucket in self.buckets_or_none or ():
            bucket["name"] = bucket_names.get(str(bucket["id"]))

    def _get_bucket_ids(self) -> list[str] | None:  # tests that look at a key ask it
        return None if self.model.bucket_ids is None else list(self.model.bucket_ids)

    def as_key(self) -> JsonObject:
        """Return the key without its secret."""
        return {
            "accountId": self.account_id,
            "bucketIds": self._get_bucket_ids(),
            "applicationKeyId": self.application_key_id,
            "capabilities": self.capabilities,
            "expirationTimestamp": self.expiration_timestamp_or_none,
            "keyName": self.name,
            "namePrefix": self.name_prefix_or_none,
        }

    def as_created_key(self) -> JsonObject:
        """Return the key with its secret."""
        return {**self.as_key(), "applicationKey": self.key}

    def get_allowed(self) -> JsonObject:
        """Return what an authorization says about the key."""
        return {
            "buckets": self.buckets_or_none,
            "capabilities": self.capabilities,
            "namePrefix": self.name_prefix_or_none,
        }
