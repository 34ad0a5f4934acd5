"""Event notification rules of a bucket: plain dictionaries of these shapes."""

from __future__ import annotations

from typing import Literal, cast

from typing_extensions import NotRequired, TypedDict

from b2sdk.protocol_constants import EVENT_TYPE


class WebhookHeader(TypedDict):
    """A header that a webhook request carries."""

    name: str
    value: str


class NotificationTargetConfiguration(TypedDict):
    """Where the events go."""

    targetType: Literal["webhook"]
    url: str
    customHeaders: NotRequired[list[WebhookHeader] | None]
    hmacSha256SigningSecret: NotRequired[str | None]
    """32 letters and digits that sign the request; ``None`` leaves it unsigned."""


class NotificationRule(TypedDict):
    """A rule as it is set."""

    eventTypes: list[EVENT_TYPE]
    isEnabled: bool
    name: str
    objectNamePrefix: str
    targetConfiguration: NotificationTargetConfiguration
    suspensionReason: NotRequired[str]
    isSuspended: NotRequired[bool]


class NotificationRuleResponse(TypedDict):
    """A rule as the service returns it."""

    eventTypes: list[EVENT_TYPE]
    isEnabled: bool
    isSuspended: bool
    name: str
    objectNamePrefix: str
    suspensionReason: NotRequired[str]
    targetConfiguration: NotificationTargetConfiguration


_READ_ONLY = frozenset({"isSuspended", "suspensionReason"})


def notification_rule_response_to_request(rule: NotificationRuleResponse) -> NotificationRule:
    """Return a copy that may be sent back: without what only the service sets."""
    return cast("NotificationRule", {name: value for name, value in rule.items() if name not in _READ_ONLY})
