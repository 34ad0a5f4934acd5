"""The files of a bucket in an event loop: the verbs that make, request, describe and open one.

What each takes, and what becomes of that, is decided in :mod:`b2sdk.stored_files`; what belongs here awaits.
"""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Coroutine, Generator, Mapping
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Generic, Literal, Protocol, TypeVar, overload

from typing_extensions import Self, override

from b2sdk import bucket
from b2sdk.aio.downloads import DownloadedFile, describe_content, describe_download, request_named
from b2sdk.aio.file_version import DownloadVersion, FileVersion
from b2sdk.aio.making import FileMaker
from b2sdk.aio.reader import StoredFileReader
from b2sdk.aio.verbs import verb
from b2sdk.aio.writer import StoredFileWriter
from b2sdk.exception import SSECKeyError
from b2sdk.exception.opening import NoFileToOpen
from b2sdk.file_version import check_identity
from b2sdk.raw_api.endpoints import AbstractRawApi
from b2sdk.stored_files.checks import NOT_DESCRIBED, as_file_not_present, known_name, needs_customer_key
from b2sdk.stored_files.creation import FileCreation, FileRequest
from b2sdk.transfer.source import UploadSourceLocalFile
from b2sdk.transfer.stream_buffers import BufferSizes
from b2sdk.values.encryption import EncryptionSetting
from b2sdk.values.file_lock import FileRetentionSetting, LegalHold

if TYPE_CHECKING:
    from b2sdk.aio.api import B2Api

_LOOKING_AROUND: Final = (FileCreation.upload_local_file, FileCreation.concatenate)
"""Verbs that look at a local file, or iterate over what the program yields, before they return."""


class StoredFiles:
    """The files of a bucket."""

    if TYPE_CHECKING:
        api: B2Api
    id_: str
    name: str | None

    # --- making files ---

    @verb(bucket.Bucket.upload_bytes)
    async def upload_bytes(self, *args: Any, **kwargs: Any) -> FileVersion:
        return await self._make(FileCreation.upload_bytes, args, kwargs)

    @verb(bucket.Bucket.upload_local_file)
    async def upload_local_file(self, *args: Any, **kwargs: Any) -> FileVersion:
        return await self._make(FileCreation.upload_local_file, args, kwargs)

    @verb(bucket.Bucket.upload)
    async def upload(self, *args: Any, **kwargs: Any) -> FileVersion:
        return await self._make(FileCreation.upload, args, kwargs)

    @verb(bucket.Bucket.upload_unbound_stream)
    async def upload_unbound_stream(self, *args: Any, **kwargs: Any) -> FileVersion:
        return await self._make(FileCreation.upload_unbound_stream, args, kwargs)

    @verb(bucket.Bucket.create_file)
    async def create_file(self, *args: Any, **kwargs: Any) -> FileVersion:
        return await self._make(FileCreation.create_file, args, kwargs)

    @verb(bucket.Bucket.create_file_stream)
    async def create_file_stream(self, *args: Any, **kwargs: Any) -> FileVersion:
        return await self._make(FileCreation.create_file_stream, args, kwargs)

    @verb(bucket.Bucket.concatenate)
    async def concatenate(self, *args: Any, **kwargs: Any) -> FileVersion:
        return await self._make(FileCreation.concatenate, args, kwargs)

    @verb(bucket.Bucket.concatenate_stream)
    async def concatenate_stream(self, *args: Any, **kwargs: Any) -> FileVersion:
        return await self._make(FileCreation.concatenate_stream, args, kwargs)

    @verb(bucket.Bucket.copy)
    async def copy(self, *args: Any, **kwargs: Any) -> FileVersion:
        return await self._make(FileCreation.copy, args, kwargs)

    async def _make(self, verb: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> FileVersion:
        session = self.api.session
        session.http.check_loop()
        prepare = session.threads.call if verb in _LOOKING_AROUND else session.ask
        make = await prepare(verb, _Preparation(self), *args, **kwargs)
        version: FileVersion = await make()
        return version

    # --- requesting and describing files ---

    @verb(bucket.Bucket.download_file_by_id)
    async def download_file_by_id(self, *args: Any, **kwargs: Any) -> DownloadedFile:
        return await self.api.download_file_by_id(*args, **kwargs)

    @verb(bucket.Bucket.download_file_by_name)
    async def download_file_by_name(self, file_name: str, *args: Any, **kwargs: Any) -> DownloadedFile:
        return await request_named(
            self.api, self.name, file_name, await self.get_download_url(file_name), *args, **kwargs
        )

    @verb(bucket.Bucket.get_download_url)
    async def get_download_url(self, filename: str) -> str:
        name = known_name(self.id_, self.name)
        download_url = await self.api.session.ask(self.api.account_info.get_download_url)
        return self.api.raw_api.get_download_url_by_name(download_url, name, filename)

    @verb(bucket.Bucket.get_file_info_by_id)
    async def get_file_info_by_id(self, file_id: str) -> FileVersion:
        return await self.api.get_file_info(file_id)

    @verb(bucket.Bucket.get_file_info_by_name)
    async def get_file_info_by_name(self, file_name: str) -> DownloadVersion:
        return await self._look_at(file_name, describe_download)

    async def _look_at(
        self, file_name: str, describe: Callable[[B2Api, Mapping[str, Any]], Awaitable[Any]]
    ) -> DownloadVersion:
        name = known_name(self.id_, self.name)
        with as_file_not_present(name, file_name):
            headers = await self.api.session.call(AbstractRawApi.get_file_info_by_name, name, file_name)
        version: DownloadVersion = await describe(self.api, headers)  # by the factory of the client
        check_identity(version, file_name=file_name)
        return version

    # --- files as file objects ---

    @overload
    def open(
        self, file_name: str, mode: Literal["rb"] = "rb", *, encryption: EncryptionSetting | None = None
    ) -> Opening[StoredFileReader]: ...
    @overload
    def open(
        self,
        file_name: str,
        mode: Literal["wb"],
        *,
        encryption: EncryptionSetting | None = None,
        part_size: int | None = None,
        content_type: str | None = None,
        file_info: dict[str, str] | None = None,
        file_retention: FileRetentionSetting | None = None,
        legal_hold: LegalHold | None = None,
        custom_upload_timestamp: int | None = None,
    ) -> Opening[StoredFileWriter]: ...
    def open(
        self,
        file_name: str,
        mode: str = "rb",
        *,
        encryption: EncryptionSetting | None = None,
        part_size: int | None = None,
        content_type: str | None = None,
        file_info: dict[str, str] | None = None,
        file_retention: FileRetentionSetting | None = None,
        legal_hold: LegalHold | None = None,
        custom_upload_timestamp: int | None = None,
    ) -> Opening[StoredFileReader] | Opening[StoredFileWriter]:
        """Open a file for reading or for writing, with ``async with bucket.open(...) as file`` or by awaiting this.

        ``rb`` reads the version that is the newest now, from any place. A large read is one request for what is
        missing; for small ones, windows of 256 KiB to 8 MiB are requested. The SHA-1 is not compared.

        ``wb`` makes a new version when it is closed, and none if the block is left by an exception.

        :param mode: ``rb`` or ``wb``.
        :param part_size: bytes of a part that is written; ``None`` is what the service recommends to the account.
        :raises FileNotPresent: there is no such file to read; it is also a ``FileNotFoundError``.
        :raises SSECKeyError, BadFileInfo:
        :raises io.UnsupportedOperation: it is encoded, and the client was configured to decode.
        :raises ValueError: the mode is neither, or the name cannot be that of a file.
        """
        if mode == "rb":
            return Opening(partial(self._open_reader, file_name, encryption))
        if mode != "wb":
            raise ValueError(f"a file is opened with the mode 'rb' or 'wb', not {mode!r}")
        about = encryption, content_type, file_info, file_retention, legal_hold, custom_upload_timestamp
        return Opening(partial(self._open_writer, part_size, file_name, *about))

    async def _open_reader(self, file_name: str, encryption: EncryptionSetting | None) -> StoredFileReader:
        with as_file_not_present(known_name(self.id_, self.name), file_name, NoFileToOpen):
            version = await self._describe(file_name, encryption)
        return StoredFileReader(self.api, version, encryption)

    async def _describe(self, file_name: str, encryption: EncryptionSetting | None) -> DownloadVersion:
        """Describe the newest version; one with a customer key is only described with the key."""
        if encryption is None:
            version = await self._look_at(file_name, describe_content)
            if needs_customer_key(version):
                raise SSECKeyError  # it may be described without its key, but not read
            return version
        async with await self.download_file_by_name(file_name, encryption=encryption) as file:
            return file.download_version

    async def _open_writer(self, part_size: int | None, *about: Any) -> StoredFileWriter:
        prepare = _Preparation(self).request_of_writer
        new_file, _, limits, listener, _ = await self.api.session.ask(prepare, *about)
        sizes = BufferSizes(part_size or limits.recommended, limits.minimum)
        return self.api.file_maker.open_writer(new_file, sizes, listener)


class _Preparation(FileCreation):
    """What happens before anything is awaited: a verb checks what it was given, and returns what makes the file."""

    def __init__(self, files: StoredFiles) -> None:
        self.id_ = files.id_
        self._files = files

    @property
    def _maker(self) -> Any:
        return _Later(self._files.api.file_maker)

    @override
    def _recommended_part_size(self) -> int:
        return self._files.api.account_info.get_recommended_part_size()

    @override
    def _absolute_minimum_part_size(self) -> int:
        return self._files.api.account_info.get_absolute_minimum_part_size()

    @override
    def _upload_incrementally(self, source: UploadSourceLocalFile, file_name: str, *args: Any) -> Any:
        return partial(self._make_of_existing, source, file_name, *args)

    async def _make_of_existing(self, source: UploadSourceLocalFile, file_name: str, *args: Any) -> Any:
        existing = None
        with contextlib.suppress(*NOT_DESCRIBED):
            existing = await self._files.get_file_info_by_name(file_name)
        make: Any = await self._files.api.session.threads.call(self._add_to, existing, source, file_name, *args)
        return await make()

    def request_of_writer(self, *about: Any) -> FileRequest:
        """See :meth:`FileCreation._request_of_writer`."""
        return self._request_of_writer(*about)


class _Later:
    """A maker of files whose methods only bind what they are given."""

    def __init__(self, maker: FileMaker) -> None:
        self._maker = maker

    def __getattr__(self, name: str) -> Callable[..., Callable[[], Coroutine[Any, Any, FileVersion]]]:
        return partial(partial, getattr(self._maker, name))


class _File(Protocol):
    async def __aenter__(self) -> Self: ...
    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: TracebackType | None
    ) -> None: ...


F = TypeVar("F", bound=_File)
"""A file object."""


class Opening(Generic[F]):
    """A file that is about to be opened: awaited, it is the file; ``async with`` it is closed at the end of the block.

    It is opened once.
    """

    def __init__(self, open_: Callable[[], Coroutine[Any, Any, F]]) -> None:
        self._open = open_
        self._file: F | None = None

    if not TYPE_CHECKING:  # type checkers are to know that there is nothing else

        def __getattr__(self, name: str) -> Any:
            raise AttributeError(f"the file is not open: await bucket.open(...), or use async with, before .{name}")

    def __await__(self) -> Generator[Any, Any, F]:
        return self._open().__await__()

    async def __aenter__(self) -> F:
        self._file = await self._open()
        return await self._file.__aenter__()

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: TracebackType | None
    ) -> None:
        if self._file is not None:
            await self._file.__aexit__(exc_type, exc_val, exc_tb)
