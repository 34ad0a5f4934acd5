"""Paths, ``bucket/name``: which bucket, which name, which folder. Nothing is asked of the service here.

A folder is what names have in common up to a ``/``. Its path has no ``/`` at its end, unless that belongs to it: the
folder of ``a//b`` is ``a/``. Such a folder is shown with one ``/`` more, since one is dropped from what programs pass.
"""

from __future__ import annotations

import os
import re
from typing import Any

PROTOCOL = "b2"
_VERSION = re.compile(r"(?P<path>.+)\?fileId=(?P<id>\w+)", re.DOTALL)
_BEGINNINGS = (f"{PROTOCOL}://", f"{PROTOCOL}::")


def strip_protocol(path: Any) -> str:
    """Return a path without protocol, slashes at its beginning, and one slash at its end.

    :raises TypeError: it is neither text nor a path.
    """
    stripped = os.fspath(path)
    if not isinstance(stripped, str):
        raise TypeError(f"a path must be str, not {type(stripped).__name__}")
    for beginning in _BEGINNINGS:
        stripped = stripped.removeprefix(beginning)
    return stripped.lstrip("/").removesuffix("/")


def are_several(path: Any) -> bool:
    """Whether it is not one path but a list of paths, or a tuple as some of fsspec's own functions pass."""
    return isinstance(path, (list, tuple))


def split_path(path: str) -> tuple[str, str]:
    """Return the bucket and the name, which is empty where the path is a bucket."""
    bucket, _, name = path.partition("/")
    return bucket, name


def split_version(path: str) -> tuple[str, str | None]:
    """Return a path without ``?fileId=...`` at its end, and the id that stood there."""
    found = _VERSION.fullmatch(path)
    return (found["path"], found["id"]) if found else (path, None)


def with_version(path: str, file_id: str) -> str:
    """Return the path of one version of a file."""
    return f"{path}?fileId={file_id}"


def is_bucket(path: str) -> bool:
    """Whether it is the path of a bucket, and not of something in one."""
    return "/" not in path


def can_be_file(path: str) -> bool:
    """Whether a file may have this path; what ends in ``/`` is a folder, and so is a bucket."""
    return not is_bucket(path) and not path.endswith("/")


def folder_prefix(path: str) -> str:
    """Return what the names in a folder begin with."""
    _, slash, name = path.partition("/")
    return f"{name}/" if slash else ""


def parent_of(path: str) -> str:
    """Return the folder that something is in; that of a bucket is the list of buckets, ``""``."""
    return path.rpartition("/")[0]


def folders_above(path: str) -> list[str]:
    """Return the folders that something is in, the nearest first; the last one is the list of buckets."""
    above = []
    while path:
        path = parent_of(path)
        above.append(path)
    return above


def shown(path: str) -> str:
    """Return a path as programs see it: without protocol, and such that it leads back here."""
    return f"{path}/" if path.endswith("/") else path
