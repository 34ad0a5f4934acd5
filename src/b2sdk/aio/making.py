"""Making files in an event loop: the steps of :class:`~b2sdk.transfer.making.FileMaking` as tasks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, aclosing, closing, nullcontext
from functools import partial
from types import TracebackType
from typing import Any, NamedTuple, ParamSpec, TypeVar

from typing_extensions import Self

from b2sdk.aio.client import Client
from b2sdk.aio.file_version import FileVersion
from b2sdk.aio.listings import list_parts, list_unfinished
from b2sdk.aio.ranges import RangeStream, url_of_version
from b2sdk.aio.session import AsyncSession
from b2sdk.aio.sources import Buffers, Content, ContentOfLength, Memory
from b2sdk.aio.tasks import TaskGroup, end
from b2sdk.aio.uploads import send_file, send_part
from b2sdk.aio.writer import StoredFileWriter
from b2sdk.file_version import check_identity
from b2sdk.http.overrides import patience, patience_of
from b2sdk.progress import AbstractProgressListener
from b2sdk.raw_api.endpoints import AbstractRawApi
from b2sdk.transfer.acknowledgement import accept_part
from b2sdk.transfer.copy import bind_copy, bind_part_copy, check_copied_part, check_copy
from b2sdk.transfer.large_file import Part, UnfinishedLargeFile, bind_start
from b2sdk.transfer.large_file_progress import LargeFileUploadState, check_no_part_failed
from b2sdk.transfer.making import FileMaking
from b2sdk.transfer.part import Piece, PlannedPart, UploadPart
from b2sdk.transfer.part_source import fetch_source
from b2sdk.transfer.range_stream import StoredFile
from b2sdk.transfer.resume import SECONDS_TO_TIDY_UP
from b2sdk.transfer.source import AbstractUploadSource, CopySource
from b2sdk.transfer.stream_buffers import BufferSizes
from b2sdk.values.byte_range import Range
from b2sdk.values.new_file import NewFile

P = ParamSpec("P")
R = TypeVar("R")


class FileMaker(FileMaking[FileVersion]):
    """Makes files for one client."""

    def __init__(self, client: Client) -> None:
        self.memory: Memory = Memory(client.session.limits.memory)
        """What buffers of content, and parts that are fetched, may have, over all files that are made here."""
        super().__init__(AwaitedSteps(client, self.memory))
        self._threads = client.session.threads

    async def make_of_content(
        self,
        new_file: NewFile,
        content: Content | ContentOfLength,
        sizes: BufferSizes,
        progress_listener: AbstractProgressListener,
        max_queue_size: int,
        is_kept: bool = True,
    ) -> FileVersion:
        """Make a file of content that can be read once, in buffers; see :meth:`make_of_buffers` and :class:`Buffers`.

        :raises TypeError: it cannot be read.
        :raises InvalidUploadSource: it has not the length that it was to have.
        """
        buffers = Buffers(content, sizes, self.memory, self._threads)
        try:
            return await self.make_of_buffers(
                new_file, buffers, progress_listener, max_queue_size, is_kept, buffers.length
            )
        finally:
            buffers.close()

    def open_writer(
        self, new_file: NewFile, sizes: BufferSizes, progress_listener: AbstractProgressListener
    ) -> StoredFileWriter:
        """Return a file object of which a file is made when it is closed."""
        return StoredFileWriter(
            lambda content: self.make_of_content(new_file, content, sizes, progress_listener, 1, is_kept=False)
        )


class AwaitedSteps:
    """The steps of :class:`~b2sdk.transfer.making_steps.MakingSteps`."""

    def __init__(self, client: Client, memory: Memory) -> None:
        self._client = client
        self._session = client.session
        self._memory = memory
        # As many files and parts are open as can be sent: more would wait with open files for a connection.
        self.slots: asyncio.Semaphore = asyncio.Semaphore(client.session.limits.requests)

    @property
    def session(self) -> AsyncSession:
        return self._session

    async def read(self, call: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        return await self._session.threads.call(call, *args, **kwargs)

    def read_version(self, response: dict[str, Any]) -> FileVersion:
        return self._client.file_version_factory.from_api_response(response)

    async def upload(
        self, new_file: NewFile, part: UploadPart, progress_listener: AbstractProgressListener
    ) -> FileVersion:
        async with self._room_for(part), self.slots:
            source = await self.source_of(part)
            return self.read_version(await send_file(self._session, new_file, source, progress_listener))

    async def copy(
        self, new_file: NewFile, source: CopySource, progress_listener: AbstractProgressListener
    ) -> FileVersion:
        progress_listener.set_total_bytes(source.get_content_length() or 0)
        copy = bind_copy(self._bound(AbstractRawApi.copy_file), new_file, source)
        async with self.slots:
            answer = await copy()
        check_copy(answer, new_file, source)
        version = self.read_version(answer)
        progress_listener.bytes_completed(version.size or 0)
        return version

    async def describe(self, file_id: str) -> FileVersion:
        version = self.read_version(await self.look_up(file_id))
        check_identity(version, id_=file_id)
        return version

    async def look_up(self, file_id: str) -> dict[str, Any]:
        return await self._session.call(AbstractRawApi.get_file_info_by_id, file_id)

    async def list_versions(self, bucket_id: str, file_name: str) -> dict[str, Any]:
        return await self._session.call(AbstractRawApi.list_file_versions, bucket_id, file_name, None, 100, file_name)

    def list_unfinished(self, bucket_id: str, prefix: str) -> AsyncGenerator[UnfinishedLargeFile, None]:
        return list_unfinished(self._session, bucket_id, prefix=prefix)

    async def find_unfinished(self, bucket_id: str, file_id: str, prefix: str) -> UnfinishedLargeFile | None:
        async with aclosing(list_unfinished(self._session, bucket_id, file_id, 1, prefix)) as files:
            async for file in files:
                return file if file.file_id == file_id else None
        return None

    def list_parts(self, file_id: str) -> AsyncGenerator[Part, None]:
        return list_parts(self._session, file_id)

    async def start(self, new_file: NewFile) -> UnfinishedLargeFile:
        new_file = new_file._replace(file_info=new_file.file_info or {})
        return UnfinishedLargeFile(await bind_start(self._bound(AbstractRawApi.start_large_file), new_file)())

    def make_parts(
        self, new_file: NewFile, file_id: str, state: LargeFileUploadState, limit: int | None
    ) -> AbstractAsyncContextManager[PartsInTasks]:
        return PartsInTasks(self, _Place(new_file, file_id, state), limit)

    async def finish(self, file_id: str, sha1s: list[str]) -> dict[str, Any]:
        return await self._session.call(AbstractRawApi.finish_large_file, file_id, sha1s)

    async def cancel(self, file_id: str, seconds: float | None) -> None:
        with patience() if seconds is None else patience_of(seconds):
            cancelling = asyncio.ensure_future(self._session.call(AbstractRawApi.cancel_large_file, file_id))
        # Who is cancelled again meanwhile does not wait for longer than who was cancelled before.
        later = asyncio.get_running_loop().call_later
        await end([cancelling], lambda: later(SECONDS_TO_TIDY_UP, cancelling.cancel))
        await cancelling

    # --- parts ---

    async def send_part(self, place: _Place, part: UploadPart, sha1: str | None, number: int) -> str:
        new_file, file_id, state = place
        async with self._room_for(part), self.slots:
            source = await self.source_of(part, sha1)
            return accept_part(sha1, await send_part(self._session, new_file, file_id, source, number, state))

    async def copy_part(self, place: _Place, source: CopySource, sha1: str | None, number: int) -> str:
        new_file, file_id, state = place
        copy = bind_part_copy(self._bound(AbstractRawApi.copy_part), file_id, source, number, new_file.encryption)
        async with self.slots:
            check_no_part_failed(state)
            answer = await copy()
        check_copied_part(answer, file_id, source, number)
        state.update_part_bytes(answer["contentLength"])
        return accept_part(sha1, answer)

    async def source_of(self, part: UploadPart, sha1: str | None = None) -> AbstractUploadSource:
        return await fetch_source(part, self._fetch, sha1)

    def _room_for(self, part: UploadPart) -> AbstractAsyncContextManager[None]:
        """Have memory for all of a part that is fetched, before a slot: others that have memory wait for one."""
        fetched = sum(piece.length for piece in part.pieces if piece.is_copy)
        return self._memory.held(fetched) if fetched else nullcontext()

    async def _fetch(self, piece: Piece) -> bytes:
        source = piece.as_copy_source()
        url = await url_of_version(self._session, source.file_id)
        range_ = Range(source.offset, source.offset + piece.length - 1)
        stream = RangeStream(self._client, url, range_, StoredFile(source.file_id), source.encryption)
        blocks = []
        with closing(stream):
            while block := await stream.take():
                blocks.append(block)
        return b"".join(blocks)

    def _bound(self, endpoint: Callable[..., Any]) -> Callable[..., Coroutine[Any, Any, dict[str, Any]]]:
        return partial(self._session.call, endpoint)


class _Place(NamedTuple):
    """Where a part goes."""

    new_file: NewFile
    file_id: str
    state: LargeFileUploadState


class PartsInTasks:
    """The parts of one large file, each of which is a task."""

    def __init__(self, steps: AwaitedSteps, place: _Place, limit: int | None) -> None:
        self._steps = steps
        self._place = place
        most = steps.session.limits.requests
        self._group = TaskGroup[str](
            most if limit is None else min(limit, most), lambda reason: place.state.set_error(str(reason))
        )

    async def __aenter__(self) -> Self:
        await self._group.__aenter__()
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: TracebackType | None
    ) -> None:
        await self._group.__aexit__(exc_type, exc_val, exc_tb)

    async def next_of(self, parts: AsyncIterator[PlannedPart]) -> PlannedPart | None:
        return await self._group.wait_for(anext(parts, None))

    async def upload(self, number: int, part: UploadPart, sha1: str | None) -> None:
        await self._group.start(partial(self._steps.send_part, self._place, part, sha1, number))

    async def copy(self, number: int, source: CopySource, sha1: str | None) -> None:
        await self._group.start(partial(self._steps.copy_part, self._place, source, sha1, number))

    def add_made(self, sha1: str) -> None:
        self._group.add_result(sha1)

    async def sha1s(self) -> list[str]:
        return await self._group.results()
