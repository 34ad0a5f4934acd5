"""What the service says that it has stored, compared with what it was sent.

A response about something else (another upload's, out of a cache or over a mixed-up connection) is no
acknowledgement. What it leaves out is not compared.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from b2sdk.exception import ChecksumMismatch, UnexpectedCloudBehaviour
from b2sdk.protocol_constants import UNVERIFIED_SHA1_PREFIX
from b2sdk.values.responses import MADE_PART, STORED_CONTENT

SHA1_DIGITS: Final = 40
_is_sha1 = re.compile(rf"[0-9a-fA-F]{{{SHA1_DIGITS}}}").fullmatch


def check_stored(response: Mapping[str, Any], **expected: object) -> None:
    """Compare fields of a response, by the service's names, with what was sent; ``None`` is not compared.

    :raises UnexpectedCloudBehaviour: it is about something else.
    """
    STORED_CONTENT.check(response)
    for field, value in expected.items():
        stored = response.get(field)
        if value is not None and stored is not None and stored != value:
            raise UnexpectedCloudBehaviour(f"what was sent has {field} {value!r}, but the service stored {stored!r}")


def check_stored_sha1(stored: str | None, sent: str | None) -> None:
    """Compare the SHA-1 of what was stored with that of what was sent, if that has one.

    :raises ChecksumMismatch: it is another one, or none.
    """
    if sent is None or not _is_sha1(sent) or stored in (None, "none"):
        return
    if stored.removeprefix(UNVERIFIED_SHA1_PREFIX).lower() != sent.lower():
        raise ChecksumMismatch("sha1", sent, stored)


def accept_part(expected_sha1: str | None, response: Mapping[str, Any]) -> str:
    """Return the SHA-1 of a part that was sent or copied, as the service names it.

    :raises ChecksumMismatch: the part was to have another one.
    :raises UnexpectedCloudBehaviour: the response does not name one.
    """
    MADE_PART.check(response)
    sha1: str = response["contentSha1"]
    check_stored_sha1(sha1, expected_sha1)
    return sha1


def sha1_to_compare(content_sha1: str | None, recorded: str | None) -> str | None:
    """Return the SHA-1 that a download must have, in lower case; ``None`` if that is not known.

    :param content_sha1: what the service says.
    :param recorded: what the uploader of a large file recorded, which may be anything.
    :raises UnexpectedCloudBehaviour: what the service says is no SHA-1.
    """
    if content_sha1 and content_sha1 != "none":
        if not _is_sha1(content_sha1):
            raise UnexpectedCloudBehaviour(f"the service tells {content_sha1!r} as SHA-1")
        return content_sha1.lower()
    return recorded.lower() if recorded is not None and _is_sha1(recorded) else None
