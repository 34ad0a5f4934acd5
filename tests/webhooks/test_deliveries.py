"""What the local service delivers, received by a web application of each kind."""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest
from tests.serving import serve_asgi, serve_wsgi

from b2sdk.simulator import SimulatorServer
from b2sdk.v3 import B2Api, Bucket, InMemoryAccountInfo, NotificationRule
from b2sdk.webhooks import WebhookEvent, asgi_webhook, new_signing_secret, with_signing_secret, wsgi_webhook

Received = queue.Queue[WebhookEvent]
Serve = Callable[[Received, list[str]], AbstractContextManager[str]]


def serve_blocking(received: Received, secrets: list[str]) -> AbstractContextManager[str]:
    return serve_wsgi(wsgi_webhook(received.put, lambda: secrets))


def serve_awaiting(received: Received, secrets: list[str]) -> AbstractContextManager[str]:
    async def handle(event: WebhookEvent) -> None:
        received.put(event)

    return serve_asgi(asgi_webhook(handle, lambda: secrets), lifespan="off")


@pytest.fixture(scope="module")
def bucket() -> Iterator[Bucket]:
    with SimulatorServer(deliver_events=True) as service, B2Api(InMemoryAccountInfo()) as api:
        api.authorize_account(service.key_id, service.key, service.url)
        yield api.create_bucket("watched", "allPrivate")


@pytest.mark.parametrize("serve", [serve_blocking, serve_awaiting])
def test_events_arrive_while_the_secret_is_changed(bucket: Bucket, serve: Serve) -> None:
    received: Received = queue.Queue()
    secrets = [new_signing_secret()]
    with serve(received, secrets) as url:
        rule: NotificationRule = {
            "name": "all-files",
            "isEnabled": True,
            "eventTypes": ["b2:ObjectCreated:*"],
            "objectNamePrefix": "",
            "targetConfiguration": {
                "targetType": "webhook",
                "url": url,
                "hmacSha256SigningSecret": secrets[0],
            },
        }
        bucket.set_notification_rules([rule])
        file = bucket.upload_bytes(b"12345", "grey.jpg")
        event = received.get(timeout=30)
        assert (event.event_type, event.file_name, event.file_id) == ("b2:ObjectCreated:Upload", "grey.jpg", file.id_)
        assert (event.bucket_name, event.size, event.matched_rule_name) == ("watched", 5, "all-files")

        secrets.append(new_signing_secret())
        bucket.set_notification_rules(with_signing_secret(bucket.get_notification_rules(), secrets[-1]))
        copy = bucket.copy(file.id_, "white.jpg")
        event = received.get(timeout=30)
        assert (event.event_type, event.file_id, event.size) == ("b2:ObjectCreated:Copy", copy.id_, 5)
        del secrets[0]
        bucket.upload_bytes(b"", "black.jpg")
        assert received.get(timeout=30).file_name == "black.jpg"
    (rules,) = bucket.get_notification_rules()
    assert not rules["isSuspended"]
