"""Sending content in an event loop: a file or a part in one request, again where :mod:`b2sdk.transfer.upload` says so.

Sources are those of the blocking client. They are opened, read and hashed in threads, except for a few bytes in memory.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Coroutine
from contextlib import AbstractContextManager, asynccontextmanager
from typing import Any, Final, Protocol

from b2sdk.aio.session import AsyncSession
from b2sdk.aio.threads import Turns
from b2sdk.progress import AbstractProgressListener
from b2sdk.raw_api.endpoints import AbstractRawApi
from b2sdk.session_state import BucketLease, LargeFileLease
from b2sdk.transfer.large_file_progress import LargeFileUploadState, check_no_part_failed
from b2sdk.transfer.source import AbstractUploadSource, UploadSourceBytes
from b2sdk.transfer.upload import (
    Body,
    StoppablePart,
    UploadAttempts,
    UploadManager,
    bind_part_upload,
    bind_upload,
    open_body,
)
from b2sdk.values.new_file import NewFile

BLOCK_SIZE: Final = 256 * 1024
"""Bytes that are read, and sent, at a time."""
_AT_ONCE: Final = 64 * 1024
"""The most bytes that are sent as one block. Of those that are in memory, the most that are hashed in the loop."""


async def send_file(
    session: AsyncSession, new_file: NewFile, source: AbstractUploadSource, progress_listener: AbstractProgressListener
) -> dict[str, Any]:
    """Upload the whole source in one request; return the response. For errors see :meth:`UploadManager.send_file`."""

    def upload(bucket_id: str, *args: Any, **kwargs: Any) -> Coroutine[Any, Any, dict[str, Any]]:
        return session.upload(BucketLease(bucket_id), AbstractRawApi.upload_file, *args, **kwargs)

    progress_listener.set_total_bytes(source.get_content_length() or 0)
    async with _opened(session, source, progress_listener) as sent:
        send = bind_upload(upload, new_file, sent)
        attempts = _attempts(session, "b2_upload_file", sent.body, new_file.bucket_id)
        while True:
            async with attempts:
                answer: dict[str, Any] = await send()
                break
        sent.body.check(answer, fileName=new_file.name)
    return answer


async def send_part(
    session: AsyncSession,
    new_file: NewFile,
    file_id: str,
    source: AbstractUploadSource,
    number: int,
    state: LargeFileUploadState,
) -> dict[str, Any]:
    """Upload the whole source as one part; return the response.

    :raises AlreadyFailed: another part of the file has failed; for other errors see :meth:`UploadManager.send_file`.
    """

    def upload(file_id: str, *args: Any, **kwargs: Any) -> Coroutine[Any, Any, dict[str, Any]]:
        return session.upload(LargeFileLease(file_id), AbstractRawApi.upload_part, *args, **kwargs)

    async with _opened(session, source, StoppablePart(state)) as sent:
        send = bind_part_upload(upload, file_id, number, sent, new_file.encryption)
        attempts = _attempts(session, "b2_upload_part", sent.body, new_file.bucket_id)
        while True:
            async with attempts:
                check_no_part_failed(state)
                answer: dict[str, Any] = await send()
                break
        sent.body.check(answer, fileId=file_id, partNumber=number)
    return answer


def _attempts(session: AsyncSession, call: str, body: Body, bucket_id: str) -> UploadAttempts:
    return UploadAttempts(session, UploadManager.MAX_UPLOAD_ATTEMPTS, call, body, bucket_id)


class _Sent(Protocol):
    """What is sent, and what the request says of it."""

    body: Body
    length: int
    sha1: str

    @property
    def stream(self) -> object: ...


class _SentAtOnce:
    """A body of a few bytes, which have been read."""

    def __init__(self, body: Body) -> None:
        self.body = body
        self.length: int = body.length
        self.sha1: str = body.sha1
        body.stream.seek(0)
        # Also where it is to have no bytes: there may be more than were announced.
        self.stream: bytes = body.stream.read(body.length)


class _SentInBlocks:
    """A body whose blocks are awaited, as they are read in threads."""

    def __init__(self, body: Body, heard: _Heard, turns: Turns) -> None:
        self.body = body
        self.length: int = body.length
        self.sha1: str = body.sha1
        self._heard = heard
        self._turns = turns

    @property
    def stream(self) -> _SentInBlocks:
        return self  # in an attribute it would keep the content until garbage is collected

    def tell(self) -> int:
        return self.body.stream.tell()

    async def blocks(self) -> AsyncIterator[bytes]:
        await self._turns.call(self.body.stream.seek, 0)
        left = self.length
        while left:
            block = await self._turns.call(self.body.stream.read, min(BLOCK_SIZE, left))
            left -= len(block)
            try:
                self._heard.report()
            except Exception as error:
                self.body.failure = error
                raise
            yield block


class _Heard(AbstractProgressListener):
    """Keeps what a thread reports, until it is reported in the event loop."""

    def __init__(self, listener: AbstractProgressListener) -> None:
        super().__init__()
        self._listener = listener
        self._count: int | None = None

    def set_total_bytes(self, total_byte_count: int) -> None:
        pass

    def bytes_completed(self, byte_count: int) -> None:
        self._count = byte_count

    def report(self) -> None:
        count, self._count = self._count, None
        if count is not None:
            self._listener.bytes_completed(count)


@asynccontextmanager
async def _opened(
    session: AsyncSession, source: AbstractUploadSource, listener: AbstractProgressListener
) -> AsyncIterator[_Sent]:
    heard = _Heard(listener)
    opening = open_body(source, heard)
    if (source.get_content_length() or 0) <= _AT_ONCE:
        is_in_memory = type(source) is UploadSourceBytes
        sent = _read_at_once(opening) if is_in_memory else await session.threads.call(_read_at_once, opening)
        heard.report()
        yield sent
        return
    turns = Turns(session.threads)
    try:
        # It may be open although nobody waited for that any more.
        yield _SentInBlocks(await turns.call(opening.__enter__), heard, turns)
    finally:
        await turns.end(opening.__exit__, None, None, None)


def _read_at_once(opening: AbstractContextManager[Body]) -> _SentAtOnce:
    with opening as body:
        return _SentAtOnce(body)
