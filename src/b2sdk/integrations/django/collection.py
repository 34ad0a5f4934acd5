"""What the command ``collectstatic`` changes, planned first and performed at its end.

One listing says what is stored. What the command saves is compared with it by size, SHA-1 and file info, so only what
differs is uploaded, many files at a time; what it deletes and saves again unchanged stays as it is. If the command
fails before its end, nothing has changed.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, wait
from contextvars import copy_context
from typing import Any, NamedTuple

from b2sdk.integrations.django.content import blocks_of, local_path_of
from b2sdk.integrations.django.untyped import File
from b2sdk.protocol_constants import LARGE_FILE_SHA1, SRC_LAST_MODIFIED_MILLIS
from b2sdk.threads import ThreadPool
from b2sdk.v3 import FileVersion, UploadSourceLocalFile

NOT_COMPARED = {SRC_LAST_MODIFIED_MILLIS, LARGE_FILE_SHA1}
"""File info that may differ although the file is the same."""


class Content(NamedTuple):
    """What is compared of a file."""

    size: int
    sha1: str | None
    """``None`` where it is not known, which is equal to no other."""
    file_info: Mapping[str, str]

    @classmethod
    def of(cls, size: int, sha1: str | None, file_info: Mapping[str, str]) -> Content:
        """Leave out of the file info what is not compared; the service ignores the case of its names."""
        compared = {name.lower(): value for name, value in file_info.items() if name.lower() not in NOT_COMPARED}
        return cls(size, sha1, compared)

    def is_same(self, other: Content) -> bool:
        return self.sha1 is not None and self == other


class Found(NamedTuple):
    """A file that is in the bucket, or will be."""

    content: Content
    modified_millis: int


class Planned(NamedTuple):
    """A file that will be uploaded."""

    source: UploadSourceLocalFile
    describing: Mapping[str, Any]
    """The keywords of the upload."""
    found: Found


class Performing(NamedTuple):
    """How changes are performed; any number of threads call these."""

    upload: Callable[[UploadSourceLocalFile, str, Mapping[str, Any]], object]
    delete: Callable[[str], object]
    at_a_time: int


class Collection:
    """The changes since it was made, or since they were last performed. One thread uses it."""

    def __init__(self, list_all: Callable[[], Iterable[FileVersion]], performing: Performing) -> None:
        """``list_all`` returns the newest versions of all files that may be changed."""
        self._list_all = list_all
        self._performing = performing
        self._listed: dict[str, Found] | None = None
        self._planned: dict[str, Planned | None] = {}
        """``None`` is a file that will be deleted."""
        self._folders: set[str] = set()
        self._copies: tempfile.TemporaryDirectory[str] | None = None
        self._copied = 0

    def close(self) -> None:
        """Forget what has not been performed."""
        self._planned.clear()
        if self._copies is not None:
            self._copies.cleanup()

    @property
    def _stored(self) -> dict[str, Found]:
        if self._listed is None:
            self._listed = {version.file_name: _read(version) for version in self._list_all()}
            for name in self._listed:
                self._add_folders(name)
        return self._listed

    def _add_folders(self, name: str) -> None:
        while (name := name.rpartition("/")[0]) and name not in self._folders:
            self._folders.add(name)

    # --- looking ---

    def find(self, name: str) -> Found | None:
        """Return the file that there will be."""
        if name not in self._planned:
            return self._stored.get(name)
        planned = self._planned[name]
        return None if planned is None else planned.found

    def has_folder(self, name: str) -> bool:
        """Whether there has been a file in a folder, which is written without its slash."""
        return bool(self._stored or self._planned) and name in self._folders

    def local_path(self, name: str) -> str | None:
        """Return where the content of a file is that will be uploaded."""
        planned = self._planned.get(name)
        return None if planned is None else os.fspath(planned.source.local_path)

    def names_below(self, folder: str) -> Iterator[str]:
        """Yield the names of the files that there will be in a folder, which has its slash, and in those below it."""
        for name in {**self._stored, **self._planned}:
            if name.startswith(folder) and self.find(name) is not None:
                yield name

    # --- planning ---

    def is_unchanged(self, name: str, content: File, describing: Mapping[str, Any]) -> bool:
        """Whether nothing would change if this were saved. Content is read only if that may be."""
        found = self.find(name)
        if found is None:
            return False
        source = self._source_of(content)
        if source.content_length != found.content.size:
            return False
        return _content(source, describing).is_same(found.content)

    def save(self, name: str, content: File, describing: Mapping[str, Any]) -> None:
        """Plan the upload of a file, unless it is stored already.

        Content that is in no local file is copied to one; one that is there has to stay until the end.
        """
        source = self._source_of(content)
        new = _content(source, describing)
        self._planned.pop(name, None)
        stored = self._stored.get(name)
        if stored is None or not new.is_same(stored.content):
            modified = int(describing["file_info"].get(SRC_LAST_MODIFIED_MILLIS, time.time() * 1000))
            self._planned[name] = Planned(source, describing, Found(new, modified))
            self._add_folders(name)

    def delete(self, name: str) -> None:
        """Plan that a file is deleted, if there is one."""
        if name in self._stored:
            self._planned[name] = None
        else:
            self._planned.pop(name, None)

    def _source_of(self, content: File) -> UploadSourceLocalFile:
        return UploadSourceLocalFile(local_path_of(content) or self._copy(content))

    def _copy(self, content: File) -> str:
        if self._copies is None:
            self._copies = tempfile.TemporaryDirectory(prefix="b2sdk-collectstatic-", ignore_cleanup_errors=True)
        self._copied += 1
        path = os.path.join(self._copies.name, str(self._copied))  # noqa: PTH118  # a text
        with open(path, "xb") as copy:  # noqa: PTH123
            copy.writelines(blocks_of(content))
        return path

    # --- performing ---

    def perform(self) -> None:
        """Upload, many files at a time, and delete then. After an error the rest is not performed.

        :raises B2Error:
        """
        uploads = {name: planned for name, planned in self._planned.items() if planned is not None}
        self._in_threads(
            lambda name: self._performing.upload(uploads[name].source, name, uploads[name].describing), uploads
        )
        deletions = [name for name, planned in self._planned.items() if planned is None]
        self._in_threads(self._performing.delete, deletions)
        self._stored.update({name: planned.found for name, planned in uploads.items()})
        for name in deletions:
            del self._stored[name]
        self._planned.clear()

    def _in_threads(self, call: Callable[[str], object], names: Iterable[str]) -> None:
        pool = ThreadPool(self._performing.at_a_time)
        tasks: list[Future[object]] = [pool.submit(copy_context().run, call, name) for name in names]
        try:
            for task in tasks:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            wait(tasks)
            pool.shutdown()


def _content(source: UploadSourceLocalFile, describing: Mapping[str, Any]) -> Content:
    return Content.of(source.content_length, source.get_content_sha1(), describing["file_info"])


def _read(version: FileVersion) -> Found:
    content = Content.of(version.size or 0, version.get_content_sha1(), version.file_info)
    return Found(content, version.mod_time_millis)
