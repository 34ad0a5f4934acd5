from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from tests.bulk.fakes import Fake, nothing, work_of

from b2sdk.aio import B2Api, bulk
from b2sdk.aio.bulk import BulkRun
from b2sdk.bulk.events import Outcome
from b2sdk.bulk.work import Task
from b2sdk.simulator import SimulatorServer


def run_of(tasks: list[Task], workers: int = 1) -> BulkRun:
    return BulkRun(work_of(tasks, workers), workers)


def nothing_is_left() -> bool:
    return asyncio.all_tasks() == {asyncio.current_task()}


def test_what_has_been_sent_is_waited_for_when_the_block_is_left() -> None:
    async def main() -> None:
        is_left = asyncio.Event()
        after = Fake("after", nothing)
        run = run_of([Fake("first", nothing), Fake("sent", is_left.wait), after])
        async with run:
            async for event in run:
                assert event.file_name == "first"
                break
            await asyncio.sleep(0)
            asyncio.get_running_loop().call_soon(is_left.set)
        assert (run.report.done, run.report.not_sent) == (2, 1)
        assert after.is_closed
        assert nothing_is_left()

    asyncio.run(main())


def test_a_task_that_is_cancelled_cancels_what_takes_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "GRACE_SECONDS", 0.0)

    async def main() -> None:
        begun, never = asyncio.Event(), asyncio.Event()

        async def block() -> None:
            begun.set()
            await never.wait()

        run = run_of([Fake("blocks", block), Fake("waits", nothing)])
        iterating = asyncio.ensure_future(run.complete())
        await begun.wait()
        iterating.cancel()
        with pytest.raises(asyncio.CancelledError):
            await iterating
        assert (run.report.failed, run.report.not_sent, run.report.total) == (1, 1, 2)
        assert nothing_is_left()

    asyncio.run(main())


def test_who_is_cancelled_while_it_waits_for_what_was_sent_waits_no_longer() -> None:
    async def main() -> None:
        begun, never = asyncio.Event(), asyncio.Event()

        async def block() -> None:
            begun.set()
            await never.wait()

        run = run_of([Fake("blocks", block)], workers=2)
        iterating = asyncio.ensure_future(run.complete())
        await begun.wait()
        iterating.cancel()
        await asyncio.sleep(0)
        iterating.cancel()
        with pytest.raises(asyncio.CancelledError):
            await iterating
        assert run.report.failed == 1
        assert nothing_is_left()

    asyncio.run(main())


def test_as_many_are_under_way_as_there_are_workers() -> None:
    async def main() -> None:
        running = most = 0

        async def count() -> None:
            nonlocal running, most
            running += 1
            most = max(most, running)
            await asyncio.sleep(0)
            running -= 1

        report = await run_of([Fake(str(number), count) for number in range(20)], workers=3).complete()
        assert (report.done, most) == (20, 3)

    asyncio.run(main())


def test_items_may_come_asynchronously(service: SimulatorServer) -> None:
    async def main() -> None:
        async with B2Api() as api:
            await api.authorize_account(service.key_id, service.key, realm=service.url)
            bucket = await api.create_bucket("test-bucket", "allPrivate")
            for name in "abc":
                await bucket.upload_bytes(b"x", name)

            async def names() -> AsyncIterator[str]:
                for name in "abc":
                    await asyncio.sleep(0)
                    yield name

            run = bucket.delete_many(names())
            events = [event async for event in run]
            assert {event.file_name: event.outcome for event in events} == dict.fromkeys("abc", Outcome.DONE)
            assert [version async for version in bucket.ls()] == []

    asyncio.run(main())
