"""The table from a response of the service, by status and code, to the error that it becomes.

What belongs here is which class a response becomes, and which part of the response or of the call's parameters goes
into it. It makes errors and raises none. The classes themselves are in :mod:`b2sdk.exception`; failures without a
response are the subject of :mod:`b2sdk.http.errors`.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any, get_args

from b2sdk.error_text import (
    UNEXPLAINED,
    copy_source_size_in,
    retry_after_seconds,
    upload_token_in,
)
from b2sdk.exception import (
    AccessDenied,
    B2Error,
    BadJson,
    BadRequest,
    BucketIdNotFound,
    Conflict,
    CopySourceTooBig,
    DisablingFileLockNotSupported,
    DuplicateBucketName,
    EmailNotVerified,
    EnablingFileLockOnRestrictedBucket,
    EventTypeCategoriesError,
    EventTypeInvalidError,
    EventTypeOverlapError,
    EventTypesEmptyError,
    FileAlreadyHidden,
    FileNotPresent,
    InvalidAuthToken,
    MissingPart,
    NoPaymentHistory,
    PartSha1Mismatch,
    RequestTimeout,
    ResourceNotFound,
    ServiceError,
    SourceReplicationConflict,
    StorageCapExceeded,
    TooManyRequests,
    TransactionCapExceeded,
    Unauthorized,
    UnknownError,
    UnsatisfiableRange,
    UploadTokenUsedConcurrently,
)
from b2sdk.protocol_constants import CONCURRENT_UPLOADS, EVENT_TYPE, STATUS_OF_CODE


class _Response:
    """What the error is made of."""

    # Not a named tuple: to define one takes 0.2 ms, and importing the exceptions of a surface imports this.
    def __init__(
        self,
        status: int,
        code: str | None,
        message: str | None,
        response_headers: Mapping[str, Any],
        params: Mapping[str, Any],
    ) -> None:
        self.status = status
        self.code = code
        self.message = message
        self.retry_after_seconds = retry_after_seconds(response_headers)
        self.params = params
        """Those of the call, not of the response."""

    @property
    def text(self) -> str:
        reason = UNEXPLAINED if self.message is None and self.code is None else f"{self.code} {self.message}"
        return f"{self.status} {reason}"


_ErrorMaker = Callable[[_Response], B2Error]


def _plain(cls: Callable[[], B2Error]) -> _ErrorMaker:
    return lambda _response: cls()


def _make_with_code(cls: Callable[[str | None, str | None], B2Error]) -> _ErrorMaker:
    return lambda response: cls(response.message, response.code)


def _make_with_parameter(cls: Callable[[Any], B2Error], parameter: str) -> _ErrorMaker:
    return lambda response: cls(response.params.get(parameter))


def _file_not_present(response: _Response) -> B2Error:
    return FileNotPresent(file_id_or_name=response.params.get("fileId") or response.params.get("fileName"))


def _bucket_id_not_found(response: _Response) -> B2Error:
    return BucketIdNotFound(response.params.get("bucketId") or response.params.get("destinationBucketId"))


def _event_type_invalid(response: _Response) -> B2Error:
    valid = sorted(get_args(EVENT_TYPE))
    return EventTypeInvalidError(f"Event Type error: {response.message!r}. Valid types: {valid}", response.code)


def _token_used_concurrently(response: _Response) -> B2Error:
    return UploadTokenUsedConcurrently(upload_token_in(response.message))


def _copy_source_too_big(response: _Response) -> B2Error:
    return CopySourceTooBig(response.message, response.code, copy_source_size_in(response.message))


_OLD_FILE_LOCK_MESSAGES: Mapping[str, Callable[[], B2Error]] = {
    "fileLockEnabled value of false is not allowed when bucket is already file lock enabled.": (
        DisablingFileLockNotSupported
    ),
    "Turning on file lock for an existing bucket having source replication configuration is not allowed.": (
        SourceReplicationConflict
    ),
    "Turning on file lock for a restricted bucket is not allowed.": EnablingFileLockOnRestrictedBucket,
}
"""How older deployments report these conflicts: as ``bad_request``, without codes of their own."""


def _bad_request(response: _Response) -> B2Error:
    message = response.message or ""
    if response.code == "bad_request" and message in _OLD_FILE_LOCK_MESSAGES:
        return _OLD_FILE_LOCK_MESSAGES[message]()
    if message.startswith(CONCURRENT_UPLOADS):
        return _token_used_concurrently(response)  # older deployments send it as bad_request
    return BadRequest(response.message, response.code)


def _unknown_bad_request(response: _Response) -> B2Error:
    if response.code is not None:  # the response to a HEAD request has none
        warnings.warn(
            f"bad request exception with an unknown `code`. message={response.message}, code={response.code}",
            stacklevel=4,
        )
    return _bad_request(response)


_ERROR_OF_CODE: Mapping[str, _ErrorMaker] = {
    "already_hidden": _make_with_parameter(FileAlreadyHidden, "fileName"),
    "auth_token_limit": _token_used_concurrently,
    "bad_bucket_id": _bucket_id_not_found,
    "bad_json": lambda response: BadJson(response.message),
    "duplicate_bucket_name": _make_with_parameter(DuplicateBucketName, "bucketName"),
    "event_type_categories": _make_with_code(EventTypeCategoriesError),
    "event_type_invalid": _event_type_invalid,
    "event_type_overlap": _make_with_code(EventTypeOverlapError),
    "event_types_empty": _make_with_code(EventTypesEmptyError),
    "file_lock_conflict": _plain(DisablingFileLockNotSupported),
    "file_not_present": _file_not_present,
    "missing_part": _make_with_parameter(MissingPart, "fileId"),
    "no_such_file": _file_not_present,
    "part_sha1_mismatch": _make_with_parameter(PartSha1Mismatch, "fileId"),
    "restricted_bucket_conflict": _plain(EnablingFileLockOnRestrictedBucket),
    "source_replication_conflict": _plain(SourceReplicationConflict),
    "source_too_large": _copy_source_too_big,
    # Documented codes whose message is all there is to report.
    **dict.fromkeys(
        (
            "bad_request",
            "bad_bucket_name",
            "bad_value",
            "bucket_missing_file_lock",
            "cannot_delete_non_empty_bucket",
            "custom_timestamp_not_allowed",
            "invalid_bucket_id",
            "invalid_bucket_name",
            "invalid_file_id",
            "metadata_exceeded",
            "non_json_response",
            "out_of_range",
            "retain_until_timestamp_must_be_in_future",
            "too_many_buckets",
        ),
        _bad_request,
    ),
    "bad_auth_token": _make_with_code(InvalidAuthToken),
    "email_not_verified": _make_with_code(EmailNotVerified),
    "expired_auth_token": _make_with_code(InvalidAuthToken),
    "no_payment_history": _make_with_code(NoPaymentHistory),
    "access_denied": _plain(AccessDenied),
    "storage_cap_exceeded": _plain(StorageCapExceeded),
    "transaction_cap_exceeded": _plain(TransactionCapExceeded),
    "not_found": _file_not_present,
    "range_not_satisfiable": _plain(UnsatisfiableRange),
}
"""By code, which counts with the status that belongs to it only."""

_PARTNER_ERROR_OF_CODE: Mapping[str, str] = {
    "invalid_account_id": "AccountNotFound",
    "invalid_computer_id": "ComputerNotFound",
    "invalid_email": "EmailNotUsable",
    "invalid_group_id": "GroupNotFound",
    "invalid_member_account_id": "MemberNotFound",
    "invalid_region": "UnknownRegion",
    "invalid_sms_phone": "PhoneNumberMissing",
    "method_failure": "MemberCreationFailed",
    "too_many_members": "GroupFull",
}
"""By code, which counts with 400 and 401: it is not certain with which of them the service sends each.

The names are those of classes that only programs import which call these APIs."""


def _maker(status: int, code: str | None) -> _ErrorMaker | None:
    """Return what makes the error of a response of which the code says more than the status."""
    if code is not None and code in _PARTNER_ERROR_OF_CODE and status in (400, 401):
        from b2sdk.exception import partner  # noqa: PLC0415  # see above

        return _make_with_code(getattr(partner, _PARTNER_ERROR_OF_CODE[code]))
    return _ERROR_OF_CODE.get(code or "") if STATUS_OF_CODE.get(code or "") == status else None


_ERROR_OF_STATUS: Mapping[int, _ErrorMaker] = {
    400: _unknown_bad_request,
    401: _make_with_code(Unauthorized),
    404: _plain(ResourceNotFound),
    408: lambda response: RequestTimeout(response.text),
    409: _plain(Conflict),
    429: lambda response: TooManyRequests(response.retry_after_seconds),
    **dict.fromkeys(
        range(500, 600),
        lambda response: ServiceError(response.text, retry_after_seconds=response.retry_after_seconds),
    ),
}


def interpret_b2_error(
    status: int,
    code: str | None,
    message: str | None,
    response_headers: Mapping[str, Any],
    post_params: Mapping[str, Any] | None = None,
) -> B2Error:
    """Return (not raise) the error for an unsuccessful response of the service.

    ``retry-after`` is looked up in ``response_headers`` in lower case, so a plain dict must have it in lower case; only
    whole seconds are understood. ``post_params`` are the parameters of the call, from which the error takes the name of
    the file or bucket.
    """
    response = _Response(status, code, message, response_headers, post_params or {})
    make = _maker(status, code) or _ERROR_OF_STATUS.get(status)
    error = make(response) if make else UnknownError(response.text)
    error.server_status, error.server_code, error.server_message = status, code, message
    return error
