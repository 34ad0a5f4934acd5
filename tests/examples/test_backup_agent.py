from __future__ import annotations

import asyncio
import hashlib
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from typing import Any

import pytest
from examples.backup_agent import (
    LIMITS,
    MEMORY,
    AgentBackup,
    B2BackupAgent,
    BackupAgentError,
    BackupNotFound,
)

from b2sdk.aio import B2Api
from b2sdk.simulator import ApiFault, SimulatorServer

BLOCK = bytes(range(256)) * 4096
"""1 MiB, as Home Assistant reads its backups."""

Flow = Callable[[B2BackupAgent, B2Api], Awaitable[None]]
Run = Callable[[Flow], None]


@pytest.fixture
def run(service: SimulatorServer) -> Run:
    """Run a flow with an agent, and check that it leaves no unfinished large file."""

    async def main(flow: Flow) -> None:
        async with B2Api(limits=LIMITS) as api:
            await api.authorize_account(service.key_id, service.key, service.url)
            bucket = await api.create_bucket("with-backups", "allPrivate")
            await flow(B2BackupAgent(bucket), api)
            assert [file async for file in bucket.list_unfinished_large_files()] == []

    return lambda flow: asyncio.run(main(flow))


def backup_of(blocks: int, backup_id: str = "b7d3") -> AgentBackup:
    return AgentBackup(backup_id, "Nightly", "2026-01-02T03:04:05+00:00", blocks * len(BLOCK), protected=True)


def stream_of(
    blocks: int, look: Callable[[int], object] = bool
) -> Callable[[], Coroutine[Any, Any, AsyncIterator[bytes]]]:
    """Return what opens a stream of so many blocks, which calls ``look`` before each."""

    async def stream() -> AsyncIterator[bytes]:
        for number in range(blocks):
            look(number)
            yield BLOCK

    async def open_stream() -> AsyncIterator[bytes]:
        return stream()

    return open_stream


async def sha1_of(stream: AsyncIterator[bytes]) -> str:
    digest = hashlib.sha1()
    async for block in stream:
        digest.update(block)
    return digest.hexdigest()


def test_a_backup_comes_as_it_was(run: Run) -> None:
    async def flow(agent: B2BackupAgent, _api: B2Api) -> None:
        await agent.async_upload_backup(open_stream=stream_of(12), backup=backup_of(12))

        stream = await agent.async_download_backup("b7d3")
        assert await sha1_of(stream) == hashlib.sha1(BLOCK * 12).hexdigest()
        assert await agent.async_get_backup("b7d3") == backup_of(12)

    run(flow)


def test_backups_are_listed_until_they_are_deleted(run: Run) -> None:
    async def flow(agent: B2BackupAgent, _api: B2Api) -> None:
        assert await agent.async_list_backups() == []
        for backup in (backups := [backup_of(1, f"id-{number}") for number in range(20)]):
            await agent.async_upload_backup(open_stream=stream_of(1), backup=backup)
        assert sorted(await agent.async_list_backups(), key=backups.index) == backups

        await agent.async_delete_backup("id-0")

        assert sorted(await agent.async_list_backups(), key=backups.index) == backups[1:]

    run(flow)


def test_memory_does_not_grow_with_the_backup(run: Run) -> None:
    blocks = 4 * MEMORY // len(BLOCK)
    taken: list[int] = []

    async def flow(agent: B2BackupAgent, api: B2Api) -> None:
        upload = agent.async_upload_backup(
            open_stream=stream_of(blocks, lambda _: taken.append(api.file_maker.memory.taken)), backup=backup_of(blocks)
        )
        tracemalloc.start()
        try:
            await upload
            assert await sha1_of(await agent.async_download_backup("b7d3"))
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert MEMORY // 2 <= max(taken) <= MEMORY
        assert peak < 2 * MEMORY  # that of the service, which is in the same process, too

    run(flow)


def test_a_backup_that_ends_early_is_none(run: Run) -> None:
    async def flow(agent: B2BackupAgent, _api: B2Api) -> None:
        with pytest.raises(BackupAgentError, match="ended after 19922944 of 20971520 bytes"):
            await agent.async_upload_backup(open_stream=stream_of(19), backup=backup_of(20))
        assert await agent.async_list_backups() == []

    run(flow)


def test_a_stream_that_breaks_leaves_nothing(run: Run) -> None:
    def look(number: int) -> None:
        if number == 18:
            raise OSError("the disk is gone")

    async def flow(agent: B2BackupAgent, _api: B2Api) -> None:
        with pytest.raises(OSError, match="the disk is gone"):
            await agent.async_upload_backup(open_stream=stream_of(20, look), backup=backup_of(20))
        with pytest.raises(BackupNotFound):
            await agent.async_download_backup("b7d3")

    run(flow)


def test_who_cancels_a_backup_leaves_nothing(run: Run) -> None:
    async def flow(agent: B2BackupAgent, _api: B2Api) -> None:
        def look(number: int) -> None:
            if number == 18:
                uploading.cancel()

        uploading = asyncio.ensure_future(
            agent.async_upload_backup(open_stream=stream_of(20, look), backup=backup_of(20))
        )
        with pytest.raises(asyncio.CancelledError):
            await uploading
        assert await agent.async_list_backups() == []

    run(flow)


def test_the_application_sees_errors_that_it_knows(run: Run, service: SimulatorServer) -> None:
    async def flow(agent: B2BackupAgent, _api: B2Api) -> None:
        for method in (agent.async_get_backup, agent.async_download_backup, agent.async_delete_backup):
            with pytest.raises(BackupNotFound):
                await method("none")
        service.faults.add(ApiFault(endpoint="b2_list_file_names", status=403, code="transaction_cap_exceeded"))
        with pytest.raises(BackupAgentError, match="transaction cap"):
            await agent.async_list_backups()

    run(flow)
