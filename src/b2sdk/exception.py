"""The error tree, and the one table that turns an answer of the service into an error.

    B2Error
    ├── B2SimpleError                       str() is "<words of the class name>: <arguments>"
    │   ├── B2ConnectionError, B2RequestTimeout          the transport failed; sending again may help
    │   ├── ResourceNotFound
    │   │   ├── FileOrBucketNotFound        FileNotPresent, NonExistentBucket
    │   │   └── BucketIdNotFound
    │   ├── InvalidJsonResponse             PotentialS3EndpointPassedAsRealm
    │   ├── B2HttpCallbackException         raised by hooks; ClockSkew is one
    │   ├── BaseDirectoryError              EmptyDirectory, NotADirectory, UnableToCreateDirectory
    │   └── Conflict, DuplicateBucketName, FileAlreadyHidden, UnknownError ...
    ├── AccountInfoError                    CorruptAccountInfo, MissingAccountData
    ├── BadRequest                          400 with a message and a code
    ├── Unauthorized                        401: InvalidAuthToken, EmailNotVerified, NoPaymentHistory
    ├── AccessDenied                        403: SSECKeyError, RetentionWriteError
    ├── CapExceeded                         403: StorageCapExceeded, TransactionCapExceeded
    ├── ServiceError, RequestTimeout, TooManyRequests    5xx, 408, 429
    ├── DestinationError                    where a download was to be written
    ├── InvalidUserInput                    refused here, before a request is made
    └── ChecksumMismatch, TruncatedOutput, MaxRetriesExceeded, RestrictedBucket ...

Every class answers two questions: :meth:`B2Error.should_retry_http` (the same request may be sent again) and
:meth:`B2Error.should_retry_upload` (the upload may be sent again, to another upload URL).

No text of an error contains a key or a token.
"""

from __future__ import annotations

import re
import warnings
from abc import ABCMeta
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple, Protocol, get_args

from typing_extensions import Self

from b2sdk.vocabulary import EVENT_TYPE


class B2Error(Exception, metaclass=ABCMeta):
    """Anything that this package raises about B2, except plain ``ValueError`` and ``TypeError`` of bad arguments."""

    retry_after_seconds: int | None = None
    """How long the service asked to wait before the next attempt; ``None`` when it did not say."""
    server_status: int | None = None
    """The HTTP status of the answer that this error reports; ``None`` for what was not answered by the service."""
    server_code: str | None = None
    """The service's own code in that answer."""
    server_message: str | None = None
    """The service's own words in that answer."""

    def __init__(self, *args: object, retry_after_seconds: int | None = None) -> None:
        super().__init__(*args)
        self.retry_after_seconds = retry_after_seconds

    def __reduce__(self) -> tuple[Any, ...]:
        # The default protocol calls the class with `args`, which the constructors below do not take; errors cross
        # process boundaries in worker pools, so they are rebuilt from their state instead.
        return _rebuild, (type(self), self.args), self.__dict__

    def in_place_of(self, error: B2Error) -> Self:
        """Take over what the service said from the error that this one is raised instead of."""
        self.server_status, self.server_code = error.server_status, error.server_code
        self.server_message = error.server_message
        return self

    @property
    def prefix(self) -> str:
        """The class name in words: ``FileAlreadyHidden`` gives ``File already hidden``."""
        words = re.split(r"(?<!^)(?=[A-Z])", type(self).__name__.removeprefix("B2"))
        return " ".join(words).capitalize()

    def should_retry_http(self) -> bool:
        """Whether the same request may be sent again, after a wait."""
        return False

    def should_retry_upload(self) -> bool:
        """Whether the upload may be sent again to a fresh upload URL, at once."""
        return False


def _rebuild(cls: type[B2Error], args: tuple[object, ...]) -> B2Error:
    return cls.__new__(cls, *args)


class B2SimpleError(B2Error):
    """An error that is told by its class and one value."""

    def __str__(self) -> str:
        return f"{self.prefix}: {super().__str__()}"


class TransientErrorMixin:
    """Marks failures that pass: the request, and the upload, may be tried again."""

    def should_retry_http(self) -> bool:
        return True

    def should_retry_upload(self) -> bool:
        return True


# --- the transport -----------------------------------------------------------------------------------------------


class B2ConnectionError(TransientErrorMixin, B2SimpleError):
    """No connection, or it broke."""


class B2RequestTimeout(TransientErrorMixin, B2SimpleError):
    """The peer was silent for longer than the timeout."""


class B2RequestTimeoutDuringUpload(B2RequestTimeout):
    """A timeout while a body was being sent; the upload URL it was sent to must not be used again."""

    def should_retry_http(self) -> bool:
        return False


class BrokenPipe(TransientErrorMixin, B2Error):
    """The peer closed the connection while the request was being sent."""

    def __str__(self) -> str:
        return "Broken pipe: unable to send entire request"


class ConnectionReset(TransientErrorMixin, B2Error):
    """The peer reset a TLS connection."""

    def __str__(self) -> str:
        return "Connection reset"


class UnknownHost(B2Error):
    """The host name has no address."""

    def __str__(self) -> str:
        return "unknown host"


class ServiceError(TransientErrorMixin, B2Error):
    """The service answered 5xx."""


class RequestTimeout(TransientErrorMixin, B2Error):
    """The service answered 408: it gave up waiting for the request."""


class TooManyRequests(B2Error):
    """The service answered 429."""

    def __init__(self, retry_after_seconds: int | None = None) -> None:
        super().__init__(retry_after_seconds=retry_after_seconds)

    def __str__(self) -> str:
        return "Too many requests"

    def should_retry_http(self) -> bool:
        return True


class UnknownError(B2SimpleError):
    """An answer or a failure that has no class of its own."""


def without_secrets(answer: str) -> str:
    """Return the text of an answer, which may be broken or cut short, without the tokens and keys that it tells."""
    return re.sub(r'("(?:authorizationToken|applicationKey)"\s*:\s*")[^"]*', r"\1******", answer)


class InvalidJsonResponse(B2SimpleError):
    """The body is not the JSON object that the call answers with."""

    UP_TO_BYTES_COUNT = 200

    def __init__(self, content: bytes) -> None:
        self.content = content
        shown = without_secrets(content[: self.UP_TO_BYTES_COUNT].decode("utf-8", errors="replace"))
        super().__init__(shown + "..." if len(content) > self.UP_TO_BYTES_COUNT else shown)


class PotentialS3EndpointPassedAsRealm(InvalidJsonResponse):
    """The realm looks like the S3-compatible endpoint, which does not speak this protocol."""


class UnexpectedCloudBehaviour(B2SimpleError):
    """The answer lacks what the protocol promises."""


# --- hooks -------------------------------------------------------------------------------------------------------


class B2HttpCallbackException(B2SimpleError):
    """Raised by a hook to stop a request; never retried."""


class B2HttpCallbackPreRequestException(B2HttpCallbackException):
    """Raised before the request is sent."""


class B2HttpCallbackPostRequestException(B2HttpCallbackException):
    """Raised after the answer has come."""


class ClockSkew(B2HttpCallbackPostRequestException):
    """The local clock and the service's clock are more than ten minutes apart."""

    def __init__(self, clock_skew_seconds: float) -> None:
        super().__init__()
        self.clock_skew_seconds = clock_skew_seconds
        """Local minus server time, in seconds."""

    def __str__(self) -> str:
        if self.clock_skew_seconds < 0:
            return f"ClockSkew: local clock is {-self.clock_skew_seconds:.0f} seconds behind server"
        return f"ClockSkew; local clock is {self.clock_skew_seconds:.0f} seconds ahead of server"


class BadDateFormat(B2SimpleError):
    """The ``Date`` header of an answer is not an HTTP date."""

    prefix = "Date from server"


# --- account info ------------------------------------------------------------------------------------------------


class AccountInfoError(B2Error):
    """Something about the stored account state."""


class CorruptAccountInfo(AccountInfoError):
    """The account-info file is not a database of this kind. It was left as it is."""

    def __init__(self, file_name: str) -> None:
        super().__init__()
        self.file_name = file_name

    def __str__(self) -> str:
        return (
            f"Account info file ({self.file_name}) appears corrupted. Try removing and then re-authorizing the account."
        )


class MissingAccountData(AccountInfoError):
    """A value of the account state was asked for before an authorization stored it."""

    def __init__(self, key: str) -> None:
        super().__init__()
        self.key = key

    def __str__(self) -> str:
        return f"Missing account data: {self.key}"


# --- 400 ---------------------------------------------------------------------------------------------------------


class BadRequest(B2Error):
    """The service refused the request as wrong."""

    def __init__(self, message: str | None, code: str | None) -> None:
        super().__init__()
        self.message = message
        self.code = code

    def __str__(self) -> str:
        return f"{self.message} ({self.code})"


class CopySourceTooBig(BadRequest):
    """The source of ``b2_copy_file`` is larger than one call may copy."""

    def __init__(self, message: str | None, code: str | None, size: int | None) -> None:
        super().__init__(message, code)
        self.size = size
        """Bytes of the source; ``None`` when the service's wording did not tell."""


class EventTypeError(BadRequest):
    """The event types of a notification rule are wrong."""


class EventTypeCategoriesError(EventTypeError):
    """Event types of several categories in one rule."""


class EventTypeOverlapError(EventTypeError):
    """An event type is named twice, or beside the wildcard that contains it."""


class EventTypesEmptyError(EventTypeError):
    """A rule without event types."""


class EventTypeInvalidError(EventTypeError):
    """An event type that does not exist."""


class BadJson(B2SimpleError):
    """The service refused a JSON value."""

    prefix = "Bad request"


class BadUploadUrl(B2SimpleError):
    """The upload URL is not one of the service's."""

    def should_retry_upload(self) -> bool:
        return True


class UploadTokenUsedConcurrently(B2Error):
    """Two uploads ran with one upload token at the same time."""

    def __init__(self, token: str | None) -> None:
        super().__init__()
        self.token = token

    def __str__(self) -> str:
        return f"More than one concurrent upload using auth token {shortened_secret(self.token)}"


class DuplicateBucketName(B2SimpleError):
    """Bucket names are unique across all accounts, and this one is taken."""

    prefix = "Bucket name is already in use"


class UnrecognizedBucketType(B2Error):
    """The service reports no bucket type."""


class FileAlreadyHidden(B2SimpleError):
    """The newest version is a hide marker already."""


class FileNotHidden(B2SimpleError):
    """The newest version is not a hide marker."""


class FileDeleted(B2SimpleError):
    """The newest version is a deleted one."""


class UnexpectedFileVersionAction(B2SimpleError):
    """The newest version is of a kind that can neither be hidden nor shown."""

    prefix = "Unexpected file version action returned by the server"


class FileSha1Mismatch(B2SimpleError):
    """The content that arrived does not have the SHA-1 that was announced."""

    prefix = "Upload file SHA1 mismatch"


class MissingPart(B2SimpleError):
    """A large file was to be finished with a part that was never uploaded."""

    prefix = "Part number has not been uploaded"


class PartSha1Mismatch(B2Error):
    """A large file was to be finished with a SHA-1 that a part does not have."""

    def __init__(self, key: str | None) -> None:
        super().__init__()
        self.key = key

    def __str__(self) -> str:
        return f"Part number {self.key} has wrong SHA1"


class BadFileInfo(B2SimpleError):
    """A file-info entry is malformed."""


class DisablingFileLockNotSupported(B2Error):
    """File lock, once on, stays on."""

    def __str__(self) -> str:
        return "Disabling file lock is not supported"


class SourceReplicationConflict(B2Error):
    """The bucket is the source of a replication, which forbids this change."""

    def __str__(self) -> str:
        return "Operation not supported for buckets with source replication"


class EnablingFileLockOnRestrictedBucket(B2Error):
    """A restricted bucket cannot have file lock."""

    def __str__(self) -> str:
        return "Turning on file lock for a restricted bucket is not allowed"


# --- 401, 403 ----------------------------------------------------------------------------------------------------


class Unauthorized(B2Error):
    """The credentials or the token do not allow the call."""

    def __init__(self, message: str | None, code: str | None) -> None:
        super().__init__()
        self.message = message
        self.code = code

    def __str__(self) -> str:
        return f"{self.message} ({self.code})"

    def should_retry_upload(self) -> bool:
        return True


class InvalidAuthToken(Unauthorized):
    """The token is unknown to the service, or has expired."""

    def __init__(self, message: str | None, code: str | None) -> None:
        super().__init__(f"Invalid authorization token. Server said: {message or ''}", code)


class EmailNotVerified(Unauthorized):
    """The account's email address is not verified."""

    def should_retry_upload(self) -> bool:
        return False


class NoPaymentHistory(Unauthorized):
    """The account has never paid, which public buckets require."""

    def should_retry_upload(self) -> bool:
        return False


class AccessDenied(B2Error):
    """The call is not allowed with these parameters."""

    def __str__(self) -> str:
        return "This call with these parameters is not allowed for this auth token"


class SSECKeyError(AccessDenied):
    """The file is encrypted with a customer key, and the right one was not given."""

    def __str__(self) -> str:
        return "Wrong or no SSE-C key provided when reading a file."


class RetentionWriteError(AccessDenied):
    """Retention or legal hold may not be changed like this."""

    def __str__(self) -> str:
        return (
            "Auth token not authorized to write retention or file already in 'compliance' mode or "
            "bypassGovernance=true parameter missing"
        )


class CapExceeded(B2Error):
    """A daily cap of the account is reached."""

    def __str__(self) -> str:
        return "Cap exceeded."


class StorageCapExceeded(CapExceeded):
    """The storage cap is reached."""

    def __str__(self) -> str:
        return "Cannot upload or copy files, storage cap exceeded."


class TransactionCapExceeded(CapExceeded):
    """The transaction cap is reached."""

    def __str__(self) -> str:
        return "Cannot perform the operation, transaction cap exceeded."


class NotAllowedByAppKeyError(B2SimpleError):
    """What the application key does not allow. For callers to raise; this package does not."""


class BucketNotAllowed(NotAllowedByAppKeyError):
    """The key is for other buckets."""


class CapabilityNotAllowed(NotAllowedByAppKeyError):
    """The key lacks a capability."""


class FileNameNotAllowed(NotAllowedByAppKeyError):
    """The key is for other file names."""


class RestrictedBucket(B2Error):
    """The application key is restricted to other buckets; no request was made."""

    def __init__(self, bucket_names: str) -> None:
        super().__init__()
        self.bucket_names = bucket_names

    def __str__(self) -> str:
        return f"Application key is restricted to buckets: {self.bucket_names}"


class RestrictedBucketMissing(RestrictedBucket):
    """The application key is restricted to a bucket that no longer exists."""

    def __init__(self) -> None:
        super().__init__("")

    def __str__(self) -> str:
        return "Application key is restricted to a bucket that doesn't exist"


# --- 404, 409, 416 -----------------------------------------------------------------------------------------------


class ResourceNotFound(B2SimpleError):
    """The service answered 404."""

    prefix = "No such file, bucket, or endpoint"


class FileOrBucketNotFound(ResourceNotFound):
    """A file, or the bucket it was looked for in, does not exist."""

    def __init__(self, bucket_name: str | None = None, file_id_or_name: str | None = None) -> None:
        super().__init__()
        self.bucket_name = bucket_name
        self.file_id_or_name = file_id_or_name

    def __str__(self) -> str:
        file = f"file [{self.file_id_or_name}]" if self.file_id_or_name else "a file"
        bucket = f"bucket [{self.bucket_name}]" if self.bucket_name else "a bucket"
        return f"Could not find {file} within {bucket}"


class FileNotPresent(FileOrBucketNotFound):
    """No such file, or its newest version is a hide marker."""

    def __str__(self) -> str:
        return "File not present" + (f": {self.file_id_or_name}" if self.file_id_or_name else "")


class NonExistentBucket(FileOrBucketNotFound):
    """No bucket of that name is visible to the application key."""

    def __str__(self) -> str:
        return "No such bucket" + (f": {self.bucket_name}" if self.bucket_name else "")


class BucketIdNotFound(ResourceNotFound):
    """No bucket of that id is visible to the application key."""

    def __init__(self, bucket_id: str | None) -> None:
        super().__init__()
        self.bucket_id = bucket_id

    def __str__(self) -> str:
        return f"Bucket with id={self.bucket_id} not found"


class Conflict(B2SimpleError):
    """Somebody else changed the bucket in between (409)."""


class UnsatisfiableRange(B2Error):
    """The range begins beyond the end of the file (416)."""

    def __str__(self) -> str:
        return "The range in the request is outside the size of the file"


# --- found out by the client -------------------------------------------------------------------------------------


class ChecksumMismatch(TransientErrorMixin, B2Error):
    """The bytes received do not have the checksum they should."""

    def __init__(self, checksum_type: str, expected: str | None, actual: str | None) -> None:
        super().__init__()
        self.checksum_type = checksum_type
        self.expected = expected
        self.actual = actual

    def __str__(self) -> str:
        return f"{self.checksum_type} checksum mismatch -- bad data"


class TruncatedOutput(TransientErrorMixin, B2Error):
    """The body ended before it was complete."""

    def __init__(self, bytes_read: int, file_size: int) -> None:
        super().__init__()
        self.bytes_read = bytes_read
        self.file_size = file_size

    def __str__(self) -> str:
        return f"only {self.bytes_read} of {self.file_size} bytes read"


class InvalidRange(B2Error):
    """The service sent another part of the file than the one asked for."""

    def __init__(self, content_length: int, range_: tuple[int, int]) -> None:
        super().__init__()
        self.content_length = content_length
        self.range_ = range_

    def __str__(self) -> str:
        first, last = self.range_
        return (
            f"A range of {first}-{last} was requested (size of {last - first + 1}), "
            f"but cloud could only serve {self.content_length} of that"
        )


class MaxRetriesExceeded(B2Error):
    """An upload failed as often as it may."""

    def __init__(self, limit: int, exception_info_list: Sequence[BaseException]) -> None:
        super().__init__()
        self.limit = limit
        self.exception_info_list = exception_info_list

    def __str__(self) -> str:
        causes = "\n".join(str(cause) for cause in self.exception_info_list)
        return f"FAILED to upload after {self.limit} tries. Encountered exceptions: {causes}"


class AlreadyFailed(B2SimpleError):
    """Not tried, because a sibling of the same transfer has failed."""


class MaxFileSizeExceeded(B2Error):
    """The file would be larger than the service takes."""

    def __init__(self, size: int, max_allowed_size: int) -> None:
        super().__init__()
        self.size = size
        self.max_allowed_size = max_allowed_size

    def __str__(self) -> str:
        return f"Allowed file size of exceeded: {self.size} > {self.max_allowed_size}"


class InvalidUploadSource(B2SimpleError):
    """What was to be uploaded is not a regular file."""


class UnusableFileName(B2SimpleError):
    """The service does not take such a file name."""


class InvalidMetadataDirective(B2Error):
    """Content type and file info do not go with the metadata directive of a copy."""


class SSECKeyIdMismatchInCopy(InvalidMetadataDirective):
    """A copy between different customer keys needs the metadata of the source."""


class InvalidUserInput(B2Error):
    """An argument was refused before a request was made."""


class CopyArgumentsMismatch(InvalidUserInput):
    """File info and content type of a copy come together or not at all."""


class WrongEncryptionModeForBucketDefault(InvalidUserInput):
    """Only SSE-B2 can be the default of a bucket."""

    def __init__(self, encryption_mode: object) -> None:
        super().__init__()
        self.encryption_mode = encryption_mode

    def __str__(self) -> str:
        return f"{self.encryption_mode} cannot be used as default for a bucket."


class WrongEncryptionSettingForFileWrite(InvalidUserInput):
    """A file cannot be written with this encryption setting."""

    def __init__(self, encryption_setting: object) -> None:
        super().__init__()
        self.encryption_setting = encryption_setting

    def __str__(self) -> str:
        return f"{self.encryption_setting} cannot be used for file writes."


class InvalidArgument(B2Error):
    """An argument of a scan or a sync has a value that makes no sense."""

    def __init__(self, parameter_name: str, message: str) -> None:
        super().__init__()
        self.parameter_name = parameter_name
        self.message = message

    def __str__(self) -> str:
        return f"{self.parameter_name} {self.message}"


# --- local files and sync ----------------------------------------------------------------------------------------


class DestinationError(B2Error):
    """A download cannot be written there."""


class DestinationDirectoryError(DestinationError):
    """The directory of the destination is at fault."""


class DestinationDirectoryDoesntExist(DestinationDirectoryError):
    """The directory is missing."""


class DestinationParentIsNotADirectory(DestinationDirectoryError):
    """What should be the directory is something else."""


class DestinationIsADirectory(DestinationDirectoryError):
    """The destination itself is a directory."""


class DestinationDirectoryDoesntAllowOperation(DestinationDirectoryError):
    """The permissions of the directory forbid it."""


class BaseDirectoryError(B2SimpleError):
    """A folder to scan is at fault."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


class EmptyDirectory(BaseDirectoryError):
    """The source folder is empty, and that was not allowed."""


class NotADirectory(BaseDirectoryError):
    """The folder is a file."""


class UnableToCreateDirectory(BaseDirectoryError):
    """The folder could not be made."""


class EnvironmentEncodingError(B2Error):
    """A file name does not fit the system's encoding."""

    def __init__(self, filename: str, encoding: str) -> None:
        super().__init__()
        self.filename = filename
        self.encoding = encoding

    def __str__(self) -> str:
        return (
            f"file name {self.filename} cannot be decoded with system encoding ({self.encoding}).\n"
            "We think this is an environment error which you should workaround by\n"
            "setting your system encoding properly, for example like this:\n"
            "export LANG=en_US.UTF-8"
        )


class UnsupportedFilename(B2Error):
    """A name in the bucket cannot be a path here."""

    def __init__(self, message: str, filename: str) -> None:
        super().__init__()
        self.message = message
        self.filename = filename

    def __str__(self) -> str:
        return f"{self.message}: {self.filename}"


class IncompleteSync(B2SimpleError):
    """Some actions of a sync failed; the others were carried out."""


class _SyncedPath(Protocol):
    relative_path: str
    mod_time: int


class DestFileNewer(B2Error):
    """The source is older than what it would replace."""

    def __init__(self, dest_path: _SyncedPath, source_path: _SyncedPath, dest_prefix: str, source_prefix: str) -> None:
        super().__init__()
        self.dest_path = dest_path
        self.source_path = source_path
        self.dest_prefix = dest_prefix
        self.source_prefix = source_prefix

    def __str__(self) -> str:
        source, dest = self.source_path, self.dest_path
        return (
            f"source file is older than destination: {self.source_prefix}{source.relative_path} "
            f"with a time of {source.mod_time} cannot be synced to {self.dest_prefix}{dest.relative_path} "
            f"with a time of {dest.mod_time}, unless a valid newer_file_mode is provided"
        )

    def should_retry_http(self) -> bool:
        return True


@contextmanager
def check_invalid_argument(parameter_name: str, message: str, *exceptions: type[BaseException]) -> Iterator[None]:
    """Turn the given exceptions into :class:`InvalidArgument`; an empty message takes the exception's text."""
    try:
        yield
    except exceptions as error:
        raise InvalidArgument(parameter_name, message or str(error)) from error


# --- what the service answered -> which error --------------------------------------------------------------------


MALFORMED = (LookupError, TypeError, ValueError, AttributeError, AssertionError, OverflowError)
"""How code fails that reads an answer with other fields or types than the protocol promises."""


def malformed(thing: str, error: Exception) -> UnexpectedCloudBehaviour:
    """Return (not raise) the error for a thing in an answer that could not be read."""
    if isinstance(error, KeyError):
        return UnexpectedCloudBehaviour(f"{thing} came without {error}")
    return UnexpectedCloudBehaviour(f"{thing} is not what the protocol promises: {error!r}")


@contextmanager
def reading(thing: str) -> Iterator[None]:
    """Read a thing in an answer of the service.

    :raises UnexpectedCloudBehaviour: it has not the fields and types that the protocol promises.
    """
    try:
        yield
    except B2Error:
        raise
    except MALFORMED as error:
        raise malformed(thing, error) from error


def check_text(*values: object) -> None:
    """Check, inside :func:`reading`, that something in an answer is text, which nothing may notice until it is used."""
    for value in values:
        if not isinstance(value, str):
            raise TypeError(f"{type(value).__name__} instead of text")


class _Answer(NamedTuple):
    status: int
    code: str | None
    message: str | None
    retry_after_seconds: int | None
    params: Mapping[str, Any]

    @property
    def text(self) -> str:
        return f"{self.status} {self.code} {self.message}"


_Reading = Callable[[_Answer], B2Error]


def _plain(cls: Callable[[], B2Error]) -> _Reading:
    return lambda _answer: cls()


def _coded(cls: Callable[[str | None, str | None], B2Error]) -> _Reading:
    return lambda answer: cls(answer.message, answer.code)


def _named(cls: Callable[[Any], B2Error], parameter: str) -> _Reading:
    return lambda answer: cls(answer.params.get(parameter))


def _file_not_present(answer: _Answer) -> B2Error:
    return FileNotPresent(file_id_or_name=answer.params.get("fileId") or answer.params.get("fileName"))


def _event_type_invalid(answer: _Answer) -> B2Error:
    valid = sorted(get_args(EVENT_TYPE))
    return EventTypeInvalidError(f"Event Type error: {answer.message!r}. Valid types: {valid}", answer.code)


def _token_used_concurrently(answer: _Answer) -> B2Error:
    found = re.search(r"more than one upload using auth token (\S+)", answer.message or "")
    return UploadTokenUsedConcurrently(found.group(1) if found else None)


def _copy_source_too_big(answer: _Answer) -> B2Error:
    found = re.search(r"Copy source too big: (\d+)", answer.message or "")
    return CopySourceTooBig(answer.message, answer.code, int(found.group(1)) if found else None)


_OLD_FILE_LOCK_WORDING: Mapping[str, Callable[[], B2Error]] = {
    "fileLockEnabled value of false is not allowed when bucket is already file lock enabled.": (
        DisablingFileLockNotSupported
    ),
    "Turning on file lock for an existing bucket having source replication configuration is not allowed.": (
        SourceReplicationConflict
    ),
    "Turning on file lock for a restricted bucket is not allowed.": EnablingFileLockOnRestrictedBucket,
}
"""Before these conflicts had codes of their own, ``bad_request`` carried them in its message."""


def _bad_request(answer: _Answer) -> B2Error:
    message = answer.message or ""
    if answer.code == "bad_request" and message in _OLD_FILE_LOCK_WORDING:
        return _OLD_FILE_LOCK_WORDING[message]()
    if message.startswith("more than one upload using auth token"):
        return _token_used_concurrently(answer)  # older deployments send it as bad_request
    return BadRequest(answer.message, answer.code)


def _unknown_bad_request(answer: _Answer) -> B2Error:
    if answer.code is not None:  # the answer to a HEAD request has none
        warnings.warn(
            f"bad request exception with an unknown `code`. message={answer.message}, code={answer.code}",
            stacklevel=4,
        )
    return _bad_request(answer)


_READINGS: Mapping[tuple[int, str], _Reading] = {
    (400, "already_hidden"): _named(FileAlreadyHidden, "fileName"),
    (400, "auth_token_limit"): _token_used_concurrently,
    (400, "bad_bucket_id"): _named(BucketIdNotFound, "bucketId"),
    (400, "bad_json"): lambda answer: BadJson(answer.message),
    (400, "duplicate_bucket_name"): _named(DuplicateBucketName, "bucketName"),
    (400, "event_type_categories"): _coded(EventTypeCategoriesError),
    (400, "event_type_invalid"): _event_type_invalid,
    (400, "event_type_overlap"): _coded(EventTypeOverlapError),
    (400, "event_types_empty"): _coded(EventTypesEmptyError),
    (400, "file_lock_conflict"): _plain(DisablingFileLockNotSupported),
    (400, "file_not_present"): _file_not_present,
    (400, "missing_part"): _named(MissingPart, "fileId"),
    (400, "no_such_file"): _file_not_present,
    (400, "part_sha1_mismatch"): _named(PartSha1Mismatch, "fileId"),
    (400, "restricted_bucket_conflict"): _plain(EnablingFileLockOnRestrictedBucket),
    (400, "source_replication_conflict"): _plain(SourceReplicationConflict),
    (400, "source_too_large"): _copy_source_too_big,
    # Documented codes that say nothing more than their message does.
    **dict.fromkeys(
        (
            (400, code)
            for code in (
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
            )
        ),
        _bad_request,
    ),
    (401, "bad_auth_token"): _coded(InvalidAuthToken),
    (401, "email_not_verified"): _coded(EmailNotVerified),
    (401, "expired_auth_token"): _coded(InvalidAuthToken),
    (401, "no_payment_history"): _coded(NoPaymentHistory),
    (403, "access_denied"): _plain(AccessDenied),
    (403, "storage_cap_exceeded"): _plain(StorageCapExceeded),
    (403, "transaction_cap_exceeded"): _plain(TransactionCapExceeded),
    (404, "not_found"): _file_not_present,
    (416, "range_not_satisfiable"): _plain(UnsatisfiableRange),
}

_READINGS_OF_STATUS: Mapping[int, _Reading] = {
    400: _unknown_bad_request,
    401: _coded(Unauthorized),
    404: _plain(ResourceNotFound),
    408: lambda answer: RequestTimeout(answer.text),
    409: _plain(Conflict),
    429: lambda answer: TooManyRequests(answer.retry_after_seconds),
    **dict.fromkeys(
        range(500, 600),
        lambda answer: ServiceError(answer.text, retry_after_seconds=answer.retry_after_seconds),
    ),
}


def interpret_b2_error(
    status: int,
    code: str | None,
    message: str | None,
    response_headers: Mapping[str, Any],
    post_params: Mapping[str, Any] | None = None,
) -> B2Error:
    """Return (not raise) the error for an answer of the service.

    ``response_headers`` is asked for ``retry-after`` in lower case, so a plain dict must spell it so; only whole
    seconds are understood. ``post_params`` are the parameters of the call, which name the file or bucket at fault.
    """
    answer = _Answer(status, code, message, retry_after_seconds(response_headers), post_params or {})
    reading = _READINGS.get((status, code or "")) or _READINGS_OF_STATUS.get(status)
    error = reading(answer) if reading else UnknownError(answer.text)
    error.server_status, error.server_code, error.server_message = status, code, message
    return error


def retry_after_seconds(response_headers: Mapping[str, Any]) -> int | None:
    """Read ``retry-after`` as a non-negative number of seconds; anything else (an HTTP date, junk) is ``None``."""
    try:
        seconds = int(response_headers.get("retry-after"))  # type: ignore[arg-type]  # None is a TypeError below
    except (TypeError, ValueError):
        return None
    return seconds if seconds >= 0 else None


def shortened_secret(secret: str | None) -> str:
    """Enough of a token to recognise it in a log, too little to use it."""
    return f"{secret[:6]}..." if secret and len(secret) > 12 else "******"


def _published_as(module: str, *classes: type[BaseException | TransientErrorMixin]) -> None:
    for cls in classes:
        cls.__module__ = module


# Tracebacks print the module of a class, and programs match that text, so the classes carry the path under which
# they have always been printed. Those modules exist, which also keeps pickles readable.
_published_as(
    "b2sdk._internal.exception",
    TransientErrorMixin,
    *(value for value in list(globals().values()) if type(value) is ABCMeta and issubclass(value, B2Error)),
)
_published_as("b2sdk._internal.account_info.exception", AccountInfoError, CorruptAccountInfo, MissingAccountData)
_published_as(
    "b2sdk._internal.scan.exception",
    BaseDirectoryError,
    EmptyDirectory,
    NotADirectory,
    UnableToCreateDirectory,
    InvalidArgument,
    EnvironmentEncodingError,
    UnsupportedFilename,
)
_published_as("b2sdk._internal.sync.exception", IncompleteSync)
