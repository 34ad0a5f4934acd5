"""Making files where calls block: the flow that makes them, its steps in threads, and a shorter way for what is small.

What belongs here says how a step is done. Which one follows which is in :mod:`b2sdk.transfer.making`.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Iterable
from functools import partial, update_wrapper
from types import TracebackType
from typing import Any, Concatenate, ParamSpec, Protocol, TypeAlias, TypeVar

from typing_extensions import Self

from b2sdk import blocking, cancellation
from b2sdk.exception import CopySourceTooBig
from b2sdk.file_version import FileVersion
from b2sdk.http.overrides import patience, patience_of
from b2sdk.interfaces import Readable
from b2sdk.progress import AbstractProgressListener
from b2sdk.session import B2Session
from b2sdk.transfer.acknowledgement import accept_part
from b2sdk.transfer.copy import CopyManager
from b2sdk.transfer.download_description import get_stored_version
from b2sdk.transfer.large_file import LargeFileServices, Part, UnfinishedLargeFile
from b2sdk.transfer.large_file_progress import LargeFileUploadState
from b2sdk.transfer.limits import PartLimits
from b2sdk.transfer.making import FileMaking, plan_file
from b2sdk.transfer.part import CopyPart, Piece, PlannedPart, UploadPart
from b2sdk.transfer.part_source import make_source
from b2sdk.transfer.protocols import TransferClient
from b2sdk.transfer.range_stream import RangeStream, StoredFile
from b2sdk.transfer.source import AbstractUploadSource, CopySource
from b2sdk.transfer.stream_buffers import BufferSizes, read_buffers
from b2sdk.transfer.task_group import TaskGroup
from b2sdk.transfer.upload import UploadManager
from b2sdk.transfer.write_intent import WriteIntent
from b2sdk.values.byte_range import Range
from b2sdk.values.new_file import NewFile

P = ParamSpec("P")
R = TypeVar("R")


class _Services(TransferClient, Protocol):
    large_file: LargeFileServices
    upload_manager: UploadManager
    copy_manager: CopyManager


_NameOnly: TypeAlias = Callable[..., None]


def _run(
    flow: Callable[Concatenate[FileMaking[FileVersion], P], Coroutine[Any, Any, FileVersion]],
) -> Callable[[_NameOnly], Callable[Concatenate[Emerger, P], FileVersion]]:
    """Make of the decorated method, which is only a name, one that blocks until a flow has ended."""

    def method(self: Emerger, /, *args: P.args, **kwargs: P.kwargs) -> FileVersion:
        return blocking.run(flow(self.making, *args, **kwargs))

    return lambda _name_only: update_wrapper(method, flow)


class Emerger:
    """Makes files for one session."""

    def __init__(self, services: _Services) -> None:
        self.services = services
        self.making: FileMaking[FileVersion] = FileMaking(BlockingSteps(services))

    def make(
        self,
        new_file: NewFile,
        write_intents: Iterable[WriteIntent],
        limits: PartLimits,
        progress_listener: AbstractProgressListener,
        continue_large_file_id: str | None = None,
    ) -> FileVersion:
        """See :meth:`FileMaking.make`; one upload needs no flow."""
        intents, planned = plan_file(write_intents, limits, continue_large_file_id)
        part = planned.parts[0]
        if planned.is_large or isinstance(part, CopyPart):
            return blocking.run(
                self.making.make_planned(new_file, intents, planned, progress_listener, continue_large_file_id)
            )
        sending, source = self.services.upload_manager, _make_source(self.services, part)
        with sending.slot():
            return sending.send_file(new_file, source, progress_listener)

    @_run(FileMaking[FileVersion].make_of_stream)
    def make_of_stream(self) -> None: ...
    @_run(FileMaking[FileVersion].make_of_buffers)
    def make_of_buffers(self) -> None: ...

    def make_of_content(
        self,
        new_file: NewFile,
        content: Readable,
        sizes: BufferSizes,
        progress_listener: AbstractProgressListener,
        max_queue_size: int,
    ) -> FileVersion:
        """Make a file of what can only be read, in buffers; see :meth:`make_of_buffers`.

        :raises TypeError: it cannot be read.
        """
        if not hasattr(content, "read"):
            raise TypeError(f"read_only_object must have a method read, which {type(content).__name__} has not")
        buffers = read_buffers(content, sizes.size, sizes.read_size)
        return self.make_of_buffers(new_file, buffers, progress_listener, max_queue_size)

    def copy(
        self,
        new_file: NewFile,
        source: CopySource,
        limits: PartLimits,
        progress_listener: AbstractProgressListener,
    ) -> FileVersion:
        """See :meth:`FileMaking.copy`; one request needs no flow."""
        if source.length:
            return blocking.run(self.making.copy(new_file, source, limits, progress_listener))
        copying = self.services.copy_manager
        try:
            with copying.slot():
                return copying.copy(new_file, source, progress_listener)
        except CopySourceTooBig as error:
            size = error.size
        return blocking.run(self.making.copy_in_parts(new_file, source, size, limits, progress_listener))


class BlockingSteps:
    """The steps of :class:`~b2sdk.transfer.making_steps.MakingSteps`; none of them waits for an event loop."""

    def __init__(self, services: _Services) -> None:
        self._services = services

    @property
    def session(self) -> B2Session:
        return self._services.session

    async def read(self, call: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        return call(*args, **kwargs)

    def read_version(self, response: dict[str, Any]) -> FileVersion:
        return self._services.api.file_version_factory.from_api_response(response)

    async def upload(
        self, new_file: NewFile, part: UploadPart, progress_listener: AbstractProgressListener
    ) -> FileVersion:
        sending = self._services.upload_manager
        with sending.slot():
            return sending.send_file(new_file, _make_source(self._services, part), progress_listener)

    async def copy(
        self, new_file: NewFile, source: CopySource, progress_listener: AbstractProgressListener
    ) -> FileVersion:
        copying = self._services.copy_manager
        with copying.slot():
            return copying.copy(new_file, source, progress_listener)

    async def describe(self, file_id: str) -> FileVersion:
        return get_stored_version(self._services.api, file_id)

    async def look_up(self, file_id: str) -> dict[str, Any]:
        return self.session.get_file_info_by_id(file_id)

    async def list_versions(self, bucket_id: str, file_name: str) -> dict[str, Any]:
        return self.session.list_file_versions(bucket_id, file_name, None, 100, file_name)

    async def list_unfinished(self, bucket_id: str, prefix: str) -> AsyncGenerator[UnfinishedLargeFile, None]:
        for file in self._services.large_file.list_unfinished_large_files(bucket_id, prefix=prefix):
            yield file

    async def find_unfinished(self, bucket_id: str, file_id: str, prefix: str) -> UnfinishedLargeFile | None:
        return self._services.large_file.get_unfinished_large_file(bucket_id, file_id, prefix=prefix)

    async def list_parts(self, file_id: str) -> AsyncGenerator[Part, None]:
        for part in self._services.large_file.list_parts(file_id):
            yield part

    async def start(self, new_file: NewFile) -> UnfinishedLargeFile:
        return self._services.large_file.start_large_file(
            new_file.bucket_id,
            new_file.name,
            new_file.content_type,
            new_file.file_info or {},
            encryption=new_file.encryption,
            file_retention=new_file.file_retention,
            legal_hold=new_file.legal_hold,
            custom_upload_timestamp=new_file.custom_upload_timestamp,
        )

    def make_parts(
        self, new_file: NewFile, file_id: str, state: LargeFileUploadState, limit: int | None
    ) -> _PartsInThreads:
        return _PartsInThreads(self._services, new_file, file_id, state, limit)

    async def finish(self, file_id: str, sha1s: list[str]) -> dict[str, Any]:
        return self.session.finish_large_file(file_id, sha1s)

    async def cancel(self, file_id: str, seconds: float | None) -> None:
        with cancellation.shield(), patience() if seconds is None else patience_of(seconds):
            self._services.large_file.cancel_large_file(file_id)


class _PartsInThreads:
    """The parts of one large file, each of which is a task of the pool of its manager."""

    def __init__(
        self, services: _Services, new_file: NewFile, file_id: str, state: LargeFileUploadState, limit: int | None
    ) -> None:
        self._services = services
        self._new_file = new_file
        self._file_id = file_id
        self._state = state
        self._group = TaskGroup[str](limit, lambda reason: state.set_error(str(reason)))

    async def __aenter__(self) -> Self:
        self._group.__enter__()
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: TracebackType | None
    ) -> None:
        self._group.__exit__(exc_type, exc_val, exc_tb)

    async def next_of(self, parts: AsyncIterator[PlannedPart]) -> PlannedPart | None:
        return await anext(parts, None)

    async def upload(self, number: int, part: UploadPart, sha1: str | None) -> None:
        sending, source = self._services.upload_manager, _make_source(self._services, part, sha1)
        send = sending._upload_part  # noqa: SLF001  # the name is known to programs
        file = self._new_file
        task = partial(send, file.bucket_id, self._file_id, source, number, self._state, None, file.encryption)
        self._group.submit(sending, task, partial(accept_part, sha1))

    async def copy(self, number: int, source: CopySource, sha1: str | None) -> None:
        copying = self._services.copy_manager
        task = partial(copying.copy_into_part, self._file_id, source, number, self._state, self._new_file.encryption)
        self._group.submit(copying, task, partial(accept_part, sha1))

    def add_made(self, sha1: str) -> None:
        self._group.add_result(sha1)

    async def sha1s(self) -> list[str]:
        return self._group.results()


def _make_source(services: _Services, part: UploadPart, sha1: str | None = None) -> AbstractUploadSource:
    return make_source(part, partial(download_piece, services.session), sha1)


def download_piece(session: B2Session, piece: Piece) -> bytes:
    """Download the bytes of a piece that is in the service; for errors see :meth:`RangeStream.blocks`."""
    source = piece.as_copy_source()
    url = session.get_download_url_by_id(source.file_id)
    range_ = Range(source.offset, source.offset + piece.length - 1)
    stream = RangeStream(session, url, range_, StoredFile(source.file_id), source.encryption)
    return b"".join(stream.blocks())
