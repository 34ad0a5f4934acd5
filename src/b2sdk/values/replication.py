"""Replication between buckets: rules, configuration, and the status of a file."""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

from typing_extensions import Self

REPLICATION_STATUS_HEADER: Final = "X-Bz-Replication-Status"

_RULE_FIELDS: Mapping[str, str] = {
    "destinationBucketId": "destination_bucket_id",
    "fileNamePrefix": "file_name_prefix",
    "includeExistingFiles": "include_existing_files",
    "isEnabled": "is_enabled",
    "priority": "priority",
    "replicationRuleName": "name",
}


@dataclass
class ReplicationRule:
    """Which files of the source bucket go to which bucket.

    :raises TypeError: the prefix is no text; ``None`` is not all files.
    :raises ValueError: the destination is missing, or name or priority are out of bounds.
    """

    DEFAULT_PRIORITY: ClassVar[int] = 128
    MIN_PRIORITY: ClassVar[int] = 1
    MAX_PRIORITY: ClassVar[int] = 2**31 - 1
    REPLICATION_RULE_REGEX: ClassVar[re.Pattern[str]] = re.compile(r"^[a-zA-Z0-9_\-]{1,64}$")

    destination_bucket_id: str
    name: str
    file_name_prefix: str = ""
    is_enabled: bool = True
    priority: int = DEFAULT_PRIORITY
    include_existing_files: bool = False

    def __post_init__(self) -> None:
        if not self.destination_bucket_id:
            raise ValueError("destination_bucket_id is required")
        if not isinstance(self.file_name_prefix, str):
            raise TypeError(
                f"file_name_prefix must be str, not {type(self.file_name_prefix).__name__}; '' is all files"
            )
        if not self.REPLICATION_RULE_REGEX.fullmatch(self.name):
            raise ValueError("replication rule name is invalid")
        if not self.MIN_PRIORITY <= self.priority <= self.MAX_PRIORITY:
            raise ValueError(f"priority should be within [{self.MIN_PRIORITY}, {self.MAX_PRIORITY}] interval")

    def as_dict(self) -> dict[str, Any]:
        """Return the rule as JSON."""
        return {wire: getattr(self, name) for wire, name in _RULE_FIELDS.items()}

    @classmethod
    def from_dict(cls, value_dict: Mapping[str, Any]) -> Self:
        """Read the service's form; what is missing or ``None`` takes its default."""
        return cls(
            **{name: value_dict[wire] for wire, name in _RULE_FIELDS.items() if value_dict.get(wire) is not None}
        )


@dataclass
class ReplicationConfiguration:
    """What a bucket sends elsewhere (``rules``, read with the key ``source_key_id``) and what it takes in.

    :raises ValueError: rules without a source key, or an empty key id in the mapping.
    """

    rules: list[ReplicationRule] = field(default_factory=list)
    source_key_id: str | None = None
    source_to_destination_key_mapping: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.rules and not self.source_key_id:
            raise ValueError("source_key_id must not be empty")
        for source, destination in self.source_to_destination_key_mapping.items():
            if not source or not destination:
                raise ValueError(
                    f"source_to_destination_key_mapping must not contain empty keys or values: "
                    f"({source}, {destination})"
                )

    @property
    def is_source(self) -> bool:
        """Whether this bucket replicates to others."""
        return bool(self.source_key_id)

    @property
    def is_destination(self) -> bool:
        """Whether other buckets replicate to this one."""
        return bool(self.source_to_destination_key_mapping)

    def get_source_configuration_as_dict(self) -> dict[str, Any]:
        """Return the constructor arguments of the source side."""
        return {"rules": self.rules, "source_key_id": self.source_key_id}

    def get_destination_configuration_as_dict(self) -> dict[str, Any]:
        """Return the constructor arguments of the destination side."""
        return {"source_to_destination_key_mapping": self.source_to_destination_key_mapping}

    def as_dict(self) -> dict[str, Any]:
        """Return the service's form."""
        return {
            "asReplicationSource": (
                {
                    "replicationRules": [rule.as_dict() for rule in self.rules],
                    "sourceApplicationKeyId": self.source_key_id,
                }
                if self.source_key_id
                else None
            ),
            "asReplicationDestination": (
                {"sourceToDestinationKeyMapping": self.source_to_destination_key_mapping}
                if self.source_to_destination_key_mapping
                else None
            ),
        }

    serialize_to_json_for_request = as_dict

    @classmethod
    def from_dict(cls, value_dict: Mapping[str, Any]) -> Self:
        """Read the service's form; either side may be missing or ``None``."""
        source = value_dict.get("asReplicationSource") or {}
        destination = value_dict.get("asReplicationDestination") or {}
        return cls(
            rules=[ReplicationRule.from_dict(rule) for rule in source.get("replicationRules") or []],
            source_key_id=source.get("sourceApplicationKeyId"),
            source_to_destination_key_mapping=destination.get("sourceToDestinationKeyMapping") or {},
        )


@dataclass
class ReplicationConfigurationFactory:
    """A bucket's replication, and whether the application key may see it."""

    is_client_authorized_to_read: bool
    value: ReplicationConfiguration | None

    @classmethod
    def from_bucket_dict(cls, bucket_dict: Mapping[str, Any]) -> Self:
        """Read ``replicationConfiguration``; a missing one is an empty configuration that may be seen."""
        wrapped = bucket_dict.get("replicationConfiguration") or {}
        return cls(
            wrapped.get("isClientAuthorizedToRead", True),
            ReplicationConfiguration.from_dict(wrapped.get("value") or {}),
        )


class ReplicationStatus(enum.Enum):
    """How far the replication of a file version is; ``REPLICA`` marks the copy."""

    PENDING = "PENDING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    REPLICA = "REPLICA"

    @classmethod
    def from_wire(cls, value: str | None) -> ReplicationStatus | None:
        """Read the service's word in whatever case it comes; ``None`` for a file that no rule concerns."""
        return None if value is None else cls[value.upper()]

    @classmethod
    def from_response_headers(cls, headers: Mapping[str, Any]) -> ReplicationStatus | None:
        """Return the status in the headers of a download, or ``None``."""
        return cls.from_wire(headers.get(REPLICATION_STATUS_HEADER))
