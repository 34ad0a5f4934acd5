"""The storage: Django's contract, on the verbs of a bucket."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime, timezone
from functools import cached_property
from typing import Any, ClassVar

from django.conf import settings as project
from typing_extensions import Unpack

from b2sdk.exception import FileAlreadyHidden, FileNotPresent, SSECKeyError
from b2sdk.exception.opening import NoFileToOpen
from b2sdk.integrations.django.client import ACCOUNTS, Account, access_of
from b2sdk.integrations.django.content import blocks_of, content_type_of, source_of
from b2sdk.integrations.django.files import B2File
from b2sdk.integrations.django.names import name_in_bucket, relative_name, shortened_name
from b2sdk.integrations.django.options import Settings, StorageOptions, complete, read_settings
from b2sdk.integrations.django.untyped import File, Storage
from b2sdk.integrations.django.urls import Signatures, below
from b2sdk.links.presigned import signed_url
from b2sdk.v3 import AbstractUploadSource, Bucket, DownloadVersion

STREAMED_PART_SIZE = 16 * 1024 * 1024
"""Bytes of a part of what is written without a known size; 10,000 parts make 156 GiB."""
MODES = ("rb", "r", "rt", "wb", "w", "wt")


class B2Storage(Storage):
    """The files of a bucket, or of a folder in it, for Django. :class:`StorageOptions` are its options.

    Nothing is sent before it is used. Storages with the same account share one client in a process; any number of
    threads may use them. Names never lead out of the location: ``SuspiciousFileOperation``. Errors of the service are
    those of the SDK; that of a missing file is also a ``FileNotFoundError``.
    """

    DEFAULTS: ClassVar[Mapping[str, Any]] = {}
    """What a subclass has as defaults of options."""

    def __init__(self, **options: Unpack[StorageOptions]) -> None:
        """Make a storage.

        :raises ImproperlyConfigured: an option does not exist, or has a value that makes no sense.
        """
        self._options: dict[str, Any] = {**options}
        self._completed: dict[str, Any] = complete(self._options, self.DEFAULTS)
        self.settings: Settings = read_settings(self._completed)
        self._signatures = Signatures(self._request_signature)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(bucket_name={self.settings.bucket_name!r}, location={self.settings.location!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _make, (type(self), self._options)

    def deconstruct(self) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
        """Return what a migration contains: the options that are plain values, and none that is secret."""
        cls = type(self)
        module = (
            "b2sdk.integrations.django" if cls.__module__.startswith("b2sdk.integrations.django.") else cls.__module__
        )
        return (
            f"{module}.{cls.__qualname__}",
            (),
            {
                name: value
                for name, value in self._options.items()
                if name not in {"key_id", "key"} and (value is None or isinstance(value, (bool, int, str, dict)))
            },
        )

    # --- the bucket ---

    @cached_property
    def _client(self) -> Account:
        return ACCOUNTS.find(access_of(self._completed))

    @property
    def bucket(self) -> Bucket:
        """The bucket; the first use may authorize the account and look the bucket up.

        :raises ImproperlyConfigured: there is no application key.
        :raises NonExistentBucket, B2Error:
        """
        return self._client.get_bucket(self.settings.bucket_name)

    def close(self) -> None:
        """Close the connections, also those of other storages with this account; used after all, they have new ones."""
        self._client.close()

    def _describe(self, name: str) -> DownloadVersion:
        stored = name_in_bucket(self.settings.location, name)
        key = self.settings.customer_key
        with self._missing_as_os_error(stored):
            if key is None:
                return self.bucket.get_file_info_by_name(stored)
            file = self.bucket.download_file_by_name(stored, encryption=key)
            file.response.close()
            return file.download_version

    @contextmanager
    def _missing_as_os_error(self, stored: str) -> Iterator[None]:
        try:
            yield
        except FileNotPresent as error:
            raise NoFileToOpen(self.settings.bucket_name, stored) from error

    # --- reading and writing ---

    def _open(self, name: str, mode: str = "rb") -> Any:
        if mode not in MODES:
            raise ValueError(f"a file is opened with one of the modes {', '.join(MODES)}, not {mode!r}")
        stored = name_in_bucket(self.settings.location, name)
        return B2File(self._open_stored(stored, mode), name, mode, lambda again: self._open_stored(stored, again))

    def _open_stored(self, stored: str, mode: str) -> Any:
        bucket: Any = self.bucket  # whose overloads have one mode each
        if mode.startswith("r"):
            return bucket.open(stored, mode, encryption=self.settings.customer_key)
        part_size = self.settings.part_size or STREAMED_PART_SIZE
        return bucket.open(stored, mode, part_size=part_size, **self._describing(stored, None))

    def _describing(self, stored: str, content: File | None) -> dict[str, Any]:
        """Return the keywords of a new file."""
        return {
            "content_type": self.settings.content_type or content_type_of(stored, content),
            "file_info": dict(self.settings.file_info),
            "encryption": self.settings.encryption,
        }

    def _save(self, name: str, content: File) -> str:
        relative = relative_name(name)
        stored = name_in_bucket(self.settings.location, relative)
        describing = self._describing(stored, content)
        source = source_of(content)
        if source is not None:
            self._upload(source, stored, describing)
            return relative
        with self.bucket.open(
            stored, "wb", part_size=self.settings.part_size or STREAMED_PART_SIZE, **describing
        ) as writer:
            for block in blocks_of(content):
                writer.write(block)
        return relative

    def _upload(self, source: AbstractUploadSource, stored: str, describing: Mapping[str, Any]) -> None:
        self.bucket.upload(source, stored, min_part_size=self.settings.part_size, **describing)

    def delete(self, name: str) -> None:
        """Delete a file, as the option ``delete`` says; one that is missing is no error.

        :raises ValueError: the name is empty.
        """
        if not name:
            raise ValueError("the name of the file that is to be deleted is empty")
        self._delete_stored(name_in_bucket(self.settings.location, name))

    def _delete_stored(self, stored: str) -> None:
        if not self.settings.deletes_all_versions:
            with suppress(FileNotPresent, FileAlreadyHidden):
                self.bucket.hide_file(stored)
            return
        versions = [version for version in self.bucket.list_file_versions(stored) if version.action != "start"]
        for version in reversed(versions):  # the newest last, so that no older one is seen meanwhile
            with suppress(FileNotPresent):  # another thread may delete the same file
                self.bucket.delete_file_version(version.id_, stored)

    # --- looking ---

    def exists(self, name: str) -> bool:
        """Whether there is such a file; the location itself exists, and no other folder does."""
        if not relative_name(name):
            return True
        try:
            self._describe(name)
        except FileNotFoundError:
            return False
        except SSECKeyError:
            return True
        return True

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        """Return the names of the folders and of the files in a folder; of one that does not exist, none."""
        relative = relative_name(path)
        folder = f"{self.settings.location}{relative}/" if relative else self.settings.location
        folders, files = [], []
        for version, below_folder in self.bucket.ls(folder):
            if below_folder is not None:
                folders.append(below_folder.removeprefix(folder).removesuffix("/"))
            elif version.file_name != folder:
                files.append(version.file_name.removeprefix(folder))
        return folders, files

    def size(self, name: str) -> int:
        """Return the bytes of a file.

        :raises FileNotFoundError: there is no such file.
        """
        return self._describe(name).size or 0

    def get_modified_time(self, name: str) -> datetime:
        """Return when the content was modified, if the file info says so, or else when it was uploaded.

        :raises FileNotFoundError: there is no such file.
        """
        return as_time(self._describe(name).mod_time_millis)

    def get_created_time(self, name: str) -> datetime:
        """Return when the newest version was uploaded.

        :raises FileNotFoundError: there is no such file.
        """
        return as_time(self._describe(name).upload_timestamp or 0)

    def get_accessed_time(self, name: str) -> datetime:
        """Not supported, as the service does not record it."""
        raise NotImplementedError("the service does not record when a file was downloaded")

    # --- names ---

    def is_name_available(self, name: str, max_length: int | None = None) -> bool:
        """Whether a file that is saved may have the name."""
        is_short = not max_length or len(name) <= max_length
        return is_short and (self.settings.file_overwrite or not self.exists(name))

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        """Return the name that a file is saved with: another one if there is a file, unless that is overwritten.

        Two processes may choose the same name at the same time; the later file is then the newest version.

        :raises SuspiciousFileOperation: no name is short enough, or it leads out of the location.
        """
        if self.settings.file_overwrite:
            return shortened_name(name, max_length)
        return super().get_available_name(relative_name(name), max_length)

    def get_alternative_name(self, file_root: str, file_ext: str) -> str:
        """Return another name, unless files are overwritten."""
        if self.settings.file_overwrite:
            return f"{file_root}{file_ext}"
        return super().get_alternative_name(file_root, file_ext)

    # --- URLs ---

    def url(self, name: str, *, expires_in: int | None = None) -> str:
        """Return the URL of a file, whether or not that exists.

        It needs no request if it is not signed and there is a custom domain, or the account has been authorized.
        An authorization of a signed URL is requested once and kept for three quarters of its time.

        :param expires_in: for how many seconds a signed URL is requested, instead of the option ``url_expiry``.
        :raises NotImplementedError: a browser cannot read the files, as they are encrypted with a customer key.
        """
        if self.settings.customer_key is not None:
            raise NotImplementedError("files that are encrypted with a customer key have no URL for a browser")
        slash = "/" if str(name).endswith("/") else ""
        stored = self.settings.location + relative_name(name) + slash
        if self.settings.url_base is not None:
            url = below(self.settings.url_base, stored)
        else:
            url = self.bucket.get_download_url(stored)
        if not self._is_signed():
            return url
        prefix = self.settings.location if self.settings.shared_signature else stored
        return signed_url(url, self._signatures.find(prefix, expires_in or self.settings.url_expiry))

    def _is_signed(self) -> bool:
        if self.settings.signed_urls is not None:
            return self.settings.signed_urls
        return self.settings.url_base is None and not self._client.is_public(self.settings.bucket_name)

    def _request_signature(self, prefix: str, seconds: int) -> str:
        return self.bucket.get_download_authorization(prefix, seconds)


def _make(cls: type[B2Storage], options: StorageOptions) -> B2Storage:
    return cls(**options)


def as_time(milliseconds: int) -> datetime:
    """Return a time since the epoch as Django has times: aware if ``USE_TZ`` is true, otherwise in local time."""
    moment = datetime.fromtimestamp(milliseconds / 1000, tz=timezone.utc)
    return moment if project.USE_TZ else moment.astimezone().replace(tzinfo=None)
