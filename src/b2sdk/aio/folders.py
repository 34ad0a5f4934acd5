"""Folders in an event loop: those in a bucket are listed with ``await``, those on the disk are scanned in threads.

What is in them is decided in :mod:`b2sdk.scan`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from functools import partial
from typing import Any, Final, TypeAlias, cast

from b2sdk.aio.api import B2Api
from b2sdk.aio.bucket import Bucket
from b2sdk.aio.listings import items
from b2sdk.aio.threads import Threads, Turns
from b2sdk.file_version import FileVersion
from b2sdk.scan.b2_folder import FilesOfVersions, FolderInBucket
from b2sdk.scan.events import AnyReporter, EntrySkipped, Reporter, ScanListener, hears_of_all, report_skipped
from b2sdk.scan.folder import AbstractFolder
from b2sdk.scan.local_folder import LocalFolder
from b2sdk.scan.pairs import Batches
from b2sdk.scan.parse import parse_name
from b2sdk.scan.path import AbstractPath, B2Path
from b2sdk.scan.policies import DEFAULT_SCAN_MANAGER, ScanPoliciesManager
from b2sdk.values.argument import arguments_checked
from b2sdk.values.name_range import ALL_NAMES, NameRange

AT_ONCE: Final = 200
"""Files that are looked at before others have their turn in the event loop."""


class B2Folder(FolderInBucket):
    """A folder in a bucket: the files whose names begin with ``folder_name`` and a slash."""

    @arguments_checked
    def __init__(
        self, bucket: Bucket, folder_name: str = "", *, workers: int = 1, names: NameRange = ALL_NAMES
    ) -> None:
        """Take the bucket; no request is made.

        :param bucket: a bucket of a client of this package.
        :param folder_name: path of the folder; the empty name is the whole bucket.
        :param workers: in how many ranges of names at most a scan lists the folder at once; see
            :meth:`b2sdk.v3.Bucket.ls`.
        :param names: which of the files below the folder a scan finds, by their paths relative to it.
        :raises TypeError: the bucket is one of a client that blocks, or the name is no text.
        """
        if not isinstance(bucket, Bucket):
            raise TypeError(f"bucket must be one of b2sdk.aio, not {_kind(bucket)}")
        super().__init__(bucket.name or bucket.id_, folder_name, workers, names)
        self.bucket: Bucket = bucket

    def all_files(
        self, reporter: AnyReporter = None, policies_manager: ScanPoliciesManager = DEFAULT_SCAN_MANAGER
    ) -> AsyncGenerator[B2Path, None]:
        """Yield the files below the folder; see :meth:`b2sdk.v3.B2Folder.all_files`, which tells the errors.

        :param reporter: receives what is skipped, in the event loop; ``None`` is none.
        :param policies_manager: what to leave out.
        """
        return items(self.batches(reporter, policies_manager))

    async def batches(
        self, reporter: AnyReporter, policies_manager: ScanPoliciesManager = DEFAULT_SCAN_MANAGER
    ) -> AsyncGenerator[Iterator[B2Path], None]:
        """Yield what :meth:`all_files` yields, in batches, each of which is used up before the next is asked for."""
        files = FilesOfVersions(self.prefix, policies_manager, reporter)
        # With its slash: without it, the name might be that of a file, which would be listed in the folder's place.
        names = self.names if self.names.is_whole else self.names.below(self.prefix)
        listing = self.bucket.ls(
            self.prefix, latest_only=False, recursive=True, prefetch=True, workers=self.workers, names=names
        )
        async with aclosing(listing):
            is_over = False
            while not is_over:
                versions: list[FileVersion] = []
                failure: Exception | None = None
                try:
                    async for version, _folder in listing:
                        versions.append(version)
                        if len(versions) == AT_ONCE:
                            break
                    else:
                        is_over = True
                except Exception as error:  # noqa: BLE001  # raised behind what was listed before
                    failure = error
                yield files.of(versions)
                if failure is not None:
                    raise failure
                await asyncio.sleep(0)
        last = files.last()
        if last is not None:
            yield iter((last,))


@arguments_checked
async def parse_folder(folder_name: str, api: B2Api, *, workers: int = 1) -> LocalFolder | B2Folder:
    """Return the folder: in a bucket for ``b2://bucket/folder`` and ``b2:bucket/folder``, else a local one.

    See :func:`b2sdk.v3.parse_folder`, which tells the errors.

    :param folder_name: as above.
    :param api: the client of the bucket.
    :param workers: in how many ranges of names at most a scan lists a folder in a bucket at once.
    """
    in_a_bucket = parse_name(folder_name)
    if in_a_bucket is None:
        return await api.session.threads.call(LocalFolder, folder_name)
    bucket_name, path = in_a_bucket
    return B2Folder(await api.get_bucket_by_name(bucket_name), path, workers=workers)


def check_folder(parameter: str, folder: Any) -> None:
    """Check that a folder can be listed in an event loop.

    :raises TypeError: it is in a bucket of a client that blocks.
    """
    if not isinstance(folder, B2Folder) and folder.folder_type() != "local":
        raise TypeError(f"{parameter} must be a local folder, or a B2Folder of b2sdk.aio, not {_kind(folder)}")


def list_folder(threads: Threads, folder: AbstractFolder | B2Folder, reporter: Reporter | None, *args: Any) -> Batches:
    """Yield the files of a folder, whose ``all_files`` has these arguments, in batches."""
    if isinstance(folder, B2Folder):
        return cast("Batches", folder.batches(reporter, *args))
    return _scan(threads, folder, reporter, *args)


async def _scan(threads: Threads, folder: AbstractFolder, reporter: Reporter | None, *args: Any) -> Batches:
    scan, turns = _Scan(folder, hears_of_all(reporter), args), Turns(threads)
    try:
        while not scan.is_over:
            yield _files(await turns.call(scan.find_some), reporter)
            await asyncio.sleep(0)
    finally:
        await turns.end(scan.close_files)


_Found: TypeAlias = AbstractPath | EntrySkipped | Exception


class _Scan(ScanListener):
    """Finds files in threads, and records among them what it skips."""

    def __init__(self, folder: AbstractFolder, hears_of_all: bool, args: tuple[Any, ...]) -> None:
        self.hears_of_all = hears_of_all
        self.is_over = False
        """Whether nothing follows what was found."""
        self._scan = partial(folder.all_files, self, *args)
        self._files: Iterator[AbstractPath] | None = None
        self._found: list[_Found] = []

    def find_some(self) -> list[_Found]:
        """Return what is found next, in order. An error is the last of all."""
        found = self._found
        try:
            if self._files is None:
                self._files = iter(self._scan())
            while len(found) < AT_ONCE and not self.is_over:
                path = next(self._files, None)
                if path is None:
                    self.is_over = True
                else:
                    found.append(path)
        except Exception as error:  # noqa: BLE001  # raised behind what was found before
            found.append(error)
            self.is_over = True
        self._found = []
        return found

    def skipped(self, event: EntrySkipped) -> None:
        self._found.append(event)

    def close_files(self) -> None:
        """End the scan, wherever it is."""
        close = getattr(self._files, "close", None)
        if close is not None:
            close()


def _files(found: list[_Found], reporter: Reporter | None) -> Iterator[AbstractPath]:
    for item in found:
        if isinstance(item, EntrySkipped):
            report_skipped(reporter, item.path, item.reason, item.detail)
        elif isinstance(item, Exception):
            raise item
        else:
            yield item


def _kind(value: object) -> str:
    return f"{type(value).__module__}.{type(value).__qualname__}"
