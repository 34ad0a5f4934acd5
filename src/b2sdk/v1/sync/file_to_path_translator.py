"""Files of v1 for the paths that a scan finds, and back."""

from __future__ import annotations

from b2sdk.scan.path import AbstractPath, B2Path, LocalPath
from b2sdk.v1.sync.file import B2File, B2FileVersion, File, FileVersion, version_info_of


def make_file_from_path(path: AbstractPath) -> File:
    """Return a file for a path.

    :raises TypeError: it is neither local nor in a bucket.
    """
    if isinstance(path, B2Path):
        versions = [B2FileVersion(version_info_of(version)) for version in path.all_versions]
        return B2File(path.relative_path, versions)
    if isinstance(path, LocalPath):
        version = FileVersion(path.absolute_path, path.relative_path, path.mod_time, "upload", path.size)
        return File(path.relative_path, [version])
    raise TypeError(f"a {type(path).__name__} is neither local nor in a bucket")


def make_path_from_file(file: File) -> AbstractPath:
    """Return a path for a file."""
    newest = file.latest_version()
    if isinstance(newest, B2FileVersion):
        versions = [version.file_version_info for version in file.versions if isinstance(version, B2FileVersion)]
        return B2Path(file.name, newest.file_version_info, versions)
    return LocalPath(newest.id_, file.name, newest.mod_time, newest.size or 0)
