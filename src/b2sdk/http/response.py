"""What an answer holds: its JSON object, or the error that the service reports with it.

What belongs here reads a response that has arrived. It sends nothing, and knows no endpoint.
"""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

from b2sdk.entries import page_with_entries
from b2sdk.exception import InvalidJsonResponse, PotentialS3EndpointPassedAsRealm, interpret_b2_error, without_secrets

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    import requests

    from b2sdk.exception import B2Error

logger: logging.Logger = logging.getLogger(__name__)


_LONGEST_PAGE = 64 * 1024
"""Bytes that are told of a page that came instead of the service's JSON."""


class ResponseContextManager:
    """A streamed response for a ``with`` statement, which does not close it: who reads it decides when it is done."""

    def __init__(self, response: requests.Response) -> None:
        self.response = response

    def __enter__(self) -> requests.Response:
        return self.response

    def __exit__(
        self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: TracebackType | None
    ) -> None:
        return None


def json_object(response: requests.Response) -> dict[str, Any]:
    """Parse the body of an answer.

    Raises :class:`InvalidJsonResponse` when it is anything but a JSON object, as a subclass that says so when the URL
    looks like that of the S3-compatible API.
    """
    if (page := page_with_entries(response.content)) is not None:
        return page
    try:
        value = json.loads(response.content)
    except UnicodeDecodeError:
        value = None  # the error would show the whole answer, which may tell a token or a key
    except (ValueError, RecursionError) as error:  # RecursionError: brackets nested thousands deep
        raise _not_json(response) from error
    if not isinstance(value, dict):
        raise _not_json(response)
    return value


def _not_json(response: requests.Response) -> InvalidJsonResponse:
    cls = PotentialS3EndpointPassedAsRealm if "://s3." in response.url else InvalidJsonResponse
    return cls(response.content)


def error_of(response: requests.Response, post_params: Mapping[str, Any] | None) -> B2Error:
    """Return (not raise) the error that an unsuccessful answer stands for.

    The service sends ``{"status": int, "code": str, "message": str}``; an answer to HEAD has no body, and what stands
    between (proxies, load balancers) answers with pages of its own, which get the code ``non_json_response``.
    """
    try:
        body = json_object(response) if response.content else {}
    except PotentialS3EndpointPassedAsRealm as error:
        return error
    except InvalidJsonResponse:
        logger.error("the body of an answer with status %d is not a JSON object", response.status_code)  # noqa: TRY400  # the parser's traceback says no more
        body = {
            "code": "non_json_response",
            "message": without_secrets(response.content[:_LONGEST_PAGE].decode("utf-8", errors="replace")),
        }
    if str(body.get("status", response.status_code)) != str(response.status_code):
        logger.warning("status %d, but the body says %r", response.status_code, body["status"])
    return interpret_b2_error(
        response.status_code, _text(body.get("code")), _text(body.get("message")), response.headers, post_params
    )


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
