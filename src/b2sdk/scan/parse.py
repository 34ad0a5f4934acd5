"""How folders are written: ``b2://bucket/folder``, or a local path."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from b2sdk.exception import InvalidArgument
from b2sdk.scan.b2_folder import B2Folder, FolderApi, workers_option
from b2sdk.scan.folder import AbstractFolder
from b2sdk.scan.local_folder import LocalFolder
from b2sdk.values.argument import arguments_checked

# Without slashes, a bucket's name must follow at once: `b2:/x` and `b2:-x` may well be files.
_IN_A_BUCKET = re.compile(r"b2:(?://|(?=[^\W_]|$))(.*)", re.DOTALL)


@arguments_checked
def parse_folder(
    folder_name: str,
    api: FolderApi,
    local_folder_class: Callable[[str | Path], AbstractFolder] = LocalFolder,
    b2_folder_class: Callable[..., AbstractFolder] = B2Folder,
    *,
    workers: int = 1,
) -> AbstractFolder:
    """Return the folder: in a bucket for ``b2://bucket/folder`` and ``b2:bucket/folder``, else a local one.

    :param folder_name: as above.
    :param api: the ``B2Api`` of the bucket.
    :param local_folder_class: what makes a local folder of a path.
    :param b2_folder_class: what makes a folder in a bucket of the bucket's name, a path and ``api``; with the keyword
        ``workers`` too, if that is not 1.
    :param workers: in how many ranges of names at most a scan lists a folder in a bucket at once; see
        :meth:`Bucket.ls`.
    :raises InvalidArgument: a folder in a bucket has ``//`` in its name, the bucket has none, or there is no name.
    :raises NonExistentBucket: there is no such bucket.
    """
    in_a_bucket = parse_name(folder_name)
    if in_a_bucket is None:
        return local_folder_class(folder_name)
    return b2_folder_class(*in_a_bucket, api, **workers_option(workers))


def parse_name(folder_name: str) -> tuple[str, str] | None:
    """Return the name of the bucket and the path in it, or ``None`` for a local path.

    :raises InvalidArgument: see :func:`parse_folder`.
    """
    if not folder_name:
        raise InvalidArgument("folder_name", "is empty; the current directory is '.'")
    in_a_bucket = _IN_A_BUCKET.fullmatch(folder_name)
    if in_a_bucket is None:
        return None
    if "//" in in_a_bucket[1]:
        raise InvalidArgument("folder_name", "'//' not allowed in path names")
    bucket_name, _, path = in_a_bucket[1].partition("/")
    if not bucket_name:
        raise InvalidArgument("folder_name", "the name of the bucket is missing")
    return bucket_name, path.removesuffix("/")
