"""How replication is set up, as flows: which keys the buckets are read and written with, and what is configured when.

Everything is replaced under the revision that was seen, so a change by another client in between is a ``Conflict``.
Whether requests are awaited is not known here.
"""

from __future__ import annotations

import itertools
import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from b2sdk.exception import CapabilityNotAllowed
from b2sdk.values.replication import ReplicationConfiguration, ReplicationConfigurationFactory, ReplicationRule

logger: logging.Logger = logging.getLogger(__name__)

_RULE_NAME_LENGTH = 64
_KEY_NAME_LENGTH = 100


class Key(Protocol):
    """What this module needs of an application key."""

    id_: str
    name_prefix: str | None

    def has_capabilities(self, capabilities: Iterable[str]) -> bool: ...


class KeyApi(Protocol):
    """What this module needs of the API of a bucket, whose calls return a key or what is awaited for one.

    The restriction to a bucket has another name on each surface.
    """

    def get_key(self, key_id: str) -> Any: ...
    def create_key(self, capabilities: list[str], key_name: str, **restrictions: Any) -> Any: ...


class ReplicatedBucket(Protocol):
    """What this module needs of a bucket, whose calls return a bucket or what is awaited for one."""

    id_: str
    name: str | None
    revision: int | None
    bucket_dict: dict[str, Any]
    replication: ReplicationConfiguration | None
    api: Any

    def get_fresh_state(self) -> Any: ...
    def update(self, *, if_revision_is: int | None, replication: ReplicationConfiguration) -> Any: ...


BucketT = TypeVar("BucketT", bound=ReplicatedBucket)
"""A bucket, as the client has them."""


class ReplicationSetup(ABC, Generic[BucketT]):
    """Sets up replication from one bucket to another, which may be of another account.

    Keys and rules that are there already stay. The destination accepts the key of the source before a rule uses it.
    """

    PRIORITY_OFFSET: ClassVar[int] = 5
    """How much higher than the highest one a new rule's priority is."""
    DEFAULT_PRIORITY: ClassVar[int] = ReplicationRule.DEFAULT_PRIORITY
    MAX_PRIORITY: ClassVar[int] = ReplicationRule.MAX_PRIORITY
    DEFAULT_SOURCE_CAPABILITIES: ClassVar[tuple[str, ...]] = (
        "readFiles",
        "readFileLegalHolds",
        "readFileRetentions",
    )
    DEFAULT_DESTINATION_CAPABILITIES: ClassVar[tuple[str, ...]] = (
        "writeFiles",
        "writeFileLegalHolds",
        "writeFileRetentions",
        "deleteFiles",
    )

    # What a client performs in its own way; a subclass may replace each.
    setup_destination: ClassVar[Callable[..., Any]]
    setup_source: ClassVar[Callable[..., Any]]
    _get_source_key: ClassVar[Callable[..., Any]]
    _get_destination_key: ClassVar[Callable[..., Any]]

    @staticmethod
    @abstractmethod
    async def _perform(call: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """Return what a call of the client returns: of a bucket, of an API, or of a method that a subclass may have."""

    # --- the flows ---

    async def _set_up_both(
        self,
        source_bucket: BucketT,
        destination_bucket: BucketT,
        name: str | None,
        priority: int | None,
        prefix: str | None,
        include_existing_files: bool,
    ) -> tuple[BucketT, BucketT]:
        source_bucket = await self._load_configuration(source_bucket)
        destination_bucket = await self._load_configuration(destination_bucket)
        configuration = configuration_of(source_bucket)
        # What is wrong with the rule is raised before a key is made for it.
        self._new_rule(configuration.rules, destination_bucket, prefix, name, priority, include_existing_files)
        source_key: Key = await self._perform(self._get_source_key, source_bucket, prefix or "", configuration)
        new_destination_bucket = await self._perform(self.setup_destination, source_key.id_, destination_bucket)
        new_source_bucket = await self._perform(
            *(self.setup_source, source_bucket, source_key, destination_bucket),
            *(prefix, name, priority, include_existing_files),
        )
        return new_source_bucket, new_destination_bucket

    async def _set_up_destination(self, source_key_id: str, destination_bucket: BucketT) -> BucketT:
        destination_bucket = await self._load_configuration(destination_bucket)
        configuration = configuration_of(destination_bucket)
        destination_key: Key = await self._perform(
            self._get_destination_key, destination_bucket.api, destination_bucket
        )
        mapping = {**configuration.source_to_destination_key_mapping, source_key_id: destination_key.id_}
        updated: BucketT = await self._perform(
            destination_bucket.update,
            if_revision_is=destination_bucket.revision,
            replication=ReplicationConfiguration(
                **configuration.get_source_configuration_as_dict(), source_to_destination_key_mapping=mapping
            ),
        )
        return updated

    async def _set_up_source(
        self,
        source_bucket: BucketT,
        source_key: Key,
        destination_bucket: BucketT,
        prefix: str | None,
        name: str | None,
        priority: int | None,
        include_existing_files: bool,
    ) -> BucketT:
        source_bucket = await self._load_configuration(source_bucket)
        configuration = configuration_of(source_bucket)
        rules = configuration.rules
        rule = self._new_rule(rules, destination_bucket, prefix, name, priority, include_existing_files)
        if rules and configuration.source_key_id != source_key.id_:
            logger.warning(
                "bucket %s is read with key %s in place of %s, which the destinations of the rules %s must accept",
                *(source_bucket.name, source_key.id_, configuration.source_key_id, [known.name for known in rules]),
            )
        updated: BucketT = await self._perform(
            source_bucket.update,
            if_revision_is=source_bucket.revision,
            replication=ReplicationConfiguration(
                [*rules, rule], source_key.id_, **configuration.get_destination_configuration_as_dict()
            ),
        )
        return updated

    @classmethod
    async def _load_configuration(cls, bucket: BucketT) -> BucketT:
        """Return the bucket with what is configured; one that came from a cache has only name and id."""
        if bucket.revision is not None:
            return bucket
        fresh: BucketT = await cls._perform(bucket.get_fresh_state)
        return fresh

    @classmethod
    async def _find_source_key(cls, source_bucket: BucketT, configuration: ReplicationConfiguration) -> Key:
        """Return the key that the bucket is read with, or a new one. It is for all names, whatever the prefix is."""
        key_id, api = configuration.source_key_id, source_bucket.api
        key: Key | None = await cls._perform(api.get_key, key_id) if key_id else None
        should_make_new = cls._should_make_new_source_key(configuration, key)
        if key is not None and not should_make_new:
            return key
        name = _key_name(source_bucket, "-replisrc")
        made: Key = await cls._perform(cls._create_source_key, name, source_bucket)
        return made

    @classmethod
    async def _find_destination_key(cls, api: KeyApi, destination_bucket: BucketT) -> Key:
        """Return the latest of the keys that the bucket is written with, or a new one if none is of use."""
        mapping = configuration_of(destination_bucket).source_to_destination_key_mapping
        for key_id in reversed(dict.fromkeys(mapping.values())):
            key: Key | None = await cls._perform(api.get_key, key_id)
            if key is not None and cls._is_for_all_names(key, cls.DEFAULT_DESTINATION_CAPABILITIES):
                return key
            logger.warning("the destination key %s is of no use", key_id)
        name = _key_name(destination_bucket, "-replidst")
        made: Key = await cls._perform(cls._create_destination_key, name, destination_bucket)
        return made

    # --- the rule ---

    def _new_rule(
        self,
        rules: Collection[ReplicationRule],
        destination_bucket: ReplicatedBucket,
        prefix: str | None,
        name: str | None,
        priority: int | None,
        include_existing_files: bool,
    ) -> ReplicationRule:
        return ReplicationRule(
            destination_bucket_id=destination_bucket.id_,
            name=self._get_new_rule_name(rules, destination_bucket, name),
            file_name_prefix=prefix or "",
            priority=self._get_priority_for_new_rule(rules, priority),
            include_existing_files=include_existing_files,
        )

    # --- names and priorities ---

    @classmethod
    def _get_priority_for_new_rule(cls, current_rules: Iterable[ReplicationRule], priority: int | None = None) -> int:
        if priority is not None:
            return priority
        highest = max((rule.priority for rule in current_rules), default=None)
        return cls.DEFAULT_PRIORITY if highest is None else min(highest + cls.PRIORITY_OFFSET, cls.MAX_PRIORITY)

    @classmethod
    def _get_new_rule_name(
        cls, current_rules: Iterable[ReplicationRule], destination_bucket: ReplicatedBucket, name: str | None = None
    ) -> str:
        taken = {rule.name for rule in current_rules}
        if name is not None:
            if name in taken:
                raise ValueError(f"the bucket has a replication rule {name!r} already")
            return name
        base = destination_bucket.name or ""
        candidates = (
            base[: _RULE_NAME_LENGTH - len(suffix)] + suffix for suffix in cls._get_rule_name_candidate_suffixes()
        )
        return next(candidate for candidate in candidates if candidate not in taken)

    @classmethod
    def _get_rule_name_candidate_suffixes(cls) -> Iterator[str]:
        return itertools.chain([""], map(str, itertools.count(2)))

    @classmethod
    def _partion_bucket_path(cls, bucket_path: str) -> tuple[str, str]:
        """Split ``bucket/prefix``; without a slash the prefix is empty."""
        bucket_name, _, prefix = bucket_path.partition("/")
        return bucket_name, prefix

    # --- keys ---

    @classmethod
    def _should_make_new_source_key(
        cls, current_replication_configuration: ReplicationConfiguration, current_source_key: Key | None
    ) -> bool:
        if current_source_key is not None and cls._is_for_all_names(
            current_source_key, cls.DEFAULT_SOURCE_CAPABILITIES
        ):
            return False
        if current_replication_configuration.source_key_id:
            logger.warning("the source key %s is of no use", current_replication_configuration.source_key_id)
        return True

    @classmethod
    def _is_for_all_names(cls, key: Key, capabilities: Iterable[str]) -> bool:
        return not key.name_prefix and key.has_capabilities(capabilities)

    @classmethod
    def _create_source_key(cls, name: str, bucket: ReplicatedBucket, prefix: str | None = None) -> Any:
        return cls._create_key(name, bucket, prefix, cls.DEFAULT_SOURCE_CAPABILITIES)

    @classmethod
    def _create_destination_key(cls, name: str, bucket: ReplicatedBucket, prefix: str | None = None) -> Any:
        return cls._create_key(name, bucket, prefix, cls.DEFAULT_DESTINATION_CAPABILITIES)

    @classmethod
    def _create_key(
        cls, name: str, bucket: ReplicatedBucket, prefix: str | None = None, capabilities: Iterable[str] = ()
    ) -> Any:
        return bucket.api.create_key(
            capabilities=list(capabilities), key_name=name, name_prefix=prefix, **cls._restriction_to(bucket)
        )

    @classmethod
    def _restriction_to(cls, bucket: ReplicatedBucket) -> dict[str, Any]:
        """Return the arguments of ``create_key`` that restrict a key to the bucket."""
        return {"bucket_ids": [bucket.id_]}


def configuration_of(bucket: ReplicatedBucket) -> ReplicationConfiguration:
    """Return what is configured, which the caller is going to replace.

    :raises CapabilityNotAllowed: it cannot be seen, so replacing it might lose rules that others have set.
    """
    if not ReplicationConfigurationFactory.from_bucket_dict(bucket.bucket_dict).is_client_authorized_to_read:
        raise CapabilityNotAllowed(f"the application key may not read the replication of bucket {bucket.name}")
    return bucket.replication or ReplicationConfiguration()


def _key_name(bucket: ReplicatedBucket, suffix: str) -> str:
    return (bucket.name or "")[: _KEY_NAME_LENGTH - len(suffix)] + suffix
