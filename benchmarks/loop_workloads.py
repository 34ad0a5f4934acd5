"""What is measured in an event loop: one workload in one process, in one of the ways in which programs do it.

    python benchmarks/loop_workloads.py WAY NAME URL DIRECTORY COUNT SIZE

WAY is ``aio`` for ``b2sdk.aio``, ``threads`` for ``asyncio.to_thread`` over ``b2sdk.v2``, which b2sdk has too, or
``aiob2``. The rest is as in ``workloads.py``.
"""

# ruff: noqa: PLC0415
# Each way imports its own.

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack
from typing import Any, Protocol

from workloads import Task, peak

AT_ONCE = 256
"""Tasks that do the work."""
THREADS = 64
"""Of the executor of the loop, and of each client that has pools of its own."""


class Way(Protocol):
    """A client, and what it does."""

    async def upload(self, name: str, content: bytes) -> None: ...
    async def download(self, name: str, size: int) -> None: ...
    async def look_at(self, name: str) -> None: ...
    async def upload_path(self, name: str, path: str) -> None: ...
    async def download_path(self, name: str, path: str) -> None: ...


class Awaited:
    """``b2sdk.aio``."""

    async def open(self, task: Task, stack: AsyncExitStack) -> None:
        from b2sdk.aio import B2Api, Limits

        api = await stack.enter_async_context(B2Api(limits=Limits(requests=AT_ONCE)))
        await api.authorize_account("key-id", "key", task.url)
        self._bucket = await api.get_bucket_by_name("work")

    async def upload(self, name: str, content: bytes) -> None:
        await self._bucket.upload_bytes(content, name)

    async def download(self, name: str, size: int) -> None:
        assert len(await (await self._bucket.download_file_by_name(name)).read()) == size

    async def look_at(self, name: str) -> None:
        await self._bucket.get_file_info_by_name(name)

    async def upload_path(self, name: str, path: str) -> None:
        await self._bucket.upload_local_file(path, name)

    async def download_path(self, name: str, path: str) -> None:
        await (await self._bucket.download_file_by_name(name)).save_to(path)


class InThreads:
    """``asyncio.to_thread`` over the client that blocks."""

    async def open(self, task: Task, _stack: AsyncExitStack) -> None:
        from concurrent.futures import ThreadPoolExecutor

        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(THREADS))
        self._bucket = await asyncio.to_thread(task.bucket, "work", THREADS)

    async def upload(self, name: str, content: bytes) -> None:
        await asyncio.to_thread(self._bucket.upload_bytes, content, name)

    async def download(self, name: str, size: int) -> None:
        assert await asyncio.to_thread(self._download, name) == size

    def _download(self, name: str) -> int:
        import io

        content = io.BytesIO()
        self._bucket.download_file_by_name(name).save(content)
        return content.tell()

    async def look_at(self, name: str) -> None:
        await asyncio.to_thread(self._bucket.get_file_info_by_name, name)

    async def upload_path(self, name: str, path: str) -> None:
        await asyncio.to_thread(self._bucket.upload_local_file, path, name)

    async def download_path(self, name: str, path: str) -> None:
        await asyncio.to_thread(lambda: self._bucket.download_file_by_name(name).save_to(path))


class Aiob2:
    """aiob2, which has content in memory only."""

    async def open(self, task: Task, stack: AsyncExitStack) -> None:
        import ssl

        import aiob2
        import aiohttp
        from aiob2.http import Route

        Route.BASE = f"{task.url}/b2api/v2"
        trusted = ssl.create_default_context(cafile=os.environ["REQUESTS_CA_BUNDLE"])
        connector = aiohttp.TCPConnector(ssl=trusted, limit=AT_ONCE)
        session = await stack.enter_async_context(aiohttp.ClientSession(connector=connector))
        self._client: Any = aiob2.Client("key-id", "key", session=session)

    async def upload(self, name: str, content: bytes) -> None:
        await self._client.upload_file(content_bytes=content, file_name=name, bucket_id="work")

    async def download(self, name: str, size: int) -> None:
        assert len((await self._client.download_file_by_name(name, "work")).content) == size

    look_at = upload_path = download_path = upload


WAYS: dict[str, Callable[[], Any]] = {"aio": Awaited, "threads": InThreads, "aiob2": Aiob2}


async def small_uploads(way: Way, task: Task) -> None:
    content = bytes(task.size)
    await _many(task, lambda name: way.upload(name, content))


async def small_downloads(way: Way, task: Task) -> None:
    await _many(task, lambda name: way.download(name, task.size))


async def upload_large(way: Way, task: Task) -> None:
    await way.upload_path("large", task.path("large"))


async def download_large(way: Way, task: Task) -> None:
    await way.download_path("verified", task.path("fetched"))
    assert os.stat(task.path("fetched")).st_size == task.size  # noqa: PTH116  # one call, which no way makes itself


async def waiting(way: Way, task: Task) -> None:
    """Let as many tasks as there are files ask for one, all at once."""
    await way.upload("one", bytes(task.size))
    await asyncio.gather(*(way.look_at("one") for _ in range(task.count)))


async def _many(task: Task, do: Callable[[str], Awaitable[None]]) -> None:
    names = iter(task.names())

    async def work() -> None:
        for name in names:
            await do(name)

    await asyncio.gather(*(work() for _ in range(AT_ONCE)))


WORKLOADS: dict[str, Callable[[Way, Task], Coroutine[Any, Any, None]]] = {
    work.__name__: work for work in (small_uploads, small_downloads, upload_large, download_large, waiting)
}


async def main(way_name: str, name: str, url: str, directory: str, count: str, size: str) -> None:
    way = WAYS[way_name]()
    task = Task(url, directory, int(count), int(size))
    async with AsyncExitStack() as stack:
        await way.open(task, stack)
        await way.upload("warm", b"content")
        cpu, wall = time.process_time(), time.perf_counter()
        await WORKLOADS[name](way, task)
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    print(f'{{"cpu": {cpu!r}, "wall": {wall!r}, "peak": {peak()}}}')


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
