"""What is found in folders: v3's own, whose buckets and versions are, for type checkers, those of this surface."""

from __future__ import annotations

from typing import TYPE_CHECKING

from b2sdk.scan.parse import parse_folder
from b2sdk.scan.path import AbstractPath, LocalPath

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from b2sdk.scan import b2_folder, path
    from b2sdk.v2.bucket import Bucket
    from b2sdk.v2.file_version import FileVersion
    from b2sdk.v2.inherited import parameters_of

    class B2Path(path.B2Path):
        selected_version: FileVersion
        all_versions: Sequence[FileVersion]

    class B2Folder(b2_folder.B2Folder):
        bucket: Bucket

        @parameters_of(b2_folder.B2Folder.get_file_versions)
        def get_file_versions(self) -> Iterator[FileVersion]: ...
        @parameters_of(b2_folder.B2Folder.all_files)
        def all_files(self) -> Iterator[B2Path]: ...

else:
    from b2sdk.scan.b2_folder import B2Folder
    from b2sdk.scan.path import B2Path

AbstractSyncPath = AbstractPath
B2SyncPath = B2Path
LocalSyncPath = LocalPath
parse_sync_folder = parse_folder

__all__ = ["AbstractSyncPath", "B2Folder", "B2Path", "B2SyncPath", "LocalSyncPath", "parse_sync_folder"]
