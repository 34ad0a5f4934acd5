"""The verbs that make and delete files, folders and buckets."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from functools import partial
from glob import has_magic
from typing import Any, Literal

from fsspec.callbacks import DEFAULT_CALLBACK
from fsspec.spec import AbstractFileSystem
from typing_extensions import Buffer

from b2sdk.exception import FileAlreadyHidden, FileNotPresent, NonExistentBucket
from b2sdk.integrations.fsspec.account import forget_everywhere
from b2sdk.integrations.fsspec.entries import Entry, is_folder
from b2sdk.integrations.fsspec.errors import already_exists, is_a_folder, not_empty, not_found, translated
from b2sdk.integrations.fsspec.folders import list_tree
from b2sdk.integrations.fsspec.looking import check_depth
from b2sdk.integrations.fsspec.parallel import each_of
from b2sdk.integrations.fsspec.paths import are_several, can_be_file, is_bucket, split_path, strip_protocol
from b2sdk.integrations.fsspec.plans import Plan, listener_for
from b2sdk.integrations.fsspec.reading import ReadingFileSystem
from b2sdk.integrations.fsspec.transactions import Deferred
from b2sdk.v3 import SRC_LAST_MODIFIED_MILLIS, Bucket, EncryptionMode, EncryptionSetting

WriteMode = Literal["create", "overwrite"]
_MODES: Mapping[WriteMode, str] = {"create": "xb", "overwrite": "wb"}
"""With which mode a file is opened instead."""
BLOCK_SIZE = 1024 * 1024


class WritingFileSystem(ReadingFileSystem):
    """What is written in one call; :meth:`B2FileSystem.open` is for the rest."""

    content_type: str | None
    """Of files that are written, unless a call says another one."""
    file_info: Mapping[str, str]
    deletes_all_versions: bool

    def _writing_options(
        self, path: str, content_type: str | None, file_info: Mapping[str, str] | None
    ) -> dict[str, Any]:
        return {
            "encryption": self._encryption_of(path),
            "content_type": content_type or self.content_type,
            "file_info": {**self.file_info, **(file_info or {})},
        }

    def _target(self, path: str, mode: WriteMode) -> tuple[Bucket, str]:
        """Return where a file is to be made.

        :raises FileExistsError: there is one, and it is to be created.
        :raises IsADirectoryError: it is the path of a folder.
        :raises ValueError: it is the path of a version, of which there are only those that were made.
        """
        _open_mode(mode)
        if not can_be_file(path):
            raise is_a_folder(path)
        if self._split_version(path)[1] is not None:
            raise ValueError(f"a version cannot be written: {path!r}")
        bucket, name = split_path(path)
        if mode == "create" and self.exists(path, refresh=True):
            raise already_exists(path)
        return self._bucket(bucket), name

    def _change(self, path: str, change: Callable[[], object]) -> None:
        """Make a change, in a transaction at its end."""
        if self._intrans:
            self.transaction.files.append(Deferred(path, change))
        else:
            change()

    def forget(self, path: str) -> None:
        """Know that something was made at a path, or was deleted."""
        forget_everywhere(path)

    def pipe_file(
        self,
        path: Any,
        value: Buffer,
        mode: WriteMode = "overwrite",
        content_type: str | None = None,
        file_info: Mapping[str, str] | None = None,
        **_kwargs: Any,
    ) -> None:
        """Make a file of bytes.

        :param mode: ``create`` looks first whether there is such a file, so two programs may both succeed.
        :raises FileExistsError: there is.
        """
        stripped = strip_protocol(path)
        if self._intrans:
            with self.open(stripped, _open_mode(mode), content_type=content_type, file_info=file_info) as file:
                file.write(value)
            return
        with translated(stripped):
            bucket, name = self._target(stripped, mode)
            try:
                bucket.upload_bytes(value, name, **self._writing_options(stripped, content_type, file_info))
            finally:
                self.forget(stripped)

    def pipe(self, path: Any, value: Any = None, **kwargs: Any) -> None:
        """Make a file of bytes, or several of a dictionary of them by path, some at a time.

        :raises ValueError: the path is neither.
        """
        if isinstance(path, (str, os.PathLike)):
            self.pipe_file(path, value, **kwargs)
            return
        if not isinstance(path, dict):
            raise ValueError("path must be str or dict")  # noqa: TRY004  # as fsspec says
        kwargs.pop("batch_size", None)
        for _ in each_of(self.tasks_in_threads(), partial(self.pipe_file, **kwargs), path.items()):
            pass

    def touch(self, path: Any, truncate: bool = True, **kwargs: Any) -> None:
        """Make an empty file.

        :raises NotImplementedError: there is one, which is not to be truncated.
        """
        if not truncate and self.exists(path, refresh=True):
            raise NotImplementedError("the time of a file cannot be changed")
        self.pipe_file(path, b"", **kwargs)

    def put_file(
        self,
        lpath: Any,
        rpath: Any,
        callback: Any = DEFAULT_CALLBACK,
        mode: WriteMode = "overwrite",
        content_type: str | None = None,
        file_info: Mapping[str, str] | None = None,
        **_kwargs: Any,
    ) -> None:
        """Upload a local file with its modification time; a folder is remembered, as by :meth:`makedirs`.

        :param mode: see :meth:`pipe_file`.
        """
        path = strip_protocol(rpath)
        if os.path.isdir(lpath):  # noqa: PTH112  # as in the rest of fsspec
            self.makedirs(path, exist_ok=True)
            return
        modified = str(os.stat(lpath).st_mtime_ns // 1_000_000)  # noqa: PTH116
        file_info = {SRC_LAST_MODIFIED_MILLIS: modified, **self.file_info, **(file_info or {})}
        if self._intrans:
            opened = self.open(path, _open_mode(mode), content_type=content_type, file_info=file_info)
            with open(lpath, "rb") as local, opened as file:  # noqa: PTH123
                shutil.copyfileobj(local, file, BLOCK_SIZE)
            return
        options = self._writing_options(path, content_type, file_info)
        with translated(path):
            bucket, name = self._target(path, mode)
            try:
                bucket.upload_local_file(lpath, name, progress_listener=listener_for(callback), **options)
            finally:
                self.forget(path)

    def put(
        self,
        lpath: Any,
        rpath: Any,
        recursive: bool = False,
        callback: Any = DEFAULT_CALLBACK,
        maxdepth: int | None = None,
        **kwargs: Any,
    ) -> None:
        """Upload files and folders, several at a time; which goes where is described in fsspec's documents."""
        plan = Plan(self)
        AbstractFileSystem.put(plan, lpath, rpath, recursive=recursive, maxdepth=maxdepth)
        self._transfer(self.put_file, plan.pairs, callback, kwargs)

    # --- copies ---

    def cp_file(self, path1: Any, path2: Any, **_kwargs: Any) -> None:
        """Copy a file within the service, with its content type and file info; of a folder there is nothing to copy."""
        self._copy_what_is_there(path1, path2)

    def _copy_what_is_there(self, path1: Any, path2: Any) -> Entry:
        """Do as :meth:`cp_file`, and return what was found at the first path."""
        source, target = strip_protocol(path1), strip_protocol(path2)
        known = self._find_known(source)
        entry = known or self._look_up(source)
        if source == target or is_folder(entry):
            return entry
        try:
            self._copy_version(entry, target)
        except FileNotFoundError:
            if known is None:
                raise
            self._listings.forget(source)  # the version that was known is gone, but there may be a newer one
            self._copy_version(self._file(source), target)
        return entry

    def _copy_version(self, entry: Entry, target: str) -> None:
        with translated(target):
            bucket, name = self._target(target, "overwrite")

        def copy() -> None:
            source, setting = entry["name"], self._encryption_of(target)
            try:
                with translated(source):
                    bucket.copy(
                        entry["fileId"], name, destination_encryption=setting, source_encryption=self._key_of(source),
                        **self._described(entry, setting),
                    )  # fmt: skip
            finally:
                self.forget(target)

        self._change(target, copy)

    def _described(self, entry: Entry, setting: EncryptionSetting | None) -> dict[str, Any]:
        """Return what a copy has to be given of its source, where customer keys are in play: their ids are in it."""
        if self._key_of(entry["name"]) is None and (setting is None or setting.mode is not EncryptionMode.SSE_C):
            return {}
        return {"source_content_type": entry["contentType"], "source_file_info": entry["fileInfo"]}

    def copy(
        self,
        path1: Any,
        path2: Any,
        recursive: bool = False,
        maxdepth: int | None = None,
        on_error: Literal["raise", "ignore"] | None = None,
        **_kwargs: Any,
    ) -> None:
        """Copy files and folders, several at a time; which goes where is described in fsspec's documents.

        :param on_error: whether a file that is not found is passed over; by default it is if ``recursive``.
        """
        self._copy_each(self._plan_copies(path1, path2, recursive, maxdepth), on_error or _default(recursive))

    def _plan_copies(self, path1: Any, path2: Any, recursive: bool, maxdepth: int | None) -> list[tuple[Any, Any]]:
        plan = Plan(self)
        if not are_several(path1) and self._is_version(path1) and not str(path2).endswith("/"):
            path1, path2 = [path1], [path2]
        AbstractFileSystem.copy(plan, path1, path2, recursive=recursive, maxdepth=maxdepth, on_error="raise")
        return plan.pairs

    def _copy_each(self, pairs: list[tuple[Any, Any]], on_error: str) -> None:
        def copy_one(source: Any, target: Any) -> None:
            try:
                self.cp_file(source, target)
            except FileNotFoundError:
                if on_error == "raise":
                    raise

        for _ in each_of(self.tasks_in_threads(), copy_one, pairs):
            pass

    def mv(self, path1: Any, path2: Any, recursive: bool = False, maxdepth: int | None = None, **_kwargs: Any) -> None:
        """Copy, and when all is copied delete what was; if a copy fails, nothing is deleted."""
        if path1 == path2:
            return
        pairs = self._plan_copies(path1, path2, recursive, maxdepth)
        entries = list(each_of(self.tasks_in_threads(), self._copy_what_is_there, pairs))
        moved = [
            # What stands for a folder has its name with a slash.
            (f"{strip_protocol(source)}/" if is_folder(entry) else strip_protocol(source),)
            for (source, target), entry in zip(pairs, entries, strict=True)
            if strip_protocol(source) != strip_protocol(target)
        ]
        for _ in each_of(self.tasks_in_threads(), partial(self._remove, is_listed=True), moved):
            pass

    # --- deleting ---

    def rm_file(self, path: Any) -> None:
        """Delete a file, as the option ``delete`` says; of a folder there is nothing to delete.

        :raises FileNotFoundError: there is neither.
        """
        stripped = strip_protocol(path)
        is_deleted = can_be_file(stripped) and self._remove(stripped)
        if not is_deleted and not self.isdir(stripped):
            raise not_found(stripped)

    def _remove(self, path: str, *, is_listed: bool = False) -> bool:
        """Delete what has exactly this name, in a transaction at its end; return whether there is anything."""
        if not self._intrans:
            return self._remove_now(path)
        if not is_listed:
            with translated(path):
                plain, file_id = self._split_version(path)
                is_listed = bool(self._look_up_version(plain, file_id) if file_id else self._look_up_file(path))
        if is_listed:
            self._change(path, partial(self._remove_now, path))
        return is_listed

    def _remove_now(self, path: str) -> bool:
        plain, file_id = self._split_version(path)
        bucket_name, name = split_path(plain)
        with translated(path):
            bucket = self._bucket(bucket_name)
            try:
                if file_id is not None:
                    bucket.delete_file_version(file_id, name)
                elif self.deletes_all_versions:
                    return _delete_all_versions(bucket, name)
                else:
                    bucket.hide_file(name)
            except (FileNotPresent, FileAlreadyHidden):
                return False
            finally:
                self.forget(plain)
                if plain != path:
                    self.forget(path)
        return True

    def unhide(self, path: Any) -> None:
        """Take away the hide marker that :meth:`rm` has added, so that the version before it is the newest one again.

        :raises FileNotFoundError: there is no such file.
        :raises FileExistsError: its newest version is no hide marker.
        """
        stripped = strip_protocol(path)
        bucket_name, name = split_path(stripped)
        with translated(stripped):
            try:
                self._bucket(bucket_name).unhide_file(name)
            finally:
                self.forget(stripped)

    def rm(self, path: Any, recursive: bool = False, maxdepth: int | None = None, **_kwargs: Any) -> None:
        """Delete files, as the option ``delete`` says, several at a time; with ``recursive`` also what is in folders.

        A bucket itself stays; :meth:`rmdir` deletes an empty one.

        :raises FileNotFoundError: a path is nothing.
        :raises ValueError: the path is that of all buckets.
        """
        check_depth(maxdepth)
        for one in path if are_several(path) else [path]:
            stripped = strip_protocol(one)
            if not stripped:
                raise ValueError("all buckets are not deleted at once")
            if has_magic(self._split_version(stripped)[0]):
                targets = self._expand_to_files(one, recursive=recursive, maxdepth=maxdepth)
                self._remove_each(targets)
            elif recursive:
                self._remove_below(stripped, maxdepth)
            else:
                self.rm_file(stripped)

    def _remove_below(self, path: str, maxdepth: int | None) -> None:
        was_made = self._listings.unmake(path)
        if maxdepth is None:
            bucket = split_path(path)[0]
            with translated(path):
                listed = list_tree(self._bucket(bucket), path, workers=self.max_concurrency)
                targets = [f"{bucket}/{version.file_name}" for version in listed]
        else:
            targets = [name for name in self.find(path, maxdepth) if name != path]
        self._remove_each(targets)
        is_deleted = can_be_file(path) and self._remove(path)
        if not (targets or is_deleted or was_made or is_bucket(path)):
            raise not_found(path)

    def _remove_each(self, paths: list[str]) -> None:
        """Delete files that were listed."""
        remove = partial(self._remove, is_listed=True)
        for _ in each_of(self.tasks_in_threads(), remove, ((path,) for path in paths)):
            pass

    # --- folders and buckets ---

    def mkdir(self, path: Any, create_parents: bool = True, **_kwargs: Any) -> None:
        """Create a private bucket. A folder in one is only remembered here, for five minutes or until it has a file.

        :raises FileExistsError: there is such a bucket, perhaps in another account.
        """
        self.makedirs(path)

    def makedirs(self, path: Any, exist_ok: bool = False) -> None:
        """Do as :meth:`mkdir`; a bucket is never created for the sake of a folder in it.

        :param exist_ok: whether there may be such a bucket of this account already.
        """
        stripped = strip_protocol(path)
        if not stripped:
            raise already_exists(stripped)
        if not is_bucket(stripped):
            self._listings.make(stripped)
            return
        with translated(stripped):
            try:
                self._bucket(stripped)
            except NonExistentBucket:
                try:
                    self._api.create_bucket(stripped, "allPrivate")
                finally:
                    forget_everywhere(stripped)
                return
        if not exist_ok:
            raise already_exists(stripped)

    def rmdir(self, path: Any) -> None:
        """Delete an empty bucket, or forget a folder without files.

        :raises OSError: it is not empty.
        :raises FileNotFoundError: there is no such bucket or folder.
        :raises NotADirectoryError: it is a file.
        """
        stripped = strip_protocol(path)
        if is_bucket(stripped):
            with translated(stripped):
                try:
                    self._api.delete_bucket(self._bucket(stripped))
                finally:
                    forget_everywhere(stripped, with_below=True)
            return
        if self._list(stripped).get(stripped):
            raise not_empty(stripped)
        was_made = self._listings.unmake(stripped)
        if not self._remove(f"{stripped}/") and not was_made:
            if self.isfile(stripped):
                raise NotADirectoryError(stripped)
            raise not_found(stripped)


def _open_mode(mode: WriteMode) -> str:
    if mode not in _MODES:
        raise ValueError(f"mode is 'create' or 'overwrite', not {mode!r}")
    return _MODES[mode]


def _default(recursive: bool) -> str:
    return "ignore" if recursive else "raise"


def _delete_all_versions(bucket: Bucket, name: str) -> bool:
    """Delete the versions of a file, the newest last, so that no older one is seen meanwhile."""
    versions = [version for version in bucket.list_file_versions(name) if version.action != "start"]
    if not versions or versions[0].action == "hide":
        return False
    for version in reversed(versions):
        bucket.delete_file_version(version.id_, name)
    return True
