from __future__ import annotations

from b2sdk.values.notification import (
    NotificationRule,
    NotificationRuleResponse,
    notification_rule_response_to_request,
)

COMMON: NotificationRule = {
    "eventTypes": ["b2:ObjectCreated:*"],
    "isEnabled": True,
    "name": "a-rule",
    "objectNamePrefix": "",
    "targetConfiguration": {"targetType": "webhook", "url": "https://example.com"},
}


def test_a_rule_is_sent_back_without_what_only_the_service_sets() -> None:
    answered: NotificationRuleResponse = {**COMMON, "isSuspended": True, "suspensionReason": "too many errors"}
    assert notification_rule_response_to_request(answered) == COMMON
    assert answered["suspensionReason"] == "too many errors"
