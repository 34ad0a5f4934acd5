"""The exceptions, two of them in their older form."""

from __future__ import annotations

from b2sdk import exception
from b2sdk.error_table import interpret_b2_error as interpret_b2_error
from b2sdk.exception import (
    AccessDenied as AccessDenied,
    AccountInfoError as AccountInfoError,
    AlreadyFailed as AlreadyFailed,
    B2ConnectionError as B2ConnectionError,
    B2Error as B2Error,
    B2HttpCallbackException as B2HttpCallbackException,
    B2HttpCallbackPostRequestException as B2HttpCallbackPostRequestException,
    B2HttpCallbackPreRequestException as B2HttpCallbackPreRequestException,
    B2RequestTimeout as B2RequestTimeout,
    B2RequestTimeoutDuringUpload as B2RequestTimeoutDuringUpload,
    B2SimpleError as B2SimpleError,
    BadDateFormat as BadDateFormat,
    BadFileInfo as BadFileInfo,
    BadJson as BadJson,
    BadRequest as BadRequest,
    BadUploadUrl as BadUploadUrl,
    BrokenPipe as BrokenPipe,
    BucketNotAllowed as BucketNotAllowed,
    CapabilityNotAllowed as CapabilityNotAllowed,
    CapExceeded as CapExceeded,
    ChecksumMismatch as ChecksumMismatch,
    ClockSkew as ClockSkew,
    Conflict as Conflict,
    ConnectionReset as ConnectionReset,
    CopyArgumentsMismatch as CopyArgumentsMismatch,
    CorruptAccountInfo as CorruptAccountInfo,
    DestFileNewer as DestFileNewer,
    DestinationDirectoryDoesntAllowOperation as DestinationDirectoryDoesntAllowOperation,
    DestinationDirectoryDoesntExist as DestinationDirectoryDoesntExist,
    DestinationIsADirectory as DestinationIsADirectory,
    DestinationParentIsNotADirectory as DestinationParentIsNotADirectory,
    DisablingFileLockNotSupported as DisablingFileLockNotSupported,
    DuplicateBucketName as DuplicateBucketName,
    EmailNotVerified as EmailNotVerified,
    EmptyDirectory as EmptyDirectory,
    EnvironmentEncodingError as EnvironmentEncodingError,
    FileAlreadyHidden as FileAlreadyHidden,
    FileNameNotAllowed as FileNameNotAllowed,
    FileNotPresent as FileNotPresent,
    FileSha1Mismatch as FileSha1Mismatch,
    IncompleteSync as IncompleteSync,
    InvalidArgument as InvalidArgument,
    InvalidAuthToken as InvalidAuthToken,
    InvalidJsonResponse as InvalidJsonResponse,
    InvalidMetadataDirective as InvalidMetadataDirective,
    InvalidRange as InvalidRange,
    InvalidUploadSource as InvalidUploadSource,
    MaxFileSizeExceeded as MaxFileSizeExceeded,
    MaxRetriesExceeded as MaxRetriesExceeded,
    MissingAccountData as MissingAccountData,
    MissingPart as MissingPart,
    NonExistentBucket as NonExistentBucket,
    NoPaymentHistory as NoPaymentHistory,
    NotADirectory as NotADirectory,
    NotAllowedByAppKeyError as NotAllowedByAppKeyError,
    PartSha1Mismatch as PartSha1Mismatch,
    PotentialS3EndpointPassedAsRealm as PotentialS3EndpointPassedAsRealm,
    RequestTimeout as RequestTimeout,
    RestrictedBucketMissing as RestrictedBucketMissing,
    RetentionWriteError as RetentionWriteError,
    ServiceError as ServiceError,
    SourceReplicationConflict as SourceReplicationConflict,
    SSECKeyError as SSECKeyError,
    SSECKeyIdMismatchInCopy as SSECKeyIdMismatchInCopy,
    StorageCapExceeded as StorageCapExceeded,
    TooManyRequests as TooManyRequests,
    TransactionCapExceeded as TransactionCapExceeded,
    TransientErrorMixin as TransientErrorMixin,
    TruncatedOutput as TruncatedOutput,
    UnableToCreateDirectory as UnableToCreateDirectory,
    Unauthorized as Unauthorized,
    UnexpectedCloudBehaviour as UnexpectedCloudBehaviour,
    UnknownError as UnknownError,
    UnknownHost as UnknownHost,
    UnrecognizedBucketType as UnrecognizedBucketType,
    UnsatisfiableRange as UnsatisfiableRange,
    UnsupportedFilename as UnsupportedFilename,
    UnusableFileName as UnusableFileName,
    WrongEncryptionModeForBucketDefault as WrongEncryptionModeForBucketDefault,
    WrongEncryptionSettingForFileWrite as WrongEncryptionSettingForFileWrite,
    check_invalid_argument as check_invalid_argument,
)

v3BucketIdNotFound = exception.BucketIdNotFound  # noqa: N816  # the name is a given
UnSyncableFilename = UnsupportedFilename


class BucketIdNotFound(exception.BucketIdNotFound, BadRequest):
    """No bucket of that id is visible to the application key. Here it is a refused request as well."""

    def __init__(self, bucket_id: str | None) -> None:
        BadRequest.__init__(self, f"Bucket with id={bucket_id} not found", "bad_bucket_id")
        self.args: tuple[str | None] = (bucket_id,)
        self.bucket_id = bucket_id

    def __str__(self) -> str:
        return BadRequest.__str__(self)


class RestrictedBucket(B2Error):
    """The application key is restricted to another bucket; no request was made."""

    def __init__(self, bucket_name: str) -> None:
        super().__init__()
        self.bucket_name = bucket_name

    def __str__(self) -> str:
        return f"Application key is restricted to bucket: {self.bucket_name}"
