"""The text of errors: what errors and logs display of it, and the values parsed from what the service sends.

What belongs here takes a message, a header or a body and returns text or a number. It knows no error class, no status
and no code.

No text returned for display contains a key or a token.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from b2sdk.protocol_constants import CONCURRENT_UPLOADS, COPY_SOURCE_TOO_BIG

UNEXPLAINED: Final = "the service did not say why"
"""The reason of a response without code and message, such as the response to a HEAD request."""


# --- displayed ---------------------------------------------------------------------------------------------------


def reason(message: str | None, code: str | None) -> str:
    """Return the reason that a response gives, as one text."""
    return UNEXPLAINED if message is None and code is None else f"{message} ({code})"


def without_secrets(text: str) -> str:
    """Mask the tokens and keys in the JSON of a response, which may be invalid or truncated."""
    return re.sub(r'("(?:authorizationToken|applicationKey)"\s*:\s*")[^"]*', r"\1******", text)


def shortened_secret(secret: str | None) -> str:
    """Return enough of a token to recognize it in a log, and too little to use it."""
    return f"{secret[:6]}..." if secret and len(secret) > 12 else "******"


def summary_for_log(error: BaseException) -> str:
    """Return the text of an error as one line of at most 500 characters, without secrets; its class if it has none."""
    text = " ".join(without_secrets(str(error)).split())
    return text[:500] or type(error).__name__


# --- parsed ------------------------------------------------------------------------------------------------------


def retry_after_seconds(response_headers: Mapping[str, Any]) -> int | None:
    """Return the ``retry-after`` header if it is a non-negative whole number; an HTTP date or junk is ``None``."""
    try:
        seconds = int(response_headers.get("retry-after"))  # type: ignore[arg-type]  # None is a TypeError below
    except (TypeError, ValueError):
        return None
    return seconds if seconds >= 0 else None


def upload_token_in(message: str | None) -> str | None:
    """Return the token in a message about :data:`CONCURRENT_UPLOADS`; ``None`` if there is none."""
    found = re.search(rf"{CONCURRENT_UPLOADS} (\S+)", message or "")
    return found[1] if found else None


def copy_source_size_in(message: str | None) -> int | None:
    """Return the bytes in a message about a copy source that is too big; ``None`` if there is no credible number."""
    found = re.search(rf"{COPY_SOURCE_TOO_BIG} (\d{{1,18}})(?!\d)", message or "")
    return int(found[1]) if found else None
