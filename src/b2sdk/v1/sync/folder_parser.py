"""What people write for a folder: ``b2://bucket/folder``, or a local path."""

from __future__ import annotations

from b2sdk.exception import InvalidArgument
from b2sdk.scan.b2_folder import FolderApi
from b2sdk.scan.folder import AbstractFolder
from b2sdk.scan.parse import parse_folder
from b2sdk.v1.exception import CommandError
from b2sdk.v1.sync.folder import B2Folder, LocalFolder


def parse_sync_folder(folder_name: str, api: FolderApi, *, workers: int = 1) -> AbstractFolder:
    """Return the folder: in a bucket for ``b2://bucket/folder`` and ``b2:bucket/folder``, else a local one.

    :param workers: in how many ranges of names at most a scan lists a folder in a bucket at once.
    :raises CommandError: a folder in a bucket has ``//`` in its name, or the bucket has none.
    :raises NonExistentBucket: there is no such bucket.
    """
    try:
        return parse_folder(folder_name, api, LocalFolder, B2Folder, workers=workers)
    except InvalidArgument as error:
        raise CommandError(error.message) from error
