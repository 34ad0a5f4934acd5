"""Listings as asynchronous generators; what they list is decided in :mod:`b2sdk.listing` and :mod:`b2sdk.paging`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterable
from contextlib import aclosing
from typing import Any, Generic, TypeVar

from b2sdk.aio.session import AsyncSession
from b2sdk.paging import PARTS, UNFINISHED_FILES, pages
from b2sdk.raw_api.endpoints import AbstractRawApi
from b2sdk.transfer.large_file import LargeFileServices, Part, UnfinishedLargeFile, read_part

T = TypeVar("T")


async def items(flow: AsyncGenerator[Iterable[T], None]) -> AsyncGenerator[T, None]:
    """Yield what the batches of a flow have, and close it at the end."""
    async with aclosing(flow) as batches:
        async for batch in batches:
            for item in batch:
                yield item


async def first_of(listing: AsyncGenerator[T, None]) -> T | None:
    """Return the first item, or ``None`` if there is none; nothing more is requested."""
    async with aclosing(listing) as items_of_it:
        return await anext(items_of_it, None)


def list_parts(
    session: AsyncSession, file_id: str, start_part_number: int | None = None, batch_size: int | None = None
) -> AsyncGenerator[Part, None]:
    """Yield the parts that the service has of an unfinished file; see :meth:`LargeFileServices.list_parts`."""

    def fetch(start: int | None) -> Coroutine[Any, Any, dict[str, Any]]:
        size = batch_size or LargeFileServices.DEFAULT_BATCH_SIZE
        return session.call(AbstractRawApi.list_parts, file_id, start, size)

    return items(pages(fetch, start_part_number, PARTS, read_part))


def list_unfinished(
    session: AsyncSession,
    bucket_id: str,
    start_file_id: str | None = None,
    batch_size: int | None = None,
    prefix: str | None = None,
) -> AsyncGenerator[UnfinishedLargeFile, None]:
    """Yield the unfinished large files of a bucket; see :meth:`LargeFileServices.list_unfinished_large_files`."""

    def fetch(start: str | None) -> Coroutine[Any, Any, dict[str, Any]]:
        size = batch_size or LargeFileServices.DEFAULT_BATCH_SIZE
        return session.call(AbstractRawApi.list_unfinished_large_files, bucket_id, start, size, prefix)

    return items(pages(fetch, start_file_id, UNFINISHED_FILES, UnfinishedLargeFile))


class Ahead(Generic[T]):
    """A flow in a task of its own, started while its caller continues."""

    def __init__(self, flow: Callable[[], Coroutine[Any, Any, T]]) -> None:
        self._task = asyncio.ensure_future(flow())

    async def cancel(self) -> None:
        """Cancel the flow, and wait for its end."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def result(self) -> T:
        """Wait for the flow; return what it returns, or raise what it raises."""
        return await self._task
