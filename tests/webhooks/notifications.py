"""Notifications as the service posts them."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

SECRET = "0123456789abcdef0123456789ABCDEF"
OLD_SECRET = "00000000000000000000000000000000"


def sign(body: bytes, secret: str) -> str:
    return "v1=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def event(**changed: Any) -> dict[str, Any]:
    fields = {
        "accountId": "0123456789ab",
        "bucketId": "4a48fe8875c6214145260818",
        "bucketName": "pictures",
        "eventId": "3f2a",
        "eventTimestamp": 1_700_000_000_123,
        "eventType": "b2:ObjectCreated:Upload",
        "eventVersion": 1,
        "matchedRuleName": "images",
        "objectName": "cats/grey.jpg",
        "objectSize": 10_495_842,
        "objectVersionId": "4_z4a48fe8875c6214145260818_f1",
    } | changed
    return {name: value for name, value in fields.items() if value != "absent"}


def the_test_event() -> dict[str, Any]:
    return event(eventType="b2:TestEvent", objectName="absent", objectSize="absent", objectVersionId="absent")


def notification(*events: Any) -> bytes:
    return json.dumps({"events": events}).encode()
