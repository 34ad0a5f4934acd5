"""A webhook as a WSGI application."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from b2sdk.protocol_constants import EVENT_SIGNATURE_HEADER
from b2sdk.webhooks.events import WebhookEvent
from b2sdk.webhooks.responding import MOST_BYTES, check_most_bytes, examine, headers_of, status_before_body
from b2sdk.webhooks.signature import Secrets, check_secrets

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_SIGNATURE = "HTTP_" + EVENT_SIGNATURE_HEADER.upper().replace("-", "_")


def wsgi_webhook(
    handle: Callable[[WebhookEvent], object], secrets: Secrets, *, most_bytes: int = MOST_BYTES
) -> WSGIApplication:
    """Return a WSGI application that verifies notifications and hands their events to a function.

    It responds with 200 once all events of a request have been handled, with 401 to a wrong signature, and with 400,
    405 or 413 to what is no notification. What the function raises goes to the server, which responds with an error;
    the service then delivers the events again, all of that request. Test events get a response and are not handed on.

    :param handle: is called with each event, in their order.
    :param secrets: the signing secret of the rule, several (of more than one rule, or while one is changed), or a
        function that returns those that are valid now.
    :param most_bytes: the longest body that is read.
    :raises ValueError: there is no secret, or an empty one, or ``most_bytes`` is not positive.
    """
    check_secrets(secrets)
    check_most_bytes(most_bytes)

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        status = _receive(environ, handle, secrets, most_bytes)
        start_response(f"{status.value} {status.phrase}", headers_of(status))
        return []

    return application


def _receive(
    environ: dict[str, Any], handle: Callable[[WebhookEvent], object], secrets: Secrets, most_bytes: int
) -> HTTPStatus:
    length = environ.get("CONTENT_LENGTH") or None
    refusal = status_before_body(environ["REQUEST_METHOD"], length, most_bytes)
    if refusal is not None:
        return refusal
    if length is None and not environ.get("wsgi.input_terminated"):
        return HTTPStatus.LENGTH_REQUIRED  # reading to the end could wait for ever
    body = environ["wsgi.input"].read(most_bytes + 1 if length is None else int(length))
    if len(body) > most_bytes:
        return HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    status, events = examine(body, environ.get(_SIGNATURE), secrets)
    for event in events:
        handle(event)
    return status
