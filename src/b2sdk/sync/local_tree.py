"""The local directory that a sync writes to: what is made there stays inside, and is cleaned up."""

from __future__ import annotations

import contextlib
import itertools
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from b2sdk.exception import NotADirectory, UnableToCreateDirectory, UnsupportedFilename
from b2sdk.scan.events import AnyReporter
from b2sdk.scan.folder import AbstractFolder
from b2sdk.scan.path import AbstractPath
from b2sdk.scan.policies import DEFAULT_SCAN_MANAGER, ScanPoliciesManager
from b2sdk.transfer.local_path import mode_of
from b2sdk.transfer.partial_file import is_partial_download, remove_unless_claimed


def root_of(folder: object) -> str | None:
    """Return the directory that a local folder stands for; ``None`` if it is of a kind that does not say."""
    root = getattr(folder, "root", None)
    return os.fspath(root) if isinstance(root, (str, Path)) else None


def check_inside(root: str | None, directory: Path) -> bool:
    """Check that a directory, links followed, is in the root, links followed. It need not exist.

    Return whether the check has seen that it does, so that nobody need look again.

    :raises UnsupportedFilename: it is not inside.
    """
    if root is None:
        return False
    modes = _modes_on_the_way(root, directory)
    if modes is not None and not any(map(stat.S_ISLNK, modes)):
        return bool(modes) and stat.S_ISDIR(modes[-1])
    if not Path(os.path.realpath(directory)).is_relative_to(os.path.realpath(root)):
        raise UnsupportedFilename("a symbolic link leads out of the target", str(directory))
    return False


def _modes_on_the_way(root: str, directory: Path) -> list[int] | None:
    """Return the mode of each step from the root to the directory, links not followed; 0 where there is nothing.

    ``None`` if the steps do not tell where the directory is.
    """
    start = Path(root).parts
    steps = directory.parts[len(start) :]
    if directory.parts[: len(start)] != start or ".." in steps:
        return None
    paths = itertools.accumulate(steps, os.path.join, initial=root)
    return [mode_of(path) for path in itertools.islice(paths, 1, None)]


def make_directory(root: str | None, directory: Path) -> None:
    """Make a directory in the root, and those that it is in.

    :raises UnsupportedFilename: a link leads out of the root.
    :raises NotADirectory: a file is in the way.
    :raises UnableToCreateDirectory: it cannot be made.
    """
    if check_inside(root, directory) or os.path.isdir(directory):  # noqa: PTH112  # as in TransferAction
        return
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise NotADirectory(str(directory)) from error
    except OSError as error:
        raise UnableToCreateDirectory(str(directory)) from error


def remove_partial_downloads(root: str | None) -> None:
    """Remove what downloads have left that nobody will resume; links are not followed."""
    for directory, _directories, names in os.walk(root) if root is not None else ():
        for name in sorted(filter(is_partial_download, names)):
            with contextlib.suppress(OSError):  # it is in nobody's way
                remove_unless_claimed(Path(directory, name))


class MissingFolder(AbstractFolder):
    """A local folder that a dry run does not make: it is empty."""

    def __init__(self, folder: AbstractFolder) -> None:
        self._folder = folder
        self.root: str | None = root_of(folder)

    @classmethod
    def in_place_of(cls, folder: AbstractFolder) -> AbstractFolder:
        """Return the folder, or an empty one if its directory is not there."""
        root = root_of(folder)
        return folder if root is None or os.path.lexists(root) else cls(folder)

    def all_files(
        self, reporter: AnyReporter, policies_manager: ScanPoliciesManager = DEFAULT_SCAN_MANAGER
    ) -> Iterator[AbstractPath]:
        return iter(())

    def folder_type(self) -> str:
        return self._folder.folder_type()

    def make_full_path(self, file_name: str) -> str:
        return self._folder.make_full_path(file_name)
