"""A file with its versions, as v1 hands it to a program's own rules and errors."""

from __future__ import annotations

from collections.abc import Sequence

from b2sdk.file_version import FileVersion as _AnyFileVersion
from b2sdk.v1.file_version import FileVersionInfo, file_version_info_from_new_file_version


class FileVersion:
    """One version of a file. ``mod_time`` is in milliseconds, ``size`` in bytes.

    Of a local file, which has one, ``id_`` is the path and ``name`` the relative path.
    """

    __slots__ = ("action", "id_", "mod_time", "name", "size")

    def __init__(self, id_: str, file_name: str, mod_time: int, action: str, size: int | None) -> None:
        """Describe a version.

        :param id_: the id; of a local file, its path.
        :param file_name: the name in the bucket, or relative to the folder.
        :param mod_time: when it was changed, in milliseconds since the epoch.
        :param action: ``upload``, ``hide`` or ``start``.
        :param size: the number of bytes; ``None`` for a hide marker.
        """
        self.id_: str = id_
        self.name: str = file_name
        self.mod_time: int = mod_time
        self.action: str = action
        self.size: int | None = size

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.id_!r}, {self.name!r}, {self.mod_time!r}, {self.action!r})"


class B2FileVersion(FileVersion):
    """One version of a file in a bucket; ``name`` is that in the bucket."""

    __slots__ = ("file_version_info",)

    def __init__(self, file_version_info: FileVersionInfo) -> None:
        self.file_version_info: FileVersionInfo = file_version_info
        super().__init__(
            file_version_info.id_,
            file_version_info.file_name,
            file_version_info.mod_time_millis,
            file_version_info.action,
            file_version_info.size,
        )


class File:
    """A file, relative to the folder that is scanned, and its versions, newest first."""

    __slots__ = ("name", "versions")

    def __init__(self, name: str, versions: Sequence[FileVersion]) -> None:
        self.name: str = name
        self.versions: Sequence[FileVersion] = versions

    def latest_version(self) -> FileVersion:
        return self.versions[0]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name}, [{', '.join(map(repr, self.versions))}])"


class B2File(File):
    """A file in a bucket."""

    __slots__ = ()

    versions: Sequence[B2FileVersion]

    def __init__(self, name: str, versions: Sequence[B2FileVersion]) -> None:
        super().__init__(name, versions)

    def latest_version(self) -> B2FileVersion:
        return self.versions[0]


def version_info_of(version: _AnyFileVersion) -> FileVersionInfo:
    """Return a version as one of v1; in a bucket of another surface it is none."""
    return version if isinstance(version, FileVersionInfo) else file_version_info_from_new_file_version(version)
