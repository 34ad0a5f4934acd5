from __future__ import annotations

import hashlib
import hmac
import json
import queue
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from b2sdk.simulator import SimulatorServer
from b2sdk.simulator.server import webhooks
from b2sdk.simulator.server.tls import provide_identity

if TYPE_CHECKING:
    from tests.simulator.conftest import OverHttp, Speak

SECRET = "0123456789abcdef0123456789ABCDEF"


class Hook:
    """A webhook on this machine that keeps what it receives."""

    def __init__(self) -> None:
        self.received: queue.Queue[tuple[dict[str, str], bytes]] = queue.Queue()
        self.statuses: list[int] = []
        """The statuses that it returns, then 200."""
        self.gate = threading.Event()
        self.gate.set()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hook.received.put((dict(self.headers.items()), body))
                hook.gate.wait(10)
                self.send_response(hook.statuses.pop(0) if hook.statuses else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # as it is inherited
                """Say nothing."""

        return Handler

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/hook"

    def events(self, count: int) -> list[Any]:
        """Wait for so many events."""
        events: list[Any] = []
        while len(events) < count:
            events += json.loads(self.received.get(timeout=10)[1])["events"]
        return events

    def run(self) -> Iterator[Hook]:
        thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        thread.start()
        yield self
        self.gate.set()
        self.server.shutdown()
        self.server.server_close()
        thread.join()


@pytest.fixture
def hook() -> Iterator[Hook]:
    yield from Hook().run()


@pytest.fixture
def notifying(speak: Speak, monkeypatch: pytest.MonkeyPatch) -> Iterator[OverHttp]:
    """The service, which delivers events, and does not wait long before it tries again."""
    monkeypatch.setattr(webhooks, "_FIRST_WAIT", 0.001)
    with SimulatorServer(deliver_events=True) as server, speak(server) as service:
        yield service


def rule_for(hook: Hook, *event_types: str, **changes: Any) -> dict[str, Any]:
    target = {"targetType": "webhook", "url": hook.url, **changes.pop("target", {})}
    rule = {"name": "my-rule", "isEnabled": True, "objectNamePrefix": "", "targetConfiguration": target}
    return {**rule, "eventTypes": list(event_types or ("b2:ObjectCreated:*",)), **changes}


def bucket_with(service: OverHttp, *rules: dict[str, Any], **params: Any) -> str:
    bucket_id = service.bucket(**params)
    service.ok("b2_set_bucket_notification_rules", bucketId=bucket_id, eventNotificationRules=list(rules))
    return bucket_id


def test_an_upload_is_told_with_a_signature_and_the_headers_of_the_rule(notifying: OverHttp, hook: Hook) -> None:
    headers = [{"name": "X-Color", "value": "blue"}]
    rule = rule_for(hook, target={"hmacSha256SigningSecret": SECRET, "customHeaders": headers})
    bucket_id = bucket_with(notifying, rule)
    file = notifying.uploaded(bucket_id, "name", b"12345")
    sent, body = hook.received.get(timeout=10)
    digest = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    assert (sent["X-Bz-Event-Notification-Signature"], sent["X-Color"]) == (f"v1={digest}", "blue")
    (event,) = json.loads(body)["events"]
    assert len(event.pop("eventId")) == 32
    assert abs(event.pop("eventTimestamp") - file["uploadTimestamp"]) < 10_000
    assert event == {
        "accountId": notifying.account_id,
        "bucketId": bucket_id,
        "bucketName": "my-bucket",
        "eventType": "b2:ObjectCreated:Upload",
        "eventVersion": 1,
        "matchedRuleName": "my-rule",
        "objectName": "name",
        "objectSize": 5,
        "objectVersionId": file["fileId"],
    }


def test_every_kind_of_change_has_its_event(notifying: OverHttp, hook: Hook) -> None:
    kinds = ("b2:ObjectCreated:*", "b2:HideMarkerCreated:*", "b2:ObjectDeleted:*")
    rules = [rule_for(hook, kind, name=f"rule-{number}") for number, kind in enumerate(kinds)]
    lifecycle = [{"fileNamePrefix": "old", "daysFromUploadingToHiding": 1, "daysFromHidingToDeleting": 1}]
    bucket_id = bucket_with(notifying, *rules, lifecycleRules=lifecycle)
    file = notifying.uploaded(bucket_id, "old")
    notifying.ok("b2_copy_file", sourceFileId=file["fileId"], fileName="copy")
    started = notifying.ok("b2_start_large_file", bucketId=bucket_id, fileName="large", contentType="a/b")
    parts = [b"1" * 5_000_000, b"2"]
    for number, part in enumerate(parts, 1):
        notifying.upload_part(started["fileId"], number, part)
    sha1s = [hashlib.sha1(part).hexdigest() for part in parts]
    large = notifying.ok("b2_finish_large_file", fileId=started["fileId"], partSha1Array=sha1s)
    notifying.ok("b2_hide_file", bucketId=bucket_id, fileName="large")
    notifying.ok("b2_delete_file_version", fileName="large", fileId=large["fileId"])
    for _ in range(2):
        notifying.clock.advance(2 * 86_400_000)
        notifying.authorize()
    assert [(event["eventType"].removeprefix("b2:"), event["objectName"]) for event in hook.events(8)] == [
        ("ObjectCreated:Upload", "old"),
        ("ObjectCreated:Copy", "copy"),
        ("ObjectCreated:MultipartUpload", "large"),
        ("HideMarkerCreated:Hide", "large"),
        ("ObjectDeleted:Delete", "large"),
        ("HideMarkerCreated:LifecycleRule", "old"),
        ("ObjectDeleted:LifecycleRule", "old"),
        ("ObjectDeleted:LifecycleRule", "old"),
    ]


def test_only_rules_that_match_are_told(notifying: OverHttp, hook: Hook) -> None:
    rules = [
        rule_for(hook, "b2:ObjectCreated:Upload", objectNamePrefix="a/"),
        rule_for(hook, "b2:ObjectCreated:Upload", objectNamePrefix="b/", name="disabled", isEnabled=False),
        rule_for(hook, "b2:ObjectCreated:Copy", objectNamePrefix="", name="copies"),
    ]
    bucket_id = bucket_with(notifying, *rules)
    for name in ("b/1", "c/2", "a/3"):
        notifying.uploaded(bucket_id, name)
    assert [event["objectName"] for event in hook.events(1)] == ["a/3"]


def test_events_that_wait_together_are_sent_together(notifying: OverHttp, hook: Hook) -> None:
    bucket_id = bucket_with(notifying, rule_for(hook, maxEventsPerBatch=3))
    hook.gate.clear()
    notifying.uploaded(bucket_id, "0")
    assert len(hook.events(1)) == 1  # it waits at the gate
    for number in range(1, 6):
        notifying.uploaded(bucket_id, str(number))
    hook.gate.set()
    batches = [json.loads(hook.received.get(timeout=10)[1])["events"] for _ in range(2)]
    assert [[event["objectName"] for event in batch] for batch in batches] == [["1", "2", "3"], ["4", "5"]]


def test_a_webhook_that_fails_for_a_moment_is_told_again(notifying: OverHttp, hook: Hook) -> None:
    hook.statuses = [500, 302]
    notifying.uploaded(bucket_with(notifying, rule_for(hook)), "name")
    assert len({event["eventId"] for event in hook.events(3)}) == 1


def test_a_webhook_that_keeps_failing_is_suspended(notifying: OverHttp, hook: Hook) -> None:
    hook.statuses = [503] * webhooks.ATTEMPTS
    bucket_id = bucket_with(notifying, rule_for(hook, "b2:ObjectCreated:Upload"), healthy(hook))
    notifying.uploaded(bucket_id, "name")
    hook.events(webhooks.ATTEMPTS)
    notifying.ok("b2_hide_file", bucketId=bucket_id, fileName="name")
    assert hook.events(1)[0]["matchedRuleName"] == "healthy"  # the other one has been given up by now
    notifying.uploaded(bucket_id, "another")
    rules = notifying.ok("b2_get_bucket_notification_rules", bucketId=bucket_id)["eventNotificationRules"]
    assert [(rule["name"], rule["isSuspended"], rule["suspensionReason"]) for rule in rules] == [
        ("healthy", False, ""),
        ("my-rule", True, "The webhook answered with 503"),
    ]
    notifying.ok("b2_hide_file", bucketId=bucket_id, fileName="another")
    assert hook.events(1)[0]["objectName"] == "another"
    assert hook.received.empty()


def healthy(hook: Hook) -> dict[str, Any]:
    return rule_for(hook, "b2:HideMarkerCreated:Hide", name="healthy")


def test_nothing_is_sent_to_another_machine(notifying: OverHttp, hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    async def post(_: Any, target: dict[str, Any], __: bytes) -> None:
        asked.append(target["url"])

    monkeypatch.setattr(webhooks, "_failure_of_post", post)
    far = rule_for(hook, "b2:ObjectCreated:Upload", target={"url": "https://example.com/hook"}, objectNamePrefix="a")
    near = rule_for(hook, "b2:ObjectCreated:Upload", name="nearby", objectNamePrefix="b")
    bucket_id = bucket_with(notifying, far, near)
    for name in ("a", "b"):
        notifying.uploaded(bucket_id, name)
    wait_for(lambda: asked)
    assert asked == [hook.url]


def wait_for(happened: Any) -> None:
    ready = threading.Event()
    for _ in range(1000):
        if happened():
            return
        ready.wait(0.01)
    raise AssertionError("it did not happen within 10 s")


def test_a_webhook_may_speak_tls(notifying: OverHttp, tmp_path: Path) -> None:
    hook = Hook()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(provide_identity(tmp_path, "localhost").certificate)
    hook.server.socket = context.wrap_socket(hook.server.socket, server_side=True)
    running = hook.run()
    next(running)
    url = hook.url.replace("http://127.0.0.1", "https://localhost")
    notifying.uploaded(bucket_with(notifying, rule_for(hook, target={"url": url})), "name")
    assert len(hook.events(1)) == 1
    assert list(running) == []


@pytest.mark.parametrize("url", ["http://example.com/", "http://[bad/", "ftp://127.0.0.1/", "http://10.0.0.1/"])
def test_plain_http_is_for_this_machine_alone(notifying: OverHttp, hook: Hook, url: str) -> None:
    params = {"bucketId": notifying.bucket(), "eventNotificationRules": [rule_for(hook, target={"url": url})]}
    assert notifying.call("b2_set_bucket_notification_rules", params).refusal == (400, "bad_request")


def test_what_does_not_fit_into_the_queue_is_dropped(
    notifying: OverHttp, hook: Hook, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(webhooks, "QUEUE_LENGTH", 1)
    bucket_id = bucket_with(notifying, rule_for(hook))
    hook.gate.clear()
    notifying.uploaded(bucket_id, "at the gate")
    assert len(hook.events(1)) == 1
    for name in ("waiting", "dropped"):
        notifying.uploaded(bucket_id, name)
    hook.gate.set()
    assert hook.events(1)[0]["objectName"] == "waiting"
    assert "1 are waiting" in caplog.text
