"""Requesting files in an event loop, and saving them: compared and put in their place as by the blocking client.

What is decided is decided in :mod:`b2sdk.transfer.download` and :mod:`b2sdk.transfer.downloader`; local files are
opened, written, hashed and closed in threads.
"""

from __future__ import annotations

import asyncio
import errno
import hashlib
import io
import os
import stat
import sys
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator, Iterable
from contextlib import ExitStack, closing, contextmanager
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Final, ParamSpec, Protocol, TypeVar, cast

from typing_extensions import Self

from b2sdk.aio import file_version
from b2sdk.aio.client import Client
from b2sdk.aio.ranges import DownloadResponse, RangeStream, decoded
from b2sdk.aio.tasks import end
from b2sdk.aio.threads import Threads, Turns
from b2sdk.file_version import DownloadVersion, FileVersion
from b2sdk.interfaces import Digest, Writable
from b2sdk.progress import AbstractProgressListener, listener_or_silence
from b2sdk.raw_api.endpoints import AbstractRawApi
from b2sdk.stored_files.checks import naming_what_is_not_present
from b2sdk.transfer.destination import Way, atomic_replacement, find_way, resumable_download
from b2sdk.transfer.download import (
    DownloadManager,
    RequestedFile,
    can_seek,
    check_downloaded,
    check_mode_of_pipe,
    check_open_file,
)
from b2sdk.transfer.download_description import (
    content_described,
    describe_range,
    described_at_once,
    download_described,
    stored_version,
)
from b2sdk.transfer.downloader import (
    OrderedFile,
    ParallelDownloader,
    comes_in_one_piece,
    count_of_streams,
    is_decoded,
    parts_of,
)
from b2sdk.transfer.local_file import MtimeUpdatedFile
from b2sdk.transfer.partial_file import PartialFile
from b2sdk.transfer.protocols import AnyFile
from b2sdk.transfer.range_stream import BLOCK_SIZE, RangeRequests, StoredFile, check_whole
from b2sdk.values.encryption import EncryptionSetting

P = ParamSpec("P")
R = TypeVar("R")

_AT_ONCE: Final = 64 * 1024
"""The most bytes that are hashed, or written to memory, without the help of a thread."""
_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.001, 0.05
"""Seconds between two looks whether a pipe has a reader."""


async def request_file(
    client: Client,
    url: str,
    progress_listener: AbstractProgressListener | None = None,
    range_: tuple[int, int] | None = None,
    encryption: EncryptionSetting | None = None,
) -> DownloadedFile:
    """Send the request; the body is read when the result is saved.

    See :meth:`b2sdk.transfer.download.DownloadManager.download_file_from_url`, which tells parameters and errors.
    """
    listener = listener_or_silence(progress_listener)
    attempts, whole = RangeRequests(client.session, url), _Whole(client)
    while True:
        async with attempts:
            described: tuple[DownloadVersion, DownloadResponse] | None = None
            while described is None:
                response: DownloadResponse
                response = attempts.response = await client.session.download(url, range_, encryption)
                if range_ is None:
                    described = await whole.describe(response)
                else:
                    described = describe_range(client, response, range_), response
            version, response = described
            made = cast("file_version.DownloadVersion", version)  # by the client's factory
            return DownloadedFile(client, made, range_, response, encryption, listener)


async def request_named(
    client: Client, bucket_name: str | None, file_name: str, url: str, *args: Any, **kwargs: Any
) -> DownloadedFile:
    """:func:`request_file` by the name of a file; what comes is that file.

    :raises UnexpectedCloudBehaviour: the service sent another one.
    """
    with naming_what_is_not_present(bucket_name, file_name):
        return check_downloaded(await request_file(client, url, *args, **kwargs), file_name=file_name)


async def request_version(client: Client, file_id: str, url: str, *args: Any, **kwargs: Any) -> DownloadedFile:
    """:func:`request_file` by the id of a version; what comes is that version.

    :raises UnexpectedCloudBehaviour: the service sent another one.
    """
    with naming_what_is_not_present(None, file_id):
        return check_downloaded(await request_file(client, url, *args, **kwargs), id_=file_id)


class _Whole:
    """What becomes known about a file that was requested as a whole."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._version: DownloadVersion | None = None

    async def describe(self, response: DownloadResponse) -> tuple[DownloadVersion, DownloadResponse] | None:
        """Describe the file by a response, which is returned so that it is read as it is stored.

        :return: ``None`` if the file had to be looked up, and is to be requested again: the response was closed before,
            as what holds one connection and waits for another may wait for ever.
        """
        client, version = self._client, described_at_once(self._client, response)
        if version is not None:
            return version, response
        version = self._version
        if version is None or version.id_ != response.headers.get("x-bz-file-id"):
            is_closed = False

            async def close_and_look_up(file_id: str) -> FileVersion:
                nonlocal is_closed
                is_closed = True
                response.close()
                return await _look_up_in(client)(file_id)

            version = self._version = await content_described(client, response.headers, close_and_look_up)
            if is_closed:
                return None
        return version, decoded(client, response) if check_whole(response, StoredFile.of(version)) else response


async def describe_content(client: Client, headers: Any) -> DownloadVersion:
    """Describe a file whose content is to be read; see :func:`b2sdk.transfer.download_description.describe_content`."""
    return await content_described(client, headers, _look_up_in(client))


async def describe_download(client: Client, headers: Any) -> DownloadVersion:
    """Describe a file by the headers of a download; see
    :func:`b2sdk.transfer.download_description.describe_download`.
    """
    return await download_described(client, headers, _look_up_in(client))


def _look_up_in(client: Client) -> Callable[[str], Coroutine[Any, Any, FileVersion]]:
    async def look_up(file_id: str) -> FileVersion:
        response = await client.session.call(AbstractRawApi.get_file_info_by_id, file_id)
        return stored_version(client, file_id, response)

    return look_up


class DownloadedFile(RequestedFile[DownloadResponse]):
    """A file that was requested. Its description has arrived; the content arrives when it is saved or read, once.

    At the end of an ``async with`` block the response is closed, if its content has not been taken.
    """

    download_version: file_version.DownloadVersion

    def __init__(
        self,
        client: Client,
        download_version: file_version.DownloadVersion,
        range_: tuple[int, int] | None,
        response: DownloadResponse,
        encryption: EncryptionSetting | None,
        progress_listener: AbstractProgressListener,
    ) -> None:
        """Hold what was received; :func:`request_file` makes it."""
        self.download_version = download_version
        self.range_ = range_
        self.response = response
        self.encryption = encryption
        self.progress_listener = progress_listener
        self.check_hash: bool = client.check_download_hash
        self._client = client
        self._threads = client.session.threads

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the response. Content that has not been read is not read any more."""
        self.response.close()

    # --- the content in the program ---

    async def read(self) -> bytes:
        """Return the whole content, verified as by :meth:`save`."""
        content, read = self._begin(), io.BytesIO()
        with self._rest() as rest:
            while block := await self._take(rest, content, BLOCK_SIZE):
                read.write(block)
        self._judge(content)
        return read.getvalue()

    async def blocks(self, size: int = BLOCK_SIZE) -> AsyncGenerator[bytes, None]:
        """Yield the content in blocks of ``size`` bytes, or less where a body broke and at the end.

        Length and SHA-1 are compared when the last block has been taken. A program that stops before closes the
        generator, or this object. For errors see :meth:`save`.

        :raises ValueError: the size is not positive.
        """
        if size < 1:
            raise ValueError(f"the size of a block must be positive, not {size}")
        content = self._begin()
        with self._rest() as rest:
            while block := await self._take(rest, content, size):
                yield block
        self._judge(content)

    async def _take(self, rest: _Takeable, content: _Content, size: int) -> bytes:
        """Return the next block, which has been reported and hashed."""
        block = await rest.take(size)
        if block:
            content.report(block)
            if content.digest is not None:
                if len(block) > _AT_ONCE:
                    await self._threads.call(content.digest.update, block)
                else:
                    content.digest.update(block)
        return block

    # --- the content in a file ---

    async def save(self, file: Writable, allow_seeking: bool | None = None) -> None:
        """Write the content to an open binary file, and compare length and SHA-1 with what the service announced.

        The file is written in threads, by one at a time. See :meth:`b2sdk.transfer.download.DownloadedFile.save`, which
        tells parameters and errors.
        """
        check_open_file(file)
        try:
            await self._save(file, await self._call(can_seek, file, allow_seeking))
        finally:
            self.response.close()

    async def save_to(
        self,
        path_: str | os.PathLike[str],
        mode: str | None = None,
        allow_seeking: bool | None = None,
        *,
        resume: bool = False,
    ) -> None:
        """Write the content to a local path and give it the modification time of the original.

        Who is cancelled leaves the path as it was. See :meth:`b2sdk.transfer.download.DownloadedFile.save_to`, which
        tells parameters and errors.
        """
        version, is_resumed = self.download_version, resume and self._can_be_resumed()
        target = _Target(Path(path_), mode, allow_seeking, version.mod_time_millis, version.id_ if is_resumed else None)
        try:
            async with _InThreads(self._threads, target):
                if target.way is Way.PIPE:
                    await self._save_to_pipe(target.path, mode)
                elif target.partial is not None:
                    await self._resume(target, target.partial)
                else:
                    await self._save(target.file, target.is_seekable, target)
        finally:
            self.response.close()

    async def _save_to_pipe(self, path: Path, mode: str | None) -> None:
        check_mode_of_pipe(path, mode)
        if sys.platform == "win32":
            await self._save(sys.stdout.buffer, is_seekable=False)
            return
        # In a thread of its own: nobody knows when the other end reads.
        threads = Threads(1)
        turns = Turns(threads)
        try:
            file = await _open_pipe(threads, path)
            try:
                content = self._begin()
                with self._rest() as rest:
                    while block := await rest.take(BLOCK_SIZE):
                        content.report(block)
                        await turns.call(_write, file, block, content.digest)
            finally:
                await turns.end(file.close)
            self._judge(content)
        finally:
            threads.close()

    async def _resume(self, target: _Target, partial: PartialFile) -> None:
        content = self._begin(is_hashed=False)
        kept, writer = await self._call(self._take_over, partial, target.file)
        content.received = kept
        try:
            with self._rest(kept) as rest:
                while block := await rest.take(BLOCK_SIZE):
                    content.report(block)
                    await self._call(writer.write, block)
        except BaseException:
            await self._call(writer.save_checkpoint)
            raise
        await self._call(target.finish, self._complete, partial, target.file, writer, content.announced)

    async def _save(self, file: Writable, is_seekable: bool, target: _Target | None = None) -> None:
        content = self._begin()
        streams = self._count_of_streams() if is_seekable and not comes_in_one_piece(self.download_version) else 1
        last = b""
        if streams > 1:
            await self._save_in_parallel(cast("AnyFile", file), content, streams)
        else:
            last = await self._save_in_order(
                file, content, keeps_only=target is not None and target.way is Way.REPLACED
            )
        if target is None:
            self._judge(content)
        else:
            await self._call(target.finish, self._write_and_judge, file, last, content)

    async def _save_in_order(self, file: Writable, content: _Content, *, keeps_only: bool) -> bytes:
        """Write the blocks. If there is one only, it is not written but returned, where it is to be kept."""
        kept = b""
        with self._rest() as rest:
            while block := await rest.take(BLOCK_SIZE):
                is_first = content.received == 0
                content.report(block)
                if is_first and keeps_only:
                    kept = block
                    continue
                if kept:
                    await self._call(_write, file, kept, content.digest)
                    kept = b""
                await self._call(_write, file, block, content.digest)
        return kept

    def _write_and_judge(self, file: Writable, last: bytes, content: _Content) -> None:
        if last:
            _write(file, last, content.digest)
        self._judge(content)

    def _count_of_streams(self) -> int:
        limit = self._client.max_download_streams_per_file or self._client.session.limits.threads
        return count_of_streams(self.download_version.content_length, DownloadManager.DEFAULT_MIN_PART_SIZE, limit)

    async def _save_in_parallel(self, file: AnyFile, content: _Content, streams: int) -> None:
        version = self.download_version
        least, longest = DownloadManager.DEFAULT_MIN_PART_SIZE, ParallelDownloader.LONGEST_RANGE
        parts = parts_of(version.range_, await self._call(file.tell), streams, least, longest)
        first = next(parts)
        last = first.local_range.start + version.content_length
        target = OrderedFile(file, first.local_range, last, content.digest)
        url, stored = self.response.request.url or "", StoredFile.of(version)
        waiting, has_more = chain([first], parts), asyncio.Event()

        async def receive() -> None:
            for part in waiting:
                response = self.response if part is first else None
                stream = RangeStream(
                    self._client, url, part.cloud_range, stored, self.encryption, response, first_goes_on=True
                )
                write = target.writer(part.local_range, _go_on)
                with closing(stream):
                    while block := await stream.take():
                        content.report(block)
                        if await self._call(write, block):
                            has_more.set()

        async def hash_behind() -> None:
            while not target.is_hashed:
                has_more.clear()
                if not await self._call(target.hash_next, ParallelDownloader.FINISH_HASHING_BUFFER_SIZE):
                    await has_more.wait()

        await _perform([*(receive() for _ in range(streams)), hash_behind()])

    # --- what both need ---

    def _begin(self, *, is_hashed: bool = True) -> _Content:
        announced = self._find_announced_sha1()
        if self.download_version.size is None and announced is None:
            self._check_end_is_known()
        self.progress_listener.set_total_bytes(self.download_version.content_length)
        is_compared = is_hashed and announced is not None and not is_decoded(self.download_version)
        return _Content(self.progress_listener, announced, hashlib.sha1() if is_compared else None)

    def _judge(self, content: _Content) -> None:
        if not is_decoded(self.download_version):
            sha1 = "" if content.digest is None else content.digest.hexdigest()
            self._validate(content.received, sha1, content.announced)

    @contextmanager
    def _rest(self, kept: int = 0) -> Generator[_Takeable, None, None]:
        """Have what follows the first ``kept`` bytes, to be taken in blocks; the response is closed at the end."""
        version, response = self.download_version, self.response
        try:
            if comes_in_one_piece(version):
                yield response
                return
            if kept:
                response.close()
            if kept == version.content_length:
                yield _Nothing()
                return
            rest = version.range_.subrange(kept, version.range_.size() - 1)
            url, first = response.request.url or "", None if kept else response
            stream = RangeStream(self._client, url, rest, StoredFile.of(version), self.encryption, first)
            with closing(stream):
                yield stream
        finally:
            response.close()

    async def _call(self, function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Call a function in a thread. Who is cancelled waits for its end: nothing is written behind its back."""
        return await self._threads.finish(function, *args, **kwargs)


class _Takeable(Protocol):
    """What is taken in blocks."""

    async def take(self, size: int, /) -> bytes: ...


class _Nothing:
    """A content without any bytes."""

    async def take(self, _size: int, /) -> bytes:
        return b""


class _Content:
    """How much has arrived, and its SHA-1."""

    def __init__(self, listener: AbstractProgressListener, announced: str | None, digest: Digest | None) -> None:
        self.received = 0
        self.announced = announced
        self.digest = digest
        self._listener = listener

    def report(self, block: bytes) -> None:
        """Report a block that is about to be written."""
        self.received += len(block)
        self._listener.bytes_completed(self.received)


class _Target:
    """A path that is saved to, entered and left in threads: found and opened at once, closed and put in its place.

    A pipe is not opened.
    """

    way: Way
    file: Any
    partial: PartialFile | None = None
    """What is resumed."""
    is_seekable = False
    is_open = False

    def __init__(
        self, path: Path, mode: str | None, allow_seeking: bool | None, mod_time_millis: int, resumed_id: str | None
    ) -> None:
        """``resumed_id`` is that of the version whose download may be resumed."""
        self.path = path
        self._mode = mode
        self._allow_seeking = allow_seeking
        self._mod_time_millis = mod_time_millis
        self._resumed_id = resumed_id
        self._opened = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as opened:
            self.way, seen = find_way(self.path, self._mode)
            is_replaced = self.way is Way.REPLACED
            if is_replaced and self._resumed_id is not None:
                replacing = resumable_download(self.path, self._resumed_id, seen)
                self.partial, self.file = opened.enter_context(replacing)
            elif self.way is not Way.PIPE:
                path = opened.enter_context(atomic_replacement(self.path, seen)) if is_replaced else self.path
                writing = MtimeUpdatedFile(path, self._mod_time_millis, mode=self._mode or "wb+")
                self.file = opened.enter_context(writing)
                self.is_seekable = can_seek(self.file, False if self.way is Way.DEVICE else self._allow_seeking)
            self._opened = opened.pop_all()
        self.is_open = True
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: TracebackType | None
    ) -> bool | None:
        self.is_open = False
        return self._opened.__exit__(exc_type, exc_val, exc_tb)

    def finish(self, function: Callable[P, object], /, *args: P.args, **kwargs: P.kwargs) -> None:
        """Do what is to be done at last, and close; the end of the context does nothing more."""
        self.is_open = False
        with self._opened:
            function(*args, **kwargs)


class _InThreads:
    """A target, entered and left in threads, also by who is cancelled meanwhile."""

    def __init__(self, threads: Threads, target: _Target) -> None:
        self._threads = threads
        self._target = target

    async def __aenter__(self) -> None:
        entering = self._threads.begin(self._target.__enter__)
        try:
            await end([entering])
        except BaseException as error:
            if entering.exception() is None:
                await self.__aexit__(type(error), error, error.__traceback__)
            raise
        entering.result()

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: TracebackType | None
    ) -> bool | None:
        if not self._target.is_open:
            return None
        leaving = self._threads.begin(self._target.__exit__, exc_type, exc_val, exc_tb)
        await end([leaving])
        return leaving.result()


async def _perform(flows: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Run several tasks; when one fails the others are cancelled. None is left running."""
    tasks = [asyncio.ensure_future(flow) for flow in flows]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await end(tasks)


async def _open_pipe(threads: Threads, path: Path) -> BinaryIO:
    """Open a pipe when it has a reader, which is looked for again and again.

    A thread that waits in ``open`` could be woken only by another end: others who write would take that for a reader,
    and it may neither be allowed nor be there any more.
    """
    pause = _SHORTEST_PAUSE
    while True:
        opening = threads.begin(_try_to_open_pipe, path)
        try:
            await end([opening])
        except asyncio.CancelledError:
            if opening.exception() is None and (file := opening.result()) is not None:
                await end([threads.begin(file.close)])
            raise
        if (file := opening.result()) is not None:
            return file
        await asyncio.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)


def _try_to_open_pipe(path: Path) -> BinaryIO | None:
    if not stat.S_ISFIFO(path.stat().st_mode):
        return path.open("wb")  # where this process writes its output, which nobody waits for
    try:
        number = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
    except OSError as error:
        if error.errno == errno.ENXIO:
            return None
        raise
    os.set_blocking(number, True)
    return os.fdopen(number, "wb")


def _write(file: Writable, block: bytes, digest: Digest | None) -> None:
    file.write(block)
    if digest is not None:
        digest.update(block)


def _go_on() -> None:
    """Stop nothing."""
