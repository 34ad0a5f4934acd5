"""Folders that take rules of v1, and whose errors speak of the options of a command line."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from typing_extensions import override

from b2sdk.exception import EmptyDirectory
from b2sdk.scan import b2_folder, folder, local_folder
from b2sdk.scan.events import AnyReporter
from b2sdk.scan.path import AbstractPath, B2Path, LocalPath
from b2sdk.scan.policies import ScanPoliciesManager as _AnyPolicies
from b2sdk.v1.exception import CommandError
from b2sdk.v1.sync.scan_policies import DEFAULT_SCAN_MANAGER, wrap_if_necessary

if TYPE_CHECKING:
    from b2sdk.v1.bucket import Bucket
    from b2sdk.v1.file_version import FileVersionInfo
    from b2sdk.v2.inherited import parameters_of

_F = TypeVar("_F", bound=Callable[..., Any])


@contextmanager
def older_errors() -> Iterator[None]:
    """Raise ``CommandError`` for a source that is empty or missing."""
    try:
        yield
    except EmptyDirectory as error:
        raise CommandError(f"Directory {error.path} is empty.  Use --allowEmptySource to sync anyway.") from error


def translate_errors(func: _F) -> _F:
    """Make of a function one that raises the errors of v1; see :func:`older_errors`."""
    return older_errors()(func)


class AbstractFolder(folder.AbstractFolder):
    @abstractmethod
    @override
    def all_files(
        self, reporter: AnyReporter, policies_manager: _AnyPolicies = DEFAULT_SCAN_MANAGER
    ) -> Iterator[AbstractPath]:
        """Yield the files; see :meth:`b2sdk.scan.folder.AbstractFolder.all_files`."""


class B2Folder(b2_folder.B2Folder, AbstractFolder):
    _ALL_VERSIONS: ClassVar[Mapping[str, Any]] = {"show_versions": True}

    if TYPE_CHECKING:  # what is inherited returns the classes of this surface
        bucket: Bucket

        @parameters_of(b2_folder.B2Folder.get_file_versions)
        def get_file_versions(self) -> Iterator[FileVersionInfo]: ...

    @override
    def all_files(
        self, reporter: AnyReporter, policies_manager: _AnyPolicies = DEFAULT_SCAN_MANAGER
    ) -> Iterator[B2Path]:
        return super().all_files(reporter, wrap_if_necessary(policies_manager))


class LocalFolder(local_folder.LocalFolder, AbstractFolder):
    @override
    def all_files(
        self, reporter: AnyReporter, policies_manager: _AnyPolicies = DEFAULT_SCAN_MANAGER
    ) -> Iterator[LocalPath]:
        return super().all_files(reporter, wrap_if_necessary(policies_manager))

    @translate_errors
    @override
    def ensure_non_empty(self) -> None:
        """Check that there is something in the directory.

        :raises CommandError: there is not, or there is no directory.
        :raises NotADirectory: it is something else.
        """
        super().ensure_non_empty()
