from __future__ import annotations

import asyncio

import pytest
from tests.aio.loops import left_running

from b2sdk.aio.tasks import TaskGroup
from b2sdk.exception import ServiceError


def test_results_come_in_the_order_in_which_the_tasks_were_added() -> None:
    async def make(number: int, after: asyncio.Event | None, before: asyncio.Event | None) -> int:
        if after is not None:
            await after.wait()
        if before is not None:
            before.set()
        return number

    async def run() -> list[int]:
        last_is_done = asyncio.Event()
        async with TaskGroup[int]() as group:
            await group.start(lambda: make(1, last_is_done, None))
            group.add_result(2)
            await group.start(lambda: make(3, None, last_is_done))
            return await group.results()

    assert asyncio.run(run()) == [1, 2, 3]


def test_no_more_tasks_run_than_there_is_room_for() -> None:
    running, most = 0, 0

    async def work() -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1

    async def run() -> None:
        async with TaskGroup[None](3) as group:
            for _ in range(10):
                await group.start(work)
            await group.results()

    asyncio.run(run())
    assert most == 3


def test_the_first_failure_stops_the_others_and_is_raised() -> None:
    reasons: list[BaseException] = []
    ended: list[str] = []

    async def fail() -> None:
        raise OSError("the disk")

    async def wait() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append("cancelled")

    async def run() -> None:
        async with TaskGroup[None](on_stop=reasons.append) as group:
            await group.start(wait)
            await group.start(fail)
            await group.results()

    with pytest.raises(OSError, match="the disk"):
        asyncio.run(run())
    assert [str(reason) for reason in reasons] == ["the disk"]
    assert ended == ["cancelled"]


def test_what_the_service_refuses_lets_the_others_end_by_themselves() -> None:
    ended: list[str] = []

    async def refuse() -> None:
        raise ServiceError("busy")

    async def go_on() -> None:
        await asyncio.sleep(0.01)
        ended.append("by itself")

    async def run() -> None:
        async with TaskGroup[None]() as group:
            await group.start(go_on)
            await group.start(refuse)
            await group.results()

    with pytest.raises(ServiceError):
        asyncio.run(run())
    assert ended == ["by itself"]


def test_no_task_is_started_after_a_failure() -> None:
    async def fail() -> None:
        raise OSError("first")

    async def never() -> None:
        raise AssertionError("started")

    async def run() -> None:
        async with TaskGroup[None](1) as group:
            await group.start(fail)
            await group.start(never)

    with pytest.raises(OSError, match="first"):
        asyncio.run(run())


def test_a_cancellation_leaves_no_task() -> None:
    async def wait() -> None:
        await asyncio.sleep(60)

    async def work() -> None:
        async with TaskGroup[None]() as group:
            for _ in range(5):
                await group.start(wait)
            await group.results()

    async def run() -> set[asyncio.Task[None]]:
        task = asyncio.ensure_future(work())
        for _ in range(3):
            await asyncio.sleep(0)
        assert len(asyncio.all_tasks()) == 7
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return left_running()

    assert asyncio.run(run()) == set()


def test_who_is_cancelled_while_the_tasks_end_waits_until_they_have() -> None:
    ended: list[str] = []

    async def reluctant() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.01)
            ended.append("at last")

    async def work() -> None:
        async with TaskGroup[None]() as group:
            await group.start(reluctant)
            await asyncio.sleep(0)
            raise OSError

    async def run() -> None:
        task = asyncio.ensure_future(work())
        for _ in range(3):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())
    assert ended == ["at last"]


@pytest.mark.parametrize("end", ["failure", "cancellation"])
def test_what_comes_is_awaited_until_a_task_fails(end: str) -> None:
    ended: list[str] = []

    async def fail() -> None:
        raise ServiceError("busy")

    async def come(value: int) -> int:
        return value

    async def raise_key_error() -> None:
        raise KeyError

    async def never(started: asyncio.Event) -> None:
        started.set()
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            ended.append("cancelled")

    async def work(started: asyncio.Event) -> None:
        async with TaskGroup[None]() as group:
            assert await group.wait_for(come(1)) == 1
            with pytest.raises(KeyError):
                await group.wait_for(raise_key_error())
            if end == "failure":
                await group.start(fail)
            await group.wait_for(never(started))

    async def run() -> None:
        started = asyncio.Event()
        task = asyncio.ensure_future(work(started))
        await started.wait()
        if end == "cancellation":
            task.cancel()
        with pytest.raises((ServiceError, asyncio.CancelledError)):
            await task
        assert left_running() == set()

    asyncio.run(run())
    assert ended == ["cancelled"]
