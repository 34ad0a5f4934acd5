"""Errors of requests: the transport failed, a hook stopped it, or the service rejected it.

Which response of the service becomes which error is known to :mod:`b2sdk.error_table` alone.
"""

from __future__ import annotations

from b2sdk.error_text import reason, shortened_secret, without_secrets
from b2sdk.exception.base import B2Error, B2SimpleError, TransientErrorMixin, publish_as
from b2sdk.text import on_one_line

# --- the transport -----------------------------------------------------------------------------------------------


class B2ConnectionError(TransientErrorMixin, B2SimpleError):
    """The connection could not be made, or it broke."""


class ConnectionImpossible(B2ConnectionError):
    """The connection cannot be made, and a retry would fail too: an untrusted certificate, or no TLS."""

    def should_retry_http(self) -> bool:
        return False

    def should_retry_upload(self) -> bool:
        return False


class B2RequestTimeout(TransientErrorMixin, B2SimpleError):
    """The peer sent nothing for longer than the timeout."""


class B2RequestTimeoutDuringUpload(B2RequestTimeout):
    """A timeout while a request body was being sent. Its upload URL must not be used again."""

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
    """The host name could not be resolved."""

    def __str__(self) -> str:
        return "unknown host"


class ServiceError(TransientErrorMixin, B2Error):
    """The service responded with a 5xx status."""


class RequestTimeout(TransientErrorMixin, B2Error):
    """The service responded with 408: it gave up waiting for the request."""


class TooManyRequests(B2Error):
    """The service responded with 429."""

    def __init__(self, retry_after_seconds: int | None = None) -> None:
        super().__init__(retry_after_seconds=retry_after_seconds)

    def __str__(self) -> str:
        return "Too many requests"

    def should_retry_http(self) -> bool:
        return True


class UnknownError(B2SimpleError):
    """A response or a failure that has no class of its own."""


class InvalidJsonResponse(B2SimpleError):
    """The body of a response is not the JSON object that the call returns."""

    UP_TO_BYTES_COUNT = 200

    def __init__(self, content: bytes) -> None:
        self.content = content
        shown = without_secrets(content[: self.UP_TO_BYTES_COUNT].decode("utf-8", errors="replace"))
        super().__init__(shown + "..." if len(content) > self.UP_TO_BYTES_COUNT else shown)


class PotentialS3EndpointPassedAsRealm(InvalidJsonResponse):
    """The realm looks like the S3-compatible endpoint, which does not speak this protocol."""


class UnexpectedCloudBehaviour(B2SimpleError):
    """The response is not what the protocol promises."""


# --- hooks -------------------------------------------------------------------------------------------------------


class B2HttpCallbackException(B2SimpleError):
    """Raised by a hook to stop a request; never retried."""


class B2HttpCallbackPreRequestException(B2HttpCallbackException):
    """Raised before the request is sent."""


class B2HttpCallbackPostRequestException(B2HttpCallbackException):
    """Raised after the response has arrived."""


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
    """The ``Date`` header of a response is not an HTTP date."""

    prefix = "Date from server"


# --- 400 ---------------------------------------------------------------------------------------------------------


class BadRequest(B2Error):
    """The service rejected the request as invalid."""

    def __init__(self, message: str | None, code: str | None) -> None:
        super().__init__()
        self.message = message
        self.code = code

    def __str__(self) -> str:
        return reason(self.message, self.code)


class CopySourceTooBig(BadRequest):
    """The source of ``b2_copy_file`` is larger than one call may copy."""

    def __init__(self, message: str | None, code: str | None, size: int | None) -> None:
        super().__init__(message, code)
        self.size = size
        """Bytes of the source; ``None`` if the service's message does not contain the number."""


class EventTypeError(BadRequest):
    """The event types of a notification rule are invalid."""


class EventTypeCategoriesError(EventTypeError):
    """A rule has event types of several categories."""


class EventTypeOverlapError(EventTypeError):
    """An event type is listed twice, or together with the wildcard that includes it."""


class EventTypesEmptyError(EventTypeError):
    """A rule has no event types."""


class EventTypeInvalidError(EventTypeError):
    """An event type does not exist."""


class BadJson(B2SimpleError):
    """The service rejected the JSON of the request."""

    prefix = "Bad request"


class BadUploadUrl(B2SimpleError):
    """The upload URL is not one of the service's."""

    def should_retry_upload(self) -> bool:
        return True


class UploadTokenUsedConcurrently(B2Error):
    """Two uploads used the same upload token at the same time."""

    def __init__(self, token: str | None) -> None:
        super().__init__()
        self.token = token

    def __str__(self) -> str:
        return f"More than one concurrent upload using auth token {shortened_secret(self.token)}"


class DuplicateBucketName(B2SimpleError):
    """The bucket name is taken; names are unique across all accounts."""

    prefix = "Bucket name is already in use"


class UnrecognizedBucketType(B2Error):
    """The service did not report the type of a bucket."""


class FileAlreadyHidden(B2SimpleError):
    """The newest version is already a hide marker."""


class FileNotHidden(B2SimpleError):
    """The newest version is not a hide marker."""


class FileDeleted(B2SimpleError):
    """The newest version has been deleted."""


class UnexpectedFileVersionAction(B2SimpleError):
    """The newest version is of a kind that can be neither hidden nor unhidden."""

    prefix = "Unexpected file version action returned by the server"


class FileSha1Mismatch(B2SimpleError):
    """The uploaded content does not have the SHA-1 declared for it."""

    prefix = "Upload file SHA1 mismatch"


class MissingPart(B2SimpleError):
    """Finishing a large file failed: one of its parts was never uploaded."""

    prefix = "Part number has not been uploaded"


class PartSha1Mismatch(B2Error):
    """Finishing a large file failed: a part does not have the SHA-1 given for it."""

    def __init__(self, key: str | None) -> None:
        super().__init__()
        self.key = key

    def __str__(self) -> str:
        return f"Part number {self.key} has wrong SHA1"


class BadFileInfo(B2SimpleError):
    """A file-info entry is malformed."""


class DisablingFileLockNotSupported(B2Error):
    """File lock cannot be disabled once it is enabled."""

    def __str__(self) -> str:
        return "Disabling file lock is not supported"


class SourceReplicationConflict(B2Error):
    """The bucket is the source of a replication, which rules out this change."""

    def __str__(self) -> str:
        return "Operation not supported for buckets with source replication"


class EnablingFileLockOnRestrictedBucket(B2Error):
    """File lock cannot be enabled on a restricted bucket."""

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
        return reason(self.message, self.code)

    def should_retry_upload(self) -> bool:
        return True


class InvalidAuthToken(Unauthorized):
    """The service does not recognize the token, or the token has expired."""

    def __init__(self, message: str | None, code: str | None) -> None:
        super().__init__(f"Invalid authorization token. Server said: {message or ''}", code)


class EmailNotVerified(Unauthorized):
    """The account's email address is not verified."""

    def should_retry_upload(self) -> bool:
        return False


class NoPaymentHistory(Unauthorized):
    """The account has no payment history, which public buckets require."""

    def should_retry_upload(self) -> bool:
        return False


class AccessDenied(B2Error):
    """The call is not allowed with these parameters."""

    def __str__(self) -> str:
        return "This call with these parameters is not allowed for this auth token"


class SSECKeyError(AccessDenied):
    """The file is encrypted with a customer-managed key (SSE-C), and the request has none or a wrong one."""

    def __str__(self) -> str:
        return "Wrong or no SSE-C key provided when reading a file."


class RetentionWriteError(AccessDenied):
    """The retention or legal hold of a file may not be changed this way."""

    def __str__(self) -> str:
        return (
            "Auth token not authorized to write retention or file already in 'compliance' mode or "
            "bypassGovernance=true parameter missing"
        )


class CapExceeded(B2Error):
    """A cap of the account has been reached."""

    def __str__(self) -> str:
        return "Cap exceeded."


class StorageCapExceeded(CapExceeded):
    """The storage cap has been reached."""

    def __str__(self) -> str:
        return "Cannot upload or copy files, storage cap exceeded."


class TransactionCapExceeded(CapExceeded):
    """The daily transaction cap has been reached."""

    def __str__(self) -> str:
        return "Cannot perform the operation, transaction cap exceeded."


class NotAllowedByAppKeyError(B2SimpleError):
    """The application key does not allow the operation. This package raises only :class:`CapabilityNotAllowed`."""


class BucketNotAllowed(NotAllowedByAppKeyError):
    """The application key is restricted to other buckets."""


class CapabilityNotAllowed(NotAllowedByAppKeyError):
    """The application key lacks a capability."""


class FileNameNotAllowed(NotAllowedByAppKeyError):
    """The application key is restricted to other file names."""


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
    """The service responded with 404."""

    prefix = "No such file, bucket, or endpoint"


class FileOrBucketNotFound(ResourceNotFound):
    """A file, or the bucket it should be in, does not exist."""

    def __init__(self, bucket_name: str | None = None, file_id_or_name: str | None = None) -> None:
        super().__init__()
        self.bucket_name = bucket_name
        self.file_id_or_name = file_id_or_name

    def __str__(self) -> str:
        file = f"file [{on_one_line(self.file_id_or_name)}]" if self.file_id_or_name else "a file"
        bucket = f"bucket [{self.bucket_name}]" if self.bucket_name else "a bucket"
        return f"Could not find {file} within {bucket}"


class FileNotPresent(FileOrBucketNotFound):
    """The file does not exist, or its newest version is a hide marker."""

    def __str__(self) -> str:
        return "File not present" + (f": {on_one_line(self.file_id_or_name)}" if self.file_id_or_name else "")


class NonExistentBucket(FileOrBucketNotFound):
    """No bucket with that name is visible to the application key."""

    def __str__(self) -> str:
        return "No such bucket" + (f": {self.bucket_name}" if self.bucket_name else "")


class BucketIdNotFound(ResourceNotFound):
    """No bucket with that ID is visible to the application key."""

    def __init__(self, bucket_id: str | None) -> None:
        super().__init__(bucket_id)
        self.bucket_id = bucket_id

    def __str__(self) -> str:
        return f"Bucket with id={self.bucket_id} not found"


class Conflict(B2SimpleError):
    """Someone else changed the bucket in the meantime (409)."""


class UnsatisfiableRange(B2Error):
    """The range starts beyond the end of the file (416)."""

    def __str__(self) -> str:
        return "The range in the request is outside the size of the file"


publish_as("b2sdk._internal.exception", *vars().values())
