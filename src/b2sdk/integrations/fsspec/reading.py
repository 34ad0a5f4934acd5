"""The verbs that read content."""

from __future__ import annotations

import io
import math
import os
from collections.abc import Callable, Iterable
from concurrent.futures import Executor
from functools import partial
from glob import has_magic
from typing import Any, Literal

from fsspec.callbacks import DEFAULT_CALLBACK
from fsspec.spec import AbstractFileSystem
from fsspec.utils import isfilelike

from b2sdk.integrations.fsspec.entries import is_folder
from b2sdk.integrations.fsspec.errors import is_a_folder, not_found, translated
from b2sdk.integrations.fsspec.looking import LookingFileSystem, check_depth
from b2sdk.integrations.fsspec.parallel import attempted, each_of
from b2sdk.integrations.fsspec.paths import are_several, can_be_file, split_path, strip_protocol
from b2sdk.integrations.fsspec.plans import Plan, check_contained, listener_for
from b2sdk.integrations.fsspec.ranges import (
    BEHIND_ANY_FILE,
    LARGEST_GAP,
    Bounds,
    Fetched,
    cut,
    fetch_of_version,
    fetch_range,
    merge_ranges,
)
from b2sdk.v3 import AbstractProgressListener, DownloadedFile, DownloadVersion


class ReadingFileSystem(LookingFileSystem):
    """What is read in one call; :meth:`B2FileSystem.open` is for the rest."""

    ranges_in_threads: Callable[[], Executor]
    """Returns the threads that fetch ranges."""

    def _fetch_range(self, path: str, bounds: Bounds) -> Fetched | None:
        """Fetch a range of what a path names, in one request; ``None`` if the file ends before it."""
        plain, file_id = self._split_version(path)
        with translated(path):
            session = self._api.session
            if file_id is None:
                url = session.get_download_url_by_name(*split_path(path))
            else:
                url = session.get_download_url_by_id(file_id)
            fetched = fetch_range(self._api, url, bounds, self._key_of(path))
        if fetched is not None:
            _check_name(fetched.version, plain, path)
        return fetched

    def _download(self, path: str, listener: AbstractProgressListener | None = None) -> DownloadedFile:
        plain, file_id = self._split_version(path)
        bucket, name = split_path(plain)
        key = self._key_of(path)
        if file_id is None:
            return self._readable_bucket(bucket).download_file_by_name(name, listener, encryption=key)
        file = self._api.download_file_by_id(file_id, listener, encryption=key)
        try:
            _check_name(file.download_version, plain, path)
        except BaseException:
            file.response.close()
            raise
        return file

    def _refuse_folder(self, path: str) -> None:
        known = self._find_known(path)
        if not can_be_file(path) or (known is not None and is_folder(known)):
            raise is_a_folder(path)

    def cat_file(self, path: Any, start: int | None = None, end: int | None = None) -> bytes:
        """Return the content of a file, or of a range as in a slice. The whole is compared with its SHA-1.

        A file that is missing costs this one call.

        :raises FileNotFoundError: there is no such file.
        :raises IsADirectoryError: it is known as a folder.
        """
        stripped = strip_protocol(path)
        self._refuse_folder(stripped)
        if not start and end is None:
            return self._cat_whole(stripped)
        if (end or 0) < 0 or ((start or 0) < 0 and end is not None):
            return self._cat_from_end(stripped, start, end)
        bounds = start or 0, BEHIND_ANY_FILE if end is None else end
        if bounds[0] >= bounds[1]:
            return b""
        fetched = self._fetch_range(stripped, bounds)
        return b"" if fetched is None else fetched.content

    def _cat_whole(self, path: str) -> bytes:
        content = io.BytesIO()
        with translated(path):
            self._download(path).save(content)
        return content.getvalue()

    def _cat_from_end(self, path: str, start: int | None, end: int | None) -> bytes:
        for entry in (self._find_known(path), None):
            found = entry or self._file(path)
            bounds = slice(start, end).indices(found["size"])[:2]
            try:
                return self.fetch_version(path, found["fileId"], *bounds)
            except FileNotFoundError:
                if entry is None:
                    raise
        raise not_found(path)

    def fetch_version(self, path: str, file_id: str, start: int, stop: int) -> bytes:
        """Fetch a range of a version, without the byte at ``stop``.

        :raises FileNotFoundError: it has been deleted.
        """
        if start >= stop:
            return b""
        try:
            with translated(path):
                return fetch_of_version(self._api, file_id, (start, stop), self._key_of(path))
        except FileNotFoundError:
            self._listings.forget(path)  # there may be a newer one
            raise

    def cat_ranges(
        self,
        paths: list[Any],
        starts: int | list[int | None] | None,
        ends: int | list[int | None] | None,
        max_gap: int | None = None,
        on_error: Literal["return", "raise"] = "return",
        batch_size: int | None = None,
    ) -> list[bytes | Exception]:
        """Return ranges of files, in their order; those of one file are of one version.

        Neighbours are fetched together, and several at a time.

        :param starts: one for each path, or one for all, as in :meth:`cat_file`; ``ends`` too.
        :param max_gap: bytes between two ranges that are fetched rather than sending two requests; ``None`` is 64 KiB.
        :param on_error: whether an error stands in place of the content, or is raised.
        :raises TypeError: ``paths`` is no list.
        :raises ValueError: there are not as many of each.
        """
        if not isinstance(paths, list):
            raise TypeError("paths must be a list")
        all_starts = list(starts) if isinstance(starts, Iterable) else [starts] * len(paths)
        all_ends = list(ends) if isinstance(ends, Iterable) else [ends] * len(paths)
        if not len(paths) == len(all_starts) == len(all_ends):
            raise ValueError("paths, starts and ends must have the same length")
        stripped = map(strip_protocol, paths)
        wanted = [(path, start or 0, end) for path, start, end in zip(stripped, all_starts, all_ends, strict=True)]
        contents = self._fetch_merged(wanted, LARGEST_GAP if max_gap is None else max_gap)
        if on_error != "return":
            for content in contents:
                if isinstance(content, Exception):
                    raise content
        return contents

    def _fetch_merged(self, wanted: list[tuple[str, int, int | None]], gap: int) -> list[bytes | Exception]:
        ranges: dict[str, list[Bounds]] = {}
        alone: list[tuple[Any, ...]] = []
        for path, start, end in wanted:
            if start >= 0 and end is not None and end >= 0:
                ranges.setdefault(path, []).append((start, end))
            else:
                alone.append((path, start, end))
        merged = [(path, bounds) for path, several in ranges.items() for bounds in merge_ranges(several, gap)]
        pool = self.ranges_in_threads()
        of_merged = each_of(pool, attempted(self._fetch_of_newest), merged)
        by_path: dict[str, list[tuple[Bounds, Any]]] = {path: [] for path in ranges}
        for (path, bounds), fetched in zip(merged, of_merged, strict=True):
            by_path[path].append((bounds, fetched))
        by_path = {path: self._of_one_version(path, fetched) for path, fetched in by_path.items()}
        of_alone = dict(zip(alone, each_of(pool, attempted(self.cat_file), alone), strict=True))
        return [
            of_alone[path, start, end] if (path, start, end) in of_alone else _cut_or_error(by_path[path], (start, end))
            for path, start, end in wanted
        ]

    def _fetch_of_newest(self, path: str, bounds: Bounds) -> tuple[int, str, bytes]:
        """Return when the version was uploaded, its id, and the content of the range."""
        self._refuse_folder(path)
        fetched = self._fetch_range(path, bounds)
        if fetched is None:
            return 0, "", b""
        return fetched.version.upload_timestamp, fetched.version.id_, fetched.content

    def _of_one_version(self, path: str, fetched: list[tuple[Bounds, Any]]) -> list[tuple[Bounds, Any]]:
        """Return the contents, or errors, of ranges; those of an older version are fetched again."""
        versions = [one for _, one in fetched if not isinstance(one, Exception) and one[1]]
        if not versions:
            return [(bounds, one if isinstance(one, Exception) else b"") for bounds, one in fetched]
        newest = max(versions)[1]
        is_one = all(version[1] == newest for version in versions)
        size = math.inf if is_one else self._size_of(path, newest)
        again = attempted(self.fetch_version)
        result: list[tuple[Bounds, Any]] = []
        for bounds, one in fetched:
            if isinstance(one, Exception):
                result.append((bounds, one))
            elif is_one or one[1] == newest:
                result.append((bounds, one[2]))
            else:
                result.append((bounds, again(path, newest, bounds[0], int(min(bounds[1], size)))))
        return result

    def _size_of(self, path: str, file_id: str) -> int:
        with translated(path):
            return self._api.get_file_info(file_id).size or 0

    def cat(
        self, path: Any, recursive: bool = False, on_error: Literal["raise", "omit", "return"] = "raise", **kwargs: Any
    ) -> bytes | dict[str, bytes | Exception]:
        """Return the content of one file, or of several by their paths: those that a pattern matches, or in a folder.

        :param on_error: what is done about a file that cannot be read.
        """
        paths = self._expand_to_files(path, recursive=recursive)
        stripped = None if are_several(path) else strip_protocol(path)
        if paths == [stripped] and not recursive:
            return self.cat_file(paths[0], **kwargs)
        read = attempted(partial(self.cat_file, **kwargs))
        found = dict(zip(paths, each_of(self.tasks_in_threads(), read, ((one,) for one in paths)), strict=True))
        errors = [content for content in found.values() if isinstance(content, Exception)]
        if errors and on_error == "raise":
            raise errors[0]
        return {one: content for one, content in found.items() if on_error == "return" or isinstance(content, bytes)}

    def _expand_to_files(self, path: Any, *, recursive: bool, maxdepth: int | None = None) -> list[str]:
        """Return what paths, patterns and folders stand for; a path that is no pattern is not looked up.

        :raises FileNotFoundError: it is nothing.
        """
        check_depth(maxdepth)
        found: set[str] = set()
        for one in path if are_several(path) else [path]:
            stripped = strip_protocol(one)
            if has_magic(self._split_version(stripped)[0]):
                for name, entry in self.glob(os.fspath(one), maxdepth=maxdepth, detail=True).items():
                    if not is_folder(entry):
                        found.add(name)
                    elif recursive and maxdepth != 1:
                        found.update(self.find(name, maxdepth and maxdepth - 1))
            elif recursive:
                found.update(self.find(stripped, maxdepth))
            else:
                found.add(stripped)
        if not found:
            raise not_found(strip_protocol(path) if not are_several(path) else str(path))
        return sorted(found)

    def get_file(
        self, rpath: Any, lpath: Any, callback: Any = DEFAULT_CALLBACK, outfile: Any = None, **_kwargs: Any
    ) -> None:
        """Save a file, complete and compared with its SHA-1 or not at all; a folder is made.

        :param lpath: a local path, whose folders are made, or an open file.
        :param outfile: an open file, which is written to instead.
        """
        path = strip_protocol(rpath)
        if outfile is None and isfilelike(lpath):
            outfile = lpath
        known = self._find_known(path)
        if outfile is None and (not can_be_file(path) or (known is not None and is_folder(known))):
            os.makedirs(lpath, exist_ok=True)  # noqa: PTH103  # as in the rest of fsspec
            return
        self._refuse_folder(path)
        try:
            with translated(path):
                file = self._download(path, listener_for(callback))
                if outfile is not None:
                    file.save(outfile, allow_seeking=False)
                    return
                try:
                    os.makedirs(os.path.dirname(os.path.abspath(lpath)), exist_ok=True)  # noqa: PTH100, PTH103, PTH120
                except BaseException:
                    file.response.close()
                    raise
                file.save_to(lpath)
        except FileNotFoundError as error:
            if outfile is not None or error.filename != path or not self._has_folder(path):
                raise
            os.makedirs(lpath, exist_ok=True)  # noqa: PTH103

    def _is_version(self, path: Any) -> bool:
        """Whether it is the path of one version of a file, in which the ``?`` is no wildcard."""
        plain, file_id = self._split_version(strip_protocol(path))
        return file_id is not None and not has_magic(plain)

    def get(
        self,
        rpath: Any,
        lpath: Any,
        recursive: bool = False,
        callback: Any = DEFAULT_CALLBACK,
        maxdepth: int | None = None,
        **kwargs: Any,
    ) -> None:
        """Save files and folders, several at a time; which goes where is described in fsspec's documents.

        :raises ValueError: a name has a ``..`` that leads out of the target; then nothing is saved.
        """
        plan = Plan(self)
        if not are_several(rpath) and self._is_version(rpath):
            name = split_path(self._split_version(strip_protocol(rpath))[0])[1].rpartition("/")[2]
            is_folder_target = str(lpath).endswith("/") or os.path.isdir(lpath)  # noqa: PTH112
            rpath, lpath = [rpath], [os.path.join(lpath, name) if is_folder_target else lpath]  # noqa: PTH118
        AbstractFileSystem.get(plan, rpath, lpath, recursive=recursive, maxdepth=maxdepth)
        if not are_several(lpath):  # whose paths the caller knows
            check_contained(lpath, [target for _, target in plan.pairs])
        self._transfer(self.get_file, plan.pairs, callback, kwargs)

    def _transfer(self, transfer: Any, pairs: list[tuple[Any, Any]], callback: Any, options: dict[str, Any]) -> None:
        def transfer_one(source: Any, target: Any) -> None:
            with callback.branched(source, target) as child:
                transfer(source, target, callback=child, **options)

        options = {name: value for name, value in options.items() if name != "batch_size"}
        callback.set_size(len(pairs))
        for _ in each_of(self.tasks_in_threads(), transfer_one, pairs):
            callback.relative_update(1)


def _check_name(version: DownloadVersion, plain: str, path: str) -> None:
    """Refuse a version of another file: an id says which file it is of, whatever stands before it.

    :raises FileNotFoundError: it is of another one.
    """
    if version.file_name != split_path(plain)[1]:
        raise not_found(path)


def _cut_or_error(fetched: list[tuple[Bounds, Any]], bounds: tuple[int, int | None]) -> bytes | Exception:
    start, stop = bounds[0], bounds[1] or 0
    for (begin, end), content in fetched:
        if isinstance(content, Exception) and begin < stop and start < end:
            return content
    return cut([one for one in fetched if not isinstance(one[1], Exception)], (start, stop))
