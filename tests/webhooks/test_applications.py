"""Both adapters, with the same requests."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, NamedTuple
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import validator

import pytest
from tests.webhooks.notifications import OLD_SECRET, SECRET, event, notification, sign, the_test_event

from b2sdk.webhooks import WebhookEvent, asgi_webhook, wsgi_webhook

Handle = Callable[[WebhookEvent], None]
Headers = Iterable[tuple[str, str]]


class Asked(NamedTuple):
    """A webhook, and a request that is sent to it."""

    handle: Handle
    body: bytes
    headers: Headers
    method: str = "POST"
    secrets: Any = (SECRET, OLD_SECRET)
    most_bytes: int = 10_000
    is_chunked: bool = False


Response = tuple[int, dict[str, str]]
"""Status and headers."""
Ask = Callable[..., Response]
"""Takes the fields of an ``Asked``."""


def ask_wsgi(asked: Asked) -> Response:
    handle, body, headers, method, secrets, most_bytes, is_chunked = asked
    joined: dict[str, str] = {}
    for name, value in headers:
        key = name.upper().replace("-", "_")
        key = key if key == "CONTENT_LENGTH" else "HTTP_" + key
        joined[key] = f"{joined[key]},{value}" if key in joined else value
    environ: dict[str, Any] = {"REQUEST_METHOD": method, "QUERY_STRING": "", "wsgi.input": io.BytesIO(body)}
    environ |= joined
    if is_chunked:
        environ["wsgi.input_terminated"] = True
    else:
        environ.setdefault("CONTENT_LENGTH", str(len(body)))
    setup_testing_defaults(environ)
    answer: list[tuple[int, dict[str, str]]] = []

    def start_response(status: str, headers: list[tuple[str, str]], _error: Any = None) -> Callable[[bytes], object]:
        answer.append((int(status.partition(" ")[0]), dict(headers)))
        return lambda _: None

    webhook: Any = wsgi_webhook(handle, secrets, most_bytes=most_bytes)
    # The validator demands that servers send no length that is none.
    application: Any = validator(webhook) if (environ.get("CONTENT_LENGTH") or "0").isdigit() else webhook
    content: Any = application(environ, start_response)
    assert list(content) == []
    if content:
        content.close()
    return answer[0]


def ask_asgi(asked: Asked) -> Response:
    handle, body, headers, method, secrets, most_bytes, is_chunked = asked
    raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers]
    if not is_chunked and all(name != b"content-length" for name, _ in raw):
        raw.append((b"content-length", str(len(body)).encode()))
    sent: list[Any] = []

    async def awaited(event: WebhookEvent) -> None:
        await asyncio.sleep(0)
        handle(event)

    asyncio.run(
        asgi_webhook(awaited, secrets, most_bytes=most_bytes)(
            {"type": "http", "method": method, "headers": raw},
            messages(
                [
                    {"type": "http.request", "body": body[:7], "more_body": True},
                    {"type": "http.request", "body": body[7:]},
                ]
            ),
            keep_in(sent),
        )
    )
    start, end = sent
    assert (start["type"], end) == ("http.response.start", {"type": "http.response.body", "body": b""})
    return start["status"], {name.decode().title(): value.decode() for name, value in start["headers"]}


def messages(coming: list[dict[str, Any]]) -> Callable[[], Awaitable[dict[str, Any]]]:
    async def receive() -> dict[str, Any]:
        return coming.pop(0)

    return receive


def keep_in(sent: list[Any]) -> Callable[[Any], Awaitable[None]]:
    async def send(message: Any) -> None:
        sent.append(message)

    return send


@pytest.fixture(params=[ask_wsgi, ask_asgi])
def ask(request: pytest.FixtureRequest) -> Ask:
    return lambda *args, **kwargs: request.param(Asked(*args, **kwargs))


def signed(body: bytes, secret: str = SECRET) -> Headers:
    return [("X-Bz-Event-Notification-Signature", sign(body, secret))]


@pytest.mark.parametrize("secret", [SECRET, OLD_SECRET])
@pytest.mark.parametrize("is_chunked", [False, True])
def test_events_are_handled_and_then_acknowledged(ask: Ask, secret: str, is_chunked: bool) -> None:
    handled: list[str] = []
    body = notification(event(eventId="1"), the_test_event(), event(eventId="2"))
    status, headers = ask(
        lambda event: handled.append(event.event_id), body, signed(body, secret), is_chunked=is_chunked
    )
    assert (status, headers) == (200, {"Content-Type": "text/plain", "Content-Length": "0"})
    assert handled == ["1", "2"]


def test_secrets_may_be_found_out_for_each_request(ask: Ask) -> None:
    body = notification(the_test_event())
    assert ask(never, body, signed(body), secrets=lambda: [SECRET])[0] == 200
    with pytest.raises(ValueError, match="needs a signing secret"):
        ask(never, body, signed(body), secrets=list)


def test_of_several_signatures_one_has_to_be_right(ask: Ask) -> None:
    body = notification(the_test_event())
    assert ask(never, body, [*signed(body, "unknown"), *signed(body)])[0] == 200


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (notification(event()), [], 401),
        (notification(event()), signed(b"another"), 401),
        (notification(event()), signed(notification(event()), "unknown"), 401),
        (b"no JSON", signed(b"no JSON"), 400),
        (notification(event(eventId=None)), signed(notification(event(eventId=None))), 400),
        (b" " * 10_001, signed(b" " * 10_001), 413),
        (b"", [("Content-Length", "10001")], 413),
        (b"", [("Content-Length", "-1")], 400),
        (b"", [("Content-Length", "much")], 400),
    ],
)
def test_what_is_no_notification_is_handled_by_nobody(ask: Ask, body: bytes, headers: Headers, status: int) -> None:
    assert ask(never, body, headers)[0] == status


def test_what_does_not_say_its_length_is_not_read_for_ever(ask: Ask) -> None:
    assert ask(never, b" " * 10_001, [], is_chunked=True)[0] == 413


def test_only_post_is_allowed(ask: Ask) -> None:
    status, headers = ask(never, b"", [], method="GET")
    assert (status, headers["Allow"]) == (405, "POST")


def test_what_the_function_raises_is_the_servers(ask: Ask) -> None:
    class OwnError(Exception):
        pass

    def fail(event: WebhookEvent) -> None:
        raise OwnError(event.event_id)

    body = notification(event())
    with pytest.raises(OwnError, match="3f2a"):
        ask(fail, body, signed(body))


@pytest.mark.parametrize("secrets", ["", [], [""]])
def test_a_webhook_is_not_made_without_secrets(ask: Ask, secrets: Any) -> None:
    with pytest.raises(ValueError, match="needs a signing secret"):
        ask(never, b"", [], secrets=secrets)


def test_a_limit_is_positive(ask: Ask) -> None:
    with pytest.raises(ValueError, match="most_bytes"):
        ask(never, b"", [], most_bytes=0)


def test_a_wsgi_body_without_a_length_is_refused() -> None:
    status, _ = ask_wsgi(Asked(never, b"", [("Content-Length", "")]))
    assert status == 411


def test_a_sender_that_goes_away_is_not_answered() -> None:
    sent: list[Any] = []
    scope = {"type": "http", "method": "POST", "headers": []}
    webhook = asgi_webhook(never_awaited, SECRET)
    asyncio.run(webhook(scope, messages([{"type": "http.disconnect"}]), keep_in(sent)))
    assert sent == []


@pytest.mark.parametrize("kind", ["lifespan", "websocket"])
def test_other_protocols_are_refused(kind: str) -> None:
    with pytest.raises(ValueError, match=kind):
        asyncio.run(asgi_webhook(never_awaited, SECRET)({"type": kind}, messages([]), keep_in([])))


def never(event: WebhookEvent) -> None:
    raise AssertionError(event)


async def never_awaited(event: WebhookEvent) -> None:
    raise AssertionError(event)
