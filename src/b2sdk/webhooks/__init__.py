"""Receiving event notifications: verified, as typed events, in a WSGI or ASGI application or by hand.

``signature`` makes and verifies signatures, ``events`` reads a notification, ``responding`` decides what the response
to a request is, and ``wsgi`` and ``asgi`` are the two adapters. What a bucket notifies of is set with
:meth:`b2sdk.v3.Bucket.set_notification_rules`.
"""

from b2sdk.webhooks.asgi import asgi_webhook as asgi_webhook
from b2sdk.webhooks.events import WebhookEvent as WebhookEvent, read_events as read_events
from b2sdk.webhooks.signature import (
    InvalidSignature as InvalidSignature,
    new_signing_secret as new_signing_secret,
    with_signing_secret as with_signing_secret,
)
from b2sdk.webhooks.wsgi import wsgi_webhook as wsgi_webhook

__all__ = [
    "InvalidSignature",
    "WebhookEvent",
    "asgi_webhook",
    "new_signing_secret",
    "read_events",
    "with_signing_secret",
    "wsgi_webhook",
]
