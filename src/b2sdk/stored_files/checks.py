"""What the description of a file decides, however it was requested."""

from __future__ import annotations

from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from typing import Final

from b2sdk.exception import (
    BadRequest,
    FileDeleted,
    FileNotHidden,
    FileNotPresent,
    FileOrBucketNotFound,
    SSECKeyError,
    UnexpectedFileVersionAction,
)
from b2sdk.file_version import BaseFileVersion, FileVersion
from b2sdk.values.encryption import EncryptionMode

NOT_DESCRIBED: Final = (FileNotPresent, BadRequest, SSECKeyError)
"""What is raised where there is no version to add to. The service may refuse to describe one that is encrypted with a
customer key without that key."""


def check_hidden(newest: FileVersion | None, bucket_name: str | None, file_name: str) -> FileVersion:
    """Return the newest version of a file, which is a hide marker.

    :raises FileNotPresent: there is no version.
    :raises FileNotHidden: it is an upload.
    :raises FileDeleted: the service says that it is deleted.
    :raises UnexpectedFileVersionAction: it is something else.
    """
    if newest is None:
        raise FileNotPresent(bucket_name=bucket_name, file_id_or_name=file_name)
    if newest.action == "upload":
        raise FileNotHidden(file_name)
    if newest.action == "delete":
        raise FileDeleted(file_name)
    if newest.action != "hide":
        raise UnexpectedFileVersionAction(newest.action)
    return newest


async def is_described(description: Awaitable[object]) -> bool:
    """Whether there is a file, of which a description was requested."""
    try:
        await description
    except SSECKeyError:
        return True  # there is one, which is described to those only that have its key
    except FileNotPresent:
        return False
    return True


def needs_customer_key(version: BaseFileVersion) -> bool:
    """Whether only a program that has the customer's key can read the content."""
    return version.server_side_encryption.mode is EncryptionMode.SSE_C


def known_name(bucket_id: str, bucket_name: str | None) -> str:
    """Return the name of a bucket, which the URLs of its files have.

    :raises ValueError: only its id is known.
    """
    if bucket_name is None:
        raise ValueError(f"the name of bucket {bucket_id} is not known")
    return bucket_name


@contextmanager
def as_file_not_present(
    bucket_name: str, file_name: str, kind: type[FileNotPresent] = FileNotPresent
) -> Iterator[None]:
    """Say which file it is that the service does not find, by an error of a kind.

    :raises FileNotPresent: there is no such file, or no such bucket.
    """
    try:
        yield
    except FileOrBucketNotFound as error:
        raise kind(bucket_name, file_name).in_place_of(error) from error


@contextmanager
def naming_what_is_not_present(bucket_name: str | None, file_id_or_name: str) -> Iterator[None]:
    """Let the error say which file it was that was asked for."""
    try:
        yield
    except FileNotPresent as error:
        error.bucket_name, error.file_id_or_name = bucket_name, file_id_or_name
        raise
