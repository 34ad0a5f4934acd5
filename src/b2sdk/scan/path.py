"""The paths that a scan finds: a file relative to the folder that is scanned, with its time and its size."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from b2sdk.file_version import FileVersion


class AbstractPath(ABC):
    """A file below a folder."""

    # Hundreds of thousands may be alive, so each class says what it holds; a property may stand for a value.
    __slots__ = ()

    relative_path: str
    mod_time: int
    size: int | None

    def __init__(self, relative_path: str, mod_time: int, size: int | None) -> None:
        """Hold what is known of the file.

        :param relative_path: path below the folder, with ``/`` on every system.
        :param mod_time: milliseconds since the epoch.
        :param size: bytes; ``None`` where that is not known.
        """
        for name, value in (("relative_path", relative_path), ("mod_time", mod_time), ("size", size)):
            setattr(self, name, value)

    @abstractmethod
    def is_visible(self) -> bool:
        """Whether the file is there; a hidden one in a bucket is not."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.relative_path!r}, {self.mod_time!r}, {self.size!r})"


class LocalPath(AbstractPath):
    """A local file."""

    __slots__ = ("absolute_path", "mod_time", "relative_path", "size")

    size: int

    def __init__(self, absolute_path: str, relative_path: str, mod_time: int, size: int) -> None:
        """``absolute_path`` is the path on this system; for the others see :class:`AbstractPath`."""
        self.absolute_path: str = absolute_path
        self.relative_path: str = relative_path
        self.mod_time: int = mod_time
        self.size = size

    def is_visible(self) -> bool:
        return True

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, LocalPath):
            return NotImplemented
        return (self.absolute_path, self.relative_path, self.mod_time, self.size) == (
            other.absolute_path,
            other.relative_path,
            other.mod_time,
            other.size,
        )


class B2Path(AbstractPath):
    """A file in a bucket, with its versions."""

    __slots__ = ("all_versions", "relative_path", "selected_version")

    def __init__(self, relative_path: str, selected_version: FileVersion, all_versions: Sequence[FileVersion]) -> None:
        """Hold the versions.

        :param relative_path: path below the folder.
        :param selected_version: the version that counts.
        :param all_versions: the versions that were not left out, newest first.
        """
        self.selected_version: FileVersion = selected_version
        self.all_versions: Sequence[FileVersion] = all_versions
        self.relative_path: str = relative_path

    @property
    def mod_time(self) -> int:  # type: ignore[override]  # read from the version, which may be replaced
        """Modification time of the selected version, in milliseconds since the epoch; else the time of its upload."""
        return self.selected_version.mod_time_millis

    @property
    def size(self) -> int | None:  # type: ignore[override]  # as above
        """Bytes of the selected version."""
        return self.selected_version.size

    def is_visible(self) -> bool:
        return self.selected_version.action != "hide"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, B2Path):
            return NotImplemented
        return (self.relative_path, self.selected_version, self.all_versions) == (
            other.relative_path,
            other.selected_version,
            other.all_versions,
        )

    def __repr__(self) -> str:
        versions = ", ".join(
            f"({version.id_!r}, {version.mod_time_millis!r}, {version.action!r})" for version in self.all_versions
        )
        return f"{type(self).__name__}({self.relative_path}, [{versions}])"
