from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, strategies as st

from b2sdk import exception as e
from b2sdk.error_table import _ERROR_OF_CODE, _PARTNER_ERROR_OF_CODE, interpret_b2_error
from b2sdk.exception import partner
from b2sdk.protocol_constants import STATUS_OF_CODE

PARAMS = {"fileId": "an-id", "fileName": "a-name", "bucketId": "a-bucket-id", "bucketName": "a-bucket"}
WARNING = r"bad request exception with an unknown `code`. message=a message, code="


def interpreted(
    status: int,
    code: str | None,
    message: str | None = "a message",
    headers: Mapping[str, Any] | None = None,
    params: Mapping[str, Any] | None = None,
) -> e.B2Error:
    return interpret_b2_error(status, code, message, headers or {}, params)


@pytest.mark.parametrize(
    ("status", "code", "expected", "text"),
    [
        (400, "already_hidden", e.FileAlreadyHidden, "File already hidden: a-name"),
        (400, "bad_bucket_id", e.BucketIdNotFound, "Bucket with id=a-bucket-id not found"),
        (400, "bad_json", e.BadJson, "Bad request: a message"),
        (400, "bad_request", e.BadRequest, "a message (bad_request)"),
        (400, "duplicate_bucket_name", e.DuplicateBucketName, "Bucket name is already in use: a-bucket"),
        (400, "event_type_categories", e.EventTypeCategoriesError, "a message (event_type_categories)"),
        (400, "event_type_overlap", e.EventTypeOverlapError, "a message (event_type_overlap)"),
        (400, "event_types_empty", e.EventTypesEmptyError, "a message (event_types_empty)"),
        (400, "file_lock_conflict", e.DisablingFileLockNotSupported, "Disabling file lock is not supported"),
        (400, "file_not_present", e.FileNotPresent, "File not present: an-id"),
        (400, "missing_part", e.MissingPart, "Part number has not been uploaded: an-id"),
        (400, "no_such_file", e.FileNotPresent, "File not present: an-id"),
        (400, "part_sha1_mismatch", e.PartSha1Mismatch, "Part number an-id has wrong SHA1"),
        (
            400,
            "restricted_bucket_conflict",
            e.EnablingFileLockOnRestrictedBucket,
            "Turning on file lock for a restricted bucket is not allowed",
        ),
        (
            400,
            "source_replication_conflict",
            e.SourceReplicationConflict,
            "Operation not supported for buckets with source replication",
        ),
        (400, "too_many_buckets", e.BadRequest, "a message (too_many_buckets)"),
        (401, "bad_auth_token", e.InvalidAuthToken, "Invalid authorization token. Server said: a message"),
        (401, "expired_auth_token", e.InvalidAuthToken, "Invalid authorization token. Server said: a message"),
        (401, "email_not_verified", e.EmailNotVerified, "a message (email_not_verified)"),
        (401, "no_payment_history", e.NoPaymentHistory, "a message (no_payment_history)"),
        (401, "unauthorized", e.Unauthorized, "a message (unauthorized)"),
        (401, None, e.Unauthorized, "a message (None)"),
        (403, "access_denied", e.AccessDenied, "This call with these parameters is not allowed for this auth token"),
        (
            403,
            "storage_cap_exceeded",
            e.StorageCapExceeded,
            "Cannot upload or copy files, storage cap exceeded.",
        ),
        (
            403,
            "transaction_cap_exceeded",
            e.TransactionCapExceeded,
            "Cannot perform the operation, transaction cap exceeded.",
        ),
        (403, "other", e.UnknownError, "Unknown error: 403 other a message"),
        (404, "not_found", e.FileNotPresent, "File not present: an-id"),
        (404, "other", e.ResourceNotFound, "No such file, bucket, or endpoint: "),
        (404, None, e.ResourceNotFound, "No such file, bucket, or endpoint: "),
        (405, "other", e.UnknownError, "Unknown error: 405 other a message"),
        (408, "request_timeout", e.RequestTimeout, "408 request_timeout a message"),
        (409, "conflict", e.Conflict, "Conflict: "),
        (
            416,
            "range_not_satisfiable",
            e.UnsatisfiableRange,
            "The range in the request is outside the size of the file",
        ),
        (416, "other", e.UnknownError, "Unknown error: 416 other a message"),
        (429, "too_many_requests", e.TooManyRequests, "Too many requests"),
        (500, "internal_error", e.ServiceError, "500 internal_error a message"),
        (503, None, e.ServiceError, "503 None a message"),
        (599, "other", e.ServiceError, "599 other a message"),
        (600, "other", e.UnknownError, "Unknown error: 600 other a message"),
        (201, None, e.UnknownError, "Unknown error: 201 None a message"),
    ],
)
def test_status_and_code_name_the_error(status: int, code: str | None, expected: type[e.B2Error], text: str) -> None:
    error = interpreted(status, code, params=PARAMS)
    assert type(error) is expected
    assert str(error).startswith(text)


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("already_hidden", "File already hidden: None"),
        ("bad_bucket_id", "Bucket with id=None not found"),
        ("duplicate_bucket_name", "Bucket name is already in use: None"),
        ("file_not_present", "File not present"),
        ("part_sha1_mismatch", "Part number None has wrong SHA1"),
    ],
)
@pytest.mark.parametrize("params", [None, {}])
def test_without_the_parameters_of_the_call_the_error_names_nothing(
    code: str, text: str, params: dict[str, Any] | None
) -> None:
    assert str(interpreted(400, code, params=params)) == text


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 408, 409, 416, 429, 500, 503])
def test_the_error_of_a_response_without_a_body_says_so_in_words(status: int) -> None:
    assert "None" not in str(interpret_b2_error(status, None, None, {}))


def test_a_missing_file_is_named_by_its_name_where_the_call_had_no_id() -> None:
    error = interpreted(404, "not_found", params={"fileName": "a-name"})
    assert isinstance(error, e.FileNotPresent)
    assert (error.file_id_or_name, error.bucket_name) == ("a-name", None)


def test_the_error_of_an_unknown_event_type_lists_the_valid_ones() -> None:
    error = interpreted(400, "event_type_invalid")
    assert type(error) is e.EventTypeInvalidError
    assert str(error).startswith("Event Type error: 'a message'. Valid types: ['b2:HideMarkerCreated:*', ")


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (
            "fileLockEnabled value of false is not allowed when bucket is already file lock enabled.",
            e.DisablingFileLockNotSupported,
        ),
        (
            "Turning on file lock for an existing bucket having source replication configuration is not allowed.",
            e.SourceReplicationConflict,
        ),
        ("Turning on file lock for a restricted bucket is not allowed.", e.EnablingFileLockOnRestrictedBucket),
        ("more than one upload using auth token 4_0022abcdef", e.UploadTokenUsedConcurrently),
    ],
)
def test_a_bad_request_of_an_older_deployment_is_recognized_by_its_message(
    message: str, expected: type[e.B2Error]
) -> None:
    assert type(interpreted(400, "bad_request", message)) is expected


def test_a_code_that_is_not_documented_is_a_bad_request_with_a_warning() -> None:
    with pytest.warns(UserWarning, match=WARNING + "brand_new"):
        error = interpreted(400, "brand_new")
    assert (type(error), str(error)) == (e.BadRequest, "a message (brand_new)")


def test_a_copy_source_that_is_too_big_has_the_size_in_the_message() -> None:
    error = interpreted(400, "source_too_large", "Copy source too big: 123")
    assert isinstance(error, e.CopySourceTooBig)
    assert (error.message, error.code, error.size) == ("Copy source too big: 123", "source_too_large", 123)


def test_a_token_used_concurrently_has_the_token_in_the_message() -> None:
    error = interpreted(400, "auth_token_limit", "more than one upload using auth token 4_002abcdefghi")
    assert isinstance(error, e.UploadTokenUsedConcurrently)
    assert error.token == "4_002abcdefghi"
    assert str(error) == "More than one concurrent upload using auth token 4_002a..."


@pytest.mark.parametrize("status", [429, 500, 503])
def test_an_error_of_a_busy_service_has_the_retry_after_header(status: int) -> None:
    assert interpreted(status, "busy", headers={"retry-after": "5"}).retry_after_seconds == 5
    assert interpreted(status, "busy").retry_after_seconds is None


@given(
    st.integers(100, 700),
    st.none() | st.text() | st.sampled_from(["auth_token_limit", "source_too_large", "bad_request", "not_found"]),
    st.none() | st.text(),
)
def test_any_response_becomes_an_error_that_carries_it(status: int, code: str | None, message: str | None) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        error = interpreted(status, code, message)
    assert isinstance(error, e.B2Error)
    assert (error.server_status, error.server_code, error.server_message) == (status, code, message)


def test_every_code_of_the_table_is_a_code_of_the_service() -> None:
    assert {*_ERROR_OF_CODE, *_PARTNER_ERROR_OF_CODE} - set(STATUS_OF_CODE) == set()


@pytest.mark.parametrize(("code", "status"), STATUS_OF_CODE.items())
def test_every_code_of_the_service_is_understood_with_its_status_only(code: str, status: int) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        error = interpreted(status, code)
    unknown = {"download_cap_exceeded", "method_not_allowed"}  # to b2sdk, too
    assert isinstance(error, e.UnknownError) == (code in unknown)
    assert isinstance(interpreted(418, code), e.UnknownError)


@pytest.mark.parametrize(("code", "name"), _PARTNER_ERROR_OF_CODE.items())
@pytest.mark.parametrize("status", [400, 401])
def test_a_code_of_the_partner_api_counts_whichever_status_comes_with_it(code: str, name: str, status: int) -> None:
    error = interpreted(status, code, "no account for <jane.doe@example.com>, sorry")
    assert type(error) is getattr(partner, name)
    assert isinstance(error, partner.PartnerError)
    assert not isinstance(error, e.Unauthorized | e.BadRequest)
    assert (error.server_status, error.code) == (status, code)
    assert str(error) == f"no account for <******>, sorry ({code})"
