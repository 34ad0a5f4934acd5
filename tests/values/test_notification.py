from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

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
    unheard: Any = {**answered, "maxEventsPerBatch": 5}
    assert notification_rule_response_to_request(unheard) == {**COMMON, "maxEventsPerBatch": 5}


def test_pydantic_accepts_a_rule_and_refuses_an_event_that_does_not_exist() -> None:
    adapter = TypeAdapter(NotificationRule)
    target = {"targetType": "webhook", "url": "https://example.com", "customHeaders": None}
    rule = {"isEnabled": True, "name": "a-rule", "objectNamePrefix": "", "targetConfiguration": target}
    good = {**rule, "eventTypes": ["b2:ObjectCreated:*"]}
    assert adapter.validate_python(good) == good
    with pytest.raises(ValidationError):
        adapter.validate_python({**rule, "eventTypes": ["b2:Nothing"]})
