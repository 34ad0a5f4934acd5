"""Errors of the SDK as those that programs expect of a filesystem; the one is the cause of the other."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from b2sdk.exception import (
    AccessDenied,
    B2ConnectionError,
    B2Error,
    B2RequestTimeout,
    BadFileInfo,
    BadRequest,
    BrokenPipe,
    CapExceeded,
    ConnectionReset,
    DuplicateBucketName,
    FileAlreadyHidden,
    FileDeleted,
    FileNotHidden,
    InvalidArgument,
    InvalidUserInput,
    MissingAccountData,
    NotAllowedByAppKeyError,
    RequestTimeout,
    ResourceNotFound,
    RestrictedBucket,
    Unauthorized,
    UnknownHost,
    UnusableFileName,
)

BUCKET_IS_NOT_EMPTY = "cannot_delete_non_empty_bucket"


class _Meaning(NamedTuple):
    classes: tuple[type[B2Error], ...]
    raised: type[OSError]
    number: int


_MEANINGS = (
    _Meaning((ResourceNotFound, FileAlreadyHidden, FileDeleted), FileNotFoundError, errno.ENOENT),
    _Meaning(
        (AccessDenied, MissingAccountData, NotAllowedByAppKeyError, RestrictedBucket, Unauthorized),
        PermissionError,
        errno.EACCES,
    ),
    _Meaning((DuplicateBucketName, FileNotHidden), FileExistsError, errno.EEXIST),
    _Meaning((CapExceeded,), OSError, errno.EDQUOT),
    _Meaning((B2RequestTimeout, RequestTimeout), TimeoutError, errno.EIO),
    _Meaning((B2ConnectionError, BrokenPipe, ConnectionReset, UnknownHost), ConnectionError, errno.EIO),
    _Meaning((BadRequest,), OSError, errno.EINVAL),
    _Meaning((B2Error,), OSError, errno.EIO),
)
"""The first that suits an error is what it means."""
_ARE_VALUE_ERRORS = (BadFileInfo, InvalidArgument, InvalidUserInput, UnusableFileName)


def not_found(path: str) -> FileNotFoundError:
    return FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)


def already_exists(path: str) -> FileExistsError:
    return FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), path)


def is_a_folder(path: str) -> IsADirectoryError:
    return IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)


def not_empty(path: str) -> OSError:
    return OSError(errno.ENOTEMPTY, os.strerror(errno.ENOTEMPTY), path)


def error_of(error: B2Error, path: str) -> OSError | ValueError:
    """Return what is raised in place of an error of the SDK."""
    if isinstance(error, _ARE_VALUE_ERRORS):
        return ValueError(f"{error}: {path!r}")
    if isinstance(error, BadRequest) and error.code == BUCKET_IS_NOT_EMPTY:
        return not_empty(path)
    meaning = next(meaning for meaning in _MEANINGS if isinstance(error, meaning.classes))
    return meaning.raised(meaning.number, str(error) or os.strerror(meaning.number), path)


@contextmanager
def translated(path: str) -> Iterator[None]:
    """Raise errors of the SDK as what programs expect of a filesystem, with this path in them."""
    try:
        yield
    except B2Error as error:
        raise error_of(error, path) from error
