"""What a notification says, as typed events."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from types import MappingProxyType
from typing import Any, Final

from b2sdk.exception import UnexpectedCloudBehaviour
from b2sdk.values.shape import ID, MALFORMED, TEXT, Kind, Shape, whole_number
from b2sdk.webhooks.signature import Secrets, verify_signature

TEST_EVENT: Final = "b2:TestEvent"
"""The type of an event that only shows that a webhook responds. No rule names it."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=timezone.utc)
_LAST_MILLISECOND: Final = int((datetime.max.replace(tzinfo=timezone.utc) - _EPOCH).total_seconds()) * 1000
_COUNT: Final = whole_number("a whole number that is not negative", 0, 2**63 - 1)
_EVENT: Final = Shape(
    "an event",
    {
        "accountId": ID,
        "bucketId": ID,
        "bucketName": ID,
        "eventId": ID,
        "eventTimestamp": whole_number("a time in milliseconds", 0, _LAST_MILLISECOND),
        "eventType": ID,
        "eventVersion": _COUNT,
        "matchedRuleName": TEXT,
    },
    {"objectName": TEXT, "objectVersionId": ID, "objectSize": _COUNT},
)
_NOTIFICATION: Final = Shape(
    "a notification",
    {"events": Kind("a list of events", lambda value: isinstance(value, list) and all(map(_EVENT.fits, value)))},
)


@dataclass(frozen=True)
class WebhookEvent:
    """Something that happened in a bucket and that a notification rule asked for.

    The service may deliver an event more than once, and in any order. ``event_id`` tells which have been seen.
    """

    event_id: str
    """Never the same for two events."""
    event_type: str
    """For instance ``b2:ObjectCreated:Upload``; there may be types that this version does not know."""
    event_version: int
    """Of the form of events: 1."""
    event_timestamp: int
    """When it happened, in milliseconds since 1970, UTC."""
    account_id: str
    bucket_id: str
    bucket_name: str
    matched_rule_name: str
    """The notification rule that asked for it."""
    file_name: str | None
    """``None`` in a test event."""
    file_id: str | None
    """Of the file version; ``None`` in a test event."""
    size: int | None
    """Of the file version, in bytes; ``None`` for hide markers, deletions and test events."""
    fields: Mapping[str, Any] = field(repr=False, hash=False)
    """The event as it came, with what this version does not know."""

    @property
    def time(self) -> datetime:
        """When it happened, in UTC."""
        return _EPOCH + timedelta(milliseconds=self.event_timestamp)

    @property
    def is_test(self) -> bool:
        """Whether nothing happened: the event shows that the webhook responds."""
        return self.event_type == TEST_EVENT


def read_events(body: bytes, signature: str | None, secrets: Secrets) -> list[WebhookEvent]:
    """Verify a notification, and return its events.

    :param body: of the request, byte for byte as it came: JSON that was parsed and written again has another signature.
    :param signature: the header ``X-Bz-Event-Notification-Signature``; ``None`` if there is none.
    :param secrets: the signing secret of the rule, several (of more than one rule, or while one is changed), or a
        function that returns those that are valid now.
    :raises InvalidSignature: the notification is not signed, or not with one of the secrets. It was not looked into.
    :raises UnexpectedCloudBehaviour: it is signed, but not what the service is known to send.
    :raises ValueError: there is no secret, or an empty one.
    """
    verify_signature(body, signature, secrets)
    try:
        notification = json.loads(body)
    except MALFORMED as error:
        raise UnexpectedCloudBehaviour(f"a notification is no JSON: {type(error).__name__}") from None
    with _NOTIFICATION.reading(notification):
        return [_event(fields) for fields in notification["events"]]


def _event(fields: dict[str, Any]) -> WebhookEvent:
    return WebhookEvent(
        event_id=fields["eventId"],
        event_type=fields["eventType"],
        event_version=fields["eventVersion"],
        event_timestamp=fields["eventTimestamp"],
        account_id=fields["accountId"],
        bucket_id=fields["bucketId"],
        bucket_name=fields["bucketName"],
        matched_rule_name=fields["matchedRuleName"],
        file_name=fields.get("objectName"),
        file_id=fields.get("objectVersionId"),
        size=fields.get("objectSize"),
        fields=MappingProxyType(fields),
    )
