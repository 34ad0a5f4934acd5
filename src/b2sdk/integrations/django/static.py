"""Storages for static files, which the command ``collectstatic`` fills."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any, ClassVar

from typing_extensions import Unpack

from b2sdk.exception.opening import NoFileToOpen
from b2sdk.fork import PerProcess, new_rlock
from b2sdk.integrations.django.collection import Collection, Found, Performing
from b2sdk.integrations.django.content import local_path_of
from b2sdk.integrations.django.names import name_in_bucket, relative_name
from b2sdk.integrations.django.options import StorageOptions, wrong
from b2sdk.integrations.django.storage import B2Storage, as_time
from b2sdk.integrations.django.untyped import File, ManifestFilesMixin
from b2sdk.v3 import SRC_LAST_MODIFIED_MILLIS, FileVersion
from b2sdk.values.file_info import CACHE_CONTROL

FOR_EVER = "public, max-age=31536000, immutable"
"""How long a file may be cached whose name says what it contains."""


class B2StaticFilesStorage(B2Storage):
    """Static files: by default in the folder ``static``, overwritten, and with URLs that are not signed.

    With ``b2sdk.integrations.django`` before ``django.contrib.staticfiles`` in ``INSTALLED_APPS``, ``collectstatic``
    lists the location once, uploads only what differs, many files at a time, and changes nothing before its end.
    """

    DEFAULTS: ClassVar[Mapping[str, Any]] = {"location": "static", "file_overwrite": True, "signed_urls": False}
    _collection: Collection | None = None

    @contextmanager
    def collecting(self) -> Iterator[None]:
        """Plan what is saved and deleted inside, and perform it at the end; after an exception, perform nothing.

        What is looked at inside is what there will be. It is for one thread, and may be nested.

        :raises B2Error:
        """
        if self._collection is not None:
            yield
            return
        performing = Performing(self._upload, self._delete_stored, self.settings.parallel_uploads)
        self._collection = Collection(self._list_all, performing)
        try:
            yield
            self._collection.perform()
        finally:
            self._collection.close()
            self._collection = None

    def _list_all(self) -> Iterable[FileVersion]:
        return (version for version, _ in self.bucket.ls(self.settings.location, recursive=True))

    def is_unchanged(self, name: str, content: File) -> bool:
        """Whether saving this would change nothing, as far as that is known: while files are collected."""
        stored = name_in_bucket(self.settings.location, name)
        describing = self._describing(stored, content)
        return self._collection is not None and self._collection.is_unchanged(stored, content, describing)

    def _find(self, collection: Collection, name: str) -> Found:
        stored = name_in_bucket(self.settings.location, name)
        found = collection.find(stored)
        if found is None:
            raise NoFileToOpen(self.settings.bucket_name, stored)
        return found

    def _describing(self, stored: str, content: File | None) -> dict[str, Any]:
        describing = super()._describing(stored, content)
        path = None if content is None else local_path_of(content)
        if path is not None:
            modified = os.stat(path).st_mtime_ns // 1_000_000  # noqa: PTH116  # a text
            describing["file_info"][SRC_LAST_MODIFIED_MILLIS] = str(modified)
        return describing

    def _open(self, name: str, mode: str = "rb") -> Any:
        if self._collection is not None and mode in {"rb", "r", "rt"}:
            stored = name_in_bucket(self.settings.location, name)
            self._find(self._collection, name)
            path = self._collection.local_path(stored)
            if path is not None:
                encoding = None if mode == "rb" else "utf-8"
                return File(open(path, mode, encoding=encoding), name)  # noqa: PTH123  # a text; the caller closes it
        return super()._open(name, mode)

    def _save(self, name: str, content: File) -> str:
        if self._collection is None:
            return super()._save(name, content)
        relative = relative_name(name)
        stored = name_in_bucket(self.settings.location, relative)
        self._collection.save(stored, content, self._describing(stored, content))
        return relative

    def delete(self, name: str) -> None:
        if self._collection is None or not name:
            super().delete(name)
        else:
            self._collection.delete(name_in_bucket(self.settings.location, name))

    def exists(self, name: str) -> bool:
        """Whether there is such a file; while files are collected, also whether there is such a folder."""
        relative = relative_name(name)
        if self._collection is None or not relative:
            return super().exists(name)
        stored = name_in_bucket(self.settings.location, relative)
        return self._collection.find(stored) is not None or self._collection.has_folder(stored)

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        if self._collection is None:
            return super().listdir(path)
        relative = relative_name(path)
        folder = f"{self.settings.location}{relative}/" if relative else self.settings.location
        names = [name.removeprefix(folder).partition("/") for name in self._collection.names_below(folder)]
        folders = dict.fromkeys(first for first, slash, _ in names if slash)
        return list(folders), [first for first, slash, _ in names if not slash and first]

    def size(self, name: str) -> int:
        if self._collection is None:
            return super().size(name)
        return self._find(self._collection, name).content.size

    def get_modified_time(self, name: str) -> datetime:
        if self._collection is None:
            return super().get_modified_time(name)
        return as_time(self._find(self._collection, name).modified_millis)


class _LazyManifest(ManifestFilesMixin):
    """Reads the manifest when it is needed for the first time, and not when the storage is made."""

    _is_made: bool = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._lock = PerProcess(new_rlock)
        self._manifest: tuple[dict[str, str], str] | None = None
        super().__init__(*args, **kwargs)
        self._manifest = None
        self._is_made = True

    def load_manifest(self) -> tuple[dict[str, str], str]:
        return super().load_manifest() if self._is_made else ({}, "")

    def _get_manifest(self) -> tuple[dict[str, str], str]:
        manifest = self._manifest
        if manifest is None:
            with self._lock():
                manifest = self._manifest
                if manifest is None:
                    manifest = self._manifest = self.load_manifest()
        return manifest

    @property
    def hashed_files(self) -> dict[str, str]:
        """The names of the files with their hashes, by their names without; read at the first use."""
        return self._get_manifest()[0]

    @hashed_files.setter
    def hashed_files(self, names: dict[str, str]) -> None:
        self._manifest = names, "" if self._manifest is None else self._manifest[1]

    @property
    def manifest_hash(self) -> str:
        """What differs if any hash does; read at the first use."""
        return self._get_manifest()[1]

    @manifest_hash.setter
    def manifest_hash(self, manifest_hash: str) -> None:
        self._manifest = {} if self._manifest is None else self._manifest[0], manifest_hash


class B2ManifestStaticFilesStorage(_LazyManifest, B2StaticFilesStorage):
    """Static files whose names contain a hash of their content, as those of Django's ``ManifestStaticFilesStorage``.

    Files with a hash are cached for a year, unless the option ``cache_control`` says otherwise. The manifest is read at
    the first use, and uploaded after all files that it names.
    """

    _originals: Mapping[str, tuple[Any, str]] | None = None
    """While files are renamed, where each comes from: a storage, and the name there."""

    def __init__(self, *, manifest_storage: Any = None, **options: Unpack[StorageOptions]) -> None:
        """Make a storage.

        :param manifest_storage: where the manifest is; ``None`` is here.
        :raises ImproperlyConfigured: an option does not exist, or has a value that makes no sense.
        """
        super().__init__(manifest_storage=manifest_storage, **options)
        if self.settings.signed_urls:
            raise wrong("signed_urls", "cannot be true here: the URLs in style sheets would not be signed")

    def _describing(self, stored: str, content: File | None) -> dict[str, Any]:
        describing = super()._describing(stored, content)
        if self._originals is not None and relative_name(stored) != self._manifest_in_bucket():
            describing["file_info"].setdefault(CACHE_CONTROL, FOR_EVER)
        return describing

    def _manifest_in_bucket(self) -> str:
        return name_in_bucket(self.settings.location, self.manifest_name)

    def _open(self, name: str, mode: str = "rb") -> Any:
        original = (self._originals or {}).get(name)
        if original is not None and mode == "rb":
            storage, path = original
            return storage.open(path)  # which has just been collected
        return super()._open(name, mode)

    def post_process(self, paths: Any, dry_run: bool = False, **options: Any) -> Iterable[Any]:
        """Rename files as Django does; what it saves and deletes is performed at the end."""
        with self.collecting():
            self._originals = paths
            try:
                yield from super().post_process(paths, dry_run=dry_run, **options)
            finally:
                self._originals = None

    def save_manifest(self) -> None:
        """Upload all files, and the manifest then."""
        if self._collection is not None:
            self._collection.perform()
        super().save_manifest()
