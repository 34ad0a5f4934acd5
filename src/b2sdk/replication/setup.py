"""Setting up replication: the keys it is done with, and the configuration of both buckets.

Everything is replaced under the revision that was seen, so a change by another client in between is a ``Conflict``.
"""

from __future__ import annotations

import itertools
import logging
from collections.abc import Collection, Iterable, Iterator
from typing import Any, ClassVar, Protocol, cast

from b2sdk.bucket import Bucket
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
    """What this module needs of the API of a bucket; the restriction to a bucket has another name on each surface."""

    def get_key(self, key_id: str) -> Key | None: ...
    def create_key(self, capabilities: list[str], key_name: str, **restrictions: Any) -> Key: ...


class ReplicationSetupHelper:
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

    def setup_both(
        self,
        source_bucket: Bucket,
        destination_bucket: Bucket,
        name: str | None = None,
        priority: int | None = None,
        prefix: str | None = None,
        include_existing_files: bool = False,
    ) -> tuple[Bucket, Bucket]:
        """Set up both buckets; return the source and the destination as they are then.

        :param source_bucket: whose files are replicated.
        :param destination_bucket: where they are replicated to.
        :param name: name of the rule; ``None`` takes the name of the destination bucket, with a number if it is taken.
        :param priority: of the rule, where several concern a file; ``None`` is a little above the highest so far, or
            128.
        :param prefix: what the names of the files to replicate start with; ``None`` stands for all files.
        :param include_existing_files: whether files that are there already are replicated too.
        :raises ValueError: name or priority are out of bounds, or the name is taken. Nothing has been changed then.
        :raises CapabilityNotAllowed: the key may not read what is configured already. Nothing has been changed then.
        :raises Conflict: a bucket was changed after it was described.
        """
        source_bucket, destination_bucket = _load_configuration(source_bucket), _load_configuration(destination_bucket)
        configuration = _configuration_of(source_bucket)
        # What is wrong with the rule is raised before a key is made for it.
        self._new_rule(configuration.rules, destination_bucket, prefix, name, priority, include_existing_files)
        source_key = self._get_source_key(source_bucket, prefix or "", configuration)
        new_destination_bucket = self.setup_destination(source_key.id_, destination_bucket)
        new_source_bucket = self.setup_source(
            source_bucket, source_key, destination_bucket, prefix, name, priority, include_existing_files
        )
        return new_source_bucket, new_destination_bucket

    def setup_destination(self, source_key_id: str, destination_bucket: Bucket) -> Bucket:
        """Let the bucket accept what is read with the key ``source_key_id``; return it as it is then.

        A key that it accepts something with already is used again; otherwise one is made.

        :raises CapabilityNotAllowed, Conflict: see :meth:`setup_both`.
        """
        destination_bucket = _load_configuration(destination_bucket)
        configuration = _configuration_of(destination_bucket)
        destination_key = self._get_destination_key(_keys_of(destination_bucket), destination_bucket)
        mapping = {**configuration.source_to_destination_key_mapping, source_key_id: destination_key.id_}
        return destination_bucket.update(
            if_revision_is=destination_bucket.revision,
            replication=ReplicationConfiguration(
                **configuration.get_source_configuration_as_dict(), source_to_destination_key_mapping=mapping
            ),
        )

    def setup_source(
        self,
        source_bucket: Bucket,
        source_key: Key,
        destination_bucket: Bucket,
        prefix: str | None = None,
        name: str | None = None,
        priority: int | None = None,
        include_existing_files: bool = False,
    ) -> Bucket:
        """Add a rule to the bucket, and let all its rules read with ``source_key``; return the bucket as it is then.

        ``destination_bucket``, ``prefix``, ``name``, ``priority``, ``include_existing_files`` and the errors are as in
        :meth:`setup_both`.

        :param source_bucket: whose files are replicated.
        :param source_key: an application key that may read them.
        """
        source_bucket = _load_configuration(source_bucket)
        configuration = _configuration_of(source_bucket)
        rules = configuration.rules
        rule = self._new_rule(rules, destination_bucket, prefix, name, priority, include_existing_files)
        if rules and configuration.source_key_id != source_key.id_:
            logger.warning(
                "bucket %s is read with key %s in place of %s, which the destinations of the rules %s must accept",
                *(source_bucket.name, source_key.id_, configuration.source_key_id, [known.name for known in rules]),
            )
        return source_bucket.update(
            if_revision_is=source_bucket.revision,
            replication=ReplicationConfiguration(
                [*rules, rule], source_key.id_, **configuration.get_destination_configuration_as_dict()
            ),
        )

    def _new_rule(
        self,
        rules: Collection[ReplicationRule],
        destination_bucket: Bucket,
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
        cls, current_rules: Iterable[ReplicationRule], destination_bucket: Bucket, name: str | None = None
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
    def _get_source_key(
        cls,
        source_bucket: Bucket,
        prefix: str,  # noqa: ARG003  # for those who override this
        current_replication_configuration: ReplicationConfiguration,
    ) -> Key:
        """Return the key that the bucket is read with, or a new one. It is for all names, whatever the prefix is."""
        key_id = current_replication_configuration.source_key_id
        key = _keys_of(source_bucket).get_key(key_id) if key_id else None
        should_make_new = cls._should_make_new_source_key(current_replication_configuration, key)
        if key is not None and not should_make_new:
            return key
        return cls._create_source_key(_key_name(source_bucket, "-replisrc"), source_bucket)

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
    def _get_destination_key(cls, api: KeyApi, destination_bucket: Bucket) -> Key:
        """Return the latest of the keys that the bucket is written with, or a new one if none is of use."""
        mapping = _configuration_of(destination_bucket).source_to_destination_key_mapping
        for key_id in reversed(dict.fromkeys(mapping.values())):
            key = api.get_key(key_id)
            if key is not None and cls._is_for_all_names(key, cls.DEFAULT_DESTINATION_CAPABILITIES):
                return key
            logger.warning("the destination key %s is of no use", key_id)
        return cls._create_destination_key(_key_name(destination_bucket, "-replidst"), destination_bucket)

    @classmethod
    def _is_for_all_names(cls, key: Key, capabilities: Iterable[str]) -> bool:
        return not key.name_prefix and key.has_capabilities(capabilities)

    @classmethod
    def _create_source_key(cls, name: str, bucket: Bucket, prefix: str | None = None) -> Key:
        return cls._create_key(name, bucket, prefix, cls.DEFAULT_SOURCE_CAPABILITIES)

    @classmethod
    def _create_destination_key(cls, name: str, bucket: Bucket, prefix: str | None = None) -> Key:
        return cls._create_key(name, bucket, prefix, cls.DEFAULT_DESTINATION_CAPABILITIES)

    @classmethod
    def _create_key(cls, name: str, bucket: Bucket, prefix: str | None = None, capabilities: Iterable[str] = ()) -> Key:
        return _keys_of(bucket).create_key(
            capabilities=list(capabilities), key_name=name, name_prefix=prefix, **cls._restriction_to(bucket)
        )

    @classmethod
    def _restriction_to(cls, bucket: Bucket) -> dict[str, Any]:
        """Return the arguments of ``create_key`` that restrict a key to the bucket."""
        return {"bucket_ids": [bucket.id_]}


def _load_configuration(bucket: Bucket) -> Bucket:
    """Return the bucket with what is configured; one that came from a cache has only name and id."""
    return bucket.get_fresh_state() if bucket.revision is None else bucket


def _configuration_of(bucket: Bucket) -> ReplicationConfiguration:
    """Return what is configured, which the caller is going to replace.

    :raises CapabilityNotAllowed: it cannot be seen, so replacing it might lose rules that others have set.
    """
    if not ReplicationConfigurationFactory.from_bucket_dict(bucket.bucket_dict).is_client_authorized_to_read:
        raise CapabilityNotAllowed(f"the application key may not read the replication of bucket {bucket.name}")
    return bucket.replication or ReplicationConfiguration()


def _keys_of(bucket: Bucket) -> KeyApi:
    """Return the API of the bucket's account, of which a bucket itself needs no keys."""
    return cast("KeyApi", bucket.api)


def _key_name(bucket: Bucket, suffix: str) -> str:
    return (bucket.name or "")[: _KEY_NAME_LENGTH - len(suffix)] + suffix
