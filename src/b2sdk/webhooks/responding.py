"""What the response to a request is, whatever server it came to."""

from __future__ import annotations

import logging
from http import HTTPStatus

from b2sdk.exception import UnexpectedCloudBehaviour
from b2sdk.webhooks.events import WebhookEvent, read_events
from b2sdk.webhooks.signature import InvalidSignature, Secrets

logger: logging.Logger = logging.getLogger(__name__)

MOST_BYTES = 1024 * 1024
"""Of a notification, by default; 50 events, which is the most that there are in one, take some 100 kB."""


def check_most_bytes(most_bytes: int) -> None:
    """Refuse a limit that would refuse everything.

    :raises ValueError: it is not positive.
    """
    if most_bytes <= 0:
        raise ValueError("most_bytes must be positive")


def status_before_body(method: str, content_length: str | None, most_bytes: int) -> HTTPStatus | None:
    """Return how a request is refused of which only the head is known; ``None`` if its body is to be read."""
    if method != "POST":
        return HTTPStatus.METHOD_NOT_ALLOWED
    if content_length is None:
        return None
    if not content_length.isascii() or not content_length.isdigit():
        return HTTPStatus.BAD_REQUEST
    return HTTPStatus.REQUEST_ENTITY_TOO_LARGE if int(content_length) > most_bytes else None


def examine(body: bytes, signature: str | None, secrets: Secrets) -> tuple[HTTPStatus, list[WebhookEvent]]:
    """Return the status of the response once the events have been handled, and these; test events are left out."""
    try:
        events = read_events(body, signature, secrets)
    except InvalidSignature as error:
        logger.warning("%s", error)
        return HTTPStatus.UNAUTHORIZED, []
    except UnexpectedCloudBehaviour as error:
        logger.warning("%s", error)
        return HTTPStatus.BAD_REQUEST, []
    return HTTPStatus.OK, [event for event in events if not event.is_test]


def headers_of(status: HTTPStatus) -> list[tuple[str, str]]:
    """Return the headers of a response, which has no body."""
    headers = [("Content-Type", "text/plain"), ("Content-Length", "0")]
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        headers.append(("Allow", "POST"))
    return headers
