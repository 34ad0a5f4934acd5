"""What a session leaves behind when it is cancelled, wherever it waits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import aclosing
from typing import Any

import pytest
from tests.aio.cancelling import MOMENTS, Moment, cancelled_everywhere
from tests.aio.conftest import Connect, Parts
from tests.aio.test_session import Locked, Watched, calls, download, expire_tokens, names, upload

from b2sdk.account_info.in_memory import InMemoryAccountInfo
from b2sdk.simulator import SimulatorServer

Operation = Callable[[Parts], Coroutine[Any, Any, object]]
OPERATIONS: dict[str, Operation] = {"a call": names, "an upload": upload, "a download": download}
INFOS: dict[str, Callable[[], Any]] = {
    "in memory": InMemoryAccountInfo,
    "in threads": Watched,
    "shared": Locked,
}


def connections_in_use(parts: Parts) -> int:
    session = parts.session.http._session
    assert session is not None
    connector = session.connector
    assert connector is not None
    return len(connector._acquired)


async def pooled_urls(parts: Parts) -> list[str]:
    """Return the upload URLs that the pool has, and leave none there."""
    found: list[str] = []
    while True:
        url, _ = await parts.session.ask(parts.session.account_info.take_bucket_upload_url, parts.bucket_id)
        if url is None:
            return found
        found.append(url)


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("is_expired", [False, True], ids=["", "with a renewal"])
@pytest.mark.parametrize("kind", INFOS)
@pytest.mark.parametrize("moment", MOMENTS)
async def test_nothing_is_left_wherever_it_was_cancelled(
    connect: Connect, service: SimulatorServer, operation: str, is_expired: bool, kind: str, moment: Moment
) -> None:
    cancellations = 0

    def begin() -> Coroutine[Any, Any, object]:
        if is_expired:
            expire_tokens(service)
        return OPERATIONS[operation](parts)

    async with connect(account_info=INFOS[kind]()) as parts:
        await upload(parts)
        async with aclosing(cancelled_everywhere(begin, moment)) as tasks:
            async for task in tasks:
                assert connections_in_use(parts) == 0
                cancellations += task.cancelled()
                urls = await pooled_urls(parts)
                assert len(urls) <= 1
                if operation == "an upload" and task.cancelled() and urls:
                    assert kind != "in memory"  # whose pool takes a URL without a wait
                    assert calls(service, "b2_upload_file")  # in a thread, it goes on once the file is there
                service.journal.clear()
        await names(parts)
        assert await download(parts) == b"content"
    assert cancellations > 2


@pytest.mark.parametrize("moment", MOMENTS)
async def test_a_session_may_be_cancelled_while_it_is_closed(connect: Connect, moment: Moment) -> None:
    async with connect() as parts:

        async def close() -> None:
            await parts.session.close()

        async with aclosing(cancelled_everywhere(close, moment)) as tasks:
            async for _ in tasks:
                pass
        with pytest.raises(RuntimeError, match="closed"):
            await names(parts)


async def test_a_renewal_in_a_thread_gives_its_lock_back_when_all_are_cancelled(
    connect: Connect, service: SimulatorServer
) -> None:
    info = Locked()
    async with connect(account_info=info) as parts:
        expire_tokens(service)
        with info.lock:  # another process authorizes
            tasks = [asyncio.ensure_future(names(parts)) for _ in range(5)]
            await asyncio.to_thread(info.is_waited_for.wait)
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
            assert all(task.cancelled() for task in tasks)
        await names(parts)
    assert info.lock.acquire(timeout=10)
