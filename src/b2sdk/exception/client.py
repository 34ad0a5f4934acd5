"""Errors that are found here, not by the service: account state, arguments, content, local files, scans and syncs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from b2sdk.exception.base import B2Error, B2SimpleError, TransientErrorMixin, publish_as
from b2sdk.text import on_one_line

# --- account info ------------------------------------------------------------------------------------------------


class AccountInfoError(B2Error):
    """A problem with the stored account state."""


class CorruptAccountInfo(AccountInfoError):
    """The account-info file is not an account-info database. It has been left unchanged."""

    def __init__(self, file_name: str) -> None:
        super().__init__()
        self.file_name = file_name

    def __str__(self) -> str:
        return (
            f"Account info file ({self.file_name}) appears corrupted. Try removing and then re-authorizing the account."
        )


class MissingAccountData(AccountInfoError):
    """A value of the account state was read before any authorization stored it."""

    def __init__(self, key: str) -> None:
        super().__init__()
        self.key = key

    def __str__(self) -> str:
        return f"Missing account data: {self.key}"


# --- detected by the client --------------------------------------------------------------------------------------


class ChecksumMismatch(TransientErrorMixin, B2Error):
    """The received bytes do not have the expected checksum."""

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
    """The service sent a different part of the file than was requested."""

    def __init__(self, content_length: int, range_: tuple[int, int], *, served: str | None = None) -> None:
        super().__init__()
        self.content_length = content_length
        self.range_ = range_
        self.served = served
        """What was sent instead, which a retry may cure; ``None`` if the file merely ends within the range."""

    def __str__(self) -> str:
        first, last = self.range_
        if self.served is not None:
            return f"A range of {first}-{last} was requested, but {self.served} came"
        return (
            f"A range of {first}-{last} was requested (size of {last - first + 1}), "
            f"but cloud could only serve {self.content_length} of that"
        )

    def should_retry_http(self) -> bool:
        return self.served is not None


class MaxRetriesExceeded(B2Error):
    """An upload failed on every allowed attempt."""

    def __init__(self, limit: int, exception_info_list: Sequence[BaseException]) -> None:
        super().__init__()
        self.limit = limit
        self.exception_info_list = exception_info_list

    def __str__(self) -> str:
        causes = "\n".join(str(cause) for cause in self.exception_info_list)
        return f"FAILED to upload after {self.limit} tries. Encountered exceptions: {causes}"


class AlreadyFailed(B2SimpleError):
    """Not attempted, because another part of the same transfer had failed."""


class Cancelled(B2SimpleError):
    """Interrupted or never started, because the operation it belongs to was abandoned.

    The caller that abandoned the operation sees the reason, not this error.
    """


class MaxFileSizeExceeded(B2Error):
    """The file would be larger than the service allows."""

    def __init__(self, size: int, max_allowed_size: int) -> None:
        super().__init__()
        self.size = size
        self.max_allowed_size = max_allowed_size

    def __str__(self) -> str:
        return f"Allowed file size of exceeded: {self.size} > {self.max_allowed_size}"


class InvalidUploadSource(B2SimpleError):
    """The source of an upload is not a regular file, or does not have the length it declared."""


class UnusableFileName(B2SimpleError):
    """The service does not accept this file name."""


class InvalidMetadataDirective(B2Error):
    """Content type and file info do not fit the metadata directive of a copy."""


class SSECKeyIdMismatchInCopy(InvalidMetadataDirective):
    """A copy from one SSE-C key to another needs the metadata of the source."""


class InvalidUserInput(B2Error):
    """An argument was rejected before any request was made."""


class CopyArgumentsMismatch(InvalidUserInput):
    """File info and content type of a copy must be given together or not at all."""


class WrongEncryptionModeForBucketDefault(InvalidUserInput):
    """Only SSE-B2 can be the default encryption of a bucket."""

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
    """An argument has an invalid value, mostly one of a scan or a sync."""

    def __init__(self, parameter_name: str, message: str) -> None:
        super().__init__()
        self.parameter_name = parameter_name
        self.message = message

    def __str__(self) -> str:
        return f"{self.parameter_name} {self.message}"


# --- local files and sync ----------------------------------------------------------------------------------------


class DestinationError(B2Error):
    """A download cannot be written to its destination."""


class DestinationDirectoryError(DestinationError):
    """The problem is the directory of the destination."""


class DestinationDirectoryDoesntExist(DestinationDirectoryError):
    """The directory does not exist."""


class DestinationParentIsNotADirectory(DestinationDirectoryError):
    """The parent of the destination is not a directory."""


class DestinationIsADirectory(DestinationDirectoryError):
    """The destination itself is a directory."""


class DestinationDirectoryDoesntAllowOperation(DestinationDirectoryError):
    """The permissions of the directory do not allow it."""


class BaseDirectoryError(B2SimpleError):
    """A folder cannot be scanned or synced to."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path

    def __str__(self) -> str:
        return on_one_line(super().__str__())


class EmptyDirectory(BaseDirectoryError):
    """The source folder is empty, which was not allowed."""


class DirectoryNotFound(EmptyDirectory):
    """The source folder does not exist."""


class NotADirectory(BaseDirectoryError):
    """The folder is a file."""


class UnableToCreateDirectory(BaseDirectoryError):
    """The folder could not be created."""


class EnvironmentEncodingError(B2Error):
    """A file name cannot be decoded with the encoding of the system."""

    def __init__(self, filename: str, encoding: str) -> None:
        super().__init__()
        self.filename = filename
        self.encoding = encoding

    def __str__(self) -> str:
        return (
            f"file name {on_one_line(self.filename)} cannot be decoded with system encoding ({self.encoding}).\n"
            "We think this is an environment error which you should workaround by\n"
            "setting your system encoding properly, for example like this:\n"
            "export LANG=en_US.UTF-8"
        )


class UnsupportedFilename(B2Error):
    """A file name, local or in the bucket, that cannot be used on the other side."""

    def __init__(self, message: str, filename: str) -> None:
        super().__init__()
        self.message = message
        self.filename = filename

    def __str__(self) -> str:
        return on_one_line(f"{self.message}: {self.filename}")


class IncompleteSync(B2SimpleError):
    """Some actions of a sync failed; the others were completed."""


class _SyncedPath(Protocol):
    relative_path: str
    mod_time: int


class DestFileNewer(B2Error):
    """The source is older than the file it would replace."""

    _UNLESS = "a valid newer_file_mode"

    def __init__(self, dest_path: _SyncedPath, source_path: _SyncedPath, dest_prefix: str, source_prefix: str) -> None:
        super().__init__()
        self.dest_path = dest_path
        self.source_path = source_path
        self.dest_prefix = dest_prefix
        self.source_prefix = source_prefix

    def __str__(self) -> str:
        (source, source_time), (dest, dest_time) = self._names_and_times()
        return on_one_line(
            f"source file is older than destination: {self.source_prefix}{source} "
            f"with a time of {source_time} cannot be synced to {self.dest_prefix}{dest} "
            f"with a time of {dest_time}, unless {self._UNLESS} is provided"
        )

    def _names_and_times(self) -> Sequence[tuple[str, int]]:
        """Return the name and the modification time, first of the source, then of the destination."""
        return [(path.relative_path, path.mod_time) for path in (self.source_path, self.dest_path)]

    def should_retry_http(self) -> bool:
        return True


@contextmanager
def check_invalid_argument(parameter_name: str, message: str, *exceptions: type[BaseException]) -> Iterator[None]:
    """Turn the given exceptions into :class:`InvalidArgument`, with their own text if ``message`` is empty."""
    try:
        yield
    except exceptions as error:
        raise InvalidArgument(parameter_name, message or str(error)) from error


publish_as("b2sdk._internal.exception", *vars().values())
publish_as("b2sdk._internal.account_info.exception", AccountInfoError, CorruptAccountInfo, MissingAccountData)
publish_as(
    "b2sdk._internal.scan.exception",
    BaseDirectoryError,
    EmptyDirectory,
    NotADirectory,
    UnableToCreateDirectory,
    InvalidArgument,
    EnvironmentEncodingError,
    UnsupportedFilename,
)
publish_as("b2sdk._internal.sync.exception", IncompleteSync)
