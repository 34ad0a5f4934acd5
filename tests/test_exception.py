from __future__ import annotations

import collections.abc
import copy
import pickle
import types
import warnings
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import given, strategies as st

from b2sdk import exception as e

PARAMS = {"fileId": "an-id", "fileName": "a-name", "bucketId": "a-bucket-id", "bucketName": "a-bucket"}
WARNING = r"bad request exception with an unknown `code`. message=a message, code="


def interpreted(
    status: int,
    code: str | None,
    message: str | None = "a message",
    headers: Mapping[str, Any] | None = None,
    params: Mapping[str, Any] | None = None,
) -> e.B2Error:
    return e.interpret_b2_error(status, code, message, headers or {}, params)


def every_class(cls: type[e.B2Error] = e.B2Error) -> Iterator[type[e.B2Error]]:
    yield cls
    for subclass in cls.__subclasses__():
        if subclass.__module__.startswith("b2sdk._internal"):
            yield from every_class(subclass)


def pickled(error: e.B2Error) -> e.B2Error:
    same: e.B2Error = pickle.loads(pickle.dumps(error))  # noqa: S301  # our own bytes
    return same


# --- the answer of the service becomes an error ---


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


def test_a_missing_file_is_named_by_its_name_where_the_call_had_no_id() -> None:
    error = interpreted(404, "not_found", params={"fileName": "a-name"})
    assert isinstance(error, e.FileNotPresent)
    assert (error.file_id_or_name, error.bucket_name) == ("a-name", None)


def test_an_unknown_event_type_is_told_with_those_that_exist() -> None:
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
def test_a_bare_bad_request_is_told_apart_by_the_wording_of_older_deployments(
    message: str, expected: type[e.B2Error]
) -> None:
    assert type(interpreted(400, "bad_request", message)) is expected


def test_a_code_that_is_not_documented_is_a_bad_request_with_a_warning() -> None:
    with pytest.warns(UserWarning, match=WARNING + "brand_new"):
        error = interpreted(400, "brand_new")
    assert (type(error), str(error)) == (e.BadRequest, "a message (brand_new)")


@pytest.mark.parametrize(("message", "size"), [("Copy source too big: 123", 123), ("too large", None), (None, None)])
def test_the_size_of_a_source_too_large_is_read_from_the_message(message: str | None, size: int | None) -> None:
    error = interpreted(400, "source_too_large", message)
    assert isinstance(error, e.CopySourceTooBig)
    assert error.size == size


@pytest.mark.parametrize(
    ("message", "token", "text"),
    [
        ("more than one upload using auth token 4_002abcdefghi", "4_002abcdefghi", "auth token 4_002a..."),
        ("more than one upload using auth token short", "short", "auth token ******"),
        ("in other words", None, "auth token ******"),
    ],
)
def test_a_token_used_twice_is_shown_only_in_part(message: str, token: str | None, text: str) -> None:
    error = interpreted(400, "auth_token_limit", message)
    assert isinstance(error, e.UploadTokenUsedConcurrently)
    assert error.token == token
    assert str(error).endswith(text)


@pytest.mark.parametrize("status", [429, 500, 503])
@pytest.mark.parametrize(
    ("value", "seconds"),
    [("5", 5), (7, 7), ("0", 0), ("-1", None), ("Wed, 21 Oct 2015 07:28:00 GMT", None), ("soon", None), (None, None)],
)
def test_retry_after_is_whole_seconds_or_nothing(status: int, value: object, seconds: int | None) -> None:
    assert interpreted(status, "busy", headers={"retry-after": value}).retry_after_seconds == seconds


def test_retry_after_is_looked_up_in_lower_case() -> None:
    assert interpreted(429, "busy", headers={"Retry-After": "5"}).retry_after_seconds is None


@given(
    st.integers(100, 700),
    st.none() | st.text() | st.sampled_from(["auth_token_limit", "source_too_large", "bad_request", "not_found"]),
    st.none() | st.text(),
)
def test_any_answer_becomes_an_error_that_carries_it(status: int, code: str | None, message: str | None) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        error = interpreted(status, code, message)
    assert isinstance(error, e.B2Error)
    assert (error.server_status, error.server_code, error.server_message) == (status, code, message)


# --- which errors may be tried again ---

BOTH, HTTP, UPLOAD, NEITHER = (True, True), (True, False), (False, True), (False, False)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (e.B2ConnectionError(), BOTH),
        (e.B2RequestTimeout(), BOTH),
        (e.B2RequestTimeoutDuringUpload(), UPLOAD),
        (e.BrokenPipe(), BOTH),
        (e.ConnectionReset(), BOTH),
        (e.UnknownHost(), NEITHER),
        (e.ServiceError("503"), BOTH),
        (e.RequestTimeout("408"), BOTH),
        (e.TooManyRequests(3), HTTP),
        (e.ChecksumMismatch("sha1", "a", "b"), BOTH),
        (e.TruncatedOutput(1, 2), BOTH),
        (e.BadUploadUrl(), UPLOAD),
        (e.Unauthorized("m", "c"), UPLOAD),
        (e.InvalidAuthToken("m", "c"), UPLOAD),
        (e.EmailNotVerified("m", "c"), NEITHER),
        (e.NoPaymentHistory("m", "c"), NEITHER),
        (e.UploadTokenUsedConcurrently("t"), NEITHER),
        (e.BadRequest("m", "c"), NEITHER),
        (e.FileSha1Mismatch("f"), NEITHER),
        (e.StorageCapExceeded(), NEITHER),
        (e.UnknownError("?"), NEITHER),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, e.B2Error) else None,
)
def test_an_error_tells_whether_to_try_again(error: e.B2Error, expected: tuple[bool, bool]) -> None:
    assert (error.should_retry_http(), error.should_retry_upload()) == expected


# --- the words ---


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (e.B2Error("a", "b"), "('a', 'b')"),
        (e.B2SimpleError("x"), "Simple error: x"),
        (e.B2ConnectionError(), "Connection error: "),
        (e.B2RequestTimeoutDuringUpload(), "Request timeout during upload: "),
        (e.AlreadyFailed("x"), "Already failed: x"),
        (e.BadDateFormat("x"), "Date from server: x"),
        (e.BadUploadUrl("x"), "Bad upload url: x"),
        (e.FileSha1Mismatch("x"), "Upload file SHA1 mismatch: x"),
        (e.UnexpectedFileVersionAction("x"), "Unexpected file version action returned by the server: x"),
        (e.BucketNotAllowed("x"), "Bucket not allowed: x"),
        (e.B2HttpCallbackPreRequestException("x"), "Http callback pre request exception: x"),
        (e.ClockSkew(700.4), "ClockSkew; local clock is 700 seconds ahead of server"),
        (e.ClockSkew(-700.4), "ClockSkew: local clock is 700 seconds behind server"),
        (e.InvalidJsonResponse(b"\xff{"), "Invalid json response: \ufffd{"),
        (e.InvalidJsonResponse(b"x" * 201), f"Invalid json response: {'x' * 200}..."),
        (e.PotentialS3EndpointPassedAsRealm(b"x"), "Potential s3 endpoint passed as realm: x"),
        (e.FileOrBucketNotFound(), "Could not find a file within a bucket"),
        (e.FileOrBucketNotFound("b", "f"), "Could not find file [f] within bucket [b]"),
        (e.FileNotPresent("b", "f"), "File not present: f"),
        (e.NonExistentBucket("b"), "No such bucket: b"),
        (e.NonExistentBucket(), "No such bucket"),
        (e.NotADirectory("p"), "Not a directory: p"),
        (e.MissingAccountData("k"), "Missing account data: k"),
        (
            e.CorruptAccountInfo("f"),
            "Account info file (f) appears corrupted. Try removing and then re-authorizing the account.",
        ),
        (e.ChecksumMismatch("sha1", "a", "b"), "sha1 checksum mismatch -- bad data"),
        (e.TruncatedOutput(1, 2), "only 1 of 2 bytes read"),
        (e.InvalidArgument("p", "is wrong"), "p is wrong"),
        (e.UnsupportedFilename("bad", "f"), "bad: f"),
        (
            e.InvalidRange(3, (1, 9)),
            "A range of 1-9 was requested (size of 9), but cloud could only serve 3 of that",
        ),
        (e.WrongEncryptionModeForBucketDefault("M"), "M cannot be used as default for a bucket."),
        (e.WrongEncryptionSettingForFileWrite("S"), "S cannot be used for file writes."),
        (e.MaxFileSizeExceeded(5, 4), "Allowed file size of exceeded: 5 > 4"),
        (
            e.MaxRetriesExceeded(2, [e.B2Error(None), e.BrokenPipe()]),
            "FAILED to upload after 2 tries. Encountered exceptions: None\nBroken pipe: unable to send entire request",
        ),
        (e.RestrictedBucket("['a']"), "Application key is restricted to buckets: ['a']"),
        (e.RestrictedBucketMissing(), "Application key is restricted to a bucket that doesn't exist"),
        (e.UnknownHost(), "unknown host"),
        (e.ConnectionReset(), "Connection reset"),
        (e.CapExceeded(), "Cap exceeded."),
        (e.SSECKeyError(), "Wrong or no SSE-C key provided when reading a file."),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, e.B2Error) else None,
)
def test_the_words_of_an_error(error: e.B2Error, text: str) -> None:
    assert str(error) == text


def test_a_newer_destination_is_told_with_both_times() -> None:
    source = types.SimpleNamespace(relative_path="a", mod_time=1)
    dest = types.SimpleNamespace(relative_path="b", mod_time=2)
    assert str(e.DestFileNewer(dest, source, "b2://", "/local/")) == (
        "source file is older than destination: /local/a with a time of 1 cannot be synced to b2://b "
        "with a time of 2, unless a valid newer_file_mode is provided"
    )


def test_an_encoding_error_tells_the_way_out() -> None:
    lines = str(e.EnvironmentEncodingError("f", "ascii")).splitlines()
    assert (len(lines), lines[0], lines[3]) == (
        4,
        "file name f cannot be decoded with system encoding (ascii).",
        "export LANG=en_US.UTF-8",
    )


# --- what every class promises ---


@pytest.mark.parametrize(
    ("cls", "module"),
    [
        (e.B2Error, "b2sdk._internal.exception"),
        (e.TransientErrorMixin, "b2sdk._internal.exception"),
        (e.MissingAccountData, "b2sdk._internal.account_info.exception"),
        (e.EmptyDirectory, "b2sdk._internal.scan.exception"),
        (e.InvalidArgument, "b2sdk._internal.scan.exception"),
        (e.IncompleteSync, "b2sdk._internal.sync.exception"),
    ],
)
def test_a_traceback_shows_the_module_that_it_always_showed(cls: type, module: str) -> None:
    assert cls.__module__ == module


def test_only_our_own_classes_are_published_under_another_module() -> None:
    assert {cls.__module__ for cls in (collections.abc.Mapping, collections.abc.Sequence)} == {"collections.abc"}


def test_every_class_has_a_sentence_of_its_own() -> None:
    inherited = [cls for cls in every_class() if cls.__doc__ in {base.__doc__ for base in cls.__mro__[1:]}]
    assert inherited == []


@pytest.mark.parametrize(
    "error",
    [
        e.TooManyRequests(7),
        e.InvalidAuthToken("m", "c"),
        e.InvalidJsonResponse(b"\xff"),
        e.MaxRetriesExceeded(1, []),
        e.CopySourceTooBig("m", "c", 3),
        e.B2ConnectionError("x", "y"),
        interpreted(404, "not_found", params=PARAMS),
    ],
    ids=lambda error: type(error).__name__,
)
@pytest.mark.parametrize("through", [pickled, copy.copy])
def test_an_error_survives_being_sent_to_another_process(error: e.B2Error, through: Any) -> None:
    same = through(error)
    assert (type(same), str(same), same.args, vars(same)) == (type(error), str(error), error.args, vars(error))


def test_an_invalid_argument_keeps_its_cause() -> None:
    cause = ValueError("not a regex")
    with pytest.raises(e.InvalidArgument, match=r"^pattern not a regex$") as raised:
        _raise_checked("", cause)
    assert raised.value.__cause__ is cause


def test_an_invalid_argument_is_told_in_the_words_of_the_caller() -> None:
    with pytest.raises(e.InvalidArgument, match=r"^pattern is wrong$"):
        _raise_checked("is wrong", ValueError("not a regex"))


def test_other_exceptions_pass_an_argument_check() -> None:
    with pytest.raises(KeyError):
        _raise_checked("", KeyError("k"))


def _raise_checked(message: str, cause: Exception) -> None:
    with e.check_invalid_argument("pattern", message, ValueError):
        raise cause
