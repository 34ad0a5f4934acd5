"""What a response contains: its JSON object, or the error that the service reports with it.

What belongs here reads a response that has arrived. It sends nothing, and knows no endpoint.
"""

from __future__ import annotations

import json
import logging
import mmap
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol

from b2sdk.error_table import interpret_b2_error
from b2sdk.error_text import without_secrets
from b2sdk.exception import (
    B2Error,
    InvalidJsonResponse,
    PotentialS3EndpointPassedAsRealm,
    UnexpectedCloudBehaviour,
)
from b2sdk.http.url import shown_host
from b2sdk.lazy import LazyModule
from b2sdk.lazy_page import Content, are_entries_wanted, page_with_entries

if TYPE_CHECKING:
    import requests
else:
    requests = LazyModule("requests")

logger: logging.Logger = logging.getLogger(__name__)


LONGEST_PAGE = 64 * 1024
"""Bytes that are read, and shown, of the body of an error."""
LONGEST_BODY = 256 * 1024 * 1024
"""Bytes: more than twice what a page of 10,000 versions has, all with the longest name and file info."""
_MOST_AT_ONCE = 16 * 1024 * 1024
"""Bytes: more than most pages of a listing have, so that they are not copied together, and few enough to be allocated
for a response with a wrong length."""


_LEAST_TO_MAP = 2**20
_PIECE = 2**18
"""Bytes of a body that are read at once into mapped memory."""
_CAN_BE_PRIVATE = hasattr(mmap, "MAP_ANONYMOUS")
"""Whether memory is mapped that a forked process does not share; Windows has no such processes."""


IN_JSON = {"Accept": "application/json"}


class LoadedResponse(Protocol):
    """A response whose body has been read; a ``requests.Response`` is one."""

    @property
    def status_code(self) -> int: ...
    @property
    def headers(self) -> Mapping[str, str]: ...
    @property
    def url(self) -> str: ...
    @property
    def content(self) -> bytes: ...
    @property
    def is_redirect(self) -> bool: ...
    def close(self) -> None: ...


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


def load_body(response: requests.Response, *, is_success: bool) -> None:
    """Read the body, so that it is the response's ``content``; memory is taken for what arrives.

    :raises UnexpectedCloudBehaviour: it is longer than any response of the service.
    """
    if getattr(response, "_content", None) is not False:
        return  # the program's own session has read it
    if is_success and are_entries_wanted() and (size := _size_to_map(response)):
        _map_body(response, size)
        return
    left = LONGEST_BODY if is_success else LONGEST_PAGE
    pieces = []
    # What `content` does, but that takes blocks of 10 KiB, and any number of them: a page of 9 MB takes 14 ms of CPU
    # time so, and 1 ms here. `_content` is where it leaves them; requests has no other way to say that a body was read.
    for piece in response.iter_content(min(left, _MOST_AT_ONCE)):
        pieces.append(piece[:left])
        left -= len(piece)
        if left < 0:
            response.close()
            if is_success:
                raise UnexpectedCloudBehaviour(f"a response is longer than {LONGEST_BODY} bytes")
            break
    response._content = b"".join(pieces)  # noqa: SLF001


class _Mapped:
    """A body that has been read, in place of the stream that it came from; ``content`` of the response reads it."""

    def __init__(self, memory: mmap.mmap) -> None:
        self.memory = memory
        self.read = memory.read

    def close(self) -> None:
        """Do nothing: the memory is free when nobody uses it."""


def _size_to_map(response: requests.Response) -> int:
    """Return how many bytes a body has for which memory is to be mapped, 0 for others."""
    length = response.headers.get("Content-Length", "")
    if "Content-Encoding" in response.headers or not (length.isascii() and length.isdigit()):
        return 0
    return int(length) if _LEAST_TO_MAP <= int(length) <= LONGEST_BODY else 0


def _map_body(response: requests.Response, size: int) -> None:
    """Read a large page into memory that is returned to the system when the page is no longer used.

    Of memory from the allocator, each thread that receives pages would keep two of their sizes.
    """
    memory = mmap.mmap(-1, size, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) if _CAN_BE_PRIVATE else mmap.mmap(-1, size)
    for piece in response.iter_content(_PIECE):
        memory.write(piece)
    memory.seek(0)
    # To requests, the body is still to be read: a program that looks at `content` gets a copy.
    response.raw, response._content_consumed = _Mapped(memory), False  # type: ignore[attr-defined]  # noqa: SLF001


def _body_of(response: LoadedResponse) -> Content:
    raw = getattr(response, "raw", None)
    return raw.memory if isinstance(raw, _Mapped) else response.content


def json_object(response: LoadedResponse, object_in: Callable[[Any], Any] | None = None) -> dict[str, Any]:
    """Parse the body of a response, of which ``object_in`` returns the object where it is not the whole.

    Raises :class:`InvalidJsonResponse` when it is anything but a JSON object, as a subclass that says so when the URL
    looks like that of the S3-compatible API.
    """
    if (page := page_with_entries(_body_of(response))) is not None:
        return page
    try:
        value = json.loads(response.content)
    except UnicodeDecodeError:
        value = None  # the error would show the whole response, which may contain a token or a key
    except (ValueError, RecursionError) as error:  # RecursionError: brackets nested thousands deep
        raise _not_json(response) from error
    if object_in is not None:
        value = object_in(value)
    if not isinstance(value, dict):
        raise _not_json(response)
    return value


def json_of(response: LoadedResponse, object_in: Callable[[Any], Any] | None = None) -> dict[str, Any]:
    """Parse the body of a response as :func:`json_object` does, and close it."""
    try:
        return json_object(response, object_in)
    finally:
        response.close()


def _not_json(response: LoadedResponse) -> InvalidJsonResponse:
    cls = PotentialS3EndpointPassedAsRealm if "://s3." in response.url else InvalidJsonResponse
    return cls(response.content)


def error_of(response: LoadedResponse, post_params: Mapping[str, Any] | None) -> B2Error:
    """Return (not raise) the error that an unsuccessful response means.

    The service sends ``{"status": int, "code": str, "message": str}``; a response to HEAD has no body, and proxies and
    load balancers respond with pages of their own, which get the code ``non_json_response``.
    """
    if response.is_redirect:
        # Only the host: whatever was asked for may be repeated behind it.
        asked, other = map(shown_host, (response.url, response.headers["location"]))
        return UnexpectedCloudBehaviour(f"{asked} redirects to {other!r}: not followed")
    try:
        body = json_object(response) if response.content else {}
    except PotentialS3EndpointPassedAsRealm as error:
        return error
    except InvalidJsonResponse:
        logger.error("the body of a response with status %d is not a JSON object", response.status_code)  # noqa: TRY400  # the parser's traceback says no more
        body = {
            "code": "non_json_response",
            "message": without_secrets(response.content[:LONGEST_PAGE].decode("utf-8", errors="replace")),
        }
    if str(body.get("status", response.status_code)) != str(response.status_code):
        logger.warning("status %d, but the body says %r", response.status_code, body["status"])
    return interpret_b2_error(
        response.status_code, _text(body.get("code")), _text(body.get("message")), response.headers, post_params
    )


def _text(value: object) -> str | None:
    return None if value is None else str(value)
