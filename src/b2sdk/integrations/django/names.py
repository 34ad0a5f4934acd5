"""Names: what a storage calls a file, and where that is in the bucket. What comes from users stays in its folder."""

from __future__ import annotations

import posixpath
from pathlib import PurePosixPath

from django.core.exceptions import SuspiciousFileOperation
from django.core.files.utils import validate_file_name

from b2sdk.values.file_name import problem_as_stored_name


def relative_name(name: object) -> str:
    """Return the one spelling of a name below the location: with ``/``, and without ``.`` and ``..``.

    The location itself is ``""``.

    :raises SuspiciousFileOperation: the name leads out of the location.
    """
    given = str(name).replace("\\", "/")
    normal = posixpath.normpath(given) if given else ""
    if normal == ".." or normal.startswith(("/", "../")):
        raise SuspiciousFileOperation(f"the name {given!r} leads out of the location of the storage")
    return "" if normal == "." else normal


def name_in_bucket(location: str, name: object) -> str:
    """Return the name that a file has in the bucket.

    :param location: empty, or a folder with its slash.
    :raises SuspiciousFileOperation: the name leads out of the location, or no file can have it.
    """
    relative = relative_name(name)
    problem = problem_as_stored_name(location + relative) if relative else "it is empty"
    if problem is not None:
        raise SuspiciousFileOperation(f"no file can have the name {relative!r}: {problem}")
    return location + relative


def shortened_name(name: object, max_length: int | None) -> str:
    """Return a name that is overwritten if there is such a file, with as many characters of it as fit.

    :raises SuspiciousFileOperation: there is no such name, or it leads out of the location.
    """
    relative = relative_name(name)
    folder, base = posixpath.split(relative)
    validate_file_name(base)
    excess = 0 if max_length is None else len(relative) - max_length
    if excess <= 0:
        return relative
    ending = "".join(PurePosixPath(base).suffixes)
    root = base.removesuffix(ending)
    if excess >= len(root):
        raise SuspiciousFileOperation(f"no name for {base!r} fits into max_length={max_length}")
    return posixpath.join(folder, root[:-excess] + ending)
