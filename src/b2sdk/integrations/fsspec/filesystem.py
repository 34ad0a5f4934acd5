"""The filesystem: its options, what lives as long as it does, and the files that it opens."""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from contextlib import suppress
from functools import partial
from typing import Any, Literal

from fsspec.compression import compr
from fsspec.core import get_compression
from fsspec.spec import AbstractFileSystem

from b2sdk.fork import PerProcess
from b2sdk.integrations.fsspec.account import ACCOUNTS, SharedAccount, access_of
from b2sdk.integrations.fsspec.caching import WINDOW
from b2sdk.integrations.fsspec.entries import Entry, file_entry, version_of_entry
from b2sdk.integrations.fsspec.errors import is_a_folder, not_found, translated
from b2sdk.integrations.fsspec.files import B2BlockReader, B2Reader, B2Writer, CompressedWriter, SendingWriter
from b2sdk.integrations.fsspec.held import AppendingWriter, HoldingWriter
from b2sdk.integrations.fsspec.listings import Keeping
from b2sdk.integrations.fsspec.looking import Encryption
from b2sdk.integrations.fsspec.paths import PROTOCOL, split_path, strip_protocol
from b2sdk.integrations.fsspec.transactions import B2Transaction
from b2sdk.integrations.fsspec.untyped import CachedClass
from b2sdk.integrations.fsspec.writing import WritingFileSystem
from b2sdk.links.arguments import checked_seconds
from b2sdk.links.presigned import signed_url
from b2sdk.protocol_constants import PUBLIC_BUCKET
from b2sdk.threads import ThreadPool
from b2sdk.transfer.reader import StoredFileReader
from b2sdk.transfer.text import TextFormat, TextWriter
from b2sdk.v3 import (
    LARGE_FILE_SHA1,
    SRC_LAST_MODIFIED_MILLIS,
    AbstractAccountInfo,
    B2Api,
    CopySource,
    EncryptionSetting,
    UploadSourceLocalFile,
)

CALLS_IN_THREADS = 64
"""Coroutines that are awaited at the same time; more wait for their turn."""
_OF_CONTENT = {SRC_LAST_MODIFIED_MILLIS, LARGE_FILE_SHA1}
"""File info that is not true any more when something has been appended."""


class _ToldApart(EncryptionSetting):
    """A setting whose customer key tells it from others in its representation, which does not show the key."""

    @classmethod
    def of(cls, setting: EncryptionSetting) -> _ToldApart:
        return cls(setting.mode, setting.algorithm, setting.key)

    def __repr__(self) -> str:
        secret = (self.key and self.key.secret) or b""
        return f"{super().__repr__()[:-1]}, {hashlib.sha256(secret).hexdigest()[:16]})>"


class _FileSystemClass(CachedClass):
    """fsspec knows by the representations of the options whether there is such a filesystem already."""

    def __call__(cls, *args: Any, **options: Any) -> Any:  # noqa: N805  # it is a class
        setting = options.get("encryption")
        if isinstance(setting, EncryptionSetting):
            options["encryption"] = _ToldApart.of(setting)
        return super().__call__(*args, **options)


class B2FileSystem(WritingFileSystem, metaclass=_FileSystemClass):
    """The buckets of an account, for fsspec: ``fsspec.filesystem("b2")``, or URLs ``b2://bucket/name``.

    Nothing is sent before it is used. What was listed is known for a while to all filesystems of one account in the
    process, so files that others upload may be listed late; :meth:`invalidate_cache` and ``refresh=True`` ask again. A
    file that is not known is always asked for.

    In ``with fs.transaction:``, what is written, copied and deleted is so when the block ends, one after the other, and
    nothing is if an exception leaves it. Until then nobody sees any of it. Buckets are made and deleted at once.
    """

    protocol: tuple[str, ...] = (PROTOCOL,)
    root_marker = ""
    sep = "/"
    cachable = True
    transaction_type = B2Transaction

    def __init__(
        self,
        *,
        key_id: str | None = None,
        key: str | None = None,
        realm: str | None = None,
        account_info: AbstractAccountInfo | None = None,
        api: B2Api | None = None,
        delete: Literal["hide", "all_versions"] = "hide",
        content_type: str | None = None,
        file_info: Mapping[str, str] | None = None,
        encryption: Encryption = None,
        version_aware: bool = False,
        default_cache_type: str = WINDOW,
        default_block_size: int | None = None,
        max_concurrency: int = 8,
        batch_size: int = 16,
        use_listings_cache: bool = True,
        listings_expiry_time: float | None = 10,
        max_paths: int | None = None,
        retry_policy: Any = None,
        timeouts: Any = None,
        asynchronous: bool = False,
        loop: Any = None,
        **others: Any,
    ) -> None:
        """Make a filesystem. Without a key, that of the environment is used (``B2_APPLICATION_KEY_ID``,
        ``B2_APPLICATION_KEY`` and, for the realm, ``B2_ENVIRONMENT``), or the account that ``SqliteAccountInfo`` has by
        default. Only what is passed here travels with a pickle.

        :param key_id: the id of the application key.
        :param key: its secret; without, that of the environment.
        :param realm: a name, such as ``production``, or a URL.
        :param account_info: where the account state is; used with its own account, if no key is given.
        :param api: a client that is authorized, to be used instead.
        :param delete: what :meth:`rm` does: ``hide`` adds a hide marker, which ``Bucket.unhide_file`` takes away, and
            ``all_versions`` deletes all versions of the file, for ever.
        :param content_type: of files that are written; ``None`` lets the service choose by the name.
        :param file_info: of files that are written.
        :param encryption: of files that are written, and if it has a customer key (SSE-C), of those that are read: for
            all, or a function that is called with ``bucket/name`` and returns it, or ``None`` for what the bucket says.
        :param version_aware: whether a path may end in ``?fileId=...``, and be that version. Paths of versions end so
            where they are listed. Without, these characters are a part of a name.
        :param default_cache_type: ``window`` is described at ``Bucket.open``, the others are fsspec's.
        :param default_block_size: bytes of a block of fsspec's caches, and of a part that is written.
        :param max_concurrency: ranges of files that are fetched at a time; also of names, where a folder is listed with
            all that is below and fills more than a page, which may take a tenth more transactions.
        :param batch_size: files that are worked on at a time.
        :param use_listings_cache: whether anything is known without asking.
        :param listings_expiry_time: for how many seconds; ``None`` is for ever.
        :param max_paths: folders that are known at most; ``None`` is all.
        :param retry_policy: a ``b2sdk.http.RetryPolicy``.
        :param timeouts: ``b2sdk.http.Timeouts``.
        :raises ValueError: there is half a key, or an option has a value that makes no sense.
        """
        AbstractFileSystem.__init__(
            self,
            use_listings_cache=use_listings_cache,
            listings_expiry_time=listings_expiry_time,
            max_paths=max_paths,
            **others,
        )
        if delete not in {"hide", "all_versions"}:
            raise ValueError(f"delete is 'hide' or 'all_versions', not {delete!r}")
        if min(max_concurrency, batch_size) < 1:
            raise ValueError("max_concurrency and batch_size are 1 or more")
        access = {
            "key_id": key_id,
            "key": key,
            "realm": realm,
            "account_info": account_info,
            "api": api,
            "timeouts": timeouts,
            "retry_policy": retry_policy,
        }
        self.account: SharedAccount = ACCOUNTS.find(access_of(access, batch_size))
        self._use = self.account.begin_use()
        self.keeping: Keeping = Keeping(use_listings_cache, listings_expiry_time, max_paths)
        self.asynchronous = asynchronous
        self.batch_size = batch_size
        self.max_concurrency: int = max_concurrency
        self._loop = loop
        self.deletes_all_versions: bool = delete == "all_versions"
        self.content_type = content_type
        self.file_info: Mapping[str, str] = dict(file_info or {})
        self.encryption = encryption
        self.version_aware = version_aware
        self._cache_type = default_cache_type
        self._block_size = default_block_size
        self.blocksize: int = default_block_size or B2BlockReader.DEFAULT_BLOCK_SIZE
        self.calls_in_threads: Callable[[], Executor] = PerProcess(partial(ThreadPool, CALLS_IN_THREADS))
        self.tasks_in_threads: Callable[[], Executor] = PerProcess(partial(ThreadPool, batch_size))
        self.ranges_in_threads: Callable[[], Executor] = PerProcess(partial(ThreadPool, max_concurrency))

    def __repr__(self) -> str:
        access = self.account.access
        return f"{type(self).__name__}(key_id={access.key_id!r}, realm={access.realm!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        for name in ("api", "account_info"):
            try:
                pickle.dumps(self.storage_options.get(name))
            except Exception as error:
                raise TypeError(f"a filesystem can be pickled if its {name} can: {error}") from error
        made: tuple[Any, ...] = super().__reduce__()
        return made

    def to_dict(self, *, include_password: bool = True) -> dict[str, Any]:
        """Describe the filesystem; without the password, that is without the secret of the key and customer keys."""
        shown: Any = object.__new__(type(self))
        secret = set() if include_password else {"key", "encryption"}
        shown.storage_options = {name: one for name, one in self.storage_options.items() if name not in secret}
        shown.storage_args = self.storage_args
        described: dict[str, Any] = super(B2FileSystem, shown).to_dict(include_password=include_password)
        return described

    def get_client(self) -> B2Api:
        """Return the client, which is authorized.

        :raises PermissionError: the key is refused.
        """
        with translated(""):
            return self._api

    def close(self) -> None:
        """Close the connections, if no other filesystem uses them. Used after all, this has new ones."""
        self.account.end_use(self._use)

    # --- URLs ---

    def url(self, path: Any) -> str:
        """Return the URL of a file, which needs an authorization besides if its bucket is private; see :meth:`sign`.

        It is made without looking for the file.
        """
        stripped = strip_protocol(path)
        self._refuse_folder(stripped)
        plain, file_id = self._split_version(stripped)
        with translated(stripped):
            session = self._api.session
            if file_id is not None:
                return session.get_download_url_by_id(file_id)
            return session.get_download_url_by_name(*split_path(plain))

    def sign(self, path: Any, expiration: int = 100, **_kwargs: Any) -> str:
        """Return a URL with which a file can be downloaded without a key.

        The authorization is for names that begin with this one: those that are longer can be downloaded with it, too.
        The URL of a file in a public bucket is always valid, and has none.

        :param expiration: for how many seconds, 1 to 604800 (a week).
        :raises ValueError: it is another number, or the path is that of a version.
        """
        stripped = strip_protocol(path)
        seconds = checked_seconds(expiration)
        if self._split_version(stripped)[1] is not None:
            raise ValueError(f"only the newest version of a file can be authorized: {stripped!r}")
        url = self.url(stripped)
        bucket_name, name = split_path(stripped)
        if self._is_public(bucket_name):
            return url
        with translated(stripped):
            token = self._bucket(bucket_name).get_download_authorization(name, seconds)
        return signed_url(url, token)

    def _is_public(self, bucket_name: str) -> bool:
        with suppress(PermissionError), translated(bucket_name):
            return any(bucket.type_ == PUBLIC_BUCKET for bucket in self._api.list_buckets(bucket_name))
        return False  # what the key may not know does not matter: a signed URL is valid for public buckets, too

    # --- opened files ---

    def open(
        self,
        path: Any,
        mode: str = "rb",
        block_size: int | None = None,
        cache_options: dict[str, Any] | None = None,
        compression: str | None = None,
        **kwargs: Any,
    ) -> Any:
        """Open a file: ``rb`` reads the newest version, ``wb`` writes another one, ``xb`` only if there is no file, and
        ``ab`` one that begins with the content that there is, which is copied within the service.

        A version that is known, as it was listed lately, is opened without a request. Without ``b`` it is text. ``xb``
        looks first, so two programs may both succeed. What is written becomes a file when it is closed, and none if the
        ``with`` block is left by an exception. What is appended is in a local temporary file until then.

        Besides, there are the keywords ``cache_type``, ``content_type`` and ``file_info``; ``version``, the id of a
        version to read instead of the newest one; and ``autocommit``: if it is false, as in a transaction, a file that
        is written is made by ``commit`` after it was closed.

        :param block_size: bytes of a part, or of a block of fsspec's caches.
        :param compression: as in ``fsspec.open``; ``infer`` looks at the name.
        :raises FileNotFoundError, FileExistsError, IsADirectoryError:
        :raises PermissionError: the key may not do it; to append, it has to be allowed to read.
        :raises NotImplementedError: the mode is another one.
        """
        is_writing = not mode.startswith("r")
        if is_writing and "b" in mode and compression is not None:
            codec = get_compression(strip_protocol(path), compression)
            file = self.open(path, mode, block_size, cache_options, **kwargs)
            return file if codec is None else CompressedWriter(compr[codec](file, mode="w"), file)
        opened = super().open(path, mode, block_size, cache_options, compression, **kwargs)
        if not is_writing or "b" in mode:
            return opened
        text = TextFormat(opened.encoding, opened.errors, kwargs.get("newline"))
        return TextWriter(opened.detach(), text)

    def _open(
        self,
        path: str,
        mode: str = "rb",
        block_size: int | None = None,
        autocommit: bool = True,
        cache_options: dict[str, Any] | None = None,
        cache_type: str | None = None,
        content_type: str | None = None,
        file_info: Mapping[str, str] | None = None,
        version: str | None = None,
        **_kwargs: Any,
    ) -> Any:
        block_size = block_size or self._block_size
        if mode == "rb":
            return self._open_to_read(path, block_size, cache_type or self._cache_type, cache_options, version)
        if mode not in {"wb", "xb", "ab"}:
            raise NotImplementedError(f"files are opened with the modes 'rb', 'wb', 'xb' and 'ab', not {mode!r}")
        if version is not None:
            raise ValueError(f"a version cannot be written: {path!r}")
        with translated(path):
            bucket, name = self._target(path, "create" if mode == "xb" else "overwrite")
            existing = self._find_to_append(path) if mode == "ab" else None
            account_info = self._api.account_info
            part_size = block_size and max(block_size, account_info.get_absolute_minimum_part_size())
            if existing is not None:
                writer: SendingWriter = self._append_to(existing, path, content_type, file_info)
            else:
                options = self._writing_options(path, content_type, file_info)

                def send() -> SendingWriter:
                    return bucket.open(name, "wb", part_size=part_size, **options)

                # In a transaction, what is smaller than a part is not in memory for as long as that lasts.
                limit = part_size or account_info.get_recommended_part_size()
                writer = send() if autocommit else HoldingWriter(send, limit)
            return B2Writer(self, path, writer, mode, part_size, autocommit=autocommit)

    def _find_to_append(self, path: str) -> Entry | None:
        """Return the file that is appended to; ``None`` if there is none, or it is empty."""
        entry = self._look_up_file(path)
        return entry if entry and entry["size"] else None

    def _append_to(
        self, existing: Entry, path: str, content_type: str | None, file_info: Mapping[str, str] | None
    ) -> AppendingWriter:
        kept = {name: value for name, value in existing["fileInfo"].items() if name not in _OF_CONTENT}
        options = self._writing_options(path, content_type or existing["contentType"], {**kept, **(file_info or {})})
        bucket_name, name = split_path(path)
        bucket, size = self._bucket(bucket_name), existing["size"]

        def append(local: str, _: int) -> None:
            before = CopySource(existing["fileId"], 0, size, encryption=self._key_of(path))
            sources = [before, UploadSourceLocalFile(local)]
            bucket.concatenate(sources, name, content_encoding=existing.get("contentEncoding"), **options)

        return AppendingWriter(append, size)

    def _open_to_read(
        self,
        path: str,
        block_size: int | None,
        cache_type: str,
        cache_options: dict[str, Any] | None,
        file_id: str | None,
    ) -> Any:
        self._refuse_folder(path)
        if file_id is None:
            file_id = self._split_version(path)[1]
        known = self._find_known(path) if file_id is None else self.info(path, version=file_id)
        if known is not None and "action" in known:
            raise not_found(path)
        if cache_type != WINDOW:
            return B2BlockReader(self, path, known or self._file(path), block_size, cache_type, cache_options)
        entry, reader = self.open_newest(path) if known is None else (known, self.read_version(path, known))
        file = B2Reader(self, path, entry, reader, may_be_gone=known is not None and file_id is None)
        self._listings.hold(path, entry, file)
        return file

    def read_version(self, path: str, entry: Entry) -> StoredFileReader:
        """Return what reads a version that is known; no request is made."""
        with translated(path):
            return StoredFileReader(self._api, version_of_entry(self._api, entry), self._key_of(path))

    def open_newest(self, path: str) -> tuple[Entry, StoredFileReader]:
        """Ask for the newest version of a file, whatever is known of it."""
        bucket, name = split_path(path)
        since = self._listings.begin()
        try:
            with translated(path):
                reader = self._readable_bucket(bucket).open(name, encryption=self._key_of(path))
        except FileNotFoundError:
            if self._has_folder(path):
                raise is_a_folder(path) from None
            raise
        entry = file_entry(bucket, reader.version)
        self._listings.glance(path, entry, since, self.keeping)
        return entry, reader
