"""Two folders side by side."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from typing import Any, Protocol, TypeAlias

from b2sdk.blocking import iterate
from b2sdk.scan.events import AnyReporter
from b2sdk.scan.folder import AbstractFolder
from b2sdk.scan.path import AbstractPath
from b2sdk.scan.policies import DEFAULT_SCAN_MANAGER, ScanPoliciesManager

Batches: TypeAlias = AsyncGenerator[Iterator[AbstractPath], None]
"""The files of a folder, in order, in as many batches as they come. Each is used up before the next one is awaited."""
Pair: TypeAlias = tuple[AbstractPath | None, AbstractPath | None]


class PairLimit(Protocol):
    """Where the comparison of two folders ends, before all of them is compared."""

    @property
    def end(self) -> str | None:
        """The first path that is not compared any more; ``None`` as long as there is none."""

    def of(self, pairs: Iterator[Pair], /) -> Iterator[Pair]:
        """Yield the pairs before the end."""


async def pair_up(batches_a: Batches, batches_b: Batches) -> AsyncGenerator[Iterator[Pair], None]:
    """Yield the files of two folders, in order, those with the same relative path together.

    They come in batches, and no batch needs more of a folder than has come. One is used up before the next is asked
    for.
    """
    async with aclosing(batches_a), aclosing(batches_b):
        a, b = _Side(batches_a), _Side(batches_b)
        while True:
            await a.fill()
            await b.fill()
            if a.next is None and b.next is None:
                return
            yield _pairs(a, b)


class _Side:
    """The files of one folder that have come."""

    def __init__(self, batches: Batches) -> None:
        self._batches = batches
        self.files: Iterator[AbstractPath] = iter(())
        self.next: AbstractPath | None = None
        self.is_over = False
        """Whether no others come."""

    async def fill(self) -> None:
        """Wait for the next file, unless it is there."""
        while self.next is None and not self.is_over:
            files = await anext(self._batches, None)
            if files is None:
                self.is_over = True
            else:
                self.files = files
                self.next = next(files, None)


def _pairs(side_a: _Side, side_b: _Side) -> Iterator[Pair]:
    files_a, files_b, a, b = side_a.files, side_b.files, side_a.next, side_b.next
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
    if side_b.is_over:
        while a is not None:
            yield a, None
            a = next(files_a, None)
    if side_a.is_over:
        while b is not None:
            yield None, b
            b = next(files_b, None)
    side_a.next, side_b.next = a, b


async def in_one_batch(folder: AbstractFolder, *args: Any) -> Batches:
    """Yield what ``all_files`` of the folder returns for these arguments, as one batch."""
    yield iter(folder.all_files(*args))


def zip_folders(
    folder_a: AbstractFolder,
    folder_b: AbstractFolder,
    reporter: AnyReporter,
    policies_manager: ScanPoliciesManager = DEFAULT_SCAN_MANAGER,
) -> Iterator[Pair]:
    """Yield the files of both folders, in order, those with the same relative path together.

    :param folder_a: the first folder.
    :param folder_b: the second folder.
    :param reporter: receives what is skipped in either, and is closed at the end; ``None`` is none.
    :param policies_manager: what to leave out of ``folder_a``; it is still found in ``folder_b``.
    """
    yield from iterate(pair_up(in_one_batch(folder_a, reporter, policies_manager), in_one_batch(folder_b, reporter)))
    if reporter is not None:
        reporter.close()
