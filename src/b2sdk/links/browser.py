"""What a web page needs to upload a file by itself: an upload URL of its own, and the headers of the request."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from b2sdk.protocol_constants import AUTO_CONTENT_TYPE
from b2sdk.raw_api.primitives import Headers, upload_file_headers
from b2sdk.session_state import BucketLease, SessionState
from b2sdk.values.new_file import NewFile

NOT_VERIFIED = "do_not_verify"
_SHA1 = re.compile(r"[0-9a-fA-F]{40}")


class BrowserUpload(NamedTuple):
    """A request with which a web page uploads a file. The representation does not show where, nor the upload token."""

    url: str
    method: str
    headers: dict[str, str]
    """Those of the request; the browser adds ``Content-Length``."""

    def as_dict(self) -> dict[str, Any]:
        """Return what a page gives to ``fetch``, as JSON has it: ``url``, ``method`` and ``headers``."""
        return {"url": self.url, "method": self.method, "headers": dict(self.headers)}

    def __repr__(self) -> str:
        return f"BrowserUpload(method={self.method!r}, headers={sorted(self.headers)!r})"


def check_sha1(content_sha1: str | None) -> None:
    """Refuse what is no SHA-1.

    :raises ValueError: it is not 40 hex digits.
    """
    if content_sha1 is not None and not _SHA1.fullmatch(content_sha1):
        raise ValueError("content_sha1 consists of 40 hex digits")


def headers_of(file: NewFile, token: str, content_sha1: str | None) -> Headers:
    """Return the headers of an upload whose length the browser knows."""
    headers = upload_file_headers(
        token,
        file.name,
        0,
        file.content_type or AUTO_CONTENT_TYPE,
        content_sha1 or NOT_VERIFIED,
        file.file_info or {},
        None,
        None,
        None,
        None,
    )
    del headers["Content-Length"]
    return headers


async def mint_upload(session: SessionState, file: NewFile, content_sha1: str | None) -> BrowserUpload:
    """Return the request, with an upload URL that this client never uses."""
    lease = BucketLease(file.bucket_id)
    await session.mint(lease)
    return BrowserUpload(lease.url, "POST", headers_of(file, lease.token, content_sha1))
