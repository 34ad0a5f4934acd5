"""The rules that are stored with a bucket, in the form in which calls set and return them.

What belongs here is shapes, for type checkers only: nothing imports this module when a program runs. Every field is
there, except in a cloud whose policy does not check rules, which stores what it is given.
"""

from __future__ import annotations

from typing import Literal

from typing_extensions import TypedDict


class CorsRule(TypedDict):
    """What pages of other origins may do with the files."""

    corsRuleName: str
    allowedOrigins: list[str]
    allowedOperations: list[str]
    allowedHeaders: list[str] | None
    exposeHeaders: list[str] | None
    maxAgeSeconds: int


LifecycleAction = Literal[
    "daysFromUploadingToHiding", "daysFromHidingToDeleting", "daysFromStartingToCancelingUnfinishedLargeFiles"
]


class LifecycleRule(TypedDict):
    """What happens by age to files whose names start with a prefix; ``None`` days are never."""

    fileNamePrefix: str
    daysFromUploadingToHiding: int | None
    daysFromHidingToDeleting: int | None
    daysFromStartingToCancelingUnfinishedLargeFiles: int | None


class WebhookHeader(TypedDict):
    """A header of the requests to a webhook."""

    name: str
    value: str


class Target(TypedDict):
    """The webhook that events are posted to."""

    targetType: str
    url: str
    customHeaders: list[WebhookHeader] | None
    hmacSha256SigningSecret: str | None


class Suspension(TypedDict):
    """Whether a rule is suspended; the reason is empty if it is not."""

    isSuspended: bool
    suspensionReason: str


class NewNotificationRule(TypedDict):
    """Which events are posted where, as a call sets it."""

    name: str
    eventTypes: list[str]
    isEnabled: bool
    objectNamePrefix: str
    maxEventsPerBatch: int
    targetConfiguration: Target


class NotificationRule(NewNotificationRule, Suspension):
    """Which events are posted where, as it is stored."""


class ReplicationRule(TypedDict):
    """Which files become replicas, and in which bucket."""

    destinationBucketId: str
    fileNamePrefix: str
    includeExistingFiles: bool
    isEnabled: bool
    priority: int
    replicationRuleName: str


class ReplicationSource(TypedDict):
    """What a bucket sends, read with one key."""

    replicationRules: list[ReplicationRule]
    sourceApplicationKeyId: str


class ReplicationDestination(TypedDict):
    """Which keys write what is sent with which other ones."""

    sourceToDestinationKeyMapping: dict[str, str]


class Replication(TypedDict):
    """What a bucket sends and receives."""

    asReplicationSource: ReplicationSource | None
    asReplicationDestination: ReplicationDestination | None
