"""A webhook as an ASGI application."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, MutableMapping
from http import HTTPStatus
from typing import Any

from b2sdk.protocol_constants import EVENT_SIGNATURE_HEADER
from b2sdk.webhooks.events import WebhookEvent
from b2sdk.webhooks.responding import MOST_BYTES, check_most_bytes, examine, headers_of, status_before_body
from b2sdk.webhooks.signature import Secrets, check_secrets

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
AsgiApplication = Callable[[Scope, Receive, Send], Coroutine[Any, Any, None]]

_SIGNATURE = EVENT_SIGNATURE_HEADER.lower().encode()


def asgi_webhook(
    handle: Callable[[WebhookEvent], Awaitable[object]], secrets: Secrets, *, most_bytes: int = MOST_BYTES
) -> AsgiApplication:
    """Return an ASGI application that verifies notifications and hands their events to a coroutine function.

    It responds as :func:`wsgi_webhook` does.

    :param handle: is awaited with each event, in their order.
    :param secrets: the signing secret of the rule, several (of more than one rule, or while one is changed), or a
        function that returns those that are valid now, at once.
    :param most_bytes: the longest body that is read.
    :raises ValueError: there is no secret, or an empty one, or ``most_bytes`` is not positive.
    """
    check_secrets(secrets)
    check_most_bytes(most_bytes)

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise ValueError(f"a webhook does not speak {scope['type']}")
        status = await _receive(scope, receive, handle, secrets, most_bytes)
        if status is None:
            return
        headers = [(name.lower().encode(), value.encode()) for name, value in headers_of(status)]
        await send({"type": "http.response.start", "status": status.value, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    return application


async def _receive(
    scope: Scope,
    receive: Receive,
    handle: Callable[[WebhookEvent], Awaitable[object]],
    secrets: Secrets,
    most_bytes: int,
) -> HTTPStatus | None:
    """Return the status of the response; ``None`` if nobody waits for it."""
    refusal = status_before_body(scope["method"], _header(scope, b"content-length"), most_bytes)
    if refusal is not None:
        return refusal
    body = bytearray()
    has_more = True
    while has_more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        if len(body) > most_bytes:
            return HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        has_more = message.get("more_body", False)
    status, events = examine(bytes(body), _header(scope, _SIGNATURE), secrets)
    for event in events:
        await handle(event)
    return status


def _header(scope: Scope, name: bytes) -> str | None:
    values = [value.decode("latin-1") for key, value in scope["headers"] if key.lower() == name]
    return ",".join(values) if values else None
