"""What an error of the service means for the call that met it.

An explanation is handed to the primitive that makes the call, so that an endpoint is the same whether the call blocks
or is awaited. What belongs here looks at errors; it sends nothing and raises nothing.
"""

from __future__ import annotations

from b2sdk.exception import (
    AccessDenied,
    B2Error,
    BadRequest,
    FileOrBucketNotFound,
    ResourceNotFound,
    RetentionWriteError,
    SSECKeyError,
    UnknownError,
)

_KEY_NEEDED = "stored using a form of Server Side Encryption"
"""What the service says of a file with a customer key when it is read without any."""


def explain_read(error: B2Error) -> B2Error | None:
    """Return what a bare 403, or that a key is needed, means for a call that reads a file."""
    needs_key = isinstance(error, BadRequest) and _KEY_NEEDED in (error.message or "")
    return SSECKeyError().in_place_of(error) if needs_key or isinstance(error, AccessDenied) else None


def explain_retention_write(error: B2Error) -> B2Error | None:
    """Return what a bare 403 means for a call that sets a retention or legal hold."""
    return RetentionWriteError().in_place_of(error) if isinstance(error, AccessDenied) else None


def explain_file_by_name(bucket_name: str, file_name: str, error: B2Error) -> B2Error | None:
    """Return what a 404 means for a call that names a bucket and a file."""
    if not isinstance(error, ResourceNotFound):
        return None
    return FileOrBucketNotFound(bucket_name, file_name).in_place_of(error)


def is_without_words(error: B2Error) -> bool:
    """Whether a HEAD request was rejected for a reason that only the response to a GET has the words for."""
    return isinstance(error, BadRequest | UnknownError) and not error.server_code
