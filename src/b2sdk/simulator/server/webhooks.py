"""Delivery of event notifications to webhooks on this machine.

What belongs here is the way from an event to the webhook: which rules match is in ``notifications``. Events wait in a
queue that is bounded, and are sent one batch after the other; a rule whose webhook fails too often is suspended, as
at the service. Nothing is ever sent to another machine.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import logging
import secrets
from collections import deque
from typing import TYPE_CHECKING, Any, Final

import aiohttp
from typing_extensions import Self

from b2sdk.protocol_constants import EVENT_SIGNATURE_HEADER, EVENT_TYPE
from b2sdk.simulator.cloud import notifications
from b2sdk.simulator.cloud.cloud import Cloud
from b2sdk.simulator.cloud.model import Bucket, FileVersion, Thing
from b2sdk.simulator.protocol.loopback import is_loopback_url

if TYPE_CHECKING:
    from b2sdk.simulator.cloud.rules import NotificationRule, Target

logger: logging.Logger = logging.getLogger(__name__)

QUEUE_LENGTH: Final = 10_000
"""How many events may wait; further ones are dropped."""
ATTEMPTS: Final = 4
"""After how many failures in a row a rule is suspended."""
_FIRST_WAIT: Final = 0.1
_TIMEOUT: Final = aiohttp.ClientTimeout(total=5)

Waiting = tuple[str, str, dict[str, Any]]
"""Bucket id, name of the rule, event."""


class Webhooks:
    """What is still to be delivered; as an async context manager, it delivers until it is left."""

    def __init__(self) -> None:
        self._waiting: deque[Waiting] = deque()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._arrived = asyncio.Event()
        self._cloud: Cloud | None = None
        self._delivering: asyncio.Task[None] | None = None

    def follow(self, cloud: Cloud) -> None:
        """Deliver the events of this cloud from now on; what still waits of another finds its buckets gone."""
        self._cloud = cloud
        cloud.state.observers.append(self)

    def on_change(self, thing: Thing) -> None:
        """Rules speak of events alone."""

    def on_event(self, event_type: EVENT_TYPE, bucket: Bucket, version: FileVersion) -> None:
        """Put the event into the queue once for each rule that matches."""
        for rule in notifications.rules_for(bucket, event_type, version.name):
            if len(self._waiting) >= QUEUE_LENGTH:
                logger.warning("an event notification was dropped: %s are waiting", QUEUE_LENGTH)
                return
            self._waiting.append((bucket.bucket_id, rule["name"], self._event(event_type, bucket, version, rule)))
        if self._waiting and self._loop is not None:
            self._loop.call_soon_threadsafe(self._arrived.set)

    def _event(
        self, event_type: EVENT_TYPE, bucket: Bucket, version: FileVersion, rule: NotificationRule
    ) -> dict[str, Any]:
        return {
            "accountId": bucket.account_id,
            "bucketId": bucket.bucket_id,
            "bucketName": bucket.name,
            "eventId": secrets.token_hex(16),
            "eventTimestamp": 0 if self._cloud is None else self._cloud.clock.now(),
            "eventType": event_type,
            "eventVersion": 1,
            "matchedRuleName": rule["name"],
            "objectName": version.name,
            "objectSize": None if version.action == "hide" else version.content.size,
            "objectVersionId": version.file_id,
        }

    # --- delivery, in the server's loop ---

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._delivering = asyncio.create_task(self._deliver())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._delivering is not None:
            self._delivering.cancel()
            await asyncio.wait([self._delivering])

    async def _deliver(self) -> None:
        async with aiohttp.ClientSession(timeout=_TIMEOUT, cookie_jar=aiohttp.DummyCookieJar()) as session:
            while True:
                self._arrived.clear()
                if not self._waiting:
                    await self._arrived.wait()
                while self._waiting:
                    await self._deliver_first(session)

    async def _deliver_first(self, session: aiohttp.ClientSession) -> None:
        bucket_id, name, event = self._waiting.popleft()
        rule = self._rule(bucket_id, name)
        if rule is None:
            return
        events = [event]
        while len(events) < rule["maxEventsPerBatch"] and self._waiting and self._waiting[0][:2] == (bucket_id, name):
            events.append(self._waiting.popleft()[2])
        failure = await _deliver_batch(session, rule["targetConfiguration"], json.dumps({"events": events}).encode())
        if failure is not None:
            self._suspend(bucket_id, name, failure)

    def _rule(self, bucket_id: str, name: str) -> NotificationRule | None:
        bucket = None if self._cloud is None else self._cloud.state.buckets.get(bucket_id)
        rules = [] if bucket is None else bucket.notification_rules
        return next((rule for rule in rules if rule["name"] == name and not rule["isSuspended"]), None)

    def _suspend(self, bucket_id: str, name: str, reason: str) -> None:
        rule = self._rule(bucket_id, name)
        if rule is not None and self._cloud is not None:
            with self._cloud.lock:
                rule["isSuspended"], rule["suspensionReason"] = True, reason
                self._cloud.state.report_change(self._cloud.state.buckets[bucket_id])


async def _deliver_batch(session: aiohttp.ClientSession, target: Target, body: bytes) -> str | None:
    """Post a batch, more than once if need be; return why it failed, if it did."""
    if not is_loopback_url(target["url"]):
        return None
    failure = None
    for attempt in range(ATTEMPTS):
        await asyncio.sleep(0 if attempt == 0 else _FIRST_WAIT * 2 ** (attempt - 1))
        failure = await _failure_of_post(session, target, body)
        if failure is None:
            return None
    return failure


async def _failure_of_post(session: aiohttp.ClientSession, target: Target, body: bytes) -> str | None:
    try:
        # Certificates of this machine's own webhooks are signed by nobody, and there is nobody in between.
        async with session.post(
            target["url"], data=body, headers=_headers(target, body), ssl=False, allow_redirects=False
        ) as response:
            return None if 200 <= response.status < 300 else f"The webhook answered with {response.status}"
    except (aiohttp.ClientError, asyncio.TimeoutError, ValueError) as error:
        return f"The webhook did not answer: {type(error).__name__}"


def _headers(target: Target, body: bytes) -> dict[str, str]:
    headers = {header["name"]: header["value"] for header in target["customHeaders"] or ()}
    headers["Content-Type"] = "application/json"
    secret = target.get("hmacSha256SigningSecret")
    if secret is not None:
        headers[EVENT_SIGNATURE_HEADER] = "v1=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return headers
