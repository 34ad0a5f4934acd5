"""The filesystem: its options, what lives as long as it does, and the files that it opens."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from functools import partial
from typing import Any, Literal

from fsspec.compression import compr
from fsspec.core import get_compression
from fsspec.spec import AbstractFileSystem

from b2sdk.fork import PerProcess
from b2sdk.integrations.fsspec.account import Access, SharedAccount, share_account
from b2sdk.integrations.fsspec.entries import file_entry
from b2sdk.integrations.fsspec.errors import is_a_folder, translated
from b2sdk.integrations.fsspec.files import B2BlockReader, B2Reader, B2Writer, CompressedWriter, TextWriter
from b2sdk.integrations.fsspec.listings import Keeping
from b2sdk.integrations.fsspec.paths import PROTOCOL, split_path, strip_protocol
from b2sdk.integrations.fsspec.writing import WritingFileSystem
from b2sdk.threads import ThreadPool
from b2sdk.v3 import AbstractAccountInfo, B2Api

CALLS_IN_THREADS = 64
"""Coroutines that are awaited at the same time; more wait for their turn."""
WINDOW = "window"
"""The cache type of files that are read in windows."""


class B2FileSystem(WritingFileSystem):
    """The buckets of an account, for fsspec: ``fsspec.filesystem("b2")``, or URLs ``b2://bucket/name``.

    Nothing is sent before it is used. What was listed is known for a while to all filesystems of one account in the
    process, so files that others upload may be listed late; :meth:`invalidate_cache` and ``refresh=True`` ask again. A
    file that is not known is always asked for.

    Transactions, appending and versions of files other than the newest are not supported.
    """

    protocol: tuple[str, ...] = (PROTOCOL,)
    root_marker = ""
    sep = "/"
    cachable = True

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
        ``B2_APPLICATION_KEY``), or the account that ``SqliteAccountInfo`` has by default. Only what is passed here
        travels with a pickle.

        :param key_id: the id of the application key.
        :param key: its secret; without, that of the environment.
        :param realm: a name, such as ``production``, or a URL.
        :param account_info: where the account state is; used with its own account, if no key is given.
        :param api: a client that is authorized, to be used instead.
        :param delete: what :meth:`rm` does: ``hide`` adds a hide marker, which ``Bucket.unhide_file`` takes away, and
            ``all_versions`` deletes all versions of the file, for ever.
        :param content_type: of files that are written; ``None`` lets the service choose by the name.
        :param file_info: of files that are written.
        :param default_cache_type: ``window`` is described at ``Bucket.open``, the others are fsspec's.
        :param default_block_size: bytes of a block of fsspec's caches, and of a part that is written.
        :param max_concurrency: ranges that are fetched at a time.
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
            "workers": batch_size,
        }
        self.account: SharedAccount = share_account(Access.of(access))
        self._use = self.account.begin_use()
        self.keeping: Keeping = Keeping(use_listings_cache, listings_expiry_time, max_paths)
        self.asynchronous = asynchronous
        self.batch_size = batch_size
        self._loop = loop
        self.deletes_all_versions: bool = delete == "all_versions"
        self.content_type = content_type
        self.file_info: Mapping[str, str] = dict(file_info or {})
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
        """Describe the filesystem; without the password, that is without the secret of the key."""
        described: dict[str, Any] = super().to_dict(include_password=include_password)
        if not include_password:
            described.pop("key", None)
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

    @property
    def transaction(self) -> Any:
        """Not supported."""
        raise NotImplementedError("transactions are not supported")

    def start_transaction(self) -> Any:
        """Not supported."""
        raise NotImplementedError("transactions are not supported")

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
        """Open a file: ``rb`` reads the newest version, ``wb`` writes another one, ``xb`` only if there is no file.

        A file that was opened a moment ago is the same version again, unless it was changed in this process.

        Without ``b`` it is text. ``xb`` looks first, so two programs may both succeed. What is written becomes a file
        when it is closed, and none if the ``with`` block is left by an exception.

        :param block_size: bytes of a part, or of a block of fsspec's caches.
        :param compression: as in ``fsspec.open``; ``infer`` looks at the name.
        :raises FileNotFoundError, FileExistsError, IsADirectoryError:
        :raises NotImplementedError: the mode is another one, or ``autocommit`` is false.
        """
        is_writing = not mode.startswith("r")
        if is_writing and "b" in mode and compression is not None:
            codec = get_compression(strip_protocol(path), compression)
            file = self.open(path, mode, block_size, cache_options, **kwargs)
            return file if codec is None else CompressedWriter(compr[codec](file, mode="w"), file)
        opened = super().open(path, mode, block_size, cache_options, compression, **kwargs)
        if not is_writing or "b" in mode:
            return opened
        return TextWriter(opened.detach(), opened.encoding, opened.errors, kwargs.get("newline"))

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
        **_kwargs: Any,
    ) -> Any:
        block_size = block_size or self._block_size
        if mode == "rb":
            return self._open_to_read(path, block_size, cache_type or self._cache_type, cache_options)
        if mode not in {"wb", "xb"}:
            raise NotImplementedError(f"files are opened with the modes 'rb', 'wb' and 'xb', not {mode!r}")
        if not autocommit:
            raise NotImplementedError("transactions are not supported")
        options = self._writing_options(content_type, file_info)
        with translated(path):
            bucket, name = self._target(path, "create" if mode == "xb" else "overwrite")
            part_size = block_size and max(block_size, self._api.account_info.get_absolute_minimum_part_size())
            return B2Writer(self, path, bucket.open(name, "wb", part_size=part_size, **options), mode, part_size)

    def _open_to_read(
        self, path: str, block_size: int | None, cache_type: str, cache_options: dict[str, Any] | None
    ) -> Any:
        self._refuse_folder(path)
        if cache_type != WINDOW:
            return B2BlockReader(self, path, self._file(path), block_size, cache_type, cache_options)
        # Copies are of the same version, without a request. They are made of one that nobody moves or closes.
        known = self._listings.find_reader(path, self.keeping)
        return B2Reader(self, path, self._open_newest(path) if known is None else copy.copy(known))

    def _open_newest(self, path: str) -> Any:
        bucket, name = split_path(path)
        since = self._listings.begin()
        try:
            with translated(path):
                reader = self._readable_bucket(bucket).open(name)
        except FileNotFoundError:
            if self._has_folder(path):
                raise is_a_folder(path) from None
            raise
        self._listings.glance(path, file_entry(bucket, reader.version), since, self.keeping, copy.copy(reader))
        return reader
