from __future__ import annotations

import collections.abc
import copy
import pickle
import sys
import types
from collections.abc import Iterator
from typing import Any, get_type_hints

import pytest

from b2sdk import exception as e


def every_class(cls: type[e.B2Error] = e.B2Error) -> Iterator[type[e.B2Error]]:
    yield cls
    for subclass in cls.__subclasses__():
        if subclass.__module__.startswith("b2sdk._internal"):
            yield from every_class(subclass)


def pickled(error: e.B2Error) -> e.B2Error:
    same: e.B2Error = pickle.loads(pickle.dumps(error))  # noqa: S301  # our own bytes
    return same


# --- which errors may be retried ---

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
def test_an_error_says_whether_to_retry(error: e.B2Error, expected: tuple[bool, bool]) -> None:
    assert (error.should_retry_http(), error.should_retry_upload()) == expected


# --- the texts ---


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
def test_the_text_of_an_error(error: e.B2Error, text: str) -> None:
    assert str(error) == text


def test_the_error_about_a_newer_destination_gives_both_times() -> None:
    source = types.SimpleNamespace(relative_path="a", mod_time=1)
    dest = types.SimpleNamespace(relative_path="b", mod_time=2)
    assert str(e.DestFileNewer(dest, source, "b2://", "/local/")) == (
        "source file is older than destination: /local/a with a time of 1 cannot be synced to b2://b "
        "with a time of 2, unless a valid newer_file_mode is provided"
    )


def test_an_encoding_error_suggests_a_workaround() -> None:
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
def test_a_traceback_shows_the_module_that_b2sdk_shows(cls: type, module: str) -> None:
    assert cls.__module__ == module


def test_the_annotations_of_a_class_can_be_read_before_its_module_is_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    for cls in every_class():
        monkeypatch.delitem(sys.modules, cls.__module__, raising=False)
        assert get_type_hints(cls)["attempts"] is int


def test_only_our_own_classes_are_published_under_another_module() -> None:
    assert {cls.__module__ for cls in (collections.abc.Mapping, collections.abc.Sequence)} == {"collections.abc"}


def test_every_class_has_its_own_docstring() -> None:
    inherited = [cls for cls in every_class() if cls.__doc__ in {base.__doc__ for base in cls.__mro__[1:]}]
    assert inherited == []


def test_an_error_in_place_of_another_has_what_that_one_reported() -> None:
    first = e.BadRequest("m", "c")
    first.server_status, first.server_code, first.server_message, first.host, first.attempts = 400, "c", "m", "h", 3
    error = e.FileNotPresent().in_place_of(first)
    assert (error.server_status, error.server_code, error.server_message) == (400, "c", "m")
    assert (error.host, error.attempts) == ("h", 3)


@pytest.mark.parametrize(
    "error",
    [
        e.TooManyRequests(7),
        e.InvalidAuthToken("m", "c"),
        e.InvalidJsonResponse(b"\xff"),
        e.MaxRetriesExceeded(1, []),
        e.CopySourceTooBig("m", "c", 3),
        e.B2ConnectionError("x", "y"),
        e.FileNotPresent("b").in_place_of(e.TooManyRequests(3)),
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


def test_an_invalid_argument_has_the_message_of_the_caller() -> None:
    with pytest.raises(e.InvalidArgument, match=r"^pattern is wrong$"):
        _raise_checked("is wrong", ValueError("not a regex"))


def test_other_exceptions_pass_an_argument_check() -> None:
    with pytest.raises(KeyError):
        _raise_checked("", KeyError("k"))


def _raise_checked(message: str, cause: Exception) -> None:
    with e.check_invalid_argument("pattern", message, ValueError):
        raise cause
