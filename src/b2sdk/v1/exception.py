"""The exceptions: those of v2, one of them in its older form, and one for programs that talk of their own options."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol as _Protocol

from b2sdk.v2 import exception as v2
from b2sdk.v2.exception import (
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
    BucketIdNotFound as BucketIdNotFound,
    BucketNotAllowed as BucketNotAllowed,
    CapabilityNotAllowed as CapabilityNotAllowed,
    CapExceeded as CapExceeded,
    ChecksumMismatch as ChecksumMismatch,
    ClockSkew as ClockSkew,
    Conflict as Conflict,
    ConnectionReset as ConnectionReset,
    CopyArgumentsMismatch as CopyArgumentsMismatch,
    CorruptAccountInfo as CorruptAccountInfo,
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
    RestrictedBucket as RestrictedBucket,
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
    UnSyncableFilename as UnSyncableFilename,
    UnusableFileName as UnusableFileName,
    WrongEncryptionModeForBucketDefault as WrongEncryptionModeForBucketDefault,
    WrongEncryptionSettingForFileWrite as WrongEncryptionSettingForFileWrite,
    check_invalid_argument as check_invalid_argument,
    interpret_b2_error as interpret_b2_error,
    v3BucketIdNotFound as v3BucketIdNotFound,
)

v2DestFileNewer = v2.DestFileNewer  # noqa: N816  # the name is a given


class CommandError(B2Error):
    """A command of a user cannot be executed. The text is for the user."""

    def __init__(self, message: str) -> None:
        super().__init__()
        self.message = message

    def __str__(self) -> str:
        return self.message


class _Version(_Protocol):
    @property
    def mod_time(self) -> int: ...


class _File(_Protocol):
    @property
    def name(self) -> str: ...
    def latest_version(self) -> _Version: ...


class DestFileNewer(v2.DestFileNewer):
    """The source is older than what it would replace. Here both are files with their versions."""

    def __init__(self, dest_file: _File, source_file: _File, dest_prefix: str, source_prefix: str) -> None:
        B2Error.__init__(self)
        self.dest_file = dest_file
        self.source_file = source_file
        self.dest_prefix = dest_prefix
        self.source_prefix = source_prefix

    def _names_and_times(self) -> Sequence[tuple[str, int]]:
        return [(file.name, file.latest_version().mod_time) for file in (self.source_file, self.dest_file)]
