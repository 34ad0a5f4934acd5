"""The verbs that look at files and folders, and change nothing."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from datetime import datetime
from glob import has_magic
from typing import Any, Literal, overload

from b2sdk.exception import FileNotPresent
from b2sdk.integrations.fsspec.account import SharedAccount
from b2sdk.integrations.fsspec.awaited import AwaitedVerbs
from b2sdk.integrations.fsspec.entries import Entry, copied, file_entry, folder_entry, is_folder
from b2sdk.integrations.fsspec.errors import is_a_folder, not_found, translated
from b2sdk.integrations.fsspec.folders import (
    UNFINISHED,
    Tree,
    list_names,
    list_tree,
    list_versions,
    make_tree,
    prefix_of_key,
    version_entries,
)
from b2sdk.integrations.fsspec.listings import Keeping, Listings
from b2sdk.integrations.fsspec.parallel import each_of
from b2sdk.integrations.fsspec.paths import (
    are_several,
    can_be_file,
    is_bucket,
    parent_of,
    shown,
    split_path,
    split_version,
    strip_protocol,
    with_version,
)
from b2sdk.v3 import B2Api, Bucket, EncryptionMode, EncryptionSetting

_WILDCARD = re.compile(r"[*?\[]")
Encryption = EncryptionSetting | Callable[[str], EncryptionSetting | None] | None
"""How files are encrypted: all, or each as a function of ``bucket/name`` says; ``None`` is as the bucket says."""
OnError = Literal["omit", "raise"] | Callable[[OSError], object]


class LookingFileSystem(AwaitedVerbs):
    """Paths are ``bucket/name``, with or without ``b2://``."""

    keeping: Keeping
    account: SharedAccount
    tasks_in_threads: Callable[[], Executor]
    """Returns the threads that work for verbs with many files."""
    max_concurrency: int
    """In how many ranges at a time a file is fetched, or a folder is listed with all that is below."""
    version_aware: bool
    """Whether ``?fileId=...`` at the end of a path is the id of a version."""
    encryption: Encryption

    # --- paths ---

    @classmethod
    def _strip_protocol(cls, path: Any) -> Any:
        return [strip_protocol(one) for one in path] if are_several(path) else strip_protocol(path)

    @classmethod
    def _parent(cls, path: Any) -> str:
        return parent_of(strip_protocol(path))

    # --- what is known, and what is asked ---

    @property
    def _api(self) -> B2Api:
        return self.account.get_api()

    @property
    def _listings(self) -> Listings:
        return self.account.listings

    def _bucket(self, name: str) -> Bucket:
        """Return a bucket whose id is known, or looked up."""
        return self._api.get_bucket_by_name(name)

    def _readable_bucket(self, name: str) -> Bucket:
        """Return a bucket whose files are read by their names, for which its id need not be known."""
        return self._api.BUCKET_CLASS(self._api, "", name=name)

    def _split_version(self, path: str) -> tuple[str, str | None]:
        """Return the path of a file, and the id of the version that it names, if it names one."""
        return split_version(path) if self.version_aware else (path, None)

    def _encryption_of(self, path: str) -> EncryptionSetting | None:
        """Return how a file is to be encrypted."""
        setting = self.encryption
        return setting(self._split_version(path)[0]) if callable(setting) else setting

    def _key_of(self, path: str) -> EncryptionSetting | None:
        """Return the customer key with which a file is read; the service has the others."""
        setting = self._encryption_of(path)
        return setting if setting is not None and setting.mode is EncryptionMode.SSE_C else None

    def _find_known(self, path: str) -> Entry | None:
        return self._listings.find(path, self.keeping)

    def _look_up(self, path: str) -> Entry:
        if not path:
            return folder_entry(path)
        bucket_name, name = split_path(path)
        with translated(path):
            if is_bucket(path):
                self._bucket(bucket_name)
                return folder_entry(path)
            since = self._listings.begin()
            plain, file_id = self._split_version(path)
            if file_id is not None:
                entry: Entry | None = self._look_up_version(plain, file_id)
            elif can_be_file(path) and not self._is_above_key(name):
                entry = self._look_up_file(path)
            else:
                entry = None
            if entry is None and file_id is None and self._has_folder(path):
                entry = folder_entry(path)
        if entry is None:
            raise not_found(path)
        self._listings.glance(path, entry, since, self.keeping)
        return entry

    def _look_up_file(self, path: str) -> Entry | None:
        bucket_name, name = split_path(path)
        bucket, key = self._readable_bucket(bucket_name), self._key_of(path)
        try:
            if key is None:
                return file_entry(bucket_name, bucket.get_file_info_by_name(name))
            # The service describes a file with a customer key only to those who have the key, and begin to download it.
            download = bucket.download_file_by_name(name, encryption=key)
        except FileNotPresent:
            return None
        download.response.close()
        return file_entry(bucket_name, download.download_version)

    def _look_up_version(self, path: str, file_id: str) -> Entry:
        """Describe a version of a file, which may be a hide marker.

        :raises FileNotFoundError: the file has no such version.
        """
        bucket_name, name = split_path(path)
        with translated(path):
            version = self._api.get_file_info(file_id)
            if version.file_name != name or version.bucket_id not in {None, self._bucket(bucket_name).id_}:
                raise not_found(with_version(path, file_id))
        return self._named(file_entry(bucket_name, version))

    def _named(self, entry: Entry) -> Entry:
        """Let an entry have the path of its version, where there are such paths."""
        if self.version_aware and not is_folder(entry):
            entry["name"] = with_version(entry["name"], entry["fileId"])
        return entry

    def _is_above_key(self, name: str) -> bool:
        """Whether it can only be a folder, as the key sees nothing but what is below."""
        return prefix_of_key(self._api).startswith(f"{name}/")

    def _has_folder(self, path: str) -> bool:
        """Whether there is a folder, besides a file that may have the same path."""
        if self._listings.is_made(path) or self._listings.find_folder(path, self.keeping):
            return True
        with translated(path):
            names = list_tree(self._bucket(split_path(path)[0]), path, count=1)
            return next(names, None) is not None

    def _file(self, path: str) -> Entry:
        """Return what is known of a file, or looked up.

        :raises IsADirectoryError: it is a folder.
        """
        entry = self._find_known(path) or self._look_up(path)
        if is_folder(entry):
            raise is_a_folder(path)
        return _refuse_hidden(entry)

    # --- one path ---

    def info(self, path: Any, refresh: bool = False, version: str | None = None) -> Entry:
        """Describe a file or a folder; a file, if both have this path.

        :param refresh: whether to ask the service for what is known already.
        :param version: the id of a version of the file, instead of the newest one; it may be a hide marker.
        :raises FileNotFoundError: there is neither.
        """
        stripped = strip_protocol(path)
        if version is not None:
            return self._look_up_version(self._split_version(stripped)[0], version)
        known = None if refresh else self._find_known(stripped)
        return copied(known or self._look_up(stripped))

    def exists(self, path: Any, refresh: bool = False) -> bool:
        """Whether there is such a file or folder. Only "not found" means no; every other error is raised."""
        try:
            self.info(path, refresh=refresh)
        except FileNotFoundError:
            return False
        return True

    def isfile(self, path: Any) -> bool:
        """Whether it is a file; errors are raised as in :meth:`exists`."""
        try:
            return not is_folder(self.info(path))
        except FileNotFoundError:
            return False

    def isdir(self, path: Any) -> bool:
        """Whether it is a folder; errors are raised as in :meth:`exists`."""
        stripped = strip_protocol(path)
        try:
            if str(path).endswith("/") and stripped and not is_bucket(stripped):
                return self._has_folder(stripped)  # so it was not meant to be a file
            return is_folder(self.info(stripped))
        except FileNotFoundError:
            return False

    def size(self, path: Any) -> int:
        """Return the bytes of a file, 0 for a folder."""
        return int(self.info(path)["size"])

    def sizes(self, paths: list[Any]) -> list[int]:
        """Return the bytes of each file."""
        return list(each_of(self.tasks_in_threads(), self.size, ((path,) for path in paths)))

    def created(self, path: Any) -> datetime:
        """Return when the newest version of a file was uploaded."""
        created: datetime = self._file(strip_protocol(path))["created"]
        return created

    def modified(self, path: Any) -> datetime:
        """Return when the newest version of a file was uploaded: as it is never changed, that is :meth:`created`."""
        return self.created(path)

    def ukey(self, path: Any) -> str:
        """Return the id of the newest version; a folder has none, and is only itself."""
        entry = self.info(path)
        return str(entry.get("fileId", entry["name"]))

    def checksum(self, path: Any) -> int:
        """Return a number that is the same for the same version, in every process."""
        return int(hashlib.sha256(self.ukey(path).encode()).hexdigest()[:16], 16)

    @property
    def fsid(self) -> str:
        """What tells the account from others."""
        with translated(""):
            return f"b2_{self._api.get_account_id()}"

    # --- folders ---

    @overload
    def ls(self, path: Any, detail: Literal[True] = ..., refresh: bool = ..., versions: bool = ...) -> list[Entry]: ...
    @overload
    def ls(self, path: Any, detail: Literal[False], refresh: bool = ..., versions: bool = ...) -> list[str]: ...
    def ls(
        self, path: Any, detail: bool = True, refresh: bool = False, versions: bool = False
    ) -> list[Entry] | list[str]:
        """List a folder, sorted by name; where there is only a file with this path, that.

        :param versions: whether to list all versions of each file, the newest first, and hide markers, whose type is
            ``other``; nothing is remembered of that.
        :raises FileNotFoundError: there is neither.
        """
        stripped = strip_protocol(path)
        entries = self._version_entries(stripped) if versions else self._entries(stripped, refresh=refresh)
        return [copied(entry) for entry in entries] if detail else [entry["name"] for entry in entries]

    def _entries(self, path: str, *, refresh: bool = False) -> list[Entry]:
        known = None if refresh else self._listings.find_folder(path, self.keeping)
        if known is not None:
            return known
        since = self._listings.begin()
        if not path:
            entries: list[Entry] | None = [folder_entry(name) for name in self._bucket_names()]
        else:
            entries = self._list(path).get(path, [] if is_bucket(path) else None)
        if entries is not None:
            self._listings.keep({path: entries}, since, self.keeping)
            return entries
        if self._listings.is_made(path):
            return []
        entry = self._look_up_file(path) if can_be_file(path) else None
        if entry is None:
            raise not_found(path)
        return [entry]

    def _version_entries(self, path: str) -> list[Entry]:
        if not path:
            return self._entries(path)
        with translated(path):
            bucket = self._bucket(split_path(path)[0])
            entries = version_entries(path, list_versions(bucket, path))
        if entries or is_bucket(path) or self._listings.is_made(path):
            return [self._named(entry) for entry in entries]
        of_file = self.object_version_info(path) if can_be_file(path) else []
        if not of_file:
            raise not_found(path)
        return of_file

    def object_version_info(self, path: Any, **_kwargs: Any) -> list[Entry]:
        """Describe all versions of a file, the newest first; hide markers have the type ``other``.

        There are none if there is no such file, nor was one.
        """
        stripped = self._split_version(strip_protocol(path))[0]
        bucket_name, name = split_path(stripped)
        with translated(stripped):
            found = [
                version
                for version in self._bucket(bucket_name).list_file_versions(name)
                if version.action != UNFINISHED
            ]
        return [self._named(file_entry(bucket_name, version)) for version in found]

    def _bucket_names(self) -> list[str]:
        with translated(""):
            allowed = self._api.account_info.get_allowed()["buckets"]
            if allowed:
                return sorted(bucket["name"] for bucket in allowed)
            return sorted(bucket.name for bucket in self._api.list_buckets() if bucket.name is not None)

    def _list(self, path: str, stem: str = "") -> Tree:
        with translated(path):
            bucket = self._bucket(split_path(path)[0])
            return make_tree(path, list_names(bucket, path, stem), is_folded=True)

    def _list_tree(self, path: str, stem: str = "") -> Tree:
        """List a folder with all that is below."""
        since = self._listings.begin()
        with translated(path):
            bucket = self._bucket(split_path(path)[0])
            tree = make_tree(path, list_tree(bucket, path, stem, workers=self.max_concurrency), is_folded=False)
        whole = {folder: entries for folder, entries in tree.items() if not stem or folder != path}
        self._listings.keep(whole, since, self.keeping)
        return tree

    @overload
    def find(
        self,
        path: Any,
        maxdepth: int | None = ...,
        withdirs: bool = ...,
        detail: Literal[False] = ...,
        prefix: str = ...,
        refresh: bool = ...,
    ) -> list[str]: ...
    @overload
    def find(
        self,
        path: Any,
        maxdepth: int | None = ...,
        withdirs: bool = ...,
        *,
        detail: Literal[True],
        prefix: str = ...,
        refresh: bool = ...,
    ) -> dict[str, Entry]: ...
    def find(
        self,
        path: Any,
        maxdepth: int | None = None,
        withdirs: bool = False,
        detail: bool = False,
        prefix: str = "",
        refresh: bool = False,
    ) -> list[str] | dict[str, Entry]:
        """List the files below a folder, sorted; the file itself, if there is no such folder; nothing, if neither.

        :param maxdepth: how many levels; ``None`` is all, in one listing.
        :param withdirs: whether folders are listed too, and with them the one that is the path.
        :param detail: a dictionary with an entry for each name, instead of the names.
        :param prefix: what names at the first level begin with.
        :raises ValueError: ``maxdepth`` is less than 1.
        """
        check_depth(maxdepth)
        stripped = strip_protocol(path)
        found: dict[str, Entry] = {}
        for folder, entries in self._levels(stripped, maxdepth, prefix, refresh=refresh):
            if withdirs and folder == stripped and folder:
                found[shown(folder)] = folder_entry(folder)
            for entry in entries:
                if not is_folder(entry):
                    found[entry["name"]] = copied(entry)
                elif withdirs:
                    found.setdefault(entry["name"], copied(entry))
        if not found and not prefix and can_be_file(stripped):
            with translated(stripped):
                is_visible = not self._is_above_key(split_path(stripped)[1])
                file = self._look_up_file(stripped) if is_visible else None
            if file is not None:
                found[stripped] = file
        return {name: found[name] for name in sorted(found)} if detail else sorted(found)

    def _levels(
        self, path: str, maxdepth: int | None, stem: str = "", *, refresh: bool = False
    ) -> Iterator[tuple[str, list[Entry]]]:
        """Yield folders with their entries, from a path down."""
        if path and maxdepth is None:
            tree = self._list_tree(path, stem)
            if not tree and self._listings.is_made(path):
                tree = {path: []}
            yield from tree.items()
            return
        try:
            if not stem or not path:
                entries = [one for one in self._entries(path, refresh=refresh) if one["name"].startswith(stem)]
                if entries and entries[0]["name"] == path:
                    return  # it is a file
            else:
                entries = self._list(path, stem).get(path, [])
        except FileNotFoundError:
            return
        yield path, entries
        if maxdepth != 1:
            for folder in filter(is_folder, entries):
                below = strip_protocol(folder["name"])
                yield from self._levels(below, None if maxdepth is None else maxdepth - 1, refresh=refresh)

    def walk(
        self,
        path: Any,
        maxdepth: int | None = None,
        topdown: bool = True,
        on_error: OnError = "omit",
        detail: bool = False,
        refresh: bool = False,
    ) -> Iterator[tuple[str, Any, Any]]:
        """Yield ``(folder, folders in it, files in it)`` for a folder and those below, as ``os.walk`` does.

        Without ``maxdepth`` it takes one listing of all, however much of it is pruned.

        :param on_error: what is done about a folder that cannot be listed: it is omitted if it is not there; ``raise``,
            or a function that is called with the error. Other errors than that are raised by ``omit``, too.
        :param detail: dictionaries of entries by their last segments, instead of lists of these.
        :raises ValueError: ``maxdepth`` is less than 1.
        """
        check_depth(maxdepth)
        stripped = strip_protocol(path)
        tree = None
        try:
            if stripped and maxdepth is None:
                tree = self._list_tree(stripped) or None
        except OSError as error:
            _handle(error, on_error)
            return
        listed = tree

        def entries_of(folder: str) -> list[Entry]:
            return self._entries(folder, refresh=refresh) if listed is None else listed.get(folder, [])

        yield from _walk(stripped, entries_of, maxdepth, topdown, on_error, detail)

    def glob(self, path: str, maxdepth: int | None = None, **kwargs: Any) -> Any:
        """List what a pattern matches, sorted, or with ``detail`` as a dictionary; see fsspec.

        What comes before the first wildcard is left to the service to look for.
        """
        stripped = strip_protocol(path)
        plain, file_id = self._split_version(stripped)
        if file_id is not None and not has_magic(plain):  # the ``?`` is no wildcard
            found = {stripped: self.info(stripped)} if self.exists(stripped) else {}
            return found if kwargs.get("detail") else list(found)
        wildcard = _WILDCARD.search(stripped)
        stem = stripped[: wildcard.start()].rpartition("/")[2] if wildcard and has_magic(stripped) else ""
        return super().glob(path, maxdepth=maxdepth, **kwargs, **({"prefix": stem} if stem else {}))

    def du(
        self, path: Any, total: bool = True, maxdepth: int | None = None, withdirs: bool = False, **kwargs: Any
    ) -> int | dict[str, int]:
        """Return the bytes of all files below a folder, or of each of them."""
        found = self.find(path, maxdepth=maxdepth, withdirs=withdirs, detail=True, **kwargs)
        sizes = {name: int(entry["size"]) for name, entry in found.items()}
        return sum(sizes.values()) if total else sizes

    def invalidate_cache(self, path: Any = None) -> None:
        """Know nothing any more of a path, what is below, and the folders that it is in; without one, of anything."""
        if path is None:
            self._listings.forget_all()
        else:
            self._listings.forget(strip_protocol(path), with_below=True)


def _refuse_hidden(entry: Entry) -> Entry:
    """Refuse a hide marker, which is no file.

    :raises FileNotFoundError: it is one.
    """
    if "action" in entry:
        raise not_found(entry["name"])
    return entry


def check_depth(maxdepth: int | None) -> None:
    """Refuse a number of levels that is none.

    :raises ValueError: it is less than 1.
    """
    if maxdepth is not None and maxdepth < 1:
        raise ValueError("maxdepth must be at least 1")


def _handle(error: OSError, on_error: OnError) -> None:
    """Handle an error of ``walk`` as its caller wants."""
    if callable(on_error):
        on_error(error)
    elif on_error == "raise" or not isinstance(error, FileNotFoundError):
        raise error


def _walk(
    path: str,
    entries_of: Callable[[str], list[Entry]],
    maxdepth: int | None,
    topdown: bool,
    on_error: OnError,
    detail: bool,
) -> Iterator[tuple[str, Any, Any]]:
    try:
        entries = entries_of(path)
    except OSError as error:
        _handle(error, on_error)
        return
    folders: dict[str, Entry] = {}
    files: dict[str, Entry] = {}
    for entry in entries:
        own = strip_protocol(entry["name"])
        last = "" if own == path else own.rpartition("/")[2]
        (folders if is_folder(entry) else files)[last] = copied(entry)
    step = (path, folders, files) if detail else (path, list(folders), list(files))
    if topdown:
        yield step
    if maxdepth != 1:
        for segment in list(step[1]):
            below = f"{path}/{segment}" if path else segment
            yield from _walk(below, entries_of, maxdepth and maxdepth - 1, topdown, on_error, detail)
    if not topdown:
        yield step
