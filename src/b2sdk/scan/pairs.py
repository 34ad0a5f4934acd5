"""Two folders side by side."""

from __future__ import annotations

from collections.abc import Iterator

from b2sdk.scan.events import AnyReporter
from b2sdk.scan.folder import AbstractFolder
from b2sdk.scan.path import AbstractPath
from b2sdk.scan.policies import DEFAULT_SCAN_MANAGER, ScanPoliciesManager


def zip_folders(
    folder_a: AbstractFolder,
    folder_b: AbstractFolder,
    reporter: AnyReporter,
    policies_manager: ScanPoliciesManager = DEFAULT_SCAN_MANAGER,
) -> Iterator[tuple[AbstractPath | None, AbstractPath | None]]:
    """Yield the files of both folders, in order, those with the same relative path together.

    :param folder_a: the first folder.
    :param folder_b: the second folder.
    :param reporter: receives what is skipped in either, and is closed at the end; ``None`` is none.
    :param policies_manager: what to leave out of ``folder_a``; it is still found in ``folder_b``.
    """
    files_a = iter(folder_a.all_files(reporter, policies_manager))
    files_b = iter(folder_b.all_files(reporter))
    a, b = next(files_a, None), next(files_b, None)
    while a is not None and b is not None:
        path_a, path_b = a.relative_path, b.relative_path
        if path_a == path_b:
            yield a, b
            a, b = next(files_a, None), next(files_b, None)
        elif path_a < path_b:
            yield a, None
            a = next(files_a, None)
        else:
            yield None, b
            b = next(files_b, None)
    while a is not None:
        yield a, None
        a = next(files_a, None)
    while b is not None:
        yield None, b
        b = next(files_b, None)
    if reporter is not None:
        reporter.close()
