"""A folder on the disk."""

# ruff: noqa: PTH100, PTH102, PTH110, PTH112, PTH117, PTH118
# Paths are strings here, and `Path.is_dir` and its like raise where a permission is missing.
from __future__ import annotations

import copy
import os
from collections.abc import Iterator
from pathlib import Path

from typing_extensions import Self

from b2sdk.exception import (
    DirectoryNotFound,
    EmptyDirectory,
    NotADirectory,
    UnableToCreateDirectory,
    UnsupportedFilename,
)
from b2sdk.scan.events import AnyReporter
from b2sdk.scan.folder import AbstractFolder
from b2sdk.scan.path import LocalPath
from b2sdk.scan.policies import DEFAULT_SCAN_MANAGER, ScanPoliciesManager
from b2sdk.scan.walk import Walk
from b2sdk.transfer.local_path import fix_windows_path_limit, problem_as_local_name, without_windows_prefix
from b2sdk.values.name_range import ALL_NAMES, NameRange


class LocalFolder(AbstractFolder):
    """A local directory; :attr:`root` is its absolute path. It need not exist."""

    def __init__(self, root: str | Path, *, names: NameRange = ALL_NAMES) -> None:
        """``root`` is a path; the current directory is ``.``.

        :param names: which of the files below the root a scan finds, by their paths relative to it, with ``/`` between
            components. Directories that can have none of them are not looked into.
        :raises ValueError: the path is neither a ``str`` nor a ``Path``, or empty.
        """
        if not isinstance(root, (str, Path)):
            raise ValueError(f"folder path should be str or pathlib.Path: {root}")  # noqa: TRY004  # what callers catch
        if not str(root):
            raise ValueError("folder path is empty; the current directory is '.'")
        self.root: str = fix_windows_path_limit(os.path.abspath(root))
        self.names = names

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.root})"

    def with_names(self, names: NameRange) -> Self:
        """Return the same folder, of which a scan finds the files in another range of names."""
        folder = copy.copy(self)
        folder.names = names
        return folder

    def folder_type(self) -> str:
        return "local"

    def all_files(
        self, reporter: AnyReporter, policies_manager: ScanPoliciesManager = DEFAULT_SCAN_MANAGER
    ) -> Iterator[LocalPath]:
        """Yield the files below the directory, hidden ones included.

        Links are followed; one that leads back to where a link on its own path leads is skipped. So are files that
        cannot be read, FIFOs, sockets and devices, and partial downloads.

        :param reporter: see :meth:`AbstractFolder.all_files`.
        :param policies_manager: what to leave out.
        :raises OSError: the root is no directory; a missing permission is reported instead.
        """
        return Walk(reporter, policies_manager, self.names).files(self.root)

    def make_full_path(self, file_name: str) -> str:
        """Return the path of a file below the root; one that is absolute already must be there too.

        :raises UnsupportedFilename: the path leads outside the root, or the system cannot have a file of that name.
        """
        root = without_windows_prefix(self.root)
        full_path = os.path.normpath(os.path.join(root, file_name.replace("/", os.sep)))
        if full_path != root and not full_path.startswith(root.rstrip(os.sep) + os.sep):
            raise UnsupportedFilename("illegal file name", full_path)
        problem = problem_as_local_name(os.path.relpath(full_path, root) if os.path.isabs(file_name) else file_name)
        if problem is not None:
            raise UnsupportedFilename(problem, full_path)
        return fix_windows_path_limit(full_path)

    def ensure_present(self) -> None:
        """Make the directory if it is not there; its parent must be.

        :raises NotADirectory: there is something else.
        :raises UnableToCreateDirectory: it cannot be made.
        """
        if os.path.isdir(self.root):
            return
        if os.path.exists(self.root):
            raise NotADirectory(self.root)
        try:
            os.mkdir(self.root)
        except OSError as error:
            if not os.path.isdir(self.root):  # another process may have made it
                raise UnableToCreateDirectory(self.root) from error

    def ensure_non_empty(self) -> None:
        """Check that there is something in the directory.

        :raises EmptyDirectory: there is not; ``DirectoryNotFound`` if the directory does not exist.
        :raises NotADirectory: it is something else.
        """
        try:
            with os.scandir(self.root) as entries:
                is_empty = next(entries, None) is None
        except FileNotFoundError as error:
            raise DirectoryNotFound(self.root) from error
        except NotADirectoryError as error:
            raise NotADirectory(self.root) from error
        if is_empty:
            raise EmptyDirectory(self.root)
